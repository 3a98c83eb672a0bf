//! Numbers and references that stay on one line of a mail: half a number at the end of a line is read, and typed, as a whole one.

use super::body::{places, stands_alone};
use crate::domain::html::push_escaped;
use std::fmt::Write;

/// Escapes a text whose numbers are kept whole, each with what touches it: a full stop must not begin the next line.
pub(super) fn push_unbroken(out: &mut String, text: &str, whole: &[String]) {
    let first_of = |number: &str, from: usize| {
        let mut all = places(&text[from..], number).map(|at| from + at);
        all.find(|at| stands_alone(text, *at, number)).map(|at| (at, at + number.len()))
    };
    // Each number is looked for once from where it was found last, however often any of them is there.
    let mut found: Vec<_> = whole.iter().map(|number| (number, first_of(number, 0))).collect();
    let mut done = 0;
    while let Some((start, end)) = found.iter().filter_map(|(_, place)| *place).min() {
        let start = text[done..start].rfind(' ').map_or(done, |space| done + space + 1);
        let end = text[end..].find(' ').map_or(text.len(), |space| end + space);
        push_escaped(out, &text[done..start]);
        push_whole(out, &text[start..end], "");
        done = end;
        for (number, place) in &mut found {
            if place.is_some_and(|(start, _)| start < done) {
                *place = first_of(number, done);
            }
        }
    }
    push_escaped(out, &text[done..]);
}

/// Shortest and longest number that is kept whole, and longest word that one stands in, in characters.
const SHORTEST_NUMBER: usize = 4;
const LONGEST_NUMBER: usize = 24;
const LONGEST_WORD: usize = 36;

/// Returns true for a number or reference that a browser would break within and that is kept on one line.
pub(super) fn stays_on_one_line(number: &str) -> bool {
    (SHORTEST_NUMBER..=LONGEST_NUMBER).contains(&number.chars().take(LONGEST_NUMBER + 1).count())
        && number.contains(char::is_alphanumeric)
        && number.contains(|c: char| !c.is_alphanumeric())
}

/// Escapes a word that is moved to the next line before it is broken. It is broken where it is wider than a whole line: letters may be
/// twice as large. `style` is added to that of the element, which takes no underline from around it.
pub(super) fn push_whole(out: &mut String, word: &str, style: &str) {
    if word.chars().nth(LONGEST_WORD).is_some() {
        return push_escaped(out, word);
    }
    let _ = write!(out, "<span style=\"display:inline-block{style}\">");
    push_escaped(out, word);
    out.push_str("</span>");
}

#[cfg(test)]
mod tests {
    use super::super::body::{Links, paragraph_html};
    use super::*;

    fn links() -> Links {
        let whole = ["INV-7", "BC-2026/<55>", "+++1/2/3+++"].map(str::to_owned).to_vec();
        Links { style: "s".into(), known: vec![("09 555".into(), "tel:09555".into())], whole }
    }

    #[test]
    fn a_number_moves_to_the_next_line_whole_with_what_touches_it() {
        let whole = |word: &str| format!("<span style=\"display:inline-block\">{word}</span>");
        for (text, expected) in [
            ("our invoice INV-7, dated", format!("our invoice {} dated", whole("INV-7,"))),
            ("Nr.\u{a0}INV-7 (INV-7).", format!("{} {}", whole("Nr.\u{a0}INV-7"), whole("(INV-7)."))),
            ("for BC-2026/<55>.", format!("for {}", whole("BC-2026/&lt;55&gt;."))),
            ("state +++1/2/3+++.", format!("state {}", whole("+++1/2/3+++."))),
            ("INV-7", whole("INV-7")),
            ("INV-77, XINV-7 and INV-7-2", "INV-77, XINV-7 and INV-7-2".to_owned()),
            ("", String::new()),
            ("09 555 INV-7", format!("<a href=\"tel:09555\" style=\"s\">09 555</a> {}", whole("INV-7"))),
        ] {
            assert_eq!(paragraph_html(&[text.to_owned()], &links()), expected, "{text}");
        }
        // However often it is there.
        let many = "INV-7 INV-9 ".repeat(20_000);
        let html = paragraph_html(std::slice::from_ref(&many), &links());
        assert_eq!(html.matches("<span").count(), 20_000);
        let long = format!("INV-7/{}", "x-".repeat(20));
        assert!(!paragraph_html(&[format!("INV-7/{long}")], &links()).contains("<span"));
        for (number, expected) in [
            ("BC-2026-55", true),
            ("RE/2026 17", true),
            ("20260417", false),
            ("Ä-123456789-123456789-12", true),
            ("Ä-123456789-123456789-123", false),
            ("A-1", false),
            ("-----", false),
            ("", false),
        ] {
            assert_eq!(stays_on_one_line(number), expected, "{number}");
        }
    }
}

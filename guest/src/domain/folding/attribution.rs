//! The line over a quotation: `On Friday John <john@customer.example> wrote:`, on one line or broken into several.

use super::line::{Line, is_blank, is_quoted};
use super::phrases::{DAYS, OPENERS, VERBS};
use crate::domain::phrases::plain;

/// Lines that programs break it into.
const LINES: usize = 5;
/// Characters of it.
const LONGEST: usize = 400;
/// Characters of one that only its verb marks.
const SHORT: usize = 100;

/// Returns of how many lines the attribution is that begins here; none where none does.
pub(super) fn lines(lines: &[Line]) -> Option<usize> {
    let own = own_lines(lines)?;
    let is_text = (1..own).any(|from| {
        let (before, rest) = lines.split_at_checked(from).unwrap_or((lines, &[]));
        is_sentence(before)
            && rest.first().is_some_and(|line| may_begin(&plain(&line.text)))
            && own_lines(rest) == Some(own - from)
    });
    (!is_text).then_some(own)
}

/// True for lines over an attribution that are none of it: without a figure, or ended as a sentence is.
fn is_sentence(lines: &[Line]) -> bool {
    let ends = |line: &Line| line.text.trim_end().ends_with(['.', '!', '?', ':', '。']);
    lines.last().is_some_and(ends) || !lines.iter().any(|line| line.text.chars().any(char::is_numeric))
}

fn own_lines(lines: &[Line]) -> Option<usize> {
    let mut joined = String::new();
    for (at, line) in lines.iter().take(LINES).enumerate() {
        let is_too_long = joined.len() + line.text.len() > 4 * LONGEST;
        let is_next_quoted = at > 0 && is_quoted(&line.text) && !closes_bracket(&joined, &line.text);
        if is_blank(&line.text) || is_too_long || is_next_quoted {
            return None;
        }
        joined.push_str(&line.text);
        joined.push(' ');
        let text = plain(&joined);
        if at == 0 && !may_begin(&text) && !may_end(&text) {
            return None;
        }
        let quotes = || {
            lines
                .iter()
                .skip(at + 1)
                .find(|line| !is_blank(&line.text))
                .is_some_and(|line| is_quoted(&line.text))
        };
        if text.chars().count() <= LONGEST && is_attribution(&text, at > 0, quotes) {
            return Some(at + 1);
        }
    }
    None
}

/// True for a line that begins with the bracket which the lines before left open: `>:`, which quotes nothing.
fn closes_bracket(joined: &str, line: &str) -> bool {
    joined.matches('<').count() > joined.matches('>').count() && line.trim().len() <= 3
}

/// True for the end of an attribution: it is looked at closely only then.
fn may_end(text: &str) -> bool {
    let bare = bare(text);
    bare.ends_with([':', '：', '>']) || VERBS.ends(bare)
}

/// Removes what programs decorate it with.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "*-_=~|\"".contains(c))
}

fn is_attribution(text: &str, is_joined: bool, quotes: impl Fn() -> bool) -> bool {
    let bare = bare(text);
    let body = bare.trim_end_matches([':', '：', ' ', '*', '_', '>']);
    let has_colon = bare.ends_with([':', '：']);
    let ends_with_verb = VERBS.ends(body) && ends_word(body);
    if !has_colon && !ends_with_verb && !bare.ends_with('>') {
        return false;
    }
    let opens = may_begin(bare);
    let has_address = has_address(body);
    let is_dated = is_dated(body);
    // By its shape: a date, an address in brackets, a colon. With its first word unknown, a year and a time of day as well.
    let ends_with_address = ends_with_address(bare);
    if has_colon && ends_with_address && ((opens && is_dated) || (has_year(body) && has_time(body))) {
        return true;
    }
    let has_digit = body.chars().any(|c| c.is_numeric());
    let is_near = bare.chars().count() <= SHORT;
    if ends_with_verb {
        return (opens && has_digit && (has_colon || (has_address && is_dated)))
            || (has_colon && (opens || !is_joined) && has_address)
            || (has_colon && !is_joined && is_near && is_dated && !body.contains(". "))
            || (has_colon && is_near && (opens || !body.contains(['.', ','])) && quotes());
    }
    if !has_colon {
        // As Gmail wrote it once: `2011/4/7 John <john@customer.example>`, over quoted lines.
        return opens && ends_with_address && is_dated && quotes();
    }
    // The verb stands between date and name in some languages.
    VERBS.is_in(body)
        && ((opens && (is_dated || (has_address && has_digit)))
            || (!is_joined && is_dated && (has_address || (is_near && quotes()))))
}

/// True if the last word is a whole one: `wrote`, and no `rewrote`.
fn ends_word(body: &str) -> bool {
    let first = VERBS
        .found(body)
        .any(|(start, _)| body.get(start..).is_some_and(|rest| rest.split(' ').count() <= 5));
    first || !body.is_ascii()
}

/// True for a text that begins as attributions do: with their first word in some language, a day, a number or a bracketed name.
fn may_begin(text: &str) -> bool {
    let text = bare(text).trim_start_matches(['[', '(', '>', ' ']);
    if text.starts_with(char::is_numeric) {
        return true;
    }
    let mut words = text.split([' ', ',']);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let first = first.trim_end_matches(['.', ':']);
    let two = [first, " ", second].concat();
    OPENERS.contains(first)
        || OPENERS.contains(two.as_str())
        || DAYS.contains(first)
        // Scripts without spaces.
        || OPENERS.iter().any(|opener| !opener.is_ascii() && opener.chars().all(|c| c >= '\u{2e80}') && text.starts_with(opener))
}

fn has_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let before = parts.next().unwrap_or_default();
    parts.next().is_some_and(|after| {
        after.starts_with(|c: char| c.is_alphanumeric() || c == '[')
            && before.ends_with(|c: char| c.is_alphanumeric() || "._-+'".contains(c))
    })
}

/// True for `… <a@b.example>:`, also with a link in place of the address.
fn ends_with_address(text: &str) -> bool {
    let text = text.trim_end_matches([':', '：', ' ', '*', '_', '"']);
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.trim_end_matches([' ', '>', ')', ']']);
    let start = text.rfind(['<', '(', '[']);
    start
        .and_then(|start| text.get(start..))
        .is_some_and(|address| has_address(address) && !address.trim().contains(' '))
        || text.rsplit(' ').next().is_some_and(|last| last.starts_with('<') && has_address(last))
}

/// True for a text with a year, a time of day or a date in figures.
fn is_dated(text: &str) -> bool {
    let is_date = |first: &str, between: &str, second: &str| {
        matches!(between, "/" | "." | "-" | "月") && first.len() <= 2 && second.len() <= 2
    };
    has_year(text) || has_time(text) || has_pair(text, is_date)
}

fn has_year(text: &str) -> bool {
    let is_year = |number: &str| number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    numbers(text).iter().any(|(_, number)| is_year(number))
}

/// True for a text with a time of day: `9:15`, `9.15`, `9h15`.
fn has_time(text: &str) -> bool {
    has_pair(text, |first, between, second| {
        second.len() == 2
            && first.len() <= 2
            && matches!(between, ":" | "h" | "." | ".:" | "：" | " h " | "時" | "点")
    })
}

/// True for a text with two numbers, one behind the other, that `is` accepts with what stands between them.
fn has_pair(text: &str, is: impl Fn(&str, &str, &str) -> bool) -> bool {
    numbers(text).windows(2).any(|pair| {
        let [(first_at, first), (second_at, second)] = pair else { return false };
        is(first, text.get(first_at + first.len()..*second_at).unwrap_or_default(), second)
    })
}

/// Returns the numbers in a text and where they begin.
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let mut found = vec![];
    let mut rest = 0;
    while let Some(start) =
        text.get(rest..).and_then(|tail| tail.find(|c: char| c.is_ascii_digit())).map(|at| at + rest)
    {
        let tail = text.get(start..).unwrap_or_default();
        let length = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        found.push((start, tail.get(..length).unwrap_or_default()));
        rest = start + length;
    }
    found
}

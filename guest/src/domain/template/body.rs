//! Plain text on its way into a mail: the one line of a subject, the paragraphs of a body, their HTML, and
//! lines short enough for a plain mail.

use super::unbroken::push_unbroken;
use crate::domain::html::push_escaped;
use std::borrow::Cow;
use std::fmt::Write;

/// Longest subject, in characters. Mail programs show about 70.
const SUBJECT: usize = 200;
/// Width of lines in the plain body, in characters.
const WIDTH: usize = 76;

/// Makes a subject: one line, no controls, bounded. Whatever a document's field contains, it can't end the header.
pub(super) fn subject(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_invisible_control(c) {
            out.push(c);
        }
    }
    let out = out.trim_end();
    if out.chars().count() <= SUBJECT {
        return out.to_owned();
    }
    let cut: String = out.chars().take(SUBJECT - 1).collect();
    format!("{}…", cut.trim_end())
}

/// True for characters that reorder or hide the text around them.
fn is_invisible_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Splits a text into paragraphs: blocks between blank lines, each a list of lines.
pub(in crate::domain) fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let text = match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    };
    let mut all = vec![Vec::new()];
    for line in lines(&text) {
        let mut line = Cow::Borrowed(line);
        if has_control(line.as_bytes()) {
            line = line.chars().filter(|c| !c.is_control() || *c == '\t').collect::<String>().into();
        }
        let line = line.trim();
        match (line.is_empty(), all.last_mut()) {
            (false, Some(last)) => last.push(line.to_owned()),
            (true, Some(last)) if !last.is_empty() => all.push(Vec::new()),
            _ => {}
        }
    }
    all.retain(|p| !p.is_empty());
    all
}

/// True if a text has a control character, by their bytes: below the space, DEL, and U+0080 to U+009F. Without an early exit, so that the
/// compiler makes it a vector loop.
fn has_control(text: &[u8]) -> bool {
    text.iter().fold(false, |found, byte| found | (*byte < b' ') | (*byte == 0x7f))
        || memchr::memchr_iter(0xc2, text).any(|at| matches!(text.get(at + 1), Some(0x80..=0x9f)))
}

/// Splits a text at line feeds, faster than `str::split` does.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Finds a short text in another by its first byte: `str::match_indices` takes longer to prepare a search than these searches last.
pub(super) fn places<'t>(text: &'t str, short: &'t str) -> impl Iterator<Item = usize> + use<'t> {
    let (bytes, wanted) = (text.as_bytes(), short.as_bytes());
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = *wanted.first()?;
        loop {
            let at = from + memchr::memchr(first, bytes.get(from..)?)?;
            from = at + 1;
            if bytes[at..].starts_with(wanted) {
                from = at + wanted.len();
                return Some(at);
            }
        }
    })
}

/// The words that become links in a paragraph besides `https` addresses, how links look, and what is not broken.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Style of a link.
    pub(super) style: String,
    /// Texts and where they lead, such as the company's telephone.
    pub(super) known: Vec<(String, String)>,
    /// Numbers and references that stay on one line.
    pub(super) whole: Vec<String>,
}

/// Writes a paragraph in HTML: escaped, lines broken where they were, addresses linked.
pub(super) fn paragraph_html(lines: &[String], links: &Links) -> String {
    let mut out = String::with_capacity(lines.iter().map(|l| l.len() + 16).sum());
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("<br>");
        }
        push_linked(&mut out, line, links);
    }
    out
}

fn push_linked(out: &mut String, line: &str, links: &Links) {
    let mut from = 0;
    for (start, length, known) in links_in(line, links) {
        // Within a link is no other.
        let Some(before) = line.get(from..start) else { continue };
        let label = &line[start..start + length];
        push_unbroken(out, before, &links.whole);
        out.push_str("<a href=\"");
        push_escaped(out, known.unwrap_or(label));
        let _ = write!(out, "\" style=\"{}\">", links.style);
        push_escaped(out, label);
        out.push_str("</a>");
        from = start + length;
    }
    push_unbroken(out, &line[from..], &links.whole);
}

/// What a page's address begins with.
const SCHEME: &str = "https://";

/// Finds where the links of a line begin, how long they are, and where they lead if not to their own text; by where they begin. A line is
/// gone through once for each known text.
fn links_in<'a>(line: &str, links: &'a Links) -> Vec<(usize, usize, Option<&'a str>)> {
    let known = links.known.iter().flat_map(|(text, link)| {
        let places = places(line, text).filter(|at| stands_alone(line, *at, text));
        places.map(|start| (start, text.len(), Some(link.as_str())))
    });
    let mut end = 0;
    let pages = places(line, SCHEME).filter_map(|start| {
        if start < end {
            return None;
        }
        let rest = &line[start..];
        let length =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
        end = start + length;
        let link = rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '»']);
        (link.len() > SCHEME.len()).then_some((start, link.len(), None))
    });
    let mut all: Vec<_> = known.chain(pages).collect();
    all.sort_by_key(|(start, ..)| *start);
    all
}

/// Returns true for a text that is no part of a longer word or number.
pub(super) fn stands_alone(line: &str, at: usize, text: &str) -> bool {
    let end = at + text.len();
    let before = line[..at].chars().next_back();
    let mut after = line[end..].chars();
    let (next, next_but_one) = (after.next(), after.next());
    let goes_on = matches!(next, Some('.' | '-' | '@')) && next_but_one.is_some_and(char::is_alphanumeric);
    !text.is_empty()
        && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '/' | '-' | '_' | '+'))
        && !next.is_some_and(char::is_alphanumeric)
        && !goes_on
}

/// Holds the parts of a telephone number or the like together.
pub(super) fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// Makes the rule below a heading of a plain body: as long as the heading is wide, and as a line may be.
pub(super) fn rule(heading: &str) -> String {
    "-".repeat(heading.chars().count().min(WIDTH))
}

/// Removes the characters that reorder or hide what follows them: a name must not change how the amount beside it reads.
pub(super) fn without_reordering(text: String) -> String {
    match reorders(text.as_bytes()) {
        true => text.replace(|c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), ""),
        false => text,
    }
}

/// True if a text has one of those characters, by their bytes: every mail is searched, and next to none has one.
fn reorders(text: &[u8]) -> bool {
    memchr::memchr_iter(0xe2, text)
        .any(|at| matches!(text.get(at..at + 3), Some([_, 0x80, 0xaa..=0xae] | [_, 0x81, 0xa6..=0xa9])))
}

/// Writes paragraphs as a plain body has them: wrapped, separated by blank lines.
pub(in crate::domain) fn plain(paragraphs: &[Vec<String>]) -> String {
    let mut out = String::with_capacity(paragraphs.iter().flatten().map(|line| line.len() + 2).sum());
    for (i, lines) in paragraphs.iter().enumerate() {
        if i > 0 {
            out.push_str("\n\n");
        }
        for (j, line) in lines.iter().enumerate() {
            if j > 0 {
                out.push('\n');
            }
            push_wrapped(&mut out, line, WIDTH);
        }
    }
    out
}

/// Tidies a whole plain body as it is sent: no line wider than it may be, no spaces at the ends of lines, never two blank lines, one line
/// feed at the end. The line that mail programs know a signature's beginning by keeps its space (RFC 3676 §4.3).
pub(in crate::domain) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in lines(text) {
        let line = if line == DELIMITER { line } else { line.trim_end() };
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        // A line has no more characters than bytes: most need not be counted.
        match line.len() > WIDTH && line.chars().nth(WIDTH).is_some() {
            false => out.push_str(line),
            true => push_hanging(&mut out, line),
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// The line before a signature.
const DELIMITER: &str = "-- ";

/// Appends a long line wrapped below its own beginning: that of an item is not that of what continues it.
fn push_hanging(out: &mut String, line: &str) {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (begin, rest) = line.split_at(indent.min(4));
    let mut wrapped = String::with_capacity(rest.len() + 8);
    push_wrapped(&mut wrapped, rest, WIDTH - begin.len());
    for (i, piece) in wrapped.split('\n').enumerate() {
        match i {
            0 => out.push_str(begin),
            _ => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', begin.len()));
            }
        }
        out.push_str(piece);
    }
}

/// Appends a text broken at plain spaces only: an amount and its sign are held together by no-break ones. A word longer than a line (a
/// link) stays whole.
fn push_wrapped(out: &mut String, line: &str, most: usize) {
    let mut width = 0;
    for word in line.split(' ').filter(|w| !w.is_empty()) {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > most {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_subject_is_one_line_whatever_is_in_it() {
        for (text, expected) in [
            ("Invoice 1\n", "Invoice 1"),
            ("Invoice\r\nBcc: eve@example.org", "Invoice Bcc: eve@example.org"),
            ("a\u{0}b\u{7f}c\u{85}d\u{2028}e", "a b c d e"),
            ("  a \t  b  ", "a b"),
            ("€\u{a0}1\u{202f}210,00", "€ 1 210,00"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("", ""),
        ] {
            assert_eq!(subject(text), expected, "{text:?}");
        }
        assert_eq!(subject(&"é".repeat(500)).chars().count(), SUBJECT);
    }

    #[test]
    fn links_are_only_made_of_https_and_leave_the_full_stop_outside() {
        for (text, expected) in [
            (
                "see https://a.be/x?y=1&z=2.",
                "see <a href=\"https://a.be/x?y=1&amp;z=2\" style=\"s\">https://a.be/x?y=1&amp;z=2</a>.",
            ),
            ("https://", "https://"),
            ("javascript:alert(1)", "javascript:alert(1)"),
            (
                "https://a.be/\"onclick=\"x",
                "<a href=\"https://a.be/\" style=\"s\">https://a.be/</a>&quot;onclick=&quot;x",
            ),
        ] {
            assert_eq!(paragraph_html(&[text.to_owned()], &links()), expected, "{text}");
        }
    }

    fn links() -> Links {
        let known = [("09 555", "tel:09555"), ("hi@a.be", "mailto:hi@a.be")];
        let known = known.map(|(text, link)| (text.to_owned(), link.to_owned())).to_vec();
        Links { style: "s".into(), known, whole: Vec::new() }
    }

    #[test]
    fn the_companys_own_ways_to_be_reached_are_linked_where_they_stand_alone() {
        for (text, expected) in [
            ("call 09 555.", "call <a href=\"tel:09555\" style=\"s\">09 555</a>."),
            (
                "hi@a.be or 09 555, https://a.be",
                "<a href=\"mailto:hi@a.be\" style=\"s\">hi@a.be</a> or <a href=\"tel:09555\" style=\"s\">09 555</a>, \
                 <a href=\"https://a.be\" style=\"s\">https://a.be</a>",
            ),
            ("oh-hi@a.be, hi@a.bender, hi@a.be.com", "oh-hi@a.be, hi@a.bender, hi@a.be.com"),
            ("109 555 and 09 5551", "109 555 and 09 5551"),
            ("https:// 09 555", "https:// <a href=\"tel:09555\" style=\"s\">09 555</a>"),
        ] {
            assert_eq!(paragraph_html(&[text.to_owned()], &links()), expected, "{text}");
        }
    }

    #[test]
    fn a_plain_body_is_narrow_and_keeps_what_signatures_are_known_by() {
        let long = "word ".repeat(30);
        let text = format!("a  \n\n\n- {long}\n  {long}\n-- \nN: {long}\nhttps://{}\n\n", "x".repeat(90));
        let tidied = tidy(&text);
        assert!(tidied.contains("\n-- \n") && tidied.starts_with("a\n\n- word"), "{tidied}");
        assert!(tidied.ends_with("x\n") && !tidied.contains("\n\n\n"), "{tidied}");
        for line in tidied.lines() {
            assert!(line.chars().count() <= WIDTH || line.starts_with("https://"), "{line}");
            assert!(!line.ends_with(' ') || line == "-- ", "{line:?}");
        }
        assert!(tidied.lines().skip(3).take(2).all(|line| line.starts_with("  word")), "{tidied}");
    }

    #[test]
    fn nothing_turns_the_text_beside_it_round() {
        for (text, expected) in [
            ("oak\u{202e}elbat € 5", "oakelbat € 5"),
            ("\u{2066}a\u{2069}\u{202a}b\u{202c}", "ab"),
            ("a – “b” … \u{200f}c", "a – “b” … \u{200f}c"),
            ("שולחן", "שולחן"),
        ] {
            assert_eq!(without_reordering(text.to_owned()), expected, "{text:?}");
        }
    }

    #[test]
    fn paragraphs_are_blocks_between_blank_lines() {
        let text = "\n one\r\ntwo \n \n\n three\u{0} \n";
        assert_eq!(paragraphs(text), vec![vec!["one".to_owned(), "two".into()], vec!["three".into()]]);
        assert_eq!(plain(&paragraphs(text)), "one\ntwo\n\nthree");
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_subject_or_escapes_its_paragraph(text in any::<String>(), number in any::<String>()) {
            let text = format!("{text} INV-7 {number}");
            let links = Links { whole: vec!["INV-7".into(), number], ..links() };
            let line = subject(&text);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            for paragraph in paragraphs(&text) {
                let html = paragraph_html(&paragraph, &links);
                let bare = html.replace("<br>", "").replace("</a>", "").replace("\" style=\"s\">", "");
                let bare = bare.replace("<a href=\"", "").replace("</span>", "");
                let bare = bare.replace("<span style=\"display:inline-block\">", "");
                prop_assert!(!bare.contains(['<', '>', '"']), "{html:?}");
            }
        }

        #[test]
        fn tidying_only_breaks_lines(text in "[a-z \\n-]{0,400}") {
            let tidied = tidy(&text);
            prop_assert!(tidied.lines().all(|l| l.chars().count() <= WIDTH || !l.trim_start().contains(' ')), "{tidied}");
            let words = |t: &str| t.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&tidied), words(&text));
            prop_assert_eq!(&tidy(&tidied), &tidied);
        }

        #[test]
        fn wrapping_only_breaks_lines(text in "[a-z ]{0,400}") {
            let wrapped = plain(&paragraphs(&text));
            prop_assert!(wrapped.lines().all(|l| l.chars().count() <= WIDTH || !l.contains(' ')));
            let words = |t: &str| t.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrapped), words(&text));
        }
    }
}

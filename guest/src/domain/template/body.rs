//! Plain text on its way into a mail: the one line of a subject, the paragraphs of a body, their HTML, and
//! lines short enough for a plain mail.

use std::borrow::Cow;
use std::fmt::Write;

/// Longest subject, in characters. Mail programs show about 70.
const SUBJECT: usize = 200;
/// Width of lines in the plain body, in characters.
const WIDTH: usize = 76;

/// A subject: one line, no controls, bounded. Whatever a document's field contains, it can't end the header.
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

/// Characters that reorder or hide the text around them.
fn is_invisible_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Paragraphs of a text: blocks between blank lines, each a list of lines.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let text = match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    };
    let mut all = vec![Vec::new()];
    for line in lines(&text) {
        let mut line = Cow::Borrowed(line);
        // Controls are below the space, DEL, and what begins with 0xC2: a rare sight.
        if line.bytes().any(|byte| byte < b' ' || matches!(byte, 0x7f | 0xc2)) {
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

/// What stands between line feeds, found faster than `str::split` does.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// A paragraph in HTML: escaped, lines broken where they were, `https` addresses linked.
pub(super) fn paragraph_html(lines: &[String], link_style: &str) -> String {
    let mut out = String::with_capacity(lines.iter().map(|l| l.len() + 16).sum());
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("<br>");
        }
        push_linked(&mut out, line, link_style);
    }
    out
}

fn push_linked(out: &mut String, mut line: &str, link_style: &str) {
    while let Some(start) = line.find("https://") {
        let (before, rest) = line.split_at(start);
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
        let link = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '»']);
        push_escaped(out, before);
        if link.len() > "https://".len() {
            out.push_str("<a href=\"");
            push_escaped(out, link);
            let _ = write!(out, "\" style=\"{link_style}\">");
            push_escaped(out, link);
            out.push_str("</a>");
        } else {
            push_escaped(out, link);
        }
        line = &rest[link.len()..];
    }
    push_escaped(out, line);
}

/// Escapes for HTML text and double-quoted attributes.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
}

/// Paragraphs as a plain body has them: wrapped, separated by blank lines.
pub(super) fn plain(paragraphs: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (i, lines) in paragraphs.iter().enumerate() {
        if i > 0 {
            out.push_str("\n\n");
        }
        for (j, line) in lines.iter().enumerate() {
            if j > 0 {
                out.push('\n');
            }
            push_wrapped(&mut out, line);
        }
    }
    out
}

/// Breaks at plain spaces only: an amount and its sign are held together by no-break ones. A word longer than
/// a line (a link) stays whole.
fn push_wrapped(out: &mut String, line: &str) {
    let mut width = 0;
    for word in line.split(' ').filter(|w| !w.is_empty()) {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
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
            assert_eq!(paragraph_html(&[text.to_owned()], "s"), expected, "{text}");
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
        fn no_text_breaks_a_subject_or_escapes_its_paragraph(text in any::<String>()) {
            let line = subject(&text);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            for paragraph in paragraphs(&text) {
                let html = paragraph_html(&paragraph, "s");
                let bare = html.replace("<br>", "").replace("</a>", "").replace("\" style=\"s\">", "");
                let bare = bare.replace("<a href=\"", "");
                prop_assert!(!bare.contains(['<', '>', '"']), "{html:?}");
            }
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

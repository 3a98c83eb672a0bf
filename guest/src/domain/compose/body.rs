//! Bodies in the one form that every transfer encoding starts from: lines that end in CRLF, no control
//! characters but tabs.

use memchr::memmem;
use std::borrow::Cow;

/// What every boundary of ours begins with. Neither quoted-printable (hexadecimal digits or a line end follow
/// its `=`) nor base64 (which has no `_`) can yield it, and a body that holds it at the start of a line is
/// never sent as it is. So no body can end its own part.
pub(super) const BOUNDARY_MARK: &str = "=_";

/// A body ready to be encoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    /// Lines that end in CRLF; no NUL and no other control characters but tabs.
    pub(super) text: String,
    /// A line begins as our boundaries do.
    pub(super) like_a_boundary: bool,
}

/// Brings a body into that form. A bare CR and a bare LF are line ends too.
pub(super) fn canonical(body: &str) -> Body {
    let body = without_controls(body);
    let mut text = String::with_capacity(body.len() + body.len() / 16 + 16);
    let mut like_a_boundary = false;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body.as_bytes()).chain([body.len()]) {
        let line = &body[start..end];
        like_a_boundary |= is_like_a_boundary(line);
        text.push_str(line);
        if end < body.len() {
            text.push_str("\r\n");
        }
        start = end + 1;
    }
    Body { text, like_a_boundary }
}

fn is_like_a_boundary(line: &str) -> bool {
    line.strip_prefix("--").is_some_and(|rest| rest.starts_with(BOUNDARY_MARK))
}

/// Returns an HTML body in ASCII, characters beyond it as references (`&#8364;`), so that it can travel as it is: no encoding to compute,
/// and a source that people can read. None where that would change what is shown or is not allowed: text beyond ASCII where references mean
/// nothing (style sheets, comments), a line longer than RFC 5322 §2.1.1 lets one be, what looks like a boundary of ours. None, too, of what
/// is mostly references: a letter of Greek takes two bytes as it is, and six or seven as one.
pub(super) fn seven_bit_html(html: &str) -> Option<String> {
    let html = without_controls(html);
    if !is_ascii(html.as_bytes()) && has_unreferable(html.as_bytes()) {
        return None;
    }
    let mut ascii = String::with_capacity(html.len() + html.len() / 8 + 16);
    let (mut rest, mut line, mut referred) = (&*html, 0, 0);
    loop {
        let (plain, special) = rest.split_at(plain_length(rest.as_bytes()));
        ascii.push_str(plain);
        let mut chars = special.chars();
        let next = chars.next();
        if let None | Some('\n') = next {
            let written = &ascii[line..];
            if written.len() > LONGEST_LINE || is_like_a_boundary(written) {
                return None;
            }
        }
        match next {
            None => break,
            Some('\n') => {
                ascii.push_str("\r\n");
                line = ascii.len();
            }
            Some(c) => referred += push_reference(&mut ascii, c),
        }
        rest = chars.as_str();
    }
    (ascii.len() < MOSTLY_TEXT || referred <= ascii.len() / 5).then_some(ascii)
}

/// Below this size a body is seven bits whatever it is made of: no mail program cuts it off.
const MOSTLY_TEXT: usize = 50_000;

/// Returns bytes of an HTML body as it arrives, which is what mail programs measure before they cut it off: characters beyond ASCII are
/// references where those are few.
pub fn html_size(html: &str) -> usize {
    seven_bit_html(html).map_or(html.len(), |ascii| ascii.len())
}

/// Returns [`html_size`] where it is more than `most`; nearly every mail is too short to be measured.
pub fn html_size_beyond(html: &str, most: usize) -> Option<usize> {
    // Two bytes become seven at the most, and a line feed two.
    if html.len() <= most / 4 {
        return None;
    }
    Some(html_size(html)).filter(|size| *size > most)
}

/// Longest line of a message without its line end.
const LONGEST_LINE: usize = 998;
/// Where a character reference is not one.
const LITERAL: [(&str, &str); 3] = [("<style", "</style"), ("<script", "</script"), ("<!--", "-->")];

/// True if a style sheet, a script or a comment has text beyond ASCII.
fn has_unreferable(html: &[u8]) -> bool {
    let mut inside = 0;
    let mut is_one = |at: usize| {
        let rest = &html[at..];
        let opens =
            |open: &str| rest.get(..open.len()).is_some_and(|b| b.eq_ignore_ascii_case(open.as_bytes()));
        let Some((_, close)) = LITERAL.iter().find(|(open, _)| at >= inside && opens(open)) else {
            return false;
        };
        let end = memmem::find(rest, close.as_bytes()).unwrap_or(rest.len());
        inside = at + end;
        !is_ascii(&rest[..end])
    };
    // Hundreds of tags, a handful of which need a closer look: blocks without one are passed over by a vector loop.
    let begins = |first: u8, next: u8| (first == b'<') & ((next | 0x20 == b's') | (next == b'!'));
    let pairs = |from: usize| html[from..].iter().zip(html.get(from + 1..).unwrap_or_default()).take(BLOCK);
    (0..html.len()).step_by(BLOCK).any(|from| {
        let block = &html[from..html.len().min(from + BLOCK)];
        pairs(from).fold(false, |found, (first, next)| found | begins(*first, *next))
            && memchr::memchr_iter(b'<', block).any(|at| {
                html.get(from + at + 1).is_some_and(|next| begins(b'<', *next)) && is_one(from + at)
            })
    })
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// True for ASCII, as std's, but without early exits, so that the compiler makes it a vector loop.
fn is_ascii(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, b| all | b) < 0x80
}

/// Returns how many bytes come before the first line feed or byte beyond ASCII.
fn plain_length(bytes: &[u8]) -> usize {
    // Of eight bytes at once the high bits, and those of bytes that were a line feed: of these the first is never wrong.
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const ONE: u64 = u64::from_ne_bytes([1; 8]);
    const LINE_FEED: u64 = u64::from_ne_bytes([b'\n'; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let other = word ^ LINE_FEED;
        let special = (word | (other.wrapping_sub(ONE) & !other)) & HIGH;
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| byte.is_ascii() && **byte != b'\n';
    bytes.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

/// Appends `&#233;` and returns how many bytes that takes. Without the formatting machinery: there are hundreds in a mail, and nearly all
/// of them are what amounts are written with.
fn push_reference(ascii: &mut String, c: char) -> usize {
    let mut reference = *b"&#0000000;";
    let usual = match c {
        '\u{a0}' => "&#160;",
        '\u{202f}' => "&#8239;",
        '€' => "&#8364;",
        '×' => "&#215;",
        'é' => "&#233;",
        _ => {
            let (mut at, mut rest) = (reference.len() - 1, u32::from(c));
            while rest > 0 && at > 2 {
                at -= 1;
                reference[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            reference[at - 2..at].copy_from_slice(b"&#");
            str::from_utf8(&reference[at - 2..]).unwrap_or_default()
        }
    };
    ascii.push_str(usual);
    usual.len()
}

/// Makes LF the only line end and removes control characters. Borrows where there is nothing to do, as is usual.
fn without_controls(body: &str) -> Cow<'_, str> {
    // No early exit, so that the compiler makes it a vector loop.
    let unusual = |b: u8| b.is_ascii_control() & (b != b'\n') & (b != b'\t');
    if !body.bytes().fold(false, |found, b| found | unusual(b)) {
        return Cow::Borrowed(body);
    }
    let mut clean = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\n');
            }
            c if c.is_ascii_control() && c != '\n' && c != '\t' => {}
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_becomes_crlf() {
        for (body, expected) in [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\rb\r\r\n\n", "a\r\nb\r\n\r\n\r\n"),
            ("\r", "\r\n"),
            ("a\0b\u{1b}[1m\tc\u{7f}\u{8}", "ab[1m\tc"),
            ("é\0\r", "é\r\n"),
        ] {
            assert_eq!(canonical(body).text, expected, "{body:?}");
        }
    }

    #[test]
    fn html_travels_as_ascii_where_that_changes_nothing() {
        let long = "x".repeat(999);
        let ascii = "y".repeat(200);
        for (html, expected) in [
            ("<p>a</p>", Some("<p>a</p>".to_owned())),
            ("<p>1 \u{a0}€ é</p>\n", Some("<p>1 &#160;&#8364; &#233;</p>\r\n".to_owned())),
            ("é", Some("&#233;".to_owned())),
            (&format!("{ascii}é{ascii}"), Some(format!("{ascii}&#233;{ascii}"))),
            ("<a title=\"👍\">", Some("<a title=\"&#128077;\">".to_owned())),
            ("<style>p{content:'é'}</style>", None),
            ("<style>p{}</style><p>é</p>", Some("<style>p{}</style><p>&#233;</p>".to_owned())),
            ("<STYLE>p{content:'é'}</STYLE>", None),
            ("<!-- <style> é --><span>a</span>", None),
            (
                "<!-- <style> --><strong>é</strong>",
                Some("<!-- <style> --><strong>&#233;</strong>".to_owned()),
            ),
            ("<!-- é -->", None),
            (&long, None),
            (&long[1..], Some(long[1..].to_owned())),
            ("--=_a_1", None),
        ] {
            assert_eq!(seven_bit_html(html), expected, "{html:?}");
        }
    }

    #[test]
    fn a_style_sheet_is_found_wherever_it_begins() {
        for before in (0..200).map(|length| "x".repeat(length)) {
            for (open, close) in LITERAL {
                let literal = |text: &str| format!("{before}{open} {text}{close}>é");
                assert_eq!(seven_bit_html(&literal("é")), None, "{open} after {} bytes", before.len());
                let ascii = literal("e").replace('é', "&#233;");
                assert_eq!(seven_bit_html(&literal("e")), Some(ascii), "{open} after {} bytes", before.len());
                assert_eq!(seven_bit_html(&format!("{before}{open}é")), None, "{open} without an end");
            }
        }
    }

    #[test]
    fn a_long_text_beyond_ascii_travels_as_it_is() {
        let (long, greek) = ("<p>lines of a table</p>\n".repeat(4_000), "<p>τραπέζι δρύινο</p>\n");
        for (html, is_ascii) in [
            (greek.to_owned(), true),
            (format!("{long}{greek}"), true),
            (greek.repeat(2_000), false),
            (format!("{long}{}", greek.repeat(500)), false),
        ] {
            assert_eq!(seven_bit_html(&html).is_some(), is_ascii, "{} bytes", html.len());
            assert!(is_ascii || html_size(&html) == html.len());
        }
        assert_eq!(html_size("é\n"), "&#233;\r\n".len());
        for (html, most, expected) in [
            ("é".repeat(10), 39, Some(60)),
            ("é".repeat(10), 60, None),
            ("\u{7ff}".repeat(10), 69, Some(70)),
            ("\n".repeat(10), 19, Some(20)),
            ("a".repeat(10), 10, None),
        ] {
            assert_eq!(html_size_beyond(&html, most), expected, "{html:?}");
        }
    }

    #[test]
    fn a_line_that_begins_as_a_boundary_is_noticed() {
        for (body, expected) in [
            ("--=_m_1", true),
            ("x\n--=_", true),
            ("x\r--=_a_1--\r\n", true),
            ("\0-\0-=_", true),
            ("x --=_m_1", false),
            ("--\n=_", false),
            ("--=\n_", false),
        ] {
            assert_eq!(canonical(body).like_a_boundary, expected, "{body:?}");
        }
    }
}

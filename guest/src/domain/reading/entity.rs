//! An entity of MIME: a header and a body, and the parts of a body. Whatever bytes there are, they are an entity.

use crate::domain::inbound::fields::{Fields, field};
use crate::domain::inbound::{decoded_header, limits};

/// A message or a part of one.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    /// Its header, values unfolded but not decoded.
    pub(super) header: Fields,
    /// Its body as it stands.
    pub(super) body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// Reads an entity. Bytes beyond ASCII in the header are decoded by the charset `around`, where they are not UTF-8.
    pub(super) fn read(raw: &'a [u8], around: Option<&str>) -> Self {
        let (header, body) = split(raw);
        Self { header: decoded_header(header, around), body }
    }
}

/// Splits a header from a body. Without an empty line between them, the body begins where no field does.
fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    let mut is_first = true;
    while at < raw.len().min(limits::HEADER) {
        let rest = raw.get(at..).unwrap_or_default();
        let line = line_of(rest);
        if line.trim_ascii().is_empty() {
            // A line of white space is folded, where programs wrote it inside a field.
            if is_first
                || matches!(line, b"\n" | b"\r\n")
                || !continues(rest.get(line.len()..).unwrap_or_default())
            {
                return raw.split_at_checked(at).map_or((&[], raw), |(header, rest)| {
                    (header, rest.get(line.len()..).unwrap_or_default())
                });
            }
        } else if !is_field(line) && (is_first || !line.starts_with(b" ") && !line.starts_with(b"\t")) {
            // A damaged line among fields is passed over; any other is the first of the body.
            let next = rest.get(line.len()..).unwrap_or_default();
            if is_first || !is_field(line_of(next)) {
                return raw.split_at_checked(at).unwrap_or((&[], raw));
            }
        }
        is_first = false;
        at += line.len();
    }
    raw.split_at_checked(at).unwrap_or((raw, &[]))
}

/// True if the header goes on here.
fn continues(rest: &[u8]) -> bool {
    let line = line_of(rest);
    is_field(line) || (line.starts_with(b"\t") && !line.trim_ascii().is_empty())
}

fn line_of(rest: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    rest.get(..end).unwrap_or(rest)
}

fn is_field(line: &[u8]) -> bool {
    let begin = line.get(..200).unwrap_or(line);
    field(&String::from_utf8_lossy(begin))
        .is_some_and(|(name, _)| name.bytes().all(|b| b != b'<' && b != b'"' && b != b'/'))
}

/// The parts of a multipart.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// Each part, header and body.
    pub(super) parts: Vec<&'a [u8]>,
    /// The end of the last part is marked.
    pub(super) is_complete: bool,
}

/// Splits the body of a multipart at its boundary; at most `most` parts.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str, most: usize) -> Parts<'a> {
    let mark = [b"--", boundary.as_bytes()].concat();
    let mut found = Parts::default();
    let mut open: Option<usize> = None;
    for at in memchr::memmem::find_iter(body, &mark) {
        // First of all: the rest of a line is looked at once, not for each mark on it.
        let begins_line = at == 0 || body.get(at - 1) == Some(&b'\n');
        if !begins_line {
            continue;
        }
        let behind = body.get(at + mark.len()..).unwrap_or_default();
        let tail = line_of(behind);
        let (ends, tail_text) = match tail.strip_prefix(b"--") {
            Some(rest) => (true, rest),
            None => (false, tail),
        };
        // `--a` is no mark of the boundary `a` if more follows: `--ab` is that of another.
        if !(tail_text.trim_ascii().is_empty()
            || (ends && open.is_some() && !tail_text.starts_with(b"-") && tail_text.len() < 4))
        {
            continue;
        }
        if let Some(start) = open.take() {
            let end = without_line_end(body, start, at);
            found.parts.push(body.get(start..end).unwrap_or_default());
        }
        if ends {
            found.is_complete = true;
            break;
        }
        if found.parts.len() >= most {
            return found;
        }
        open = Some(at + mark.len() + tail.len());
    }
    if let Some(start) = open {
        let rest = body.get(start..).unwrap_or_default();
        if !rest.trim_ascii().is_empty() {
            found.parts.push(rest);
        }
    }
    found
}

/// Removes the line end before a boundary, which belongs to it.
fn without_line_end(body: &[u8], start: usize, end: usize) -> usize {
    let end = if end > start && body.get(end - 1) == Some(&b'\n') { end - 1 } else { end };
    if end > start && body.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

/// Finds the boundary of a multipart that names none, or a wrong one: its first line with two dashes, over what begins as a part.
pub(super) fn guessed_boundary(body: &[u8]) -> Option<String> {
    let mut rest = body.get(..64 << 10).unwrap_or(body);
    while !rest.is_empty() {
        let line = line_of(rest);
        let next = rest.get(line.len()..).unwrap_or_default();
        let text = line.trim_ascii_end();
        if let Some(boundary) = text.strip_prefix(b"--")
            && (4..=100).contains(&boundary.len())
            && boundary.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
            && boundary.iter().any(u8::is_ascii_alphanumeric)
            && line_of(next).get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case(b"content-"))
        {
            return Some(String::from_utf8_lossy(boundary).into_owned());
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_begins_behind_an_empty_line_or_where_no_field_does() {
        for (raw, header, body) in [
            ("A: b\r\n\r\nbody", "A: b\r\n", "body"),
            ("A: b\nC: d\n\nbody\n\nmore", "A: b\nC: d\n", "body\n\nmore"),
            ("\nbody", "", "body"),
            ("Hello there,\nthis is text: no header\n", "", "Hello there,\nthis is text: no header\n"),
            ("A: b\nHello there,\nmore", "A: b\n", "Hello there,\nmore"),
            ("A: b\ndamaged line\nC: d\n\nbody", "A: b\ndamaged line\nC: d\n", "body"),
            ("A: b\n \nC: d\n\nbody", "A: b\n \nC: d\n", "body"),
            ("A: b\n c\n\td\n\nbody", "A: b\n c\n\td\n", "body"),
            ("A: b", "A: b", ""),
            ("", "", ""),
        ] {
            assert_eq!(split(raw.as_bytes()), (header.as_bytes(), body.as_bytes()), "{raw:?}");
        }
    }

    #[test]
    fn parts_end_at_their_own_boundary() {
        let body = b"preamble\r\n--a\r\none\r\n--ab\r\nno mark\r\n--a  \r\n\r\ntwo\r\n\r\n--a--\r\nepilogue";
        let found = parts(body, "a", 10);
        assert_eq!(found.parts, [b"one\r\n--ab\r\nno mark".as_slice(), b"\r\ntwo\r\n"]);
        assert!(found.is_complete);
        let cut = parts(b"--a\none\n--a\ntwo", "a", 10);
        assert_eq!((cut.parts, cut.is_complete), (vec![b"one".as_slice(), b"two"], false));
        assert_eq!(parts(b"nothing", "a", 10).parts.len(), 0);
        assert_eq!(
            guessed_boundary(b"x\n--=_b 1\nContent-Type: text/plain\n\na\n").as_deref(),
            Some("=_b 1")
        );
    }
}

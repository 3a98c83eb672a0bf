//! Values with parameters: Content-Type and Content-Disposition, with every way in which programs write names (RFC 2045, 2047, 2231).

use super::limits;
use crate::domain::hex;
use crate::domain::inbound::{charset, encoded_word};

/// Parameters of one field.
const MOST: usize = 100;
/// Number of a parameter that is not in segments.
const WHOLE: u32 = u32::MAX;

/// A value and its parameters.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Parameterized {
    /// What stands before the parameters, in lower case.
    pub(super) value: String,
    parameters: Vec<(String, String)>,
}

/// A segment of a parameter.
struct Segment {
    name: String,
    number: u32,
    is_encoded: bool,
    value: String,
}

impl Parameterized {
    /// Reads the value of a field.
    pub(super) fn read(field: &str) -> Self {
        let mut pieces = pieces(field).into_iter();
        let value = pieces.next().unwrap_or_default();
        let value = value
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .trim_matches(['"', '\'', ','])
            .to_ascii_lowercase();
        let mut segments: Vec<Segment> = pieces.filter_map(|piece| segment(&piece)).collect();
        segments.sort_by_key(|segment| segment.number);
        let mut parameters: Vec<(String, String)> = vec![];
        let mut names: Vec<String> = vec![];
        for segment in &segments {
            if !names.contains(&segment.name) {
                names.push(segment.name.clone());
            }
        }
        for name in names {
            let own = segments.iter().filter(|segment| segment.name == name);
            // Where a name stands there in both forms, the numbered or encoded one is the better.
            let (whole, pieces): (Vec<_>, Vec<_>) = own.partition(|segment| segment.number == WHOLE);
            let value = if pieces.is_empty() {
                whole.first().map(|segment| decoded_words(&segment.value)).unwrap_or_default()
            } else {
                joined(&pieces)
            };
            parameters.push((name, value));
        }
        Self { value, parameters }
    }

    /// Returns a parameter, decoded; none where it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Splits at semicolons that stand outside of quotation marks.
fn pieces(field: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in field.chars() {
        if c == ';' && !is_quoted {
            if pieces.len() > MOST {
                break;
            }
            pieces.push(String::new());
            continue;
        }
        if c == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = c == '\\' && is_quoted && !is_escaped;
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

fn segment(piece: &str) -> Option<Segment> {
    let (name, value) = piece.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let value = unquoted(value.trim());
    let (name, is_encoded) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let (name, number) = match name.split_once('*') {
        Some((name, number)) => (name.to_owned(), number.parse().unwrap_or(0)),
        None if is_encoded => (name, 0),
        None => (name, WHOLE),
    };
    Some(Segment { name, number, is_encoded, value })
}

/// Removes quotation marks and the backslashes inside of them, but those of a path.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.trim_end_matches('"').to_owned() };
    let inner = inner.rfind('"').and_then(|end| inner.get(..end)).unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// Joins the segments of a parameter and decodes them.
fn joined(segments: &[&Segment]) -> String {
    if !segments.iter().any(|segment| segment.is_encoded) {
        let whole: String = segments.iter().map(|segment| segment.value.as_str()).collect();
        return decoded_words(&whole);
    }
    let mut label: Option<String> = None;
    let mut bytes = vec![];
    for (at, segment) in segments.iter().enumerate() {
        let mut value = segment.value.as_str();
        if at == 0 && segment.is_encoded {
            let mut split = value.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(rest)) = (split.next(), split.next(), split.next()) {
                label = Some(charset.to_owned()).filter(|label| !label.is_empty());
                value = rest;
            }
        }
        if segment.is_encoded {
            percent_decoded(value, &mut bytes)
        } else {
            bytes.extend_from_slice(value.as_bytes())
        }
    }
    charset::decode(label.as_deref(), &bytes)
}

fn percent_decoded(value: &str, out: &mut Vec<u8>) {
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        match after.get(..2).filter(|_| *first == b'%').and_then(hex::byte) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
}

fn decoded_words(value: &str) -> String {
    if value.contains("=?") { encoded_word::decode(value) } else { value.to_owned() }
}

/// Returns a name without folders and what a name must not have, as every system can store it; none where nothing is left.
pub(super) fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    // A colon ends the name of a file on some systems, and begins that of a stream in it.
    let clean: String =
        last.chars().filter(|c| !is_hidden(*c)).map(|c| if c == ':' { '-' } else { c }).collect();
    let clean = without_end(clean.trim_start());
    let clean = shortened(clean);
    (!clean.is_empty()).then_some(clean)
}

/// Removes the dots and spaces at the end of a name, which some systems leave out.
fn without_end(name: &str) -> &str {
    name.trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Shortens a name before its extension, which says what the file is.
fn shortened(name: &str) -> String {
    if name.len() <= limits::FILE_NAME {
        return name.to_owned();
    }
    let is_extension = |extension: &&str| extension.len() <= 20 && !extension.contains(char::is_whitespace);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).filter(is_extension);
    let room = limits::FILE_NAME - extension.map_or(0, |extension| extension.len() + 1);
    let stem = without_end(name.get(..name.floor_char_boundary(room)).unwrap_or_default());
    match extension {
        Some(extension) => [stem, ".", extension].concat(),
        None => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_however_they_are_written() {
        for (field, wanted) in [
            ("attachment; filename=plain.pdf", "plain.pdf"),
            ("attachment; filename=\"a; b.pdf\"", "a; b.pdf"),
            ("attachment; filename=\"say \\\"yes\\\".pdf\"", "say \"yes\".pdf"),
            ("attachment; filename=This is a test.pdf", "This is a test.pdf"),
            ("attachment; filename==?utf-8?Q?f=C3=BCr.pdf?=", "für.pdf"),
            ("attachment; filename=\"=?iso-8859-1?Q?f=FCr?= =?iso-8859-1?Q?_uns.pdf?=\"", "für uns.pdf"),
            ("attachment; filename*=utf-8''f%C3%BCr.pdf", "für.pdf"),
            ("attachment; filename*=iso-8859-1'de'f%FCr.pdf", "für.pdf"),
            ("attachment; filename*1=\"b.pdf\"; filename*0=\"a\"", "ab.pdf"),
            ("attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC; filename*2=\".pdf\"", "€.pdf"),
            ("attachment; filename=\"fuer.pdf\"; filename*=utf-8''f%C3%BCr.pdf", "für.pdf"),
            ("attachment; FileName = \"Ü.pdf\"", "Ü.pdf"),
        ] {
            assert_eq!(Parameterized::read(field).get("filename"), Some(wanted), "{field}");
        }
        assert_eq!(Parameterized::read("Text/Plain (a comment); charset=\"utf-8\"").value, "text/plain");
        assert_eq!(Parameterized::read("").value, "");
        assert_eq!(file_name("C:\\Users\\me\\a.pdf").as_deref(), Some("a.pdf"));
        assert_eq!(file_name("../../etc/\u{202e}fdp.exe\n").as_deref(), Some("fdp.exe"));
        assert_eq!(file_name(" / "), None);
    }

    #[test]
    fn a_name_can_be_stored_and_says_what_the_file_is() {
        for (name, wanted) in [
            ("a\u{61c}b.pdf", "ab.pdf"),
            ("a.pdf:b.exe", "a.pdf-b.exe"),
            ("a.exe. . .", "a.exe"),
            ("a.exe \u{202e}", "a.exe"),
            (".profile", ".profile"),
        ] {
            assert_eq!(file_name(name).as_deref(), Some(wanted), "{name:?}");
        }
        for name in [".", "..", "...", ". .", ":".repeat(0).as_str()] {
            assert_eq!(file_name(name), None, "{name:?}");
        }
        let long = file_name(&format!("{}.pdf", "ü".repeat(400))).unwrap();
        assert!(long.ends_with("ü.pdf") && (250..=255).contains(&long.len()), "{} bytes", long.len());
        let long = file_name(&format!("{}. pdf .exe", "a".repeat(400))).unwrap();
        assert!(long.ends_with("a.exe") && long.len() == 255, "{long}");
        assert_eq!(file_name(&"ü".repeat(400)).unwrap().len(), 254);
    }
}

//! An XML file's bytes as text. Business systems still write Latin-1 and UTF-16: both are small enough to
//! read here. Any other encoding is named and refused, never guessed.

use super::super::{DocumentError, DocumentFault};
use std::borrow::Cow;

/// Decodes the file as text without byte order mark.
pub(super) fn text(content: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    let text = match content {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [b'<', 0, ..] => Cow::Owned(utf16(content, u16::from_le_bytes)?),
        [0, b'<', ..] => Cow::Owned(utf16(content, u16::from_be_bytes)?),
        _ => declared(content)?,
    };
    without_controls(&text)?;
    Ok(text)
}

/// Refuses control characters that XML 1.0 does not allow: no mail should have one either.
pub(super) fn without_controls(text: &str) -> Result<(), DocumentError> {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let Some(at) = text.as_bytes().iter().position(control) else { return Ok(()) };
    let line = super::super::error::line_of(text, at);
    let detail = format!("not XML: control character {:#04x}", text.as_bytes()[at]);
    Err(DocumentError::at(DocumentFault::Malformed, "", Some(line), &detail))
}

/// Decodes by the encoding that the XML declaration names; UTF-8 where it names none.
fn declared(content: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    let name = declaration(content).unwrap_or("UTF-8");
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" | "US-ASCII" | "ASCII" => utf8(content),
        "ISO-8859-1" | "ISO8859-1" | "ISO_8859-1" | "LATIN1" => Ok(bytewise(content, char::from)),
        "ISO-8859-15" | "ISO8859-15" | "LATIN9" => Ok(bytewise(content, latin9)),
        "WINDOWS-1252" | "CP1252" => Ok(bytewise(content, windows)),
        other => {
            let other = super::super::error::shortened(other, 40);
            let detail = format!(
                "the encoding {other:?} is not supported: use UTF-8 (UTF-16, ISO-8859-1, ISO-8859-15 and \
                 windows-1252 are read too)"
            );
            Err(DocumentError::whole(DocumentFault::Malformed, detail))
        }
    }
}

/// Returns the value of `encoding` in the XML declaration.
fn declaration(content: &[u8]) -> Option<&str> {
    // A blank line before it is against the letter of XML, and common.
    let start = content.trim_ascii_start().strip_prefix(b"<?xml")?;
    let start = &start[..start.len().min(200)];
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let (_, rest) = std::str::from_utf8(&start[..end]).ok()?.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split(quote).next()
}

fn utf8(content: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    std::str::from_utf8(content).map(Cow::Borrowed).map_err(|fault| {
        let lines = content[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        let detail = "not UTF-8, the encoding of a file that declares no other";
        DocumentError::at(DocumentFault::Malformed, "", u32::try_from(lines).ok(), detail)
    })
}

fn utf16(content: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DocumentError> {
    let (pairs, rest) = content.as_chunks::<2>();
    let mut text = String::with_capacity(content.len() / 2);
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(decoded.map_err(|_| not_utf16())?);
    }
    if rest.is_empty() { Ok(text) } else { Err(not_utf16()) }
}

fn not_utf16() -> DocumentError {
    DocumentError::whole(DocumentFault::Malformed, "not UTF-16, though it begins like it")
}

fn bytewise(content: &[u8], of: fn(u8) -> char) -> Cow<'_, str> {
    match std::str::from_utf8(content) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(content.iter().map(|byte| of(*byte)).collect()),
    }
}

fn latin9(byte: u8) -> char {
    match byte {
        0xA4 => '€',
        0xA6 => 'Š',
        0xA8 => 'š',
        0xB4 => 'Ž',
        0xB8 => 'ž',
        0xBC => 'Œ',
        0xBD => 'œ',
        0xBE => 'Ÿ',
        _ => char::from(byte),
    }
}

/// Decodes Windows-1252, which has letters where Latin-1 has control characters.
fn windows(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}',
        '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_that_business_systems_write_are_read() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2], mark: &[u8]| {
            [mark, &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>()].concat()
        };
        for (name, bytes, expected) in [
            ("plain", b"<a>\xC3\xA9</a>".to_vec(), "<a>é</a>"),
            ("mark", b"\xEF\xBB\xBF<a>\xE2\x82\xAC</a>".to_vec(), "<a>€</a>"),
            ("utf-16 le", utf16("<a>é€</a>", u16::to_le_bytes, &[0xFF, 0xFE]), "<a>é€</a>"),
            ("utf-16 be", utf16("<a>é€</a>", u16::to_be_bytes, &[0xFE, 0xFF]), "<a>é€</a>"),
            ("utf-16 without mark", utf16("<a>é</a>", u16::to_le_bytes, &[]), "<a>é</a>"),
            ("latin 1", b"<?xml version='1.0' encoding='iso-8859-1'?>\xE9".to_vec(), "é"),
            ("latin 9", b"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>\xA4".to_vec(), "€"),
            ("windows", b"<?xml version=\"1.0\" encoding = \"Windows-1252\"?>\x80\x92".to_vec(), "€’"),
        ] {
            let read = text(&bytes).map(Cow::into_owned).unwrap();
            assert!(read.ends_with(expected), "{name}: {read}");
        }
    }

    #[test]
    fn other_encodings_and_broken_ones_are_malformed_not_guessed() {
        for (name, bytes, expected) in [
            ("broken utf-8", b"<a>\n\xFF</a>".to_vec(), "not UTF-8"),
            ("half a unit", b"\xFF\xFE<\0a".to_vec(), "not UTF-16"),
            ("lone surrogate", b"\xFF\xFE\x00\xD8<\0".to_vec(), "not UTF-16"),
            (
                "ebcdic",
                b"<?xml version='1.0' encoding='IBM037'?><a/>".to_vec(),
                "\"IBM037\" is not supported",
            ),
            ("control", b"<a>\x01</a>".to_vec(), "control character 0x01"),
        ] {
            let fault = text(&bytes).unwrap_err();
            assert_eq!(fault.fault, DocumentFault::Malformed, "{name}");
            assert!(fault.detail.contains(expected), "{name}: {fault}");
        }
    }
}

//! Encoded words (RFC 2047) in names that were pasted out of a mail's source.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes and their charset.
type Word<'a> = (&'a str, Vec<u8>);

/// Decodes the encoded words of a text. A word in another charset than UTF-8, ASCII, Latin-1 or Windows-1252 stays as it is.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(((charset, mut bytes), mut length)) = word(rest) else {
            out.push_str("=?");
            rest = &rest[2..];
            continue;
        };
        // Words in a row are one text: a character may be split between them.
        while let Some(((next, more), step)) =
            word(rest[length..].trim_start()).filter(|((c, _), _)| c.eq_ignore_ascii_case(charset))
        {
            debug_assert_eq!(next.len(), charset.len());
            bytes.extend(more);
            length = rest.len() - rest[length..].trim_start().len() + step;
        }
        match characters(charset, &bytes) {
            Some(decoded) => out.push_str(&decoded),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// Returns the encoded word that `text` starts with, and its length.
fn word(text: &str) -> Option<(Word<'_>, usize)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let content = &rest[..rest.find("?=")?];
    let bytes = match encoding {
        "b" | "B" => STANDARD.decode(content).ok()?,
        "q" | "Q" => quoted(content)?,
        _ => return None,
    };
    let length = 2 + charset.len() + 1 + encoding.len() + 1 + content.len() + 2;
    Some(((charset.split('*').next().unwrap_or(charset), bytes), length))
}

fn quoted(content: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut bytes = content.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                digit(bytes.next()?)? << 4 | digit(bytes.next()?)?
            }
            b' '..=b'~' => byte,
            _ => return None,
        });
    }
    Some(out)
}

fn characters(charset: &str, bytes: &[u8]) -> Option<String> {
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => String::from_utf8(bytes.to_vec()).ok(),
        "iso-8859-1" | "latin1" | "windows-1252" | "cp1252" => {
            Some(bytes.iter().map(|b| windows_1252(*b)).collect())
        }
        _ => None,
    }
}

/// Decodes Latin-1 with the typographic marks that Windows has where Latin-1 has control characters.
fn windows_1252(byte: u8) -> char {
    const MARKS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    MARKS.get(usize::from(byte).wrapping_sub(0x80)).copied().unwrap_or(char::from(byte))
}

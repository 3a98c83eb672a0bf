//! Encoded words (RFC 2047) in headers. By the RFC a word ends where a character ends; programs that cut a subject at so many bytes make
//! words that do not, so neighbours of one charset are joined before they are decoded.

use super::charset;
use crate::domain::hex;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// Longest name of a charset.
const CHARSET: usize = 60;
/// Bytes of a word in which its end is looked for: many times what the RFC allows.
const LONGEST: usize = 8_000;

/// Base64 as programs write it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One encoded word.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    content: &'a str,
    length: usize,
}

impl Word<'_> {
    /// True if both can be decoded together.
    fn joins(&self, other: &Self) -> bool {
        self.charset.eq_ignore_ascii_case(other.charset)
    }
}

/// Decodes the text of a header, with single spaces.
pub(crate) fn decode(value: &str) -> String {
    let decoded = rewrite(value, |out, text| out.push_str(text));
    let mut out = String::with_capacity(decoded.len());
    for word in decoded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Joins each row of encoded words in a header's value into one word in UTF-8, so that no comma or bracket in them is one of the header's.
pub(crate) fn joined(value: &str) -> Cow<'_, str> {
    if !value.contains("=?") {
        return Cow::Borrowed(value);
    }
    Cow::Owned(rewrite(value, |out, text| {
        out.push_str("=?utf-8?B?");
        base64::engine::general_purpose::STANDARD.encode_string(text, out);
        out.push_str("?=");
    }))
}

/// Replaces each row of words of one charset by what `write` makes of its text.
fn rewrite(value: &str, write: impl Fn(&mut String, &str)) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = memchr::memmem::find(rest.as_bytes(), b"=?") {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        out.push_str(before);
        let Some(first) = word(from) else {
            out.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let mut bytes = vec![];
        let mut base64 = String::new();
        let mut at = 0;
        let mut next = Some(first);
        // White space between two words is none of the text, whatever their charsets.
        while let Some(found) = next.filter(|found| found.joins(&first)) {
            take(&found, &mut base64, &mut bytes);
            at += found.length;
            let tail = from.get(at..).unwrap_or_default();
            let gap = tail.len() - tail.trim_start().len();
            next = tail.get(gap..).and_then(word);
            if next.is_some() {
                at += gap;
            }
        }
        flush(&mut base64, &mut bytes);
        write(&mut out, &charset::decode(Some(first.charset), &bytes));
        rest = from.get(at..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Adds the bytes of a word. Base64 that was cut between two words is decoded as one.
fn take(word: &Word<'_>, base64: &mut String, bytes: &mut Vec<u8>) {
    if !word.is_base64 {
        flush(base64, bytes);
        quoted(word.content, bytes);
        return;
    }
    base64.extend(word.content.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')));
    if word.content.trim_end().ends_with('=') {
        flush(base64, bytes);
    }
}

fn flush(base64: &mut String, bytes: &mut Vec<u8>) {
    if base64.len() % 4 == 1 {
        base64.pop();
    }
    if let Ok(decoded) = LENIENT.decode(base64.as_bytes()) {
        bytes.extend(decoded);
    }
    base64.clear();
}

/// Returns the encoded word that a text begins with.
fn word(text: &str) -> Option<Word<'_>> {
    let inside = text.strip_prefix("=?")?;
    let (charset, inside) = inside.split_at_checked(inside.bytes().take(CHARSET).position(|b| b == b'?')?)?;
    let (encoding, inside) = (inside.get(1..2)?, inside.get(2..)?.strip_prefix('?')?);
    let is_base64 = match encoding {
        "b" | "B" => true,
        "q" | "Q" => false,
        _ => return None,
    };
    if charset.is_empty() || !charset.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let end = end(inside, is_base64)?;
    let content = inside.get(..end)?;
    let length = text.len() - inside.len() + end + 2;
    Some(Word { charset, is_base64, content, length })
}

/// Returns where the content ends. `?` may stand in it though it must not, so that `?=E4` is no end in quoted-printable.
fn end(content: &str, is_base64: bool) -> Option<usize> {
    let bytes = content.as_bytes();
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut ends = memchr::memmem::find_iter(bytes, b"?=").take(20);
    let first = ends.next()?;
    if is_base64 || !(is_hex(first + 2) && is_hex(first + 3)) {
        return Some(first);
    }
    let begins = memchr::memmem::find(bytes, b"=?").unwrap_or(bytes.len());
    let later = ends.take_while(|end| *end < begins).find(|end| !(is_hex(end + 2) && is_hex(end + 3)));
    Some(later.unwrap_or(first))
}

fn quoted(content: &str, out: &mut Vec<u8>) {
    let mut rest = content.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'_' => out.push(b' '),
            b'=' => match after.get(..2).and_then(hex::byte) {
                Some(byte) => {
                    out.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => out.push(b'='),
            },
            other => out.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn words_are_decoded_wherever_a_program_cut_them() {
        let text = "Automatický příjem: 自动回复 😀";
        for cut in 0..=text.len() {
            let (head, tail) = text.as_bytes().split_at(cut);
            let quoted = |bytes: &[u8]| bytes.iter().map(|b| format!("={b:02X}")).collect::<String>();
            for value in [
                format!("=?UTF-8?B?{}?= =?utf-8?b?{}?=", STANDARD.encode(head), STANDARD.encode(tail)),
                format!("=?UTF-8?Q?{}?=\t =?UTF-8?q?{}?=", quoted(head), quoted(tail)),
                format!("=?UTF-8?Q?{}?==?UTF-8?B?{}?=", quoted(head), STANDARD.encode(tail)),
                {
                    let whole = STANDARD.encode(text);
                    let (head, tail) = whole.split_at(cut);
                    format!("=?UTF-8?B?{head}?= =?UTF-8?B?{tail}?=")
                },
            ] {
                assert_eq!(decode(&value), text, "{value}");
            }
        }
    }

    #[test]
    fn words_and_what_is_none_are_told_apart() {
        for (value, wanted) in [
            ("plain", "plain"),
            ("=?iso-8859-1?q?a_b?= c", "a b c"),
            ("x =?iso-8859-1?Q?=E9?= =?iso-8859-2?Q?=F8?= y", "x éř y"),
            ("=?utf-8*fr?Q?=C3=A9t=C3=A9?=", "été"),
            ("=?utf-8?Q?Really??=", "Really?"),
            ("=?utf-8?Q?What?=C3=A9?= x", "What?é x"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("=?utf-8?B?", "=?utf-8?B?"),
            ("=?=?=?", "=?=?=?"),
            ("=?iso-2022-jp?B?GyRCSVQbKEI=?= =?iso-2022-jp?B?GyRCOl8bKEI=?=", "不在"),
            ("=?iso-2022-kr?Q?=1B$)C=0E@Z5?=0F?=", "자동"),
            ("=?unknown?Q?R=E9ponse?=", "Réponse"),
            ("a\r\n b", "a b"),
        ] {
            assert_eq!(decode(value), wanted, "{value}");
        }
        assert_eq!(
            joined("=?utf-8?Q?M=C3?= =?utf-8?Q?=BCller=2C_E?= <e@f.de>"),
            "=?utf-8?B?TcO8bGxlciwgRQ==?= <e@f.de>"
        );
        assert_eq!(joined("\"Jan\" <a@b.be>"), "\"Jan\" <a@b.be>");
    }

    #[test]
    fn what_never_ends_is_read_in_time() {
        for piece in [
            "=?a?b? ",
            "=?",
            "=?utf-8?Q?",
            "=?utf-8?Q?=41?= ",
            "=?a?b?",
            "?=",
            "=?utf-8?Q?a?=41",
            "=?utf-8?Q??=4",
        ] {
            let value = piece.repeat(1_000_000 / piece.len());
            assert!(decode(&value).len() <= value.len(), "{piece}");
        }
    }
}

//! Transfer encodings, decoded piece by piece into a function: the size of a file costs no memory here. What is damaged is decoded as far as
//! it goes.

use crate::domain::hex;

/// The encoding of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 7bit, 8bit, binary, and whatever is not known.
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

/// Bytes that are handed over at once.
const PIECE: usize = 8 << 10;
/// Share of bytes that are none of base64, of a hundred, from which on a text is taken as it stands.
const FOREIGN: usize = 10;

impl Encoding {
    /// Finds the encoding that a field names; the identity for one that is not known.
    pub(super) fn named(value: &str) -> Self {
        let name = value.split([';', '(', ' ', '\t']).find(|it| !it.is_empty()).unwrap_or_default();
        match name.trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
            "base64" | "b64" | "base-64" => Self::Base64,
            "quoted-printable" | "quoted" | "qp" | "quoted-printible" | "quotedprintable" => {
                Self::QuotedPrintable
            }
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Self::Uuencode,
            _ => Self::Identity,
        }
    }

    /// Decodes `body` into `out`. True if it is encoded as it is said to be.
    pub(super) fn decode(self, body: &[u8], out: &mut dyn FnMut(&[u8])) -> bool {
        match self {
            Self::Identity => {
                out(body);
                true
            }
            Self::Base64 if is_foreign(body) => {
                out(body);
                false
            }
            Self::Base64 => base64(body, out),
            Self::QuotedPrintable => quoted_printable(body, out),
            Self::Uuencode => uuencode(body, out),
        }
    }

    /// Decodes at most `most` bytes. The second is false for a part that is damaged, the third true for one that is longer.
    pub(super) fn decode_bounded(self, body: &[u8], most: usize) -> (Vec<u8>, bool, bool) {
        // No encoding takes more than four bytes for one and a line's end, save for padding that a stranger adds.
        let near = body.get(..most.saturating_mul(5)).unwrap_or(body);
        let mut decoded = Vec::with_capacity(most.min(near.len()));
        let is_whole = self.decode(near, &mut |piece| {
            let room = most.saturating_sub(decoded.len());
            decoded.extend_from_slice(piece.get(..room).unwrap_or(piece));
        });
        let is_longer = near.len() < body.len()
            || (decoded.len() == most && self != Self::Identity)
            || (self == Self::Identity && body.len() > most);
        (decoded, is_whole, is_longer)
    }
}

/// Collects bytes into pieces.
struct Pieces<'a> {
    held: Vec<u8>,
    out: &'a mut dyn FnMut(&[u8]),
}

impl<'a> Pieces<'a> {
    fn new(out: &'a mut dyn FnMut(&[u8])) -> Self {
        Self { held: Vec::with_capacity(PIECE + 64), out }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        (self.out)(&self.held);
        self.held.clear();
    }
}

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// True for a text that is no base64, whatever its header says.
fn is_foreign(body: &[u8]) -> bool {
    let near = body.get(..PIECE).unwrap_or(body);
    let visible = near.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=');
    let (mut all, mut foreign) = (
        0_usize,
        near.windows(2).filter(|pair| matches!(pair, [a, b' '] if a.is_ascii_alphanumeric())).count(),
    );
    for byte in visible {
        all += 1;
        foreign += usize::from(base64_value(*byte).is_none());
    }
    100 * foreign > FOREIGN * all
}

fn base64(body: &[u8], out: &mut dyn FnMut(&[u8])) -> bool {
    let mut pieces = Pieces::new(out);
    let (mut bits, mut held, mut is_whole) = (0_u32, 0_u32, true);
    for byte in body {
        match base64_value(*byte) {
            Some(value) => {
                bits = bits << 6 | value;
                held += 6;
                if held >= 8 {
                    held -= 8;
                    pieces.push(&[u8::try_from(bits >> held & 0xFF).unwrap_or_default()]);
                    bits &= (1 << held) - 1;
                }
            }
            // Padding ends a run; another may follow, where a program joined two.
            None if *byte == b'=' => (bits, held) = (0, 0),
            None => is_whole &= byte.is_ascii_whitespace(),
        }
    }
    pieces.flush();
    is_whole && held != 6
}

fn quoted_printable(body: &[u8], out: &mut dyn FnMut(&[u8])) -> bool {
    let mut pieces = Pieces::new(out);
    let mut is_whole = true;
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        // White space before the end of a line was added on the way.
        let bare = line.trim_ascii_end();
        let line_end = if line.ends_with(b"\n") { b"\n".as_slice() } else { &[] };
        let (content, line_end) = match bare.strip_suffix(b"=") {
            Some(content) => (content, b"".as_slice()),
            None => (bare, line_end),
        };
        let mut at = content;
        while let Some(sign) = memchr::memchr(b'=', at) {
            let (before, escape) = at.split_at_checked(sign).unwrap_or((at, &[]));
            pieces.push(before);
            match escape.get(1..3).and_then(hex::byte) {
                Some(byte) => {
                    pieces.push(&[byte]);
                    at = escape.get(3..).unwrap_or_default();
                }
                None => {
                    is_whole = false;
                    pieces.push(b"=");
                    at = escape.get(1..).unwrap_or_default();
                }
            }
        }
        pieces.push(at);
        pieces.push(line_end);
    }
    pieces.flush();
    is_whole
}

fn uuencode(body: &[u8], out: &mut dyn FnMut(&[u8])) -> bool {
    let mut pieces = Pieces::new(out);
    let mut is_open = false;
    for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end) {
        if !is_open {
            is_open = line.starts_with(b"begin ");
            continue;
        }
        let Some((length, data)) = line.split_first() else { continue };
        if line == b"end" {
            pieces.flush();
            return true;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 0x3F);
        let value = |byte: Option<&u8>| u32::from(byte.map_or(0, |byte| byte.wrapping_sub(b' ') & 0x3F));
        let mut left = length;
        for group in data.chunks(4) {
            let bits = value(group.first()) << 18
                | value(group.get(1)) << 12
                | value(group.get(2)) << 6
                | value(group.get(3));
            let bytes = bits.to_be_bytes();
            let taken = left.min(3);
            pieces.push(bytes.get(1..1 + taken).unwrap_or_default());
            left -= taken;
        }
    }
    pieces.flush();
    // No beginning: what stands there is shown as it is.
    if !is_open {
        out(body);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(name: &str, body: &str) -> (String, bool) {
        let (bytes, is_whole, _) = Encoding::named(name).decode_bounded(body.as_bytes(), 1 << 20);
        (String::from_utf8(bytes).unwrap(), is_whole)
    }

    #[test]
    fn a_body_is_decoded_as_far_as_it_goes() {
        for (name, body, wanted, is_whole) in [
            ("base64", "SGVsbG8=\r\n", "Hello", true),
            ("BASE64", "SGVs\r\n bG8", "Hello", true),
            ("base64", "SGVs*bG8gd29ybGQgb2YgYmFzZTY0IGxpbmVzIQ==", "Hello world of base64 lines!", false),
            ("base64", "SGVsbG8=IHdvcmxk", "Hello world", true),
            ("base64", "Hello, this is no base64 at all.", "Hello, this is no base64 at all.", false),
            ("base64", "", "", true),
            ("quoted-printable", "a=3Db=\r\nc  \r\nd=\n", "a=bc\nd", true),
            ("quoted-printable;", "100 =% =4", "100 =% =4", false),
            (" Quoted-Printable ", "=c3=a9", "é", true),
            ("x-uuencode", "begin 644 a.txt\n#0V%T\n`\nend\n", "Cat", true),
            ("x-uuencode", "no beginning", "no beginning", false),
            ("spam", "as it is", "as it is", true),
            ("", "as it is", "as it is", true),
        ] {
            assert_eq!(decoded(name, body), (wanted.to_owned(), is_whole), "{name}: {body}");
        }
    }

    #[test]
    fn no_more_is_decoded_than_is_wanted() {
        for name in ["base64", "quoted-printable", "8bit"] {
            let (bytes, _, is_longer) = Encoding::named(name).decode_bounded(&b"QUJD".repeat(100_000), 1_000);
            assert_eq!((bytes.len(), is_longer), (1_000, true), "{name}");
        }
    }
}

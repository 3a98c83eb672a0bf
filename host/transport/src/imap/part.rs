//! Decodes the transfer encoding of a part, piece by piece.

use base64_simd::forgiving_decode_to_vec;

/// A decoder of a transfer encoding (RFC 2045 §6).
#[derive(Debug)]
pub(super) enum Decoder {
    /// `7bit`, `8bit`, `binary`, and unknown encodings.
    Identity,
    /// Characters of the alphabet that wait for their group of four to be full.
    Base64(Vec<u8>),
    /// A line, or the end of one, that waits for more.
    QuotedPrintable(Vec<u8>),
}

impl Decoder {
    /// Returns the decoder for an encoding in lower case.
    pub(super) fn of(encoding: &str) -> Self {
        match encoding {
            "base64" => Self::Base64(Vec::new()),
            "quoted-printable" => Self::QuotedPrintable(Vec::new()),
            _ => Self::Identity,
        }
    }

    /// Appends what `piece` decodes to, as far as that is known.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(piece),
            Self::Base64(held) => {
                held.extend(piece.iter().filter(|byte| is_base64(**byte)));
                let whole = held.len() / 4 * 4;
                let rest = held.split_off(whole);
                let groups = std::mem::replace(held, rest);
                base64(&groups, out);
            }
            Self::QuotedPrintable(held) => {
                held.extend_from_slice(piece);
                let end = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let rest = held.split_off(end);
                let lines = std::mem::replace(held, rest);
                lines.split_inclusive(|byte| *byte == b'\n').for_each(|line| quoted_printable(line, out));
            }
        }
    }

    /// Appends what is left.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64(rest) => base64(&rest, out),
            Self::QuotedPrintable(rest) => quoted_printable(&rest, out),
        }
    }
}

/// What is not of the alphabet is skipped (RFC 2045 §6.8). So is the padding, which the length implies.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn base64(characters: &[u8], out: &mut Vec<u8>) {
    // A single character left over holds no whole byte.
    let fitting = if characters.len() % 4 == 1 { characters.len() - 1 } else { characters.len() };
    if let Some(Ok(bytes)) = characters.get(..fitting).map(forgiving_decode_to_vec) {
        out.extend_from_slice(&bytes);
    }
}

/// Decodes one line with its end, or the last one without.
fn quoted_printable(line: &[u8], out: &mut Vec<u8>) {
    let text = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text)).unwrap_or(line);
    let end = line.get(text.len()..).unwrap_or_default();
    // White space at the end was added on the way.
    let text = text.trim_ascii_end();
    let (text, soft) = match text.strip_suffix(b"=") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.first().zip(after.get(1)).filter(|_| *byte == b'=');
        match digits.and_then(|(high, low)| Some(16 * hex(*high)? + hex(*low)?)) {
            Some(decoded) => {
                out.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    if !soft {
        out.extend_from_slice(end);
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

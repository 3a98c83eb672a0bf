//! Messages in pieces: text, and places where the bytes of a file go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::Writer;

/// Base64 characters on a line (RFC 2045 §6.8).
const LINE: usize = 76;
/// Bytes of a file that make a line.
const LINE_BYTES: usize = LINE / 4 * 3;

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Text to send as it is.
    Text(String),
    /// The bytes of this file in base64: lines of 76 characters, CRLF between the lines, none after the last.
    Attachment(u32),
    /// The bytes of this file as they are. Nothing that is composed has one.
    Raw(u32),
}

/// Returns bytes that a file of this size takes in a message.
pub fn encoded_len(size: u64) -> u64 {
    let characters = size.div_ceil(3).saturating_mul(4);
    let breaks = characters.div_ceil(LINE as u64).saturating_sub(1);
    characters.saturating_add(breaks.saturating_mul(2))
}

/// Joins chunks and files to the whole message. Fails on a file that `lookup` does not have: its handle.
pub fn assemble<'f>(chunks: &[Chunk], lookup: impl Fn(u32) -> Option<&'f [u8]>) -> Result<Vec<u8>, u32> {
    let mut length = 0;
    for chunk in chunks {
        length += match chunk {
            Chunk::Text(text) => text.len(),
            Chunk::Attachment(handle) => {
                let file = lookup(*handle).ok_or(*handle)?;
                usize::try_from(encoded_len(file.len() as u64)).unwrap_or_default()
            }
            Chunk::Raw(handle) => lookup(*handle).ok_or(*handle)?.len(),
        };
    }
    let mut message = Vec::with_capacity(length);
    for chunk in chunks {
        match chunk {
            Chunk::Text(text) => message.extend_from_slice(text.as_bytes()),
            Chunk::Attachment(handle) => encode(lookup(*handle).ok_or(*handle)?, &mut message),
            Chunk::Raw(handle) => message.extend_from_slice(lookup(*handle).ok_or(*handle)?),
        }
    }
    Ok(message)
}

/// Appends base64 in lines, CRLF between them.
pub(super) fn encode(file: &[u8], message: &mut Vec<u8>) {
    let mut line = [0; LINE];
    for (i, bytes) in file.chunks(LINE_BYTES).enumerate() {
        if i > 0 {
            message.extend_from_slice(b"\r\n");
        }
        let written = STANDARD.encode_slice(bytes, &mut line).unwrap_or_default();
        message.extend_from_slice(&line[..written]);
    }
}

/// Returns what mail-builder is given as the content of a file, so that [`ChunkWriter`] recognises it when it is written: a NUL, then whether
/// there is any content, then the handle. Nothing else that is written begins with a NUL: bodies and headers have lost theirs, and every
/// encoding is of printable characters.
pub(super) fn placeholder(handle: u32, size: u64) -> [u8; 6] {
    let [a, b, c, d] = handle.to_le_bytes();
    [0, u8::from(size > 0), a, b, c, d]
}

/// Receives a message from mail-builder and cuts it at the placeholders.
#[derive(Debug, Default)]
pub(super) struct ChunkWriter {
    chunks: Vec<Chunk>,
    text: Vec<u8>,
}

impl ChunkWriter {
    /// Returns the chunks, in order.
    pub(super) fn finish(mut self) -> Vec<Chunk> {
        self.cut();
        self.chunks
    }

    fn cut(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            // Always UTF-8: made of `str` and ASCII.
            let text = match simdutf8::basic::from_utf8(&text) {
                Ok(text) => text.to_owned(),
                Err(_) => String::from_utf8_lossy(&text).into_owned(),
            };
            self.chunks.push(Chunk::Text(text));
        }
    }
}

impl Writer for ChunkWriter {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        match bytes {
            [0, content, a, b, c, d] => {
                self.cut();
                self.chunks.push(Chunk::Attachment(u32::from_le_bytes([*a, *b, *c, *d])));
                if *content == 1 {
                    // mail-builder ends the last line of base64 too, where there is a line.
                    self.text.extend_from_slice(b"\r\n");
                }
            }
            bytes => self.text.extend_from_slice(bytes),
        }
    }

    #[inline]
    fn write_byte(&mut self, byte: u8) {
        self.text.push(byte);
    }

    fn reserve(&mut self, additional: usize) {
        self.text.reserve(additional);
    }

    #[inline]
    fn append_with<T>(&mut self, _len: usize, append: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        append(&mut self.text)
    }

    #[inline]
    fn append_limit(&self) -> usize {
        usize::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_have_76_characters_and_the_last_has_no_end() {
        for (size, expected) in
            [(0, 0), (1, 4), (3, 4), (4, 8), (56, 76), (57, 76), (58, 76 + 2 + 4), (114, 154), (115, 160)]
        {
            let mut encoded = Vec::new();
            encode(&vec![b'x'; size], &mut encoded);
            assert_eq!(encoded.len(), expected, "{size}");
            assert_eq!(encoded_len(size as u64), expected as u64, "{size}");
            let text = String::from_utf8(encoded).unwrap();
            assert!(text.split("\r\n").all(|line| line.len() <= 76), "{size}: {text}");
        }
        assert_eq!(encoded_len(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_missing_file_is_named() {
        let chunks = [Chunk::Text("a".into()), Chunk::Attachment(7), Chunk::Text("b".into())];
        assert_eq!(assemble(&chunks, |_| None), Err(7));
        assert_eq!(assemble(&chunks, |h| (h == 7).then_some(&b"!"[..])), Ok(b"aIQ==b".to_vec()));
    }

    proptest! {
        #[test]
        fn the_length_is_known_without_the_bytes(file in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut encoded = Vec::new();
            encode(&file, &mut encoded);
            prop_assert_eq!(encoded.len() as u64, encoded_len(file.len() as u64));
            encoded.retain(|b| !b"\r\n".contains(b));
            prop_assert_eq!(STANDARD.decode(encoded).unwrap(), file);
        }
    }
}

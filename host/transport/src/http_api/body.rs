//! The bytes of a request's body: pieces encoded while they are read, cut to the stretch that is wanted.

use base64_simd::{Out, STANDARD, URL_SAFE_NO_PAD};

use super::request::{Piece, Range};
use crate::attachments::{Chunk, MessageReader, ReadError, SourceReader};

/// Bytes of text in one block.
const BLOCK: usize = 64 * 1024;

/// Returns the number of bytes of the whole body, as it is sent.
pub(super) fn length(pieces: &[Piece]) -> u64 {
    pieces.iter().map(piece_length).sum()
}

fn piece_length(piece: &Piece) -> u64 {
    let message = |chunks: &[Chunk]| chunks.iter().map(Chunk::length).sum::<u64>();
    let padded = |bytes: u64| bytes.div_ceil(3) * 4;
    match piece {
        Piece::Text(text) => text.len() as u64,
        Piece::Message(chunks) => message(chunks),
        Piece::MessageBase64(chunks) => padded(message(chunks)),
        Piece::MessageBase64Url(chunks) => {
            let bytes = message(chunks);
            // 8 bits become characters of 6.
            bytes / 3 * 4 + [0, 2, 3][usize::try_from(bytes % 3).unwrap_or_default()]
        }
        Piece::File(source) => source.size(),
        Piece::FileBase64(source) => padded(source.size()),
    }
}

/// Base64 of bytes that come in pieces of any length.
#[derive(Debug)]
struct Base64 {
    for_urls: bool,
    /// Less than three bytes that wait for more.
    held: Vec<u8>,
}

impl Base64 {
    fn new(for_urls: bool) -> Self {
        Self { for_urls, held: Vec::new() }
    }

    fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            let (now, later) = piece.split_at((3 - self.held.len()).min(piece.len()));
            self.held.extend_from_slice(now);
            piece = later;
            if self.held.len() < 3 {
                return;
            }
            let three = std::mem::take(&mut self.held);
            self.encode(&three, out);
        }
        let (whole, rest) = piece.split_at(piece.len() / 3 * 3);
        self.encode(whole, out);
        self.held.extend_from_slice(rest);
    }

    fn finish(mut self, out: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.held);
        self.encode(&rest, out);
    }

    fn encode(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let alphabet = if self.for_urls { URL_SAFE_NO_PAD } else { STANDARD };
        let start = out.len();
        out.resize(start + alphabet.encoded_length(bytes.len()), 0);
        let (_, room) = out.split_at_mut(start);
        let _ = alphabet.encode(bytes, Out::from_slice(room));
    }
}

/// Reads a stretch of a body, block by block.
#[derive(Debug)]
pub(super) struct BodyReader<'a> {
    rest: std::slice::Iter<'a, Piece>,
    open: Open<'a>,
    /// Bytes to read past.
    skip: u64,
    /// Bytes still wanted after those.
    left: u64,
}

#[derive(Debug)]
enum Open<'a> {
    Nothing,
    Text(&'a [u8]),
    Message(MessageReader<'a>, Option<Base64>),
    File(SourceReader<'a>, Option<Base64>),
}

impl<'a> BodyReader<'a> {
    /// Begins at the stretch's first byte.
    pub(super) fn new(pieces: &'a [Piece], stretch: Range) -> Self {
        Self { rest: pieces.iter(), open: Open::Nothing, skip: stretch.offset, left: stretch.length }
    }

    /// Reads the next block; none after the last. Together the blocks are exactly the stretch, or there is an error.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        while self.left > 0 {
            let mut block = Vec::new();
            if !self.read(&mut block).await? {
                return Ok(None);
            }
            let past = usize::try_from(self.skip).unwrap_or(usize::MAX).min(block.len());
            self.skip -= past as u64;
            block.drain(..past);
            block.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= block.len() as u64;
            if !block.is_empty() {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }

    /// Appends some bytes of the whole body, perhaps none; false at its end.
    async fn read(&mut self, out: &mut Vec<u8>) -> Result<bool, ReadError> {
        match &mut self.open {
            Open::Nothing => return self.open_next().await,
            Open::Text(text) => {
                let (block, later) = text.split_at(BLOCK.min(text.len()));
                out.extend_from_slice(block);
                *text = later;
                if later.is_empty() {
                    self.open = Open::Nothing;
                }
            }
            Open::Message(reader, None) => {
                if !reader.next(out).await? {
                    self.open = Open::Nothing;
                }
            }
            Open::Message(reader, encoder @ Some(_)) => {
                let mut raw = Vec::new();
                let more = reader.next(&mut raw).await?;
                encode(&raw, more, encoder, out);
                if !more {
                    self.open = Open::Nothing;
                }
            }
            Open::File(reader, encoder) => {
                let block = reader.next().await?;
                let more = block.is_some();
                let block = block.unwrap_or_default();
                match encoder {
                    None => out.extend_from_slice(block),
                    Some(_) => encode(block, more, encoder, out),
                }
                if !more {
                    self.open = Open::Nothing;
                }
            }
        }
        Ok(true)
    }

    /// Opens the next piece that is not wholly before the stretch.
    async fn open_next(&mut self) -> Result<bool, ReadError> {
        for piece in self.rest.by_ref() {
            let length = piece_length(piece);
            if length <= self.skip {
                self.skip -= length;
                continue;
            }
            self.open = match piece {
                Piece::Text(text) => Open::Text(text.as_bytes()),
                Piece::Message(chunks) => Open::Message(MessageReader::new(chunks), None),
                Piece::MessageBase64(chunks) => {
                    Open::Message(MessageReader::new(chunks), Some(Base64::new(false)))
                }
                Piece::MessageBase64Url(chunks) => {
                    Open::Message(MessageReader::new(chunks), Some(Base64::new(true)))
                }
                Piece::File(source) => Open::File(source.open().await?, None),
                Piece::FileBase64(source) => Open::File(source.open().await?, Some(Base64::new(false))),
            };
            return Ok(true);
        }
        Ok(false)
    }
}

/// Encodes a block; after the last, what was held back.
fn encode(block: &[u8], more: bool, encoder: &mut Option<Base64>, out: &mut Vec<u8>) {
    if let Some(encoder) = encoder.as_mut() {
        encoder.push(block, out);
    }
    if !more && let Some(encoder) = encoder.take() {
        encoder.finish(out);
    }
}

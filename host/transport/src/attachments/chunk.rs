//! A composed message in pieces, and the bytes that the pieces are.

use super::encoding::{Base64Lines, encoded_length};
use super::source::{AttachmentSource, ReadError, SourceReader};

/// Bytes of text in one block.
const BLOCK: usize = 64 * 1024;

/// A piece of a message. The message is the pieces in order, nothing between them.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Text to send as it is.
    Text(String),
    /// A file, sent as base64 in lines of 76 characters.
    Attachment(AttachmentSource),
    /// A file, sent as it is.
    Raw(AttachmentSource),
}

impl Chunk {
    /// Returns the number of bytes on the wire, line ends as they are, before SMTP stuffs dots.
    pub fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Attachment(source) => encoded_length(source.size()),
            Self::Raw(source) => source.size(),
        }
    }
}

/// Reads a message from its pieces, block by block. The blocks together are exactly the sum of
/// [`Chunk::length`] bytes, or there is an error.
#[derive(Debug)]
pub struct MessageReader<'a> {
    rest: std::slice::Iter<'a, Chunk>,
    open: Open<'a>,
}

#[derive(Debug)]
enum Open<'a> {
    Nothing,
    Text(&'a [u8]),
    File { reader: SourceReader<'a>, lines: Base64Lines },
    Raw(SourceReader<'a>),
}

impl<'a> MessageReader<'a> {
    /// Begins at the first byte.
    pub fn new(chunks: &'a [Chunk]) -> Self {
        Self { rest: chunks.iter(), open: Open::Nothing }
    }

    /// Appends the next block, of some 80 KiB at the most, to `out`; false after the last.
    ///
    /// # Errors
    /// [`ReadError`]: a file could not be read, or is not the one it was.
    pub async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, ReadError> {
        loop {
            match &mut self.open {
                Open::Text(text) if !text.is_empty() => {
                    let (block, later) = text.split_at(BLOCK.min(text.len()));
                    out.extend_from_slice(block);
                    *text = later;
                    return Ok(true);
                }
                Open::File { reader, lines } => {
                    if let Some(block) = reader.next().await? {
                        lines.push(block, out);
                    } else {
                        std::mem::take(lines).finish(out);
                        self.open = Open::Nothing;
                    }
                    return Ok(true);
                }
                Open::Raw(reader) => {
                    match reader.next().await? {
                        Some(block) => out.extend_from_slice(block),
                        None => self.open = Open::Nothing,
                    }
                    return Ok(true);
                }
                Open::Text(_) | Open::Nothing => match self.rest.next() {
                    None => return Ok(false),
                    Some(Chunk::Text(text)) => self.open = Open::Text(text.as_bytes()),
                    Some(Chunk::Attachment(source)) => {
                        self.open = Open::File { reader: source.open().await?, lines: Base64Lines::new() };
                    }
                    Some(Chunk::Raw(source)) => self.open = Open::Raw(source.open().await?),
                },
            }
        }
    }
}

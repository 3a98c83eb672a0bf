//! An mbox: messages of one file, each behind a line `From sender date`. Where a line of a message itself begins so it was
//! quoted with a `>`, which is taken off (mboxrd; of mboxo the same, which quotes but once).

use super::MESSAGE_LIMIT;
use std::io;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, BufReader, Chain};

/// Bytes of the beginning of a line that are looked at.
const HEAD: usize = 1_024;

/// The lines of an mbox, of which long ones come in pieces.
#[derive(Debug)]
pub(super) struct Lines {
    reader: BufReader<Chain<io::Cursor<Vec<u8>>, File>>,
    /// Read ahead: the line that begins the next message.
    next: Option<Vec<u8>>,
    /// The last piece ended its line.
    at_begin: bool,
}

impl Lines {
    /// Makes lines of what was read of a file already, and of the rest.
    pub(super) fn new(begin: Vec<u8>, rest: File) -> Self {
        let reader = tokio::io::AsyncReadExt::chain(io::Cursor::new(begin), rest);
        Self { reader: BufReader::new(reader), next: None, at_begin: true }
    }

    /// The next line, or the next piece of a long one; and whether it is the beginning of a line. None at the end.
    async fn piece(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        if let Some(next) = self.next.take() {
            return Ok(Some((next, true)));
        }
        let begins = self.at_begin;
        let mut piece = Vec::new();
        loop {
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|b| *b == b'\n').map(|end| end + 1);
            let taken = end.unwrap_or(buffer.len());
            piece.extend(buffer.get(..taken).unwrap_or_default());
            self.reader.consume(taken);
            self.at_begin = end.is_some();
            if end.is_some() || piece.len() >= HEAD {
                break;
            }
        }
        Ok((!piece.is_empty()).then_some((piece, begins)))
    }
}

/// Reads the next message without the line before it, or none in it where it is larger than a message may be. None at the end.
pub(super) async fn message(lines: &mut Lines) -> io::Result<Option<Option<Vec<u8>>>> {
    let mut raw = Vec::new();
    let mut is_too_large = false;
    let mut has_any = false;
    let mut after_empty = true;
    while let Some((piece, begins)) = lines.piece().await? {
        if begins && after_empty && is_separator(&piece) {
            if has_any {
                lines.next = Some(piece);
                break;
            }
            (has_any, after_empty) = (true, false);
            continue;
        }
        after_empty = begins && piece.trim_ascii().is_empty();
        has_any = has_any || !after_empty;
        let piece = if begins { unquoted(&piece) } else { &piece };
        if (raw.len() + piece.len()) as u64 > MESSAGE_LIMIT {
            is_too_large = true;
            raw = Vec::new();
        }
        if !is_too_large {
            raw.extend_from_slice(piece);
        }
    }
    Ok(has_any.then(|| (!is_too_large).then_some(raw)))
}

/// Recognises `From sender Mon Nov 23 09:10:05 2026`: the time distinguishes it from a line of a text.
pub(super) fn is_separator(line: &[u8]) -> bool {
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let rest = rest.get(..HEAD).unwrap_or(rest);
    rest.iter().enumerate().any(|(at, byte)| {
        *byte == b':'
            && at >= 2
            && digit(rest.get(at - 2))
            && digit(rest.get(at - 1))
            && digit(rest.get(at + 1))
            && digit(rest.get(at + 2))
    })
}

/// `>From `, `>>From `: without the first `>`.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    let is_quoted = quotes > 0 && line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
    line.get(usize::from(is_quoted)..).unwrap_or(line)
}

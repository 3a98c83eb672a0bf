//! Base64 in the layout of `wit/attachments.wit`: lines of 76 characters, CRLF between them, none at the end.
//!
//! No other module has this layout. Whole lines are encoded in one SIMD pass at the end of their part of the buffer and
//! then moved apart for the line ends, so that no second buffer is needed.

use base64_simd::{Out, STANDARD};

/// Bytes of the file in one line of the encoding.
const BYTES_PER_LINE: usize = 57;
/// Characters that those bytes become.
const LINE: usize = 76;
/// A line with its line end.
const LINE_AND_END: usize = LINE + 2;

/// Returns the number of bytes that a file of `size` bytes becomes.
pub fn encoded_length(size: u64) -> u64 {
    let characters = size.div_ceil(3) * 4;
    let lines = characters.div_ceil(LINE as u64);
    characters + 2 * lines.saturating_sub(1)
}

/// Encodes a file that comes in pieces of any length.
#[derive(Debug, Default)]
pub struct Base64Lines {
    /// The end of the last piece, less than a line: it waits for more.
    held: Vec<u8>,
    /// A line was written, so the next one needs a line end before it.
    begun: bool,
}

impl Base64Lines {
    /// Starts a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the encoding of `piece` to `out`, holding back what does not fill a line.
    pub fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            let missing = BYTES_PER_LINE - self.held.len();
            let (now, later) = piece.split_at(missing.min(piece.len()));
            self.held.extend_from_slice(now);
            piece = later;
            if self.held.len() < BYTES_PER_LINE {
                return;
            }
            let line = std::mem::take(&mut self.held);
            self.write_lines(&line, out);
        }
        let whole = piece.len() / BYTES_PER_LINE * BYTES_PER_LINE;
        let (lines, rest) = piece.split_at(whole);
        self.write_lines(lines, out);
        self.held.extend_from_slice(rest);
    }

    /// Appends what was held back; the file is complete.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.held);
        self.write_lines(&rest, out);
    }

    /// Writes whole lines, or the last one. Between any two lines, of this call and the one before, a CRLF.
    fn write_lines(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        if self.begun {
            out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        let lines = bytes.len().div_ceil(BYTES_PER_LINE);
        let encoded = bytes.len().div_ceil(3) * 4;
        let start = out.len();
        let gap = 2 * (lines - 1);
        out.resize(start + gap + encoded, 0);
        let (_, room) = out.split_at_mut(start + gap);
        let _ = STANDARD.encode(bytes, Out::from_slice(room));
        // Line n moves 2 × (lines - 1 - n) bytes down; what it leaves is overwritten by the lines after it.
        for line in 0..lines - 1 {
            let from = start + gap + line * LINE;
            let to = start + line * LINE_AND_END;
            out.copy_within(from..from + LINE, to);
            if let Some(end) = out.get_mut(to + LINE..to + LINE_AND_END) {
                end.copy_from_slice(b"\r\n");
            }
        }
    }
}

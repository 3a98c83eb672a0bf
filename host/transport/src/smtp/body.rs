//! Dot-stuffing (RFC 5321 §4.5.2): every line ends in CRLF, every line that begins with a dot gets another one, and
//! only the last line is a dot alone.
//!
//! Line ends are normalised before dots are looked for. `LF . CRLF`, `CR . CR` and the like, which some servers take for
//! the end of a message, become lines of text: no second mail can be smuggled behind them. The state is kept from piece
//! to piece, so it does not matter where a message was cut.

/// Where in a line the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// A line begins here.
    Start,
    /// Within a line.
    Middle,
    /// After a CR whose LF has not come yet.
    AfterCr,
}

/// Turns the text of a message into the bytes of DATA.
#[derive(Debug)]
pub(super) struct Stuffer {
    position: Position,
}

impl Stuffer {
    pub(super) fn new() -> Self {
        Self { position: Position::Start }
    }

    /// Appends a piece of text.
    pub(super) fn text(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while let Some(first) = piece.first() {
            match (self.position, first) {
                (Position::AfterCr, b'\n') => {
                    out.extend_from_slice(b"\r\n");
                    self.position = Position::Start;
                    piece = piece.get(1..).unwrap_or_default();
                    continue;
                }
                (Position::AfterCr, _) => {
                    out.extend_from_slice(b"\r\n");
                    self.position = Position::Start;
                }
                _ => {}
            }
            let length = piece.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(piece.len());
            let (line, rest) = piece.split_at(length);
            self.inside_line(line, out);
            match rest.split_first() {
                Some((b'\r', after)) => {
                    self.position = Position::AfterCr;
                    piece = after;
                }
                Some((_, after)) => {
                    out.extend_from_slice(b"\r\n");
                    self.position = Position::Start;
                    piece = after;
                }
                None => return,
            }
        }
    }

    /// Prepares for base64, whose lines end in CRLF and never begin with a dot. A line end that is half-way is completed
    /// first.
    pub(super) fn before_base64(&mut self, out: &mut Vec<u8>) {
        if self.position == Position::AfterCr {
            out.extend_from_slice(b"\r\n");
        }
        self.position = Position::Middle;
    }

    /// Appends the end of the message: the last line's end if it lacks one, and the dot.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        if self.position != Position::Start {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }

    fn inside_line(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        if self.position == Position::Start && bytes.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(bytes);
        self.position = Position::Middle;
    }
}

//! Encodes commands: typed ones by the codec, so that nothing that a user typed can become a command, and the few that the
//! codec does not have.

use io_imap::codec::CommandCodec;
use io_imap::codec::encode::{Encoder, Fragment};
use io_imap::types::command::{Command, CommandBody};
use io_imap::types::core::{LiteralMode, Tag};

/// A command as bytes. Each piece but the first waits for a continuation request, since a literal ends the one before.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) tag: String,
    pub(super) pieces: Vec<Vec<u8>>,
}

impl Request {
    /// Encodes a command of the codec.
    pub(super) fn typed(tag: String, body: CommandBody<'_>) -> Self {
        let command = Command { tag: Tag::unvalidated(tag.clone()), body };
        let mut pieces = vec![Vec::new()];
        for fragment in CommandCodec::new().encode(&command) {
            match fragment {
                Fragment::Line { data } | Fragment::Literal { data, mode: LiteralMode::NonSync } => {
                    if let Some(piece) = pieces.last_mut() {
                        piece.extend_from_slice(&data);
                    }
                }
                Fragment::Literal { data, mode: LiteralMode::Sync } => pieces.push(data),
            }
        }
        Self { tag, pieces }
    }

    /// Encodes a command of fixed text.
    pub(super) fn fixed(tag: String, words: &'static str) -> Self {
        let line = format!("{tag} {words}\r\n").into_bytes();
        Self { tag, pieces: vec![line] }
    }

    /// Inserts text behind the command's name, such as `UID SEARCH`.
    pub(super) fn after_name(mut self, name: &str, words: &'static str) -> Self {
        let start = format!("{} {name} ", self.tag);
        if let Some(first) = self.pieces.first_mut()
            && first.starts_with(start.as_bytes())
        {
            first.splice(start.len()..start.len(), words.bytes());
        }
        self
    }

    /// Appends a word to the list in parentheses that ends the command.
    pub(super) fn within_last_list(mut self, word: &'static str) -> Self {
        if let Some(last) = self.pieces.last_mut()
            && last.ends_with(b")\r\n")
        {
            last.truncate(last.len() - 3);
            last.extend_from_slice(format!(" {word})\r\n").as_bytes());
        }
        self
    }

    /// Appends text to the command.
    pub(super) fn at_end(mut self, words: &str) -> Self {
        if let Some(last) = self.pieces.last_mut()
            && last.ends_with(b"\r\n")
        {
            last.truncate(last.len() - 2);
            last.extend_from_slice(words.as_bytes());
            last.extend_from_slice(b"\r\n");
        }
        self
    }
}

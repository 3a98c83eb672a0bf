//! What a letter is about, as the contract's `letters` has it.

use crate::domain::attachment::ContentId;
use crate::domain::inbound::Sender;
use crate::domain::reading::AttachedFile;
use chrono::{DateTime, FixedOffset};

/// The kind of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A letter of its own.
    New,
    /// An answer to the author.
    Reply,
    /// An answer to all.
    ReplyAll,
    /// The message itself, for others.
    Forward,
}

impl LetterKind {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Reply => "reply",
            Self::ReplyAll => "reply-all",
            Self::Forward => "forward",
        }
    }

    /// Returns true for an answer.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Reply | Self::ReplyAll)
    }
}

/// The message that a letter is about, as it was read.
#[derive(Debug, Clone, Default)]
pub struct Original {
    /// Its own Message-ID.
    pub message_id: Option<String>,
    /// Message-IDs that it answers.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of its conversation, the oldest first.
    pub references: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Authors.
    pub authors: Vec<Sender>,
    /// Recipients.
    pub to: Vec<Sender>,
    /// Recipients of a copy.
    pub cc: Vec<Sender>,
    /// Where answers are wanted.
    pub reply_to: Vec<Sender>,
    /// When it was written, in the writer's zone.
    pub date: Option<DateTime<FixedOffset>>,
    /// The whole text.
    pub text: String,
    /// Its HTML.
    pub html: Option<String>,
    /// Its files.
    pub files: Vec<AttachedFile>,
}

/// A file of the original that travels with the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedPart {
    /// Number of its part, as IMAP counts.
    pub part: String,
    /// A name that may travel.
    pub file_name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes after decoding.
    pub size: u64,
    /// Of a picture that the quote shows.
    pub content_id: Option<ContentId>,
}

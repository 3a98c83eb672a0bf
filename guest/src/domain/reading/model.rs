//! What is read of a message, as the contract's `reading` has it.

use crate::domain::folding::Folded;
use crate::domain::inbound::{Class, Sender};
use crate::domain::reason::Reason;

/// A message as it is read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Its own Message-ID, with angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs that it answers.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of its conversation, the oldest first.
    pub references: Vec<String>,
    /// Subject, decoded.
    pub subject: String,
    /// Authors.
    pub from: Vec<Sender>,
    /// Who sent it for the authors.
    pub sender: Option<Sender>,
    /// Recipients.
    pub to: Vec<Sender>,
    /// Recipients of a copy.
    pub cc: Vec<Sender>,
    /// Where answers are wanted.
    pub reply_to: Vec<Sender>,
    /// When it was written, RFC 3339.
    pub date: Option<String>,
    /// What it is.
    pub class: Class,
    /// The whole text.
    pub text: String,
    /// The text without what it repeats.
    pub folded: Folded,
    /// Safe HTML.
    pub html: Option<String>,
    /// Pictures that the HTML does not load.
    pub remote_images: u32,
    /// Its files.
    pub files: Vec<AttachedFile>,
    /// What could not be read.
    pub notes: Vec<Reason>,
}

/// A file that travels with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Number of its part, as IMAP counts; what is in a file of another format follows a colon.
    pub part: String,
    /// Its name.
    pub name: Option<String>,
    /// Media type, in lower case.
    pub media_type: String,
    /// Bytes after decoding.
    pub size: u64,
    /// True if it is to be shown where it stands.
    pub is_inline: bool,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// SHA-256 of the decoded bytes, hexadecimal.
    pub sha256: String,
}

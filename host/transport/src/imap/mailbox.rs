//! The types of the contract (`wit/imap.wit`) in Rust: folders, messages, criteria of a search, and messages to be filed.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::Chunk;
use super::failure::Failure;

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Full name, decoded.
    pub name: String,
    /// Character between the levels of the name; none: flat.
    pub delimiter: Option<String>,
    /// What it is for, by RFC 6154 without the backslash and in lower case, and `inbox`.
    pub special_use: Vec<String>,
    /// It holds messages.
    pub selectable: bool,
}

/// The state of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderState {
    /// Changes when the server numbered the folder anew.
    pub uid_validity: u32,
    /// Least uid that a new message can get.
    pub uid_next: u32,
    /// Number of messages.
    pub messages: u32,
    /// Highest modification sequence (RFC 7162), where the server counts them.
    pub highest_modseq: Option<u64>,
}

/// The place of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Folder, by its full name.
    pub folder: String,
    /// The folder's validity when the uid was learned.
    pub uid_validity: u32,
    /// Uid in the folder.
    pub uid: u32,
}

/// A condition of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// One of these bare addresses stands in From, To, Cc, Bcc or Reply-To.
    Address(Vec<String>),
    /// One of these stands in From.
    Sender(Vec<String>),
    /// One of these stands in To, Cc or Bcc.
    Receiver(Vec<String>),
    /// The subject contains this.
    Subject(String),
    /// Text of the body contains this.
    Body(String),
    /// Headers or body contain this.
    Text(String),
    /// One of these is its Message-ID; with angle brackets.
    MessageId(Vec<String>),
    /// One of these stands in In-Reply-To or References; with angle brackets.
    RefersTo(Vec<String>),
    /// A header field contains a text: name and text; with the empty text, the field is present.
    Header(String, String),
    /// Received on this day or later.
    Since(NaiveDate),
    /// Received before this day.
    Before(NaiveDate),
    /// Uid not below the first and not above the second.
    Uids(u32, u32),
    /// Has this flag.
    Flagged(String),
    /// Has not this flag.
    Unflagged(String),
    /// Larger than so many bytes.
    Larger(u64),
    /// Changed after this modification sequence.
    ChangedSince(u64),
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches {
    /// The folder's validity.
    pub uid_validity: u32,
    /// Uids, highest first.
    pub uids: Vec<u32>,
    /// There are more below the last of them.
    pub more: bool,
}

/// An address in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Display name, decoded.
    pub name: Option<String>,
    /// `local@domain`; as it stands there where it is not an address.
    pub address: String,
}

/// A part of a message that is not a multipart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Section number, `1`, `2.1`.
    pub section: String,
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// Name of the file, decoded.
    pub file_name: Option<String>,
    /// `attachment`, `inline`, or none stated.
    pub disposition: Option<String>,
    /// Content-ID, without angle brackets.
    pub content_id: Option<String>,
    /// Bytes as encoded in the message.
    pub size: u64,
}

/// A message without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Uid.
    pub uid: u32,
    /// Flags and keywords.
    pub flags: Vec<String>,
    /// When the server received it.
    pub received: DateTime<FixedOffset>,
    /// Its `Date`, where it can be read.
    pub date: Option<DateTime<FixedOffset>>,
    /// Decoded, at most 1,000 characters.
    pub subject: String,
    /// From.
    pub from: Vec<Address>,
    /// Reply-To, where it differs.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc; in Sent only.
    pub bcc: Vec<Address>,
    /// With angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs that it answers.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of its conversation, oldest first.
    pub references: Vec<String>,
    /// Bytes of the whole message.
    pub size: u64,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// Header fields of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// Uid.
    pub uid: u32,
    /// Name and value as they stand in the message, unfolded, not decoded, in order.
    pub fields: Vec<(String, String)>,
}

/// A message to be filed.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The message, as submitted.
    pub chunks: Vec<Chunk>,
    /// Flags to set, usually `\Seen`.
    pub flags: Vec<String>,
    /// Received date to give it.
    pub received: DateTime<FixedOffset>,
}

impl Filing {
    /// Returns the number of bytes of the message.
    pub fn size(&self) -> u64 {
        self.chunks.iter().map(Chunk::length).sum()
    }
}

/// The result of filing a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is stored; with its place where the server sent it (RFC 4315).
    Stored(Option<Place>),
    /// It is not there.
    Refused(Failure),
    /// No answer came. Look for its Message-ID before it is filed again.
    InDoubt(Failure),
}

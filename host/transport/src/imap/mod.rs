//! Mailboxes on their servers: the real counterpart of `wit/imap.wit`.
//!
//! io-imap's codec frames what comes and encodes what goes, over a wire of our own. What a server answers is
//! read here: the codec leaves out a line that it can't decode, which for a message means that it silently is
//! not there; it has neither the server's words verbatim, nor bounds on an answer, nor `SPECIAL-USE`,
//! `ESEARCH` and `MULTIAPPEND`.
//!
//! Four promises hold everywhere in here:
//! - the security that the account asks for is what it gets, or nothing is sent;
//! - nothing moves or deletes a message, and reading does not set `\Seen`;
//! - a message whose filing was not answered is *in doubt*, never filed again from here;
//! - no secret appears in an error, the server's words or a `Debug`.
//!
//! A server is as little trusted as a stranger's mail: every answer is bounded in time, size and depth.

mod account;
mod append;
mod client;
mod connection;
mod criteria;
mod failure;
mod fetch;
mod flags;
mod folders;
#[cfg(fuzzing)]
pub mod fuzzing;
mod header;
mod login;
mod mailbox;
mod memory;
mod opening;
mod part;
mod request;
mod response;
mod search;
mod structure;
#[cfg(test)]
mod tests;
mod utf7;
mod wire;

use super::BoxFuture;

pub use super::attachments::Chunk;

pub use super::session::{Login, Mechanism, OpeningTimeouts, PoolLimits, Secret, Security};
pub use super::verdict::Verdict;
pub use account::{Account, Timeouts, default_port};
pub use client::ImapClient;
pub use failure::{Failure, MailboxError, ProbeReport, ProbeStep, Stage};
pub use mailbox::{
    Address, Criterion, Envelope, Filed, Filing, Folder, FolderState, Headers, Matches, Part, Place,
};
pub use memory::MemoryMailboxes;

use super::attachments::AttachmentSource;

/// What a connection test says when every stage went well, word for word.
pub const TEST_SUCCESSFUL: &str = "IMAP test successful";

/// The most messages that one question may be about.
pub const MOST_MESSAGES: usize = 1_000;
/// The most bytes of a message that one question gets.
pub const LARGEST_SLICE: u32 = 1 << 20;
/// The most parts of a message that are told of.
pub const MOST_PARTS: usize = 200;
/// The largest part that is fetched as a file, in bytes as encoded in the message.
pub const LARGEST_PART: u64 = 64 << 20;

/// Something that keeps mailboxes: [`ImapClient`], or [`MemoryMailboxes`] where there is no network. All but
/// `append` may be repeated.
pub trait Mailboxes: Send + Sync {
    /// Lists the folders.
    fn folders<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Vec<Folder>, MailboxError>>;

    /// How a folder stands.
    fn state<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
    ) -> BoxFuture<'a, Result<FolderState, MailboxError>>;

    /// Messages that meet all criteria, with uids below `before` where given, highest first, at most `limit`
    /// and [`MOST_MESSAGES`].
    fn search<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Matches, MailboxError>>;

    /// Envelopes in the order asked; those that are gone are left out.
    fn fetch_envelopes<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> BoxFuture<'a, Result<Vec<Envelope>, MailboxError>>;

    /// Named header fields, in the order asked; messages that are gone are left out.
    fn fetch_headers<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        names: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Headers>, MailboxError>>;

    /// At most `length` bytes (and [`LARGEST_SLICE`]) of the raw message from `offset`; fewer at its end.
    fn fetch_message<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        offset: u64,
        length: u32,
    ) -> BoxFuture<'a, Result<Vec<u8>, MailboxError>>;

    /// A part of a message with its transfer encoding undone.
    fn fetch_part<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        section: &'a str,
    ) -> BoxFuture<'a, Result<AttachmentSource, MailboxError>>;

    /// Files messages. One result per message, in order.
    fn append<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        messages: &'a [Filing],
    ) -> BoxFuture<'a, Result<Vec<Filed>, MailboxError>>;

    /// Adds and removes flags. `\Deleted` is refused.
    fn set_flags<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        add: &'a [String],
        remove: &'a [String],
    ) -> BoxFuture<'a, Result<(), MailboxError>>;

    /// Connects, secures, authenticates, lists the folders, says goodbye.
    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport>;
}

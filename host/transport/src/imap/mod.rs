//! Mailboxes by IMAP (RFC 9051, RFC 3501): the implementation of `wit/imap.wit`, over the network and in memory.
//!
//! io-imap's codec frames responses and encodes commands, over a connection of our own. Responses are parsed here: the codec
//! drops a line that it can't decode, so that a message would silently be missing; it has neither the server's words
//! verbatim, nor bounds on a response, nor `SPECIAL-USE`, `ESEARCH` and `MULTIAPPEND`.
//!
//! Single requests are [`Mailboxes`]; a mailbox is followed by a [`SyncSession`], on a connection of its own.
//!
//! Invariants:
//! - the security that the account asks for is what it gets, or nothing is sent;
//! - nothing moves or deletes a message, and reading does not set `\Seen`;
//! - a message whose APPEND got no response is *in doubt*, never filed again here;
//! - no secret appears in an error, the server's words or a `Debug`.
//!
//! A server is as little trusted as a stranger's mail: every response is bounded in time, size and depth.

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
mod notices;
mod opening;
mod part;
mod request;
mod response;
mod search;
mod selected;
mod structure;
mod sync;
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
pub use memory::{MailboxSnapshot, MemoryMailboxes, MemoryMode, MemoryServer};
pub use sync::{
    ChangesBy, FlagChange, FolderChanges, KnownFolder, Noticed, SyncCapabilities, SyncEnvelope,
    SyncMailboxes, SyncSession, UidSet, Waited,
};

use super::attachments::AttachmentSource;

/// The text of a connection test that succeeded, word for word.
pub const TEST_SUCCESSFUL: &str = "IMAP test successful";

/// The most messages of one request.
pub const MOST_MESSAGES: usize = 1_000;
/// The most bytes of a message that one request returns.
pub const LARGEST_SLICE: u32 = 1 << 20;
/// The most parts of a message that are listed.
pub const MOST_PARTS: usize = 200;
/// The largest part that is fetched as a file, in bytes as encoded in the message.
pub const LARGEST_PART: u64 = 64 << 20;

/// The future of a request to a mailbox.
pub type MailboxFuture<'a, T> = BoxFuture<'a, Result<T, MailboxError>>;

/// Reads and files messages: [`ImapClient`] over the network, [`MemoryMailboxes`] without one. All but `append` may be
/// repeated.
pub trait Mailboxes: Send + Sync {
    /// Lists the folders.
    fn folders<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Vec<Folder>>;

    /// Returns the state of a folder.
    fn state<'a>(&'a self, account: &'a Account, folder: &'a str) -> MailboxFuture<'a, FolderState>;

    /// Searches for messages that meet all criteria, with uids below `before` where given, highest first, at most `limit`
    /// and [`MOST_MESSAGES`].
    fn search<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches>;

    /// Fetches envelopes in the order of `uids`; messages that are gone are left out.
    fn fetch_envelopes<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<Envelope>>;

    /// Fetches named header fields, in the order of `uids`; messages that are gone are left out.
    fn fetch_headers<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        names: &'a [String],
    ) -> MailboxFuture<'a, Vec<Headers>>;

    /// Fetches at most `length` bytes (and [`LARGEST_SLICE`]) of the raw message from `offset`; fewer at its end.
    fn fetch_message<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        offset: u64,
        length: u32,
    ) -> MailboxFuture<'a, Vec<u8>>;

    /// Fetches a part of a message, decoded.
    fn fetch_part<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        section: &'a str,
    ) -> MailboxFuture<'a, AttachmentSource>;

    /// Appends messages to a folder. One result per message, in order.
    fn append<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        messages: &'a [Filing],
    ) -> MailboxFuture<'a, Vec<Filed>>;

    /// Adds and removes flags. `\Deleted` is refused.
    fn set_flags<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        add: &'a [String],
        remove: &'a [String],
    ) -> MailboxFuture<'a, ()>;

    /// Tests an account: connects, secures, authenticates, lists the folders, and logs out.
    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport>;
}

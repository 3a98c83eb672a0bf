//! A connection that follows a mailbox: what changed in its folders since the last look, and a wait for the next change
//! (RFC 9051; RFC 7162 CONDSTORE and QRESYNC; RFC 2177 IDLE; RFC 4731 ESEARCH).
//!
//! [`super::Mailboxes`] serves single requests of a person, each on any connection of a pool. Following needs one connection
//! for a long time: QRESYNC is switched on for a connection, IDLE occupies it, and servers report expunged messages beside the
//! answers to any command. An extension that a server announces and refuses is not used again by the same session.
//!
//! *Invariant:* silence is no evidence. A message is reported as gone by VANISHED and EXPUNGE alone; an answer that can't be
//! read in full is an error, never a shorter answer.

mod changes;
mod fetching;
mod idle;
mod listing;
mod quirks;
mod recognition;
mod session;
mod status;
mod types;
mod uid_set;

use std::ops::RangeInclusive;
use std::time::Duration;

use super::account::Account;
use super::mailbox::{Criterion, Folder, FolderState, Matches, Place};
use super::{BoxFuture, MailboxFuture};

pub(super) use recognition::recognized;
pub use types::{
    ChangesBy, FlagChange, FolderChanges, KnownFolder, Noticed, SyncCapabilities, SyncEnvelope, Waited,
};
pub use uid_set::UidSet;

/// One connection that follows a mailbox. When it was lost, every further request fails with a transient failure: close the
/// session, and open another one. Every request may be repeated.
pub trait SyncSession: Send {
    /// Returns the extensions that the session uses. An extension that the server refuses later is left out from then on.
    fn capabilities(&self) -> SyncCapabilities;

    /// Lists the folders.
    fn folders(&mut self) -> MailboxFuture<'_, Vec<Folder>>;

    /// Returns the state of a folder by STATUS: one round trip, and no other folder is opened. Where the answer lacks
    /// UIDVALIDITY or UIDNEXT, or says 0, the folder is opened to learn it.
    fn status<'a>(&'a mut self, folder: &'a str) -> MailboxFuture<'a, FolderState>;

    /// Opens a folder and returns what changed since it was as in `known`: by QRESYNC, by CONDSTORE, or its state alone. What
    /// [`SyncSession::noticed`] had not returned yet of the same folder is among the uids that vanished.
    fn changes<'a>(
        &'a mut self,
        folder: &'a str,
        known: Option<KnownFolder>,
    ) -> MailboxFuture<'a, FolderChanges>;

    /// Returns the uids of a range that exist now, however many.
    fn uids<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, UidSet>;

    /// Fetches the envelopes of at most [`super::MOST_MESSAGES`] messages, in the order of `uids`. What the server leaves out
    /// is left out, which does not mean that the message is gone.
    fn envelopes<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<SyncEnvelope>>;

    /// Fetches the flags of the messages of a range, lowest uid first. What the server leaves out is left out. A range of more
    /// than 50,000 messages may be refused: the memory of one answer is bounded.
    fn flags<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, Vec<FlagChange>>;

    /// Fetches at most `length` bytes (and [`super::LARGEST_SLICE`]) of the raw message from `offset`; fewer at its end.
    fn message<'a>(&'a mut self, at: &'a Place, offset: u64, length: u32) -> MailboxFuture<'a, Vec<u8>>;

    /// Searches a folder for messages that meet all criteria: [`super::Mailboxes::search`].
    fn search<'a>(
        &'a mut self,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches>;

    /// Opens a folder and waits by IDLE until something changes in it or `limit` passed. Returns [`Waited::Changed`] at once
    /// where something changed since the last [`SyncSession::changes`], and [`Waited::CannotWait`] where the server has no
    /// IDLE. Take [`SyncSession::noticed`] before it: what is noticed and not taken is a change.
    fn wait<'a>(&'a mut self, folder: &'a str, limit: Duration) -> MailboxFuture<'a, Waited>;

    /// Returns what the server reported beside its answers since this was asked last, of the folder that is open.
    fn noticed(&mut self) -> Noticed;

    /// Opens a fresh connection in place of one that is of no more use, for a caller that knows which request it must not repeat.
    fn reopen(&mut self) -> MailboxFuture<'_, ()>;

    /// Closes the connection with LOGOUT.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Opens sessions: [`super::ImapClient`] over the network, [`super::MemoryMailboxes`] without one.
pub trait SyncMailboxes: Send + Sync {
    /// Opens a session on a connection of its own, which is in no pool.
    fn sync_session<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Box<dyn SyncSession>>;
}

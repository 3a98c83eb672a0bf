//! Mailboxes that are followed: the index in the store is brought up to what the IMAP server has, and what comes in becomes events of our
//! mails. IMAP is the record; a body is read and not stored.
//!
//! ```text
//! lease = store.claim_mailbox(…)                 one program follows a mailbox at a time
//! look: folders → each folder's changes → incoming → a part of the history → a comparison that is due
//! wait: IDLE on the inbox, at most a minute
//! ```
//!
//! *Silence is no evidence*: [`FolderSync`] says what may move a cursor and what takes a message out of the index. It may be killed at any
//! moment: each step is one transaction, and the next look goes on from the cursors.

mod account;
mod batches;
mod error;
mod folder;
mod identity;
mod incoming;
mod indexer;
#[cfg(test)]
mod tests;

pub use account::{FolderProgress, MailboxResult, MailboxSync};
pub use error::SyncError;
pub use folder::{FolderResult, FolderSync, Indexing, Origin};
pub use incoming::{IncomingMessages, IncomingResult};
pub use indexer::Indexer;

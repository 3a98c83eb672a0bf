//! Messages that came in, from their bytes to the timeline of the mail that they are about.
//!
//! The plugin says what a message is ([`Office::classify`](crate::engine::Office::classify)); here is found out which
//! mail of ours it concerns, and whether that can be believed. A report is believed only if it names something that
//! nobody could guess who did not get the mail or carry it: a return address that this host signed, the id of an
//! attempt, or a Message-ID of ours. What is believed becomes facts of that mail, and what says that an address is dead
//! or wants nothing of us keeps the address from being written to, with the evidence.
//!
//! ```text
//! let inbox = Inbox::new(&store, &office, Some(company), return_addresses).await?;
//! let taken = inbox.take(raw, now).await?;          taking a message twice changes nothing
//! ```

mod error;
mod files;
mod kind;
mod matching;
mod mbox;
mod take;
#[cfg(test)]
mod tests;

pub use crate::store::MatchedBy;
pub use error::InboxError;
pub use files::{Maildir, MessageFile, Messages};
pub use matching::Match;
pub use take::{Inbox, Taken, classify};

/// Largest message that is read, in bytes.
pub const MESSAGE_LIMIT: u64 = 32 << 20;

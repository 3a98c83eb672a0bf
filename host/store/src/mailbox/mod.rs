//! The index of the mailboxes: folders with their cursors, messages and their places, conversations and what people did with
//! them, full text. The IMAP servers are the record, and no body is stored.
//!
//! Invariants: a cursor moves in the transaction that stores what it moved over, and only from where its mover read it. A
//! message is taken out of a folder by that server's word alone. A conversation belongs to one account, and each statement of a
//! person names its owner in its own `where`: counts, subjects and times are of what that person may see.

mod stubs;
pub(crate) mod types;
pub(crate) mod views;

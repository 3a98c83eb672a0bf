//! The index of the mailboxes: folders with their cursors, messages and their places, conversations and what people did with
//! them, full text. The IMAP servers are the record, and no body is stored.
//!
//! Invariants: a cursor moves in the transaction that stores what it moved over, and only from where its mover read it. A
//! message is taken out of a folder by that server's word alone. A conversation belongs to one account, and each statement of a
//! person names its owner in its own `where`: counts, subjects and times are of what that person may see.

pub(crate) mod access;
pub(crate) mod bodies;
pub(crate) mod bookmarks;
pub(crate) mod changes;
pub(crate) mod conditions;
pub(crate) mod contacts;
pub(crate) mod conversing;
pub(crate) mod entering;
pub(crate) mod folders;
pub(crate) mod full_text;
pub(crate) mod handling;
pub(crate) mod hidden;
mod inserting;
pub(crate) mod kinds;
pub(crate) mod lease;
pub(crate) mod linked;
pub(crate) mod listing;
pub(crate) mod mapping;
pub(crate) mod moving;
pub(crate) mod people;
pub(crate) mod places;
pub(crate) mod purging;
pub(crate) mod reading;
pub(crate) mod recording;
pub(crate) mod related;
pub(crate) mod types;
pub(crate) mod views;
pub(crate) mod words;

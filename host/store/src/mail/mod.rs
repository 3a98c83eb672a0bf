//! Mails as they were composed, with all that is recorded about them: read one by one, listed, by batch, and asked for again.
//!
//! Invariant: what was composed never changes. The same row and files give the same bytes, until retention or an erasure removes
//! the content.

pub(crate) mod access;
pub(crate) mod again;
pub(crate) mod attempt;
pub(crate) mod batches;
pub(crate) mod listing;
pub(crate) mod loading;
pub(crate) mod message_blob;
pub(crate) mod recent;
pub(crate) mod types;

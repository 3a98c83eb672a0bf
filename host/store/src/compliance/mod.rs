//! What a company owes to persons and auditors: a log of who did what, retention, erasure, addresses that are no longer written
//! to, and backups.
//!
//! Invariant: an entry of the audit log is in the transaction of what it records. An address that was erased returns in no text,
//! whichever report brings it.

pub(crate) mod audit;
pub(crate) mod audit_chain;
pub(crate) mod backup;
pub(crate) mod erasure;
pub(crate) mod personal;
pub(crate) mod pseudonym;
pub(crate) mod retention;
pub(crate) mod suppressions;

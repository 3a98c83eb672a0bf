//! The outbox as a queue: which mail is due, which worker leases it, how fast an account sends, and why a mail waits.
//!
//! Invariant: one statement leases a mail, and only the lease owner changes its state; what a person or a report may change in
//! spite of a lease is in [`transition`] and [`claim`].

pub(crate) mod attached_files;
pub(crate) mod claim;
pub(crate) mod clock_skew;
pub(crate) mod copies;
pub(crate) mod enqueue;
pub(crate) mod lease_owner;
pub(crate) mod orphaned;
pub(crate) mod pace;
pub(crate) mod pauses;
pub(crate) mod quota;
pub(crate) mod state;
pub(crate) mod transition;
pub(crate) mod wake;

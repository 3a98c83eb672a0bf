//! Options of a worker, and its counts.

use postroom_model::AccountId;
use std::sync::atomic::{AtomicU64, Ordering};

/// Options of a worker.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Mails in hand at the same time, of all accounts.
    pub in_hand: usize,
    /// Whether the worker ends when nothing is due any more.
    pub drain: bool,
    /// The only account whose mails are sent, for a user's command: mails of other accounts are left to a worker of the
    /// operator's.
    pub account: Option<AccountId>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { in_hand: 128, drain: false, account: None }
    }
}

/// Counts of what a worker has done since it started.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) sent: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) put_off: AtomicU64,
    pub(super) in_doubt: AtomicU64,
}

impl Tally {
    /// Counts mails that a server accepted.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Counts mails that will not be tried again.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Counts how often a mail was put off: to a later time, or until a person acts.
    pub fn put_off(&self) -> u64 {
        self.put_off.load(Ordering::Relaxed)
    }

    /// Counts mails of which it is unknown whether they left.
    pub fn in_doubt(&self) -> u64 {
        self.in_doubt.load(Ordering::Relaxed)
    }
}

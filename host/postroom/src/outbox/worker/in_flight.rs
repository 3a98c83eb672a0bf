//! The tasks of a worker that run at present.

use super::account_context;
use postroom_model::AccountId;
use postroom_store::MailId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use tokio::task::JoinSet;

/// Tasks that run, and the accounts that they are of.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    pub(super) tasks: JoinSet<Finished>,
    /// How many tasks ran after mails were last claimed.
    pub(super) after_claim: usize,
    /// The mails of these tasks, for a task that ends unexpectedly.
    pub(super) mails: BTreeMap<tokio::task::Id, (AccountId, MailId)>,
    pub(super) of_account: BTreeMap<AccountId, u32>,
    /// Accounts whose copies are being filed.
    pub(super) filing: BTreeSet<AccountId>,
    /// Accounts with the plugin opened for them.
    pub(super) accounts: BTreeMap<AccountId, account_context::Opened>,
    /// When copies were last claimed.
    pub(super) last_copies: Option<Instant>,
}

/// The work of a task that ended.
#[derive(Debug)]
pub(super) enum Finished {
    /// A mail, whose state is recorded.
    Mail,
    /// A group of this account's copies, which were filed or put off.
    Copies(AccountId),
}

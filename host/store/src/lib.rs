//! The store: what outlives the program. SQLite in a file by default, PostgreSQL by URL; SQL is in this crate alone.
//!
//! Four types lead in, and each reaches only what belongs to it:
//!
//! - [`Store`] is the operator's: companies, permissions, backups. A method about something of a company takes the company too.
//! - [`CompanyStore`] (`store.company_store(company)`) is for a company's administrators: its users, accounts, mails and grants,
//!   and nothing of another company.
//! - [`UserStore`] (`store.user_store(&user)`) is for a user: the accounts that they may use, and the mails of these. Any other
//!   account does not exist there, and the error is the same whether it is forbidden or was never there (rule A1).
//! - [`SystemStore`] (`store.system()`) is for the worker, the web server and the inbox, which act for every company: methods that
//!   take an id without its owner are there, and no command of a person has it.
//!
//! # What is promised
//!
//! - A method that returned `Ok` is on disk; one that returned an error changed nothing, except where
//!   [`StoreError::ConnectionLost`] says that it is unknown.
//! - An attempt is on disk before it is made, and its release before the last bytes of the message leave.
//! - A statement for a person names its owner in its own `where`. A check before it could read one row while the statement
//!   changes another.
//! - Errors answer whether the same call can succeed later ([`StoreError::is_transient`]), and whether an operator has to act
//!   ([`StoreError::needs_operator`]).
//! - Secrets are stored sealed, and without the key that opens them.
//!
//! # Rooms
//!
//! `schema` and `sql` are below all others. `directory`, `mail`, `queue`, `attempts`, `mailbox` and `compliance` are above them, and
//! `erp` is above these. A module imports modules, not rooms, and no module imports one that imports it, directly or through others. What
//! is shared by rooms is data: a mail in `mail::types`, an attempt in `mail::attempt`, a mail's state in `queue::state`.

mod attempts;
mod compliance;
mod directory;
mod erp;
mod error;
mod mail;
mod mailbox;
mod queue;
mod schema;
mod scoped;
mod sql;
mod system;

#[cfg(test)]
mod tests;

pub use attempts::contradiction::Contradiction;
pub use attempts::group_commit::GroupCommitWriter;
pub use attempts::recording::{MatchedBy, Recorded, ReportedFacts};
pub use attempts::reported::{ReportedAs, Tracked};
pub use attempts::reports::Reported;
pub use compliance::audit::{Action, AuditEntry, AuditFilter};
pub use compliance::audit_chain::{AuditHead, AuditVerdict, BrokenEntry};
pub use compliance::backup::{Backup, Restored, Restoring};
pub use compliance::erasure::Erased;
pub use compliance::suppressions::{NewSuppression, Release, Suppression, SuppressionKind};
pub use directory::invitations::{InvitationKey, Invited, NewInvitation};
pub use directory::master_keys::{KeyUser, MasterKeyRow};
pub use directory::secrets::{Put, SealedSecret, Version, WrappedKey};
pub use erp::notices::{
    Notice, NoticeFilter, NoticeKind, NoticeRow, NoticeState, NotificationResult, WaitingNotice,
};
pub use erp::records::{Pause, RecordsRow};
pub use erp::status_changes::{LastNotified, ReviewedStatusChange, StatusChange};
pub use error::StoreError;
pub use mail::again::{Again, NotAgain};
pub use mail::attempt::{Attempt, AttemptResult, Completion, NewAttempt, OpenAttempt};
pub use mail::batches::{Batch, BatchCounts, NUMBERED_BY_PARTNER};
pub use mail::listing::{Count, Filter, Listed, MailCommand, MailCommandResult};
pub use mail::recent::{Claimed, Claiming};
pub use mail::types::{
    AttachedFile, DocumentRef, Event, FilePlace, Mail, MailSummary, Message, NewMail, OpenCheck, Party,
    Piece, Recipient, among_recipients,
};
pub use mailbox::types::{
    Clue, ConversationChoice, Direction, DocumentLink, FolderCounts, FolderCursor, FolderRow, FolderSeen,
    Healed, IndexedMessage, KnownMessage, MailboxLease, MailboxToFollow, MessageFile, OwnMail, Person,
    PersonRole, PlaceFlags, PlacedMessage, Proposal, RecordedChanges, RecordedMessages,
};
pub use mailbox::views::{
    Bookmark, Changed, ConversationDetail, ConversationFilter, ConversationRow, MailboxFolder,
    MailboxMessage, MessagePlace, Note, PartnerContact, SearchFilter,
};
pub use postroom_model::{AttemptId, BatchId, InvitationId, MailId};
pub use queue::claim::Due;
pub use queue::copies::CopyDue;
pub use queue::enqueue::AskedBefore;
pub use queue::lease_owner::LeaseOwner;
pub use queue::pauses::{AccountPause, LearnedPace, LimitPeriod, NewAccountPause, PauseCause};
pub use queue::state::{Enqueued, Order, OutboxRow, Pace, QueueState, SendOptions, StateChange, WaitReason};
pub use queue::wake::Wakes;
pub use schema::location::Location;
pub use scoped::{CompanyStore, UserStore};
pub use system::SystemStore;

use schema::dialect::Dialect;
use sqlx::AnyPool;
use std::sync::Arc;

/// The store, opened. Cloning it shares the connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    /// What writes by: of a file one connection, which therefore keeps the pages that it has read.
    writer: AnyPool,
    dialect: Dialect,
    write_lock: sql::writing::WriteLock,
    /// Where the store is, without a password.
    place: Arc<str>,
    wakes: queue::wake::Notifier,
    /// Mails that were enqueued here, for the worker of this program.
    recent: mail::recent::RecentMails,
    /// The key of the pseudonyms of erased addresses, once the vault has lent it.
    pseudonyms: compliance::pseudonym::Pseudonyms,
}

impl Store {
    /// Opens the store: creates it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`], [`StoreError::SchemaNewer`] after a step back to an earlier version of this program,
    /// [`StoreError::ReadOnly`], [`StoreError::DiskFull`]; [`StoreError::ConnectionLost`] where the server does not answer.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let (schema::connect::Pools { pool, writer }, dialect) = schema::connect::open(location).await?;
        let place = location.to_string().into();
        let write_lock = sql::writing::WriteLock::of(dialect);
        Ok(Self {
            pool,
            writer,
            dialect,
            write_lock,
            place,
            wakes: queue::wake::Notifier::of(location),
            recent: Default::default(),
            pseudonyms: Default::default(),
        })
    }

    /// Returns where the store is, without a password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Closes every connection. What was committed is on disk without it.
    pub async fn close(&self) {
        self.writer.close().await;
        self.pool.close().await;
    }
}

//! The store: what outlives the program. SQLite in a file by default, PostgreSQL by URL; SQL is in this folder alone.
//!
//! Four types lead in, and each shows only what is behind it:
//!
//! - [`Store`] is the operator's: companies, permissions, backups. What it takes of a company it takes with its company.
//! - `store.company_store(company)` is a company's administrator: its users, accounts, mails and grants, and nothing of another
//!   company.
//! - `store.user_store(&user)` is a user: the accounts that the user may use, and their mails. Any other account does not exist
//!   here, and the error is the same whether it is forbidden or was never there (rule A1).
//! - `store.system()` is the worker's, the web server's and the inbox's, which act for every company: what takes an id
//!   without its owner is there, and no person's command has it (`system.rs`).
//!
//! A statement for a person names its owner in its own `where` (`scope.rs`): a check before it could look at one row while
//! the statement changes another.
//!
//! What is promised: a method that returned `Ok` is on disk. An attempt is committed before it is made. Errors say whether
//! the same call can succeed later ([`StoreError::is_transient`]).
//!
//! ```text
//! Store::open(&Location) -> Store                       creates the database where there is none, brings it up to date
//! Location: FromStr   "/path/postroom.db" | "sqlite:/path/postroom.db" | "postgres://user:password@host/database"
//!
//! store.create_company(&NewCompany) -> Company          store.companies() -> Vec<Company>
//! store.company(CompanyId) -> Company                   store.company_named(&Name) -> Company
//! store.remove_company(CompanyId)
//! store.set_permissions(CompanyId, AccountId, &Permissions)
//! store.set_account_state(CompanyId, AccountId, &AccountState) -> AccountState     the machinery's: a grant has expired
//! store.account(CompanyId, AccountId) -> Account                      the machinery's: a worker, a token
//! store.suppress(CompanyId, &NewSuppression) -> bool    an address that is no longer written to, and why
//! store.suppressed(CompanyId, &[String]) -> Vec<Suppression>         of these addresses
//! store.suppressions(CompanyId) -> Vec<Suppression>     all, released ones too
//! store.release(CompanyId, &str, by, at) -> u64         written to again
//!
//! let system = store.system();
//! system.due(now) -> Vec<Due>                           accounts with mails that may go now
//! system.claim(&Holder, AccountId, Pace, most, now, lease) -> Vec<MailId>
//! GroupCommitWriter::of(&system)                                  attempts, results and standings of many mails, one commit
//! system.add_events(MailId, &[Event])                   news from reports; a fact that is known changes nothing
//! system.record_give_up(MailId, &Holder, &[Event])        the facts of giving a mail up, by its holder
//! system.open_attempts() -> Vec<OpenAttempt>            attempts that the program died under
//! system.mail(MailId) -> Mail
//! system.reported(MailId) -> Reported                   whom a report may speak of
//! system.mail_of_attempt(AttemptId), system.mails_of_message(&str)   the mails that a report names
//! system.reported_mail(AccountId, &ReportedAs) -> Option<MailId>   which mail a provider's report is about
//! system.tracked(MailId) -> Option<Tracked>             what a mail's pixel is judged by
//!
//! store.back_up(&Path) -> Backup                        while others write; location.restore(&Path, Restoring) -> Restored
//! store.mark_restored(taken, resume_all) -> u64             after pg_restore: what had not ended is held
//!
//! store.apply_retention(now) -> u64                     mails that ended long ago lose their content
//! store.lend_pseudonym_key(key)                         before admin.erase(&MailAddress, now) -> Erased; store.scrub() after it
//!
//! system.records_due(now) -> Vec<CompanyId>              companies whose records are to be told something
//! system.lease_records(CompanyId, &Holder, now, lease) -> bool        system.release_records(CompanyId, &Holder, Pause)
//! system.news(CompanyId, now, most) -> Vec<MailNews>     mails whose status may have changed
//! system.record_status_changes(&[ReviewedStatusChange])                          what the records are to be told of them; all or nothing
//! system.notify(CompanyId, &Notice) -> bool              an address, a payment; once per id
//! system.notices_due(CompanyId, now, most) -> Vec<WaitingNotice>     the next of each document
//! system.record_notifications(CompanyId, &[(id, Telling)])     what came of telling them
//!
//! let admin = store.company_store(company_id);
//! admin.records() -> Option<RecordsRow>                  admin.set_records(Option<&RecordsPlace>)
//! admin.notices(&NoticeFilter) -> Vec<NoticeRow>         admin.notify_again() -> u64
//! admin.company() -> Company                            admin.update_company(&Company)
//! admin.logo() -> Option<Logo>                          admin.set_logo(Option<&Logo>)
//! admin.add_user(&NewUser) -> User                      admin.users() -> Vec<User>
//! admin.user(&Name) -> User                             admin.update_user(&User)     admin.remove_user(UserId)
//! admin.add_account(&NewAccount) -> Account             admin.accounts() -> Vec<Account>
//! admin.account(&Name) -> Account                       admin.update_account(&Account)   (permissions are not touched)
//! admin.remove_account(AccountId)
//! admin.add_platform_account(&NewAccount, &[PlatformAddress]) -> Account          with the first that is free
//! admin.update_platform_account(&Account, &[PlatformAddress])                     likewise
//! admin.rename_on_platform(&Company, &[PlatformAddress])                          likewise, for all its accounts
//! admin.hold_platform_address(&PlatformAddress)          before a mail leaves from it; admin.platform_addresses() -> Vec<String>
//! admin.grant(AccountId, UserId)                        admin.revoke(AccountId, UserId)
//! admin.granted(AccountId) -> Vec<User>
//! admin.set_account_state(AccountId, &AccountState)     ready again, or compromised
//! admin.settings(AccountId, UserId) -> UserSettings     admin.set_settings(AccountId, UserId, &UserSettings)
//!
//! let acting = store.user_store(&user);
//! acting.accounts() -> Vec<Account>                     acting.account(&Name) -> Account
//! acting.company() -> Company                           acting.logo() -> Option<Logo>
//! acting.settings(AccountId) -> UserSettings            acting.set_settings(AccountId, &UserSettings)
//! acting.keep(&[NewMail], &Order) -> Vec<Kept>           into the outbox, before the first attempt; once per intent
//! acting.sent(AccountId, before: Option<MailId>, limit: u32) -> Vec<MailSummary>     newest first
//! acting.mail(MailId) -> Mail                            acting.say(MailId, Word, now) -> Said
//! acting.take(&Holder, MailId, now, lease)               into the hands of a command; admin has mail, say and take, too
//! acting.apply_commands(&[MailId], Word, now) -> Vec<Said>      by one commit; admin has it, too
//! acting.open_batch(AccountId, &Name, now) -> BatchId    acting.batches(limit), acting.batches_called(&str); admin, too
//! acting.enqueue_again(&[Again], &Order)                    into the outbox what failed for everybody; acting.not_again(&[MailId])
//! acting.set_answer(MailId, bool)                        acting.note_sent_again(MailId, now)
//! acting.pace(AccountId) -> Pace                         admin.pace(AccountId), admin.set_pace(AccountId, Pace)
//!
//! admin.audit(&AuditFilter) -> Vec<AuditEntry>           who did what, newest first; admin.note_export() adds to it
//! ```
//!
//! Secrets are in it too, sealed: the vault is the only one that reads or writes them.
//!
//! Settings of a user as the plugin takes them: [`postroom_model::plugin_settings`].

mod again;
mod attempts;
mod attribution;
mod audit;
mod audit_chain;
mod backup;
mod batches;
mod clock_skew;
mod company_store;
mod compatibility;
mod connect;
mod copies;
mod enqueue;
mod erasure;
mod error;
mod events;
mod group_commit;
mod interruption;
mod invitations;
mod late;
mod lease_owner;
mod listing;
mod loading;
mod location;
mod mail;
mod mails;
mod master_keys;
mod message_blob;
mod migrations;
mod notices;
mod operator;
mod orphaned;
mod pace;
mod pauses;
mod personal;
mod platform_addresses;
mod pseudonym;
mod queue;
mod queue_state;
mod quota;
mod recording;
mod records;
mod reported;
mod reports;
mod retention;
mod row;
mod rows;
mod scope;
mod secrets;
mod status_changes;
mod suppressions;
mod system;
mod transition;
mod user_store;
mod wake;
mod writing;

#[cfg(test)]
mod tests;

pub use again::{Again, NotAgain};
pub use audit::{Action, AuditEntry, AuditFilter};
pub use audit_chain::{AuditHead, AuditVerdict, BrokenEntry};
pub use backup::{Backup, Restored, Restoring};
pub use batches::{Batch, BatchCounts, NUMBERED_BY_PARTNER};
pub use company_store::CompanyStore;
pub use copies::CopyDue;
pub use enqueue::AskedBefore;
pub use erasure::Erased;
pub use error::StoreError;
pub use group_commit::GroupCommitWriter;
pub use invitations::{InvitationKey, Invited, NewInvitation};
pub use late::Contradiction;
pub use lease_owner::LeaseOwner;
pub use listing::{Count, Filter, Listed, MailCommand, MailCommandResult};
pub use location::Location;
pub use mail::{
    AttachedFile, Attempt, AttemptResult, DocumentRef, Event, FilePlace, Mail, MailSummary, Message,
    NewAttempt, NewMail, OpenAttempt, Outcome, Party, Piece, Recipient, among_recipients,
};
pub use master_keys::{KeyHolder, MasterKeyRow};
pub use notices::{
    Notice, NoticeFilter, NoticeKind, NoticeRow, NoticeState, NotificationResult, WaitingNotice,
};
pub use pauses::{AccountPause, LearnedPace, LimitPeriod, NewAccountPause, PauseCause};
pub use postroom_model::{AttemptId, BatchId, InvitationId, MailId};
pub use queue::{Due, OutboxRow};
pub use queue_state::{Enqueued, Order, Pace, QueueState, SendOptions, StateChange, WaitReason};
pub use recording::{MatchedBy, Recorded, ReportedFacts};
pub use records::{Pause, RecordsRow};
pub use reported::{OpenCheck, ReportedAs, Tracked};
pub use reports::Reported;
pub use secrets::{Put, SealedSecret, Version, WrappedKey};
pub use status_changes::{LastNotified, ReviewedStatusChange, StatusChange};
pub use suppressions::{NewSuppression, Release, Suppression, SuppressionKind};
pub use system::SystemStore;
pub use user_store::UserStore;
pub use wake::Wakes;

use connect::Dialect;
use sqlx::AnyPool;
use std::sync::Arc;

/// The store, opened. Cloning it shares the connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    turns: writing::WriteLock,
    /// As it may be shown.
    place: Arc<str>,
    wakes: wake::Notifier,
    /// The key of what stands in place of erased addresses, once somebody has lent it.
    pseudonyms: pseudonym::Pseudonyms,
}

impl Store {
    /// Opens the store: makes it where there is none, and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`], [`StoreError::SchemaNewer`] after a step back to an earlier version of this program,
    /// [`StoreError::ReadOnly`], [`StoreError::DiskFull`]; [`StoreError::ConnectionLost`] where the server is not there.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let (pool, dialect) = connect::open(location).await?;
        let place = location.to_string().into();
        let turns = writing::WriteLock::of(dialect);
        Ok(Self {
            pool,
            dialect,
            turns,
            place,
            wakes: wake::Notifier::of(location),
            pseudonyms: Default::default(),
        })
    }

    /// Where it is, to people: without a password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Closes every connection. What was promised is on disk without it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

//! Lists of mails, and the commands of a person about a mail: hold, release, cancel. A user's lists have the mails of the
//! accounts that they may use, an administrator's those of the company.

use crate::attempts::interruption::{close_open_attempts, leave_in_doubt};
use crate::compliance::audit::{Action, Note, note_mail};
use crate::mail::batches::LATEST_OF_BATCH;
use crate::queue::orphaned::HAS_ACCOUNT;
use crate::queue::state::OutboxRow;
use crate::queue::state::QueueState;
use crate::sql::row::{self, Time};
use crate::sql::scope::Scope;
use crate::sql::writing::WriteTransaction;
use crate::{CompanyStore, MailSummary, Store, StoreError, UserStore};
use postroom_model::{AccountId, BatchId, MailId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, BTreeSet};

/// Most mails of a list.
const PAGE: u32 = 10_000;

/// A filter of mails.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A document's number, a partner's name, or a mail's id; letters are compared without regard to case.
    pub search: Option<String>,
    /// In these states, by the store's names: `ready`, `held`, `in-doubt`, `sent`, `failed`, `cancelled`.
    pub states: Vec<&'static str>,
    /// Sent as this account.
    pub account: Option<AccountId>,
    /// Asked for together.
    pub batch: Option<BatchId>,
    /// Older than this one.
    pub before: Option<MailId>,
    /// At most so many (and 10,000), newest first.
    pub limit: u32,
}

/// A mail in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub mail: MailSummary,
    /// Name of the account that it is sent as.
    pub account: String,
    /// Its row in the outbox.
    pub outbox: OutboxRow,
    /// How many times the same was asked for before.
    pub resend: u32,
}

/// The number of an account's mails in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Name of the account.
    pub account: String,
    /// The store's name of the state.
    pub state: String,
    /// How many.
    pub mails: u64,
}

impl UserStore<'_> {
    /// Lists mails, newest first.
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        self.store.listed(self.scope(), filter).await
    }

    /// Counts the mails of each account by state; of a batch, the latest of those that were sent again in it.
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        self.store.counted(self.scope(), batch).await
    }

    /// Counts the mails of a batch that are due or leased.
    pub async fn active(&self, batch: BatchId, now: Time) -> Result<u64, StoreError> {
        let sql = format!(
            "select count(*) as many from outbox where {} and batch = $2 and state = 'ready' \
             and (due <= $3 or lease_owner is not null)",
            self.scope().on("outbox", 1),
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(self.scope().owner())
            .bind(batch.to_string())
            .bind(now.timestamp_millis())
            .fetch_one(&self.store.pool)
            .await?;
        row::count(&row, "many")
    }

    /// Holds, releases or cancels a mail that is not leased.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope.
    pub async fn apply_command(
        &self,
        mail: MailId,
        command: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        self.store.apply_one(self.scope(), mail, command, now).await
    }

    /// Holds, releases or cancels mails that are not leased, by one commit. Returns the results in their order.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope: nothing was changed.
    pub async fn apply_commands(
        &self,
        mails: &[MailId],
        command: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        self.store.apply_commands(self.scope(), mails, command, now).await
    }
}

impl CompanyStore<'_> {
    /// Lists mails, newest first.
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        self.store.listed(self.scope(), filter).await
    }

    /// Counts the mails of each account by state; of a batch, the latest of those that were sent again in it.
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        self.store.counted(self.scope(), batch).await
    }

    /// Holds, releases or cancels a mail that is not leased.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope.
    pub async fn apply_command(
        &self,
        mail: MailId,
        command: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        self.store.apply_one(self.scope(), mail, command, now).await
    }

    /// Holds, releases or cancels mails that are not leased, by one commit. Returns the results in their order.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope: nothing was changed.
    pub async fn apply_commands(
        &self,
        mails: &[MailId],
        command: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        self.store.apply_commands(self.scope(), mails, command, now).await
    }
}

impl Store {
    async fn listed(&self, scope: Scope, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        // Constants of this program alone; what comes from outside is bound.
        let states: Vec<String> = filter.states.iter().map(|state| format!("'{state}'")).collect();
        let states = if states.is_empty() {
            String::new()
        } else {
            format!(" and outbox.state in ({})", states.join(", "))
        };
        let sql = format!(
            "select mails.id, mails.account, user_id, created, document_kind, document_number, partner, use_case, subject, \
             from_name, from_address, recipients, message_id, resend, accounts.name as account_name, outbox.state, \
             outbox.due, outbox.send_at, outbox.lease_owner, outbox.cause, outbox.reason, outbox.answer, outbox.restored from mails \
             join outbox on outbox.mail = mails.id join accounts on accounts.id = mails.account where {}{states} \
             and ($2 is null or lower(document_number) = $2 or lower(partner) = $2 or mails.id = $2 \
             or document_number = $7 or partner = $7) \
             and ($3 is null or mails.account = $3) and ($4 is null or batch = $4) and ($5 is null or mails.id < $5) \
             order by mails.id desc limit $6",
            scope.on("mails", 1),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(scope.owner())
            .bind(filter.search.as_deref().map(|search| search.trim().to_lowercase()))
            .bind(filter.account.map(|id| id.to_string()))
            .bind(filter.batch.map(|id| id.to_string()))
            .bind(filter.before.map(|id| id.to_string()))
            .bind(i64::from(filter.limit.min(PAGE)))
            // SQLite's lower() knows ASCII alone.
            .bind(filter.search.as_deref().map(str::trim))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(listed).collect()
    }

    async fn counted(&self, scope: Scope, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        let sql = format!(
            "select accounts.name as account_name, outbox.state, count(*) as many from mails \
             join outbox on outbox.mail = mails.id join accounts on accounts.id = mails.account \
             where {} and ($2 is null or (batch = $2 and {LATEST_OF_BATCH})) group by accounts.name, outbox.state order by 1, 2",
            scope.on("mails", 1),
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(scope.owner()).bind(batch.map(|id| id.to_string()));
        let count = |row: &AnyRow| {
            Ok(Count {
                account: row::text(row, "account_name")?,
                state: row::text(row, "state")?,
                mails: row::count(row, "many")?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(count).collect()
    }

    /// Counts the mails of every company by state, for the operator's metrics.
    pub async fn depths(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = sqlx::query("select state, count(*) as many from outbox group by state");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row::text(row, "state")?, row::count(row, "many")?))).collect()
    }

    /// Holds, releases or cancels a mail that is not leased.
    async fn apply_one(
        &self,
        scope: Scope,
        mail: MailId,
        command: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        let results = self.apply_commands(scope, &[mail], command, now).await?.pop();
        results.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))
    }

    async fn apply_commands(
        &self,
        scope: Scope,
        mails: &[MailId],
        command: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        let Some(first) = mails.first() else { return Ok(Vec::new()) };
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?;
        let by = by.ok_or_else(|| StoreError::NoSuchMail(first.to_string()))?;
        // In the order in which every transaction locks them.
        let mut results = BTreeMap::new();
        for mail in mails.iter().copied().collect::<BTreeSet<_>>() {
            results.insert(mail, self.apply_in(&mut transaction, (scope, &by), mail, command, now).await?);
        }
        transaction.commit().await?;
        if command.is_release() && results.values().any(|it| it.changed) {
            self.notify_workers().await;
        }
        Ok(mails.iter().filter_map(|mail| results.get(mail).cloned()).collect())
    }

    /// Applies a command in this transaction. Returns the state that the mail then has, and whether the command changed it: a
    /// mail whose last bytes were leaving when its worker died is in doubt instead.
    async fn apply_in(
        &self,
        transaction: &mut WriteTransaction,
        (scope, by): (Scope, &str),
        mail: MailId,
        command: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        let (set, when) = match command {
            MailCommand::Hold => {
                ("state = 'held', cause = 'user', reason = $2, lease_owner = null", "state = 'ready'")
            }
            MailCommand::Release => (
                "state = 'ready', cause = null, reason = $2, send_at = null, due = $3, restored = null, lease_owner = null",
                "state in ('held', 'ready')",
            ),
            // What is sent at a time of its own keeps it; what may have left since a backup is a person's decision, mail by mail.
            MailCommand::ReleaseAll => (
                "state = 'ready', cause = null, reason = $2, lease_owner = null, \
                 due = case when send_at is not null and due > $3 then due else $3 end",
                "state = 'held' and restored is null",
            ),
            MailCommand::Cancel => (
                "state = 'cancelled', cause = 'user', reason = $2, lease_owner = null",
                "state in ('ready', 'held', 'in-doubt')",
            ),
            MailCommand::CancelAll => (
                "state = 'cancelled', cause = 'user', reason = $2, lease_owner = null",
                "state in ('ready', 'held')",
            ),
        };
        // A mail whose account was removed would wait for ever.
        let there = match command {
            MailCommand::Release | MailCommand::ReleaseAll => format!(" and {HAS_ACCOUNT}"),
            MailCommand::Hold | MailCommand::Cancel | MailCommand::CancelAll => String::new(),
        };
        let theirs = scope.on("outbox", 4);
        let sql = format!(
            "update outbox set {set} where mail = $1 and {theirs} and {when}{there} and (lease_owner is null or due <= $3)"
        );
        let reason = match command {
            MailCommand::Hold => Some(format!("held by {by}")),
            MailCommand::Cancel | MailCommand::CancelAll => Some(format!("cancelled by {by}")),
            MailCommand::Release | MailCommand::ReleaseAll => None,
        };
        let before = self.row_of(transaction, scope, mail).await?;
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(mail.to_string())
            .bind(reason)
            .bind(now.timestamp_millis())
            .bind(scope.owner())
            .execute(&mut **transaction)
            .await?;
        let mut changed = done.rows_affected() == 1;
        if changed {
            let doubtful = close_open_attempts(transaction, &[mail], now).await?;
            // A mail in doubt: a person who holds or cancels it has to know of the doubt before.
            let was_in_doubt = matches!(before.queue_state, QueueState::InDoubt { .. });
            if !doubtful.is_empty() && !command.is_release() && !was_in_doubt {
                leave_in_doubt(transaction, &doubtful).await?;
                changed = false;
            }
        }
        let row = self.row_of(transaction, scope, mail).await?;
        if changed {
            let action = match command {
                MailCommand::Hold => Action::Held,
                MailCommand::Release | MailCommand::ReleaseAll => Action::Released,
                MailCommand::Cancel | MailCommand::CancelAll => Action::Cancelled,
            };
            note_mail(transaction, mail, &Note::of(action, by, now)).await?;
        }
        Ok(MailCommandResult { changed, row })
    }
}

/// A command of a person about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCommand {
    /// Hold it until a person releases it.
    Hold,
    /// Send it now.
    Release,
    /// Send it as one of many that no person looked at one by one: only if it is held, at the time that it was to be sent at,
    /// and not if it may have left since the backup that it is from.
    ReleaseAll,
    /// Never send it.
    Cancel,
    /// Never send it, as one of many: not if it may have left already, which a person has to decide on.
    CancelAll,
}

impl MailCommand {
    fn is_release(self) -> bool {
        matches!(self, Self::Release | Self::ReleaseAll)
    }
}

/// The result of a command about a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCommandResult {
    /// The command was applied. Otherwise the mail is being sent, or has ended.
    pub changed: bool,
    /// The mail's row in the outbox.
    pub row: OutboxRow,
}

fn listed(row: &AnyRow) -> Result<Listed, StoreError> {
    let resend: i64 = row.try_get("resend")?;
    Ok(Listed {
        mail: MailSummary::from_row(row)?,
        account: row::text(row, "account_name")?,
        outbox: OutboxRow::from_row(row)?,
        resend: u32::try_from(resend).unwrap_or(u32::MAX),
    })
}

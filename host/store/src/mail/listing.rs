//! Lists of mails as people ask for them: by document, by partner, by where they stand. Each door shows only what is behind
//! it: a user the mails of the accounts that he may use, an administrator those of the company.

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

/// Which mails.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A document's number, a partner's name, or a mail's id; letters are compared without regard to case.
    pub about: Option<String>,
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
    /// Where it stands.
    pub outbox: OutboxRow,
    /// How many times the same was asked for before.
    pub resend: u32,
}

/// How many mails of an account are in a state.
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
    /// Mails, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        self.store.listed(self.scope(), filter).await
    }

    /// How many mails are where; of a batch, the latest of those that were sent again in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        self.store.counted(self.scope(), batch).await
    }

    /// Counts the mails of a batch that are due or leased.
    ///
    /// # Errors
    /// [`StoreError`].
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

    /// Holds, releases or cancels a mail that nobody works at.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], forbidden or missing.
    pub async fn apply_command(
        &self,
        mail: MailId,
        word: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        self.store.say(self.scope(), mail, word, now).await
    }

    /// Holds, releases or cancels mails that nobody works at, by one commit. Gives what came of each, in their order.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], one of them forbidden or missing: nothing was changed.
    pub async fn apply_commands(
        &self,
        mails: &[MailId],
        word: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        self.store.apply_commands(self.scope(), mails, word, now).await
    }
}

impl CompanyStore<'_> {
    /// Mails, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        self.store.listed(self.scope(), filter).await
    }

    /// How many mails are where; of a batch, the latest of those that were sent again in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        self.store.counted(self.scope(), batch).await
    }

    /// Holds, releases or cancels a mail that nobody works at.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], of another company or missing.
    pub async fn apply_command(
        &self,
        mail: MailId,
        word: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        self.store.say(self.scope(), mail, word, now).await
    }

    /// Holds, releases or cancels mails that nobody works at, by one commit. Gives what came of each, in their order.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], one of them of another company or missing: nothing was changed.
    pub async fn apply_commands(
        &self,
        mails: &[MailId],
        word: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        self.store.apply_commands(self.scope(), mails, word, now).await
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
            .bind(filter.about.as_deref().map(|about| about.trim().to_lowercase()))
            .bind(filter.account.map(|id| id.to_string()))
            .bind(filter.batch.map(|id| id.to_string()))
            .bind(filter.before.map(|id| id.to_string()))
            .bind(i64::from(filter.limit.min(PAGE)))
            // SQLite's lower() knows ASCII alone.
            .bind(filter.about.as_deref().map(str::trim))
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

    /// How many mails of every company are in which state, for the operator's metrics.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn depths(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = sqlx::query("select state, count(*) as many from outbox group by state");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row::text(row, "state")?, row::count(row, "many")?))).collect()
    }

    /// Holds, releases or cancels a mail that nobody works at, on a person's word.
    async fn say(
        &self,
        scope: Scope,
        mail: MailId,
        word: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        let said = self.apply_commands(scope, &[mail], word, now).await?.pop();
        said.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))
    }

    async fn apply_commands(
        &self,
        scope: Scope,
        mails: &[MailId],
        word: MailCommand,
        now: Time,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        let Some(first) = mails.first() else { return Ok(Vec::new()) };
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?;
        let by = by.ok_or_else(|| StoreError::NoSuchMail(first.to_string()))?;
        // In the order in which everybody locks them.
        let mut said = BTreeMap::new();
        for mail in mails.iter().copied().collect::<BTreeSet<_>>() {
            said.insert(mail, self.say_in(&mut transaction, (scope, &by), mail, word, now).await?);
        }
        transaction.commit().await?;
        if word.is_release() && said.values().any(|it| it.changed) {
            self.notify_workers().await;
        }
        Ok(mails.iter().filter_map(|mail| said.get(mail).cloned()).collect())
    }

    /// Does so by this transaction. Gives the state that the mail then has, and whether the word changed it: a mail whose last bytes
    /// were leaving when its worker fell silent is in doubt instead.
    async fn say_in(
        &self,
        transaction: &mut WriteTransaction,
        (scope, by): (Scope, &str),
        mail: MailId,
        word: MailCommand,
        now: Time,
    ) -> Result<MailCommandResult, StoreError> {
        let (set, when) = match word {
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
        let there = match word {
            MailCommand::Release | MailCommand::ReleaseAll => format!(" and {HAS_ACCOUNT}"),
            MailCommand::Hold | MailCommand::Cancel | MailCommand::CancelAll => String::new(),
        };
        let theirs = scope.on("outbox", 4);
        let sql = format!(
            "update outbox set {set} where mail = $1 and {theirs} and {when}{there} and (lease_owner is null or due <= $3)"
        );
        let reason = match word {
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
            // It is in doubt: whoever wants to hold or cancel it has to know that before.
            let was_told = matches!(before.queue_state, QueueState::InDoubt { .. });
            if !doubtful.is_empty() && !word.is_release() && !was_told {
                leave_in_doubt(transaction, &doubtful).await?;
                changed = false;
            }
        }
        let row = self.row_of(transaction, scope, mail).await?;
        if changed {
            let action = match word {
                MailCommand::Hold => Action::Held,
                MailCommand::Release | MailCommand::ReleaseAll => Action::Released,
                MailCommand::Cancel | MailCommand::CancelAll => Action::Cancelled,
            };
            note_mail(transaction, mail, &Note::of(action, by, now)).await?;
        }
        Ok(MailCommandResult { changed, row })
    }
}

/// What a person says about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCommand {
    /// Not before somebody releases it.
    Hold,
    /// It may go, now.
    Release,
    /// The same, for one of many that nobody looked at one by one: only if it is held, at the time that it was to be sent at, and
    /// not if it may have left since the backup that it is from.
    ReleaseAll,
    /// It must not leave any more.
    Cancel,
    /// The same, for one of many: not if it may have left already, which a person has to decide on.
    CancelAll,
}

impl MailCommand {
    fn is_release(self) -> bool {
        matches!(self, Self::Release | Self::ReleaseAll)
    }
}

/// What came of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCommandResult {
    /// It was done. Otherwise the mail is being sent, or has ended.
    pub changed: bool,
    /// Where the mail stands.
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

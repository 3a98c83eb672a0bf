//! Leasing due mails. One statement leases a mail, so no two workers have it; a lease that ends releases it; an account's pace
//! is a row that every claim counts up.

use crate::attempts::interruption::{self, close_open_attempts};
use crate::compliance::audit::{Action, Note, note_mail};
use crate::mail::recent::Claimed;
use crate::queue::lease_owner::LeaseOwner;
use crate::queue::orphaned::still_has_account;
use crate::queue::state::{OutboxRow, Pace, QueueState};
use crate::schema::dialect::Dialect;
use crate::sql::row::{self, Time};
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, SystemStore, UserStore};
use chrono::Local;
use postroom_model::{AccountId, CompanyId, MailId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::BTreeMap;
use std::time::Duration;

/// Milliseconds of an account's pace that may leave at once after a pause.
const BURST_MS: i64 = 1_000;

/// An account with mails that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Company.
    pub company: CompanyId,
    /// Account.
    pub account: AccountId,
}

impl SystemStore {
    /// Lists the accounts that have mails due, in the order of their companies.
    pub async fn due(&self, now: Time) -> Result<Vec<Due>, StoreError> {
        let rows = sqlx::query(
            "select id, company from accounts where name_key is not null and exists (select 1 from outbox \
             where outbox.account = accounts.id and state = 'ready' and due <= $1) order by company, id",
        );
        let rows = rows.bind(now.timestamp_millis()).fetch_all(&self.pool).await?;
        rows.iter().map(due).collect()
    }

    /// Leases at most `most` due mails of an account to `lease_owner` until `now + lease`, oldest first, no more than the
    /// account's pace allows now. Mails that the owner has leased already are not claimed again. An attempt that a former owner
    /// left open is closed. Where the account's daily limit is reached, due mails are put off.
    pub async fn claim(
        &self,
        lease_owner: &LeaseOwner,
        account: AccountId,
        pace: Pace,
        most: u32,
        now: Time,
        lease: Duration,
    ) -> Result<Vec<MailId>, StoreError> {
        let claimed = self.claim_with_mails(lease_owner, account, pace, most, now, lease).await?;
        Ok(claimed.ids)
    }

    /// Leases mails as [`claim`](Self::claim) does, and gives those that this program enqueued itself a moment ago as they are now.
    pub async fn claim_with_mails(
        &self,
        lease_owner: &LeaseOwner,
        account: AccountId,
        pace: Pace,
        most: u32,
        now: Time,
        lease: Duration,
    ) -> Result<Claimed, StoreError> {
        let mut transaction = self.write().await?;
        let (at, until) = (now.timestamp_millis(), row::lease_end(now, lease));
        let (most, next) = match pace.per_minute {
            None => (most, None),
            Some(per_minute) => {
                let stored = self.next_of(&mut transaction, account).await?;
                let step = 60_000 / i64::from(per_minute.max(1));
                // A clock that was set back must not stop the account for as long.
                let next = stored.min(at + 60_000).max(at - BURST_MS.max(step));
                if next < stored {
                    set_next(&mut transaction, account, next).await?;
                }
                let allowed = (at - next).max(-1) / step.max(1) + i64::from(next <= at);
                (most.min(u32::try_from(allowed).unwrap_or(0)), Some((next, step)))
            }
        };
        let most = match pace.per_day {
            Some(per_day) if most > 0 => {
                if pace.per_minute.is_none() {
                    // A second claim waits here: no two see the same room.
                    self.next_of(&mut transaction, account).await?;
                }
                self.room(&mut transaction, account, per_day, most, at).await?
            }
            _ => most,
        };
        if most == 0 {
            transaction.commit().await?;
            return Ok(Claimed::default());
        }
        let lock = if self.dialect == Dialect::Postgres { " for update skip locked" } else { "" };
        let sql = format!(
            "update outbox set lease_owner = $1, due = $2 where mail in (select mail from outbox \
             where account = $3 and state = 'ready' and due <= $4 and (lease_owner is null or lease_owner <> $1) \
             order by due, mail limit $5{lock}) returning mail, {} as is_undecided",
            interruption::IS_UNDECIDED,
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(lease_owner.as_str())
            .bind(until)
            .bind(account.to_string())
            .bind(at)
            .bind(i64::from(most))
            .fetch_all(&mut *transaction)
            .await?;
        let mut mails =
            rows.iter().map(|row| row::parsed(row, "mail")).collect::<Result<Vec<MailId>, _>>()?;
        mails.sort_unstable();
        // A file has no other writer meanwhile, and one more statement for each group of mails costs time. On PostgreSQL an attempt may
        // have begun since this statement began to look.
        let undecided =
            rows.iter().map(|row| row::flag(row, "is_undecided")).collect::<Result<Vec<_>, _>>()?;
        if self.dialect == Dialect::Postgres || undecided.contains(&true) {
            close_open_attempts(&mut transaction, &mails, now).await?;
        }
        if let Some((next, step)) = next {
            let taken = i64::try_from(mails.len()).unwrap_or(i64::MAX);
            let next = next.saturating_add(step.saturating_mul(taken));
            set_next(&mut transaction, account, next).await?;
        }
        // By the connection that has just had these rows in hand.
        let known = self.recent.as_they_are(&mut transaction, &mails).await?;
        transaction.commit().await?;
        Ok(Claimed { ids: mails, known })
    }

    /// Reads when the account's next mail may leave, and locks that row: the caller writes next.
    async fn next_of(&self, connection: &mut AnyConnection, account: AccountId) -> Result<i64, StoreError> {
        if self.dialect == Dialect::Postgres {
            sqlx::query("insert into paces (account) values ($1) on conflict (account) do nothing")
                .bind(account.to_string())
                .execute(&mut *connection)
                .await?;
        }
        let lock = if self.dialect == Dialect::Postgres { " for update" } else { "" };
        let sql = format!("select next from paces where account = $1{lock}");
        let row =
            sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).fetch_optional(connection).await?;
        Ok(match row {
            Some(row) => row.try_get("next")?,
            None => 0,
        })
    }

    /// Extends the leases of `lease_owner` until `now + lease`. A lease that was lost stays lost.
    pub async fn extend(
        &self,
        lease_owner: &LeaseOwner,
        now: Time,
        lease: Duration,
    ) -> Result<(), StoreError> {
        let longer = sqlx::query("update outbox set due = $1 where lease_owner = $2 and state = 'ready'");
        self.write_one(longer.bind(row::lease_end(now, lease)).bind(lease_owner.as_str())).await.map(drop)
    }

    /// Releases the leases of owners of this kind, for a caller that knows that they have ended. Returns how many.
    pub async fn release_leases(&self, kind: &str, now: Time) -> Result<u64, StoreError> {
        let back = sqlx::query(
            "update outbox set lease_owner = null, due = $1 where lease_owner is not null and lease_owner like $2 and state = 'ready'",
        );
        self.write_one(back.bind(now.timestamp_millis()).bind(format!("{kind}/%"))).await
    }

    /// Reads a mail's row in the outbox.
    pub async fn outbox_row(&self, mail: MailId) -> Result<OutboxRow, StoreError> {
        let row = sqlx::query("select * from outbox where mail = $1").bind(mail.to_string());
        let row = row.fetch_optional(&self.pool).await?;
        OutboxRow::from_row(&row.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))?)
    }
}

impl UserStore<'_> {
    /// Leases one mail for a command that a person waits for. Returns the end of the lease where another owner has it. A mail
    /// that has left or was cancelled is returned and not leased.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope; [`StoreError::Restored`] for one that may have left since
    /// the backup that it is from.
    pub async fn take(
        &self,
        lease_owner: &LeaseOwner,
        mail: MailId,
        now: Time,
        lease: Duration,
    ) -> Result<Result<OutboxRow, Time>, StoreError> {
        self.store.take(self.scope(), lease_owner, mail, now, lease).await
    }

    /// Reads the outbox's rows of those of these mails that the user may see.
    pub async fn outbox_rows(&self, mails: &[MailId]) -> Result<BTreeMap<MailId, OutboxRow>, StoreError> {
        if mails.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut connection = self.store.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select outbox.* from outbox join {} on outbox.mail = {} where {}",
            each.row(),
            each.text("id"),
            self.scope().on("outbox", 2),
        );
        let found = rows::bulk_query(sql, &rows::ids(mails))?.bind(self.scope().owner());
        let found = found.fetch_all(&mut *connection).await?;
        found.iter().map(|row| Ok((row::parsed(row, "mail")?, OutboxRow::from_row(row)?))).collect()
    }

    /// Stores the user's answer to the question whether a mail may leave by the fallback.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], forbidden or missing.
    pub async fn set_answer(&self, mail: MailId, answer: bool) -> Result<(), StoreError> {
        let no_such_mail = || StoreError::NoSuchMail(mail.to_string());
        let scope = self.scope();
        let mut transaction = self.store.write().await?;
        let by = scope.actor(&mut transaction).await?.ok_or_else(no_such_mail)?;
        let sql = format!("update outbox set answer = $1 where mail = $2 and {}", scope.on("outbox", 3));
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(answer))
            .bind(mail.to_string())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(no_such_mail());
        }
        let now = Local::now().fixed_offset();
        let detail = Some(if answer { "yes" } else { "no" }.into());
        let note = Note { detail, ..Note::of(Action::AnsweredFallback, &by, now) };
        note_mail(&mut transaction, mail, &note).await?;
        transaction.commit().await
    }
}

impl CompanyStore<'_> {
    /// Leases one mail for a command that a person waits for. Returns the end of the lease where another owner has it. A mail
    /// that has left or was cancelled is returned and not leased.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail of another scope; [`StoreError::Restored`] for one that may have left since
    /// the backup that it is from.
    pub async fn take(
        &self,
        lease_owner: &LeaseOwner,
        mail: MailId,
        now: Time,
        lease: Duration,
    ) -> Result<Result<OutboxRow, Time>, StoreError> {
        self.store.take(self.scope(), lease_owner, mail, now, lease).await
    }
}

impl Store {
    /// Leases one mail for a command that a person waits for. Returns the end of the lease where another owner has it.
    async fn take(
        &self,
        scope: Scope,
        lease_owner: &LeaseOwner,
        mail: MailId,
        now: Time,
        lease: Duration,
    ) -> Result<Result<OutboxRow, Time>, StoreError> {
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?;
        let by = by.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))?;
        let before = self.row_to_change(&mut transaction, scope, mail).await?;
        if let QueueState::Ready { due, .. } = &before.queue_state
            && before
                .lease_owner
                .as_deref()
                .is_some_and(|it| it != lease_owner.as_str() && !LeaseOwner::has_ended(it))
            && *due > now
        {
            return Ok(Err(*due));
        }
        // A mail that has left or was cancelled is not leased: it would look as if it were still to be sent.
        if before.queue_state.has_ended_for_good() {
            return Ok(Ok(before));
        }
        if let Some(taken) = before.restored {
            return Err(StoreError::Restored { mail: mail.to_string(), taken: row::stamp(taken) });
        }
        let whole =
            sqlx::query("select 1 from mails where id = $1 and emptied is null").bind(mail.to_string());
        if whole.fetch_optional(&mut *transaction).await?.is_none() {
            return Err(StoreError::invalid(
                "mail",
                "its content was removed: there is nothing left to send",
            ));
        }
        still_has_account(&mut transaction, mail).await?;
        if matches!(before.queue_state, QueueState::Held { .. }) {
            note_mail(&mut transaction, mail, &Note::of(Action::Released, &by, now)).await?;
        }
        let theirs = scope.on("outbox", 4);
        let sql = format!(
            "update outbox set lease_owner = $1, state = 'ready', due = $2 where mail = $3 and {theirs}"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(lease_owner.as_str())
            .bind(row::lease_end(now, lease))
            .bind(mail.to_string())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        close_open_attempts(&mut transaction, &[mail], now).await?;
        transaction.commit().await?;
        Ok(Ok(before))
    }

    /// Reads a mail's row in the outbox within a scope, and locks it until the transaction ends.
    async fn row_to_change(
        &self,
        connection: &mut AnyConnection,
        scope: Scope,
        mail: MailId,
    ) -> Result<OutboxRow, StoreError> {
        if self.dialect == Dialect::Postgres {
            let sql =
                format!("select 1 from outbox where mail = $1 and {} for update", scope.on("outbox", 2));
            let lock = sqlx::query(AssertSqlSafe(sql)).bind(mail.to_string()).bind(scope.owner());
            lock.execute(&mut *connection).await?;
        }
        self.row_of(connection, scope, mail).await
    }

    /// Reads a mail's row in the outbox within a scope.
    pub(crate) async fn row_of(
        &self,
        connection: &mut AnyConnection,
        scope: Scope,
        mail: MailId,
    ) -> Result<OutboxRow, StoreError> {
        let sql = format!("select * from outbox where mail = $1 and {}", scope.on("outbox", 2));
        let row = sqlx::query(AssertSqlSafe(sql)).bind(mail.to_string()).bind(scope.owner());
        let row = row.fetch_optional(connection).await?;
        OutboxRow::from_row(&row.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))?)
    }
}

async fn set_next(connection: &mut AnyConnection, account: AccountId, next: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into paces (account, next) values ($1, $2) on conflict (account) do update set next = excluded.next",
    )
    .bind(account.to_string())
    .bind(next)
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads an account's row.
pub(crate) fn due(row: &AnyRow) -> Result<Due, StoreError> {
    Ok(Due { company: row::parsed(row, "company")?, account: row::parsed(row, "id")? })
}

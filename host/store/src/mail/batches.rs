//! Batches: mails that were asked for together, under a name by which people list, hold, release, cancel and resume them as
//! one. A batch is sent as one account, and visible to the users of that account; of its mails each sees those that they would
//! see by themselves.

use crate::schema::dialect::Dialect;
use crate::sql::row::{self, Time};
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use postroom_model::{AccountId, BatchId, Name};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};
use std::collections::BTreeMap;

/// Most batches of a list.
const PAGE: u32 = 1_000;

/// Kinds of documents whose numbers may be a period or a round: the same number for another partner is another document.
pub const NUMBERED_BY_PARTNER: [&str; 4] = ["statement", "reminder", "request-for-quotation", "other"];

/// True of a row of `mails` whose row of `outbox` failed, and that no server took, or may have taken, for any recipient.
pub(crate) const NEVER_LEFT: &str = "(outbox.state = 'failed' and not exists (select 1 from attempts \
     where attempts.mail = outbox.mail and (attempts.result is null \
     or attempts.result in ('accepted', 'partly-accepted', 'found', 'in-doubt'))))";

/// True of a row of `mails` whose row of `outbox` is in a batch, and the latest of its intent in that batch: what was sent
/// again counts once.
pub(crate) const LATEST_OF_BATCH: &str = "not exists (select 1 from mails as again \
     join outbox as of_again on of_again.mail = again.id where again.company = mails.company \
     and again.intent = mails.intent and again.resend > mails.resend and of_again.batch = outbox.batch)";

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Identity.
    pub id: BatchId,
    /// What people call it.
    pub name: String,
    /// When it was begun.
    pub created: Time,
    /// Login of the user who began it; none once that user is removed.
    pub user: Option<String>,
    /// The account that it is sent as.
    pub account: AccountId,
    /// The account's name.
    pub account_name: String,
}

/// The numbers of a batch's mails by state. Of what was sent again in the same batch the latest mail counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BatchCounts {
    /// On their way: due, leased, or waiting for a time.
    pub to_be_sent: u64,
    /// Until a person acts.
    pub held: u64,
    /// Until their account can send again.
    pub waits_for_account: u64,
    /// Left.
    pub sent: u64,
    /// Ended without having left for all recipients.
    pub failed: u64,
    /// They may have left.
    pub in_doubt: u64,
    /// Withdrawn.
    pub cancelled: u64,
}

impl BatchCounts {
    /// Returns the number of all mails.
    pub fn all(&self) -> u64 {
        let ended = self.sent + self.failed + self.in_doubt + self.cancelled;
        self.to_be_sent + self.held + self.waits_for_account + ended
    }

    fn add(&mut self, state: &str, mails: u64) -> Result<(), StoreError> {
        let count = match state {
            "ready" => &mut self.to_be_sent,
            "held" => &mut self.held,
            "waits" => &mut self.waits_for_account,
            "sent" => &mut self.sent,
            "failed" => &mut self.failed,
            "in-doubt" => &mut self.in_doubt,
            "cancelled" => &mut self.cancelled,
            other => return Err(StoreError::Damaged(format!("an outbox state: {other}"))),
        };
        *count += mails;
        Ok(())
    }
}

impl UserStore<'_> {
    /// Returns the batch of this name that is sent as an account, and creates it where there is none.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn open_batch(
        &self,
        account: AccountId,
        name: &Name,
        now: Time,
    ) -> Result<BatchId, StoreError> {
        let mut transaction = self.store.write().await?;
        if self.store.dialect == Dialect::Postgres {
            // A second program that opens the same name waits here: the batch is created once.
            let sql = "select 1 from accounts where id = $1 and exists (select 1 from reachable \
                       where reachable.id = accounts.id and user_id = $2) for update";
            let lock = sqlx::query(sql).bind(account.to_string()).bind(self.user.to_string());
            lock.execute(&mut *transaction).await?;
        }
        let found = sqlx::query(
            "select batches.id from batches join reachable on reachable.id = batches.account \
             where reachable.user_id = $1 and batches.account = $2 and batches.name_key = $3 order by batches.id desc limit 1",
        )
        .bind(self.user.to_string())
        .bind(account.to_string())
        .bind(name.key())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(row) = found {
            transaction.rollback().await?;
            return row::parsed(&row, "id");
        }
        let id = BatchId::new();
        let inserted = sqlx::query(
            "insert into batches (id, company, account, user_id, name, name_key, created) \
             select $1, company, id, user_id, $2, $3, $4 from reachable where user_id = $5 and id = $6",
        )
        .bind(id.to_string())
        .bind(name.as_str())
        .bind(name.key())
        .bind(row::stamp(now))
        .bind(self.user.to_string())
        .bind(account.to_string())
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            return Err(StoreError::NoSuchAccount(account.to_string()));
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// Lists the batches that have mails, newest first: at most `limit` (and 1,000), or `only` this one.
    pub async fn batches(
        &self,
        only: Option<BatchId>,
        limit: u32,
    ) -> Result<Vec<(Batch, BatchCounts)>, StoreError> {
        self.store.batches(self.scope(), only, limit).await
    }

    /// Finds batches by a name, without regard to case, or by an id.
    pub async fn batches_called(&self, name: &str) -> Result<Vec<Batch>, StoreError> {
        self.store.batches_called(self.scope(), name).await
    }
}

impl CompanyStore<'_> {
    /// Lists the batches that have mails, newest first: at most `limit` (and 1,000), or `only` this one.
    pub async fn batches(
        &self,
        only: Option<BatchId>,
        limit: u32,
    ) -> Result<Vec<(Batch, BatchCounts)>, StoreError> {
        self.store.batches(self.scope(), only, limit).await
    }

    /// Finds batches by a name, without regard to case, or by an id.
    pub async fn batches_called(&self, name: &str) -> Result<Vec<Batch>, StoreError> {
        self.store.batches_called(self.scope(), name).await
    }
}

const COLUMNS: &str = "batches.id, batches.name, batches.created, batches.account, users.login, \
     accounts.name as account_name from batches join accounts on accounts.id = batches.account \
     left join users on users.id = batches.user_id";

impl Store {
    async fn batches(
        &self,
        scope: Scope,
        only: Option<BatchId>,
        limit: u32,
    ) -> Result<Vec<(Batch, BatchCounts)>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let of_mails = scope.on("outbox", 1);
        let sql = format!(
            "select {COLUMNS} where {} and exists (select 1 from outbox where outbox.batch = batches.id and {of_mails}) \
             and ($3 is null or batches.id = $3) order by batches.id desc limit $2",
            scope.on("batches", 1),
        );
        let found = sqlx::query(AssertSqlSafe(sql)).bind(scope.owner()).bind(i64::from(limit.min(PAGE)));
        let found = found.bind(only.map(|id| id.to_string()));
        let found = found.fetch_all(&mut *connection).await?;
        let batches = found.iter().map(batch).collect::<Result<Vec<_>, _>>()?;
        let mut counts = counts(&mut connection, scope, &batches).await?;
        let with_counts = |batch: Batch| {
            let counts = counts.remove(&batch.id).unwrap_or_default();
            (batch, counts)
        };
        Ok(batches.into_iter().map(with_counts).collect())
    }

    async fn batches_called(&self, scope: Scope, name: &str) -> Result<Vec<Batch>, StoreError> {
        let sql = format!(
            "select {COLUMNS} where {} and (batches.name_key = $2 or batches.id = $3) order by batches.id desc",
            scope.on("batches", 1),
        );
        let name = name.trim();
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(scope.owner()).bind(name.to_lowercase()).bind(name);
        let mut found =
            rows.fetch_all(&self.pool).await?.iter().map(batch).collect::<Result<Vec<_>, StoreError>>()?;
        // An id means that batch, whatever others are called.
        if let Some(place) = found.iter().position(|of| of.id.to_string() == name) {
            found = vec![found.swap_remove(place)];
        }
        Ok(found)
    }
}

/// Counts the mails of batches, of those that the scope may see.
async fn counts(
    connection: &mut AnyConnection,
    scope: Scope,
    batches: &[Batch],
) -> Result<BTreeMap<BatchId, BatchCounts>, StoreError> {
    let mut counts: BTreeMap<BatchId, BatchCounts> = BTreeMap::new();
    if batches.is_empty() {
        return Ok(counts);
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "select outbox.batch, case when outbox.state = 'ready' and outbox.cause = 'account' then 'waits' \
         else outbox.state end as state, count(*) as many from outbox join mails on mails.id = outbox.mail \
         where {} and outbox.batch in (select {} from {}) and {LATEST_OF_BATCH} group by 1, 2",
        scope.on("outbox", 2),
        each.text("id"),
        each.row(),
    );
    let found = rows::bulk_query(sql, &rows::ids(batches.iter().map(|it| it.id)))?.bind(scope.owner());
    for row in found.fetch_all(connection).await? {
        let of = counts.entry(row::parsed(&row, "batch")?).or_default();
        of.add(&row::text(&row, "state")?, row::count(&row, "many")?)?;
    }
    Ok(counts)
}

fn batch(row: &AnyRow) -> Result<Batch, StoreError> {
    Ok(Batch {
        id: row::parsed(row, "id")?,
        name: row::text(row, "name")?,
        created: row::time(row, "created")?,
        user: row::optional_text(row, "login")?,
        account: row::parsed(row, "account")?,
        account_name: row::text(row, "account_name")?,
    })
}

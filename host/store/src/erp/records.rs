//! Where a company's records are, and who delivers to them now: one lease owner at a time, so that the notices of a document
//! arrive in the order of what happened.

use crate::attempts::attribution::without_erased;
use crate::queue::lease_owner::LeaseOwner;
use crate::sql::row::{self, Time, bounded};
use crate::{CompanyStore, StoreError, SystemStore};
use postroom_model::{CompanyId, RecordsPlace};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::time::Duration;

/// A company's records as the store has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsRow {
    /// Where they are.
    pub place: RecordsPlace,
    /// Times in a row that the place could not be reached.
    pub tries: u32,
    /// Why, the last time.
    pub words: Option<String>,
    /// No delivery before this time, in milliseconds since 1970.
    pub due: i64,
}

/// A pause of deliveries to a company's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// They answered: no pause.
    None,
    /// They did not answer; no delivery is tried before this time.
    Until(Time, String),
}

impl CompanyStore<'_> {
    /// Reads the company's records; none where it has none.
    pub async fn records(&self) -> Result<Option<RecordsRow>, StoreError> {
        let row = sqlx::query("select * from records where company = $1").bind(self.company.to_string());
        row.fetch_optional(&self.store.pool).await?.as_ref().map(records).transpose()
    }

    /// Sets the place of the records, from now on; none: the company has no records any more, and notices that wait are
    /// deleted.
    ///
    /// # Errors
    /// [`StoreError::NoSuchCompany`]; [`StoreError::Invalid`] for a folder that is not named from the root.
    pub async fn set_records(&self, place: Option<&RecordsPlace>) -> Result<(), StoreError> {
        let company = self.company.to_string();
        let mut transaction = self.store.write().await?;
        match place {
            Some(RecordsPlace::Folder { path }) if !path.is_absolute() || path.to_str().is_none() => {
                return Err(StoreError::invalid("folder", "expected an absolute path in UTF-8"));
            }
            Some(place) => {
                let set = sqlx::query(
                    "insert into records (company, place) select id, $2 from companies where id = $1 \
                     on conflict (company) do update set place = excluded.place, due = 0, tries = 0, words = null",
                );
                let set =
                    set.bind(company.clone()).bind(row::to_json(place)?).execute(&mut *transaction).await?;
                if set.rows_affected() == 0 {
                    return Err(StoreError::NoSuchCompany(company));
                }
            }
            None => {
                for statement in [
                    "delete from records where company = $1",
                    "delete from status_changes where company = $1",
                    "delete from notices where company = $1 and state <> 'delivered'",
                ] {
                    sqlx::query(statement).bind(company.clone()).execute(&mut *transaction).await?;
                }
            }
        }
        transaction.commit().await
    }
}

impl SystemStore {
    /// Lists the companies whose records have notices or status changes due, and no lease owner.
    pub async fn records_due(&self, now: Time) -> Result<Vec<CompanyId>, StoreError> {
        let rows = sqlx::query(
            "select company, lease_owner, lease from records where due <= $1 and (exists (select 1 from status_changes \
             where status_changes.company = records.company and status_changes.due <= $1) or exists (select 1 from notices \
             where notices.company = records.company and state = 'waiting' and notices.due <= $1)) order by company",
        );
        let rows = rows.bind(now.timestamp_millis()).fetch_all(&self.pool).await?;
        let mut companies = Vec::with_capacity(rows.len());
        for row in &rows {
            if is_free(row, now)? {
                companies.push(row::parsed(row, "company")?);
            }
        }
        Ok(companies)
    }

    /// Leases a company's records until `now + lease`. Returns false where another owner has them.
    pub async fn lease_records(
        &self,
        company: CompanyId,
        lease_owner: &LeaseOwner,
        now: Time,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let company = company.to_string();
        let row =
            sqlx::query("select lease_owner, lease from records where company = $1").bind(company.clone());
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(false) };
        let (before, until) = (row::optional_text(&row, "lease_owner")?, row.try_get::<i64, _>("lease")?);
        if before.as_deref() != Some(lease_owner.as_str()) && !is_free(&row, now)? {
            return Ok(false);
        }
        let millis = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let taken = sqlx::query(
            "update records set lease_owner = $1, lease = $2 where company = $3 and coalesce(lease_owner, '') = $4 and lease = $5",
        );
        let taken = taken
            .bind(lease_owner.as_str())
            .bind(now.timestamp_millis().saturating_add(millis))
            .bind(company)
            .bind(before.unwrap_or_default())
            .bind(until);
        Ok(self.write_one(taken).await? == 1)
    }

    /// Releases a company's records.
    pub async fn release_records(
        &self,
        company: CompanyId,
        lease_owner: &LeaseOwner,
        pause: &Pause,
    ) -> Result<(), StoreError> {
        let sql = match pause {
            Pause::None => "due = 0, tries = 0, words = null",
            Pause::Until(..) => "due = $3, tries = tries + 1, words = $4",
        };
        let sql = format!(
            "update records set lease_owner = null, lease = 0, {sql} where company = $1 and lease_owner = $2"
        );
        let mut transaction = self.write().await?;
        let left = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(company.to_string()).bind(lease_owner.as_str());
        let left = match pause {
            Pause::None => left,
            Pause::Until(due, words) => {
                let words = without_erased(&mut transaction, &self.pseudonyms, company, words).await?;
                left.bind(due.timestamp_millis()).bind(bounded(&words))
            }
        };
        left.execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

/// Returns true if the records have no lease owner: the lease has ended, or its owner was a program of this machine that has
/// ended.
fn is_free(row: &AnyRow, now: Time) -> Result<bool, StoreError> {
    let lease_owner = row::optional_text(row, "lease_owner")?;
    let until: i64 = row.try_get("lease")?;
    Ok(until <= now.timestamp_millis() || lease_owner.is_none_or(|name| LeaseOwner::has_ended(&name)))
}

fn records(row: &AnyRow) -> Result<RecordsRow, StoreError> {
    Ok(RecordsRow {
        place: row::json(row, "place")?,
        tries: u32::try_from(row::count(row, "tries")?).unwrap_or(u32::MAX),
        words: row::optional_text(row, "words")?,
        due: row.try_get("due")?,
    })
}

//! Who follows a mailbox: one lease owner at a time, among all processes.

use crate::mailbox::types::{MailboxLease, MailboxToFollow};
use crate::queue::lease_owner::LeaseOwner;
use crate::sql::row::{self, Time};
use crate::{StoreError, SystemStore};
use postroom_model::{AccountId, CompanyId};
use sqlx::{AnyConnection, Row as _};
use std::time::Duration;

/// A mailbox whose lease was found to be held, and its row locked until the transaction ends.
#[derive(Debug)]
pub(crate) struct HeldMailbox {
    pub(crate) number: i64,
    pub(crate) company: CompanyId,
    /// The first of the ids that were asked for.
    pub(crate) first_id: i64,
    pub(crate) index_bodies: bool,
}

impl SystemStore {
    /// Lists the accounts that have a mailbox, in the order of their companies.
    pub async fn mailboxes_to_follow(&self) -> Result<Vec<MailboxToFollow>, StoreError> {
        let rows = sqlx::query(
            "select id, company from accounts where name_key is not null and mailbox is not null order by company, id",
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let read = |row| {
            Ok(MailboxToFollow { company: row::parsed(row, "company")?, account: row::parsed(row, "id")? })
        };
        rows.iter().map(read).collect()
    }

    /// Leases the mailbox of an account to `owner` until `now + lease`. Returns none where another owner has it, or the account
    /// has no mailbox.
    pub async fn claim_mailbox(
        &self,
        owner: &LeaseOwner,
        account: AccountId,
        now: Time,
        lease: Duration,
    ) -> Result<Option<MailboxLease>, StoreError> {
        let mut transaction = self.write().await?;
        let sql = "select accounts.company, mailboxes.lease_owner, mailboxes.lease from accounts \
                   left join mailboxes on mailboxes.account = accounts.id \
                   where accounts.id = $1 and accounts.name_key is not null and accounts.mailbox is not null";
        let found = sqlx::query(sql).bind(account.to_string()).fetch_optional(&mut *transaction).await?;
        let Some(found) = found else { return Ok(None) };
        let (at, until) = (now.timestamp_millis(), row::lease_end(now, lease));
        let before = row::optional_text(&found, "lease_owner")?;
        let end: Option<i64> = found.try_get("lease")?;
        if end.is_none() {
            add_mailbox(&mut transaction, account, row::parsed(&found, "company")?).await?;
        }
        let end = end.unwrap_or_default();
        // A lease that ends later than one that begins now was made before the clock went back.
        let is_free = before.as_deref().is_none_or(|before| {
            before == owner.as_str() || end <= at || end > until || LeaseOwner::has_ended(before)
        });
        if !is_free {
            return Ok(None);
        }
        let sql = "update mailboxes set lease_owner = $1, lease = $2 \
                   where account = $3 and coalesce(lease_owner, '') = $4 and lease = $5";
        let done = sqlx::query(sql)
            .bind(owner.as_str())
            .bind(until)
            .bind(account.to_string())
            .bind(before.unwrap_or_default())
            .bind(end)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let lease = MailboxLease { account, owner: owner.as_str().to_owned() };
        Ok((done.rows_affected() == 1).then_some(lease))
    }

    /// Extends a lease until `now + duration`. Returns false where it was lost.
    pub async fn renew_mailbox(
        &self,
        lease: &MailboxLease,
        now: Time,
        duration: Duration,
    ) -> Result<bool, StoreError> {
        let renew = sqlx::query("update mailboxes set lease = $1 where account = $2 and lease_owner = $3")
            .bind(row::lease_end(now, duration))
            .bind(lease.account.to_string())
            .bind(lease.owner.clone());
        Ok(self.write_one(renew).await? == 1)
    }

    /// Ends a lease, if it was not lost before.
    pub async fn release_mailbox(&self, lease: &MailboxLease) -> Result<(), StoreError> {
        let sql =
            "update mailboxes set lease_owner = null, lease = 0 where account = $1 and lease_owner = $2";
        let release = sqlx::query(sql).bind(lease.account.to_string()).bind(lease.owner.clone());
        self.write_one(release).await.map(drop)
    }
}

/// Adds the mailbox of an account that has none in the index.
pub(crate) async fn add_mailbox(
    connection: &mut AnyConnection,
    account: AccountId,
    company: CompanyId,
) -> Result<(), StoreError> {
    let sql = "insert into mailboxes (account, company) values ($1, $2) on conflict (account) do nothing";
    sqlx::query(sql).bind(account.to_string()).bind(company.to_string()).execute(&mut *connection).await?;
    crate::mailbox::contacts::add_those_of_earlier_mails(connection, company).await
}

/// Checks that the lease is held, locks the mailbox until the transaction ends, and takes `ids` new ids.
///
/// # Errors
/// [`StoreError::MailboxLeaseLost`].
pub(crate) async fn hold(
    connection: &mut AnyConnection,
    lease: &MailboxLease,
    ids: usize,
) -> Result<HeldMailbox, StoreError> {
    let sql = "update mailboxes set last = last + $1 where account = $2 and lease_owner = $3 \
               returning number, company, last, index_bodies";
    let row = sqlx::query(sql)
        .bind(row::whole(ids as u64))
        .bind(lease.account.to_string())
        .bind(lease.owner.clone())
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::MailboxLeaseLost(lease.account.to_string()))?;
    let number: i64 = row.try_get("number")?;
    let last: i64 = row.try_get("last")?;
    Ok(HeldMailbox {
        number,
        company: row::parsed(&row, "company")?,
        first_id: id_of(number, last - row::whole(ids as u64) + 1)?,
        index_bodies: row::flag(&row, "index_bodies")?,
    })
}

/// Combines the number of a mailbox and a count within it to an id.
pub(crate) fn id_of(mailbox: i64, count: i64) -> Result<i64, StoreError> {
    match (i32::try_from(mailbox), u32::try_from(count)) {
        (Ok(mailbox), Ok(count)) => Ok((i64::from(mailbox) << 32) | i64::from(count)),
        _ => Err(StoreError::invalid("mailbox", "its ids are used up: remove the account and add it again")),
    }
}

//! Copies that are to be filed in Sent: a list beside the queue, with leases of its own, since a mailbox that is down must hold
//! up no mail.

use crate::queue::claim::{Due, due};
use crate::sql::row::{self, Time};
use crate::{StoreError, SystemStore};
use postroom_model::{AccountId, MailId};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::time::Duration;

/// A copy to be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyDue {
    /// The mail.
    pub mail: MailId,
    /// Times that it was tried; after the first it is unknown whether it was filed.
    pub tries: u32,
}

impl SystemStore {
    /// Lists the accounts that have copies to file.
    pub async fn copies_due(&self, now: Time) -> Result<Vec<Due>, StoreError> {
        let rows = sqlx::query(
            "select id, company from accounts where name_key is not null and exists (select 1 from outbox \
             where outbox.account = accounts.id and copy = 'due' and copy_due <= $1) order by company, id",
        );
        let rows = rows.bind(now.timestamp_millis()).fetch_all(&self.pool).await?;
        rows.iter().map(due).collect()
    }

    /// Leases at most `most` copies of an account until `now + lease`.
    pub async fn claim_copies(
        &self,
        account: AccountId,
        most: u32,
        now: Time,
        lease: Duration,
    ) -> Result<Vec<CopyDue>, StoreError> {
        let rows = sqlx::query(
            "update outbox set copy_due = $1, copy_tries = copy_tries + 1 where mail in (select mail from outbox \
             where account = $2 and copy = 'due' and copy_due <= $3 order by copy_due, mail limit $4) \
             and copy_due <= $3 returning mail, copy_tries",
        );
        let rows = rows
            .bind(row::lease_end(now, lease))
            .bind(account.to_string())
            .bind(now.timestamp_millis())
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        let due = |row: &AnyRow| {
            let tries: i64 = row.try_get("copy_tries")?;
            Ok(CopyDue { mail: row::parsed(row, "mail")?, tries: u32::try_from(tries - 1).unwrap_or(0) })
        };
        let mut copies = rows.iter().map(due).collect::<Result<Vec<_>, StoreError>>()?;
        copies.sort_unstable_by_key(|copy| copy.mail);
        Ok(copies)
    }

    /// Marks copies as done: they are filed, or can not be.
    pub async fn copies_done(&self, mails: &[MailId]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for mail in mails {
            let done = sqlx::query("update outbox set copy = 'done' where mail = $1").bind(mail.to_string());
            done.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Puts copies off until `due`.
    pub async fn copies_later(&self, mails: &[MailId], due: Time) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for mail in mails {
            let later = sqlx::query("update outbox set copy_due = $1 where mail = $2");
            later.bind(due.timestamp_millis()).bind(mail.to_string()).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

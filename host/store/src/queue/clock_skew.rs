//! Repairs due times that a backward clock change left in the future, further ahead than any wait or lease reaches: no worker
//! would look at these mails for that long.

use crate::sql::row::Time;
use crate::{StoreError, SystemStore};
use chrono::Duration;

/// Longer than any lease, and than a mail waits for nothing in particular. Clocks of two machines differ by less.
const LEASE: Duration = Duration::hours(1);

/// Longer than any wait between two attempts: after two days a mail is given up.
const WAIT: Duration = Duration::hours(49);

/// Longer than a copy waits for its next filing.
const COPY: Duration = Duration::hours(3);

impl SystemStore {
    /// Makes mails and copies due whose time lies further ahead than any wait or lease. A time that a person chose is left
    /// alone. Returns how many mails; the worker that claims one decides anew what it waits for.
    pub async fn repair_due_times(&self, now: Time) -> Result<u64, StoreError> {
        let after = |wait: Duration| (now + wait).timestamp_millis();
        let mails = sqlx::query(
            "update outbox set due = $1, lease_owner = null where state = 'ready' and due > $2 \
             and account in (select id from accounts where name_key is not null) \
             and (lease_owner is not null or (send_at is null and (cause is null or due > $3)))",
        );
        let mails = mails.bind(now.timestamp_millis()).bind(after(LEASE)).bind(after(WAIT));
        let mails = self.write_one(mails).await?;
        let copies = sqlx::query(
            "update outbox set copy_due = $1 where copy = 'due' and copy_due > $2 \
             and account in (select id from accounts where name_key is not null)",
        );
        self.write_one(copies.bind(now.timestamp_millis()).bind(after(COPY))).await?;
        Ok(mails)
    }
}

//! Times that a clock left behind which went back: further ahead than any wait or lease reaches. Nobody would look at these
//! mails before that time came again.

use crate::sql::row::Time;
use crate::{StoreError, SystemStore};
use chrono::Duration;

/// No lease reaches so far, and no mail that waits for nothing in particular. Clocks of two machines differ by less.
const LEASE: Duration = Duration::hours(1);

/// No wait between two attempts reaches so far: after two days a mail is given up.
const WAIT: Duration = Duration::hours(49);

/// No copy waits so long for its next filing.
const COPY: Duration = Duration::hours(3);

impl SystemStore {
    /// Makes due what is not, because a clock went back. What a person wished to leave at a time is left alone. Gives how
    /// many mails. Whoever takes one decides anew what it waits for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bring_back(&self, now: Time) -> Result<u64, StoreError> {
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

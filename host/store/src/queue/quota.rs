//! The daily limit of an account: what a provider takes in 24 hours, in recipients. A claim respects it, so that mails wait
//! here instead of being refused there. Mails that don't fit are put off to the time at which there is room again, with that
//! reason: the next one to when the oldest leaves the window, those behind it in steps.

use crate::queue::state::WaitReason;
use crate::schema::dialect::Dialect;
use crate::sql::row::{self, Time};
use crate::{Store, StoreError, UserStore};
use postroom_model::AccountId;
use sqlx::{AnyConnection, AssertSqlSafe};
use uuid::Uuid;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Clocks of several machines differ by less. What was begun later than that was begun before this clock went back.
const SKEW: i64 = 5 * 60 * 1000;

/// Steps in which those behind the next one are put off. Each is a statement.
const STEPS: usize = 64;

/// An attempt whose mail left, or may have left: when it began, in milliseconds since 1970, and its recipients.
type Left = (i64, i64);

impl UserStore<'_> {
    /// Counts the recipients of an account's mails of the 24 hours before now.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn sent_in_a_day(&self, account: AccountId, now: Time) -> Result<u64, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        self.reach(&mut connection, account).await?;
        let left = self.store.left_within(&mut connection, account, now.timestamp_millis(), DAY).await?;
        Ok(u64::try_from(left).unwrap_or(0))
    }
}

impl Store {
    /// Computes how many of the account's due mails the limit lets leave now, at most `most`. Where it lets none, they are put
    /// off.
    pub(crate) async fn room(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        per_day: u32,
        most: u32,
        at: i64,
    ) -> Result<u32, StoreError> {
        let left = self.left_since(connection, account, at, DAY).await?;
        let sent: i64 = left.iter().map(|(_, recipients)| recipients).sum();
        let in_hand = self.in_hand(connection, account, at).await?;
        let waiting = self.waiting(connection, account, at, most).await?;
        let free = i64::from(per_day) - sent;
        let fit = fitting(&waiting, free - in_hand, sent + in_hand == 0);
        let Some(next) = waiting.first().filter(|_| fit == 0) else {
            return Ok(u32::try_from(fit).unwrap_or(most).min(most));
        };
        // A leased mail may be released: nothing is put off because of it.
        if *next > free {
            self.put_off(connection, account, per_day, at, &slots(&left, at), next - free).await?;
        }
        Ok(0)
    }

    /// Counts the recipients of mails that left, or may have left, within so many milliseconds.
    pub(crate) async fn left_within(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        at: i64,
        span: i64,
    ) -> Result<i64, StoreError> {
        let left = self.left_since(connection, account, at, span).await?;
        Ok(left.iter().map(|(_, recipients)| recipients).sum())
    }

    /// Reads the attempts of a time by their ids: an id is created when its attempt begins, and the index is by account and id.
    async fn left_since(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        at: i64,
        span: i64,
    ) -> Result<Vec<Left>, StoreError> {
        let sql = format!(
            "select attempts.id, {} as recipients from attempts join mails on mails.id = attempts.mail \
             where attempts.account = $1 and attempts.id >= $2 and attempts.id < $3 \
             and result in ('accepted', 'partly-accepted', 'found', 'in-doubt') order by attempts.id",
            self.recipients(),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(account.to_string())
            .bind(first_id(at - span + 1))
            .bind(first_id(at + SKEW))
            .fetch_all(connection)
            .await?;
        let left = rows.iter().map(|row| {
            let id: Uuid = row::parsed(row, "id")?;
            let begun = id.get_timestamp().map_or(0, |time| {
                let (seconds, nanos) = time.to_unix();
                i64::try_from(seconds).unwrap_or(0).saturating_mul(1000) + i64::from(nanos / 1_000_000)
            });
            Ok((begun, recipients(row)?))
        });
        left.collect()
    }

    async fn in_hand(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        at: i64,
    ) -> Result<i64, StoreError> {
        let sql = format!(
            "select cast(coalesce(sum({}), 0) as bigint) as recipients from outbox join mails on mails.id = outbox.mail \
             where outbox.lease_owner is not null and outbox.account = $1 and outbox.state = 'ready' and outbox.due > $2",
            self.recipients(),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).bind(at);
        recipients(&row.fetch_one(connection).await?)
    }

    /// Reads the number of recipients of each of the next mails.
    async fn waiting(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        at: i64,
        most: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let sql = format!(
            "select {} as recipients from outbox join mails on mails.id = outbox.mail where outbox.account = $1 \
             and outbox.state = 'ready' and outbox.due <= $2 order by outbox.due, outbox.mail limit $3",
            self.recipients(),
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).bind(at).bind(i64::from(most));
        rows.fetch_all(connection).await?.iter().map(recipients).collect()
    }

    /// Puts off what is due: the next mail until enough is free for it, those behind it as one recipient after the other
    /// becomes free, and what would not leave within the day to the day after.
    async fn put_off(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
        per_day: u32,
        at: i64,
        slots: &[i64],
        needed: i64,
    ) -> Result<(), StoreError> {
        let place = usize::try_from(needed - 1).unwrap_or(0).min(slots.len().saturating_sub(1));
        let Some((until, behind)) = slots.get(place..).and_then(<[i64]>::split_first) else { return Ok(()) };
        let reason = format!("the account's daily limit of {per_day} recipients is reached");
        let mut steps = vec![(*until, 1)];
        let step = behind.len().div_ceil(STEPS).max(1);
        let later = behind.chunks(step).filter_map(|step| Some((*step.last()?, step.len())));
        steps.extend(later);
        steps.push((until + DAY, usize::MAX));
        for (due, mails) in steps {
            let mails = i64::try_from(mails).unwrap_or(i64::MAX);
            let moved = sqlx::query(
                "update outbox set due = $1, lease_owner = null, cause = $2, reason = $3 where mail in (select mail from outbox \
                 where account = $4 and state = 'ready' and due <= $5 order by due, mail limit $6)",
            )
            .bind(due)
            .bind(WaitReason::Wait.as_str())
            .bind(reason.clone())
            .bind(account.to_string())
            .bind(at)
            .bind(mails)
            .execute(&mut *connection)
            .await?;
            if i64::try_from(moved.rows_affected()).unwrap_or(0) < mails {
                break;
            }
        }
        Ok(())
    }

    fn recipients(&self) -> &'static str {
        match self.dialect {
            Dialect::Sqlite => "json_array_length(mails.rcpt_to)",
            Dialect::Postgres => "cast(json_array_length(cast(mails.rcpt_to as json)) as bigint)",
        }
    }
}

fn recipients(row: &sqlx::any::AnyRow) -> Result<i64, StoreError> {
    Ok(sqlx::Row::try_get(row, "recipients")?)
}

/// Returns the least id of an attempt that begins at this time or later.
fn first_id(millis: i64) -> String {
    let millis = u64::try_from(millis).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid().to_string()
}

/// Returns how many of these mails fit. One that is larger than the limit itself leaves when no other did.
fn fitting(waiting: &[i64], mut free: i64, is_empty: bool) -> usize {
    let mut fit = 0;
    for recipients in waiting {
        free -= recipients;
        if free < 0 && !(is_empty && fit == 0) {
            break;
        }
        fit += 1;
    }
    fit
}

/// Returns when each recipient leaves the window, soonest first; never later than in a day.
fn slots(left: &[Left], at: i64) -> Vec<i64> {
    let mut slots: Vec<i64> = Vec::new();
    for (begun, recipients) in left {
        let free = (begun + DAY).clamp(at + 1, at + DAY);
        slots.extend(std::iter::repeat_n(free, usize::try_from(*recipients).unwrap_or(0)));
    }
    slots.sort_unstable();
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_mails_leave_as_have_room_for_all_their_recipients() {
        for (waiting, free, is_empty, fit) in [
            (&[][..], 10, true, 0),
            (&[1, 1, 1], 2, false, 2),
            (&[1, 5, 1], 3, false, 1),
            (&[1], 0, false, 0),
            (&[1], -4, false, 0),
            (&[50, 1], 10, true, 1),
            (&[50], 10, false, 0),
        ] {
            assert_eq!(fitting(waiting, free, is_empty), fit, "{waiting:?} into {free}");
        }
    }

    #[test]
    fn a_recipient_is_free_again_a_day_later_whatever_the_clock_did() {
        let now = 10 * DAY;
        let left = [(now - DAY + 5, 2), (now - 7, 1), (now + SKEW - 1, 1)];
        assert_eq!(slots(&left, now), [now + 5, now + 5, now + DAY - 7, now + DAY]);
    }

    #[test]
    fn ids_are_in_the_order_of_their_times() {
        let id = Uuid::now_v7().to_string();
        let now = chrono::Utc::now().timestamp_millis();
        assert!(first_id(now - 10_000) < id && id < first_id(now + 10_000), "{id}");
        assert!(first_id(-1) < first_id(now));
    }
}

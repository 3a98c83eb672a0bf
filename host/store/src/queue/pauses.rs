//! Accounts that can't send at present, and what their providers' refusals taught of their limits.
//!
//! What is wrong with an account is stored once, with the account, and its mails wait for it: one wrong password is no reason
//! to let a thousand mails ask for it. When the pause ends, one mail tries; each try that fails makes the next pause longer. A
//! report of an attempt that began before the account was put right changes nothing.

use crate::attempts::attribution::without_erased;
use crate::queue::state::Pace;
use crate::sql::row::from_millis;
use crate::sql::row::{self, Time};
use crate::sql::writing::WriteTransaction;
use crate::{Store, StoreError};
use chrono::Local;
use postroom_model::{AccountId, AccountState, CompanyId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// The longest pause, in seconds, however often it was tried. A server's own word may be longer.
const LONGEST: i64 = 4 * 60 * 60;
/// How long a limit that was learned counts, in milliseconds: what was used up may have been used up by another program.
const LEARNED_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

/// No pause ends further ahead, in milliseconds: one that does was written by a clock that was ahead.
const FURTHEST: i64 = 25 * 60 * 60 * 1000;
/// The fewest recipients from which anything is learned.
const LEAST_LEARNED: i64 = 20;

/// Why an account can't send at present. The contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseCause {
    /// What its provider lets it send is used up.
    Quota,
    /// Something is wrong with it: its password, its server's certificate, its permission.
    Fault,
}

impl PauseCause {
    /// Returns its name in the store, which is the contract's.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Fault => "fault",
        }
    }

    /// Parses the name of a cause.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Quota, Self::Fault].into_iter().find(|it| it.as_str() == text)
    }
}

/// The time that a used-up limit is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitPeriod {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// A pause of an account that can't send at present.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AccountPause {
    /// Why.
    pub cause: PauseCause,
    /// Why, in a sentence with the server's words.
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// When one of its mails tries it again.
    pub until: Time,
    /// How often it was tried in vain.
    pub tries: u32,
}

/// A pause that an attempt asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccountPause {
    /// Why.
    pub cause: PauseCause,
    /// The time that the limit is counted over, where the server named one.
    pub period: Option<LimitPeriod>,
    /// Seconds until it is to be tried again.
    pub seconds: u32,
    /// Why, in a sentence with the server's words.
    pub reason: String,
    /// When the attempt began.
    pub started: Time,
    /// The longest pause, in seconds, however often it was tried; none: that of an account that is certainly at fault.
    pub longest: Option<u32>,
}

/// The limits of an account that refusals taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LearnedPace {
    /// Mails in a minute.
    pub per_minute: Option<u32>,
    /// Recipients in 24 hours.
    pub per_day: Option<u32>,
    /// When.
    pub at: Time,
}

impl LearnedPace {
    /// Returns the slower of this and of what a provider is known to allow, but no less than a quarter of that: the rest was
    /// used up by another program.
    pub fn within(learned: Option<Self>, known: Pace) -> Pace {
        let least = |known: Option<u32>, learned: Option<u32>| match (known, learned) {
            (Some(known), Some(learned)) => Some(learned.clamp((known / 4).max(1), known)),
            (known, learned) => known.or(learned),
        };
        Pace {
            per_minute: least(known.per_minute, learned.and_then(|it| it.per_minute)),
            per_day: least(known.per_day, learned.and_then(|it| it.per_day)),
            ..known
        }
    }
}

impl Store {
    /// Reads the pause that a company's account is in, or was in when it was last tried; none: it was put right, or never
    /// failed.
    pub async fn account_pause(
        &self,
        company: CompanyId,
        account: AccountId,
    ) -> Result<Option<AccountPause>, StoreError> {
        let row =
            sqlx::query("select * from pauses where company = $1 and account = $2 and until is not null");
        let row = row.bind(company.to_string()).bind(account.to_string()).fetch_optional(&self.pool).await?;
        let known = row.as_ref().map(pause).transpose()?;
        let latest = Local::now().timestamp_millis() + FURTHEST;
        Ok(known.filter(|pause| pause.until.timestamp_millis() <= latest))
    }

    /// Pauses a company's account, and learns of its limit. An attempt that began before the account was put right, or before
    /// it was paused for as long already, changes nothing. Returns the pause that it is in now.
    pub async fn pause_account(
        &self,
        company: CompanyId,
        account: AccountId,
        new: &NewAccountPause,
        now: Time,
    ) -> Result<Option<AccountPause>, StoreError> {
        let mut transaction = self.write().await?;
        let reason = without_erased(&mut transaction, &self.pseudonyms, company, &new.reason).await?;
        let known = sqlx::query(
            "update pauses set tries = tries where company = $1 and account = $2 returning until, tries",
        );
        let known = known.bind(company.to_string()).bind(account.to_string());
        let known = known.fetch_optional(&mut *transaction).await?;
        let tries = match &known {
            Some(row) => i64::try_from(row::count(row, "tries")?).unwrap_or(0),
            None => 0,
        };
        let longer = i64::from(new.seconds) << tries.min(12);
        let longest = new.longest.map_or(LONGEST, |longest| LONGEST.min(longest.into()));
        let seconds = longer.min(longest).max(new.seconds.into());
        let started = new.started.timestamp_millis();
        let changed = sqlx::query(
            "insert into pauses (account, company, cause, reason, since, until, tries) \
             select id, company, $1, $2, $3, $4, 1 from accounts where company = $5 and id = $6 and name_key is not null \
             on conflict (account) do update set cause = excluded.cause, reason = excluded.reason, \
             since = case when pauses.until is null then excluded.since else pauses.since end, \
             until = excluded.until, tries = pauses.tries + 1 \
             where (pauses.until is null and (coalesce(pauses.resumed, 0) <= $7 or pauses.resumed > $8)) \
             or pauses.until <= $7 or pauses.until > $9",
        )
        .bind(new.cause.as_str())
        .bind(row::without_zeros(&reason))
        .bind(row::stamp(now))
        .bind(now.timestamp_millis() + seconds * 1000)
        .bind(company.to_string())
        .bind(account.to_string())
        .bind(started)
        .bind(now.timestamp_millis())
        .bind(now.timestamp_millis() + FURTHEST)
        .execute(&mut *transaction)
        .await?;
        if let Some(period) = new.period.filter(|_| changed.rows_affected() > 0) {
            self.learn(&mut transaction, account, period, now).await?;
        }
        transaction.commit().await?;
        self.account_pause(company, account).await
    }

    /// Ends the pause of a company's account that was put right, or that sent. Its mails go on; those that the account's server
    /// refused go on behind the others, as they were put off.
    pub async fn resume_account(
        &self,
        company: CompanyId,
        account: AccountId,
        now: Time,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let known = sqlx::query(
            "update pauses set tries = tries where company = $1 and account = $2 returning until",
        );
        let known = known.bind(company.to_string()).bind(account.to_string());
        let known = known.fetch_optional(&mut *transaction).await?;
        let until: Option<i64> = known.as_ref().and_then(|row| sqlx::Row::try_get(row, "until").ok());
        end_pause(&mut transaction, company, account, now.timestamp_millis()).await?;
        sqlx::query(
            "update outbox set due = $1, cause = null, reason = null where company = $2 and account = $3 \
             and state = 'ready' and cause = 'account' and lease_owner is null and due > $1 and due <= $4",
        )
        .bind(Local::now().timestamp_millis())
        .bind(company.to_string())
        .bind(account.to_string())
        .bind(until.unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.notify_workers().await;
        Ok(())
    }

    /// Makes the mails due that waited for their account, once it is ready, and ends its pause. Those of an account that was
    /// marked compromised are decided anew.
    pub(crate) async fn resume_waiting_mails(
        &self,
        company: CompanyId,
        account: AccountId,
        state: &AccountState,
    ) -> Result<(), StoreError> {
        if matches!(state, AccountState::NeedsSignIn { .. }) {
            return Ok(());
        }
        let go = sqlx::query(
            "update outbox set state = 'ready', due = $1, cause = null, reason = null \
             where company = $2 and account = $3 and cause = 'account' \
             and (state = 'held' or (state = 'ready' and lease_owner is null))",
        );
        let now = Local::now().timestamp_millis();
        let mut transaction = self.write().await?;
        end_pause(&mut transaction, company, account, now).await?;
        let go = go.bind(now).bind(company.to_string()).bind(account.to_string());
        go.execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.notify_workers().await;
        Ok(())
    }

    /// Reads what refusals of the last month taught of the limits of a company's account.
    pub async fn learned_pace(
        &self,
        company: CompanyId,
        account: AccountId,
        now: Time,
    ) -> Result<Option<LearnedPace>, StoreError> {
        let row = sqlx::query(
            "select learned_per_minute, learned_per_day, learned_at from paces join accounts on accounts.id = paces.account \
             where accounts.company = $1 and accounts.id = $2 and learned_at > $3",
        );
        let since = now.timestamp_millis() - LEARNED_FOR;
        let row = row.bind(company.to_string()).bind(account.to_string()).bind(since);
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(LearnedPace {
            per_minute: row::optional_small(&row, "learned_per_minute")?,
            per_day: row::optional_small(&row, "learned_per_day")?,
            at: from_millis(sqlx::Row::try_get(&row, "learned_at")?),
        }))
    }

    /// What left in the time before a refusal is what the provider lets leave in that time. Nothing is learned where hardly
    /// anything left: another program used it up.
    async fn learn(
        &self,
        transaction: &mut WriteTransaction,
        account: AccountId,
        period: LimitPeriod,
        now: Time,
    ) -> Result<(), StoreError> {
        let at = now.timestamp_millis();
        let (span, column) = match period {
            LimitPeriod::Hour => (3_600_000, "learned_per_minute"),
            LimitPeriod::Day => (24 * 3_600_000, "learned_per_day"),
        };
        let left = self.left_within(transaction, account, at, span).await?;
        if left < LEAST_LEARNED {
            return Ok(());
        }
        let learned = match period {
            // A pace is counted by the minute: fewer in an hour can't be said.
            LimitPeriod::Hour => left / 60,
            LimitPeriod::Day => left,
        };
        if learned == 0 {
            return Ok(());
        }
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "insert into paces (account, {column}, learned_at) values ($1, $2, $3) \
             on conflict (account) do update set {column} = excluded.{column}, learned_at = excluded.learned_at"
        )))
        .bind(account.to_string())
        .bind(learned)
        .bind(at)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }
}

/// Stores that a company's account was put right at this time, in milliseconds since 1970.
pub(crate) async fn end_pause(
    connection: &mut AnyConnection,
    company: CompanyId,
    account: AccountId,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update pauses set until = null, resumed = $1, tries = 0, reason = '' where company = $2 and account = $3",
    )
    .bind(at)
    .bind(company.to_string())
    .bind(account.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn pause(row: &AnyRow) -> Result<AccountPause, StoreError> {
    let cause = row::text(row, "cause")?;
    Ok(AccountPause {
        cause: PauseCause::parse(&cause)
            .ok_or_else(|| StoreError::Damaged(format!("a pause's cause: {cause}")))?,
        reason: row::text(row, "reason")?,
        since: row::time(row, "since")?,
        until: from_millis(sqlx::Row::try_get(row, "until")?),
        tries: u32::try_from(row::count(row, "tries")?).unwrap_or(u32::MAX),
    })
}

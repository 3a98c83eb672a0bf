//! Reading columns. A value that does not parse was not written by this program: the store is damaged.

use crate::StoreError;
use chrono::{DateTime, FixedOffset, Local, SecondsFormat, TimeZone as _};
use postroom_model::{Account, AccountState, Company, Fallback, FallbackPolicy, Folders, User, UserSettings};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// Characters of a server's words that are stored.
const WORDS: usize = 16 * 1024;

/// A point in time with its zone.
pub(crate) type Time = DateTime<FixedOffset>;

fn damaged(column: &str) -> impl FnOnce(&dyn Display) -> StoreError {
    let column = column.to_owned();
    move |error| StoreError::Damaged(format!("column {column}: {error}"))
}

pub(crate) fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn optional_text(row: &AnyRow, column: &str) -> Result<Option<String>, StoreError> {
    Ok(row.try_get(column)?)
}

pub(crate) fn parsed<T: FromStr<Err: Display>>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    text(row, column)?.parse().map_err(|e| damaged(column)(&e))
}

pub(crate) fn optional<T: FromStr<Err: Display>>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let text = optional_text(row, column)?;
    text.map(|text| text.parse().map_err(|e| damaged(column)(&e))).transpose()
}

pub(crate) fn time(row: &AnyRow, column: &str) -> Result<Time, StoreError> {
    DateTime::parse_from_rfc3339(&text(row, column)?).map_err(|e| damaged(column)(&e))
}

pub(crate) fn optional_time(row: &AnyRow, column: &str) -> Result<Option<Time>, StoreError> {
    let text = optional_text(row, column)?;
    text.map(|text| DateTime::parse_from_rfc3339(&text).map_err(|e| damaged(column)(&e))).transpose()
}

pub(crate) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(&text(row, column)?).map_err(|e| damaged(column)(&e))
}

pub(crate) fn optional_json<T: DeserializeOwned>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let text = optional_text(row, column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|e| damaged(column)(&e))).transpose()
}

pub(crate) fn count(row: &AnyRow, column: &str) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|e| damaged(column)(&e))
}

pub(crate) fn optional_count(row: &AnyRow, column: &str) -> Result<Option<u64>, StoreError> {
    let number: Option<i64> = row.try_get(column)?;
    number.map(|number| u64::try_from(number).map_err(|e| damaged(column)(&e))).transpose()
}

/// Reads a number that may be absent; one that is too large is absent.
pub(crate) fn optional_small(row: &AnyRow, column: &str) -> Result<Option<u32>, StoreError> {
    Ok(optional_count(row, column)?.and_then(|number| u32::try_from(number).ok()))
}

pub(crate) fn flag(row: &AnyRow, column: &str) -> Result<bool, StoreError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

pub(crate) fn bytes(row: &AnyRow, column: &str) -> Result<Vec<u8>, StoreError> {
    Ok(row.try_get(column)?)
}

/// Formats a time as it is stored: to the microsecond, with its zone.
pub(crate) fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Serialises a value of our own types.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::invalid("value", e))
}

/// Converts a number to the database's type, and the largest ones to its largest.
pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Replaces zero bytes, which PostgreSQL does not store.
pub(crate) fn without_zeros(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Shortens a text that a server wrote to the characters that the store keeps, without zero bytes.
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(WORDS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

/// Gives the end of a lease, in milliseconds since 1970.
pub(crate) fn lease_end(now: Time, lease: Duration) -> i64 {
    now.timestamp_millis().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2))
}

/// Converts milliseconds since 1970 to a time in this machine's zone, in which people read it.
pub(crate) fn from_millis(millis: i64) -> Time {
    Local
        .timestamp_millis_opt(millis)
        .single()
        .map_or_else(|| DateTime::UNIX_EPOCH.fixed_offset(), |it| it.fixed_offset())
}

pub(crate) fn company(row: &AnyRow) -> Result<Company, StoreError> {
    Ok(Company {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        settings: text(row, "settings")?,
        fallback: Fallback {
            policy: parsed::<FallbackPolicy>(row, "fallback_policy")?,
            patience: Duration::from_secs(count(row, "patience")?),
            account: optional(row, "fallback_account")?,
        },
    })
}

pub(crate) fn user(row: &AnyRow) -> Result<User, StoreError> {
    Ok(User {
        id: parsed(row, "id")?,
        company: parsed(row, "company")?,
        login: parsed(row, "login")?,
        name: parsed(row, "name")?,
        address: parsed(row, "address")?,
        templates: json(row, "templates")?,
    })
}

pub(crate) fn settings(row: Option<&AnyRow>) -> Result<UserSettings, StoreError> {
    row.map_or_else(|| Ok(UserSettings::default()), |row| json(row, "settings"))
}

/// Reads an account from a row of `accounts` or `reachable`, and its folders.
pub(crate) async fn account(connection: &mut AnyConnection, row: &AnyRow) -> Result<Account, StoreError> {
    let id = text(row, "id")?;
    let rows =
        sqlx::query("select used_for, folder from folders where account = $1").bind(id).fetch_all(connection);
    let mut folders = Folders::new();
    for row in rows.await? {
        folders.insert(parsed(&row, "used_for")?, parsed(&row, "folder")?);
    }
    Ok(Account {
        id: parsed(row, "id")?,
        company: parsed(row, "company")?,
        name: parsed(row, "name")?,
        address: parsed(row, "address")?,
        display_name: optional(row, "display_name")?,
        transport: json(row, "transport")?,
        mailbox: optional_json(row, "mailbox")?,
        send_as: json(row, "send_as")?,
        folders,
        state: state(row)?,
        permissions: json(row, "permissions")?,
    })
}

/// Reads accounts from rows of `accounts` or `reachable`.
pub(crate) async fn accounts(
    connection: &mut AnyConnection,
    rows: &[AnyRow],
) -> Result<Vec<Account>, StoreError> {
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        accounts.push(account(connection, row).await?);
    }
    Ok(accounts)
}

fn state(row: &AnyRow) -> Result<AccountState, StoreError> {
    let (words, since) = (optional_text(row, "state_words")?, optional_time(row, "state_since")?);
    match (text(row, "state")?.as_str(), words, since) {
        ("ready", None, None) => Ok(AccountState::Ready),
        ("needs-sign-in", Some(reason), Some(since)) => Ok(AccountState::NeedsSignIn { reason, since }),
        ("compromised", Some(by), Some(since)) => Ok(AccountState::Compromised { by, since }),
        (other, ..) => Err(damaged("state")(&other)),
    }
}

/// Converts an account's state to its three columns.
pub(crate) fn state_columns(state: &AccountState) -> (&'static str, Option<String>, Option<String>) {
    match state {
        AccountState::Ready => ("ready", None, None),
        AccountState::NeedsSignIn { reason, since } => {
            ("needs-sign-in", Some(without_zeros(reason)), Some(stamp(*since)))
        }
        AccountState::Compromised { by, since } => {
            ("compromised", Some(without_zeros(by)), Some(stamp(*since)))
        }
    }
}

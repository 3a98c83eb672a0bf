//! An attempt to send a mail, as it is stored with the mail, and how it was completed. The steps of an attempt are in
//! [`crate::attempts`].

use crate::StoreError;
use crate::sql::row;
use chrono::{DateTime, FixedOffset};
use postroom_model::{AccountId, AttemptId, CompanyId, MailId};
use sqlx::any::AnyRow;
use std::fmt;

/// An attempt without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Company.
    pub company: CompanyId,
    /// Mail.
    pub mail: MailId,
    /// Attempt.
    pub attempt: AttemptId,
}

/// An attempt about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// When it begins.
    pub started: DateTime<FixedOffset>,
    /// Account by which it leaves: the mail's own, or the company's fallback.
    pub account: AccountId,
    /// The contract's name of the transport.
    pub transport: String,
    /// It is a fallback.
    pub fallback: bool,
}

/// An attempt, and how it was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Identity.
    pub id: AttemptId,
    /// When it began.
    pub started: DateTime<FixedOffset>,
    /// Account by which it left; it may have been removed since.
    pub account: AccountId,
    /// Name of that account.
    pub account_name: String,
    /// The contract's name of the transport.
    pub transport: String,
    /// It was a fallback.
    pub fallback: bool,
    /// When the last bytes of the message were about to leave; none: no server can have taken it.
    pub released: Option<DateTime<FixedOffset>>,
    /// How it was completed; none: it runs, or the program died during it.
    pub completion: Option<Completion>,
}

/// The completion of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// When it was completed.
    pub finished: DateTime<FixedOffset>,
    /// The contract's `attempt-result`.
    pub result: AttemptResult,
    /// The stage it failed at, by the contract's name.
    pub stage: Option<String>,
    /// One sentence, with the server's words in quotes.
    pub detail: Option<String>,
    /// The provider's own ids for the mail: name and value, such as `message` and `18f0…`.
    pub provider_ids: Vec<(String, String)>,
}

/// The contract's `attempt-result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// Taken.
    Accepted,
    /// Taken for some; seconds that the server asked to wait.
    PartlyAccepted(Option<u32>),
    /// May be tried again; seconds that the server asked to wait.
    Transient(Option<u32>),
    /// Will not get better by itself.
    Permanent,
    /// Held until the user signed in again.
    NeedsSignIn,
    /// The account could not send, and the mail was not judged; seconds that the server asked to wait.
    AccountUnavailable(Option<u32>),
    /// Unknown whether it left.
    InDoubt {
        /// The mail was taken from the worker after the release: the attempt may still run, and the worker may still report its
        /// result.
        interrupted: bool,
    },
    /// Looked for, and found.
    Found,
    /// Looked for, and not found.
    NotFound,
    /// The program ended before the message had left. No server has seen it: it counts as no attempt.
    Withdrawn,
}

impl AttemptResult {
    /// Returns true if it is unknown whether the mail left.
    pub fn is_in_doubt(self) -> bool {
        matches!(self, Self::InDoubt { .. })
    }

    /// Returns whether a server took the mail; none where that is unknown.
    pub fn was_taken(self) -> Option<bool> {
        match self {
            Self::Accepted | Self::PartlyAccepted(_) | Self::Found => Some(true),
            Self::Transient(_)
            | Self::Permanent
            | Self::NeedsSignIn
            | Self::AccountUnavailable(_)
            | Self::NotFound
            | Self::Withdrawn => Some(false),
            Self::InDoubt { .. } => None,
        }
    }

    /// Returns the seconds that the server asked to wait.
    pub fn retry_after(self) -> Option<u32> {
        self.columns().2
    }

    /// Parses the contract's name of a result; none for an unknown name.
    pub fn of_contract(name: &str, retry_after: Option<u32>) -> Option<Self> {
        Self::parse(name, false, retry_after).filter(|result| *result != Self::Withdrawn)
    }

    /// Returns its name in the store, which is the contract's.
    pub fn as_str(self) -> &'static str {
        self.columns().0
    }

    /// Gives the columns `result`, `interrupted` and `retry_after`.
    pub(crate) fn columns(self) -> (&'static str, bool, Option<u32>) {
        match self {
            Self::Accepted => ("accepted", false, None),
            Self::PartlyAccepted(after) => ("partly-accepted", false, after),
            Self::Transient(after) => ("transient", false, after),
            Self::Permanent => ("permanent", false, None),
            Self::NeedsSignIn => ("needs-sign-in", false, None),
            Self::AccountUnavailable(after) => ("account-unavailable", false, after),
            Self::InDoubt { interrupted } => ("in-doubt", interrupted, None),
            Self::Found => ("found", false, None),
            Self::NotFound => ("not-found", false, None),
            Self::Withdrawn => ("withdrawn", false, None),
        }
    }

    /// Reads these columns.
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, StoreError> {
        let after = row::optional_count(row, "retry_after")?.and_then(|seconds| u32::try_from(seconds).ok());
        let name = row::text(row, "result")?;
        Self::parse(&name, row::flag(row, "interrupted")?, after)
            .ok_or_else(|| StoreError::Damaged(format!("an attempt's result: {name}")))
    }

    /// Parses these columns; none for an unknown name.
    pub(crate) fn parse(name: &str, interrupted: bool, after: Option<u32>) -> Option<Self> {
        Some(match name {
            "accepted" => Self::Accepted,
            "partly-accepted" => Self::PartlyAccepted(after),
            "transient" => Self::Transient(after),
            "permanent" => Self::Permanent,
            "needs-sign-in" => Self::NeedsSignIn,
            "account-unavailable" => Self::AccountUnavailable(after),
            "in-doubt" => Self::InDoubt { interrupted },
            "found" => Self::Found,
            "not-found" => Self::NotFound,
            "withdrawn" => Self::Withdrawn,
            _ => return None,
        })
    }
}

impl fmt::Display for AttemptResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

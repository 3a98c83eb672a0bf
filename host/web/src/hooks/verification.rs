//! Whether a report is the provider's, is of now, and is new.

use super::hook::{Hook, HookProvider};
use super::seen::Seen;
use super::{mailgun, postmark, sendgrid, sns};
use crate::hooks::SnsAccess;
use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};

/// How far a signature's time may be from ours, in either direction.
pub(super) const WINDOW: TimeDelta = TimeDelta::seconds(300);

/// A report as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) now: DateTime<Utc>,
}

impl<'a> Delivery<'a> {
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

/// A report that is the provider's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verified {
    /// It is to be read. With it, what must not come again: Mailgun's token.
    News(Option<String>),
    /// It was about the webhook itself, and has been dealt with: what was done.
    Settled(&'static str),
}

/// Why a report is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("it is not signed")]
    Unsigned,
    #[error("the signature is not the provider's")]
    Forged,
    #[error("it was signed at another time")]
    Stale,
    #[error("it came before")]
    Repeated,
    #[error("it is not what this provider sends")]
    Malformed,
    #[error("it is of a topic that is not set up")]
    Foreign,
    #[error("it can't be verified now: {0}")]
    Unavailable(String),
}

impl Refusal {
    /// As the metrics have it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Forged => "forged",
            Self::Stale => "stale",
            Self::Repeated => "repeated",
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// What every provider has: a way to prove that a report is its own. Nothing is kept and nothing is read here.
pub(super) async fn verify(
    hook: &Hook,
    delivery: Delivery<'_>,
    seen: &Seen,
    sns: &dyn SnsAccess,
) -> Result<Verified, Refusal> {
    match hook.provider {
        HookProvider::SendGrid => sendgrid::verify(hook, delivery),
        HookProvider::Mailgun => mailgun::verify(hook, delivery, seen),
        HookProvider::Postmark => postmark::verify(hook, delivery),
        HookProvider::Sns => sns::verify(hook, delivery, sns).await,
    }
}

/// Fails where a signature's time is not about now.
pub(super) fn within_window(signed: i64, now: DateTime<Utc>) -> Result<(), Refusal> {
    let signed = DateTime::from_timestamp(signed, 0).ok_or(Refusal::Stale)?;
    if now.signed_duration_since(signed).abs() > WINDOW { Err(Refusal::Stale) } else { Ok(()) }
}

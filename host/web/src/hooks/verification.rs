//! Whether a report is the provider's, is of now, and is new.

use super::{mailgun, postmark, sendgrid, sns};
use crate::hooks::SnsAccess;
use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use postroom::app::{RecentReports, Webhook, WebhookProvider};

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
    Report(Option<String>),
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
    /// Gives the word that the metrics have for it.
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

/// Verifies that a report is its provider's, in the provider's own way. Nothing is recorded and nothing is read here.
pub(super) async fn verify(
    webhook: &Webhook,
    delivery: Delivery<'_>,
    recent: &RecentReports,
    sns: &dyn SnsAccess,
) -> Result<Verified, Refusal> {
    match webhook.provider {
        WebhookProvider::SendGrid => sendgrid::verify(webhook, delivery),
        WebhookProvider::Mailgun => mailgun::verify(webhook, delivery, recent),
        WebhookProvider::Postmark => postmark::verify(webhook, delivery),
        WebhookProvider::Sns => sns::verify(webhook, delivery, sns).await,
    }
}

/// Fails where a signature's time is not about now.
pub(super) fn within_window(signed: i64, now: DateTime<Utc>) -> Result<(), Refusal> {
    let signed = DateTime::from_timestamp(signed, 0).ok_or(Refusal::Stale)?;
    if now.signed_duration_since(signed).abs() > WINDOW { Err(Refusal::Stale) } else { Ok(()) }
}

//! The events of one request to a provider's API, for each recipient.
//!
//! An API answers for the mail as a whole: taken for all, or for none. What it reports of single recipients it reports in words, and an
//! HTTP status is never mistaken for an SMTP code.

use super::blame::{Blame, Period, Recovery};
use super::event::{Event, EventKind, EventSource};
use super::submission::{Stage, Verdict};
use crate::domain::address::match_key;
use chrono::{DateTime, FixedOffset};

/// A mail that an API did not take, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiFailure {
    /// Where it failed: `Login` is the account's permission, `AfterDot` a request that left and had no answer that has any.
    pub stage: Stage,
    /// What that means.
    pub verdict: Verdict,
    /// HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The provider's own name for the error.
    pub code: Option<String>,
    /// The provider's words, verbatim.
    pub words: Option<String>,
    /// One sentence naming provider and stage.
    pub detail: String,
    /// Seconds that the provider asked to wait.
    pub retry_after: Option<u32>,
    /// Recipients that the provider refused by name; the verdict is then on them.
    pub refused: Vec<String>,
    /// The account has sent too much for its provider: over which time.
    pub quota: Option<Period>,
}

impl ApiFailure {
    /// Returns true if some recipients were refused by name and others were not: the next attempt goes to the others.
    pub fn leaves_others(&self, recipients: &[String]) -> bool {
        let refused = |address: &String| self.refused.iter().any(|it| match_key(it) == match_key(address));
        !self.refused.is_empty() && !recipients.iter().all(refused)
    }

    /// Returns whose fault the failure is. An API expresses it by its status and its own names, which the stage and `quota` are derived
    /// from.
    pub fn blame(&self) -> Blame {
        match (self.verdict, self.stage) {
            (Verdict::Transient, _) if let Some(period) = self.quota => Blame::Quota(period),
            (Verdict::Permanent, stage) if stage.is_of_the_account() => Blame::Account(Recovery::Person),
            _ => Blame::Mail,
        }
    }

    /// Returns the provider's name of the error, else the HTTP status, as an event carries it.
    fn evidence(&self) -> Option<String> {
        self.code.clone().or_else(|| self.status.map(http))
    }
}

/// Returns an HTTP status as evidence.
fn http(status: u16) -> String {
    format!("HTTP {status}")
}

/// Makes the events of a mail that an API took, one for each recipient.
pub fn events_of_receipt(recipients: &[String], status: u16, at: DateTime<FixedOffset>) -> Vec<Event> {
    let fact = |address: &String| event(address, EventKind::Accepted, at, Some(http(status)), None);
    recipients.iter().map(fact).collect()
}

/// Makes the events of an attempt that an API did not take, one for each recipient.
pub fn events_of_api_failure(
    recipients: &[String],
    failure: &ApiFailure,
    at: DateTime<FixedOffset>,
) -> Vec<Event> {
    let leaves_others = failure.leaves_others(recipients);
    let fact = |address: &String| {
        let is_named = failure.refused.iter().any(|it| match_key(it) == match_key(address));
        let is_refused = failure.status.is_some()
            && matches!(failure.stage, Stage::Sender | Stage::Recipient | Stage::Data);
        let kind = match failure.verdict {
            Verdict::InDoubt => EventKind::InDoubt,
            Verdict::Transient | Verdict::NeedsSignIn => EventKind::Deferred,
            Verdict::Permanent if leaves_others && !is_named => EventKind::Deferred,
            Verdict::Permanent if failure.blame() != Blame::Mail => EventKind::Deferred,
            Verdict::Permanent if is_refused => EventKind::Refused,
            Verdict::Permanent => EventKind::Unsent,
        };
        match failure.status {
            Some(_) => event(address, kind, at, failure.evidence(), failure.words.clone()),
            None => Event {
                source: EventSource::Host,
                ..event(address, kind, at, None, Some(failure.detail.clone()))
            },
        }
    };
    recipients.iter().map(fact).collect()
}

/// Makes the events of an attempt that needs the user first, one for each recipient.
pub fn events_of_missing_sign_in(
    recipients: &[String],
    words: &str,
    at: DateTime<FixedOffset>,
) -> Vec<Event> {
    let words = Some(words.to_owned()).filter(|words| !words.is_empty());
    recipients.iter().map(|to| event(to, EventKind::Deferred, at, None, words.clone())).collect()
}

fn event(
    address: &str,
    kind: EventKind,
    at: DateTime<FixedOffset>,
    code: Option<String>,
    words: Option<String>,
) -> Event {
    Event { recipient: Some(address.to_owned()), kind, at, source: EventSource::Api, code, words }
}

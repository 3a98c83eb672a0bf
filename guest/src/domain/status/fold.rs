//! From facts to a status.
//!
//! Two sorts of facts are distinguished. *Our own* ([`Phase::Own`]) show how far our attempts came: the latest of them counts, since a
//! retry outdates the attempt before it. All others show what happened to the mail after a server took it: the highest of them counts, in
//! the order Read > Failed > Delivered > In transit. Then the higher of the two counts, with one exception: a refusal is outdated by any
//! fact of the second sort that is not earlier, because the mail has left by a later attempt after all.

use super::event::{Event, EventKind, named};
use super::reason::{self, StatusReason};
use crate::domain::address::match_key;
use crate::domain::language::Language;
use crate::domain::reason::Reason;
use chrono::{DateTime, FixedOffset, TimeDelta};

/// How long a mail is in transit without news before its status is unknown.
pub const DAYS_IN_TRANSIT: i64 = 25;

named! {
    /// The five statuses, from least to most telling. Their order is the order of precedence.
    Status, "status", {
        /// The status could not be determined.
        Unknown = "unknown",
        /// The mail is on its way.
        InTransit = "in-transit",
        /// The mail is in the recipient's mailbox.
        Delivered = "delivered",
        /// The mail will not arrive.
        Failed = "failed",
        /// Opened by a person.
        Read = "read",
    }
}

impl Status {
    /// Returns the status as users see it.
    pub const fn label(self, language: Language) -> &'static str {
        let [nl, fr, en, de] = match self {
            Self::Unknown => ["Onbekend", "Inconnu", "Unknown", "Unbekannt"],
            Self::InTransit => ["Onderweg", "En transit", "In transit", "Unterwegs"],
            Self::Delivered => ["Bezorgd", "Remis", "Delivered", "Zugestellt"],
            Self::Failed => ["Mislukt", "Échec", "Failed", "Fehlgeschlagen"],
            Self::Read => ["Gelezen", "Lu", "Read", "Gelesen"],
        };
        match language {
            Language::Nl => nl,
            Language::Fr => fr,
            Language::En => en,
            Language::De => de,
        }
    }
}

/// Status of a mail for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientStatus {
    /// Address, as given.
    pub recipient: String,
    /// One of five.
    pub status: Status,
    /// The fact that proves it; for Unknown, the last that was known; none: nothing is known.
    pub evidence: Option<Event>,
    /// Why, in English with the remote words where there are any. The code is one of [`REASONS`](super::REASONS).
    pub reason: Reason,
    /// What to do about it, where that is known beyond the remote words. It is in the reason, too.
    pub advice: Option<Reason>,
    /// The recipient marked the mail as unwanted.
    pub complained: bool,
}

/// Status of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Failed where any recipient failed, else the least that holds for all; Unknown without recipients.
    pub status: Status,
    /// Why: the recipient's reason where there is one recipient, else that of the first who has the status, and for how many of them
    /// it holds.
    pub reason: Reason,
    /// The status of each recipient, in the order given.
    pub recipients: Vec<RecipientStatus>,
}

/// Folds the facts known at `now` into a status. Facts about an address that is not among the recipients change nothing.
pub fn fold(recipients: &[String], events: &[Event], now: DateTime<FixedOffset>) -> Timeline {
    let keyed = keyed(events);
    let rows: Vec<_> = recipients.iter().map(|to| of_recipient(to, &facts_of(to, &keyed), now)).collect();
    let failed = rows.iter().any(|row| row.status == Status::Failed);
    let status = if failed {
        Status::Failed
    } else {
        rows.iter().map(|row| row.status).min().unwrap_or(Status::Unknown)
    };
    Timeline { status, reason: reason::of_message(status, &rows), recipients: rows }
}

/// Returns the recipients that another attempt would have to name: no server took the mail for them, none refused it, and no attempt is in
/// doubt. In the order given.
pub fn outstanding(recipients: &[String], events: &[Event]) -> Vec<String> {
    let keyed = keyed(events);
    let waits = |to: &&String| {
        let facts = facts_of(to, &keyed);
        facts.iter().all(|event| phase(event.kind) == Phase::Own)
            && latest(facts.iter().copied()).is_none_or(|event| {
                matches!(event.kind, EventKind::Queued | EventKind::Deferred | EventKind::Unsent)
            })
    };
    recipients.iter().filter(waits).cloned().collect()
}

/// Returns the recipients of whom it is unknown whether an attempt reached them, in the order given: the latest of our attempts is in
/// doubt, and nothing shows that the mail has left. None where no attempt is on record as in doubt.
pub fn in_doubt(recipients: &[String], events: &[Event]) -> Option<Vec<String>> {
    let keyed = keyed(events);
    let mut is_on_record = false;
    let mut doubtful = Vec::new();
    for to in recipients {
        let facts = facts_of(to, &keyed);
        let (own, left): (Vec<&Event>, Vec<_>) =
            facts.into_iter().partition(|event| phase(event.kind) == Phase::Own);
        if latest(own.into_iter()).is_some_and(|event| event.kind == EventKind::InDoubt) {
            is_on_record = true;
            if left.is_empty() {
                doubtful.push(to.clone());
            }
        }
    }
    is_on_record.then_some(doubtful)
}

/// Whose doing a kind of fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// An attempt of ours that no server took responsibility for.
    Own,
    /// The mail has left.
    Left,
}

fn phase(kind: EventKind) -> Phase {
    use EventKind as K;
    match kind {
        K::Queued | K::Deferred | K::Refused | K::Unsent | K::InDoubt | K::HandedOver => Phase::Own,
        K::Accepted
        | K::Stored
        | K::Relayed
        | K::Delayed
        | K::Delivered
        | K::Expired
        | K::Bounced
        | K::Dropped
        | K::DispositionDisplayed
        | K::DispositionDeleted
        | K::DispositionOther
        | K::AutoReply
        | K::MachineOpen
        | K::Opened
        | K::Clicked
        | K::Replied
        | K::PortalVisit
        | K::Complaint => Phase::Left,
    }
}

/// Returns the status that an event proves by itself.
pub(super) fn proves(kind: EventKind) -> Status {
    use EventKind as K;
    match kind {
        K::InDoubt | K::HandedOver => Status::Unknown,
        K::Queued | K::Accepted | K::Deferred | K::Relayed | K::Delayed => Status::InTransit,
        K::Stored | K::Delivered | K::DispositionOther | K::AutoReply | K::MachineOpen | K::Complaint => {
            Status::Delivered
        }
        K::Refused | K::Unsent | K::Expired | K::Bounced | K::Dropped | K::DispositionDeleted => {
            Status::Failed
        }
        K::DispositionDisplayed | K::Opened | K::Clicked | K::Replied | K::PortalVisit => Status::Read,
    }
}

fn keyed(events: &[Event]) -> Vec<(Option<String>, &Event)> {
    events.iter().map(|event| (event.recipient.as_deref().map(match_key), event)).collect()
}

fn facts_of<'a>(recipient: &str, events: &[(Option<String>, &'a Event)]) -> Vec<&'a Event> {
    let own = match_key(recipient);
    let concerns = |to: &Option<String>| to.as_ref().is_none_or(|to| *to == own);
    events.iter().filter(|(to, _)| concerns(to)).map(|(_, event)| *event).collect()
}

fn latest<'a>(events: impl Iterator<Item = &'a Event>) -> Option<&'a Event> {
    events.max_by(|a, b| a.chronological(b))
}

fn earliest<'a>(events: impl Iterator<Item = &'a Event>) -> Option<&'a Event> {
    events.min_by(|a, b| a.chronological(b))
}

fn of_recipient(recipient: &str, facts: &[&Event], now: DateTime<FixedOffset>) -> RecipientStatus {
    let left = || facts.iter().copied().filter(|event| phase(event.kind) == Phase::Left);
    let own = latest(facts.iter().copied().filter(|event| phase(event.kind) == Phase::Own));
    let own = own.filter(|own| proves(own.kind) != Status::Failed || !left().any(|event| event.at >= own.at));

    let standing = || left().chain(own);
    let proven = standing().map(|event| proves(event.kind)).max();
    let evidence = proven.and_then(|status| {
        evidence(status, || standing().filter(move |event| proves(event.kind) == status), now)
    });
    let (status, reason) = match (proven, evidence) {
        (Some(Status::InTransit), Some(event)) if is_silent(event, now) => {
            (Status::Unknown, reason::of_silence(event))
        }
        (Some(status), Some(event)) => (status, reason::of_event(event)),
        _ => (Status::Unknown, StatusReason::NothingKnown.into()),
    };
    RecipientStatus {
        recipient: recipient.to_owned(),
        status,
        evidence: evidence.cloned(),
        reason,
        advice: evidence.and_then(reason::advice_on).map(Reason::from),
        complained: facts.iter().any(|event| event.kind == EventKind::Complaint),
    }
}

/// Chooses the event to show. On its way, or lost from sight: the latest news, whose age decides about Unknown; a stamp from the future
/// (another machine's clock) counts only where there is no other. Settled: the first fact that settled it; for a failure the first with the
/// remote words, since these are what the user needs.
fn evidence<'a, I>(status: Status, proofs: impl Fn() -> I, now: DateTime<FixedOffset>) -> Option<&'a Event>
where
    I: Iterator<Item = &'a Event>,
{
    match status {
        Status::Unknown | Status::InTransit => {
            latest(proofs().filter(|event| event.at <= now)).or_else(|| earliest(proofs()))
        }
        Status::Failed => {
            earliest(proofs().filter(|event| event.words.is_some())).or_else(|| earliest(proofs()))
        }
        Status::Delivered | Status::Read => earliest(proofs()),
    }
}

fn is_silent(last: &Event, now: DateTime<FixedOffset>) -> bool {
    now.signed_duration_since(last.at) >= TimeDelta::days(DAYS_IN_TRANSIT)
}

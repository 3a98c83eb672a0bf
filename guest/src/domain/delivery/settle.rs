//! What came of an attempt, as a host stores it: of a server's answer, of an attempt that never came back, and of what was learned
//! about one in doubt.
//!
//! One rule for all who submit: this plugin over the host's SMTP, and a host that submits by means of its own.

use super::facts::{AttemptResult, PauseAsked, PauseCause};
use crate::domain::address::match_key;
use crate::domain::status::{
    Acceptance, Event, EventKind, EventSource, Failure, ServerRole, Stage, events_of_acceptance,
    events_of_failure, in_doubt, outstanding,
};
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeSet;

type Time = DateTime<FixedOffset>;

/// The facts to store with an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Facts, one per recipient.
    pub events: Vec<Event>,
    /// What to remember of the attempt.
    pub result: AttemptResult,
    /// Where it failed.
    pub stage: Option<Stage>,
    /// Why it failed, in a sentence.
    pub detail: Option<String>,
    /// The account can't send at present.
    pub pause: Option<PauseAsked>,
}

/// The result of a lookup for an attempt in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// The mail had left.
    Found,
    /// It had not left, or a person decided to send it again.
    NotFound,
}

/// Settles an attempt by a server's answer to the one transaction that was made for these recipients.
pub fn settle(recipients: &[String], answer: &Result<Acceptance, Failure>, at: Time) -> Settlement {
    match answer {
        Ok(accepted) => Settlement {
            events: events_of_acceptance(accepted, ServerRole::Submission, at),
            result: AttemptResult::of_acceptance(accepted),
            stage: None,
            detail: None,
            // A fault that one recipient's refusal spoke of is none: the account has just sent.
            pause: PauseAsked::of(accepted.blame(), None, None).filter(|it| it.cause == PauseCause::Quota),
        },
        Err(failure) => Settlement {
            events: events_of_failure(recipients, failure, at),
            result: AttemptResult::of_failure(failure),
            stage: Some(failure.blame().stage(failure.stage)),
            detail: Some(failure.detail.clone()),
            pause: PauseAsked::of(failure.blame(), failure.retry_after, failure.reply.as_ref()),
        },
    }
}

/// Why an answer can't be one to the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFault {
    /// Path of the field.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Checks that an answer is one to the transaction that named these recipients: a host that leaves one out would never learn of them again.
///
/// # Errors
/// The first [`AnswerFault`].
pub fn check_answer(recipients: &[String], answer: &Result<Acceptance, Failure>) -> Result<(), AnswerFault> {
    let fault = |field: String, detail: String| Err(AnswerFault { field, detail });
    if recipients.is_empty() {
        return fault("recipients".to_owned(), "a transaction names somebody".to_owned());
    }
    let replies = match answer {
        Ok(accepted) => &accepted.recipients,
        Err(failure) => &failure.recipients,
    };
    let named: BTreeSet<String> = recipients.iter().map(|it| match_key(it)).collect();
    let answered: Vec<String> = replies.iter().map(|it| match_key(&it.address)).collect();
    if let Some(index) = answered.iter().position(|it| !named.contains(it)) {
        return fault(
            format!("answer.recipients[{index}].address"),
            "the transaction did not name this recipient".to_owned(),
        );
    }
    if answer.is_err() {
        return Ok(());
    }
    let answered: BTreeSet<String> = answered.into_iter().collect();
    if let Some(index) = recipients.iter().position(|it| !answered.contains(&match_key(it))) {
        return fault("answer.recipients".to_owned(), format!("recipients[{index}] has no reply in it"));
    }
    if !replies.iter().any(|it| it.reply.is_positive()) {
        return fault(
            "answer.recipients".to_owned(),
            "nobody was accepted: that is a failure at the stage recipient".to_owned(),
        );
    }
    Ok(())
}

/// Settles an attempt that never came back: those whom it named, which are those that are outstanding, may have got the mail.
pub fn settle_interruption(
    recipients: &[String],
    events: &[Event],
    detail: Option<&str>,
    at: Time,
) -> Settlement {
    let named = outstanding(recipients, events);
    let fact = |to: &String| own_fact(to, EventKind::InDoubt, at, detail);
    let settled = Settlement::without_failure(named.iter().map(fact).collect(), AttemptResult::InDoubt);
    Settlement { detail: detail.map(str::to_owned), ..settled }
}

/// Settles an attempt in doubt. Where it was found and others are still to be sent to, it was taken for some.
pub fn settle_doubt(learned: Lookup, recipients: &[String], events: &[Event], at: Time) -> Settlement {
    let waiting = outstanding(recipients, events);
    let (doubtful, others) = match in_doubt(recipients, events) {
        Some(doubtful) => (doubtful, waiting),
        // The attempt ended before a fact of it could be stored: it named those that are outstanding.
        None => (waiting, Vec::new()),
    };
    let (kind, result) = match learned {
        Lookup::Found if others.is_empty() => (EventKind::Accepted, AttemptResult::Found),
        Lookup::Found => (EventKind::Accepted, AttemptResult::PartlyAccepted(None)),
        Lookup::NotFound => (EventKind::Deferred, AttemptResult::NotFound),
    };
    let facts = doubtful.iter().map(|to| own_fact(to, kind, at, None));
    Settlement::without_failure(facts.collect(), result)
}

impl Settlement {
    fn without_failure(events: Vec<Event>, result: AttemptResult) -> Self {
        Self { events, result, stage: None, detail: None, pause: None }
    }
}

/// Makes an event that no server vouches for.
pub(super) fn own_fact(recipient: &str, kind: EventKind, at: Time, words: Option<&str>) -> Event {
    Event {
        recipient: Some(recipient.to_owned()),
        kind,
        at,
        source: EventSource::Host,
        code: None,
        words: words.map(str::to_owned),
    }
}

//! The events of one SMTP transaction, for each recipient.
//!
//! Every recipient gets a fact of its own: a refused one must not hide behind an accepted one, nor the
//! reverse.

use super::blame::Blame;
use super::event::{Event, EventKind, EventSource, named};
use crate::domain::address::match_key;
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeMap;

/// A server's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Enhanced status code, where the server gave one.
    pub enhanced: Option<String>,
    /// The server's words, without the codes.
    pub text: String,
}

/// The answer to one RCPT TO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientReply {
    /// The address as it was asked.
    pub address: String,
    /// The answer.
    pub reply: Reply,
}

/// A message that was taken for at least one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The answer to the final dot.
    pub reply: Reply,
    /// One per recipient.
    pub recipients: Vec<RecipientReply>,
}

/// A message that was taken for no recipient, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// What that means.
    pub verdict: Verdict,
    /// The server's reply, where there was one.
    pub reply: Option<Reply>,
    /// One sentence naming host and stage.
    pub detail: String,
    /// Seconds that the server asked to wait.
    pub retry_after: Option<u32>,
    /// What is known of each recipient; empty when RCPT was not reached.
    pub recipients: Vec<RecipientReply>,
}

named! {
    /// How far a conversation had come.
    Stage, "stage", {
        /// Before anything was sent over the network.
        Prepare = "prepare",
        /// The host name.
        Resolve = "resolve",
        /// TCP.
        Connect = "connect",
        /// TLS.
        Tls = "tls",
        /// The greeting and EHLO.
        Greeting = "greeting",
        /// AUTH.
        Login = "login",
        /// MAIL FROM.
        Sender = "sender",
        /// RCPT TO.
        Recipient = "recipient",
        /// DATA and the body.
        Data = "data",
        /// After the final dot.
        AfterDot = "after-dot",
    }
}

named! {
    /// What a failure means for the next attempt.
    Verdict, "verdict", {
        /// May succeed later.
        Transient = "transient",
        /// A retry will not help, unless something is changed.
        Permanent = "permanent",
        /// The account's grant is gone: its user must sign in again.
        NeedsSignIn = "needs-sign-in",
        /// Unknown whether it left.
        InDoubt = "in-doubt",
    }
}

/// The role of the server that answered, for the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerRole {
    /// A server that passes the mail on: its 250 is no delivery.
    Submission,
    /// A server that has the recipient's mailbox (final MX, LMTP): its 250 is a delivery.
    Final,
}

impl Reply {
    /// Returns true for 2xx.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Returns true for 5xx.
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// Returns true for a reply to RCPT that neither takes nor refuses: 4xx, or a code that makes no sense; or a 5xx that is
    /// about the account, not about the recipient. It may be asked again, which loses nothing.
    pub fn is_undecided(&self) -> bool {
        let is_refused = self.is_permanent() && Blame::of_reply(Stage::Recipient, self) == Blame::Mail;
        !self.is_positive() && !is_refused
    }
}

impl Stage {
    /// Returns true if the account is at fault or unreachable: no server decided about a recipient or a message yet.
    pub fn is_of_the_account(self) -> bool {
        matches!(self, Self::Resolve | Self::Connect | Self::Tls | Self::Greeting | Self::Login)
    }

    /// True if a server has decided about the sender, a recipient or the message.
    fn is_about_the_mail(self) -> bool {
        matches!(self, Self::Sender | Self::Recipient | Self::Data | Self::AfterDot)
    }
}

/// Makes the events of a message that a server took: one per recipient.
pub fn events_of_acceptance(
    accepted: &Acceptance,
    role: ServerRole,
    at: DateTime<FixedOffset>,
) -> Vec<Event> {
    let taken = match role {
        ServerRole::Submission => EventKind::Accepted,
        ServerRole::Final => EventKind::Stored,
    };
    let fact = |to: &RecipientReply| match kind_of_reply(&to.reply) {
        None => event_of_reply(&to.address, taken, &accepted.reply, at),
        Some(kind) => event_of_reply(&to.address, kind, &to.reply, at),
    };
    accepted.recipients.iter().map(fact).collect()
}

/// Makes the events of an attempt that failed, one for each of the envelope's `recipients`.
pub fn events_of_failure(recipients: &[String], failure: &Failure, at: DateTime<FixedOffset>) -> Vec<Event> {
    let answers: BTreeMap<String, &RecipientReply> =
        failure.recipients.iter().rev().map(|to| (match_key(&to.address), to)).collect();
    let fact = |address: &String| {
        let answer = answers.get(&match_key(address));
        let own = answer.and_then(|to| kind_of_reply(&to.reply).map(|kind| (kind, &to.reply)));
        match (own, failure.verdict) {
            // The reply to this very recipient holds, whatever became of the rest …
            (Some((EventKind::Refused, reply)), _) => event_of_reply(address, EventKind::Refused, reply, at),
            // … except that "later" is no answer once the message was refused as such.
            (Some((kind, reply)), Verdict::Transient | Verdict::NeedsSignIn | Verdict::InDoubt) => {
                event_of_reply(address, kind, reply, at)
            }
            (Some((kind, reply)), Verdict::Permanent) if failure.stage == Stage::Recipient => {
                event_of_reply(address, kind, reply, at)
            }
            (_, verdict) => of_all(address, failure, verdict, at),
        }
    };
    recipients.iter().map(fact).collect()
}

/// Makes the event about one recipient from the verdict on the whole attempt.
fn of_all(address: &str, failure: &Failure, verdict: Verdict, at: DateTime<FixedOffset>) -> Event {
    let is_refused = failure.stage.is_about_the_mail() && failure.reply.is_some();
    let kind = match verdict {
        Verdict::Transient | Verdict::NeedsSignIn => EventKind::Deferred,
        Verdict::InDoubt => EventKind::InDoubt,
        Verdict::Permanent if failure.blame() != Blame::Mail => EventKind::Deferred,
        Verdict::Permanent if is_refused => EventKind::Refused,
        Verdict::Permanent => EventKind::Unsent,
    };
    match &failure.reply {
        Some(reply) => event_of_reply(address, kind, reply, at),
        None => Event {
            recipient: Some(address.to_owned()),
            kind,
            at,
            source: EventSource::Host,
            code: None,
            words: Some(failure.detail.clone()),
        },
    }
}

/// Returns what a reply to RCPT proves against the recipient, if anything.
fn kind_of_reply(reply: &Reply) -> Option<EventKind> {
    if reply.is_undecided() {
        Some(EventKind::Deferred)
    } else {
        Some(EventKind::Refused).filter(|_| !reply.is_positive())
    }
}

fn event_of_reply(address: &str, kind: EventKind, reply: &Reply, at: DateTime<FixedOffset>) -> Event {
    Event {
        recipient: Some(address.to_owned()),
        kind,
        at,
        source: EventSource::Smtp,
        code: Some(reply.enhanced.clone().unwrap_or_else(|| reply.code.to_string())),
        words: Some(reply.text.clone()).filter(|text| !text.is_empty()),
    }
}

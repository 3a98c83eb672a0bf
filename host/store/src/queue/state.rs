//! The state of a mail in the outbox, the order by which it enters, and the changes of its state.

use crate::StoreError;
use crate::queue::lease_owner::LeaseOwner;
use crate::sql::row::{self, Time};
use postroom_model::{BatchId, MailId};
use sha2::{Digest, Sha256};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// Options of sending a mail. They are part of the intent: an attempt of tomorrow follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SendOptions {
    /// Ask servers for reports of delivery too.
    pub notify_delivered: bool,
}

/// An order by which mails enter the outbox.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Send it although the same was asked for before: a new intent.
    pub again: bool,
    /// Not before this time.
    pub send_at: Option<Time>,
    /// The caller sends it itself, right away: lease owner, and the end of the lease.
    pub lease: Option<(LeaseOwner, Time)>,
    /// Not before a person releases it.
    pub held: bool,
    /// The batch that it was asked for in.
    pub batch: Option<BatchId>,
}

/// The result of asking for a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the outbox now.
    New(MailId),
    /// A mail of the same intent exists: this one. Nothing was added.
    Existing(MailId),
}

impl Enqueued {
    /// Returns the mail, new or existing.
    pub fn id(self) -> MailId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

/// A reason why a mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// A person holds it, and releases it.
    User,
    /// Its account has to be put right.
    Account,
    /// A question is open: may it leave by the fallback?
    Question,
    /// Its next attempt is due later.
    Wait,
}

impl WaitReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Question => "question",
            Self::Wait => "wait",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Account, Self::Question, Self::Wait].into_iter().find(|it| it.as_str() == text)
    }
}

/// A mail's state in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueState {
    /// To be moved on, not before a time; why it waits, where it does.
    Ready {
        /// Not before.
        due: Time,
        /// Why, and in which words.
        waits: Option<(WaitReason, String)>,
    },
    /// Nothing until a person acts.
    Held {
        /// Who has to act.
        cause: WaitReason,
        /// What for.
        reason: String,
    },
    /// It may have left, and it can not be looked for. A person decides.
    InDoubt {
        /// What is known.
        reason: String,
    },
    /// It has left.
    Sent,
    /// No further attempt.
    Failed {
        /// Why.
        reason: String,
    },
    /// Withdrawn before it left.
    Cancelled,
}

impl QueueState {
    /// Returns true if it has left, or was cancelled: it is never leased again.
    pub fn has_ended_for_good(&self) -> bool {
        matches!(self, Self::Sent | Self::Cancelled)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Held { .. } => "held",
            Self::InDoubt { .. } => "in-doubt",
            Self::Sent => "sent",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn cause(&self) -> Option<WaitReason> {
        match self {
            Self::Ready { waits, .. } => waits.as_ref().map(|(cause, _)| *cause),
            Self::Held { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Ready { waits, .. } => waits.as_ref().map(|(_, reason)| reason.as_str()),
            Self::Held { reason, .. } | Self::InDoubt { reason } | Self::Failed { reason } => Some(reason),
            Self::Sent | Self::Cancelled => None,
        }
    }

    pub(crate) fn due(&self) -> i64 {
        match self {
            Self::Ready { due, .. } => due.timestamp_millis(),
            _ => 0,
        }
    }
}

/// A mail's row in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its state. Of a leased mail, `due` is the end of the lease.
    pub queue_state: QueueState,
    /// The lease owner.
    pub lease_owner: Option<String>,
    /// Not before this time.
    pub send_at: Option<Time>,
    /// The user's answer to the question whether it may leave by the fallback.
    pub answer: Option<bool>,
    /// The time of the backup that it came back with: it may have left since. None once a person has decided about it.
    pub restored: Option<Time>,
}

impl OutboxRow {
    /// Returns the state in a user's words.
    pub fn label(&self, now: Time) -> &'static str {
        match &self.queue_state {
            QueueState::Ready { due, .. } if self.lease_owner.is_some() && *due > now => "sending",
            QueueState::Ready { waits: Some((WaitReason::Question, _)), .. } => "asks",
            QueueState::Ready { due, .. } if *due > now && self.send_at.is_some_and(|at| at > now) => {
                "scheduled"
            }
            QueueState::Ready { due, .. } if *due > now => "waiting",
            QueueState::Ready { .. } => "queued",
            QueueState::Held { .. } => "held",
            QueueState::InDoubt { .. } => "in doubt",
            QueueState::Sent => "sent",
            QueueState::Failed { .. } => "failed",
            QueueState::Cancelled => "cancelled",
        }
    }
    /// Reads a row of `outbox`.
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, StoreError> {
        let cause = row::optional_text(row, "cause")?;
        let cause = match cause.as_deref() {
            None => None,
            Some(text) => Some(
                WaitReason::parse(text)
                    .ok_or_else(|| StoreError::Damaged(format!("an outbox cause: {text}")))?,
            ),
        };
        let reason = row::optional_text(row, "reason")?;
        let text = || reason.clone().unwrap_or_default();
        let queue_state = match row::text(row, "state")?.as_str() {
            "ready" => QueueState::Ready {
                due: row::from_millis(row.try_get("due")?),
                waits: cause.zip(reason.clone()),
            },
            "held" => QueueState::Held { cause: cause.unwrap_or(WaitReason::User), reason: text() },
            "in-doubt" => QueueState::InDoubt { reason: text() },
            "sent" => QueueState::Sent,
            "failed" => QueueState::Failed { reason: text() },
            "cancelled" => QueueState::Cancelled,
            other => return Err(StoreError::Damaged(format!("an outbox state: {other}"))),
        };
        let answer: Option<i64> = row.try_get("answer")?;
        Ok(Self {
            queue_state,
            lease_owner: row::optional_text(row, "lease_owner")?,
            send_at: row::optional_time(row, "send_at")?,
            answer: answer.map(|it| it != 0),
            restored: row::optional_time(row, "restored")?,
        })
    }
}

/// A change of a mail's state by its lease owner, which ends the lease.
#[derive(Debug, Clone)]
pub struct StateChange {
    /// The lease owner.
    pub lease_owner: LeaseOwner,
    /// Its state. Of a leased mail, `due` is the end of the lease.
    pub queue_state: QueueState,
    /// The mail has left, and its copy is to be filed in Sent.
    pub copy_due: bool,
}

impl StateChange {
    /// Creates a change without a copy to file.
    pub fn of(lease_owner: &LeaseOwner, queue_state: QueueState) -> Self {
        Self { lease_owner: lease_owner.clone(), queue_state, copy_due: false }
    }
}

/// The pace of an account. None: no limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pace {
    /// Mails a minute, evenly spread.
    pub per_minute: Option<u32>,
    /// Mails at the same time, of one worker.
    pub connections: Option<u32>,
    /// Recipients in 24 hours.
    pub per_day: Option<u32>,
}

/// Computes the intent of a mail, without the counter of "again". The company is in the row.
pub(crate) fn intent_of(kind: &str, number: &str, revision: &str, purpose: &str, to: &[String]) -> Vec<u8> {
    let mut to: Vec<String> = to.iter().map(|address| address.to_lowercase()).collect();
    to.sort_unstable();
    to.dedup();
    let mut hash = Sha256::new();
    for field in [kind, number, revision, purpose].into_iter().chain(to.iter().map(String::as_str)) {
        // Lengths first, so that no two different intents run together.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_its_document_revision_purpose_and_recipients_in_any_order() {
        let to = |addresses: &[&str]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
        let one = intent_of("invoice", "1", "", "new", &to(&["a@x.example", "b@x.example"]));
        assert_eq!(
            one,
            intent_of("invoice", "1", "", "new", &to(&["B@x.example", "A@x.example", "b@x.example"]))
        );
        for other in [
            intent_of("quote", "1", "", "new", &to(&["a@x.example", "b@x.example"])),
            intent_of("invoice", "2", "", "new", &to(&["a@x.example", "b@x.example"])),
            intent_of("invoice", "1", "r2", "new", &to(&["a@x.example", "b@x.example"])),
            intent_of("invoice", "1", "", "reminder-1", &to(&["a@x.example", "b@x.example"])),
            intent_of("invoice", "1", "", "new", &to(&["a@x.example"])),
            intent_of("invoice", "1", "new", "", &to(&["a@x.example", "b@x.example"])),
        ] {
            assert_ne!(one, other);
        }
    }
}

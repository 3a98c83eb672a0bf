//! What one step of sending a mail came to, and the mail's state after it.

use super::sent_copy::SentCopy;
use super::waiting::Wait;
use chrono::{DateTime, Duration, FixedOffset};
use postroom_contract::delivery;
use postroom_store::{Completion, QueueState, WaitReason};

/// A mail with a question that was not answered is due again after this (the contract says so).
const QUESTION: Duration = Duration::minutes(15);

/// A step that was done, or what a mail waits for.
#[derive(Debug)]
pub enum Step {
    /// An attempt was made, or an earlier one cleared up: ask again.
    Made(Box<Made>),
    /// Nothing before a time, and why.
    WaitUntil(Wait),
    /// Nothing until a person acts; what for.
    Hold(String),
    /// A recipient is not to be written to; who and why.
    Suppressed(String),
    /// May it leave through this account instead?
    AskFallback(String),
    /// It is unknown whether it left, and there is no place to look.
    AskInDoubt,
    /// It has left.
    Done,
    /// No further attempt, and why.
    GaveUp(String),
}

/// An attempt that was made.
#[derive(Debug)]
pub struct Made {
    /// Account by which it was made.
    pub account: String,
    /// It was the fallback.
    pub fallback: bool,
    /// The result.
    pub completion: Completion,
    /// The error that the plugin reports.
    pub error: Option<delivery::SubmitError>,
    /// What became of the copy in Sent, once the mail was taken.
    pub copy: Option<SentCopy>,
    /// The mail's state, if it needs no further attempt.
    pub queue_state: Option<QueueState>,
}

impl Step {
    /// Gives the state of a mail after the step.
    pub fn queue_state(&self, now: DateTime<FixedOffset>) -> QueueState {
        match self {
            Self::Made(_) => QueueState::Ready { due: now, waits: None },
            Self::WaitUntil(wait) => {
                QueueState::Ready { due: wait.until, waits: Some((wait.cause, wait.why.clone())) }
            }
            Self::Hold(reason) => QueueState::Held { cause: WaitReason::Account, reason: reason.clone() },
            Self::Suppressed(reason) => QueueState::Held { cause: WaitReason::User, reason: reason.clone() },
            Self::AskFallback(account) => {
                let question = format!("may it leave through {account}? Its own account goes on being tried");
                QueueState::Ready { due: now + QUESTION, waits: Some((WaitReason::Question, question)) }
            }
            Self::AskInDoubt => QueueState::InDoubt {
                reason: "it may have left, and nobody can look: ask a recipient before it is sent again"
                    .to_owned(),
            },
            Self::Done => QueueState::Sent,
            Self::GaveUp(reason) => QueueState::Failed { reason: reason.clone() },
        }
    }
}

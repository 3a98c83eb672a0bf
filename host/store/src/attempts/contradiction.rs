//! The alarm that a worker reports a result which contradicts the decision about its attempt.

use crate::mail::attempt::AttemptResult;
use postroom_model::{AttemptId, MailId};
use std::fmt;

/// A result that a worker reports of an attempt that was decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The mail.
    pub mail: MailId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The stored result.
    pub decided: AttemptResult,
    /// The result that the worker reports.
    pub reported: AttemptResult,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mail, attempt, decided, reported } = self;
        write!(
            f,
            "alarm: mail {mail}: the attempt {attempt} was decided on as \"{decided}\", and its maker reports \"{reported}\"; \
             nothing was changed: ask a recipient how often the mail arrived"
        )
    }
}

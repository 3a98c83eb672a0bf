//! The next step of a mail after a command, in words and as the exit code, so that a person and a script both know what to do.

use super::shown_texts::ShownTexts;
use crate::Exit;
use chrono::Local;
use postroom::app::{Mail, MailId, Step, WaitReason};

/// The next step of a mail, and the command for it.
pub(super) struct Next {
    what: String,
    /// Why, where that may have been shown already.
    why: Option<String>,
}

impl Next {
    pub(super) fn whole(&self) -> String {
        match &self.why {
            Some(why) => format!("{}: {why}", self.what),
            None => self.what.clone(),
        }
    }

    pub(super) fn without(&self, shown: &ShownTexts) -> String {
        match &self.why {
            Some(why) if shown.has(why) => self.what.clone(),
            _ => self.whole(),
        }
    }
}

/// Describes what a mail waits for after a step; none if it has left.
pub(super) fn next(step: &Step, id: MailId) -> Option<Next> {
    let because = |what: String, why: &str| Some(Next { what, why: Some(why.to_owned()) });
    let what = match step {
        Step::Made(_) | Step::Done => return None,
        Step::WaitUntil(wait) => {
            let time = wait.until.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
            match wait.cause {
                WaitReason::Account => return because(format!("it waits until {time}"), &wait.why),
                _ => format!("it is tried again at {time}, not before: `postroom resume {id}`"),
            }
        }
        Step::Suppressed(why) => {
            return because("it is held, since a recipient is not to be written to".to_owned(), why);
        }
        Step::Hold(why) => format!("it is held: {why}; then `postroom resume {id}`"),
        Step::AskFallback(account) => format!(
            "may it leave through {account}? `postroom resume {id} --fallback yes` (or no: the account goes on being tried)"
        ),
        Step::AskInDoubt => format!(
            "it may have left, and nobody can look: ask a recipient; `postroom resume {id} --send-again` sends it once more"
        ),
        Step::GaveUp(why) => {
            let what =
                format!("no further attempt (`postroom resume --failed {id}` makes another mail of it)");
            return because(what, why);
        }
    };
    Some(Next { what, why: None })
}

/// Returns the exit code of a step: see `postroom --help`.
pub(super) fn code(step: &Step, failed: bool, mail: &Mail) -> Exit {
    let in_doubt =
        || mail.attempts.iter().any(|it| it.completion.as_ref().is_none_or(|it| it.result.is_in_doubt()));
    match step {
        Step::WaitUntil(_) if in_doubt() => Exit::InDoubt,
        Step::WaitUntil(wait) if wait.for_a_person => Exit::Refused,
        Step::WaitUntil(_) | Step::AskFallback(_) => Exit::Later,
        Step::AskInDoubt => Exit::InDoubt,
        Step::Hold(_) if in_doubt() => Exit::InDoubt,
        Step::Hold(_) | Step::Suppressed(_) | Step::GaveUp(_) => Exit::Refused,
        Step::Made(_) | Step::Done => {
            if failed {
                Exit::Refused
            } else {
                Exit::Done
            }
        }
    }
}

//! The attempts of a command that waits for its mail, printed on standard error: each when the next one begins, the last
//! together with what it came to, so that the same failure is not printed twice.

use super::output::printable;
use super::shown_texts::ShownTexts;
use postroom::app::{AttemptResult, Made, SentCopy};

/// The attempts of one mail, and how many of them were printed.
#[derive(Debug)]
pub(super) struct AttemptsShown {
    account: String,
    is_silent: bool,
    attempts: Vec<Made>,
    shown_count: usize,
    pub(super) shown: ShownTexts,
}

impl AttemptsShown {
    /// Begins without attempts, for a mail of this account. If `is_silent`, none is printed: a program reads the result.
    pub(super) fn new(account: &str, is_silent: bool) -> Self {
        Self {
            account: account.to_owned(),
            is_silent,
            attempts: Vec::new(),
            shown_count: 0,
            shown: ShownTexts::default(),
        }
    }

    /// Returns the attempts, oldest first.
    pub(super) fn attempts(&self) -> &[Made] {
        &self.attempts
    }

    /// Adds an attempt, and prints those before it. It is printed itself when the next one ends, or before a wait or a question.
    pub(super) fn add(&mut self, attempt: Made) {
        self.show_new();
        self.attempts.push(attempt);
    }

    /// Prints the attempts that were not printed yet.
    pub(super) fn show_new(&mut self) {
        if !self.is_silent {
            for attempt in self.attempts.iter().skip(self.shown_count) {
                Self::show(&self.account, attempt, &mut self.shown);
            }
        }
        self.shown_count = self.attempts.len();
    }

    /// Prints one attempt, without what was printed already.
    fn show(account: &str, attempt: &Made, shown: &mut ShownTexts) {
        let by = match attempt.fallback {
            true => format!("{} (fallback)", attempt.account),
            false => attempt.account.clone(),
        };
        match (&attempt.completion.result, &attempt.completion.detail) {
            (AttemptResult::Accepted | AttemptResult::Found, _) => eprintln!("left through {by}"),
            (AttemptResult::NotFound, _) => eprintln!("{by}: it had not left"),
            (_, Some(detail)) => {
                if let Some(rest) = shown.rest(detail) {
                    eprintln!("{by}: {}", printable(rest));
                    shown.add([detail.clone()]);
                }
            }
            (AttemptResult::PartlyAccepted(_), None) => eprintln!("left through {by} for some"),
            (_, None) => {}
        }
        match &attempt.copy {
            Some(SentCopy::Filed { folder }) => eprintln!("a copy is in the folder {}", printable(folder)),
            Some(SentCopy::Choose { .. }) => eprintln!(
                "no copy was filed: the mailbox has no folder for it; choose one with `postroom account folders {} \
                 --assign sent=FOLDER`",
                account
            ),
            Some(SentCopy::Failed { detail }) => eprintln!("no copy was filed: {}", printable(detail)),
            Some(SentCopy::InDoubt { detail }) => {
                eprintln!("it is unknown whether the copy was filed: {}", printable(detail));
            }
            Some(SentCopy::NoMailbox | SentCopy::ByProvider) | None => {}
        }
    }
}

//! The attempts that a command makes while somebody watches: each is told of once, the last together with what it came to.

use super::output::printable;
use super::retold::Shown;
use postroom::app::{AttemptResult, Made, SentCopy};

/// Attempts, and what was said of them.
#[derive(Debug)]
pub(super) struct Watched {
    account: String,
    is_silent: bool,
    made: Vec<Made>,
    told: usize,
    pub(super) shown: Shown,
}

impl Watched {
    /// None yet, of a mail of this account. `is_silent`: nobody watches.
    pub(super) fn new(account: &str, is_silent: bool) -> Self {
        Self { account: account.to_owned(), is_silent, made: Vec::new(), told: 0, shown: Shown::default() }
    }

    /// The attempts, oldest first.
    pub(super) fn made(&self) -> &[Made] {
        &self.made
    }

    /// Adds an attempt. It is told of when the next is made, or before somebody has to wait or is asked.
    pub(super) fn add(&mut self, made: Made) {
        self.catch_up();
        self.made.push(made);
    }

    /// Tells of what was not told of yet.
    pub(super) fn catch_up(&mut self) {
        if !self.is_silent {
            for made in self.made.iter().skip(self.told) {
                Self::tell(&self.account, made, &mut self.shown);
            }
        }
        self.told = self.made.len();
    }

    /// One attempt, without what was shown already.
    fn tell(account: &str, made: &Made, shown: &mut Shown) {
        let by = if made.fallback { format!("{} (fallback)", made.account) } else { made.account.clone() };
        match (&made.completion.result, &made.completion.detail) {
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
        match &made.copy {
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

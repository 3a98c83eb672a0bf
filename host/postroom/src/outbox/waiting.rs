//! What a mail waits for, in words for the people who look at the outbox: the server's own, where there are some.

use super::facts::{Time, is_after_login};
use chrono::Duration;
use postroom_model::Account;
use postroom_store::{AccountPause, AttemptResult, Mail, PauseCause, WaitReason};
use std::sync::{Arc, Mutex, PoisonError};

/// How long after the end of a pause the mail is due that it may be about.
const BEHIND: Duration = Duration::minutes(5);

/// A wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Nothing before this time.
    pub until: Time,
    /// What for.
    pub cause: WaitReason,
    /// The same in a sentence.
    pub why: String,
    /// A person can shorten it by putting the account right.
    pub for_a_person: bool,
}

impl Wait {
    /// Makes the wait of a mail that was not tried yet, or whose try may still be under way.
    pub(super) fn for_the_first_try(until: Time) -> Self {
        Self {
            until,
            cause: WaitReason::Wait,
            why: "its next attempt is due then".to_owned(),
            for_a_person: false,
        }
    }

    /// Makes the wait of a mail: for its account, else for its next attempt after the reply to the last one.
    pub(super) fn of(
        mail: &Mail,
        own: &Account,
        pause: Option<&AccountPause>,
        until: Time,
        now: Time,
    ) -> Self {
        if let Some(pause) = pause.filter(|pause| pause.until > now) {
            // What was said after the login may be about the mail after all: then another one tries next.
            let last = mail.attempts.last().and_then(|attempt| attempt.completion.as_ref());
            let met = last.is_some_and(|it| {
                matches!(it.result, AttemptResult::AccountUnavailable(_))
                    && is_after_login(it.stage.as_deref())
            });
            let until = if met { until + BEHIND } else { until };
            return Self { until, ..Self::for_account(own, pause) };
        }
        let reply = mail.attempts.last().and_then(|attempt| attempt.completion.as_ref()?.detail.clone());
        let reply = reply.or_else(|| {
            let last = mail.events.iter().rev().find(|event| event.kind == "deferred")?;
            let parts = [last.code.as_deref(), last.words.as_deref()];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        });
        match reply.filter(|reply| !reply.is_empty()) {
            Some(reply) => {
                let why = format!("not taken yet, its next attempt is due then: {reply}");
                Self { why, ..Self::for_the_first_try(until) }
            }
            None => Self::for_the_first_try(until),
        }
    }

    /// Makes the wait of all mails of an account that can't send at present.
    pub(super) fn for_account(own: &Account, pause: &AccountPause) -> Self {
        let (name, reason) = (&own.name, &pause.reason);
        let why = match pause.cause {
            PauseCause::Quota => format!("what \"{name}\" may send is used up, it goes on then: {reason}"),
            PauseCause::Fault => format!(
                "\"{name}\" can't send, it is tried again then, or at once after `postroom account test {name}`: {reason}"
            ),
        };
        let for_a_person = pause.cause == PauseCause::Fault;
        Self { until: pause.until, cause: WaitReason::Account, why, for_a_person }
    }
}

/// The pause that an account is in, shared by all that send as it in this program: what the first one hears spares the
/// others the question.
#[derive(Debug, Clone, Default)]
pub struct CurrentPause(Arc<Mutex<Option<AccountPause>>>);

impl CurrentPause {
    /// Makes the pause as the store has it.
    pub fn new(pause: Option<AccountPause>) -> Self {
        Self(Arc::new(Mutex::new(pause)))
    }

    pub(super) fn get(&self) -> Option<AccountPause> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, pause: Option<AccountPause>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pause;
    }
}

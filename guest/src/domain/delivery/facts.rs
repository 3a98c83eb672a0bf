//! What is known of an intent, and what can be done next: the terms of the contract's `schedule`.

use crate::domain::reason::Reason;
use crate::domain::status::{
    Acceptance, ApiFailure, Blame, Event, Failure, Period, Reply, Stage, Verdict, advice,
};
use chrono::{DateTime, FixedOffset};

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host's name for the account.
    pub account: String,
    /// `smtp`, `gmail`, `graph` or `sendgrid`.
    pub transport: String,
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// Taken by the server, for every recipient that it did not refuse for good.
    Accepted,
    /// Taken for some; others may be tried again, after the seconds the server asked to wait.
    PartlyAccepted(Option<u32>),
    /// May be tried again, after the seconds the server asked to wait.
    Transient(Option<u32>),
    /// Will not get better by itself.
    Permanent,
    /// The account needs its user: the grant is gone, the key is not accepted.
    NeedsSignIn,
    /// The account can't send at present, and no server decided about the mail: it waits for the account, at least these seconds.
    AccountUnavailable(Option<u32>),
    /// Unknown whether it left.
    InDoubt,
    /// Nothing was sent: an argument of the host's was wrong. No server has decided about the mail.
    NotAttempted,
    /// Looked for where it would have been left, and found.
    Found,
    /// Looked for, and not found.
    NotFound,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: DateTime<FixedOffset>,
    /// The route that it took.
    pub route: Route,
    /// What came of it; none where that is unknown, since the host's process ended meanwhile.
    pub result: Option<AttemptResult>,
    /// Where it failed, where it failed.
    pub stage: Option<Stage>,
    /// Why it failed, in a sentence, where it failed.
    pub detail: Option<String>,
}

impl Attempt {
    /// Returns seconds that the server asked to wait.
    pub(super) fn asked(&self) -> Option<u32> {
        match self.result {
            Some(
                AttemptResult::Transient(asked)
                | AttemptResult::PartlyAccepted(asked)
                | AttemptResult::AccountUnavailable(asked),
            ) => asked,
            _ => None,
        }
    }

    /// Returns true if a server took the mail for some recipients, and others may be tried again.
    pub(super) fn leaves_some(&self) -> bool {
        matches!(self.result, Some(AttemptResult::PartlyAccepted(_)))
    }

    /// Returns true if the account could not send.
    pub(super) fn is_for_the_account(&self) -> bool {
        matches!(self.result, Some(AttemptResult::AccountUnavailable(_)))
    }

    /// Returns true if the attempt failed by the account alone and proves nothing about the mail.
    pub(super) fn is_about_the_account_alone(&self) -> bool {
        let of_the_account = self.stage.is_some_and(Stage::is_of_the_account);
        match self.result {
            Some(AttemptResult::NeedsSignIn) => true,
            // As a reply to MAIL or later it may have been about the mail after all: such tries come to an end.
            Some(AttemptResult::AccountUnavailable(_)) => of_the_account || self.stage.is_none(),
            Some(AttemptResult::Permanent) => of_the_account,
            _ => false,
        }
    }
}

crate::domain::status::named! {
    /// How a route submits.
    Transport, "transport", {
        /// Message submission.
        Smtp = "smtp",
        /// The Gmail API.
        Gmail = "gmail",
        /// Microsoft Graph.
        Graph = "graph",
        /// SendGrid's API, version 3.
        SendGrid = "sendgrid",
    }
}

crate::domain::status::named! {
    /// Whether a mail may leave by another route (rule A13).
    FallbackPolicy, "fallback policy", {
        /// Never.
        Off = "off",
        /// If the user agrees.
        Ask = "ask",
        /// After the company's patience.
        Automatic = "automatic",
    }
}

/// The known facts about an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The mail's id: spreads retries in time.
    pub id: String,
    /// Whom it goes to.
    pub recipients: Vec<String>,
    /// What is known of them.
    pub events: Vec<Event>,
    /// The earliest time to send it.
    pub send_at: Option<DateTime<FixedOffset>>,
    /// Held by a user.
    pub held: bool,
    /// Attempts so far, oldest first.
    pub attempts: Vec<Attempt>,
    /// The account's own route.
    pub route: Route,
    /// Route to fall back to.
    pub fallback: Option<Route>,
    /// Whether it may be used.
    pub fallback_policy: FallbackPolicy,
    /// Seconds that the account's own route is tried before falling back.
    pub patience: u32,
    /// The account's credentials are not to be used.
    pub compromised: bool,
    /// The account can't send at present.
    pub pause: Option<Pause>,
    /// Attempts of other mails by the fallback's account.
    pub fallback_pause: Option<Pause>,
    /// The host can look for the Message-ID where an attempt would have left it.
    pub can_look_in_sent: bool,
}

/// Why an account can't send, and until when it is not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub cause: PauseCause,
    /// Since when.
    pub since: DateTime<FixedOffset>,
    /// When it is tried again.
    pub until: DateTime<FixedOffset>,
}

crate::domain::status::named! {
    /// Why an account can't send at present.
    PauseCause, "cause of a pause", {
        /// What its provider lets it send is used up.
        Quota = "quota",
        /// Something is wrong with it: its password, its server's certificate, its permission.
        Fault = "fault",
    }
}

/// An attempt's proof that its account can't send at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseAsked {
    /// Why.
    pub cause: PauseCause,
    /// The time that the used-up limit is counted over; none for a fault.
    pub period: Option<Period>,
    /// Seconds until it is to be tried again.
    pub seconds: u32,
    /// What to do about it, where that is known beyond the server's words.
    pub advice: Option<Reason>,
}

/// Longest time that a server's word keeps an account from being tried, in seconds.
pub(super) const LONGEST_PAUSE: u32 = 24 * 3600;

impl PauseAsked {
    /// Derives what follows from whose fault a failure is, from the seconds that the server named, and from its words.
    pub fn of(blame: Blame, asked: Option<u32>, reply: Option<&Reply>) -> Option<Self> {
        let (cause, period) = match blame {
            Blame::Quota(period) => (PauseCause::Quota, Some(period)),
            Blame::Account(_) | Blame::Sender => (PauseCause::Fault, None),
            Blame::Mail | Blame::Passing => return None,
        };
        let seconds = asked.or(blame.first_wait())?.clamp(60, LONGEST_PAUSE);
        let advice = reply.and_then(|reply| {
            let code = reply.enhanced.clone().unwrap_or_else(|| reply.code.to_string());
            advice(Some(&code), &reply.text).map(Reason::from)
        });
        Some(Self { cause, period, seconds, advice })
    }
}

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Record an attempt, then submit by this route.
    Submit(Route),
    /// Do nothing before this time.
    WaitUntil(DateTime<FixedOffset>),
    /// Do nothing until a person acts.
    Hold,
    /// Ask the user whether it may leave by this route.
    AskFallback(Route),
    /// Look for the Message-ID where the last attempt would have left it.
    LookInSent,
    /// Ask the user: it is unknown whether it left.
    AskInDoubt,
    /// Nothing is left to do.
    Done,
    /// No further attempt.
    GiveUp(GivingUp),
}

/// The decision to make no further attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivingUp {
    /// Why, in English.
    pub reason: String,
    /// Facts to store: one for each recipient that no server took the mail for.
    pub events: Vec<Event>,
}

impl AttemptResult {
    /// Makes the memo of a message that a server took for at least one recipient.
    pub fn of_acceptance(accepted: &Acceptance) -> Self {
        let later = accepted.recipients.iter().any(|to| to.reply.is_undecided());
        if later { Self::PartlyAccepted(None) } else { Self::Accepted }
    }

    /// Makes the memo of a failed attempt. Where the recipients were refused, "later" to one of them is enough to try again.
    pub fn of_failure(failure: &Failure) -> Self {
        let later = failure.recipients.iter().any(|to| to.reply.is_undecided());
        let blame = failure.blame();
        match failure.verdict {
            Verdict::InDoubt => Self::InDoubt,
            Verdict::NeedsSignIn => Self::NeedsSignIn,
            _ if blame.is_of_the_account() => Self::AccountUnavailable(failure.retry_after),
            Verdict::Permanent if blame == Blame::Passing => Self::Transient(failure.retry_after),
            Verdict::Permanent if !(failure.stage == Stage::Recipient && later) => Self::Permanent,
            Verdict::Permanent | Verdict::Transient => Self::Transient(failure.retry_after),
        }
    }

    /// Makes the memo of an attempt that an API did not take. Where it refused some of the recipients by name, the others are tried again.
    pub fn of_api_failure(failure: &ApiFailure, recipients: &[String]) -> Self {
        match failure.verdict {
            Verdict::InDoubt => Self::InDoubt,
            Verdict::NeedsSignIn => Self::NeedsSignIn,
            _ if failure.blame().is_of_the_account() => Self::AccountUnavailable(failure.retry_after),
            Verdict::Permanent if !failure.leaves_others(recipients) => Self::Permanent,
            Verdict::Permanent | Verdict::Transient => Self::Transient(failure.retry_after),
        }
    }

    /// Returns true if it is unknown whether a mail left.
    pub(super) fn is_in_doubt(result: Option<Self>) -> bool {
        matches!(result, None | Some(Self::InDoubt))
    }

    /// Returns true if there is nothing left to send.
    pub(super) fn is_done(result: Option<Self>) -> bool {
        matches!(result, Some(Self::Accepted | Self::Found))
    }
}

//! What the store knows of a mail, as the plugin judges it; and what the plugin found out, as the store keeps it.

use super::error::OutboxError;
use crate::engine::{CompanyPlugin, Files};
use crate::fact_conversion::{stored_event_at, tracking_event_at};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom_contract::schedule::{self, Facts, Route};
use postroom_contract::{delivery, tracking, types};
use postroom_model::{Account, AccountState, Company};
use postroom_store::{
    AccountPause, Attempt, AttemptResult, Completion, Event, LimitPeriod, Mail, NewAccountPause, PauseCause,
};

pub(super) type Time = DateTime<FixedOffset>;

/// The longest pause, in seconds, for what was said after the login.
const LONGEST_UNCERTAIN: u32 = 900;

/// Seconds that a fallback is left alone that could not send and named no time.
const OTHERS_PAUSE: u32 = 900;

/// Times that a mail may be begun and not get as far as to leave, without a wait.
const WITHDRAWN: usize = 5;

/// Writes a time as it crosses to the plugin.
pub(super) fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// Returns the route by which an account's mail leaves; none where nothing is submitted from here.
pub(super) fn route(company_plugin: &CompanyPlugin, account: &Account) -> Option<Route> {
    let transport = transport(company_plugin, account)?;
    Some(Route { account_name: account.name.to_string(), transport: transport.to_owned() })
}

/// Returns the contract's name of an account's transport, as it is opened now; none where nothing is submitted from here.
pub fn transport(company_plugin: &CompanyPlugin, account: &Account) -> Option<&'static str> {
    account.transport.contract_name(company_plugin.has_api(account.name.as_str()))
}

/// The ways that a mail has.
pub(super) struct Ways<'a> {
    pub(super) company_plugin: &'a CompanyPlugin,
    pub(super) own: &'a Account,
    pub(super) fallback: Option<&'a Account>,
    /// The user's answer to the question whether it may leave by the fallback.
    pub(super) answer: Option<bool>,
    pub(super) can_look_in_sent: bool,
    /// That the own account can't send at present.
    pub(super) pause: Option<AccountPause>,
}

impl Ways<'_> {
    /// Collects the known facts about a mail; none where its account submits nothing.
    pub(super) async fn facts(&self, mail: &Mail, company: &Company) -> Result<Option<Facts>, OutboxError> {
        let Some(own) = route(self.company_plugin, self.own) else { return Ok(None) };
        let mut attempts = vec![];
        for attempt in counted(mail) {
            attempts.push(self.attempt(attempt).await?);
        }
        let policy = &company.fallback;
        let (fallback_policy, patience) = match self.answer {
            Some(true) => ("automatic".to_owned(), 0),
            Some(false) => ("off".to_owned(), 0),
            None => {
                let patience = u32::try_from(policy.patience.as_secs()).unwrap_or(u32::MAX);
                (policy.policy.to_string(), patience)
            }
        };
        Ok(Some(Facts {
            id: mail.mail.id.to_string(),
            recipients: mail.mail.message.rcpt_to.clone(),
            events: told_events(&mail.events),
            send_at: mail.outbox.send_at.map(stamp),
            held: matches!(self.own.state, AccountState::NeedsSignIn { .. }),
            attempts,
            route: own,
            fallback: self.fallback.and_then(|it| route(self.company_plugin, it)),
            fallback_policy,
            patience,
            compromised: matches!(self.own.state, AccountState::Compromised { .. }),
            can_look_in_sent: self.can_look_in_sent,
            pause: self.pause.as_ref().map(|pause| schedule::Pause {
                cause: pause.cause.as_str().to_owned(),
                since: stamp(pause.since),
                until: stamp(pause.until),
            }),
            // What an attempt by it heard is told with the attempt.
            fallback_pause: None,
        }))
    }

    /// An attempt as the plugin judges it. An account may have another name by now.
    async fn attempt(&self, of: &Attempt) -> Result<schedule::Attempt, OutboxError> {
        let known = [Some(self.own), self.fallback].into_iter().flatten().find(|it| it.id == of.account);
        let account_name = known.map_or_else(|| of.account_name.clone(), |account| account.name.to_string());
        let memo = match &of.completion {
            Some(completion) => Some(self.memo(of, completion).await?),
            None => None,
        };
        let route = Route { account_name, transport: of.transport.clone() };
        Ok(schedule::Attempt { at: stamp(of.started), route, memo })
    }

    /// The store keeps what a settlement says in columns of its own.
    async fn memo(&self, of: &Attempt, completion: &Completion) -> Result<String, OutboxError> {
        let (came_to, retry_after) = match completion.result {
            // The pause of the own account is a field of its own, and ends sooner where a person puts it right; another's is known
            // from this alone.
            AttemptResult::AccountUnavailable(_) if of.account == self.own.id => (completion.result, Some(0)),
            AttemptResult::AccountUnavailable(after) => (completion.result, after.or(Some(OTHERS_PAUSE))),
            AttemptResult::Withdrawn => (AttemptResult::Transient(None), None),
            result => (result, result.retry_after()),
        };
        let (stage, detail) = (completion.stage.as_deref(), completion.detail.as_deref());
        let memo =
            self.company_plugin.memo(&Files::default(), came_to.as_str(), retry_after, stage, detail).await?;
        memo.map_err(|fault| disagreement(&fault))
    }
}

/// Makes an error of an argument of this program's that the plugin takes for wrong: a mistake in the program.
pub(super) fn disagreement(fault: &types::ArgumentError) -> OutboxError {
    OutboxError::Plugin(fault.sentence())
}

/// Attempts that the plugin is told of. A program that ended before the message had left made none, unless it does so
/// every time: then the mail itself may be what ends it, and it waits like any other.
fn counted(mail: &Mail) -> impl Iterator<Item = &Attempt> {
    let mut withdrawn = 0;
    mail.attempts.iter().filter(move |attempt| {
        let ended = attempt.completion.as_ref().is_some_and(|it| it.result == AttemptResult::Withdrawn);
        withdrawn += usize::from(ended);
        !ended || withdrawn > WITHDRAWN
    })
}

/// Converts an attempt's result for the store. What a later plugin calls by a name that is not known here is in doubt: its facts
/// are stored, and nothing is sent again before a person has looked. What an older plugin does not understand is tried again, by
/// a newer one perhaps.
pub(super) fn attempt_result(of: &schedule::Settlement) -> AttemptResult {
    match of.outcome.as_str() {
        "not-attempted" => AttemptResult::Transient(None),
        name => AttemptResult::of_contract(name, of.retry_after)
            .unwrap_or(AttemptResult::InDoubt { interrupted: false }),
    }
}

/// Returns the pause of its account that an attempt asks for; none where the mail alone was judged.
pub(super) fn account_pause(
    of: &delivery::SubmissionResult,
    account: &Account,
    started: Time,
) -> Option<NewAccountPause> {
    let asked = of.settlement.pause.as_ref()?;
    let words = of.settlement.detail.clone().or_else(|| {
        let to = of.settlement.events.iter().find(|event| event.kind == "deferred")?;
        to.words.clone()
    });
    let words = words.map(|words| without_others(&words, account));
    // What was said of one recipient or one message may be about them after all: the account is soon tried by another.
    let is_certain = !is_after_login(of.settlement.stage.as_deref());
    Some(NewAccountPause {
        longest: if is_certain { None } else { Some(asked.seconds.max(LONGEST_UNCERTAIN)) },
        cause: PauseCause::parse(&asked.cause)?,
        period: match asked.period.as_deref() {
            Some("hour") => Some(LimitPeriod::Hour),
            Some("day") => Some(LimitPeriod::Day),
            _ => None,
        },
        seconds: asked.seconds,
        reason: match (words, &asked.advice) {
            (Some(words), Some(advice)) => format!("{words}; {}", advice.detail),
            (Some(words), None) => words,
            (None, _) => "its server does not let it send".to_owned(),
        },
        started,
    })
}

/// Tells whether a reply at this stage may be about the mail, whatever it sounds like.
pub(super) fn is_after_login(stage: Option<&str>) -> bool {
    matches!(stage, Some("sender" | "recipient" | "data"))
}

/// Words that all users of the account read, without the addresses of a mail of one of them.
fn without_others(words: &str, account: &Account) -> String {
    let own = account.address.as_str().to_lowercase();
    let word = |word: &str| {
        let is_others = word.contains('@') && !word.to_lowercase().contains(&own);
        if is_others { "…".to_owned() } else { word.to_owned() }
    };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Converts the result of an attempt for the store.
pub(super) fn completion(of: &delivery::SubmissionResult, finished: Time) -> Completion {
    let receipt = of.receipt.as_ref();
    let ids = [
        ("message-id", receipt.and_then(|it| it.message_id.clone())),
        ("message", receipt.and_then(|it| it.provider_id.clone())),
        ("thread", receipt.and_then(|it| it.thread_id.clone())),
    ];
    Completion {
        finished,
        result: attempt_result(&of.settlement),
        stage: of.settlement.stage.clone(),
        detail: of.settlement.detail.clone(),
        provider_ids: ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?))).collect(),
    }
}

/// Facts of the plugin that are about one moment of ours, to be kept with that very moment: what crosses to the plugin and back is
/// coarser, and a fact must not seem earlier than what it follows from.
pub(super) fn events_at(of: &[tracking::Event], at: Time) -> Vec<Event> {
    let stored = |event: &tracking::Event| stored_event_at(event.clone(), at);
    of.iter().map(stored).collect()
}

/// Converts stored facts for the plugin.
pub(super) fn told_events(of: &[Event]) -> Vec<tracking::Event> {
    let event = |event: &Event| tracking_event_at(event, stamp(event.at));
    of.iter().map(event).collect()
}

/// Makes a fact that this host vouches for.
pub(super) fn own_event(recipient: &str, kind: &str, at: Time, words: Option<String>) -> Event {
    Event {
        recipient: Some(recipient.to_owned()),
        kind: kind.to_owned(),
        at,
        source: "host".to_owned(),
        code: None,
        words,
    }
}

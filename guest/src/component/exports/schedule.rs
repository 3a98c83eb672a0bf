//! `schedule`: when a mail is to be sent, and by which way.

use crate::component::bindings::exports::postroom::plugin::schedule as wit;
use crate::component::bindings::exports::postroom::plugin::tracking::{Event, EventError};
use crate::component::bindings::postroom::plugin::transport::{Acceptance, Failure};
use crate::component::convert::{event_out, events_in, time_in, time_out};
use crate::component::transport::{acceptance_in, failure_in};
use crate::component::{Component, call};
use crate::domain::delivery::{
    self, Action, Attempt, AttemptResult, Facts, FallbackPolicy, Lookup, Pause, PauseAsked, PauseCause,
    Route, Settlement,
};
use crate::domain::status::{self, Stage};

impl wit::Guest for Component {
    fn decide(facts: wit::Facts, now: String) -> Result<wit::Action, wit::FactsError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_field("now"))?;
        Ok(action_out(delivery::decide(&facts_in(facts)?, now).action))
    }

    fn settle(
        recipients: Vec<String>,
        answer: Result<Acceptance, Failure>,
        now: String,
    ) -> Result<wit::Settlement, wit::FactsError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_field("now"))?;
        let answer = answer.map(acceptance_in).map_err(failure_in);
        delivery::check_answer(&recipients, &answer)
            .map_err(|fault| wit::FactsError { field: fault.field, detail: fault.detail })?;
        Ok(settlement_out(delivery::settle(&recipients, &answer, now)))
    }

    fn settle_interruption(
        recipients: Vec<String>,
        events: Vec<Event>,
        detail: Option<String>,
        now: String,
    ) -> Result<wit::Settlement, wit::FactsError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_field("now"))?;
        let events = facts_of(events)?;
        Ok(settlement_out(delivery::settle_interruption(&recipients, &events, detail.as_deref(), now)))
    }

    fn settle_doubt(
        lookup: wit::Lookup,
        recipients: Vec<String>,
        events: Vec<Event>,
        now: String,
    ) -> Result<wit::Settlement, wit::FactsError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_field("now"))?;
        let lookup = match lookup {
            wit::Lookup::Found => Lookup::Found,
            wit::Lookup::NotFound => Lookup::NotFound,
        };
        Ok(settlement_out(delivery::settle_doubt(lookup, &recipients, &facts_of(events)?, now)))
    }

    fn outstanding(recipients: Vec<String>, events: Vec<Event>) -> Result<Vec<String>, EventError> {
        let _call = call::begin();
        Ok(status::outstanding(&recipients, &events_in(events)?))
    }
}

fn facts_of(events: Vec<Event>) -> Result<Vec<status::Event>, wit::FactsError> {
    events_in(events)
        .map_err(|fault| wit::FactsError { field: format!("events[{}]", fault.index), detail: fault.detail })
}

fn settlement_out(of: Settlement) -> wit::Settlement {
    wit::Settlement {
        events: of.events.into_iter().map(event_out).collect(),
        result: result_out(of.result),
        stage: of.stage.map(|stage| stage.name().to_owned()),
        pause: of.pause.map(pause_out),
    }
}

fn facts_in(of: wit::Facts) -> Result<Facts, wit::FactsError> {
    let attempts = of.attempts.into_iter().enumerate();
    let attempts = attempts.map(|(index, attempt)| attempt_in(index, attempt));
    Ok(Facts {
        id: of.id,
        recipients: of.recipients,
        events: facts_of(of.events)?,
        send_at: of.send_at.as_deref().map(time_in).transpose().map_err(at_field("send-at"))?,
        held: of.held,
        attempts: attempts.collect::<Result<_, _>>()?,
        route: route_in(of.route),
        fallback: of.fallback.map(route_in),
        fallback_policy: FallbackPolicy::named(&of.fallback_policy).map_err(at_field("fallback-policy"))?,
        patience: of.patience,
        compromised: of.compromised,
        pause: of.pause.map(pause_in).transpose()?,
        can_look_in_sent: of.can_look_in_sent,
    })
}

fn attempt_in(index: usize, of: wit::Attempt) -> Result<Attempt, wit::FactsError> {
    Ok(Attempt {
        at: time_in(&of.at).map_err(at_field(&format!("attempts[{index}].at")))?,
        route: route_in(of.route),
        result: of.result.map(result_in),
        detail: of.detail,
        stage: of
            .stage
            .as_deref()
            .map(Stage::named)
            .transpose()
            .map_err(at_field(&format!("attempts[{index}].stage")))?,
    })
}

fn pause_in(of: wit::Pause) -> Result<Pause, wit::FactsError> {
    Ok(Pause {
        cause: PauseCause::named(&of.cause).map_err(at_field("pause.cause"))?,
        since: time_in(&of.since).map_err(at_field("pause.since"))?,
        until: time_in(&of.until).map_err(at_field("pause.until"))?,
    })
}

fn at_field<E: std::fmt::Display>(field: &str) -> impl Fn(E) -> wit::FactsError {
    let field = field.to_owned();
    move |error| wit::FactsError { field: field.clone(), detail: error.to_string() }
}

fn action_out(of: Action) -> wit::Action {
    match of {
        Action::Submit(route) => wit::Action::Submit(route_out(route)),
        Action::WaitUntil(time) => wit::Action::WaitUntil(time_out(time)),
        Action::Hold => wit::Action::Hold,
        Action::AskFallback(route) => wit::Action::AskFallback(route_out(route)),
        Action::LookInSent => wit::Action::LookInSent,
        Action::AskInDoubt => wit::Action::AskInDoubt,
        Action::Done => wit::Action::Done,
        Action::GiveUp(given_up) => wit::Action::GiveUp(wit::GivingUp {
            reason: given_up.reason,
            events: given_up.events.into_iter().map(event_out).collect(),
        }),
    }
}

pub(super) fn pause_out(of: PauseAsked) -> wit::PauseAsked {
    wit::PauseAsked {
        cause: of.cause.name().to_owned(),
        period: of.period.map(|period| period.name().to_owned()),
        seconds: of.seconds,
        advice: of.advice.map(|advice| advice.detail),
    }
}

pub(super) fn route_in(of: wit::Route) -> Route {
    Route { account: of.account, transport: of.transport }
}

fn route_out(of: Route) -> wit::Route {
    wit::Route { account: of.account, transport: of.transport }
}

pub(super) fn result_out(of: AttemptResult) -> wit::AttemptResult {
    match of {
        AttemptResult::Accepted => wit::AttemptResult::Accepted,
        AttemptResult::PartlyAccepted(wait) => wit::AttemptResult::PartlyAccepted(wait),
        AttemptResult::Transient(wait) => wit::AttemptResult::Transient(wait),
        AttemptResult::Permanent => wit::AttemptResult::Permanent,
        AttemptResult::NeedsSignIn => wit::AttemptResult::NeedsSignIn,
        AttemptResult::AccountUnavailable(wait) => wit::AttemptResult::AccountUnavailable(wait),
        AttemptResult::InDoubt => wit::AttemptResult::InDoubt,
        AttemptResult::Found => wit::AttemptResult::Found,
        AttemptResult::NotFound => wit::AttemptResult::NotFound,
    }
}

fn result_in(of: wit::AttemptResult) -> AttemptResult {
    match of {
        wit::AttemptResult::Accepted => AttemptResult::Accepted,
        wit::AttemptResult::PartlyAccepted(wait) => AttemptResult::PartlyAccepted(wait),
        wit::AttemptResult::Transient(wait) => AttemptResult::Transient(wait),
        wit::AttemptResult::Permanent => AttemptResult::Permanent,
        wit::AttemptResult::NeedsSignIn => AttemptResult::NeedsSignIn,
        wit::AttemptResult::AccountUnavailable(wait) => AttemptResult::AccountUnavailable(wait),
        wit::AttemptResult::InDoubt => AttemptResult::InDoubt,
        wit::AttemptResult::Found => AttemptResult::Found,
        wit::AttemptResult::NotFound => AttemptResult::NotFound,
    }
}

//! `schedule`: when a mail is to be sent, and by which way.

use crate::component::bindings::exports::postroom::plugin::schedule as wit;
use crate::component::bindings::exports::postroom::plugin::tracking::{Event, EventError};
use crate::component::convert::{events_in, time_in, time_out};
use crate::component::{Component, imports};
use crate::domain::delivery::{
    self, Action, Attempt, AttemptResult, Facts, FallbackPolicy, Pause, PauseCause, Route,
};
use crate::domain::status::{self, Stage};

impl wit::Guest for Component {
    fn decide(facts: wit::Facts, now: String) -> Result<wit::Action, wit::FactsError> {
        imports::speak_before_trapping();
        let now = time_in(&now).map_err(at_field("now"))?;
        Ok(action_out(delivery::decide(&facts_in(facts)?, now)))
    }

    fn outstanding(recipients: Vec<String>, events: Vec<Event>) -> Result<Vec<String>, EventError> {
        imports::speak_before_trapping();
        Ok(status::outstanding(&recipients, &events_in(events)?))
    }
}

fn facts_in(of: wit::Facts) -> Result<Facts, wit::FactsError> {
    let attempts = of.attempts.into_iter().enumerate();
    let attempts = attempts.map(|(index, attempt)| attempt_in(index, attempt));
    Ok(Facts {
        id: of.id,
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
        Action::GiveUp(reason) => wit::Action::GiveUp(reason),
    }
}

#[cfg(not(feature = "core"))]
pub(super) fn pause_out(of: delivery::PauseAsked) -> wit::PauseAsked {
    wit::PauseAsked {
        cause: of.cause.name().to_owned(),
        period: of.period.map(|period| period.name().to_owned()),
        seconds: of.seconds,
        advice: of.advice.map(str::to_owned),
    }
}

pub(super) fn route_in(of: wit::Route) -> Route {
    Route { account: of.account, transport: of.transport }
}

fn route_out(of: Route) -> wit::Route {
    wit::Route { account: of.account, transport: of.transport }
}

#[cfg(not(feature = "core"))]
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

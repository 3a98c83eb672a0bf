//! The export `schedule`: when a mail is to be sent, and by which way.

use crate::component::bindings::exports::postroom::plugin::composing::OutgoingMail;
use crate::component::bindings::exports::postroom::plugin::schedule as wit;
use crate::component::bindings::exports::postroom::plugin::tracking::Event;
use crate::component::bindings::postroom::plugin::transport::{
    Acceptance, ApiResponse, Failure, SubmissionFailure,
};
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::convert::{
    argument_error, at_argument, chunks_in, event_out, events_at, events_in, reason_out, time_in, time_out,
};
use crate::component::transport::{acceptance_in, api_response_in, submission_failure_in, web_failure_in};
use crate::component::{Component, call};
use crate::domain::address::match_key;
use crate::domain::delivery::{
    self, Action, Attempt, Decision, Facts, FallbackPolicy, Lookup, Memo, Pause, PauseAsked, PauseCause,
    Route, Settlement, Transport,
};
use crate::domain::status;
use crate::flows::{self, SubmitError};
use std::collections::BTreeMap;

impl wit::Guest for Component {
    fn decide(facts: wit::Facts, now: String) -> Result<wit::Action, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now"))?;
        Ok(action_out(delivery::decide(&facts_in(facts)?, now)))
    }

    fn settle(
        recipients: Vec<String>,
        answer: Result<Acceptance, SubmissionFailure>,
        now: String,
    ) -> Result<wit::Settlement, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now"))?;
        let answer = match answer {
            Ok(accepted) => Ok(acceptance_in(accepted)),
            Err(failed) => Err(submission_failure_in(failed)),
        };
        delivery::check_answer(&recipients, &answer)
            .map_err(|fault| argument_error(fault.field, fault.detail))?;
        Ok(settlement_out(delivery::settle(&recipients, &answer, now)))
    }

    fn settle_api(
        transport: String,
        mail: OutgoingMail,
        recipients: Vec<String>,
        answer: Result<ApiResponse, Failure>,
        now: String,
    ) -> Result<wit::Settlement, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now"))?;
        let mail = outgoing_in(mail, recipients)?;
        let answer = answer.map(api_response_in).map_err(web_failure_in);
        let submitted = flows::settle_api(&transport, &mail, answer, now);
        match submitted.error {
            Some(SubmitError::Argument { field, detail }) => Err(argument_error(field, detail)),
            Some(SubmitError::NoRecipient) => {
                Err(argument_error("recipients", "a request that hands over a mail names somebody"))
            }
            _ => Ok(settlement_out(submitted.settlement())),
        }
    }

    fn memo(
        result: String,
        retry_after: Option<u32>,
        stage: Option<String>,
        detail: Option<String>,
    ) -> Result<String, ArgumentError> {
        let _call = call::begin();
        let memo = Memo::of(&result, retry_after, stage.as_deref(), detail);
        memo.map(|memo| memo.write()).map_err(|fault| argument_error(fault.field, fault.detail))
    }

    fn settle_interruption(
        recipients: Vec<String>,
        events: Vec<Event>,
        detail: Option<String>,
        now: String,
    ) -> Result<wit::Settlement, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now"))?;
        let events = events_in(events)?;
        Ok(settlement_out(delivery::settle_interruption(&recipients, &events, detail.as_deref(), now)))
    }

    fn settle_doubt(
        lookup: wit::Lookup,
        recipients: Vec<String>,
        events: Vec<Event>,
        now: String,
    ) -> Result<wit::Settlement, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now"))?;
        let lookup = match lookup {
            wit::Lookup::Found => Lookup::Found,
            wit::Lookup::NotFound => Lookup::NotFound,
        };
        Ok(settlement_out(delivery::settle_doubt(lookup, &recipients, &events_in(events)?, now)))
    }

    fn outstanding(recipients: Vec<String>, events: Vec<Event>) -> Result<Vec<String>, ArgumentError> {
        let _call = call::begin();
        Ok(status::outstanding(&recipients, &events_in(events)?))
    }
}

/// Reads a mail for these recipients, without options. One whom the mail was not composed for would get what is not theirs.
pub(super) fn outgoing_in(
    of: OutgoingMail,
    recipients: Vec<String>,
) -> Result<flows::OutgoingMail, ArgumentError> {
    let mut of_the_mail: BTreeMap<String, &String> =
        of.envelope.recipients.iter().map(|it| (match_key(it), it)).collect();
    let mut named = Vec::with_capacity(recipients.len());
    for (index, recipient) in recipients.iter().enumerate() {
        // As the mail spells it; one named twice was removed the first time.
        let Some(spelled) = of_the_mail.remove(&match_key(recipient)) else {
            let detail = format!("\"{recipient}\" is none of the mail's envelope, or named twice");
            return Err(argument_error(format!("recipients[{index}]"), detail));
        };
        named.push(spelled.clone());
    }
    Ok(flows::OutgoingMail {
        message_id: of.message_id,
        mail_from: of.envelope.mail_from,
        recipients: named,
        chunks: chunks_in(of.chunks),
        files: of.files.into_iter().map(|it| (it.file, it.size.into())).collect(),
        size: of.size.into(),
        needs_smtputf8: of.needs_smtputf8,
        sender: None,
        envelope_id: None,
        notify_delivered: false,
        check_opens: false,
    })
}

pub(super) fn settlement_out(of: Settlement) -> wit::Settlement {
    let memo = Memo { result: of.result, stage: of.stage, detail: of.detail };
    wit::Settlement {
        events: of.events.into_iter().map(event_out).collect(),
        outcome: of.result.name().to_owned(),
        retry_after: of.result.retry_after(),
        stage: of.stage.map(|stage| stage.name().to_owned()),
        memo: memo.write(),
        detail: memo.detail,
        pause: of.pause.map(pause_out),
    }
}

fn facts_in(of: wit::Facts) -> Result<Facts, ArgumentError> {
    let attempts = of.attempts.into_iter().enumerate();
    let attempts = attempts.map(|(index, attempt)| attempt_in(index, attempt));
    Ok(Facts {
        id: of.id,
        recipients: of.recipients,
        events: events_at(of.events, "facts.events")?,
        send_at: of.send_at.as_deref().map(time_in).transpose().map_err(at_argument("facts.send-at"))?,
        held: of.held,
        attempts: attempts.collect::<Result<_, _>>()?,
        route: known_route("facts.route", of.route)?,
        fallback: of.fallback.map(|route| known_route("facts.fallback", route)).transpose()?,
        fallback_policy: FallbackPolicy::named(&of.fallback_policy)
            .map_err(at_argument("facts.fallback-policy"))?,
        patience: of.patience,
        compromised: of.compromised,
        pause: of.pause.map(|pause| pause_in(pause, "facts.pause")).transpose()?,
        fallback_pause: of.fallback_pause.map(|pause| pause_in(pause, "facts.fallback-pause")).transpose()?,
        can_look_in_sent: of.can_look_in_sent,
    })
}

fn attempt_in(index: usize, of: wit::Attempt) -> Result<Attempt, ArgumentError> {
    let memo = of.memo.as_deref().map(Memo::read).transpose();
    let memo = memo.map_err(|fault| argument_error(format!("facts.attempts[{index}].memo"), fault.detail))?;
    let (result, stage, detail) =
        memo.map_or((None, None, None), |memo| (Some(memo.result), memo.stage, memo.detail));
    let at = time_in(&of.at).map_err(at_argument(&format!("facts.attempts[{index}].at")))?;
    let route = known_route(&format!("facts.attempts[{index}].route"), of.route)?;
    Ok(Attempt { at, route, result, stage, detail })
}

fn pause_in(of: wit::Pause, path: &str) -> Result<Pause, ArgumentError> {
    Ok(Pause {
        cause: PauseCause::named(&of.cause).map_err(at_argument(&format!("{path}.cause")))?,
        since: time_in(&of.since).map_err(at_argument(&format!("{path}.since")))?,
        until: time_in(&of.until).map_err(at_argument(&format!("{path}.until")))?,
    })
}

fn action_out(of: Decision) -> wit::Action {
    let step = match of.action {
        Action::Submit(route) => wit::Step::Submit(route_out(route)),
        Action::WaitUntil(time) => wit::Step::WaitUntil(time_out(time)),
        Action::Hold => wit::Step::Hold,
        Action::AskFallback(route) => wit::Step::AskFallback(route_out(route)),
        Action::LookInSent => wit::Step::LookInSent,
        Action::AskInDoubt => wit::Step::AskInDoubt,
        Action::Done => wit::Step::Done,
        Action::GiveUp(given_up) => wit::Step::GiveUp(given_up.events.into_iter().map(event_out).collect()),
    };
    wit::Action { step, reason: reason_out(of.reason) }
}

pub(super) fn pause_out(of: PauseAsked) -> wit::PauseAsked {
    wit::PauseAsked {
        cause: of.cause.name().to_owned(),
        period: of.period.map(|period| period.name().to_owned()),
        seconds: of.seconds,
        advice: of.advice.map(reason_out),
    }
}

/// Checks that something can be submitted by a route.
fn known_route(path: &str, of: wit::Route) -> Result<Route, ArgumentError> {
    Transport::named(&of.transport).map_err(at_argument(&format!("{path}.transport")))?;
    Ok(route_in(of))
}

pub(super) fn route_in(of: wit::Route) -> Route {
    Route { account: of.account_name, transport: of.transport }
}

fn route_out(of: Route) -> wit::Route {
    wit::Route { account_name: of.account, transport: of.transport }
}

//! `delivery`: what only the full plugin has.

use super::schedule::{pause_out, result_out, route_in};
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::delivery as wit;
use crate::component::bindings::exports::postroom::plugin::recipients::Mailbox;
use crate::component::bindings::postroom::plugin::smtp;
use crate::component::call;
use crate::component::convert::{chunks_in, event_out, time_in};
use crate::component::imports::{HostSmtp, HostWeb};
use crate::component::transport::{failure_out, reply_out, stage_out, verdict_out};
use crate::domain::delivery::{AttemptResult, Transport};
use crate::domain::status::{ApiFailure, Failure, Stage, Verdict};
use crate::flows::{self, Parcel, Probe, Receipt, Search, Sighting, SubmitError};

impl wit::Guest for Component {
    fn submit(parcel: wit::Parcel, route: wit::Route, now: String) -> wit::Outcome {
        let _call = call::begin();
        let at = match time_in(&now) {
            Ok(at) => at,
            Err(detail) => return not_attempted("now", detail),
        };
        let outcome = flows::submit(parcel_in(parcel), &route_in(route), at, &mut HostSmtp, &mut HostWeb);
        wit::Outcome {
            events: outcome.events.into_iter().map(event_out).collect(),
            error: outcome.error.map(error_out),
            reply: outcome.reply.map(reply_out),
            receipt: outcome.receipt.map(receipt_out),
            result: result_out(outcome.result),
            stage: outcome.stage.map(|stage| stage.name().to_owned()),
            pause: outcome.pause.map(pause_out),
        }
    }

    fn probe(route: wit::Route) -> wit::ProbeReport {
        let _call = call::begin();
        let probed = match Transport::named(&route.transport) {
            Ok(transport) => flows::probe_api(&route.account, transport, &mut HostWeb),
            Err(unknown) => Some(unknown_transport(unknown.to_string())),
        };
        // Without an API it is SMTP.
        let Some(probed) = probed else { return smtp::probe(&route.account) };
        let step = |(stage, detail)| smtp::ProbeStep { stage: stage_out(stage), detail };
        wit::ProbeReport {
            steps: probed.steps.into_iter().map(step).collect(),
            failure: probed.failure.map(failure_out),
            extensions: Vec::new(),
        }
    }

    fn look_in_sent(
        message_id: String,
        route: wit::Route,
        sender: Option<Mailbox>,
        attempted: String,
        now: String,
    ) -> wit::Sighting {
        let _call = call::begin();
        let (attempted, now) = match (time_in(&attempted), time_in(&now)) {
            (Ok(attempted), Ok(now)) => (attempted, now),
            (Err(fault), _) => return wit::Sighting::CannotTell(format!("attempted: {fault}")),
            (_, Err(fault)) => return wit::Sighting::CannotTell(format!("now: {fault}")),
        };
        let search = Search { message_id, sender: sender.map(|mailbox| mailbox.address), attempted };
        match flows::look_in_sent(&search, &route_in(route), now, &mut HostWeb) {
            Sighting::Found(receipt) => wit::Sighting::Found(receipt_out(receipt)),
            Sighting::NotFound => wit::Sighting::NotFound,
            Sighting::NotYet(seconds) => wit::Sighting::NotYet(seconds),
            Sighting::CannotTell(why) => wit::Sighting::CannotTell(why),
            Sighting::NeedsSignIn(words) => wit::Sighting::NeedsSignIn(words),
        }
    }
}

fn unknown_transport(detail: String) -> Probe {
    let failure = Failure {
        stage: Stage::Prepare,
        verdict: Verdict::Permanent,
        reply: None,
        detail,
        retry_after: None,
        recipients: Vec::new(),
    };
    Probe { steps: Vec::new(), failure: Some(failure) }
}

fn not_attempted(field: &str, detail: String) -> wit::Outcome {
    wit::Outcome {
        events: Vec::new(),
        error: Some(wit::SubmitError::Parcel((field.to_owned(), detail))),
        reply: None,
        receipt: None,
        result: result_out(AttemptResult::Permanent),
        stage: Some(Stage::Prepare.name().to_owned()),
        pause: None,
    }
}

fn parcel_in(of: wit::Parcel) -> Parcel {
    Parcel {
        message_id: of.message_id,
        mail_from: of.envelope.mail_from,
        recipients: of.envelope.recipients,
        chunks: chunks_in(of.chunks),
        enclosures: of.enclosures.into_iter().map(|it| (it.file, it.size)).collect(),
        size: of.size,
        needs_smtputf8: of.needs_smtputf8,
        sender: of.sender.map(|mailbox| (mailbox.name, mailbox.address)),
        envelope_id: of.envelope_id,
        notify_delivered: of.notify_delivered,
        check_opens: of.check_opens,
    }
}

fn error_out(of: SubmitError) -> wit::SubmitError {
    match of {
        SubmitError::NoRecipient => wit::SubmitError::NoRecipient,
        SubmitError::UnknownTransport(name) => wit::SubmitError::UnknownTransport(name),
        SubmitError::Parcel { field, detail } => wit::SubmitError::Parcel((field, detail)),
        SubmitError::Failed(failure) => wit::SubmitError::Failed(failure_out(failure)),
        SubmitError::Api(failure) => wit::SubmitError::Api(api_failure_out(failure)),
        SubmitError::NeedsSignIn(words) => wit::SubmitError::NeedsSignIn(words),
    }
}

fn api_failure_out(of: ApiFailure) -> wit::ApiFailure {
    wit::ApiFailure {
        stage: stage_out(of.stage),
        verdict: verdict_out(of.verdict),
        status: of.status,
        code: of.code,
        words: of.words,
        detail: of.detail,
        retry_after: of.retry_after,
        refused: of.refused,
    }
}

fn receipt_out(of: Receipt) -> wit::Receipt {
    wit::Receipt {
        status: of.status,
        message_id: of.message_id,
        provider_id: of.provider_id,
        thread_id: of.thread_id,
        labels: of.labels,
    }
}

//! The export `delivery`: what only the full plugin has.

use super::schedule::{outgoing_in, route_in, settlement_out};
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::composing::OutgoingMail;
use crate::component::bindings::exports::postroom::plugin::delivery as wit;
use crate::component::bindings::postroom::plugin::{smtp, transport, types};
use crate::component::call;
use crate::component::convert::{argument_error, json_error, time_in};
use crate::component::imports::{HostSmtp, HostWeb};
use crate::component::transport::{failure_out, reply_out, stage_out, submission_failure_out, verdict_out};
use crate::domain::delivery::{AttemptResult, Settlement, Transport};
use crate::domain::options::SubmissionOptions;
use crate::domain::status::{ApiFailure, Failure, Stage, Verdict};
use crate::flows::{self, LookupResult, Probe, Receipt, Search, SubmitError};

impl wit::Guest for Component {
    fn submit(
        mail: OutgoingMail,
        recipients: Vec<String>,
        options: String,
        route: wit::Route,
        now: String,
    ) -> wit::SubmissionResult {
        let _call = call::begin();
        let at = match time_in(&now) {
            Ok(at) => at,
            Err(detail) => return not_attempted(argument_error("now", detail)),
        };
        let options = match SubmissionOptions::from_json(&options) {
            Ok(options) => options,
            Err(fault) => return not_attempted(json_error("options", fault)),
        };
        let mail = match outgoing_in(mail, recipients) {
            Ok(mail) => mail,
            Err(error) => return not_attempted(error),
        };
        let mail = flows::OutgoingMail {
            sender: options.sender.map(|sender| (sender.name, sender.address)),
            envelope_id: options.envelope_id,
            notify_delivered: options.notify_delivered,
            check_opens: options.check_opens,
            ..mail
        };
        let submitted = flows::submit(mail, &route_in(route), at, &mut HostSmtp, &mut HostWeb);
        wit::SubmissionResult {
            error: submitted.error.clone().map(error_out),
            reply: submitted.reply.clone().map(reply_out),
            receipt: submitted.receipt.clone().map(receipt_out),
            settlement: settlement_out(submitted.settlement()),
        }
    }

    fn probe(route: wit::Route) -> wit::ProbeReport {
        let _call = call::begin();
        let probed = match Transport::named(&route.transport) {
            Ok(transport) => flows::probe_api(&route.account_name, transport, &mut HostWeb),
            Err(unknown) => Some(unknown_transport(unknown.to_string())),
        };
        // Without an API it is SMTP.
        let Some(probed) = probed else { return smtp::probe(&route.account_name) };
        let step = |(stage, detail)| transport::ProbeStep { stage: stage_out(stage), detail };
        wit::ProbeReport {
            steps: probed.steps.into_iter().map(step).collect(),
            failure: probed.failure.map(failure_out),
            capabilities: Vec::new(),
        }
    }

    fn look_in_sent(
        message_id: String,
        route: wit::Route,
        sender: Option<types::Address>,
        attempted: String,
        now: String,
    ) -> wit::LookupResult {
        let _call = call::begin();
        let (attempted, now) = match (time_in(&attempted), time_in(&now)) {
            (Ok(attempted), Ok(now)) => (attempted, now),
            (Err(fault), _) => return wit::LookupResult::CannotTell(format!("attempted: {fault}")),
            (_, Err(fault)) => return wit::LookupResult::CannotTell(format!("now: {fault}")),
        };
        let search = Search { message_id, sender: sender.map(|sender| sender.address), attempted };
        match flows::look_in_sent(&search, &route_in(route), now, &mut HostWeb) {
            LookupResult::Found(receipt) => wit::LookupResult::Found(receipt_out(receipt)),
            LookupResult::NotFound => wit::LookupResult::NotFound,
            LookupResult::NotYet(seconds) => wit::LookupResult::NotYet(seconds),
            LookupResult::CannotTell(why) => wit::LookupResult::CannotTell(why),
            LookupResult::NeedsSignIn(words) => wit::LookupResult::NeedsSignIn(words),
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

fn not_attempted(error: types::ArgumentError) -> wit::SubmissionResult {
    wit::SubmissionResult {
        settlement: settlement_out(Settlement {
            events: Vec::new(),
            result: AttemptResult::NotAttempted,
            stage: Some(Stage::Prepare),
            detail: Some(format!("{}: {}", error.argument, error.detail)),
            pause: None,
        }),
        error: Some(wit::SubmitError::Argument(error)),
        reply: None,
        receipt: None,
    }
}

fn error_out(of: SubmitError) -> wit::SubmitError {
    match of {
        SubmitError::NoRecipient => wit::SubmitError::NoRecipient,
        SubmitError::Argument { field, detail } => wit::SubmitError::Argument(argument_error(field, detail)),
        SubmitError::Failed(failure) => wit::SubmitError::Failed(submission_failure_out(failure)),
        SubmitError::Api(failure) => wit::SubmitError::Api(api_failure_out(failure)),
        SubmitError::NeedsSignIn(words) => wit::SubmitError::NeedsSignIn(words),
    }
}

fn api_failure_out(of: ApiFailure) -> wit::ApiFailure {
    wit::ApiFailure {
        failure: transport::Failure {
            stage: stage_out(of.stage),
            verdict: verdict_out(of.verdict),
            code: of.code,
            words: of.words,
            detail: of.detail,
            retry_after: of.retry_after,
        },
        status: of.status,
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

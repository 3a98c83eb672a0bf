//! Servers' answers between the contract's `transport` and the domain.

use crate::component::bindings::postroom::plugin::transport;
use crate::domain::status::{Acceptance, Failure, RecipientReply, Reply, Stage, Verdict};
use crate::flows::{WebError, WebFailure, WebResponse, WebStage};

pub(in crate::component) fn acceptance_in(of: transport::Acceptance) -> Acceptance {
    let recipients = of.recipients.into_iter().map(recipient_in).collect();
    Acceptance { reply: reply_in(of.reply), recipients }
}

/// Reads a failed submission; the failure has the words and the enhanced code of the reply that decided it, like those of any other server.
pub(in crate::component) fn submission_failure_in(of: transport::SubmissionFailure) -> Failure {
    let (code, words) = (of.failure.code, of.failure.words);
    Failure {
        stage: stage_in(of.failure.stage),
        verdict: verdict_in(of.failure.verdict),
        reply: of.reply_code.map(|basic| Reply {
            code: basic,
            enhanced: code.filter(|code| code.contains('.')),
            text: words.unwrap_or_default(),
        }),
        detail: of.failure.detail,
        retry_after: of.failure.retry_after,
        recipients: of.recipients.into_iter().map(recipient_in).collect(),
    }
}

pub(in crate::component) fn submission_failure_out(of: Failure) -> transport::SubmissionFailure {
    let recipients = of.recipients.clone().into_iter();
    transport::SubmissionFailure {
        reply_code: of.reply.as_ref().map(|reply| reply.code),
        recipients: recipients
            .map(|r| transport::RecipientReply { address: r.address, reply: reply_out(r.reply) })
            .collect(),
        failure: failure_out(of),
    }
}

pub(in crate::component) fn failure_out(of: Failure) -> transport::Failure {
    let code = |reply: &Reply| reply.enhanced.clone().unwrap_or_else(|| reply.code.to_string());
    transport::Failure {
        stage: stage_out(of.stage),
        verdict: verdict_out(of.verdict),
        code: of.reply.as_ref().map(code),
        words: of.reply.map(|reply| reply.text),
        detail: of.detail,
        retry_after: of.retry_after,
    }
}

/// Reads a call of an API that got no response.
pub(in crate::component) fn web_failure_in(of: transport::Failure) -> WebError {
    WebError::Failed(WebFailure {
        stage: match of.stage {
            transport::Stage::Token | transport::Stage::Login => WebStage::Token,
            transport::Stage::Resolve => WebStage::Resolve,
            transport::Stage::Connect => WebStage::Connect,
            transport::Stage::Tls => WebStage::Tls,
            transport::Stage::Request | transport::Stage::Data => WebStage::Request,
            transport::Stage::Response | transport::Stage::AfterDot => WebStage::WebResponse,
            _ => WebStage::Prepare,
        },
        verdict: verdict_in(of.verdict),
        detail: of.detail,
        retry_after: of.retry_after,
    })
}

/// Reads an API's response that the host has in hand.
pub(in crate::component) fn api_response_in(of: transport::ApiResponse) -> WebResponse {
    let headers =
        [("retry-after", of.retry_after.map(|seconds| seconds.to_string())), ("x-message-id", of.message_id)];
    WebResponse {
        status: of.status,
        headers: headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
        body: of.body.into_bytes(),
        truncated: false,
    }
}

pub(in crate::component) fn verdict_in(of: transport::Verdict) -> Verdict {
    match of {
        transport::Verdict::Transient => Verdict::Transient,
        transport::Verdict::Permanent => Verdict::Permanent,
        transport::Verdict::NeedsSignIn => Verdict::NeedsSignIn,
        transport::Verdict::InDoubt => Verdict::InDoubt,
    }
}

pub(in crate::component) fn verdict_out(of: Verdict) -> transport::Verdict {
    match of {
        Verdict::Transient => transport::Verdict::Transient,
        Verdict::Permanent => transport::Verdict::Permanent,
        Verdict::NeedsSignIn => transport::Verdict::NeedsSignIn,
        Verdict::InDoubt => transport::Verdict::InDoubt,
    }
}

pub(in crate::component) fn reply_out(of: Reply) -> transport::Reply {
    transport::Reply { code: of.code, enhanced: of.enhanced, text: of.text }
}

fn reply_in(of: transport::Reply) -> Reply {
    Reply { code: of.code, enhanced: of.enhanced, text: of.text }
}

fn recipient_in(of: transport::RecipientReply) -> RecipientReply {
    RecipientReply { address: of.address, reply: reply_in(of.reply) }
}

fn stage_in(of: transport::Stage) -> Stage {
    match of {
        transport::Stage::Prepare => Stage::Prepare,
        transport::Stage::Resolve => Stage::Resolve,
        transport::Stage::Connect => Stage::Connect,
        transport::Stage::Tls => Stage::Tls,
        transport::Stage::Greeting => Stage::Greeting,
        transport::Stage::Login => Stage::Login,
        transport::Stage::Sender => Stage::Sender,
        transport::Stage::Recipient => Stage::Recipient,
        transport::Stage::Data => Stage::Data,
        transport::Stage::AfterDot | transport::Stage::Response => Stage::AfterDot,
        // Stages of other protocols: the nearest of a submission.
        transport::Stage::Token => Stage::Login,
        transport::Stage::Folder | transport::Stage::Command | transport::Stage::Request => Stage::Data,
    }
}

pub(in crate::component) fn stage_out(of: Stage) -> transport::Stage {
    match of {
        Stage::Prepare => transport::Stage::Prepare,
        Stage::Resolve => transport::Stage::Resolve,
        Stage::Connect => transport::Stage::Connect,
        Stage::Tls => transport::Stage::Tls,
        Stage::Greeting => transport::Stage::Greeting,
        Stage::Login => transport::Stage::Login,
        Stage::Sender => transport::Stage::Sender,
        Stage::Recipient => transport::Stage::Recipient,
        Stage::Data => transport::Stage::Data,
        Stage::AfterDot => transport::Stage::AfterDot,
    }
}

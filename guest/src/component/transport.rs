//! Servers' answers between the contract's `transport` and the domain.

use crate::component::bindings::postroom::plugin::transport;
use crate::domain::status::{Acceptance, Failure, RecipientReply, Reply, Stage, Verdict};

pub(in crate::component) fn acceptance_in(of: transport::Acceptance) -> Acceptance {
    let recipients = of.recipients.into_iter().map(recipient_in).collect();
    Acceptance { reply: reply_in(of.reply), recipients }
}

pub(in crate::component) fn failure_in(of: transport::Failure) -> Failure {
    Failure {
        stage: stage_in(of.stage),
        verdict: verdict_in(of.verdict),
        reply: of.reply.map(reply_in),
        detail: of.detail,
        retry_after: of.retry_after,
        recipients: of.recipients.into_iter().map(recipient_in).collect(),
    }
}

#[cfg(not(feature = "core"))]
pub(in crate::component) fn failure_out(of: Failure) -> transport::Failure {
    let recipients = of.recipients.into_iter();
    transport::Failure {
        stage: stage_out(of.stage),
        verdict: verdict_out(of.verdict),
        reply: of.reply.map(reply_out),
        detail: of.detail,
        retry_after: of.retry_after,
        recipients: recipients
            .map(|r| transport::RecipientReply { address: r.address, reply: reply_out(r.reply) })
            .collect(),
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

#[cfg(not(feature = "core"))]
pub(in crate::component) fn verdict_out(of: Verdict) -> transport::Verdict {
    match of {
        Verdict::Transient => transport::Verdict::Transient,
        Verdict::Permanent => transport::Verdict::Permanent,
        Verdict::NeedsSignIn => transport::Verdict::NeedsSignIn,
        Verdict::InDoubt => transport::Verdict::InDoubt,
    }
}

#[cfg(not(feature = "core"))]
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
        transport::Stage::AfterDot => Stage::AfterDot,
    }
}

#[cfg(not(feature = "core"))]
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

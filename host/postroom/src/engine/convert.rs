//! Between the words of the contract and those of the SMTP capability: the same records, one generated.

use super::state::Files;
use postroom_contract::attachments::Chunk;
use postroom_contract::{smtp, transport};
use postroom_transport::smtp as wire;

/// Converts a submission, with its files in place of handles; the error is a handle that the call does not have.
pub(super) fn submission(of: smtp::Submission, files: &Files) -> Result<wire::Submission, u32> {
    let chunks = of.chunks.into_iter().map(|chunk| match chunk {
        Chunk::Text(text) => Ok(wire::Chunk::Text(text)),
        Chunk::Attachment(handle) => files.get(handle).cloned().map(wire::Chunk::Attachment).ok_or(handle),
        Chunk::Raw(handle) => files.get(handle).cloned().map(wire::Chunk::Raw).ok_or(handle),
    });
    let recipients = of.recipients.into_iter();
    Ok(wire::Submission {
        mail_from: of.mail_from,
        recipients: recipients.map(|r| wire::Recipient { address: r.address, notify: r.notify }).collect(),
        envelope_id: of.envelope_id,
        smtputf8: of.smtputf8,
        size: of.size.into(),
        chunks: chunks.collect::<Result<_, _>>()?,
        gate: files.gate(),
    })
}

/// Makes a failure before the network: the account or the arguments rule it out.
pub(super) fn refused(detail: String) -> transport::Failure {
    transport::Failure {
        stage: transport::Stage::Prepare,
        verdict: transport::Verdict::Permanent,
        code: None,
        words: None,
        detail,
        retry_after: None,
    }
}

/// Makes the failure of a transaction that was not begun.
pub(super) fn not_submitted(failure: transport::Failure) -> transport::SubmissionFailure {
    transport::SubmissionFailure { failure, reply_code: None, recipients: Vec::new() }
}

pub(super) fn acceptance(of: wire::Acceptance) -> transport::Acceptance {
    transport::Acceptance {
        server: of.server,
        reply: reply(of.reply),
        recipients: of.recipients.into_iter().map(recipient_reply).collect(),
        dsn: of.dsn,
    }
}

pub(super) fn submission_failure(of: wire::Failure) -> transport::SubmissionFailure {
    transport::SubmissionFailure {
        reply_code: of.reply.as_ref().map(|reply| reply.code),
        recipients: of.recipients.clone().into_iter().map(recipient_reply).collect(),
        failure: failure(of),
    }
}

fn failure(of: wire::Failure) -> transport::Failure {
    let code = |reply: &wire::Reply| reply.enhanced.clone().unwrap_or_else(|| reply.code.to_string());
    transport::Failure {
        stage: stage(of.stage),
        verdict: match of.verdict {
            wire::Verdict::Transient => transport::Verdict::Transient,
            wire::Verdict::Permanent => transport::Verdict::Permanent,
            wire::Verdict::NeedsSignIn => transport::Verdict::NeedsSignIn,
            wire::Verdict::InDoubt => transport::Verdict::InDoubt,
        },
        code: of.reply.as_ref().map(code),
        words: of.reply.map(|reply| reply.text),
        detail: of.detail,
        retry_after: of.retry_after,
    }
}

/// Converts the report of a connection test to the contract's type.
pub fn probe_report(of: wire::ProbeReport) -> transport::ProbeReport {
    transport::ProbeReport {
        steps: of
            .steps
            .into_iter()
            .map(|s| transport::ProbeStep { stage: stage(s.stage), detail: s.detail })
            .collect(),
        failure: of.failure.map(failure),
        capabilities: of.capabilities,
    }
}

fn recipient_reply(of: wire::RecipientReply) -> transport::RecipientReply {
    transport::RecipientReply { address: of.address, reply: reply(of.reply) }
}

fn reply(of: wire::Reply) -> transport::Reply {
    transport::Reply { code: of.code, enhanced: of.enhanced, text: of.text }
}

fn stage(of: wire::Stage) -> transport::Stage {
    match of {
        wire::Stage::Prepare => transport::Stage::Prepare,
        wire::Stage::Resolve => transport::Stage::Resolve,
        wire::Stage::Connect => transport::Stage::Connect,
        wire::Stage::Tls => transport::Stage::Tls,
        wire::Stage::Greeting => transport::Stage::Greeting,
        wire::Stage::Login => transport::Stage::Login,
        wire::Stage::Sender => transport::Stage::Sender,
        wire::Stage::Recipient => transport::Stage::Recipient,
        wire::Stage::Data => transport::Stage::Data,
        wire::Stage::AfterDot => transport::Stage::AfterDot,
    }
}

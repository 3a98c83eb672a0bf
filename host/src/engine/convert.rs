//! Between the words of the contract and those of the SMTP capability: the same records, one generated.

use super::state::Files;
use crate::capabilities::smtp as wire;
use crate::contract::attachments::Chunk;
use crate::contract::smtp;

/// A submission with its files in place of handles; the error is a handle that the call does not have.
pub(super) fn submission(of: smtp::Submission, files: &Files) -> Result<wire::Submission, u32> {
    let chunks = of.chunks.into_iter().map(|chunk| match chunk {
        Chunk::Text(text) => Ok(wire::Chunk::Text(text)),
        Chunk::Attachment(handle) => files.get(handle).cloned().map(wire::Chunk::Attachment).ok_or(handle),
    });
    let recipients = of.recipients.into_iter();
    Ok(wire::Submission {
        mail_from: of.mail_from,
        recipients: recipients.map(|r| wire::Recipient { address: r.address, notify: r.notify }).collect(),
        envelope_id: of.envelope_id,
        smtputf8: of.smtputf8,
        size: of.size,
        chunks: chunks.collect::<Result<_, _>>()?,
        gate: files.gate(),
    })
}

/// A failure before the network: the account or the arguments rule it out.
pub(super) fn refused(detail: String) -> smtp::Failure {
    smtp::Failure {
        stage: smtp::Stage::Prepare,
        verdict: smtp::Verdict::Permanent,
        reply: None,
        detail,
        retry_after: None,
        recipients: Vec::new(),
    }
}

pub(super) fn acceptance(of: wire::Acceptance) -> smtp::Acceptance {
    smtp::Acceptance {
        server: of.server,
        reply: reply(of.reply),
        recipients: of.recipients.into_iter().map(recipient_reply).collect(),
        dsn: of.dsn,
    }
}

pub(super) fn failure(of: wire::Failure) -> smtp::Failure {
    smtp::Failure {
        stage: stage(of.stage),
        verdict: match of.verdict {
            wire::Verdict::Transient => smtp::Verdict::Transient,
            wire::Verdict::Permanent => smtp::Verdict::Permanent,
            wire::Verdict::NeedsSignIn => smtp::Verdict::NeedsSignIn,
            wire::Verdict::InDoubt => smtp::Verdict::InDoubt,
        },
        reply: of.reply.map(reply),
        detail: of.detail,
        retry_after: of.retry_after,
        recipients: of.recipients.into_iter().map(recipient_reply).collect(),
    }
}

/// The report of a connection test in the words of the contract.
pub fn probe_report(of: wire::ProbeReport) -> smtp::ProbeReport {
    smtp::ProbeReport {
        steps: of
            .steps
            .into_iter()
            .map(|s| smtp::ProbeStep { stage: stage(s.stage), detail: s.detail })
            .collect(),
        failure: of.failure.map(failure),
        extensions: of.extensions,
    }
}

fn recipient_reply(of: wire::RecipientReply) -> smtp::RecipientReply {
    smtp::RecipientReply { address: of.address, reply: reply(of.reply) }
}

fn reply(of: wire::Reply) -> smtp::Reply {
    smtp::Reply { code: of.code, enhanced: of.enhanced, text: of.text }
}

fn stage(of: wire::Stage) -> smtp::Stage {
    match of {
        wire::Stage::Prepare => smtp::Stage::Prepare,
        wire::Stage::Resolve => smtp::Stage::Resolve,
        wire::Stage::Connect => smtp::Stage::Connect,
        wire::Stage::Tls => smtp::Stage::Tls,
        wire::Stage::Greeting => smtp::Stage::Greeting,
        wire::Stage::Login => smtp::Stage::Login,
        wire::Stage::Sender => smtp::Stage::Sender,
        wire::Stage::Recipient => smtp::Stage::Recipient,
        wire::Stage::Data => smtp::Stage::Data,
        wire::Stage::AfterDot => smtp::Stage::AfterDot,
    }
}

//! Between the words of the contract and those of the IMAP capability: the same records, one generated.

use super::super::state::Files;
use chrono::{DateTime, SecondsFormat};
use postroom_contract::attachments::Chunk;
use postroom_contract::{imap, transport, types};
use postroom_transport::imap as wire;

type Converted<T> = Result<T, imap::ImapError>;

/// What the plugin asks for makes no sense: a mistake in the program.
fn refused(detail: String) -> imap::ImapError {
    imap::ImapError::Failed(ruled_out(detail))
}

fn ruled_out(detail: String) -> transport::Failure {
    transport::Failure {
        stage: transport::Stage::Prepare,
        verdict: transport::Verdict::Permanent,
        code: None,
        words: None,
        detail,
        retry_after: None,
    }
}

pub(super) fn unknown_account(name: &str) -> transport::ProbeReport {
    let failure = ruled_out(format!("there is no account \"{name}\" with a mailbox"));
    transport::ProbeReport { steps: Vec::new(), failure: Some(failure), capabilities: Vec::new() }
}

pub(super) fn folder(of: wire::Folder) -> imap::Folder {
    let wire::Folder { name, delimiter, special_use, selectable } = of;
    imap::Folder { name, delimiter, special_use, selectable }
}

pub(super) fn folder_state(of: wire::FolderState) -> imap::FolderState {
    let wire::FolderState { uid_validity, uid_next, messages, highest_modseq } = of;
    imap::FolderState { uid_validity, uid_next, messages, highest_modseq }
}

pub(super) fn place(of: imap::Place) -> wire::Place {
    wire::Place { folder: of.folder, uid_validity: of.uid_validity, uid: of.uid }
}

/// Reads a criterion; the error names one that is not known, or whose values make no sense.
pub(super) fn criterion(of: imap::Criterion) -> Converted<wire::Criterion> {
    known_criterion(&of).ok_or(imap::ImapError::Unsupported(of.name))
}

fn known_criterion(of: &imap::Criterion) -> Option<wire::Criterion> {
    use wire::Criterion as W;
    let all = || Some(of.values.clone()).filter(|values| !values.is_empty());
    Some(match (of.name.as_str(), of.values.as_slice()) {
        ("address", _) => W::Address(all()?),
        ("sender", _) => W::Sender(all()?),
        ("receiver", _) => W::Receiver(all()?),
        ("message-id", _) => W::MessageId(all()?),
        ("refers-to", _) => W::RefersTo(all()?),
        ("subject", [text]) => W::Subject(text.clone()),
        ("body", [text]) => W::Body(text.clone()),
        ("text", [text]) => W::Text(text.clone()),
        ("header", [name, text]) => W::Header(name.clone(), text.clone()),
        ("since", [day]) => W::Since(day.parse().ok()?),
        ("before", [day]) => W::Before(day.parse().ok()?),
        ("uids", [first, last]) => W::Uids(first.parse().ok()?, last.parse().ok()?),
        ("flagged", [flag]) => W::Flagged(flag.clone()),
        ("unflagged", [flag]) => W::Unflagged(flag.clone()),
        ("larger", [bytes]) => W::Larger(bytes.parse().ok()?),
        ("changed-since", [sequence]) => W::ChangedSince(sequence.parse().ok()?),
        _ => return None,
    })
}

/// A number of bytes as the contract has it: IMAP's own are no larger.
fn bytes(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

pub(super) fn matches(of: wire::Matches) -> imap::Matches {
    imap::Matches { uid_validity: of.uid_validity, uids: of.uids, more: of.more }
}

fn time(of: DateTime<chrono::FixedOffset>) -> String {
    of.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn envelope(of: wire::Envelope) -> imap::MessageEnvelope {
    imap::MessageEnvelope {
        uid: of.uid,
        flags: of.flags,
        received: time(of.received),
        date: of.date.map(time),
        subject: of.subject,
        sender: addresses(of.from),
        reply_to: addresses(of.reply_to),
        to: addresses(of.to),
        cc: addresses(of.cc),
        bcc: addresses(of.bcc),
        message_id: of.message_id,
        in_reply_to: of.in_reply_to,
        references: of.references,
        size: bytes(of.size),
        parts: of.parts.into_iter().map(part).collect(),
    }
}

fn addresses(of: Vec<wire::Address>) -> Vec<types::Address> {
    of.into_iter().map(|found| types::Address { name: found.name, address: found.address }).collect()
}

fn part(of: wire::Part) -> imap::Part {
    let wire::Part { section, media_type, file_name, disposition, content_id, size } = of;
    imap::Part { section, media_type, file_name, disposition, content_id, size: bytes(size) }
}

pub(super) fn headers(of: wire::Headers) -> imap::Headers {
    imap::Headers { uid: of.uid, fields: of.fields }
}

/// Converts a message, with its files in place of handles.
pub(super) fn filing(of: imap::Filing, files: &Files) -> Converted<wire::Filing> {
    let source = |handle| {
        let known = files.get(handle).cloned();
        known.ok_or_else(|| refused(format!("the message refers to an unknown file {handle}")))
    };
    let chunks = of.chunks.into_iter().map(|chunk| match chunk {
        Chunk::Text(text) => Ok(wire::Chunk::Text(text)),
        Chunk::Attachment(handle) => source(handle).map(wire::Chunk::Attachment),
        Chunk::Raw(handle) => source(handle).map(wire::Chunk::Raw),
    });
    let chunks: Vec<_> = chunks.collect::<Result<_, _>>()?;
    let received = DateTime::parse_from_rfc3339(&of.received);
    let received = received
        .map_err(|_| refused(format!("\"{}\" is no time in RFC 3339", of.received.escape_debug())))?;
    let filing = wire::Filing { chunks, flags: of.flags, received };
    let counted = filing.size();
    if counted != u64::from(of.size) {
        return Err(refused(format!("the message has {counted} bytes, {} were announced", of.size)));
    }
    Ok(filing)
}

pub(super) fn filed(of: wire::Filed) -> imap::Filed {
    match of {
        wire::Filed::Stored(at) => imap::Filed::Stored(at.map(|at| imap::Place {
            folder: at.folder,
            uid_validity: at.uid_validity,
            uid: at.uid,
        })),
        wire::Filed::Refused(why) => imap::Filed::Refused(failure(why)),
        wire::Filed::InDoubt(why) => imap::Filed::InDoubt(failure(why)),
    }
}

pub(super) fn error(of: wire::MailboxError) -> imap::ImapError {
    match of {
        wire::MailboxError::NoSuchFolder => imap::ImapError::NoSuchFolder,
        wire::MailboxError::UidValidityChanged(now) => imap::ImapError::UidValidityChanged(now),
        wire::MailboxError::NoSuchMessage => imap::ImapError::NoSuchMessage,
        wire::MailboxError::NeedsSignIn(why) => imap::ImapError::NeedsSignIn(why),
        wire::MailboxError::Failed(why) => imap::ImapError::Failed(failure(why)),
    }
}

fn failure(of: wire::Failure) -> transport::Failure {
    transport::Failure {
        stage: stage(of.stage),
        verdict: match of.verdict {
            wire::Verdict::Transient => transport::Verdict::Transient,
            wire::Verdict::Permanent => transport::Verdict::Permanent,
            wire::Verdict::InDoubt => transport::Verdict::InDoubt,
            wire::Verdict::NeedsSignIn => transport::Verdict::NeedsSignIn,
        },
        code: of.code,
        words: of.words,
        detail: of.detail,
        retry_after: of.retry_after,
    }
}

pub(super) fn probe_report(of: wire::ProbeReport) -> transport::ProbeReport {
    let step = |step: wire::ProbeStep| transport::ProbeStep { stage: stage(step.stage), detail: step.detail };
    transport::ProbeReport {
        steps: of.steps.into_iter().map(step).collect(),
        failure: of.failure.map(failure),
        capabilities: of.capabilities,
    }
}

fn stage(of: wire::Stage) -> transport::Stage {
    match of {
        wire::Stage::Prepare => transport::Stage::Prepare,
        wire::Stage::Resolve => transport::Stage::Resolve,
        wire::Stage::Connect => transport::Stage::Connect,
        wire::Stage::Tls => transport::Stage::Tls,
        wire::Stage::Greeting => transport::Stage::Greeting,
        wire::Stage::Login => transport::Stage::Login,
        wire::Stage::Folder => transport::Stage::Folder,
        wire::Stage::Command => transport::Stage::Command,
    }
}

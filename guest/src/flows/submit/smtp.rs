//! Submission over SMTP: the port, and one transaction or two.

use super::{OutgoingMail, SubmissionResult, SubmitError};
use crate::domain::address::Address;
use crate::domain::compose::{Addressees, Chunk, read_back, readdress};
use crate::domain::delivery::settle;
use crate::domain::status::{Acceptance, Failure, Stage, events_of_failure};
use chrono::{DateTime, FixedOffset};

/// Message submission as a named account.
pub trait Smtp {
    /// Makes one transaction.
    ///
    /// # Errors The failure has the stage, whether a retry can help, and what is known of each recipient.
    fn submit(&mut self, submission: Submission) -> Result<Acceptance, Failure>;
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Account, by the host's name for it.
    pub account: String,
    /// Reverse-path; empty for the null one.
    pub mail_from: String,
    /// Forward-paths.
    pub recipients: Vec<String>,
    /// Conditions to report (RFC 3461).
    pub notify: &'static [&'static str],
    /// Comes back in reports.
    pub envelope_id: Option<String>,
    /// Ask for SMTPUTF8.
    pub smtputf8: bool,
    /// Bytes of the whole message.
    pub size: u64,
    /// The message.
    pub chunks: Vec<Chunk>,
}

const REPORT_FAILURE: &[&str] = &["failure", "delay"];
const REPORT_ALL: &[&str] = &["success", "failure", "delay"];

pub(super) fn submit(
    outgoing: OutgoingMail,
    account: &str,
    at: DateTime<FixedOffset>,
    smtp: &mut dyn Smtp,
) -> SubmissionResult {
    if !outgoing.needs_smtputf8 {
        return transaction(outgoing, account, at, smtp);
    }
    // At a later attempt those who need it may have been refused already, and the headers still name them.
    let outgoing = addressed_to_its_recipients(outgoing);
    let whole = outgoing.clone();
    let submitted = transaction(outgoing, account, at, smtp);
    let Some((rest, failure)) = without_smtputf8(whole, &submitted) else { return submitted };
    // Nothing was sent: the server was asked for what it does not offer. The others get the mail without it.
    let left_out = failure.recipients.iter().map(|to| to.address.clone()).collect::<Vec<_>>();
    let refused = events_of_failure(&left_out, failure, at);
    let mut second = transaction(rest, account, at, smtp);
    second.events.extend(refused);
    second
}

/// Returns the mail for those who need no SMTPUTF8, where some do and the server has none.
fn without_smtputf8(
    mut outgoing: OutgoingMail,
    submitted: &SubmissionResult,
) -> Option<(OutgoingMail, &Failure)> {
    let Some(SubmitError::Failed(failure)) = &submitted.error else { return None };
    let is_named = |address: &String| failure.recipients.iter().any(|to| to.address == *address);
    outgoing.recipients.retain(|address| !is_named(address));
    if failure.stage != Stage::Prepare || failure.recipients.is_empty() || outgoing.recipients.is_empty() {
        return None;
    }
    Some((addressed_to_its_recipients(outgoing), failure))
}

/// Rewrites the message's headers so that they name only its recipients, which may make it one that every server takes.
fn addressed_to_its_recipients(mut outgoing: OutgoingMail) -> OutgoingMail {
    let recipients: Result<Vec<Address>, _> =
        outgoing.recipients.iter().map(|it| Address::parse(it)).collect();
    let (Ok(recipients), Ok(parts)) = (recipients, read_back(&outgoing.chunks)) else { return outgoing };
    // Who gets a blind copy is named by no header.
    let to = Addressees { bcc: Vec::new(), ..Addressees::of(&parts, &recipients) };
    let before = text_bytes(&outgoing.chunks);
    outgoing.chunks = readdress(outgoing.chunks, &to);
    outgoing.size = (outgoing.size + text_bytes(&outgoing.chunks)).saturating_sub(before);
    let headers = match outgoing.chunks.first() {
        Some(Chunk::Text(text)) => text.split("\r\n\r\n").next().unwrap_or_default(),
        _ => "",
    };
    let envelope = std::iter::once(&outgoing.mail_from).chain(&outgoing.recipients);
    outgoing.needs_smtputf8 = !headers.is_ascii() || envelope.into_iter().any(|it| !it.is_ascii());
    outgoing
}

/// Counts the bytes of a message without its files.
fn text_bytes(chunks: &[Chunk]) -> u64 {
    let texts = chunks.iter().map(|chunk| match chunk {
        Chunk::Text(text) => text.len() as u64,
        Chunk::Attachment(_) | Chunk::Raw(_) => 0,
    });
    texts.sum()
}

/// Runs one transaction.
fn transaction(
    outgoing: OutgoingMail,
    account: &str,
    at: DateTime<FixedOffset>,
    smtp: &mut dyn Smtp,
) -> SubmissionResult {
    let recipients = outgoing.recipients;
    let submission = Submission {
        account: account.to_owned(),
        mail_from: outgoing.mail_from,
        recipients: recipients.clone(),
        notify: if outgoing.notify_delivered { REPORT_ALL } else { REPORT_FAILURE },
        envelope_id: outgoing.envelope_id,
        smtputf8: outgoing.needs_smtputf8,
        size: outgoing.size,
        chunks: outgoing.chunks,
    };
    let response = smtp.submit(submission);
    let settled = settle(&recipients, &response, at);
    let (error, reply) = match response {
        Ok(accepted) => (None, Some(accepted.reply)),
        Err(failure) => (Some(SubmitError::Failed(failure)), None),
    };
    SubmissionResult {
        events: settled.events,
        error,
        reply,
        receipt: None,
        result: settled.result,
        stage: settled.stage,
        pause: settled.pause,
    }
}

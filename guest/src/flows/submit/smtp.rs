//! Submission over SMTP: the port, and what its answer means.

use super::{Outcome, Parcel, SubmitError};
use crate::domain::compose::Chunk;
use crate::domain::delivery::{AttemptResult, PauseAsked};
use crate::domain::status::{Acceptance, Failure, ServerRole, events_of_acceptance, events_of_failure};
use chrono::{DateTime, FixedOffset};

/// Message submission as a named account.
pub trait Smtp {
    /// Makes one transaction.
    ///
    /// # Errors
    /// The failure says where, whether a retry can help, and what is known of each recipient.
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
    parcel: Parcel,
    account: &str,
    at: DateTime<FixedOffset>,
    smtp: &mut dyn Smtp,
) -> Outcome {
    let recipients = parcel.recipients;
    let submission = Submission {
        account: account.to_owned(),
        mail_from: parcel.mail_from,
        recipients: recipients.clone(),
        notify: if parcel.notify_delivered { REPORT_ALL } else { REPORT_FAILURE },
        envelope_id: parcel.envelope_id,
        smtputf8: parcel.needs_smtputf8,
        size: parcel.size,
        chunks: parcel.chunks,
    };
    match smtp.submit(submission) {
        Ok(accepted) => Outcome {
            events: events_of_acceptance(&accepted, ServerRole::Submission, at),
            error: None,
            result: AttemptResult::of_acceptance(&accepted),
            pause: PauseAsked::of(accepted.blame(), None, None),
            reply: Some(accepted.reply),
            receipt: None,
            stage: None,
        },
        Err(failure) => Outcome {
            events: events_of_failure(&recipients, &failure, at),
            result: AttemptResult::of_failure(&failure),
            reply: None,
            receipt: None,
            stage: Some(failure.stage),
            pause: PauseAsked::of(failure.blame(), failure.retry_after, failure.reply.as_ref()),
            error: Some(SubmitError::Failed(failure)),
        },
    }
}

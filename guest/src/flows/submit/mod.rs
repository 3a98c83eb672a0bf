//! One attempt to hand a composed mail to a server or to a provider's API, and the facts that come of it.

mod gmail;
mod graph;
mod probe;
mod response;
mod sendgrid;
mod sent_lookup;
mod settle_api;
mod smtp;
#[cfg(test)]
mod tests;
mod upload;
mod web;

pub use probe::{Probe, probe_api};
pub use sent_lookup::{LookupResult, Search, look_in_sent};
pub use settle_api::settle_api;
pub use smtp::{Smtp, Submission};
pub use web::{Piece, Request, Web, WebError, WebFailure, WebResponse, WebStage};

use crate::domain::address::{Address, Mailbox};
use crate::domain::compose::{Chunk, MessageId, Parts, read_back};
use crate::domain::delivery::{AttemptResult, PauseAsked, Route, Settlement, Transport};
use crate::domain::status::{
    ApiFailure, Event, Failure, Reply, Stage, events_of_api_failure, events_of_missing_sign_in,
    events_of_receipt,
};
use chrono::{DateTime, FixedOffset};
use response::ApiRefusal;

/// A composed mail, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// The Message-ID with angle brackets.
    pub message_id: String,
    /// Reverse-path; empty for the null one.
    pub mail_from: String,
    /// Forward-paths.
    pub recipients: Vec<String>,
    /// The message.
    pub chunks: Vec<Chunk>,
    /// Size of each file by its handle.
    pub files: Vec<(u32, u64)>,
    /// Bytes of the whole message.
    pub size: u64,
    /// The server must support SMTPUTF8.
    pub needs_smtputf8: bool,
    /// Display name and address of the mailbox to send as, where the route has one of its own.
    pub sender: Option<(Option<String>, String)>,
    /// Comes back in reports.
    pub envelope_id: Option<String>,
    /// Ask for reports of delivery too.
    pub notify_delivered: bool,
    /// Have the provider report openings.
    pub check_opens: bool,
}

/// Why an attempt did not come to an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitError {
    /// There are no recipients. Nothing was attempted.
    NoRecipient,
    /// An argument is wrong: which, and why. Nothing was attempted.
    Argument {
        /// Which field.
        field: String,
        /// What is wrong.
        detail: String,
    },
    /// The server failed or refused.
    Failed(Failure),
    /// The API failed or refused.
    Api(ApiFailure),
    /// The account needs its user: the provider's words.
    NeedsSignIn(String),
}

/// The response of an API that took a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// HTTP status.
    pub status: u16,
    /// The Message-ID that the mail travels under, with angle brackets, where it is known.
    pub message_id: Option<String>,
    /// The provider's name for the mail.
    pub provider_id: Option<String>,
    /// The provider's name for the conversation.
    pub thread_id: Option<String>,
    /// Gmail's labels.
    pub labels: Vec<String>,
}

/// The result of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionResult {
    /// Facts, one per recipient.
    pub events: Vec<Event>,
    /// Set when the mail was not accepted.
    pub error: Option<SubmitError>,
    /// The SMTP server's reply to the message, when it was.
    pub reply: Option<Reply>,
    /// The API's, when it was.
    pub receipt: Option<Receipt>,
    /// What to remember of the attempt.
    pub result: AttemptResult,
    /// Where it failed.
    pub stage: Option<Stage>,
    /// The account can't send at present.
    pub pause: Option<PauseAsked>,
}

impl SubmissionResult {
    /// Returns what to store with the attempt.
    pub fn settlement(self) -> Settlement {
        Settlement {
            detail: self.error.as_ref().map(SubmitError::sentence),
            events: self.events,
            result: self.result,
            stage: self.stage,
            pause: self.pause,
        }
    }
}

impl SubmitError {
    /// Explains why an attempt came to nothing, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoRecipient => "there is nobody to send to".to_owned(),
            Self::Argument { field, detail } => format!("{field}: {detail}"),
            Self::Failed(failure) => failure.detail.clone(),
            Self::Api(failure) => failure.detail.clone(),
            Self::NeedsSignIn(words) => format!("the account needs a new sign-in: {words}"),
        }
    }
}

/// An outgoing mail as the APIs want it: read, not yet addressed.
struct Mail<'a> {
    account: &'a str,
    outgoing: &'a OutgoingMail,
    message_id: MessageId,
    recipients: Vec<Address>,
    sender: Option<Mailbox>,
    parts: Parts,
}

/// Makes at most one submission.
pub fn submit(
    outgoing: OutgoingMail,
    route: &Route,
    at: DateTime<FixedOffset>,
    smtp: &mut dyn Smtp,
    web: &mut dyn Web,
) -> SubmissionResult {
    let transport = match Transport::named(&route.transport) {
        Ok(transport) => transport,
        Err(unknown) => return not_attempted(fault("route.transport", unknown)),
    };
    let recipients = match check(&outgoing) {
        Ok(recipients) => recipients,
        Err(error) => return not_attempted(error),
    };
    if transport == Transport::Smtp {
        return smtp::submit(outgoing, &route.account, at, smtp);
    }
    let mail = match Mail::read(&outgoing, recipients, &route.account) {
        Ok(mail) => mail,
        Err(error) => return not_attempted(error),
    };
    let response = match transport {
        Transport::Gmail => gmail::send(&mail, web),
        Transport::Graph => graph::send(&mail, web),
        Transport::SendGrid | Transport::Smtp => sendgrid::send(&mail, web),
    };
    outcome_of(&outgoing.recipients, response, at)
}

/// Makes the result of an API's answer for these recipients.
fn outcome_of(
    to: &[String],
    response: Result<Receipt, ApiRefusal>,
    at: DateTime<FixedOffset>,
) -> SubmissionResult {
    match response {
        Ok(receipt) => SubmissionResult {
            events: events_of_receipt(to, receipt.status, at),
            error: None,
            reply: None,
            receipt: Some(receipt),
            result: AttemptResult::Accepted,
            stage: None,
            pause: None,
        },
        Err(ApiRefusal::NeedsSignIn(words)) => SubmissionResult {
            events: events_of_missing_sign_in(to, &words, at),
            error: Some(SubmitError::NeedsSignIn(words)),
            reply: None,
            receipt: None,
            result: AttemptResult::NeedsSignIn,
            stage: Some(Stage::Login),
            pause: None,
        },
        Err(ApiRefusal::Failed(failure)) => SubmissionResult {
            events: events_of_api_failure(to, &failure, at),
            result: AttemptResult::of_api_failure(&failure, to),
            reply: None,
            receipt: None,
            stage: Some(failure.stage),
            pause: PauseAsked::of(failure.blame(), failure.retry_after, None),
            error: Some(SubmitError::Api(failure)),
        },
    }
}

fn not_attempted(error: SubmitError) -> SubmissionResult {
    SubmissionResult {
        events: Vec::new(),
        reply: None,
        receipt: None,
        result: match &error {
            SubmitError::NoRecipient => AttemptResult::Permanent,
            _ => AttemptResult::NotAttempted,
        },
        error: Some(error),
        stage: Some(Stage::Prepare),
        pause: None,
    }
}

fn fault(field: impl Into<String>, detail: impl ToString) -> SubmitError {
    SubmitError::Argument { field: field.into(), detail: detail.to_string() }
}

/// Checks what every transport needs of an outgoing mail: its recipients.
fn check(outgoing: &OutgoingMail) -> Result<Vec<Address>, SubmitError> {
    if outgoing.recipients.is_empty() {
        return Err(SubmitError::NoRecipient);
    }
    if !outgoing.mail_from.is_empty() {
        Address::parse(&outgoing.mail_from).map_err(|e| fault("mail.envelope.mail-from", e))?;
    }
    let mut recipients = Vec::with_capacity(outgoing.recipients.len());
    for (index, recipient) in outgoing.recipients.iter().enumerate() {
        let address = Address::parse(recipient).map_err(|e| fault(format!("recipients[{index}]"), e))?;
        recipients.push(address);
    }
    if outgoing.chunks.is_empty() || outgoing.size == 0 {
        return Err(fault("mail.chunks", "the message is empty"));
    }
    Ok(recipients)
}

impl<'a> Mail<'a> {
    fn read(
        outgoing: &'a OutgoingMail,
        recipients: Vec<Address>,
        account: &'a str,
    ) -> Result<Self, SubmitError> {
        let sender = outgoing.sender.as_ref().map(|(name, address)| {
            let address = Address::parse(address).map_err(|e| fault("options.sender.address", e))?;
            Ok(Mailbox::new(name.as_deref(), address))
        });
        Ok(Self {
            account,
            outgoing,
            message_id: MessageId::parse(&outgoing.message_id).map_err(|e| fault("mail.message-id", e))?,
            recipients,
            sender: sender.transpose()?,
            parts: read_back(&outgoing.chunks).map_err(|e| fault("mail.chunks", e))?,
        })
    }

    /// Returns the bytes of a file; none where the outgoing mail states no size.
    fn size_of(&self, handle: u32) -> Option<u64> {
        self.outgoing.files.iter().find(|(it, _)| *it == handle).map(|(_, size)| *size)
    }
}

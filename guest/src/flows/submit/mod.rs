//! One attempt to hand a composed mail to a server or to a provider's API, and the facts that come of it.

mod answer;
mod gmail;
mod graph;
mod look;
mod probe;
mod sendgrid;
mod smtp;
#[cfg(test)]
mod tests;
mod upload;
mod web;

pub use look::{Search, Sighting, look_in_sent};
pub use probe::{Probe, probe_api};
pub use smtp::{Smtp, Submission};
pub use web::{Answer, Piece, Request, Web, WebError, WebFailure, WebStage};

use crate::domain::address::{Address, Mailbox};
use crate::domain::compose::{Chunk, MessageId, Parts, read_back};
use crate::domain::delivery::{AttemptResult, PauseAsked, Route, Transport};
use crate::domain::status::{
    ApiFailure, Event, Failure, Reply, Stage, events_of_api_failure, events_of_missing_sign_in,
    events_of_receipt,
};
use answer::NotTaken;
use chrono::{DateTime, FixedOffset};

/// A composed mail, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// With angle brackets.
    pub message_id: String,
    /// Reverse-path; empty for the null one.
    pub mail_from: String,
    /// Forward-paths.
    pub recipients: Vec<String>,
    /// The message.
    pub chunks: Vec<Chunk>,
    /// Size of each file by its handle.
    pub enclosures: Vec<(u32, u64)>,
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
    /// Let the provider tell of openings.
    pub check_opens: bool,
}

/// Why an attempt did not come to an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitError {
    /// Nobody to send to. Nothing was attempted.
    NoRecipient,
    /// The transport is not known. Nothing was attempted.
    UnknownTransport(String),
    /// The parcel is not what composing made. Nothing was attempted.
    Parcel {
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

/// What an API said when it took a mail.
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

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
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

/// A parcel as the APIs want it: read, not yet addressed.
struct Mail<'a> {
    account: &'a str,
    parcel: &'a Parcel,
    message_id: MessageId,
    recipients: Vec<Address>,
    sender: Option<Mailbox>,
    parts: Parts,
}

/// Makes at most one submission.
pub fn submit(
    parcel: Parcel,
    route: &Route,
    at: DateTime<FixedOffset>,
    smtp: &mut dyn Smtp,
    web: &mut dyn Web,
) -> Outcome {
    let Ok(transport) = Transport::named(&route.transport) else {
        return not_attempted(SubmitError::UnknownTransport(route.transport.clone()));
    };
    let recipients = match check(&parcel) {
        Ok(recipients) => recipients,
        Err(error) => return not_attempted(error),
    };
    if transport == Transport::Smtp {
        return smtp::submit(parcel, &route.account, at, smtp);
    }
    let mail = match Mail::read(&parcel, recipients, &route.account) {
        Ok(mail) => mail,
        Err(error) => return not_attempted(error),
    };
    let answer = match transport {
        Transport::Gmail => gmail::send(&mail, web),
        Transport::Graph => graph::send(&mail, web),
        Transport::SendGrid | Transport::Smtp => sendgrid::send(&mail, web),
    };
    let to = &parcel.recipients;
    match answer {
        Ok(receipt) => Outcome {
            events: events_of_receipt(to, receipt.status, at),
            error: None,
            reply: None,
            receipt: Some(receipt),
            result: AttemptResult::Accepted,
            stage: None,
            pause: None,
        },
        Err(NotTaken::NeedsSignIn(words)) => Outcome {
            events: events_of_missing_sign_in(to, &words, at),
            error: Some(SubmitError::NeedsSignIn(words)),
            reply: None,
            receipt: None,
            result: AttemptResult::NeedsSignIn,
            stage: Some(Stage::Login),
            pause: None,
        },
        Err(NotTaken::Failed(failure)) => Outcome {
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

fn not_attempted(error: SubmitError) -> Outcome {
    Outcome {
        events: Vec::new(),
        error: Some(error),
        reply: None,
        receipt: None,
        result: AttemptResult::Permanent,
        stage: Some(Stage::Prepare),
        pause: None,
    }
}

fn fault(field: impl Into<String>, detail: impl ToString) -> SubmitError {
    SubmitError::Parcel { field: field.into(), detail: detail.to_string() }
}

/// What every transport needs of a parcel: its recipients.
fn check(parcel: &Parcel) -> Result<Vec<Address>, SubmitError> {
    if parcel.recipients.is_empty() {
        return Err(SubmitError::NoRecipient);
    }
    if !parcel.mail_from.is_empty() {
        Address::parse(&parcel.mail_from).map_err(|e| fault("envelope.mail-from", e))?;
    }
    let mut recipients = Vec::with_capacity(parcel.recipients.len());
    for (index, recipient) in parcel.recipients.iter().enumerate() {
        let address =
            Address::parse(recipient).map_err(|e| fault(format!("envelope.recipients[{index}]"), e))?;
        recipients.push(address);
    }
    if parcel.chunks.is_empty() || parcel.size == 0 {
        return Err(fault("chunks", "the message is empty"));
    }
    Ok(recipients)
}

impl<'a> Mail<'a> {
    fn read(parcel: &'a Parcel, recipients: Vec<Address>, account: &'a str) -> Result<Self, SubmitError> {
        let sender = parcel.sender.as_ref().map(|(name, address)| {
            let address = Address::parse(address).map_err(|e| fault("sender.address", e))?;
            Ok(Mailbox::new(name.as_deref(), address))
        });
        Ok(Self {
            account,
            parcel,
            message_id: MessageId::parse(&parcel.message_id).map_err(|e| fault("message-id", e))?,
            recipients,
            sender: sender.transpose()?,
            parts: read_back(&parcel.chunks).map_err(|e| fault("chunks", e))?,
        })
    }

    /// Bytes of a file; none where the parcel does not say.
    fn size_of(&self, handle: u32) -> Option<u64> {
        self.parcel.enclosures.iter().find(|(it, _)| *it == handle).map(|(_, size)| *size)
    }
}

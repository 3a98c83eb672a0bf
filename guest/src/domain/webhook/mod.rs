//! What mail providers report about the mails that they were given, each in its own JSON, as the facts that a status is
//! made of.
//!
//! A server's code and words are classified as in an inbound mail, an opening as by our own pixel: a fact is one for every provider. A type
//! that no table here has changes nothing.
//!
//! Bodies come from outside. The host has verified who wrote one, not what is in it: nothing here trusts a length, a number or a type. An
//! entry without anything of use is passed over, never a reason to lose the others.

mod field;
mod mailgun;
mod postmark;
mod refusal;
mod sendgrid;
mod ses;
#[cfg(test)]
mod tests;

use super::status::Event;
use serde_json::Value;

/// Most entries of one body. SendGrid sends at most about a thousand.
const MOST_ENTRIES: usize = 10_000;

super::status::named! {
    /// Who sends a report.
    Provider, "provider of webhooks", {
        /// SendGrid's Event Webhook.
        SendGrid = "sendgrid",
        /// Mailgun.
        Mailgun = "mailgun",
        /// Postmark.
        Postmark = "postmark",
        /// Amazon SES, through SNS.
        Sns = "sns",
    }
}

/// The id by which a notice names the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// The token of the attempt.
    Attempt(String),
    /// Message-ID, with angle brackets.
    MessageId(String),
    /// The provider's own id.
    ProviderId(String),
}

/// One fact of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's id of the event.
    pub id: Option<String>,
    /// What it calls the mail.
    pub references: Vec<Reference>,
    /// The fact.
    pub event: Event,
    /// The address takes no mail at all.
    pub lasting: bool,
}

/// A body that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The notices, in the body's order.
    pub notices: Vec<Notice>,
    /// Number of entries that are not about a mail.
    pub passed_over: u32,
}

impl Reading {
    fn add(&mut self, notices: Option<Vec<Notice>>) {
        match notices.filter(|notices| !notices.is_empty()) {
            Some(notices) => self.notices.extend(notices),
            None => self.passed_over = self.passed_over.saturating_add(1),
        }
    }
}

/// The body is not what the provider sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct Malformed {
    /// Path in the JSON.
    pub path: &'static str,
    /// What is wrong.
    pub detail: String,
}

impl Malformed {
    fn new(path: &'static str, detail: impl ToString) -> Self {
        Self { path, detail: detail.to_string() }
    }
}

/// Reads a body.
///
/// # Errors [`Malformed`]: this body can never be read.
pub fn read(provider: Provider, body: &str) -> Result<Reading, Malformed> {
    let json: Value = serde_json::from_str(body).map_err(|e| Malformed::new("$", e))?;
    match provider {
        Provider::SendGrid => sendgrid::read(&json),
        Provider::Mailgun => mailgun::read(&json),
        Provider::Postmark => postmark::read(&json),
        Provider::Sns => ses::read(&json),
    }
}

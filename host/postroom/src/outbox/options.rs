//! Options of a mail and of an attempt, as the contract takes them: JSON by its schemas `job-options` and `submission-options`.

use serde::Serialize;

/// The kind of a mail's sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The company's own account.
    #[default]
    Account,
    /// The user's own program, which adds its own signature.
    MailClient,
    /// The platform in the company's name.
    Platform,
}

/// The page where the customer can see the document without an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Portal {
    /// Behind the button.
    pub view_url: String,
    /// Direct download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf_url: Option<String>,
}

/// The user's changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Edits {
    /// Subject instead of the template's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Text of the mail instead of the template's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The conversation that a mail belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Thread {
    /// Message-ID that the mail answers or follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Message-IDs of the conversation, oldest first.
    pub references: Vec<String>,
}

/// Options of a job.
#[derive(Debug, Serialize)]
pub(super) struct JobOptions<'a> {
    pub(super) mode: Mode,
    pub(super) format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) portal: Option<&'a Portal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pixel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edits: Option<&'a Edits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread: Option<&'a Thread>,
    pub(super) automatic: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) insist: &'a [String],
}

/// The identity to send as, where it is not the account's own address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SendAs {
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// Options of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SubmissionOptions {
    /// Who to send as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<SendAs>,
    /// Comes back in delivery reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope_id: Option<String>,
    /// Ask the server for reports of delivery too.
    pub notify_delivered: bool,
    /// Let the provider's own pixel tell of openings.
    pub check_opens: bool,
}

impl JobOptions<'_> {
    /// Writes JSON by the schema `job-options`.
    pub(super) fn to_json(&self) -> String {
        json(self)
    }
}

impl SubmissionOptions {
    /// Writes JSON by the schema `submission-options`.
    pub fn to_json(&self) -> String {
        json(self)
    }
}

/// Texts, lists of texts and flags: there is nothing that can't be written.
fn json(options: &impl Serialize) -> String {
    serde_json::to_string(options).unwrap_or_default()
}

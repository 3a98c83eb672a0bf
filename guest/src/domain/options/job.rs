//! Options of a job: what a mail can have beside its document and its recipients.

use super::{text_or_none, value_or_default};
use crate::domain::attachment::Format;
use crate::domain::document::object;
use crate::domain::settings::SettingsError;
use serde::Deserialize;

/// Options of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobOptions {
    /// Who sends the mail.
    #[serde(deserialize_with = "value_or_default")]
    pub mode: Mode,
    /// Which of the document's own files travel.
    #[serde(deserialize_with = "value_or_default")]
    pub format: Format,
    /// Page and PDF link of the portal.
    #[serde(deserialize_with = "object::optional")]
    pub portal: Option<Portal>,
    /// The host's link to the picture that reports the mail's opening.
    #[serde(deserialize_with = "text_or_none")]
    pub pixel: Option<String>,
    /// Where reports of failure go, where that is not the sender.
    #[serde(deserialize_with = "text_or_none")]
    pub return_path: Option<String>,
    /// What the user changed.
    #[serde(deserialize_with = "object::or_default")]
    pub edits: EditOptions,
    /// The conversation.
    #[serde(deserialize_with = "object::optional")]
    pub thread: Option<ThreadOptions>,
    /// No person pressed a button.
    #[serde(deserialize_with = "value_or_default")]
    pub automatic: bool,
    /// Refusals that the user has seen and overrides.
    #[serde(deserialize_with = "value_or_default")]
    pub insist: Vec<String>,
}

/// The kind of a mail's sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
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

impl Mode {
    /// Names in the contract.
    pub const NAMES: [&str; 3] = ["account", "mail-client", "platform"];
}

/// The page where the customer can see the document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// The link behind the button.
    pub view_url: String,
    /// Direct download.
    #[serde(default, deserialize_with = "text_or_none")]
    pub pdf_url: Option<String>,
}

/// The user's changes; an empty text is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EditOptions {
    /// Subject.
    pub subject: Option<String>,
    /// Text of the mail.
    pub body: Option<String>,
}

/// The conversation that a mail belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThreadOptions {
    /// Message-ID that the mail answers or follows.
    #[serde(deserialize_with = "text_or_none")]
    pub in_reply_to: Option<String>,
    /// Message-IDs of the conversation, oldest first.
    #[serde(deserialize_with = "value_or_default")]
    pub references: Vec<String>,
}

impl JobOptions {
    /// Reads them from JSON by the schema `job-options`.
    ///
    /// # Errors
    /// [`SettingsError`]: path and reason.
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        super::read(text)
    }
}

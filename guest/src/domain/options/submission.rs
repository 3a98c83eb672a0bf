//! Options of a submission: what an attempt to send a mail can ask for.

use super::{text_or_none, value_or_default};
use crate::domain::document::object;
use crate::domain::settings::SettingsError;
use serde::Deserialize;

/// Options of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubmissionOptions {
    /// Who to send as, where it is not the account's own address.
    #[serde(deserialize_with = "object::optional")]
    pub sender: Option<Sender>,
    /// Comes back in reports.
    #[serde(deserialize_with = "text_or_none")]
    pub envelope_id: Option<String>,
    /// Ask for reports of delivery too.
    #[serde(deserialize_with = "value_or_default")]
    pub notify_delivered: bool,
    /// Have the provider's own pixel report openings.
    #[serde(deserialize_with = "value_or_default")]
    pub check_opens: bool,
}

/// The identity to send as.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// Display name.
    #[serde(default, deserialize_with = "text_or_none")]
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

impl SubmissionOptions {
    /// Reads them from JSON by the schema `submission-options`.
    ///
    /// # Errors
    /// [`SettingsError`]: path and reason.
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        super::read(text)
    }
}

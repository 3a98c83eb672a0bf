//! A user, and what they have set for each account that they may use (rules A2 to A4, C4).

use super::{CompanyId, DisplayName, MailAddress, Name, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A user of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Company.
    pub company: CompanyId,
    /// What the user is called when logging in, unique in the company.
    pub login: Name,
    /// Name.
    pub name: DisplayName,
    /// The user's own address: where the blind copy to self goes.
    pub address: MailAddress,
    /// Texts of the user's own in place of shipped ones: path to source.
    pub templates: BTreeMap<String, String>,
}

/// A user to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// As in [`User`].
    pub login: Name,
    /// As in [`User`].
    pub name: DisplayName,
    /// As in [`User`].
    pub address: MailAddress,
}

/// The settings of one user for one account. All left out: mail leaves as the account's address, under its display name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserSettings {
    /// Display name of the From: a person, or generic such as "Accounting".
    pub display_name: Option<DisplayName>,
    /// Address of the From where it is not the account's: an alias or a shared mailbox.
    pub address: Option<MailAddress>,
    /// Signature in HTML.
    pub signature_html: Option<String>,
    /// Signature in plain text.
    pub signature_text: Option<String>,
    /// A blind copy to the user who is logged in when the mail is created.
    pub auto_bcc_self: bool,
    /// Check whether the mail is opened.
    pub check_opens: bool,
}

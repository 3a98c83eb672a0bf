//! What a company and a user have set: names, signature, language, attachments, their own templates. The
//! published schema `settings` is its form on the wire.

mod check;
mod registration;

pub use registration::missing_registration;

use crate::domain::document::explain;
use crate::domain::document::object::{self, Object};
use crate::domain::language::Locale;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// JSON Schema (draft 2020-12) of the settings.
pub const SCHEMA: &str = include_str!("settings.schema.json");

/// Bytes of the settings as JSON, templates included.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A fault of settings, and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct SettingsError {
    /// JSON path: `$.layout.accent`.
    pub path: String,
    /// What is wrong and what was expected.
    pub detail: String,
}

/// Settings of the company and of the user who sends. Every field has a neutral default, so that `{}` works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The sending company, as the mail's layout shows it.
    #[serde(deserialize_with = "object::required")]
    pub company: Company,
    /// The user who creates the mail.
    #[serde(deserialize_with = "object::required")]
    pub user: User,
    /// Recipients that the company adds by itself.
    #[serde(deserialize_with = "object::required")]
    pub recipients: RecipientDefaults,
    /// Texts in place of shipped ones: path to source. The user's come before the company's.
    #[serde(deserialize_with = "object::required")]
    pub templates: Overrides,
    /// Look of the layout.
    #[serde(deserialize_with = "object::required")]
    pub layout: Layout,
    /// How the company is paid, and how its customers are asked to.
    #[serde(deserialize_with = "object::required")]
    pub payment: Payment,
}

/// The sending company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Company {
    /// Name; the document's issuer where absent.
    pub name: Option<String>,
    /// Name in the register, with its legal form, where it differs from the name: `Atelier Nord BV`.
    pub legal_name: Option<String>,
    /// What the law of its country wants on business letters: register, court, capital, directors; line by line, for the footer.
    pub registration: Vec<String>,
    /// Postal address, line by line, for the footer.
    pub address: Vec<String>,
    /// Telephone, for the footer.
    pub telephone: Option<String>,
    /// Address for questions, for the footer.
    pub email: Option<String>,
    /// Web site, for the footer.
    pub website: Option<String>,
    /// VAT identifier, for the footer.
    pub vat_identifier: Option<String>,
    /// Language of mails to partners whose language is not known, or has no texts (BCP 47).
    pub language: Option<String>,
    /// What reads differently in a language: by BCP 47 tag, `fr` or `fr-BE`.
    pub languages: BTreeMap<String, CompanyTexts>,
}

/// The texts that a company sets differently for a language. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompanyTexts {
    /// As in [`Company`].
    pub name: Option<String>,
    /// As in [`Company`].
    pub registration: Vec<String>,
    /// As in [`Company`].
    pub address: Vec<String>,
}

/// The user who creates the mail (rule A2 to A4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// Display name of the From: a person, or generic such as "Accounting".
    pub display_name: Option<String>,
    /// Address of the From, where it is not the account's.
    pub email: Option<String>,
    /// Signature in HTML.
    pub signature_html: Option<String>,
    /// Signature in plain text.
    pub signature_text: Option<String>,
    /// A blind copy to this user, who is logged in when the mail is created.
    pub auto_bcc_self: bool,
    /// The user's own address, for the blind copy; the From's where absent.
    pub own_email: Option<String>,
    /// What reads differently in a language: by BCP 47 tag, `fr` or `fr-BE`.
    pub languages: BTreeMap<String, UserTexts>,
}

/// The texts that a user sets differently for a language. What is left out stays as it is; a signature is one, in text and in HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserTexts {
    /// As in [`User`].
    pub display_name: Option<String>,
    /// As in [`User`].
    pub signature_html: Option<String>,
    /// As in [`User`].
    pub signature_text: Option<String>,
}

/// Recipients that the company adds by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecipientDefaults {
    /// Cc on every mail; a list as a person would write it.
    pub cc: Option<String>,
    /// Bcc on every mail.
    pub bcc: Option<String>,
    /// Reply-To of every mail.
    pub reply_to: Option<String>,
}

/// Texts in place of shipped ones, path to minijinja source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// The company's.
    pub company: BTreeMap<String, String>,
    /// The user's, before the company's.
    pub user: BTreeMap<String, String>,
}

/// Look of the layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    /// Colour of the header, the button and the links, `#rrggbb`.
    pub accent: String,
    /// Largest number of lines shown in the mail itself; 0 shows none.
    pub lines: u32,
    /// Width of the logo in pixels.
    pub logo_width: u32,
}

impl Default for Layout {
    fn default() -> Self {
        Self { accent: "#0a58d6".into(), lines: 20, logo_width: 140 }
    }
}

/// The company's bank accounts, and the way its customers are asked to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payment {
    /// The company's own accounts (IBAN). A mail shows a code to pay by where its document names one of them.
    pub accounts: Vec<String>,
    /// Days from the mail that a first reminder gives, and one about what is overdue; 0 names no date.
    pub reminder_1_days: u32,
    /// Days that a second reminder gives.
    pub reminder_2_days: u32,
    /// Days that a last reminder gives.
    pub reminder_3_days: u32,
    /// The amount to be paid and when it is due at the end of subjects that ask for it.
    pub amount_in_subject: bool,
}

impl Default for Payment {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            reminder_1_days: 14,
            reminder_2_days: 8,
            reminder_3_days: 8,
            amount_in_subject: false,
        }
    }
}

impl Settings {
    /// Applies what company and user set differently for a language.
    pub fn in_language(&self, locale: Locale) -> Cow<'_, Self> {
        let company = by_language(&self.company.languages, locale);
        let user = by_language(&self.user.languages, locale);
        if company.is_empty() && user.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut own = self.clone();
        for texts in company {
            own.company.name = texts.name.clone().or(own.company.name);
            for (lines, different) in [
                (&mut own.company.registration, &texts.registration),
                (&mut own.company.address, &texts.address),
            ] {
                if !different.is_empty() {
                    lines.clone_from(different);
                }
            }
        }
        for texts in user {
            own.user.display_name = texts.display_name.clone().or(own.user.display_name);
            if texts.signature_html.is_some() || texts.signature_text.is_some() {
                own.user.signature_html.clone_from(&texts.signature_html);
                own.user.signature_text.clone_from(&texts.signature_text);
            }
        }
        Cow::Owned(own)
    }

    /// Reads settings by the schema `settings`. An empty text means none: the neutral ones.
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        if text.len() > MAX_BYTES {
            let detail = format!("{} bytes: settings have at most {MAX_BYTES}", text.len());
            return Err(SettingsError { path: "$".into(), detail });
        }
        let Object(settings) = serde_json::from_str::<Object<Self>>(text).map_err(|fault| {
            let fault = explain::<Object<Self>>(text, &fault);
            let line = fault.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            SettingsError { path: fault.path, detail: fault.detail + &line }
        })?;
        check::settings(&settings)?;
        Ok(settings)
    }
}

/// Returns the settings that differ in a language, and after them those that differ in its region: each over what comes before.
fn by_language<T>(entries: &BTreeMap<String, T>, locale: Locale) -> Vec<&T> {
    let of = |locale: Locale| {
        let mut named = entries.iter().filter(move |(tag, _)| Locale::parse(tag) == Some(locale));
        named.next().map(|(_, texts)| texts)
    };
    let region = locale.region.and_then(|_| of(locale));
    of(Locale::of(locale.language)).into_iter().chain(region).collect()
}

#[cfg(test)]
mod tests;

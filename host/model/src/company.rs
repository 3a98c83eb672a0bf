//! A company: whose mail it is.

use super::{AccountId, CompanyId, Name};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A company. Nothing of one is ever shown to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Identity.
    pub id: CompanyId,
    /// Name, unique in the installation.
    pub name: Name,
    /// The company's share of the plugin's settings, JSON by the schema `settings` without `user`; `{}` for neutral ones.
    pub settings: String,
    /// What happens when an account's own system is down (rule A13).
    pub fallback: Fallback,
}

/// A company to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCompany {
    /// Name.
    pub name: Name,
    /// As in [`Company`].
    pub settings: String,
    /// As in [`Company`]; its account can't be there yet.
    pub fallback: Fallback,
}

impl NewCompany {
    /// Creates a company with neutral settings.
    pub fn named(name: Name) -> Self {
        Self { name, settings: "{}".to_owned(), fallback: Fallback::default() }
    }
}

/// The company's logo as it is in a file, at most 200,000 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Name of the file; its ending decides the media type.
    pub file_name: String,
    /// PNG, JPEG or GIF.
    pub content: Vec<u8>,
}

impl Logo {
    /// Returns the media type by the ending of the name.
    pub fn media_type(&self) -> &'static str {
        let ending = self.file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("jpg" | "jpeg") => "image/jpeg",
            Some("gif") => "image/gif",
            _ => "image/png",
        }
    }
}

/// Whether and when mail leaves through another account than its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fallback {
    /// Whether.
    pub policy: FallbackPolicy,
    /// How long the account's own route is tried first.
    #[serde(serialize_with = "seconds")]
    pub patience: Duration,
    /// Through which account of the company. Without one there is no fallback.
    pub account: Option<AccountId>,
}

fn seconds<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(time.as_secs())
}

impl Default for Fallback {
    /// Ask, after half an hour.
    fn default() -> Self {
        Self { policy: FallbackPolicy::Ask, patience: Duration::from_secs(1_800), account: None }
    }
}

/// The policy for another route of a mail, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FallbackPolicy {
    /// Never.
    Off,
    /// If the user agrees.
    #[default]
    Ask,
    /// What happens after `patience`.
    Automatic,
}

super::secret::named! { FallbackPolicy, "fallback policy", { Off = "off", Ask = "ask", Automatic = "automatic" } }

//! An account's webhook: whose reports it takes, and how they prove themselves. Kept in the vault.

use super::{postmark, sendgrid, sns};
use postroom::vault::{Vault, VaultError};
use postroom_model::{Account, Destination, Destinations, SecretKind, SecretOwner};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Shortest key that can't be guessed, in characters.
const SHORTEST_KEY: usize = 16;

/// Who sends reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookProvider {
    /// SendGrid's Event Webhook.
    SendGrid,
    /// Mailgun.
    Mailgun,
    /// Postmark.
    Postmark,
    /// Amazon SES, through SNS.
    Sns,
}

impl HookProvider {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::SendGrid, Self::Mailgun, Self::Postmark, Self::Sns];

    /// Name in the contract and in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendGrid => "sendgrid",
            Self::Mailgun => "mailgun",
            Self::Postmark => "postmark",
            Self::Sns => "sns",
        }
    }
}

impl fmt::Display for HookProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HookProvider {
    type Err = HookError;

    fn from_str(text: &str) -> Result<Self, HookError> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            HookError(format!("\"{shown}\" sends no reports: use sendgrid, mailgun, postmark or sns"))
        })
    }
}

/// Why a webhook can't be set up like this, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HookError(pub(super) String);

/// An account's webhook.
#[derive(Debug)]
pub struct Hook {
    /// Whose reports.
    pub provider: HookProvider,
    /// How they prove themselves: SendGrid's public key, Mailgun's signing key, `user:password` for Postmark. Empty for SNS.
    pub(super) key: SecretString,
    /// SNS: the topics whose reports are taken.
    pub topics: Vec<String>,
}

/// The same as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    provider: HookProvider,
    key: String,
    topics: Vec<String>,
}

impl Hook {
    /// A webhook with the key as its provider gives it.
    ///
    /// # Errors
    /// [`HookError`]: the key is none.
    pub fn new(provider: HookProvider, key: Option<&str>, topics: Vec<String>) -> Result<Self, HookError> {
        let wrong = |words: &str| Err(HookError(words.to_owned()));
        let key = key.map(str::trim).unwrap_or_default();
        match provider {
            HookProvider::Sns => {
                if topics.is_empty() {
                    return wrong(
                        "name the topic that SES publishes to: --topic arn:aws:sns:REGION:ACCOUNT:NAME",
                    );
                }
                topics.iter().try_for_each(|topic| sns::check_topic(topic))?;
                if !key.is_empty() {
                    return wrong(
                        "reports of SNS are signed with Amazon's certificate: there is no key to give",
                    );
                }
            }
            _ if !topics.is_empty() => return wrong("topics are for sns alone"),
            _ if key.is_empty() => return wrong("give the file with the provider's key: --key-file FILE"),
            HookProvider::SendGrid => {
                sendgrid::public_key(key).ok_or_else(|| {
                    HookError(
                        "this is no verification key of SendGrid's: copy it from Mail Settings, Event Webhook, \
                         Security (base64, one line)"
                            .to_owned(),
                    )
                })?;
            }
            HookProvider::Mailgun if key.len() < SHORTEST_KEY => {
                return wrong("this is no signing key of Mailgun's: copy the HTTP webhook signing key");
            }
            HookProvider::Postmark => postmark::check_credentials(key, SHORTEST_KEY)?,
            HookProvider::Mailgun => {}
        }
        Ok(Self { provider, key: key.into(), topics })
    }

    /// Keeps it for an account, in place of an earlier one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn keep(&self, vault: &Vault, account: &Account) -> Result<(), VaultError> {
        let sealed = Sealed {
            provider: self.provider,
            key: self.key.expose_secret().to_owned(),
            topics: self.topics.clone(),
        };
        let text = serde_json::to_string(&sealed).map_err(|_| VaultError::Damaged("webhook"))?;
        vault.put(owner(account), SecretKind::Webhook, &text.into(), &Destinations::here()).await
    }

    /// An account's webhook.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn load(vault: &Vault, account: &Account) -> Result<Option<Self>, VaultError> {
        let text = vault.get(owner(account), SecretKind::Webhook, &Destination::here()).await?;
        let Some(text) = text else { return Ok(None) };
        let sealed: Sealed =
            serde_json::from_str(text.expose_secret()).map_err(|_| VaultError::Damaged("webhook"))?;
        Ok(Some(Self { provider: sealed.provider, key: sealed.key.into(), topics: sealed.topics }))
    }

    /// Forgets an account's webhook: its reports are refused from now on.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn forget(vault: &Vault, account: &Account) -> Result<(), VaultError> {
        vault.forget(owner(account), Some(SecretKind::Webhook)).await
    }
}

fn owner(account: &Account) -> SecretOwner {
    SecretOwner::Account(account.company, account.id)
}

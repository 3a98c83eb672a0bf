//! An account's webhook: whose reports it takes, and how they prove themselves. It is sealed in the vault like every secret.
//!
//! What a provider gives as its key is checked when it is set up: a wrong one would refuse every report later, unseen.

use super::webhook_key::{check_credentials, sendgrid_point, sns_region};
use crate::app::{AccountAccess, AppError};
use crate::connections::Connections;
use crate::link_token::LinkTokens;
use crate::vault::VaultError;
use postroom_model::{Account, Destination, Destinations, SecretKind, SecretOwner};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Shortest key that can't be guessed, in characters.
const SHORTEST_KEY: usize = 16;

/// A provider that sends reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookProvider {
    /// SendGrid's Event Webhook.
    SendGrid,
    /// Mailgun.
    Mailgun,
    /// Postmark.
    Postmark,
    /// Amazon SES, through SNS.
    Sns,
}

impl WebhookProvider {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::SendGrid, Self::Mailgun, Self::Postmark, Self::Sns];

    /// Gives its name in the contract and in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendGrid => "sendgrid",
            Self::Mailgun => "mailgun",
            Self::Postmark => "postmark",
            Self::Sns => "sns",
        }
    }
}

impl fmt::Display for WebhookProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WebhookProvider {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            AppError::Input(format!("\"{shown}\" sends no reports: use sendgrid, mailgun, postmark or sns"))
        })
    }
}

/// An account's webhook.
#[derive(Debug)]
pub struct Webhook {
    /// Whose reports.
    pub provider: WebhookProvider,
    /// How they prove themselves: SendGrid's public key, Mailgun's signing key, `user:password` for Postmark. Empty for SNS.
    key: SecretString,
    /// SNS: the topics whose reports are taken.
    pub topics: Vec<String>,
}

/// A webhook as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    provider: WebhookProvider,
    key: String,
    topics: Vec<String>,
}

impl Webhook {
    /// Makes a webhook with the key as its provider gives it.
    ///
    /// # Errors
    /// [`AppError::Input`]: the key is none, or topics are missing or not for this provider.
    pub fn new(provider: WebhookProvider, key: Option<&str>, topics: Vec<String>) -> Result<Self, AppError> {
        let wrong = |words: &str| Err(AppError::Input(words.to_owned()));
        let key = key.map(str::trim).unwrap_or_default();
        match provider {
            WebhookProvider::Sns => {
                if topics.is_empty() {
                    return wrong("name the topic that SES publishes to: arn:aws:sns:REGION:ACCOUNT:NAME");
                }
                topics.iter().try_for_each(|topic| check_topic(topic))?;
                if !key.is_empty() {
                    return wrong(
                        "reports of SNS are signed with Amazon's certificate: there is no key to give",
                    );
                }
            }
            _ if !topics.is_empty() => return wrong("topics are for sns alone"),
            _ if key.is_empty() => return wrong("give the provider's key"),
            WebhookProvider::SendGrid if sendgrid_point(key).is_none() => {
                return wrong(
                    "this is no verification key of SendGrid's: copy it from Mail Settings, Event Webhook, Security \
                     (base64, one line)",
                );
            }
            WebhookProvider::Mailgun if key.len() < SHORTEST_KEY => {
                return wrong("this is no signing key of Mailgun's: copy the HTTP webhook signing key");
            }
            WebhookProvider::Postmark => check_credentials(key, SHORTEST_KEY)?,
            WebhookProvider::SendGrid | WebhookProvider::Mailgun => {}
        }
        Ok(Self { provider, key: key.into(), topics })
    }

    /// Gives the key that reports are verified with.
    pub fn key(&self) -> &SecretString {
        &self.key
    }

    /// Seals the webhook for an account, in place of an earlier one.
    pub async fn store(&self, connections: &Connections, account: &Account) -> Result<(), AppError> {
        let sealed = Sealed {
            provider: self.provider,
            key: self.key.expose_secret().to_owned(),
            topics: self.topics.clone(),
        };
        let text = serde_json::to_string(&sealed).map_err(|_| VaultError::Damaged("webhook"))?;
        let places = Destinations::this_installation();
        Ok(connections.vault().put(owner(account), SecretKind::Webhook, &text.into(), &places).await?)
    }

    /// Loads an account's webhook.
    pub async fn load(connections: &Connections, account: &Account) -> Result<Option<Self>, AppError> {
        let vault = connections.vault();
        let text = vault.get(owner(account), SecretKind::Webhook, &Destination::this_installation()).await?;
        let Some(text) = text else { return Ok(None) };
        let sealed: Sealed =
            serde_json::from_str(text.expose_secret()).map_err(|_| VaultError::Damaged("webhook"))?;
        Ok(Some(Self { provider: sealed.provider, key: sealed.key.into(), topics: sealed.topics }))
    }

    /// Forgets an account's webhook: its reports are refused from now on.
    pub async fn forget(connections: &Connections, account: &Account) -> Result<(), AppError> {
        Ok(connections.vault().forget(owner(account), Some(SecretKind::Webhook)).await?)
    }
}

impl AccountAccess {
    /// Gives the URL that the provider of the account's webhook is to call, under the public address of the installation.
    pub async fn webhook_url(&self, provider: WebhookProvider) -> Result<String, AppError> {
        self.require_administrator()?;
        let public = self.connections.operator().web.public_url.as_ref().ok_or(AppError::NoPublicUrl)?;
        let tokens = LinkTokens::of(self.connections.link_keys().await?);
        Ok(public.page(&format!("hooks/{provider}/{}", tokens.webhook(self.company.id, self.account.id))))
    }
}

fn check_topic(arn: &str) -> Result<(), AppError> {
    if sns_region(arn).is_some() {
        return Ok(());
    }
    let shown: String = arn.chars().take(100).collect();
    Err(AppError::Input(format!("\"{shown}\" is no topic: expected arn:aws:sns:REGION:ACCOUNT:NAME")))
}

fn owner(account: &Account) -> SecretOwner {
    SecretOwner::Account(account.company, account.id)
}

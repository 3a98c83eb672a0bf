//! How mail leaves an account.

use super::{Endpoints, HostName, LoginName, MailAddress, Provider, ServiceUrl, SmtpServer, VerifiedSender};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// How mail leaves an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "kebab-case")]
pub enum Transport {
    /// Through the company's own server.
    Smtp(SmtpServer),
    /// Through the Gmail API (FEATURES A9).
    Gmail(Grant),
    /// Through Microsoft Graph (A10).
    Outlook(Grant),
    /// Not from here: the user's own mail program gets the finished message (A6).
    MailClient,
    /// From the platform's domain (A14).
    Platform(PlatformSender),
    /// Through SendGrid, send-only (A13).
    #[serde(rename = "sendgrid")]
    SendGrid(SendGridSender),
}

impl Transport {
    /// The contract's name of the transport that submits; none where nothing is submitted from here.
    pub fn contract_name(&self) -> Option<&'static str> {
        match self {
            Self::Smtp(_) | Self::Platform(PlatformSender { relay: PlatformRelay::Smtp(_), .. }) => {
                Some("smtp")
            }
            Self::Gmail(_) => Some("gmail"),
            Self::Outlook(_) => Some("graph"),
            Self::SendGrid(_) | Self::Platform(PlatformSender { relay: PlatformRelay::SendGrid(_), .. }) => {
                Some("sendgrid")
            }
            Self::MailClient => None,
        }
    }

    /// What it is called in the settings and on the command line.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "smtp",
            Self::Gmail(_) => "gmail",
            Self::Outlook(_) => "outlook",
            Self::MailClient => "mail-client",
            Self::Platform(_) => "platform",
            Self::SendGrid(_) => "sendgrid",
        }
    }

    /// The OAuth grant that it needs.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Gmail(grant) | Self::Outlook(grant) => Some(grant),
            Self::Smtp(server) => server.authentication.grant(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn grant_mut(&mut self) -> Option<&mut Grant> {
        match self {
            Self::Gmail(grant) | Self::Outlook(grant) => Some(grant),
            Self::Smtp(server) => server.authentication.grant_mut(),
            _ => None,
        }
    }
}

/// A user's permission at a provider, without its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Who signs users in.
    pub provider: Provider,
    /// Client id registered at the provider; none: the operator's.
    pub client_id: Option<LoginName>,
    /// Where the provider's services are.
    pub endpoints: Endpoints,
    /// The address that was authorised, once somebody signed in (A12 compares it).
    pub authorized: Option<MailAddress>,
}

/// Sending from the platform's domain, for a company without an account of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformSender {
    /// The platform's domain.
    pub domain: HostName,
    /// The operator's way out.
    pub relay: PlatformRelay,
    /// How mail is signed here; none where the relay signs.
    pub dkim: Option<Dkim>,
    /// Tells the company from others whose name gives the same address.
    #[serde(default)]
    pub suffix: Option<NonZeroU32>,
}

/// The operator's way out for platform sending. Its secrets are the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "relay", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "one for an account, never in bulk")]
pub enum PlatformRelay {
    /// A submission server.
    Smtp(SmtpServer),
    /// SendGrid.
    #[serde(rename = "sendgrid")]
    SendGrid(SendGridSender),
}

/// Which key signs mail. The private key is in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    /// Selector: `<selector>._domainkey.<domain>` publishes the public key.
    pub selector: HostName,
}

/// Sending through SendGrid's v3 API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendGridSender {
    /// The API; SendGrid has one for each region.
    pub api: ServiceUrl,
    /// What SendGrid has verified: it refuses every other sender.
    #[serde(default)]
    pub verified: Vec<VerifiedSender>,
}

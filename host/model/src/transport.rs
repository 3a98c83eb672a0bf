//! How mail leaves an account.

use super::{Endpoints, LoginName, MailAddress, Provider, ServiceUrl, SmtpServer, Unusable, VerifiedSender};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The way in which an account sends mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "kebab-case")]
pub enum Transport {
    /// Through the company's own server.
    Smtp(SmtpServer),
    /// Through the Gmail API (rule A9).
    Gmail(Grant),
    /// Through Microsoft Graph (rule A10).
    Outlook(Grant),
    /// Not from here: the user's own mail program gets the finished message (rule A6).
    MailClient,
    /// From the platform's domain (rule A14).
    Platform(PlatformSender),
    /// Through SendGrid, send-only (rule A13).
    #[serde(rename = "sendgrid")]
    SendGrid(SendGridSender),
}

impl Transport {
    /// Returns the contract's name of the transport that submits; none where nothing is submitted from here. `relay_is_api`:
    /// whether the operator's way out is an API at present, which is in no row of a company.
    pub fn contract_name(&self, relay_is_api: bool) -> Option<&'static str> {
        match self {
            Self::Smtp(_) => Some("smtp"),
            Self::Gmail(_) => Some("gmail"),
            Self::Outlook(_) => Some("graph"),
            Self::SendGrid(_) => Some("sendgrid"),
            Self::Platform(_) => Some(if relay_is_api { "sendgrid" } else { "smtp" }),
            Self::MailClient => None,
        }
    }

    /// Returns its name in the settings and on the command line.
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

    /// Returns the OAuth grant that it needs.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Gmail(grant) | Self::Outlook(grant) => Some(grant),
            Self::Smtp(server) => server.authentication.grant(),
            _ => None,
        }
    }

    /// Returns that grant, to be changed.
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
    /// Provider that signs users in.
    pub provider: Provider,
    /// Client id registered at the provider; none: the operator's.
    pub client_id: Option<LoginName>,
    /// URLs of the provider's services. They count for a client of the account's own alone: the operator's client is used
    /// with the URLs of the operator's settings, so that its secret goes nowhere else.
    pub endpoints: Endpoints,
    /// The address that was authorised, after a sign-in (rule A12 compares it).
    pub authorized: Option<MailAddress>,
}

impl Grant {
    /// Checks that endpoints other than the provider's own come with a client of the account's own: the secret of the
    /// operator's client must not be sent to a URL that a company chooses.
    ///
    /// # Errors
    /// [`Unusable`], with what to do.
    pub fn check(&self) -> Result<(), Unusable> {
        if self.client_id.is_some() || self.endpoints.tenant(self.provider).is_some() {
            return Ok(());
        }
        Err(Unusable::new(
            "endpoint",
            self.endpoints.token.as_str(),
            format!(
                "the operator's client at {} is used at the provider's own addresses alone: give the account a client of \
                 its own (--client-id), or leave the addresses out",
                self.provider
            ),
        ))
    }
}

/// Sending from the platform's domain, for a company without an account of its own. Server, domain and keys are the
/// operator's, and only the operator's settings contain them: no row of a company may decide where the operator's password goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformSender {
    /// Number after the company's name in its address, where the plain address is another company's. It is asked for, and
    /// given only if no other company has the address (`store/platform_addresses.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<NonZeroU32>,
}

/// An address that a company may have on the platform, with the number in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformAddress {
    /// See [`PlatformSender::suffix`].
    pub suffix: Option<NonZeroU32>,
    /// The address.
    pub address: MailAddress,
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

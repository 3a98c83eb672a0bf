//! An account as the host describes it, by the schema `account`.

use super::preset::{self, Protocol, proposed_port};
use crate::domain::document::object::{self, Object};
use crate::domain::document::{explain, list};
use crate::domain::settings::SettingsError;
use serde::{Deserialize, Serialize};

/// JSON Schema (draft 2020-12) of an account.
pub const SCHEMA: &str = include_str!("account.schema.json");

/// Bytes of an account as JSON.
const MAX_BYTES: usize = 64 * 1024;

/// The way by which an account's mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// The company's own SMTP server.
    Smtp,
    /// The Gmail API.
    Gmail,
    /// Microsoft Graph.
    Graph,
    /// SendGrid's API.
    Sendgrid,
    /// The platform in the company's name.
    Platform,
    /// The user's own program.
    MailClient,
}

/// The security of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// TLS from the first byte.
    Ssl,
    /// STARTTLS, required.
    Tls,
    /// In the clear.
    None,
}

/// The way an account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// The account's password.
    Password,
    /// A password made for one program in the provider's account settings.
    AppPassword,
    /// A grant of the provider.
    Oauth,
    /// No sign-in: a relay that allows the sender's address.
    None,
}

/// The relation of another address to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Another name of the same mailbox.
    Alias,
    /// A mailbox of its own that several people use.
    SharedMailbox,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name that the user gave it.
    #[serde(default)]
    pub name: Option<String>,
    /// How mail leaves.
    pub transport: Transport,
    /// The account's own address; with OAuth the one that was authorised.
    #[serde(default)]
    pub address: Option<String>,
    /// Id of a preset. Where absent it is guessed.
    #[serde(default)]
    pub provider: Option<String>,
    /// Submission server.
    #[serde(default, deserialize_with = "object::optional")]
    pub smtp: Option<Server>,
    /// Mailbox server.
    #[serde(default, deserialize_with = "object::optional")]
    pub imap: Option<Server>,
    /// The user's settings for this account (rule A2).
    #[serde(default, deserialize_with = "object::required")]
    pub sender: SenderSettings,
    /// Other addresses that mail is sent as (rule A15).
    #[serde(default, deserialize_with = "list::objects")]
    pub send_as: Vec<SendAs>,
    /// The operator's platform.
    #[serde(default, deserialize_with = "object::optional")]
    pub platform: Option<PlatformDomains>,
    /// SendGrid: addresses and domains that SendGrid has verified.
    #[serde(default, deserialize_with = "list::texts")]
    pub verified_senders: Vec<String>,
    /// The host can see that a mail was opened: it serves the pixel.
    #[serde(default)]
    pub tracking: bool,
    /// The host receives the provider's reports of what became of a mail (a webhook).
    #[serde(default)]
    pub provider_events: bool,
    /// The host reads the mailbox for reports and answers.
    #[serde(default)]
    pub reads_mailbox: bool,
}

/// A server and how to sign in there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Host name or address.
    pub host: String,
    /// Port; the one that goes with the security where absent.
    #[serde(default)]
    pub port: Option<u16>,
    /// Security.
    pub security: Security,
    /// Login.
    #[serde(default)]
    pub login: Option<String>,
    /// How to sign in.
    #[serde(default = "password")]
    pub sign_in: SignIn,
}

fn password() -> SignIn {
    SignIn::Password
}

/// The user's settings for this account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SenderSettings {
    /// Display name of the From.
    pub display_name: Option<String>,
    /// Address of the From; the account's own where absent.
    pub address: Option<String>,
    /// Where answers go; a list as a person writes it.
    pub reply_to: Option<String>,
}

/// Another address that mail is sent as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendAs {
    /// The address.
    pub address: String,
    /// What it is to the account.
    pub relation: Relation,
}

/// Domains of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformDomains {
    /// Domain of the senders' addresses.
    pub domain: String,
    /// Domain that answers go to.
    pub reply_domain: String,
}

impl Account {
    /// Reads an account.
    ///
    /// # Errors
    /// [`SettingsError`]: path and reason.
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        if text.len() > MAX_BYTES {
            let detail = format!("{} bytes: an account has at most {MAX_BYTES}", text.len());
            return Err(SettingsError { path: "$".into(), detail });
        }
        let Object(account) = serde_json::from_str::<Object<Self>>(text).map_err(|fault| {
            let fault = explain::<Object<Self>>(text, &fault);
            SettingsError { path: fault.path, detail: fault.detail }
        })?;
        Ok(account)
    }

    /// Returns the name to show.
    pub(super) fn title(&self) -> &str {
        let given = [self.name.as_deref(), self.address.as_deref()];
        given.into_iter().flatten().find(|text| !text.trim().is_empty()).unwrap_or(self.transport.name())
    }

    /// Returns the id of the provider whose mailbox it is: as stated, else by the transport, the servers, the address.
    pub fn provider(&self) -> Option<&str> {
        if let Some(stated) = self.provider.as_deref() {
            return Some(stated);
        }
        match self.transport {
            Transport::Gmail => return Some("gmail"),
            Transport::Graph => return Some("microsoft"),
            Transport::Platform | Transport::MailClient => return None,
            Transport::Smtp | Transport::Sendgrid => {}
        }
        let server = [&self.smtp, &self.imap].into_iter().flatten().next();
        match server {
            Some(server) => preset::by_server(&server.host).map(|preset| preset.id),
            None => preset::guess(self.address.as_deref()?, &[]).map(|found| found.preset.id),
        }
    }

    /// Returns From, as text: the user's, else the account's own.
    pub(super) fn sender_address(&self) -> Option<&str> {
        self.sender.address.as_deref().or(self.address.as_deref())
    }
}

impl Server {
    /// Returns the port, proposed from the security where none was chosen.
    pub fn port_for(&self, protocol: Protocol) -> u16 {
        self.port.unwrap_or_else(|| proposed_port(protocol, self.security))
    }
}

impl Transport {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Gmail => "gmail",
            Self::Graph => "graph",
            Self::Sendgrid => "sendgrid",
            Self::Platform => "platform",
            Self::MailClient => "mail-client",
        }
    }
}

impl Security {
    /// Returns the name that users know (rule A5).
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl => "SSL",
            Self::Tls => "TLS",
            Self::None => "NONE",
        }
    }
}

impl SignIn {
    /// Every way, in the order of the contract.
    pub const ALL: [Self; 4] = [Self::Oauth, Self::AppPassword, Self::Password, Self::None];

    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AppPassword => "app-password",
            Self::Oauth => "oauth",
            Self::None => "none",
        }
    }
}

//! Mail servers as a user writes them down (rule A5).

use super::{Grant, HeloName, HostName, LoginName};
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU16, NonZeroU32};

/// The security of a connection. An account does not work with a server that does not offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    Ssl,
    /// STARTTLS, required and never downgraded.
    Tls,
    /// No encryption.
    None,
}

super::secret::named! { Security, "security", { Ssl = "ssl", Tls = "tls", None = "none" } }

impl Security {
    /// Returns the port of submission: 465 (RFC 8314), 587 (RFC 6409) or 25.
    pub const fn smtp_port(self) -> NonZeroU16 {
        match self {
            Self::Ssl => port(465),
            Self::Tls => port(587),
            Self::None => port(25),
        }
    }

    /// Returns the port of IMAP: 993 (RFC 8314) or 143.
    pub const fn imap_port(self) -> NonZeroU16 {
        match self {
            Self::Ssl => port(993),
            Self::Tls | Self::None => port(143),
        }
    }
}

const fn port(number: u16) -> NonZeroU16 {
    match NonZeroU16::new(number) {
        Some(port) => port,
        None => NonZeroU16::MIN,
    }
}

/// The proof of identity to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Authentication {
    /// Not at all.
    None,
    /// With a password of the vault.
    Password {
        /// Login.
        login: LoginName,
        /// How.
        #[serde(default)]
        mechanism: PasswordMechanism,
    },
    /// By XOAUTH2 with an access token of the vault that is not renewed.
    Token {
        /// Login.
        login: LoginName,
    },
    /// By XOAUTH2 with the tokens of a grant of the vault.
    Grant {
        /// Login.
        login: LoginName,
        /// Where its tokens come from.
        grant: Grant,
    },
}

impl Authentication {
    /// Returns the grant that its tokens come from.
    pub fn grant(&self) -> Option<&Grant> {
        if let Self::Grant { grant, .. } = self { Some(grant) } else { None }
    }

    /// Returns that grant, to be changed.
    pub fn grant_mut(&mut self) -> Option<&mut Grant> {
        if let Self::Grant { grant, .. } = self { Some(grant) } else { None }
    }

    /// Returns the login, where there is one.
    pub fn login(&self) -> Option<&LoginName> {
        match self {
            Self::None => None,
            Self::Password { login, .. } | Self::Token { login } | Self::Grant { login, .. } => Some(login),
        }
    }
}

/// The SASL mechanism of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordMechanism {
    /// The best that the server offers.
    #[default]
    Auto,
    /// RFC 4616.
    Plain,
    /// Obsolete, but some servers have nothing else.
    Login,
}

super::secret::named! { PasswordMechanism, "mechanism", { Auto = "auto", Plain = "plain", Login = "login" } }

/// A submission server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpServer {
    /// Host.
    pub host: HostName,
    /// Port.
    pub port: NonZeroU16,
    /// Security.
    pub security: Security,
    /// How to log in.
    pub authentication: Authentication,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// Seconds that each stage may take at most; none: the defaults of the capability.
    pub timeout: Option<NonZeroU32>,
    /// Our name in EHLO; none: the address of our end of the connection.
    pub helo: Option<HeloName>,
}

impl SmtpServer {
    /// Creates a server with the default port.
    pub fn new(host: HostName, security: Security, authentication: Authentication) -> Self {
        let port = security.smtp_port();
        Self { host, port, security, authentication, trusted_ca: None, timeout: None, helo: None }
    }
}

/// An IMAP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapServer {
    /// Host.
    pub host: HostName,
    /// Port.
    pub port: NonZeroU16,
    /// Security.
    pub security: Security,
    /// How to log in; [`Authentication::None`] is refused by the server.
    pub authentication: Authentication,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// Seconds that each stage may take at most; none: the defaults of the capability.
    pub timeout: Option<NonZeroU32>,
}

impl ImapServer {
    /// Creates a server with the default port.
    pub fn new(host: HostName, security: Security, authentication: Authentication) -> Self {
        let port = security.imap_port();
        Self { host, port, security, authentication, trusted_ca: None, timeout: None }
    }
}

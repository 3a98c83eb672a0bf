//! A mailbox as the host keeps it: where the server is, how it must be secured, who logs in.

use postroom_model::AllowList;
use std::time::Duration;

use super::{Login, Security};

/// The port to propose: 993 with TLS from the first byte, else 143.
pub fn default_port(security: Security) -> u16 {
    match security {
        Security::Tls => 993,
        Security::StartTls | Security::None => 143,
    }
}

/// The longest wait for each step. Each covers the whole step, so a server that answers one byte a minute
/// does not escape it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving the host name.
    pub resolve: Duration,
    /// The TCP connection, all addresses together.
    pub connect: Duration,
    /// The STARTTLS command and the TLS handshake, each.
    pub tls: Duration,
    /// The greeting, and the list of capabilities.
    pub greeting: Duration,
    /// Getting an access token, and each answer during the login.
    pub login: Duration,
    /// Opening a folder, listing the folders, setting flags: each.
    pub command: Duration,
    /// A search. Long, since a server without an index reads every message.
    pub search: Duration,
    /// Each 200 envelopes, and each MiB of a message.
    pub fetch: Duration,
    /// Each 64 KiB of a message that is filed, and the permission to send it.
    pub block: Duration,
    /// The answer to a filed message. Long, since giving up here leaves it in doubt.
    pub filed: Duration,
    /// The answer to LOGOUT, out of politeness.
    pub logout: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resolve: seconds(10),
            connect: seconds(20),
            tls: seconds(20),
            greeting: seconds(60),
            login: seconds(60),
            command: seconds(60),
            search: seconds(300),
            fetch: seconds(120),
            block: seconds(60),
            filed: seconds(300),
            logout: Duration::from_millis(500),
        }
    }
}

impl Timeouts {
    /// The same limit for every step.
    pub fn all(limit: Duration) -> Self {
        Self {
            resolve: limit,
            connect: limit,
            tls: limit,
            greeting: limit,
            login: limit,
            command: limit,
            search: limit,
            fetch: limit,
            block: limit,
            filed: limit,
            logout: limit,
        }
    }
}

/// An account with a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The host's name for it.
    pub name: String,
    /// Server, a name or an address. The certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// Who logs in.
    pub login: Login,
    /// The longest wait for each step.
    pub timeouts: Timeouts,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// What the operator allows to be reached beside the public internet. Not the user's: who may type a host
    /// name must not be able to set this.
    pub allow_private: AllowList,
    /// The operator's permission to log in although [`Security::None`] lets everybody on the way read the
    /// password. Without it such an account is refused before the network.
    pub allow_cleartext_login: bool,
}

impl Account {
    /// An account with the proposed port and the defaults.
    pub fn new(name: impl Into<String>, host: impl Into<String>, security: Security, login: Login) -> Self {
        Self {
            name: name.into(),
            host: host.into(),
            port: default_port(security),
            security,
            login,
            timeouts: Timeouts::default(),
            trusted_ca: None,
            allow_private: AllowList::none(),
            allow_cleartext_login: false,
        }
    }
}

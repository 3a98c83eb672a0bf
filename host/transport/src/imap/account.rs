//! An account with a mailbox: where the server is, how it is secured, who logs in.

use std::time::Duration;

use postroom_model::AllowList;

use crate::session::{Endpoint, Login, OpeningTimeouts, Security};

/// Returns the port of IMAP: 993 with TLS from the first byte (RFC 8314), else 143.
pub fn default_port(security: Security) -> u16 {
    match security {
        Security::Tls => 993,
        Security::StartTls | Security::None => 143,
    }
}

/// The longest wait for each step. Each covers the whole step, so that a server which sends one byte a minute does not
/// escape it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the host name to the login.
    pub opening: OpeningTimeouts,
    /// Opening a folder, listing the folders, setting flags: each.
    pub command: Duration,
    /// A search. Long, since a server without an index reads every message.
    pub search: Duration,
    /// Each 200 envelopes, and each MiB of a message.
    pub fetch: Duration,
    /// Each 64 KiB of a message that is filed, and the continuation request before it.
    pub block: Duration,
    /// The response to APPEND. Long, since the message is in doubt after it.
    pub filed: Duration,
    /// The response to LOGOUT, which changes nothing any more.
    pub logout: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            opening: OpeningTimeouts::default(),
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
    /// Sets every step to `limit`.
    pub fn all(limit: Duration) -> Self {
        Self {
            opening: OpeningTimeouts::all(limit),
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
    /// Name of the account, for messages to people.
    pub name: String,
    /// Server, a name or an address. The certificate must be valid for it.
    pub host: String,
    /// Port of the server.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// User who logs in.
    pub login: Login,
    /// The longest wait for each step.
    pub timeouts: Timeouts,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// Addresses that are not public (loopback, private networks) and that the operator allows. Never set by the user,
    /// who may type any host name.
    pub allow_private: AllowList,
    /// Whether the operator allows a login with [`Security::None`], which shows the password to the network. Without it
    /// such an account is refused before anything is sent.
    pub allow_cleartext_login: bool,
}

impl Account {
    /// Creates an account with the default port and the default time-outs.
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

    pub(super) fn endpoint(&self) -> Endpoint<'_> {
        Endpoint {
            host: &self.host,
            port: self.port,
            security: self.security,
            trusted_ca: self.trusted_ca.as_ref(),
            allow_private: &self.allow_private,
            timeouts: self.timeouts.opening,
        }
    }
}

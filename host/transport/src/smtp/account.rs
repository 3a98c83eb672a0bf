//! An account of message submission: where the server is, how it is secured, who logs in.

use std::time::Duration;

use postroom_model::AllowList;

use crate::session::{Endpoint, Login, OpeningTimeouts, Security};

/// The longest wait for each step. Each covers the whole step, so that a server which sends one byte a minute does not
/// escape it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the host name to the login.
    pub opening: OpeningTimeouts,
    /// The reply to MAIL or RSET.
    pub sender: Duration,
    /// The reply to each RCPT.
    pub recipient: Duration,
    /// The reply to DATA.
    pub data: Duration,
    /// Each 64 KiB of the body.
    pub block: Duration,
    /// The reply to the final dot. Long, since a mail is in doubt after it.
    pub dot: Duration,
    /// The reply to QUIT, which changes nothing any more.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            opening: OpeningTimeouts::default(),
            sender: seconds(60),
            recipient: seconds(60),
            data: seconds(60),
            block: seconds(60),
            dot: seconds(300),
            quit: Duration::from_millis(500),
        }
    }
}

impl Timeouts {
    /// Sets every step to `limit`.
    pub fn all(limit: Duration) -> Self {
        Self {
            opening: OpeningTimeouts::all(limit),
            sender: limit,
            recipient: limit,
            data: limit,
            block: limit,
            dot: limit,
            quit: limit,
        }
    }
}

/// An account of message submission.
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
    /// User who logs in; none for a server without a login.
    pub login: Option<Login>,
    /// Name to give in EHLO; none: our own address in brackets.
    pub helo: Option<String>,
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
    /// Connections at the same time; none: the client's limit.
    pub connections: Option<usize>,
}

impl Account {
    /// Creates an account with the default port, no login and the default time-outs.
    pub fn new(name: impl Into<String>, host: impl Into<String>, security: Security) -> Self {
        Self {
            name: name.into(),
            host: host.into(),
            port: security.default_port(),
            security,
            login: None,
            helo: None,
            timeouts: Timeouts::default(),
            trusted_ca: None,
            allow_private: AllowList::none(),
            allow_cleartext_login: false,
            connections: None,
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

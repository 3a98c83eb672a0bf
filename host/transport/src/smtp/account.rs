//! An account as the host keeps it: where the server is, how it must be secured, who logs in.

use postroom_model::AllowList;
use std::fmt;
use std::time::Duration;

use crate::tokens::{Bearer, TokenError, TokenSource};

/// How the connection is secured. What is asked for is what happens, or the account does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte ("SSL" in many programs).
    Tls,
    /// STARTTLS, required: a server that does not offer it is refused.
    StartTls,
    /// None: everything is readable on the way.
    None,
}

impl Security {
    /// The port to propose: 465, 587 or 25.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tls => lettre::transport::smtp::SUBMISSIONS_PORT,
            Self::StartTls => lettre::transport::smtp::SUBMISSION_PORT,
            Self::None => lettre::transport::smtp::SMTP_PORT,
        }
    }
}

/// A password, or where to get OAuth access tokens. It shows in no `Debug`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Password(Bearer),
    Tokens(TokenSource),
}

impl Secret {
    /// A password, for PLAIN and LOGIN.
    pub fn password(value: impl Into<String>) -> Self {
        Self { kind: Kind::Password(Bearer::new(value)) }
    }

    /// An OAuth access token that somebody else keeps fresh, for XOAUTH2.
    pub fn token(value: impl Into<String>) -> Self {
        Self::tokens(TokenSource::constant(value))
    }

    /// OAuth access tokens, asked for at each login, for XOAUTH2.
    pub fn tokens(source: TokenSource) -> Self {
        Self { kind: Kind::Tokens(source) }
    }

    /// Whether it is a token.
    pub fn is_token(&self) -> bool {
        matches!(self.kind, Kind::Tokens(_))
    }

    /// What to show the server now.
    pub(crate) async fn reveal(&self) -> Result<Bearer, TokenError> {
        match &self.kind {
            Kind::Password(password) => Ok(password.clone()),
            Kind::Tokens(source) => source.token().await,
        }
    }

    /// The server refused it. A token other than that to show instead, if there is one.
    pub(crate) async fn instead_of(&self, refused: &Bearer) -> Result<Option<Bearer>, TokenError> {
        let Kind::Tokens(source) = &self.kind else { return Ok(None) };
        source.rejected(refused).await;
        Ok(Some(source.token().await?).filter(|fresh| fresh != refused))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How to prove who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mechanism {
    /// XOAUTH2 with a token; with a password PLAIN, else LOGIN, whichever the server offers.
    #[default]
    Auto,
    /// RFC 4616.
    Plain,
    /// Obsolete, but some servers have nothing else.
    Login,
    /// An OAuth 2 access token, as Google and Microsoft take it.
    XOAuth2,
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Usually the mail address.
    pub user: String,
    /// Password or token.
    pub secret: Secret,
    /// How.
    pub mechanism: Mechanism,
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
    /// The greeting, and the answer to EHLO.
    pub greeting: Duration,
    /// Getting an access token, and each answer during AUTH.
    pub login: Duration,
    /// The answer to MAIL or RSET.
    pub sender: Duration,
    /// The answer to each RCPT.
    pub recipient: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// Each 64 KiB of the body.
    pub block: Duration,
    /// The answer to the final dot. Long, since giving up here leaves the mail in doubt.
    pub dot: Duration,
    /// The answer to QUIT, out of politeness.
    pub quit: Duration,
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
    /// The same limit for every step.
    pub fn all(limit: Duration) -> Self {
        Self {
            resolve: limit,
            connect: limit,
            tls: limit,
            greeting: limit,
            login: limit,
            sender: limit,
            recipient: limit,
            data: limit,
            block: limit,
            dot: limit,
            quit: limit,
        }
    }
}

/// A mail account.
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
    /// Who logs in; none for a server that wants no login.
    pub login: Option<Login>,
    /// Our own name for EHLO; none: the address of our end of the connection in brackets.
    pub helo: Option<String>,
    /// The longest wait for each step.
    pub timeouts: Timeouts,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// The operator's permission for addresses that are not public: loopback, private networks and the like.
    /// Not the user's: who may type a host name must not be able to set this.
    pub allow_private: AllowList,
    /// The operator's permission to log in although [`Security::None`] lets everybody on the way read the
    /// password. Without it such an account is refused before the network.
    pub allow_cleartext_login: bool,
    /// Connections at the same time; none: the client's own limit.
    pub connections: Option<usize>,
}

impl Account {
    /// An account with the proposed port, no login and the defaults.
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
}

//! How a connection is secured, and with which credentials a user logs in.

use std::fmt;
use std::time::Duration;

use crate::tokens::{Bearer, TokenError, TokenSource};

/// The security of a connection. A server that does not offer it gets neither a password nor a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte ("SSL" in many programs, RFC 8314).
    Tls,
    /// STARTTLS, required: a server that does not offer it is refused.
    StartTls,
    /// None: the network can read everything, the password too.
    None,
}

impl Security {
    /// Returns the port of message submission: 465 (RFC 8314), 587 (RFC 6409) or 25.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tls => lettre::transport::smtp::SUBMISSIONS_PORT,
            Self::StartTls => lettre::transport::smtp::SUBMISSION_PORT,
            Self::None => lettre::transport::smtp::SMTP_PORT,
        }
    }
}

/// A password, or the source of OAuth access tokens. `Debug` does not show it, and there is no `Display`.
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
    /// Wraps a password, for PLAIN and LOGIN.
    pub fn password(value: impl Into<String>) -> Self {
        Self { kind: Kind::Password(Bearer::new(value)) }
    }

    /// Wraps an OAuth access token that the caller refreshes, for XOAUTH2.
    pub fn token(value: impl Into<String>) -> Self {
        Self::tokens(TokenSource::constant(value))
    }

    /// Gets OAuth access tokens from `source` at each login, for XOAUTH2.
    pub fn tokens(source: TokenSource) -> Self {
        Self { kind: Kind::Tokens(source) }
    }

    /// Returns whether it is a token.
    pub fn is_token(&self) -> bool {
        matches!(self.kind, Kind::Tokens(_))
    }

    /// Returns the password or a current token.
    pub(crate) async fn reveal(&self) -> Result<Bearer, TokenError> {
        match &self.kind {
            Kind::Password(password) => Ok(password.clone()),
            Kind::Tokens(source) => source.token().await,
        }
    }

    /// Passes a refused token to its source, and returns another one, if there is one. A password has no other.
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

/// The SASL mechanism of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mechanism {
    /// XOAUTH2 with a token; with a password PLAIN, else LOGIN, whichever the server offers.
    #[default]
    Auto,
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN: obsolete, but some servers have nothing else.
    Login,
    /// XOAUTH2: an OAuth 2 access token, as Google and Microsoft take it.
    XOAuth2,
}

/// The user who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User name, in most cases the mail address.
    pub user: String,
    /// Password or token.
    pub secret: Secret,
    /// SASL mechanism.
    pub mechanism: Mechanism,
}

/// Waits for a token, for as long as for a reply during the login.
pub(crate) async fn get_token<T>(
    limit: Duration,
    token: impl Future<Output = Result<T, TokenError>>,
) -> Result<T, TokenError> {
    tokio::time::timeout(limit, token).await.unwrap_or_else(|_| {
        let detail = format!("the token did not come within {} s", limit.as_secs());
        Err(TokenError::Transient { detail, retry_after: None })
    })
}

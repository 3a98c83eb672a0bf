//! Access tokens of accounts: for SMTP and IMAP by XOAUTH2, for providers' APIs by `Bearer`.
//!
//! A client gets a token when it connects or calls, and reports one that a server refused. Where tokens come from (an OAuth
//! grant, an API key) is up to the implementation. Accounts are named by a key of the host's choice, the same for every
//! client of that account.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::BoxFuture;

/// The use of a token. Microsoft issues one for each resource; elsewhere one serves both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The provider's HTTP API.
    Api,
    /// Its SMTP and IMAP servers.
    Mail,
}

/// A token or API key that proves an account to a server. It shows in no `Debug`, there is no `Display`, and
/// its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Bearer {
    value: SecretString,
}

impl Bearer {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: SecretString::from(value.into()) }
    }

    /// Returns the value, which may be sent to its own server alone.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

impl PartialEq for Bearer {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Bearer {}

/// Why there is no token. Never holds one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// There are no credentials under this key. A retry does not help.
    #[error("no credentials are kept for this account")]
    UnknownAccount,
    /// The grant expired, was revoked, or never was: the user must sign in again. The provider's words. A
    /// retry does not help before that.
    #[error("the account needs a new sign-in: {0}")]
    NeedsSignIn(String),
    /// The provider refuses for a reason that the user can't change: an unknown client id, for example.
    /// A retry does not help before the operator acts.
    #[error("the provider gives out no token: {0}")]
    Permanent(String),
    /// The same may succeed later.
    #[error("no token could be had for now: {detail}")]
    Transient {
        /// What happened, the server's words in quotes.
        detail: String,
        /// Seconds to wait at least, where the provider sent them.
        retry_after: Option<u32>,
    },
}

impl TokenError {
    /// Returns whether the same may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }
}

/// A source of access tokens.
pub trait Tokens: Send + Sync {
    /// Returns a token that is valid now, as far as is known. May take a refresh at the provider; many callers at
    /// once cause one refresh. Bounded in time by the implementation.
    fn token<'a>(&'a self, account: &'a str, resource: Resource)
    -> BoxFuture<'a, Result<Bearer, TokenError>>;

    /// Reports a token that a server refused, although it should be valid: the next call returns another one, or an
    /// error. Does nothing if the token has been replaced since.
    fn rejected<'a>(&'a self, account: &'a str, resource: Resource, bearer: &'a Bearer) -> BoxFuture<'a, ()>;
}

/// The same token for every account, for ever: an API key.
#[derive(Debug, Clone)]
pub struct ConstantToken {
    bearer: Bearer,
}

impl ConstantToken {
    /// Wraps a token.
    pub fn new(value: impl Into<String>) -> Self {
        Self { bearer: Bearer::new(value) }
    }
}

impl Tokens for ConstantToken {
    fn token<'a>(&'a self, _: &'a str, _: Resource) -> BoxFuture<'a, Result<Bearer, TokenError>> {
        Box::pin(async { Ok(self.bearer.clone()) })
    }

    fn rejected<'a>(&'a self, _: &'a str, _: Resource, _: &'a Bearer) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// The tokens of one account for one resource.
#[derive(Clone)]
pub struct TokenSource {
    tokens: Arc<dyn Tokens>,
    account: Arc<str>,
    resource: Resource,
}

impl TokenSource {
    /// Asks `tokens` under this key.
    pub fn new(tokens: Arc<dyn Tokens>, account: impl Into<Arc<str>>, resource: Resource) -> Self {
        Self { tokens, account: account.into(), resource }
    }

    /// Creates a source of the same token, always.
    pub fn constant(value: impl Into<String>) -> Self {
        Self::new(Arc::new(ConstantToken::new(value)), "", Resource::Api)
    }

    /// Returns a token to use now.
    pub async fn token(&self) -> Result<Bearer, TokenError> {
        self.tokens.token(&self.account, self.resource).await
    }

    /// Notes that a server refused a token.
    pub async fn rejected(&self, bearer: &Bearer) {
        self.tokens.rejected(&self.account, self.resource, bearer).await;
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({}, {:?})", self.account, self.resource)
    }
}

/// The same account and resource of the same source.
impl PartialEq for TokenSource {
    fn eq(&self, other: &Self) -> bool {
        self.account == other.account
            && self.resource == other.resource
            && Arc::ptr_eq(&self.tokens, &other.tokens)
    }
}

impl Eq for TokenSource {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_api_key_is_given_out_for_ever_and_shown_nowhere() {
        let source = TokenSource::constant("SG.key-4711");
        let bearer = source.token().await.expect("a token");
        source.rejected(&bearer).await;
        assert_eq!(source.token().await.as_ref(), Ok(&bearer));
        assert_eq!(bearer.expose(), "SG.key-4711");
        let shown = format!("{source:?} {bearer:?} {:?}", ConstantToken::new("SG.key-4711"));
        assert!(!shown.contains("4711"), "{shown}");
    }

    #[test]
    fn sources_are_equal_when_they_ask_the_same_for_the_same() {
        let tokens: Arc<dyn Tokens> = Arc::new(ConstantToken::new("t"));
        let one = TokenSource::new(tokens.clone(), "a", Resource::Mail);
        assert_eq!(one, one.clone());
        assert_eq!(one, TokenSource::new(tokens.clone(), "a", Resource::Mail));
        assert_ne!(one, TokenSource::new(tokens.clone(), "b", Resource::Mail));
        assert_ne!(one, TokenSource::new(tokens, "a", Resource::Api));
        assert_ne!(one, TokenSource::new(Arc::new(ConstantToken::new("t")), "a", Resource::Mail));
    }
}

//! An account of an API: its base URL, its tokens and its time-outs.

use postroom_model::AllowList;
use std::time::Duration;

use url::Url;

use crate::tokens::TokenSource;

/// The longest wait for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// Getting a token.
    pub token: Duration,
    /// Resolving the host name.
    pub resolve: Duration,
    /// TCP and TLS together, all addresses.
    pub connect: Duration,
    /// Each block of the request's body, of some 64 KiB.
    pub block: Duration,
    /// From the last byte of the request to the first of the answer. Long, since giving up here leaves the
    /// call in doubt.
    pub answer: Duration,
    /// The rest of the answer.
    pub rest: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            token: seconds(60),
            resolve: seconds(10),
            connect: seconds(30),
            block: seconds(60),
            answer: seconds(180),
            rest: seconds(60),
        }
    }
}

impl Timeouts {
    /// Sets every step to `limit`.
    pub fn all(limit: Duration) -> Self {
        Self { token: limit, resolve: limit, connect: limit, block: limit, answer: limit, rest: limit }
    }
}

/// An account at a provider.
#[derive(Debug, Clone)]
pub struct Account {
    /// The host's name for it.
    pub name: String,
    /// Where the provider's API is. Targets are paths below it; tokens go to this origin alone.
    pub base: Url,
    /// Who gives out its tokens.
    pub tokens: TokenSource,
    /// The longest wait for each step.
    pub timeouts: Timeouts,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// The operator's permission for addresses that are not public. Plain HTTP is possible for loopback
    /// addresses on it, and for nothing else.
    pub allow_private: AllowList,
}

impl Account {
    /// Creates an account with the default time-outs.
    pub fn new(name: impl Into<String>, base: Url, tokens: TokenSource) -> Self {
        Self {
            name: name.into(),
            base,
            tokens,
            timeouts: Timeouts::default(),
            trusted_ca: None,
            allow_private: AllowList::none(),
        }
    }
}

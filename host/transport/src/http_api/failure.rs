//! Errors of a call, as the contract (`wit/web.wit`) has them.

use std::fmt;

use thiserror::Error;

use crate::Verdict;
use crate::tokens::TokenError;

/// The stage that a call had reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before the network.
    Prepare,
    /// Getting a token.
    Token,
    /// The host name.
    Resolve,
    /// TCP.
    Connect,
    /// TLS.
    Tls,
    /// Sending the request.
    Request,
    /// The request was sent, no response was received.
    Response,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "prepare",
            Self::Token => "token",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Request => "request",
            Self::Response => "answer",
        })
    }
}

/// A call without a response. Its `Display` is the sentence in `detail`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// What that means. In doubt: the whole request was sent.
    pub verdict: Verdict,
    /// One sentence naming host and stage.
    pub detail: String,
    /// Seconds to wait at least, where that is known.
    pub retry_after: Option<u32>,
}

impl Failure {
    /// Builds a failure that names the `host`, and never the rest of the URL, which may contain a credential.
    pub(super) fn new(host: &str, stage: Stage, verdict: Verdict, what: impl fmt::Display) -> Self {
        Self { stage, verdict, detail: format!("{host}, stage {stage}: {what}"), retry_after: None }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebError {
    /// There is no such account, or it has no API or no credentials. A retry does not help.
    #[error("there is no such account with an API")]
    UnknownAccount,
    /// The request is one that the rules forbid. Nothing was sent; a retry does not help.
    #[error("the request is not allowed: {0}")]
    Refused(String),
    /// The user must sign in again; the provider's words.
    #[error("the account needs a new sign-in: {0}")]
    NeedsSignIn(String),
    /// Any other failure; whether to retry is in the verdict.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl WebError {
    /// Builds the error of a call without a token, of which nothing was sent.
    pub(super) fn of_token(host: &str, error: TokenError) -> Self {
        let (verdict, retry_after) = match &error {
            TokenError::UnknownAccount => return Self::UnknownAccount,
            TokenError::NeedsSignIn(words) => return Self::NeedsSignIn(words.clone()),
            TokenError::Permanent(_) => (Verdict::Permanent, None),
            TokenError::Transient { retry_after, .. } => (Verdict::Transient, *retry_after),
        };
        Self::Failed(Failure { retry_after, ..Failure::new(host, Stage::Token, verdict, error) })
    }
}

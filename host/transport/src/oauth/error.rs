//! Errors of sign-ins and tokens, by who has to act: the user, the operator, or none.

use std::time::Duration;

use crate::tokens::TokenError;

/// An error of a sign-in or a token. It contains the provider's words, never a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The grant or code is not valid (any more): the user must sign in. A retry does not help.
    #[error("the provider wants a new sign-in: \"{0}\"")]
    SignIn(String),
    /// The user or an administrator declined. A retry does not help.
    #[error("the sign-in was declined: \"{0}\"")]
    Declined(String),
    /// The user took away permissions that sending needs. Helps: signing in again and leaving them.
    #[error("the sign-in did not allow {}; sign in again and allow it", .0.join(", "))]
    Incomplete(Vec<String>),
    /// The provider refuses the client itself: id, secret, redirect URI or scopes. The operator must correct it.
    #[error(
        "the provider refuses the client: \"{0}\"; check the client id and secret and what is registered"
    )]
    Refused(String),
    /// The settings can't work. The operator must correct them; nothing was sent.
    #[error("{0}")]
    Setup(String),
    /// What came back does not belong to this authorization: the sign-in may be under attack. Helps: starting
    /// again.
    #[error("the answer does not belong to this sign-in: {0}; start again")]
    Foreign(String),
    /// The user did not sign in in time. Helps: starting again.
    #[error("nobody signed in within {} s; start again", .0.as_secs_f32())]
    TooLate(Duration),
    /// The same may succeed later.
    #[error("the provider can't be asked for now: {detail}")]
    Unavailable {
        /// What happened, a server's words in quotes.
        detail: String,
        /// The least wait, where the provider sent one.
        retry_after: Option<Duration>,
    },
    /// An answer that is not OAuth's, or lacks what must be in it. A retry does not help.
    #[error("the provider's answer can't be used: {0}")]
    Unusable(String),
}

impl Error {
    /// Returns whether the same may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Makes an error that a later try can overcome.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable { detail: detail.into(), retry_after: None }
    }

    /// Converts the provider's `error`; `words` are quoted.
    pub(super) fn of_code(code: &str, words: String) -> Self {
        match code {
            // Microsoft sends the last three (OpenID Connect Core §3.1.2.6).
            "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                Self::SignIn(words)
            }
            // RFC 6749 §4.1.2.1; "declined" is Microsoft's, in the device flow.
            "access_denied" | "authorization_declined" => Self::Declined(words),
            "server_error" | "temporarily_unavailable" | "rate_limit_exceeded" | "slow_down" => {
                Self::unavailable(format!("\"{words}\""))
            }
            _ => Self::Refused(words),
        }
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        match error {
            Error::SignIn(words) | Error::Declined(words) => Self::NeedsSignIn(words),
            Error::Unavailable { detail, retry_after } => {
                let seconds = retry_after.map(|time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
                Self::Transient { detail, retry_after: seconds }
            }
            other => Self::Permanent(other.to_string()),
        }
    }
}

//! What a failure means for the next attempt.

use std::fmt;

/// The meaning of a failure for the next attempt, the same for SMTP, IMAP and HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The same may succeed later.
    Transient,
    /// It fails again unless the account or the message is changed.
    Permanent,
    /// The account's grant is gone: its user must sign in again. Nothing was sent.
    NeedsSignIn,
    /// All was sent and no reply came: it must not be sent again before it was looked for.
    InDoubt,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::NeedsSignIn => "needs a sign-in",
            Self::InDoubt => "in doubt",
        })
    }
}

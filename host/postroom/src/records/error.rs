//! Why the records did not do what they were asked, whose matter it is, and what to do.

use super::LARGEST_FILE;

/// The records did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// They were not reached, or did not answer, or not now.
    #[error("the records can't be reached now: {detail}")]
    Unavailable {
        /// Why, in a sentence.
        detail: String,
        /// Seconds that they asked to wait.
        retry_after: Option<u32>,
    },
    /// They failed at this one thing.
    #[error("the records failed at it: HTTP {status} \"{words}\"")]
    Failed {
        /// HTTP status.
        status: u16,
        /// Their words.
        words: String,
        /// Seconds that they asked to wait.
        retry_after: Option<u32>,
    },
    /// They will never take this one thing.
    #[error("the records refuse it: HTTP {status} \"{words}\"")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Their words.
        words: String,
    },
    /// They don't know us, or are not where we ask.
    #[error(
        "the records do not answer as they should: HTTP {status} \"{words}\"; check URL and key \
         (`postroom company records`)"
    )]
    Denied {
        /// HTTP status.
        status: u16,
        /// Their words.
        words: String,
    },
    /// There is no such thing.
    #[error("the records have no {0}")]
    Missing(String),
    /// A file is larger than a mail may carry.
    #[error("{0} has more than {LARGEST_FILE} bytes, which is what a mail may carry")]
    TooLarge(String),
    /// What they said makes no sense.
    #[error("the records' answer can't be used: {0}")]
    Unusable(String),
    /// What came can't be kept, or a folder can't be read.
    #[error("{path}: {detail}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        detail: String,
    },
    /// They are not set up as they would have to be.
    #[error("{0}")]
    Setup(String),
}

/// The party that an error is a matter of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Of this one thing for good: another try is no use.
    ThisForever,
    /// Of this one thing, for now.
    This,
    /// Of all: nothing else would fare better now.
    All,
}

impl RecordsError {
    /// Returns the party that it is a matter of.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Refused { .. } => Blame::ThisForever,
            Self::Failed { .. } | Self::Missing(_) | Self::TooLarge(_) | Self::Unusable(_) => Blame::This,
            Self::Unavailable { .. } | Self::Denied { .. } | Self::File { .. } | Self::Setup(_) => Blame::All,
        }
    }

    /// Returns the seconds that the records asked to wait.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Unavailable { retry_after, .. } | Self::Failed { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Tells whether the call may succeed later without a person's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Failed { .. })
    }
}

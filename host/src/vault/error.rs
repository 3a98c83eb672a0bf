//! Why a secret can't be kept or read. No message holds one.

use crate::store::StoreError;

/// The vault did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Secrets are there, the master key that opens them is not. A retry does not help.
    #[error(
        "the master key {key} is not in {place}, and {secrets} secrets of the store can't be read without it: bring it back \
         from its backup; if it is lost, remove the secrets, let the users enter their passwords and sign in again"
    )]
    KeyLost {
        /// Which key, by its id.
        key: String,
        /// How many secrets are under it, as far as was counted.
        secrets: u64,
        /// Where it was looked for.
        place: String,
    },
    /// The key can't be read or written.
    #[error("the master key in {place} can't be used: {detail}")]
    Source {
        /// Where it is.
        place: String,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// What is kept does not open: it was changed, or moved from another account. A retry does not help.
    #[error("a secret of the store ({0}) was changed or moved and does not open: enter it again")]
    Damaged(&'static str),
    /// The machine gives no random numbers; a retry may help.
    #[error("no random numbers can be had: {0}")]
    NoRandomness(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultError {
    /// Whether the same call can succeed later without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
            Self::NoRandomness(_) => true,
            _ => false,
        }
    }
}

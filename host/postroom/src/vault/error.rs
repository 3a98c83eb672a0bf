//! Why a secret can't be kept or read. No message holds one.

use postroom_store::StoreError;

/// The vault did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Secrets are there, the master key that opens them is not. A retry does not help.
    #[error(
        "the master key {key} is not in {place}, and {secrets} secrets of the store can't be read without it: bring it back \
         from its backup; if it is lost, `postroom key rotate --lost`, then let the users enter their passwords and sign in again"
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
    /// The secret was entered for another place than the one that it would go to now. It goes nowhere.
    #[error(
        "the {what} that is kept was given for another server than {place}, and is not sent there: give it again \
         (`postroom account set` with the password or key, `postroom account authorize` to sign in, `postroom company \
         records --key-file` for an ERP)"
    )]
    OtherPlace {
        /// What it is for.
        what: &'static str,
        /// Where it would have gone.
        place: String,
    },
    /// A master key can't go yet.
    #[error("the master key {key} is still needed: {programs}")]
    KeyNeeded {
        /// Which key, by its id.
        key: String,
        /// By whom, and what to do.
        programs: String,
    },
    /// The machine gives no random numbers; a retry may help.
    #[error("no random numbers can be had: {0}")]
    NoRandomness(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultError {
    /// Tells whether the call can succeed later without a person's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::NoRandomness(_) => true,
            _ => false,
        }
    }
}

//! Why an account can't be connected, in the words of the person who can put it right.

use crate::config::ConfigError;
use crate::vault::VaultError;

/// The account can't be used as it is. Nothing was connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// An administrator said that others know its credentials: they are not used (rule A13).
    #[error("the account \"{account}\" was marked compromised by {by}: its credentials are not used")]
    Compromised {
        /// Account.
        account: String,
        /// Who said so.
        by: String,
    },
    /// The vault has no such secret.
    #[error("the account \"{account}\" has no {what} yet: give it one with `postroom account set`")]
    NoSecret {
        /// Account.
        account: String,
        /// `password`, …
        what: &'static str,
    },
    /// A setting can't work.
    #[error("the account \"{account}\": {detail}")]
    Setup {
        /// Account.
        account: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The operator's settings.
    #[error(transparent)]
    Operator(#[from] ConfigError),
    /// The vault gave no answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

//! Why a mailbox could not be followed on, and whether waiting helps.

use crate::connections::ConnectionError;
use crate::engine::EngineError;
use postroom_store::StoreError;
use postroom_transport::imap::{MailboxError, Verdict};

/// Why following a mailbox ended. What is in the index stays, and the next look goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The server.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account can't be opened.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The plugin gave no answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The plugin does not take what it was given.
    #[error("the plugin: {0}")]
    Plugin(String),
    /// The account has no mailbox.
    #[error("the account has no mailbox")]
    NoMailbox,
}

impl SyncError {
    /// Returns true if another program follows the mailbox by now: there is nothing to put right.
    pub fn is_lost_lease(&self) -> bool {
        matches!(self, Self::Store(StoreError::MailboxLeaseLost(_)))
    }

    /// Returns true if the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Mailbox(MailboxError::Failed(failure)) => failure.verdict == Verdict::Transient,
            Self::Mailbox(MailboxError::NeedsSignIn(_)) => false,
            // The folder was numbered anew or removed between two requests.
            Self::Mailbox(_) => true,
            Self::Store(StoreError::MailboxMoved(_)) => true,
            Self::Store(error) => error.is_transient(),
            Self::Connection(_) | Self::Plugin(_) | Self::NoMailbox => false,
            Self::Engine(_) => true,
        }
    }
}

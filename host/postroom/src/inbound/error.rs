//! Why a message was not taken in.

use crate::engine::EngineError;
use postroom_contract::inbound::InboundError;
use postroom_store::StoreError;
use std::path::PathBuf;

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Its file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its file is none that could hold a message.
    #[error("{}: {detail}", path.display())]
    NoMessage {
        /// File or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The plugin does not read it.
    #[error("{0}")]
    Refused(String),
    /// The call did not come back.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin broke the contract.
    #[error("the plugin's answer makes no sense: {0}")]
    Plugin(String),
}

impl From<InboundError> for IntakeError {
    fn from(error: InboundError) -> Self {
        match error {
            InboundError::Refused(why) => Self::Refused(format!("the message is refused: {why}")),
            InboundError::Unreadable(why) => Self::Plugin(why),
            InboundError::Argument(fault) => Self::Plugin(fault.sentence()),
        }
    }
}

//! What can go wrong between the host and the plugin, as opposed to inside a mail.

use super::limits::ComputeTimeSpent;
use std::path::PathBuf;
use wasmtime::Trap;

/// The plugin could not be loaded, or a call did not come back with an answer. The instance concerned is gone;
/// the arguments are not: calling again on a fresh one is safe, except after [`EngineError::lost`] sending.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No plugin file.
    #[error("can't read the plugin {}: {source}", path.display())]
    Unreadable {
        /// Where it was looked for.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The file is not this plugin, or not of this version of the contract.
    #[error("{} is not a plugin that this host can run: {detail}", path.display())]
    NotAPlugin {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        detail: String,
    },
    /// The WebAssembly engine could not be set up.
    #[error("the WebAssembly engine can't start: {0}")]
    Setup(String),
    /// An argument is larger than the limits allow; the plugin never saw it.
    #[error("{what} is {size} bytes; at most {limit} are taken")]
    TooLarge {
        /// Which argument.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The call used up its time to compute.
    #[error("the plugin computed for longer than {0:?} and was stopped")]
    ComputeTime(std::time::Duration),
    /// The call used up its memory.
    #[error("the plugin asked for more memory than it may have and was stopped")]
    Memory,
    /// The plugin panicked: a bug. The message is its own.
    #[error("the plugin panicked: {0}")]
    Panic(String),
    /// Any other trap.
    #[error("the plugin trapped: {0}")]
    Trap(String),
}

impl EngineError {
    /// Returns true where the call was cut off inside the plugin. If the call was a submission, the host can't know
    /// whether the mail left: treat it as in doubt.
    pub fn lost(&self) -> bool {
        matches!(self, Self::ComputeTime(_) | Self::Memory | Self::Panic(_) | Self::Trap(_))
    }

    /// Reads what the runtime says of a failed call. `panic` is the message that the plugin left in the log.
    pub(super) fn of_call(error: &wasmtime::Error, panic: Option<String>) -> Self {
        if let Some(spent) = error.downcast_ref::<ComputeTimeSpent>() {
            return Self::ComputeTime(spent.0);
        }
        let text = format!("{error:#}");
        if text.contains("forcing trap when growing memory")
            || text.contains("forcing a memory growth failure")
        {
            return Self::Memory;
        }
        if let Some(message) = panic {
            return Self::Panic(message);
        }
        match error.downcast_ref::<Trap>() {
            Some(trap) => Self::Trap(trap.to_string()),
            None => Self::Trap(text),
        }
    }
}

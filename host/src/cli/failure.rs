//! Failures as a person and a program see them: a sentence on standard error, an exit code.

use super::output::printable;
use crate::config::ConfigError;
use crate::engine::EngineError;
use crate::outbox::DraftError;
use std::process::ExitCode;

/// Why a command failed. The code is documented in `postroom --help`.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What to tell.
    pub message: String,
}

impl Failure {
    /// Something else went wrong.
    pub fn other(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// An input is wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// Prints the failure and gives the exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        if json {
            println!("{}", serde_json::json!({ "error": self.message, "code": self.code }));
        }
        eprintln!("postroom: {}", printable(&self.message));
        ExitCode::from(self.code)
    }
}

impl From<DraftError> for Failure {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Engine(e) => e.into(),
            error => Self::input(error.to_string()),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            // What is too large, or too much work, is the input's doing.
            EngineError::TooLarge { .. } | EngineError::ComputeTime(_) | EngineError::Memory => {
                Self::input(error.to_string())
            }
            error => Self::other(error.to_string()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::input(error.to_string())
    }
}

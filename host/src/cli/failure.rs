//! Failures as a person and a program see them: a sentence on standard error, an exit code.

use super::exit::Exit;
use super::output::{json_text, printable};
use crate::accounts::Unusable;
use crate::config::ConfigError;
use crate::connections::ConnectionError;
use crate::engine::EngineError;
use crate::inbox::InboxError;
use crate::oauth;
use crate::outbox::{DraftError, OutboxError};
use crate::records::RecordsError;
use crate::store::{Location, StoreError};
use crate::vault::VaultError;
use std::process::ExitCode;
use std::sync::OnceLock;

/// Where the store of this command is: a person who must mend it has to know.
static STORE: OnceLock<String> = OnceLock::new();

/// Says where the store is that this command works with.
pub(super) fn works_with(store: &Location) {
    let _ = STORE.set(store.to_string());
}

/// Why a command failed. The code is documented in `postroom --help`.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: Exit,
    /// What to tell.
    pub message: String,
}

impl Failure {
    /// Something else went wrong.
    pub fn other(message: impl Into<String>) -> Self {
        Self { code: Exit::Other, message: message.into() }
    }

    /// An input is wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self { code: Exit::Input, message: message.into() }
    }

    /// The same failure, naming the file where its words do not.
    pub(super) fn of_file(self, file: &std::path::Path) -> Self {
        let name = file.display().to_string();
        let message =
            if self.message.contains(&name) { self.message } else { format!("{name}: {}", self.message) };
        Self { message, ..self }
    }

    /// Prints the failure and gives the exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        if json {
            let said = serde_json::json!({ "error": self.message, "code": self.code.code() });
            println!("{}", json_text(&said.to_string()));
        }
        eprintln!("postroom: {}", printable(&self.message));
        self.code.into()
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

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            error if error.is_transient() => Exit::Later,
            error if error.needs_operator() => Exit::Unwritable,
            StoreError::NoSuchCompany(_)
            | StoreError::NoSuchUser(_)
            | StoreError::NoSuchAccount(_)
            | StoreError::NoSuchMail(_)
            | StoreError::Taken { .. }
            | StoreError::Invalid { .. } => Exit::Input,
            StoreError::AskedElsewhere(_) => Exit::Refused,
            StoreError::AttemptOpen(_) | StoreError::Restored { .. } => Exit::InDoubt,
            _ => Exit::Other,
        };
        let message = match STORE.get().filter(|_| error.needs_operator()) {
            Some(place) => format!("{error} (the store is {place})"),
            None => error.to_string(),
        };
        Self { code, message }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error @ VaultError::OtherPlace { .. } => Self::input(error.to_string()),
            error => Self::other(error.to_string()),
        }
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Vault(error) => error.into(),
            ConnectionError::Compromised { .. } => Self { code: Exit::Refused, message: error.to_string() },
            error => Self::input(error.to_string()),
        }
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Store(error) => error.into(),
            OutboxError::Engine(error) => error.into(),
            OutboxError::File(_) | OutboxError::NotOurs(_) => Self::input(error.to_string()),
            OutboxError::Plugin(_) => Self::other(error.to_string()),
        }
    }
}

impl From<RecordsError> for Failure {
    fn from(error: RecordsError) -> Self {
        let code = match &error {
            error if error.is_transient() => Exit::Later,
            RecordsError::Refused { .. } | RecordsError::Denied { .. } => Exit::Refused,
            _ => Exit::Input,
        };
        Self { code, message: error.to_string() }
    }
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::Store(error) => error.into(),
            InboxError::Engine(error) => error.into(),
            InboxError::Plugin(_) => Self::other(error.to_string()),
            error => Self::input(error.to_string()),
        }
    }
}

/// What a name, an address or a host was refused for.
impl From<Unusable> for Failure {
    fn from(error: Unusable) -> Self {
        Self::input(error.to_string())
    }
}

impl From<oauth::Error> for Failure {
    fn from(error: oauth::Error) -> Self {
        let code = match &error {
            error if error.is_transient() => Exit::Later,
            oauth::Error::Setup(_) => Exit::Input,
            _ => Exit::Refused,
        };
        Self { code, message: error.to_string() }
    }
}

impl From<oauth::StoreError> for Failure {
    fn from(error: oauth::StoreError) -> Self {
        Self::other(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::input(error.to_string())
    }
}

//! What is wrong with a settings file, and where.

use std::path::PathBuf;

/// The settings can't be used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// Not TOML, or a field that is unknown, missing or of the wrong type.
    #[error("{}, line {line}: {detail}", path.display())]
    Malformed {
        /// The settings file.
        path: PathBuf,
        /// Line in it.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// A value that can't be used.
    #[error("{}: {field}: {detail}", path.display())]
    Invalid {
        /// The settings file.
        path: PathBuf,
        /// Field, such as `accounts.NAME.port`.
        field: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// No such account.
    #[error("there is no account \"{name}\" in {}: {known}", path.display())]
    NoSuchAccount {
        /// What was asked for.
        name: String,
        /// The settings file.
        path: PathBuf,
        /// What there is.
        known: String,
    },
}

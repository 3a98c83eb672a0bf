//! The two databases, and what differs between them for every statement.

use std::time::Duration;

/// The database that the store is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Returns the statement that begins a transaction which will write.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            // A deferred transaction that reads first and writes later fails at once when another wrote in between.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// How long a statement waits for a lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

//! The two databases, and what differs between them for every statement.

use std::time::Duration;

/// The database at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a transaction that will write.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            // A deferred one that reads first and writes later fails at once when somebody else wrote in between.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// How long a statement waits for somebody else's.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

//! Errors of the store: each answers whether the same call can succeed later, and who has to act.

use sqlx::any::AnyQueryResult;
use std::borrow::Cow;

/// An error of the store. Nothing of the call is on disk, except where [`StoreError::ConnectionLost`] applies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No such company.
    #[error("there is no company \"{0}\"")]
    NoSuchCompany(String),
    /// No such user in this company.
    #[error("there is no user \"{0}\"")]
    NoSuchUser(String),
    /// No such account, or none that this user may use: the same error, on purpose.
    #[error("there is no account \"{0}\"")]
    NoSuchAccount(String),
    /// No such mail, or none that this user may see.
    #[error("there is no mail \"{0}\"")]
    NoSuchMail(String),
    /// A mail of the same intent exists, of accounts alone that this user may not use. The error does not name it.
    #[error(
        "the same was asked for before (document \"{0}\"), from an account that you may not use: ask an administrator \
         of the company; --again sends it all the same, as a mail of its own"
    )]
    AskedElsewhere(String),
    /// No such attempt.
    #[error("there is no attempt \"{0}\"")]
    NoSuchAttempt(String),
    /// The name is taken. Choose another.
    #[error("there already is {what} \"{name}\"")]
    Taken {
        /// `an account`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// An attempt to send this mail has no result yet: it runs, or it is in doubt. The mail is not sent a second time.
    #[error(
        "an attempt to send the mail \"{0}\" runs, or nobody knows what came of it: look before sending again"
    )]
    AttemptOpen(String),
    /// The attempt was closed: its mail was leased to another owner, held, cancelled or erased. Its last bytes must not leave.
    #[error(
        "the attempt \"{0}\" was closed by whoever took its mail over or ended it: nothing of it may leave"
    )]
    AttemptClosed(String),
    /// Another program decided on the attempt, or leased its mail, at this moment. Read the mail again.
    #[error("somebody else decided on the attempt \"{0}\" at this moment: look at its mail again")]
    AttemptDecided(String),
    /// The lease of the mail has ended, and another owner may have it.
    #[error("the mail \"{0}\" is in somebody else's hands by now")]
    LeaseLost(String),
    /// The lease of the account's mailbox has ended, and another owner may have it. Nothing was written.
    #[error("the mailbox of the account \"{0}\" is followed by another program by now")]
    MailboxLeaseLost(String),
    /// What the writer of a mailbox had read was changed by another one. Nothing was written: read it again.
    #[error("the index of the mailbox changed meanwhile: {0}")]
    MailboxMoved(String),
    /// No such thing of a mailbox, or none that this user may see: the same error, on purpose.
    #[error("there is no {what} \"{id}\"")]
    NotInMailbox {
        /// `conversation`, `message`, `folder`, `bookmark`, `note`, `contact`.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The mail is as a backup had it. It may have left after the backup was taken.
    #[error(
        "the mail \"{mail}\" is from the backup of {taken} and may have left since: look in Sent, or ask a recipient; \
         `postroom outbox release {mail}` sends it, `postroom outbox cancel {mail}` does not"
    )]
    Restored {
        /// Which.
        mail: String,
        /// When the backup was taken.
        taken: String,
    },
    /// A value that can not be stored. A retry does not help.
    #[error("{what}: {detail}")]
    Invalid {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// Another program holds a lock of the database. A retry may succeed at once.
    #[error("the store is busy; try again: {0}")]
    Busy(String),
    /// The connection to the database is lost. A retry may succeed later; whether the change is stored has to be looked up.
    #[error("no connection to the store; try again later: {0}")]
    ConnectionLost(String),
    /// The database can't be written.
    #[error(
        "the store can't be written: {0}; give this program the right to write the file, those beside it \
         (-wal, -shm) and its folder, or the role in PostgreSQL"
    )]
    ReadOnly(String),
    /// No room is left on the disk.
    #[error("there is no room left for the store: {0}; free some, then try again")]
    DiskFull(String),
    /// The disk accepts no more writes: a quota, a limit of the process, or a failure of the disk itself.
    #[error(
        "the disk of the store takes nothing more: {0}; look whether it is full, over a quota or failing, then try again"
    )]
    DiskFails(String),
    /// A later version of this program has changed the database.
    #[error(
        "the store was changed by a later version of this program (it needs migration {found}, known are those up to \
         {known}): install that version, or go back to a backup"
    )]
    SchemaNewer {
        /// The migration that a program must know.
        found: i64,
        /// The last one known here.
        known: i64,
    },
    /// The database was not made by this program, or was changed by hand.
    #[error("the store is not as this program makes it: {0}; go back to a backup, or choose another place")]
    SchemaDiffers(String),
    /// The place of the store can not be used.
    #[error("can't open the store {place}: {detail}")]
    CannotOpen {
        /// Where, without passwords.
        place: String,
        /// Why, and what to do.
        detail: String,
    },
    /// A stored value can not be parsed. A retry does not help.
    #[error("the store is damaged: {0}; go back to a backup")]
    Damaged(String),
    /// Any other error of the database.
    #[error("the store failed: {0}")]
    Database(String),
}

impl StoreError {
    /// Returns true if the same call can succeed later without a person's help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::ConnectionLost(_))
    }

    /// Returns true if the call can succeed once an operator has made room, or allowed the program to write. Nothing is lost
    /// until then.
    pub fn needs_operator(&self) -> bool {
        matches!(self, Self::DiskFull(_) | Self::DiskFails(_) | Self::ReadOnly(_))
    }

    pub(crate) fn invalid(what: &'static str, detail: impl ToString) -> Self {
        Self::Invalid { what, detail: detail.to_string() }
    }
}

/// A constraint that a change would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A row of that name or identity exists.
    Unique,
    /// A row that it refers to does not exist.
    Reference,
}

/// Returns the constraint at which the database refused.
pub(crate) fn broken(error: &sqlx::Error) -> Option<Broken> {
    let kind = error.as_database_error()?.kind();
    match kind {
        sqlx::error::ErrorKind::UniqueViolation => Some(Broken::Unique),
        sqlx::error::ErrorKind::ForeignKeyViolation => Some(Broken::Reference),
        _ => None,
    }
}

/// Fails where a statement changed no row, because what it names does not exist.
pub(crate) fn changed(done: &AnyQueryResult, missing: impl FnOnce() -> StoreError) -> Result<(), StoreError> {
    if done.rows_affected() == 0 { Err(missing()) } else { Ok(()) }
}

/// Converts a refusal because of the name to [`StoreError::Taken`].
pub(crate) fn or_taken(what: &'static str, name: impl ToString) -> impl FnOnce(sqlx::Error) -> StoreError {
    let name = name.to_string();
    move |error| match broken(&error) {
        Some(Broken::Unique) => StoreError::Taken { what, name },
        _ => error.into(),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(from) => of_database(from.as_ref()),
            sqlx::Error::Io(e) => Self::ConnectionLost(e.to_string()),
            // A server that ends in the middle of a sentence.
            sqlx::Error::Protocol(words) => Self::ConnectionLost(words.clone()),
            sqlx::Error::PoolTimedOut => Self::Busy("every connection is in use".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::ConnectionLost(error.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Damaged(error.to_string())
            }
            sqlx::Error::Migrate(_) => Self::SchemaDiffers(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

fn of_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let words = error.message().to_owned();
    let code = error.code().unwrap_or(Cow::Borrowed(""));
    // SQLite's codes are numbers, the primary one in the lowest byte; PostgreSQL's have five characters.
    match code.parse::<u32>().ok().filter(|_| code.len() != 5) {
        Some(number) => of_sqlite(number, words),
        None => of_sqlstate(&code, words),
    }
}

/// <https://www.sqlite.org/rescode.html>
fn of_sqlite(code: u32, words: String) -> StoreError {
    match code & 0xff {
        // Writing, truncating, settling on disk, and making room for the index of the log.
        10 if matches!(code >> 8, 3..=6 | 18 | 19 | 21) => StoreError::DiskFails(words),
        5 | 6 => StoreError::Busy(words),
        8 => StoreError::ReadOnly(words),
        13 => StoreError::DiskFull(words),
        14 => StoreError::CannotOpen {
            place: "file".to_owned(),
            detail: format!("{words}: the folder must be there, and this program may write in it"),
        },
        11 | 26 => StoreError::Damaged(words),
        _ => StoreError::Database(words),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_sqlstate(code: &str, words: String) -> StoreError {
    match code {
        "40001" | "40P01" | "55P03" | "53300" => StoreError::Busy(words),
        "57P01" | "57P02" | "57P03" => StoreError::ConnectionLost(words),
        "25006" | "42501" => StoreError::ReadOnly(words),
        "53100" => StoreError::DiskFull(words),
        "3D000" | "28000" | "28P01" => {
            StoreError::CannotOpen { place: "on PostgreSQL".to_owned(), detail: words }
        }
        _ if code.starts_with("08") => StoreError::ConnectionLost(words),
        _ if code.starts_with("XX") => StoreError::Damaged(words),
        _ => StoreError::Database(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whether_a_retry_helps() {
        for (code, passes) in
            [(5, true), (261, true), (517, true), (6, true), (8, false), (13, false), (11, false), (1, false)]
        {
            assert_eq!(of_sqlite(code, String::new()).is_transient(), passes, "SQLite {code}");
        }
        for (code, passes) in [
            ("40001", true),
            ("08006", true),
            ("57P01", true),
            ("25006", false),
            ("53100", false),
            ("42P01", false),
        ] {
            assert_eq!(of_sqlstate(code, String::new()).is_transient(), passes, "PostgreSQL {code}");
        }
    }

    #[test]
    fn an_error_that_a_person_must_mend_says_how() {
        assert!(
            of_sqlite(1032, "attempt to write a readonly database".into())
                .to_string()
                .contains("the right to write")
        );
        assert!(of_sqlite(13, "database or disk is full".into()).to_string().contains("free some"));
        assert!(of_sqlite(778, "disk I/O error".into()).to_string().contains("over a quota"));
        assert!(
            matches!(of_sqlite(266, String::new()), StoreError::Database(_)),
            "reading is another matter"
        );
        let newer = StoreError::SchemaNewer { found: 9, known: 1 }.to_string();
        assert!(newer.contains("install that version"), "{newer}");
    }
}

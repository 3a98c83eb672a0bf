//! `postroom backup`: the store in one file, taken while it is in use.

use super::output::{json, line, printable};
use super::store_args::StoreArgs;
use super::{Common, Failure};
use crate::Exit;
use clap::Args;
use postroom::app::{AppError, Location};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(after_help = "\
The backup is the store as it was at one moment, though a worker sends meanwhile. Passwords and tokens in it are sealed: keep
the master key, in another place. Keep the heads of the audit logs that are printed, too: `postroom audit --verify --head` shows
that nothing before them was changed. A store in PostgreSQL is backed up by pg_dump; the command is printed.

Example:
  postroom backup backups/postroom-2026-12-01.db")]
pub(super) struct BackupArgs {
    /// The file to be written; nothing is overwritten.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(common: &Common, args: &BackupArgs) -> Result<Exit, Failure> {
    let places = args.store.places()?;
    let backup = match places.back_up(&args.file).await {
        Err(AppError::NotAFile(location)) => {
            return Err(Failure::input(format!(
                "a store in PostgreSQL is backed up by PostgreSQL: {}",
                dump(&location, &args.file)
            )));
        }
        backup => backup?,
    };
    if common.json {
        json(&serde_json::json!({
            "file": args.file, "taken": backup.taken, "bytes": backup.bytes, "audit_heads": backup.audit_heads,
        }))?;
    } else {
        line(&format!(
            "{}: the store as it was at {}, {} bytes; the master key is not in it",
            args.file.display(),
            backup.taken.format("%Y-%m-%d %H:%M:%S"),
            backup.bytes
        ))?;
        for (company, head) in &backup.audit_heads {
            line(&printable(&format!("the audit log of {company} ended with {head}")))?;
        }
    }
    Ok(Exit::Done)
}

/// The command that does it on PostgreSQL, which asks for the password itself.
fn dump(location: &Location, file: &Path) -> String {
    format!(
        "pg_dump --format=custom --file={} {}",
        quoted(&file.display().to_string()),
        quoted(&location.without_password())
    )
}

/// Quotes a text as one word for a shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_postgresql_is_exact_and_has_no_password() {
        let location: Location =
            "postgres://p:hunter2@db/it%27s?password=hunter2&sslmode=require".parse().unwrap();
        assert_eq!(
            dump(&location, Path::new("a b's")),
            r"pg_dump --format=custom --file='a b'\''s' 'postgres://p@db/it%27s?sslmode=require'"
        );
    }
}

//! `postroom restore`: back from a backup, and nothing sent that may have left since it was taken.

use super::backup::quoted;
use super::output::{json, line};
use super::store_args::StoreArgs;
use super::{Common, Failure};
use crate::Exit;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{AppError, KeySource, Location, RestoreRequest, Restored, RestoredStore, StoreError};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(after_help = "\
A mail that the backup thinks is still to be sent may have left since the backup was taken. So each of them is held, and
`postroom outbox` lists them with the time of the backup: look in Sent or ask, then `postroom outbox release MAIL`, or
`cancel`. Mails that were asked for after the backup are not known to it at all. Sign-ins that were renewed since may have to
be made anew.

A store in PostgreSQL comes back by pg_restore; then say when its dump was begun, before any worker starts.

Examples:
  postroom restore backups/postroom-2026-12-01.db
  postroom restore backups/postroom-2026-12-01.db --replace     # the store that is there stays beside it
  postroom restore --taken '2026-12-01 03:00' --store 'postgres://postroom@db.example/postroom?sslmode=verify-full'")]
pub(super) struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE", required_unless_present = "taken")]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Take the place of the store that is there.
    #[arg(long)]
    replace: bool,
    #[arg(long, help = "Hold nothing: only where nothing was sent after the backup was taken")]
    resume_all: bool,
    /// The store has come back by other means; its backup was begun at this time.
    #[arg(long, value_name = "TIME", value_parser = super::typed_time::parse_time, conflicts_with_all = ["file", "replace"])]
    taken: Option<DateTime<FixedOffset>>,
}

pub(super) async fn run(common: &Common, args: &RestoreArgs) -> Result<Exit, Failure> {
    let places = args.store.places()?;
    let request = match (&args.file, args.taken) {
        (_, Some(taken)) => RestoreRequest::Taken(taken),
        (Some(file), None) => RestoreRequest::File { file: file.clone(), replace: args.replace },
        (None, None) => return Err(Failure { code: Exit::Usage, message: "name the backup".to_owned() }),
    };
    let RestoredStore { restored, missing_keys } = match places.restore(&request, args.resume_all).await {
        Err(AppError::NotAFile(location)) => {
            let file = args.file.as_deref().unwrap_or(Path::new(""));
            return Err(Failure::input(by_postgresql(&location, file)));
        }
        Err(AppError::NotRestored(error)) => return Err(explained(error)),
        restored => restored?,
    };
    show(common, &places.location, &restored, &places.key_source()?, &missing_keys)
}

fn explained(error: StoreError) -> Failure {
    match error {
        StoreError::Taken { what: "a store", name } => Failure::input(format!(
            "there is a store at {name}: --replace puts the backup in its place and keeps it beside that"
        )),
        StoreError::Damaged(words) => Failure::input(format!("the backup is damaged: {words}; take another")),
        error => AppError::NotRestored(error).into(),
    }
}

fn by_postgresql(location: &Location, file: &Path) -> String {
    let place = quoted(&location.without_password());
    format!(
        "a store in PostgreSQL comes back by PostgreSQL: stop every worker, pg_restore --clean --if-exists --dbname={place} {}, \
         then `postroom restore --taken TIME` with the time at which the dump was begun",
        quoted(&file.display().to_string())
    )
}

/// `missing`: keys without which secrets of the backup can't be read, and how many secrets each.
fn show(
    common: &Common,
    location: &Location,
    restored: &Restored,
    source: &KeySource,
    missing: &[(String, u64)],
) -> Result<Exit, Failure> {
    for (key, secrets) in missing {
        eprintln!(
            "postroom: the master key {key} is not in {source}, and {secrets} secrets of the backup can't be read without \
             it: bring it back from the copy of your keys"
        );
    }
    if common.json {
        let mut value = serde_json::to_value(restored).map_err(|e| Failure::other(e.to_string()))?;
        let keys = missing.iter().map(|(key, secrets)| serde_json::json!({ "key": key, "secrets": secrets }));
        value["missing_keys"] = keys.collect();
        json(&value)?;
        return Ok(Exit::Done);
    }
    line(&format!("{location} is as it was at {}", restored.taken.format("%Y-%m-%d %H:%M:%S")))?;
    if restored.held > 0 {
        line(&format!(
            "{} mails are held, since they may have left after that: `postroom outbox`",
            restored.held
        ))?;
    }
    if let Some(before) = &restored.before {
        line(&format!("the store that was there is {}", before.display()))?;
    }
    Ok(Exit::Done)
}

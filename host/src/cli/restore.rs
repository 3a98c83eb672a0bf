//! `postroom restore`: back from a backup, and nothing sent that may have left since it was taken.

use super::backup::quoted;
use super::house::StoreArgs;
use super::output::{json, line};
use super::single::Single;
use super::{Common, Failure};
use crate::cli::Exit;
use crate::store::{Location, Restored, Restoring, Store, StoreError};
use crate::vault::{KeySource, Vault};
use chrono::{DateTime, FixedOffset};
use clap::Args;
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
    /// Hold nothing: for whoever knows that nothing was sent after the backup was taken.
    #[arg(long)]
    resume_all: bool,
    /// The store has come back by other means; its backup was begun at this time.
    #[arg(long, value_name = "TIME", value_parser = super::moment::moment, conflicts_with_all = ["file", "replace"])]
    taken: Option<DateTime<FixedOffset>>,
}

pub(super) async fn run(common: &Common, args: &RestoreArgs) -> Result<Exit, Failure> {
    let location = args.store.location()?;
    if let Some(folder) = location.path().and_then(Path::parent).filter(|it| !it.as_os_str().is_empty()) {
        let failed = |e: std::io::Error| Failure::input(format!("can't make {}: {e}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    // Held until the end: no worker begins in between.
    let _single = Single::take(&location)?.ok_or_else(|| Failure {
        code: Exit::Later,
        message: format!("a worker is at the store {location}: stop it, then restore"),
    })?;
    let restored = match (&args.file, args.taken) {
        (_, Some(taken)) => {
            let store = Store::open(&location).await?;
            let held = store.mark_restored(taken, args.resume_all).await;
            store.close().await;
            Restored { taken, held: held?, before: None }
        }
        (Some(file), None) => {
            if location.path().is_none() {
                return Err(Failure::input(by_postgresql(&location, file)));
            }
            let how = Restoring { replace: args.replace, resume_all: args.resume_all };
            location.restore(file, how).await.map_err(explained)?
        }
        (None, None) => return Err(Failure { code: Exit::Usage, message: "name the backup".to_owned() }),
    };
    let store = Store::open(&location).await?;
    let source = args.store.key_source()?;
    let missing = Vault::missing_keys(&store, &source).await;
    store.close().await;
    tell(common, &location, &restored, &source, &missing?)
}

fn explained(error: StoreError) -> Failure {
    match error {
        StoreError::Taken { what: "a store", name } => Failure::input(format!(
            "there is a store at {name}: --replace puts the backup in its place and keeps it beside that"
        )),
        StoreError::Damaged(words) => Failure::input(format!("the backup is damaged: {words}; take another")),
        error => error.into(),
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
fn tell(
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

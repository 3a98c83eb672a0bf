//! Backups of a store in a file, and restoring one.
//!
//! A backup is one transaction's view of the database, however many programs write meanwhile. Restoring it is not harmless: a
//! mail that was still to be sent then may have left since. So a mail that had not ended is held, with the time of the backup,
//! until a person has decided about it; a caller that knows that none has left may have all of them go on.

use crate::compliance::audit::{Action, Note, add};
use crate::compliance::audit_chain::{AuditHead, heads};
use crate::schema::connect;
use crate::schema::dialect::Dialect;
use crate::sql::row::{self, Time};
use crate::{Location, Store, StoreError};
use chrono::{DateTime, FixedOffset, Local, SubsecRound as _};
use serde::Serialize;
use sqlx::{AnyConnection, Connection as _, Row as _};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Everything that was on disk at this time is in it.
    pub taken: DateTime<FixedOffset>,
    /// Its size.
    pub bytes: u64,
    /// The last entry of each company's audit log in it, by the company's name.
    pub audit_heads: Vec<(String, AuditHead)>,
}

/// Options of restoring a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restoring {
    /// Takes the place of a store that is there; that one stays beside it under another name.
    pub replace: bool,
    /// Mails go on as the backup has them: for a caller who knows that none of them has left since.
    pub resume_all: bool,
}

/// A store that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// When the backup was taken.
    pub taken: DateTime<FixedOffset>,
    /// Mails that are held until a person has said what is to become of them.
    pub held: u64,
    /// Where the store is that was there before.
    pub before: Option<PathBuf>,
}

impl Store {
    /// Writes a backup of a store in a file to a new file that only its owner may read. Programs may work with the store
    /// meanwhile. What is under that name afterwards is whole.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where a file of that name exists; [`StoreError::Invalid`] on PostgreSQL, which has a tool of its
    /// own; [`StoreError::DiskFull`], [`StoreError::CannotOpen`].
    pub async fn back_up(&self, to: &Path) -> Result<Backup, StoreError> {
        if self.dialect == Dialect::Postgres {
            return Err(StoreError::invalid("backup", "a store in PostgreSQL is backed up by pg_dump"));
        }
        let to = std::path::absolute(to).map_err(|e| unusable(to, &e))?;
        // With a row of the directory itself: a name that leads nowhere is a name.
        if to.symlink_metadata().is_ok() {
            return Err(StoreError::Taken { what: "a file", name: to.display().to_string() });
        }
        let part = beside(&to, ".part");
        let written = self.write_backup(&part).await;
        let result = written.and_then(|backup| {
            // Unlike a rename, a link never takes the place of a file that has come in the meantime.
            std::fs::hard_link(&part, &to).map_err(|e| match e.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    StoreError::Taken { what: "a file", name: to.display().to_string() }
                }
                _ => unusable(&to, &e),
            })?;
            settle_folder(&to);
            Ok(backup)
        });
        remove_database(&part);
        result
    }

    async fn write_backup(&self, part: &Path) -> Result<Backup, StoreError> {
        remove_database(part);
        let file = private_file(part)?;
        let taken = Local::now().fixed_offset().trunc_subsecs(6);
        let name = part.to_str().ok_or_else(|| StoreError::invalid("backup", "expected a name in UTF-8"))?;
        sqlx::query("vacuum into $1").bind(name).execute(&self.pool).await?;
        let mut copy = connect::plain(&Location::file(part)).await?;
        let marked = async {
            sqlx::query("insert into backups (taken) values ($1)")
                .bind(row::stamp(taken))
                .execute(&mut copy)
                .await?;
            check(&mut copy).await?;
            heads(&mut copy).await
        };
        let marked = marked.await;
        copy.close().await?;
        let audit_heads = marked?.into_iter().map(|(_, name, head)| (name, head)).collect();
        file.sync_all().map_err(|e| unusable(part, &e))?;
        let bytes = file.metadata().map_err(|e| unusable(part, &e))?.len();
        Ok(Backup { taken, bytes, audit_heads })
    }

    /// Marks a store that was restored by the database's own means as being of this time: mails that had not ended are held.
    /// Returns how many.
    pub async fn mark_restored(&self, taken: Time, resume_all: bool) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let now = Local::now().fixed_offset();
        let mut held = 0;
        if !resume_all {
            let at = row::stamp(taken);
            let reason = format!(
                "the store came back from the backup of {}: it may have left since",
                taken.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S")
            );
            held = sqlx::query(
                "update outbox set state = 'held', cause = 'user', reason = $1, restored = $2, lease_owner = null, due = 0 \
                 where state in ('ready', 'held', 'in-doubt')",
            )
            .bind(reason)
            .bind(at)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            // A copy may have been filed since: after a first try it is looked for before it is filed.
            sqlx::query("update outbox set copy_tries = copy_tries + 1 where copy = 'due'")
                .execute(&mut *transaction)
                .await?;
        }
        let companies = sqlx::query(
            "select id, (select count(*) from outbox where company = companies.id and restored = $1) as held \
             from companies",
        );
        for company in companies.bind(row::stamp(taken)).fetch_all(&mut *transaction).await? {
            let resumed = if resume_all { "; everything goes on" } else { "" };
            let detail = format!(
                "the backup of {}, {} mails held{resumed}",
                row::stamp(taken),
                row::count(&company, "held")?
            );
            let note =
                Note { detail: Some(detail.into()), ..Note::of(Action::Restored, "administrator", now) };
            add(&mut transaction, row::parsed(&company, "id")?, None, &note);
        }
        // Their owners are those of another store, and the mailboxes have changed since.
        sqlx::query("update mailboxes set lease_owner = null, lease = 0").execute(&mut *transaction).await?;
        sqlx::query("delete from backups").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(held)
    }
}

impl Location {
    /// Puts the store of a backup here. No worker may be at the place, and no other program with it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where a store is here and is not to be replaced; [`StoreError::Busy`] where a program works with
    /// it; [`StoreError::Damaged`] and [`StoreError::Invalid`] for a file that is no backup, or not whole. Then nothing has
    /// changed.
    pub async fn restore(&self, from: &Path, how: Restoring) -> Result<Restored, StoreError> {
        let Some(to) = self.path() else {
            return Err(StoreError::invalid("restore", "a store in PostgreSQL comes back by pg_restore"));
        };
        let to = std::path::absolute(to).map_err(|e| unusable(to, &e))?;
        let there = to.symlink_metadata().is_ok();
        if there && !how.replace {
            return Err(StoreError::Taken { what: "a store", name: to.display().to_string() });
        }
        let part = beside(&to, ".restoring");
        let prepared = prepare(from, &part, how).await;
        let put = async {
            let mut restored = prepared?;
            if there {
                alone(&to).await?;
                restored.before = Some(set_aside(&to)?);
            }
            // A log that was left here would be taken for the new store's own.
            remove_logs(&to);
            std::fs::rename(&part, &to).map_err(|e| unusable(&to, &e))?;
            settle_folder(&to);
            Ok(restored)
        };
        let put = put.await;
        remove_database(&part);
        put
    }
}

/// Prepares a store beside the place where it is to be: checked, up to date, and with its mails held.
async fn prepare(from: &Path, part: &Path, how: Restoring) -> Result<Restored, StoreError> {
    remove_database(part);
    let mut source = File::open(from).map_err(|e| unusable(from, &e))?;
    if let Some(folder) = part.parent() {
        std::fs::create_dir_all(folder).map_err(|e| unusable(part, &e))?;
    }
    let mut copy = private_file(part)?;
    std::io::copy(&mut source, &mut copy).map_err(|e| unusable(part, &e))?;
    copy.sync_all().map_err(|e| unusable(part, &e))?;
    let location = Location::file(part);
    let mut plain = connect::plain(&location).await?;
    let taken = taken(&mut plain).await;
    plain.close().await?;
    let taken = taken?;
    let store = Store::open(&location).await?;
    let held = store.mark_restored(taken, how.resume_all).await;
    store.close().await;
    let held = held?;
    // All of it in one file, so that one rename puts it into its place.
    gathered(&location).await?;
    copy.sync_all().map_err(|e| unusable(part, &e))?;
    Ok(Restored { taken, held, before: None })
}

/// Reads when the backup was taken; an error for a file that is none.
async fn taken(connection: &mut AnyConnection) -> Result<Time, StoreError> {
    check(connection).await?;
    let none = || {
        StoreError::invalid(
            "backup",
            "this file was not made by `postroom backup`: nobody knows which mails left after it was made",
        )
    };
    let row = sqlx::query("select taken from backups").fetch_optional(connection).await;
    row::time(&row.map_err(|_| none())?.ok_or_else(none)?, "taken")
}

/// Reads every page.
async fn check(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let rows = sqlx::query("pragma integrity_check(1)").fetch_all(connection).await?;
    let lines: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    match lines.as_slice() {
        [ok] if ok == "ok" => Ok(()),
        words => Err(StoreError::Damaged(words.join("; "))),
    }
}

/// Moves the write-ahead log into the file, for which no other program may have it open.
async fn gathered(location: &Location) -> Result<(), StoreError> {
    let mut connection = connect::plain(location).await?;
    let mode = sqlx::query("pragma journal_mode = delete").fetch_one(&mut connection).await;
    let mode = mode.map_err(StoreError::from).and_then(|row| row::text(&row, "journal_mode"));
    connection.close().await?;
    match mode?.as_str() {
        "delete" => Ok(()),
        _ => Err(StoreError::Busy("another program has it open".to_owned())),
    }
}

/// Checks that no program works with the store that is to be replaced. A store that can't be read any more counts as unused.
async fn alone(path: &Path) -> Result<(), StoreError> {
    match gathered(&Location::file(path)).await {
        Err(StoreError::Busy(_)) => Err(StoreError::Busy(format!(
            "another program works with {}: stop it (`postroom serve`, a command), then restore",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// Renames the store that was there.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let now = Local::now().format("%Y%m%d-%H%M%S");
    let mut aside = beside(path, &format!(".replaced-{now}"));
    for number in 2_u32.. {
        if aside.symlink_metadata().is_err() {
            break;
        }
        aside = beside(path, &format!(".replaced-{now}-{number}"));
    }
    for log in ["-wal", "-shm"] {
        let (from, to) = (beside(path, log), beside(&aside, log));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(|e| unusable(&from, &e))?;
        }
    }
    std::fs::rename(path, &aside).map_err(|e| unusable(path, &e))?;
    Ok(aside)
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(more);
    PathBuf::from(name)
}

fn remove_logs(path: &Path) {
    for log in ["-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(path, log));
    }
}

fn remove_database(path: &Path) {
    let _ = std::fs::remove_file(path);
    remove_logs(path);
}

/// Creates a file that only its owner may read: everything that the company wrote is in it.
fn private_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.create_new(true).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| unusable(path, &e))
}

/// Makes the name durable too, where the system lets a folder be synchronised.
fn settle_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull(error.to_string()),
        _ => StoreError::CannotOpen { place: path.display().to_string(), detail: error.to_string() },
    }
}

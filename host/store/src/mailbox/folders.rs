//! The folders of a mailbox as its synchronisation sees them.

use crate::error::changed;
use crate::mailbox::lease::hold;
use crate::mailbox::places::empty_folder;
use crate::mailbox::types::{FolderCounts, FolderCursor, FolderRow, FolderSeen, Healed, MailboxLease};
use crate::sql::row::{self, Time, bounded, without_zeros};
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, SystemStore};
use postroom_model::{AccountId, FolderId};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The columns of a folder, with its account.
pub(crate) const FOLDER: &str = "mailbox_folders.*, mailboxes.account from mailbox_folders \
                                 join mailboxes on mailboxes.number = mailbox_folders.mailbox";

impl SystemStore {
    /// Lists the folders of a mailbox, by name; also those that the server does not list any more.
    pub async fn mailbox_folders(&self, account: AccountId) -> Result<Vec<FolderRow>, StoreError> {
        folders(&mut *self.pool.acquire().await?, account).await
    }

    /// Stores the folders that the server lists, and marks the others as gone. An empty list is no answer of a server, and
    /// changes nothing. Returns all folders.
    pub async fn set_mailbox_folders(
        &self,
        lease: &MailboxLease,
        seen: &[FolderSeen],
        now: Time,
    ) -> Result<Vec<FolderRow>, StoreError> {
        #[derive(Serialize)]
        struct Seen {
            name: String,
            special_use: String,
            delimiter: Option<String>,
            selectable: u8,
        }
        let mut by_name = BTreeMap::new();
        for folder in seen {
            let name = without_zeros(&folder.name);
            let row = Seen {
                name: name.clone(),
                special_use: row::to_json(&folder.special_use)?,
                delimiter: folder.delimiter.as_deref().map(without_zeros),
                selectable: folder.is_selectable.into(),
            };
            by_name.insert(name, row);
        }
        let rows: Vec<Seen> = by_name.into_values().collect();
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        if !rows.is_empty() {
            let each = JsonRows::on(&transaction);
            let sql = format!(
                "insert into mailbox_folders (mailbox, name, special_use, delimiter, selectable) \
                 select $2, {}, {}, {}, {} from {} where true on conflict (mailbox, name) do update set \
                 special_use = excluded.special_use, delimiter = excluded.delimiter, \
                 selectable = excluded.selectable, gone = null",
                each.text("name"),
                each.text("special_use"),
                each.text("delimiter"),
                each.number("selectable"),
                each.row(),
            );
            rows::bulk_query(sql, &rows)?.bind(mailbox).execute(&mut *transaction).await?;
            let sql = format!(
                "update mailbox_folders set gone = $3 where mailbox = $2 and gone is null and name not in (select {} from {})",
                each.text("name"),
                each.row(),
            );
            let gone = rows::bulk_query(sql, &rows)?.bind(mailbox).bind(now.timestamp_millis());
            gone.execute(&mut *transaction).await?;
        }
        let all = folders(&mut transaction, lease.account).await?;
        transaction.commit().await?;
        Ok(all)
    }

    /// Empties a folder whose uids are not valid any more. Its messages stay, and are found again by their identity.
    pub async fn restart_folder(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        now: Time,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        let sql = "update mailbox_folders set uid_validity = null, uid_next = null, floor = null, highest_modseq = null \
                   where number = $1 and mailbox = $2";
        let done = sqlx::query(sql).bind(folder.number()).bind(mailbox).execute(&mut *transaction).await?;
        changed(&done, || no_such_folder(folder))?;
        empty_folder(&mut transaction, folder.number(), now).await?;
        transaction.commit().await
    }

    /// Returns the uids that the index has of a folder.
    pub async fn indexed_uids(&self, folder: FolderId) -> Result<Vec<RangeInclusive<u32>>, StoreError> {
        let rows = sqlx::query(
            "select min(uid) as low, max(uid) as high from (select uid, uid - row_number() over (order by uid) as run \
             from mailbox_places where folder = $1) as numbered group by run order by 1",
        );
        let rows = rows.bind(folder.number()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(uid(row, "low")?..=uid(row, "high")?)).collect()
    }

    /// Counts what the index has of a folder.
    pub async fn folder_counts(&self, folder: FolderId) -> Result<FolderCounts, StoreError> {
        let row = sqlx::query(
            "select count(*) as places, count(case when is_seen = 0 then 1 end) as unseen \
             from mailbox_places where folder = $1",
        );
        let row = row.bind(folder.number()).fetch_one(&self.pool).await?;
        Ok(FolderCounts { places: row::count(&row, "places")?, unseen: row::count(&row, "unseen")? })
    }

    /// Records that the server was asked about a folder, and how many messages it counted.
    pub async fn note_folder_looked_at(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        on_server: Option<u32>,
        now: Time,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        let done = sqlx::query(
            "update mailbox_folders set looked_at = $1, on_server = coalesce($2, on_server) where number = $3 and mailbox = $4",
        );
        let done = done
            .bind(now.timestamp_millis())
            .bind(on_server.map(i64::from))
            .bind(folder.number())
            .bind(mailbox)
            .execute(&mut *transaction)
            .await?;
        changed(&done, || no_such_folder(folder))?;
        transaction.commit().await
    }

    /// Records what is wrong with a folder; none: nothing any more. Returns true if that differs from before, so that a fault is
    /// logged once.
    pub async fn note_folder_fault(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        fault: Option<&str>,
    ) -> Result<bool, StoreError> {
        let fault = fault.map(bounded).filter(|fault| !fault.is_empty());
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        let done = sqlx::query(
            "update mailbox_folders set fault = $1 where number = $2 and mailbox = $3 and coalesce(fault, '') <> $4",
        );
        let done = done
            .bind(fault.clone())
            .bind(folder.number())
            .bind(mailbox)
            .bind(fault.unwrap_or_default())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Records that a folder was compared with the server, uid by uid, and what that put right.
    pub async fn note_compared(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        now: Time,
        healed: Healed,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        let sql =
            "update mailbox_folders set compared_at = $1, healed = $2 where number = $3 and mailbox = $4";
        let done = sqlx::query(sql)
            .bind(now.timestamp_millis())
            .bind(row::to_json(&healed)?)
            .bind(folder.number())
            .bind(mailbox)
            .execute(&mut *transaction)
            .await?;
        changed(&done, || no_such_folder(folder))?;
        transaction.commit().await
    }
}

pub(crate) fn no_such_folder(folder: FolderId) -> StoreError {
    StoreError::NotInMailbox { what: "folder", id: folder.to_string() }
}

async fn folders(connection: &mut AnyConnection, account: AccountId) -> Result<Vec<FolderRow>, StoreError> {
    let sql = format!("select {FOLDER} where mailboxes.account = $1 order by mailbox_folders.name");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).fetch_all(connection).await?;
    rows.iter().map(folder_row).collect()
}

/// Reads the columns of [`FOLDER`].
pub(crate) fn folder_row(row: &AnyRow) -> Result<FolderRow, StoreError> {
    let optional_uid = |column| row::optional_small(row, column);
    let cursor = match (optional_uid("uid_validity")?, optional_uid("uid_next")?, optional_uid("floor")?) {
        (Some(uid_validity), Some(uid_next), Some(floor)) => Some(FolderCursor {
            uid_validity,
            uid_next,
            floor,
            highest_modseq: row::optional_count(row, "highest_modseq")?,
        }),
        _ => None,
    };
    let time = |column| -> Result<Option<Time>, StoreError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(row::from_millis))
    };
    Ok(FolderRow {
        id: FolderId::from_number(row.try_get("number")?),
        account: row::parsed(row, "account")?,
        folder: FolderSeen {
            name: row::text(row, "name")?,
            special_use: row::json(row, "special_use")?,
            delimiter: row::optional_text(row, "delimiter")?,
            is_selectable: row::flag(row, "selectable")?,
        },
        mapped: row::optional_text(row, "mapped")?,
        position: u32::try_from(row::count(row, "position")?).unwrap_or(u32::MAX),
        cursor,
        on_server: optional_uid("on_server")?,
        looked_at: time("looked_at")?,
        compared_at: time("compared_at")?,
        healed: row::optional_json(row, "healed")?,
        fault: row::optional_text(row, "fault")?,
        is_gone: row.try_get::<Option<i64>, _>("gone")?.is_some(),
    })
}

pub(crate) fn uid(row: &AnyRow, column: &str) -> Result<u32, StoreError> {
    let number = row::count(row, column)?;
    u32::try_from(number).map_err(|_| StoreError::Damaged(format!("column {column}: {number} is no uid")))
}

/// Moves a folder's cursor from where its mover read it.
///
/// # Errors
/// [`StoreError::MailboxMoved`] where it is elsewhere by now.
pub(crate) async fn move_cursor(
    connection: &mut AnyConnection,
    (mailbox, folder): (i64, FolderId),
    expected: Option<FolderCursor>,
    after: FolderCursor,
) -> Result<(), StoreError> {
    // What is absent is a number that no server has.
    let modseq = |cursor: FolderCursor| cursor.highest_modseq.map_or(-1, row::whole);
    let of = |part: fn(FolderCursor) -> u32| expected.map_or(-1, |expected| i64::from(part(expected)));
    let sql = "update mailbox_folders set uid_validity = $1, uid_next = $2, floor = $3, \
               highest_modseq = case when $4 < 0 then null else $4 end \
               where number = $5 and mailbox = $6 and coalesce(uid_validity, -1) = $7 and coalesce(uid_next, -1) = $8 \
               and coalesce(floor, -1) = $9 and coalesce(highest_modseq, -1) = $10";
    let done = sqlx::query(sql)
        .bind(i64::from(after.uid_validity))
        .bind(i64::from(after.uid_next))
        .bind(i64::from(after.floor))
        .bind(modseq(after))
        .bind(folder.number())
        .bind(mailbox)
        .bind(of(|it| it.uid_validity))
        .bind(of(|it| it.uid_next))
        .bind(of(|it| it.floor))
        .bind(expected.map_or(-1, modseq))
        .execute(connection)
        .await?;
    changed(&done, || StoreError::MailboxMoved(format!("the cursor of the folder {folder} is elsewhere")))
}

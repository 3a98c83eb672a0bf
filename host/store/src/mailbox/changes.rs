//! Storing what changed in a server's folder: flags, and messages that left.

use crate::mailbox::folders::move_cursor;
use crate::mailbox::lease::hold;
use crate::mailbox::places::{flag_columns, mark_unplaced, messages_of};
use crate::mailbox::types::{FolderCursor, MailboxLease, PlaceFlags, RecordedChanges};
use crate::sql::row::Time;
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, SystemStore};
use postroom_model::FolderId;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

impl SystemStore {
    /// Stores flags and deletes the places of uids that left a folder, and moves its cursor from `expected` to `after`, in one
    /// transaction. A message that is in no folder any more stays, with its bookmarks and its conversation, until
    /// [`SystemStore::purge_unplaced`]: most have been moved, and turn up elsewhere.
    ///
    /// # Errors
    /// [`StoreError::MailboxLeaseLost`]; [`StoreError::MailboxMoved`] where the cursor is not at `expected`. Then nothing is
    /// stored.
    #[allow(clippy::too_many_arguments)]
    pub async fn record_changes(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        expected: FolderCursor,
        after: FolderCursor,
        flags: &[PlaceFlags],
        vanished: &[RangeInclusive<u32>],
        now: Time,
    ) -> Result<RecordedChanges, StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        move_cursor(&mut transaction, (mailbox, folder), Some(expected), after).await?;
        let flags = set_flags(&mut transaction, folder, flags).await?;
        let vanished = delete_places(&mut transaction, folder, vanished, now).await?;
        transaction.commit().await?;
        Ok(RecordedChanges { flags, vanished })
    }
}

/// Sets flags of places. Returns how many were others before.
async fn set_flags(
    connection: &mut AnyConnection,
    folder: FolderId,
    flags: &[PlaceFlags],
) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct FlagRow {
        uid: u32,
        flags: String,
        is_seen: u8,
    }
    let mut rows = BTreeMap::new();
    for of in flags {
        let (flags, is_seen) = flag_columns(&of.flags)?;
        rows.insert(of.uid, FlagRow { uid: of.uid, flags, is_seen });
    }
    let rows: Vec<FlagRow> = rows.into_values().collect();
    if rows.is_empty() {
        return Ok(0);
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update mailbox_places set flags = {flags}, is_seen = {is_seen} from {rows} where mailbox_places.folder = $2 \
         and mailbox_places.uid = {uid} and mailbox_places.flags <> {flags}",
        flags = each.text("flags"),
        is_seen = each.number("is_seen"),
        rows = each.row(),
        uid = each.number("uid"),
    );
    let done = rows::bulk_query(sql, &rows)?.bind(folder.number()).execute(connection).await?;
    Ok(done.rows_affected())
}

/// Deletes places. Returns how many there were.
async fn delete_places(
    connection: &mut AnyConnection,
    folder: FolderId,
    uids: &[RangeInclusive<u32>],
    now: Time,
) -> Result<u64, StoreError> {
    #[derive(Serialize)]
    struct RangeRow {
        low: u32,
        high: u32,
    }
    if uids.is_empty() {
        return Ok(0);
    }
    let rows: Vec<RangeRow> = uids.iter().map(|it| RangeRow { low: *it.start(), high: *it.end() }).collect();
    let each = JsonRows::on(connection);
    let sql = format!(
        "delete from mailbox_places where folder = $2 and uid in (select place.uid from {} \
         join mailbox_places as place on place.folder = $2 and place.uid between {} and {}) returning message",
        each.row(),
        each.number("low"),
        each.number("high"),
    );
    let left = rows::bulk_query(sql, &rows)?.bind(folder.number()).fetch_all(&mut *connection).await?;
    mark_unplaced(connection, &messages_of(&left)?, now).await?;
    Ok(left.len() as u64)
}

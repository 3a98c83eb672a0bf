//! Where messages stand: a row for each uid of a folder.

use crate::StoreError;
use crate::mailbox::entering::Placed;
use crate::sql::row::{self, Time, bounded};
use crate::sql::rows::{self, JsonRows};
use chrono::Local;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeMap, BTreeSet};

/// Most flags of a message.
const FLAGS: usize = 100;

/// Puts messages into places of a folder. A message that another one displaces, and that is nowhere else, has left.
pub(crate) async fn insert_places(
    connection: &mut AnyConnection,
    folder: i64,
    placed: &[Placed<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct PlaceRow {
        uid: u32,
        message: Option<i64>,
        flags: String,
        is_seen: u8,
    }
    let mut rows = BTreeMap::new();
    for Placed { number, message } in placed {
        let (flags, is_seen) = flag_columns(&message.flags)?;
        rows.insert(message.uid, PlaceRow { uid: message.uid, message: *number, flags, is_seen });
    }
    let rows: Vec<PlaceRow> = rows.into_values().collect();
    let each = JsonRows::on(connection);
    let sql = format!(
        "select mailbox_places.message from {} join mailbox_places on mailbox_places.folder = $2 \
         and mailbox_places.uid = {} where mailbox_places.message is not null",
        each.row(),
        each.number("uid"),
    );
    let displaced = rows::bulk_query(sql, &rows)?.bind(folder).fetch_all(&mut *connection).await?;
    let displaced = messages_of(&displaced)?;
    let sql = format!(
        "insert into mailbox_places (folder, uid, message, flags, is_seen) select $2, {}, {}, {}, {} from {} where true \
         on conflict (folder, uid) do update set message = excluded.message, flags = excluded.flags, is_seen = excluded.is_seen",
        each.number("uid"),
        each.number("message"),
        each.text("flags"),
        each.number("is_seen"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.bind(folder).execute(&mut *connection).await?;
    let sql = format!(
        "update mailbox_messages set unplaced = null where unplaced is not null and number in (select {} from {})",
        each.number("message"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.execute(&mut *connection).await?;
    mark_unplaced(connection, &displaced, Local::now().fixed_offset()).await
}

/// Marks those of these messages that are in no folder any more.
pub(crate) async fn mark_unplaced(
    connection: &mut AnyConnection,
    messages: &BTreeSet<i64>,
    now: Time,
) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update mailbox_messages set unplaced = $2 where number in (select {} from {}) and unplaced is null \
         and not exists (select 1 from mailbox_places where mailbox_places.message = mailbox_messages.number)",
        each.number("id"),
        each.row(),
    );
    rows::bulk_query(sql, &rows::ids(messages))?.bind(now.timestamp_millis()).execute(connection).await?;
    Ok(())
}

/// Deletes the places of a folder.
pub(crate) async fn empty_folder(
    connection: &mut AnyConnection,
    folder: i64,
    now: Time,
) -> Result<(), StoreError> {
    let sql = "delete from mailbox_places where folder = $1 returning message";
    let left = sqlx::query(sql).bind(folder).fetch_all(&mut *connection).await?;
    mark_unplaced(connection, &messages_of(&left)?, now).await
}

/// Reads the column `message` of places, of which those that are withheld have none.
pub(crate) fn messages_of(places: &[AnyRow]) -> Result<BTreeSet<i64>, StoreError> {
    let messages = places.iter().map(|row| row.try_get::<Option<i64>, _>("message"));
    Ok(messages.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Converts flags to their columns.
pub(crate) fn flag_columns(flags: &[String]) -> Result<(String, u8), StoreError> {
    let is_seen = flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
    let flags: Vec<String> = flags.iter().take(FLAGS).map(|flag| bounded(flag)).collect();
    Ok((row::to_json(&flags)?, is_seen.into()))
}

//! What a conversation has of its messages: subject, time, whether it is done.

use crate::StoreError;
use crate::mailbox::entering::{Entering, date_of};
use crate::sql::rows::{self, JsonRows};
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Computes subject and time of conversations from their messages, those that are not private first. Deletes those that have no
/// message left.
pub(crate) async fn refresh(
    connection: &mut AnyConnection,
    conversations: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    if conversations.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let among = format!("number in (select {} from {})", each.number("id"), each.row());
    let ids = rows::ids(conversations);
    let first = |of: &str| {
        format!(
            "(select subject from mailbox_messages as m where m.conversation = conversations.number{of} \
             order by date, number limit 1)"
        )
    };
    let last = |of: &str| {
        format!(
            "(select max(date) from mailbox_messages as m where m.conversation = conversations.number{of})"
        )
    };
    let public = " and m.is_private = 0";
    for sql in [
        format!(
            "delete from conversations where {among} and not exists \
             (select 1 from mailbox_messages where conversation = conversations.number)"
        ),
        format!(
            "update conversations set subject = coalesce({}, {}, subject), latest = coalesce({}, {}, latest) where {among}",
            first(public),
            first(""),
            last(public),
            last(""),
        ),
    ] {
        rows::bulk_query(sql, &ids)?.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Opens conversations that were done, and that somebody writes in again. Messages of the past, which a synchronisation finds
/// later, open none.
pub(crate) async fn reopen(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Latest {
        conversation: i64,
        date: i64,
    }
    let asking = entering.iter().filter(|it| it.message.asks_for_attention());
    let row = |it: &Entering<'_>| Latest {
        conversation: it.conversation,
        date: date_of(it.message).timestamp_millis(),
    };
    let rows: Vec<Latest> = asking.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update conversations set is_done = 0 where is_done = 1 and exists \
         (select 1 from {} where {} = conversations.number and {} > conversations.latest)",
        each.row(),
        each.number("conversation"),
        each.number("date"),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}

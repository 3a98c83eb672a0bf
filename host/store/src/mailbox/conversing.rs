//! What a conversation has of its messages: its time, and whether it is done.

use crate::StoreError;
use crate::mailbox::entering::{Entering, date_of};
use crate::sql::rows::{self, JsonRows};
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Computes the time of conversations from their messages, those that are not private first. Deletes those that have no
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
    let last = |of: &str| {
        format!(
            "(select max(date) from mailbox_messages as m where m.conversation = conversations.number{of})"
        )
    };
    for sql in [
        format!(
            "delete from conversations where {among} and not exists \
             (select 1 from mailbox_messages where conversation = conversations.number)"
        ),
        format!(
            "update conversations set latest = coalesce({}, {}, latest) where {among}",
            last(" and m.is_private = 0"),
            last(""),
        ),
    ] {
        rows::bulk_query(sql, &ids)?.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Opens conversations that were done, where a later message came in. Messages of the past, which a synchronisation finds later,
/// open none.
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
        "update conversations set is_done = 0, done_up_to = null where is_done = 1 and number in (select {conversation} from {rows}) \
         and exists (select 1 from {rows} where {conversation} = conversations.number and {date} > conversations.latest)",
        rows = each.row(),
        conversation = each.number("conversation"),
        date = each.number("date"),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}

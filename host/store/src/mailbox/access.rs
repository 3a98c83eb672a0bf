//! What a person may reach of a mailbox, and the ids of what they add.

use crate::StoreError;
use crate::mailbox::lease::id_of;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use postroom_model::{AccountId, ConversationId, IndexedMessageId};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// A mailbox that a person may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReachableMailbox {
    pub(crate) number: i64,
    pub(crate) account: AccountId,
}

pub(crate) fn no_such_conversation(id: ConversationId) -> StoreError {
    StoreError::NotInMailbox { what: "conversation", id: id.to_string() }
}

pub(crate) fn no_such_message(id: IndexedMessageId) -> StoreError {
    StoreError::NotInMailbox { what: "message", id: id.to_string() }
}

/// Lists the mailboxes within a scope: of these accounts, or of all. What is not the person's is left out.
pub(crate) async fn mailboxes(
    connection: &mut AnyConnection,
    scope: Scope,
    accounts: &[AccountId],
) -> Result<Vec<ReachableMailbox>, StoreError> {
    let each = JsonRows::on(connection);
    let among = match accounts.is_empty() {
        // The list is bound all the same.
        true => format!(" and (select count(*) from {}) = 0", each.row()),
        false => format!(" and mailboxes.account in (select {} from {})", each.text("id"), each.row()),
    };
    let sql = format!(
        "select number, account from mailboxes where {}{among} order by number",
        scope.on("mailboxes", 2)
    );
    let rows = rows::bulk_query(sql, &rows::ids(accounts))?.bind(scope.owner()).fetch_all(connection).await?;
    let read = |row| {
        Ok(ReachableMailbox {
            number: sqlx::Row::try_get(row, "number")?,
            account: row::parsed(row, "account")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Takes a new id of a mailbox, and locks that until the transaction ends.
pub(crate) async fn take_id(connection: &mut AnyConnection, mailbox: i64) -> Result<i64, StoreError> {
    let sql = "update mailboxes set last = last + 1 where number = $1 returning last";
    let row = sqlx::query(sql).bind(mailbox).fetch_one(connection).await?;
    id_of(mailbox, row.try_get("last")?)
}

/// Reads the mailbox of a conversation within a scope.
pub(crate) async fn mailbox_of_conversation(
    connection: &mut AnyConnection,
    scope: Scope,
    id: ConversationId,
) -> Result<i64, StoreError> {
    let sql = format!(
        "select mailbox from conversations where number = $1 and {}",
        scope.on_conversations("conversations", 2),
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
    let row = row.fetch_optional(connection).await?.ok_or_else(|| no_such_conversation(id))?;
    Ok(row.try_get("mailbox")?)
}

/// Reads the mailbox of a message within a scope.
pub(crate) async fn mailbox_of_message(
    connection: &mut AnyConnection,
    scope: Scope,
    id: IndexedMessageId,
) -> Result<i64, StoreError> {
    let sql = format!(
        "select mailbox from mailbox_messages where number = $1 and {}",
        scope.on_messages("mailbox_messages", 2),
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
    let row = row.fetch_optional(connection).await?.ok_or_else(|| no_such_message(id))?;
    Ok(row.try_get("mailbox")?)
}

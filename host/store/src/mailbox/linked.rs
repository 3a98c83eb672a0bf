//! What messages are linked to: partners and documents.

use crate::StoreError;
use crate::mailbox::contacts::{NOT_REMOVED, known_to};
use crate::mailbox::types::DocumentLink;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use postroom_model::ConversationId;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, BTreeSet};

/// Reads the partners of messages: those that they were linked to, and those whose addresses are in them
/// and that the mailbox's account knows.
pub(crate) async fn partners(
    connection: &mut AnyConnection,
    messages: &[i64],
) -> Result<BTreeMap<i64, Vec<String>>, StoreError> {
    let each = JsonRows::on(connection);
    let among = format!("(select {} from {})", each.number("id"), each.row());
    let known = known_to("mailboxes.account");
    let sql = format!(
        "select message, partner from mailbox_partners where message in {among} \
         union select mailbox_people.message, partner_addresses.partner from mailbox_people \
         join mailboxes on mailboxes.number = mailbox_people.mailbox \
         join partner_addresses on partner_addresses.company = mailboxes.company \
         and partner_addresses.address_digest = mailbox_people.address \
         where mailbox_people.message in {among} and {known} and {NOT_REMOVED} order by 1, 2"
    );
    let mut all: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows::bulk_query(sql, &rows::ids(messages))?.fetch_all(connection).await? {
        all.entry(row.try_get("message")?).or_default().push(row::text(&row, "partner")?);
    }
    Ok(all)
}

/// Reads the partners of a conversation's messages.
pub(crate) async fn partners_of_conversation(
    connection: &mut AnyConnection,
    conversation: ConversationId,
) -> Result<BTreeSet<String>, StoreError> {
    let known = known_to("mailboxes.account");
    let messages = "in (select number from mailbox_messages where conversation = $1)";
    let sql = format!(
        "select partner from mailbox_partners where message {messages} \
         union select partner_addresses.partner from mailbox_people \
         join mailboxes on mailboxes.number = mailbox_people.mailbox \
         join partner_addresses on partner_addresses.company = mailboxes.company \
         and partner_addresses.address_digest = mailbox_people.address \
         where mailbox_people.message {messages} and {known} and {NOT_REMOVED}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(conversation.number()).fetch_all(connection).await?;
    rows.iter().map(|row| row::text(row, "partner")).collect()
}

/// Reads the documents of messages.
pub(crate) async fn documents(
    connection: &mut AnyConnection,
    messages: &[i64],
) -> Result<BTreeMap<i64, Vec<DocumentLink>>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select * from mailbox_documents where message in (select {} from {}) order by message, document_kind, document_number",
        each.number("id"),
        each.row(),
    );
    let mut all: BTreeMap<i64, Vec<DocumentLink>> = BTreeMap::new();
    for row in rows::bulk_query(sql, &rows::ids(messages))?.fetch_all(connection).await? {
        let document = DocumentLink {
            kind: row::text(&row, "document_kind")?,
            number: row::text(&row, "document_number")?,
            partner: row::optional_text(&row, "partner")?,
            reason: row::text(&row, "reason")?,
            is_sure: row::flag(&row, "is_sure")?,
        };
        all.entry(row.try_get("message")?).or_default().push(document);
    }
    Ok(all)
}

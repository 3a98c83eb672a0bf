//! Storing what a server's folder has: messages, their places, and the folder's cursor, in one transaction.

use crate::mailbox::conversing::{refresh, reopen};
use crate::mailbox::entering::{Entering, Identity, Placed, date_of, identity};
use crate::mailbox::folders::move_cursor;
use crate::mailbox::inserting::insert_messages;
use crate::mailbox::lease::{HeldMailbox, hold};
use crate::mailbox::places::insert_places;
use crate::mailbox::types::{
    ConversationChoice, FolderCursor, IndexedMessage, MailboxLease, RecordedMessages,
};
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, SystemStore};
use data_encoding::HEXLOWER;
use postroom_model::{ConversationId, FolderId, IndexedMessageId};
use serde::Serialize;
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeMap, BTreeSet};

impl SystemStore {
    /// Stores messages of a folder and moves its cursor from `expected` to `after`, in one transaction. A message whose identity
    /// is in the index gets a further place, and keeps its conversation and what people did with it.
    ///
    /// # Errors
    /// [`StoreError::MailboxLeaseLost`]; [`StoreError::MailboxMoved`] where the cursor is not at `expected`, or a conversation
    /// that was chosen does not exist any more. Then nothing is stored.
    pub async fn record_messages(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        expected: Option<FolderCursor>,
        after: FolderCursor,
        messages: &[IndexedMessage],
    ) -> Result<RecordedMessages, StoreError> {
        let mut transaction = self.write().await?;
        // A message and a conversation of its own each, at most.
        let mailbox = hold(&mut transaction, lease, messages.len() * 2).await?;
        move_cursor(&mut transaction, (mailbox.number, folder), expected, after).await?;
        let recorded = record(&mut transaction, &mailbox, folder, messages).await?;
        transaction.commit().await?;
        Ok(recorded)
    }
}

async fn record(
    connection: &mut AnyConnection,
    mailbox: &HeldMailbox,
    folder: FolderId,
    messages: &[IndexedMessage],
) -> Result<RecordedMessages, StoreError> {
    let mut recorded = RecordedMessages::default();
    if messages.is_empty() {
        return Ok(recorded);
    }
    let identities: BTreeSet<Identity> = messages.iter().map(identity).collect();
    let mut known = known_messages(connection, mailbox.number, &identities).await?;
    let withheld = withheld_identities(connection, mailbox.number, &identities).await?;
    let mut ids = mailbox.first_id..;
    let mut next_id = || ids.next().ok_or_else(|| StoreError::invalid("mailbox", "its ids are used up"));
    let (mut entering, mut placed) = (Vec::new(), Vec::with_capacity(messages.len()));
    let (mut chosen, mut new_ones) = (BTreeSet::new(), BTreeMap::new());
    for message in messages {
        let identity = identity(message);
        if withheld.contains(&identity) {
            recorded.withheld += 1;
            recorded.messages.push(None);
            placed.push(Placed { number: None, message });
            continue;
        }
        let (number, conversation) = match known.get(&identity) {
            Some(known) => {
                recorded.known += 1;
                *known
            }
            None => {
                recorded.added += 1;
                let conversation = match message.conversation {
                    ConversationChoice::Existing(id) => {
                        chosen.insert(id.number());
                        id.number()
                    }
                    ConversationChoice::New(key) => match new_ones.get(&key) {
                        Some((number, _)) => *number,
                        None => {
                            let number = next_id()?;
                            new_ones.insert(key, (number, message));
                            number
                        }
                    },
                };
                let number = next_id()?;
                known.insert(identity, (number, conversation));
                entering.push(Entering { number, conversation, identity, message });
                (number, conversation)
            }
        };
        let ids = (IndexedMessageId::from_number(number), ConversationId::from_number(conversation));
        recorded.messages.push(Some(ids));
        placed.push(Placed { number: Some(number), message });
    }
    check_chosen(connection, mailbox.number, &chosen).await?;
    insert_conversations(connection, mailbox.number, new_ones.values()).await?;
    reopen(connection, &entering).await?;
    insert_messages(connection, mailbox, &entering).await?;
    insert_places(connection, folder.number(), &placed).await?;
    let touched: BTreeSet<i64> = entering.iter().map(|it| it.conversation).collect();
    refresh(connection, &touched).await?;
    Ok(recorded)
}

#[derive(Serialize)]
struct IdentityRow {
    identity: String,
}

fn identity_rows(identities: &BTreeSet<Identity>) -> Vec<IdentityRow> {
    identities.iter().map(|it| IdentityRow { identity: HEXLOWER.encode(it) }).collect()
}

fn identity_of(bytes: Vec<u8>) -> Result<Identity, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("a message's identity".to_owned()))
}

/// Reads which of these messages are in the index, each with its conversation.
async fn known_messages(
    connection: &mut AnyConnection,
    mailbox: i64,
    identities: &BTreeSet<Identity>,
) -> Result<BTreeMap<Identity, (i64, i64)>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select number, conversation, identity from mailbox_messages where mailbox = $2 and identity in (select {} from {})",
        each.bytes("identity"),
        each.row(),
    );
    let rows = rows::bulk_query(sql, &identity_rows(identities))?.bind(mailbox).fetch_all(connection).await?;
    let read = |row: &sqlx::any::AnyRow| -> Result<_, StoreError> {
        let identity = identity_of(row.try_get("identity")?)?;
        Ok((identity, (row.try_get("number")?, row.try_get("conversation")?)))
    };
    rows.iter().map(read).collect()
}

async fn withheld_identities(
    connection: &mut AnyConnection,
    mailbox: i64,
    identities: &BTreeSet<Identity>,
) -> Result<BTreeSet<Identity>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select identity from mailbox_withheld where mailbox = $2 and identity in (select {} from {})",
        each.bytes("identity"),
        each.row(),
    );
    let rows = rows::bulk_query(sql, &identity_rows(identities))?.bind(mailbox).fetch_all(connection).await?;
    rows.iter().map(|row| identity_of(row.try_get("identity")?)).collect()
}

/// Checks that conversations exist in the mailbox. A person may have joined one with another since it was chosen.
async fn check_chosen(
    connection: &mut AnyConnection,
    mailbox: i64,
    chosen: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    if chosen.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    // PostgreSQL: none of them is joined with another one until the commit.
    let lock = if each.has_one_writer() { "" } else { " for key share" };
    let sql = format!(
        "select number from conversations where mailbox = $2 and number in (select {} from {}){lock}",
        each.number("id"),
        each.row(),
    );
    let found = rows::bulk_query(sql, &rows::ids(chosen))?.bind(mailbox).fetch_all(connection).await?;
    match found.len() == chosen.len() {
        true => Ok(()),
        false => Err(StoreError::MailboxMoved("a conversation was joined with another one".to_owned())),
    }
}

async fn insert_conversations<'a>(
    connection: &mut AnyConnection,
    mailbox: i64,
    new_ones: impl Iterator<Item = &'a (i64, &'a IndexedMessage)>,
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct NewConversation {
        number: i64,
        latest: i64,
    }
    let row = |(number, message): &(i64, &IndexedMessage)| NewConversation {
        number: *number,
        latest: date_of(message).timestamp_millis(),
    };
    let rows: Vec<NewConversation> = new_ones.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into conversations (number, mailbox, subject, latest) select {}, $2, '', {} from {}",
        each.number("number"),
        each.number("latest"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.bind(mailbox).execute(connection).await?;
    Ok(())
}

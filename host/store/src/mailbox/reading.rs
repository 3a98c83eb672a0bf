//! Messages as people read about them: one, those of a conversation, those that a search finds.

use crate::mailbox::access::{mailboxes, no_such_conversation, no_such_message};
use crate::mailbox::conditions::{Conditions, UNREAD};
use crate::mailbox::folders::uid;
use crate::mailbox::linked::{documents, partners};
use crate::mailbox::listing::{conversation_row, fill};
use crate::mailbox::related::direction;
use crate::mailbox::types::Proposal;
use crate::mailbox::views::{ConversationDetail, MailboxMessage, MessagePlace, Note, SearchFilter};
use crate::mailbox::words::WordQuery;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use postroom_model::{ConversationId, FolderId, IndexedMessageId, NoteId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most messages of a conversation or a search.
const MOST: u32 = 1_000;
/// Most notes of a conversation.
const NOTES: i64 = 1_000;

impl UserStore<'_> {
    /// Reads a conversation with its messages, oldest first, and its notes.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationDetail, StoreError> {
        self.store.conversation(self.scope(), id).await
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn mailbox_message(&self, id: IndexedMessageId) -> Result<MailboxMessage, StoreError> {
        self.store.mailbox_message(self.scope(), id).await
    }

    /// Finds messages by their words, newest first.
    pub async fn search_messages(&self, filter: &SearchFilter) -> Result<Vec<MailboxMessage>, StoreError> {
        self.store.search_messages(self.scope(), filter).await
    }
}

impl CompanyStore<'_> {
    /// Reads a conversation with its messages, oldest first, and its notes.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationDetail, StoreError> {
        self.store.conversation(self.scope(), id).await
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn mailbox_message(&self, id: IndexedMessageId) -> Result<MailboxMessage, StoreError> {
        self.store.mailbox_message(self.scope(), id).await
    }

    /// Finds messages by their words, newest first.
    pub async fn search_messages(&self, filter: &SearchFilter) -> Result<Vec<MailboxMessage>, StoreError> {
        self.store.search_messages(self.scope(), filter).await
    }
}

impl Store {
    async fn conversation(&self, scope: Scope, id: ConversationId) -> Result<ConversationDetail, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let sql = format!(
            "select conversations.*, mailboxes.account from conversations join mailboxes on mailboxes.number = conversations.mailbox \
             where conversations.number = $1 and {}",
            scope.on_conversations("conversations", 2),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
        let row = row.fetch_optional(&mut *connection).await?.ok_or_else(|| no_such_conversation(id))?;
        let mut rows = [conversation_row(&row, row::parsed(&row, "account")?)?];
        fill(&mut connection, scope, &mut rows).await?;
        let [conversation] = rows;
        let mut conditions = Conditions::on_messages(scope);
        let number = conditions.number(id.number());
        conditions.and(&format!("m.conversation = {number}"));
        let mut messages = messages(&mut connection, scope, conditions, MOST).await?;
        messages.reverse();
        let sql = format!(
            "select conversation_notes.* from conversation_notes \
             join conversations on conversations.number = conversation_notes.conversation \
             where conversations.number = $1 and {} order by conversation_notes.number desc limit $3",
            scope.on_conversations("conversations", 2),
        );
        let notes = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner()).bind(NOTES);
        let notes = notes.fetch_all(&mut *connection).await?;
        let notes = notes.iter().rev().map(note).collect::<Result<_, _>>()?;
        Ok(ConversationDetail { conversation, messages, notes })
    }

    async fn mailbox_message(
        &self,
        scope: Scope,
        id: IndexedMessageId,
    ) -> Result<MailboxMessage, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut conditions = Conditions::on_messages(scope);
        let number = conditions.number(id.number());
        conditions.and(&format!("m.number = {number}"));
        let found = messages(&mut connection, scope, conditions, 1).await?.pop();
        found.ok_or_else(|| no_such_message(id))
    }

    async fn search_messages(
        &self,
        scope: Scope,
        filter: &SearchFilter,
    ) -> Result<Vec<MailboxMessage>, StoreError> {
        let Some(words) = WordQuery::parse(&filter.text) else { return Ok(Vec::new()) };
        let mut connection = self.pool.acquire().await?;
        let limit = filter.limit.min(MOST);
        let mut found = Vec::new();
        for mailbox in mailboxes(&mut connection, scope, &filter.accounts).await? {
            let mut conditions = Conditions::on_messages(scope);
            conditions.with_words(JsonRows::on(&connection), &words, mailbox);
            if let Some(partner) = &filter.partner {
                conditions.with_partner(partner, mailbox);
            }
            if let Some(address) = &filter.address {
                conditions.with_address(address, mailbox);
            }
            if let Some(folder) = filter.folder {
                conditions.with_folder(folder.number());
            }
            if filter.known_partners_only {
                conditions.with_any_partner();
            }
            for (time, order) in [(filter.since, ">="), (filter.before, "<")] {
                if let Some(time) = time {
                    let time = conditions.number(time.timestamp_millis());
                    conditions.and(&format!("m.date {order} {time}"));
                }
            }
            found.extend(messages(&mut connection, scope, conditions, limit).await?);
        }
        found.sort_by_key(|message| Reverse((message.date, message.id)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

/// Reads messages `m` with all that is known of them, newest first.
async fn messages(
    connection: &mut AnyConnection,
    scope: Scope,
    conditions: Conditions,
    limit: u32,
) -> Result<Vec<MailboxMessage>, StoreError> {
    let before = format!(
        "select m.*, mailboxes.account, case when {UNREAD} then 1 else 0 end as is_unread \
         from mailbox_messages as m join mailboxes on mailboxes.number = m.mailbox"
    );
    let found = conditions.query(&before, &format!("order by m.date desc, m.number desc limit {limit}"));
    let found = found.fetch_all(&mut *connection).await?;
    let mut messages = found.iter().map(message).collect::<Result<Vec<_>, _>>()?;
    if messages.is_empty() {
        return Ok(messages);
    }
    let numbers: Vec<i64> = messages.iter().map(|it| it.id.number()).collect();
    let mut partners = partners(connection, &numbers).await?;
    let mut documents = documents(connection, &numbers).await?;
    let mut places = places(connection, &numbers).await?;
    let mut proposals = proposals(connection, scope, &numbers).await?;
    for message in &mut messages {
        let number = message.id.number();
        message.partners = partners.remove(&number).unwrap_or_default();
        message.documents = documents.remove(&number).unwrap_or_default();
        message.places = places.remove(&number).unwrap_or_default();
        message.proposals = proposals.remove(&number).unwrap_or_default();
    }
    Ok(messages)
}

fn message(row: &AnyRow) -> Result<MailboxMessage, StoreError> {
    Ok(MailboxMessage {
        id: IndexedMessageId::from_number(row.try_get("number")?),
        account: row::parsed(row, "account")?,
        conversation: ConversationId::from_number(row.try_get("conversation")?),
        message_id: row::text(row, "message_id")?,
        subject: row::text(row, "subject")?,
        people: row::json(row, "people")?,
        date: row::from_millis(row.try_get("date")?),
        received: row::from_millis(row.try_get("received")?),
        size: row::count(row, "size")?,
        direction: direction(row)?,
        kind: row::optional_text(row, "kind")?,
        is_unread: row::flag(row, "is_unread")?,
        files: row::optional_json(row, "files")?.unwrap_or_default(),
        is_private: row::flag(row, "is_private")?,
        by_hand: row::flag(row, "by_hand")?,
        reason: row::optional_text(row, "reason")?,
        is_sure: row::flag(row, "is_sure")?,
        mail: row::optional(row, "mail")?,
        partners: Vec::new(),
        documents: Vec::new(),
        proposals: Vec::new(),
        places: Vec::new(),
    })
}

async fn places(
    connection: &mut AnyConnection,
    messages: &[i64],
) -> Result<BTreeMap<i64, Vec<MessagePlace>>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select mailbox_places.*, mailbox_folders.name, mailbox_folders.uid_validity from mailbox_places \
         join mailbox_folders on mailbox_folders.number = mailbox_places.folder \
         where mailbox_places.message in (select {} from {}) and mailbox_folders.gone is null \
         and mailbox_folders.uid_validity is not null order by mailbox_places.folder, mailbox_places.uid",
        each.number("id"),
        each.row(),
    );
    let mut all: BTreeMap<i64, Vec<MessagePlace>> = BTreeMap::new();
    for row in rows::bulk_query(sql, &rows::ids(messages))?.fetch_all(connection).await? {
        let place = MessagePlace {
            folder: FolderId::from_number(row.try_get("folder")?),
            name: row::text(&row, "name")?,
            uid_validity: uid(&row, "uid_validity")?,
            uid: uid(&row, "uid")?,
            flags: row::json(&row, "flags")?,
        };
        all.entry(row.try_get("message")?).or_default().push(place);
    }
    Ok(all)
}

/// Reads the proposals of messages whose conversations the person may see.
async fn proposals(
    connection: &mut AnyConnection,
    scope: Scope,
    messages: &[i64],
) -> Result<BTreeMap<i64, Vec<Proposal>>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select conversation_proposals.* from conversation_proposals \
         join conversations on conversations.number = conversation_proposals.conversation \
         where conversation_proposals.message in (select {} from {}) and {} \
         order by conversation_proposals.message, conversation_proposals.conversation",
        each.number("id"),
        each.row(),
        scope.on_conversations("conversations", 2),
    );
    let found =
        rows::bulk_query(sql, &rows::ids(messages))?.bind(scope.owner()).fetch_all(connection).await?;
    let mut all: BTreeMap<i64, Vec<Proposal>> = BTreeMap::new();
    for row in found {
        let proposal = Proposal {
            conversation: ConversationId::from_number(row.try_get("conversation")?),
            reason: row::text(&row, "reason")?,
        };
        all.entry(row.try_get("message")?).or_default().push(proposal);
    }
    Ok(all)
}

fn note(row: &AnyRow) -> Result<Note, StoreError> {
    Ok(Note {
        id: NoteId::from_number(row.try_get("number")?),
        user: row::optional(row, "user_id")?,
        at: row::from_millis(row.try_get("at")?),
        text: row::text(row, "text")?,
    })
}

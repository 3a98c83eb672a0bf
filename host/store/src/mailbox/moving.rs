//! Moving messages between conversations: by the rules of conversations, and by hand. What a person did the rules leave alone.

use crate::error::changed;
use crate::mailbox::access::{no_such_conversation, no_such_message, take_id};
use crate::mailbox::conversing::refresh;
use crate::mailbox::lease::hold;
use crate::mailbox::linked::partners_of_conversation;
use crate::mailbox::types::MailboxLease;
use crate::sql::row;
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, SystemStore, UserStore};
use postroom_model::{ConversationId, IndexedMessageId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeSet;

impl SystemStore {
    /// Puts the messages of a conversation into another one of the mailbox. Returns false, and changes nothing, where a person
    /// decided about a message of one of the two, where one is private, which is a person's decision, too, and where both have
    /// partners and share none.
    ///
    /// # Errors
    /// [`StoreError::MailboxLeaseLost`]; [`StoreError::MailboxMoved`] where one of the two does not exist any more.
    pub async fn merge_conversations(
        &self,
        lease: &MailboxLease,
        from: ConversationId,
        into: ConversationId,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        let sql = "select number, is_private from conversations where mailbox = $1 and number in ($2, $3)";
        let found = sqlx::query(sql).bind(mailbox).bind(from.number()).bind(into.number());
        let found = found.fetch_all(&mut *transaction).await?;
        if from == into || found.len() != 2 {
            return Err(StoreError::MailboxMoved("a conversation was joined with another one".to_owned()));
        }
        let private = found.iter().map(|row| row::flag(row, "is_private")).collect::<Result<Vec<_>, _>>()?;
        let by_hand = sqlx::query(
            "select 1 from mailbox_messages where conversation in ($1, $2) and by_hand = 1 limit 1",
        );
        let by_hand = by_hand.bind(from.number()).bind(into.number());
        if private.contains(&true) || by_hand.fetch_optional(&mut *transaction).await?.is_some() {
            return Ok(false);
        }
        let one = partners_of_conversation(&mut transaction, from).await?;
        let other = partners_of_conversation(&mut transaction, into).await?;
        if !one.is_empty() && !other.is_empty() && one.is_disjoint(&other) {
            return Ok(false);
        }
        move_all(&mut transaction, from, into, false).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl UserStore<'_> {
    /// Makes a message a conversation of its own. The rules of conversations leave it there.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn split(&self, message: IndexedMessageId) -> Result<ConversationId, StoreError> {
        self.store.split(self.scope(), message).await
    }

    /// Puts the messages and notes of a conversation into another one of the same account. The rules of conversations leave them
    /// there.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for conversations of two accounts, and where
    /// one is private and the other is not.
    pub async fn join(&self, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
        self.store.join(self.scope(), from, into).await
    }
}

impl CompanyStore<'_> {
    /// Makes a message a conversation of its own. The rules of conversations leave it there.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn split(&self, message: IndexedMessageId) -> Result<ConversationId, StoreError> {
        self.store.split(self.scope(), message).await
    }

    /// Puts the messages and notes of a conversation into another one of the same account. The rules of conversations leave them
    /// there.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for conversations of two accounts, and where
    /// one is private and the other is not.
    pub async fn join(&self, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
        self.store.join(self.scope(), from, into).await
    }
}

impl Store {
    async fn split(&self, scope: Scope, message: IndexedMessageId) -> Result<ConversationId, StoreError> {
        let mut transaction = self.write().await?;
        let sql = format!(
            "update mailbox_messages set by_hand = 1, is_sure = 1, reason = null where number = $1 and {} \
             returning mailbox, conversation",
            scope.on_messages("mailbox_messages", 2),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(message.number()).bind(scope.owner());
        let row = row.fetch_optional(&mut *transaction).await?.ok_or_else(|| no_such_message(message))?;
        let (mailbox, before): (i64, i64) = (row.try_get("mailbox")?, row.try_get("conversation")?);
        sqlx::query("delete from conversation_proposals where message = $1")
            .bind(message.number())
            .execute(&mut *transaction)
            .await?;
        let others =
            sqlx::query("select 1 from mailbox_messages where conversation = $1 and number <> $2 limit 1");
        let others = others.bind(before).bind(message.number()).fetch_optional(&mut *transaction).await?;
        let conversation = match others {
            None => before,
            Some(_) => {
                let id = take_id(&mut transaction, mailbox).await?;
                // What was private, done or assigned is so still.
                sqlx::query(
                    "insert into conversations (number, mailbox, latest, is_done, done_up_to, assignee, is_private, private_to) \
                     select $1, mailbox, latest, is_done, done_up_to, assignee, is_private, private_to \
                     from conversations where number = $2",
                )
                .bind(id)
                .bind(before)
                .execute(&mut *transaction)
                .await?;
                sqlx::query("update mailbox_messages set conversation = $1 where number = $2")
                    .bind(id)
                    .bind(message.number())
                    .execute(&mut *transaction)
                    .await?;
                refresh(&mut transaction, &BTreeSet::from([before, id])).await?;
                id
            }
        };
        transaction.commit().await?;
        Ok(ConversationId::from_number(conversation))
    }

    async fn join(&self, scope: Scope, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let one = lock_conversation(&mut transaction, scope, from).await?;
        let other = lock_conversation(&mut transaction, scope, into).await?;
        if from == into {
            return Ok(());
        }
        if one.try_get::<i64, _>("mailbox")? != other.try_get::<i64, _>("mailbox")? {
            return Err(StoreError::invalid("conversation", "the two are of different accounts"));
        }
        let privacy = |row: &AnyRow| -> Result<_, StoreError> {
            Ok((row::flag(row, "is_private")?, row::optional_text(row, "private_to")?))
        };
        if privacy(&one)? != privacy(&other)? {
            return Err(StoreError::invalid(
                "conversation",
                "one of the two is private: mark both, or neither",
            ));
        }
        move_all(&mut transaction, from, into, true).await?;
        transaction.commit().await
    }
}

/// Reads a conversation within a scope, and locks it until the transaction ends.
async fn lock_conversation(
    connection: &mut AnyConnection,
    scope: Scope,
    id: ConversationId,
) -> Result<AnyRow, StoreError> {
    let sql = format!(
        "update conversations set latest = latest where number = $1 and {} returning mailbox, is_private, private_to",
        scope.on_conversations("conversations", 2),
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
    row.fetch_optional(connection).await?.ok_or_else(|| no_such_conversation(id))
}

/// Moves messages, notes and proposals of a conversation to another one, and deletes it. The other one is done if both were, and
/// stays assigned to whom it is, or else is to whom the first one was.
async fn move_all(
    connection: &mut AnyConnection,
    from: ConversationId,
    into: ConversationId,
    by_hand: bool,
) -> Result<(), StoreError> {
    let mark = if by_hand { ", by_hand = 1, is_sure = 1, reason = null" } else { "" };
    for sql in [
        format!("update mailbox_messages set conversation = $2{mark} where conversation = $1"),
        "update conversation_notes set conversation = $2 where conversation = $1".to_owned(),
        "insert into conversation_proposals (message, conversation, reason) select message, $2, reason \
         from conversation_proposals where conversation = $1 on conflict do nothing"
            .to_owned(),
        "delete from conversation_proposals where conversation = $1 or (conversation = $2 and message in \
         (select number from mailbox_messages where conversation = $2))"
            .to_owned(),
        "update conversations set \
         is_done = (select min(either.is_done) from conversations as either where either.number in ($1, $2)), \
         done_up_to = (select min(either.done_up_to) from conversations as either where either.number in ($1, $2)), \
         assignee = coalesce(assignee, (select gone.assignee from conversations as gone where gone.number = $1)) \
         where number = $2"
            .to_owned(),
    ] {
        sqlx::query(AssertSqlSafe(sql))
            .bind(from.number())
            .bind(into.number())
            .execute(&mut *connection)
            .await?;
    }
    let gone = sqlx::query("delete from conversations where number = $1").bind(from.number());
    changed(&gone.execute(&mut *connection).await?, || no_such_conversation(from))?;
    refresh(connection, &BTreeSet::from([into.number()])).await
}

//! What people do with conversations: done or open, an assignee, an answer under way, notes, privacy.

use crate::compliance::audit::{Action, Note as Entry, add};
use crate::mailbox::access::{mailbox_of_conversation, no_such_conversation, no_such_message, take_id};
use crate::mailbox::conversing::refresh;
use crate::mailbox::views::Changed;
use crate::sql::row::{self, Time};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use postroom_model::{ConversationId, IndexedMessageId, NoteId, UserId};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeSet;

/// Bytes of a note.
const NOTE: usize = 16 * 1024;

impl UserStore<'_> {
    /// Marks a conversation done or open, if it is `expected`.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_done(
        &self,
        id: ConversationId,
        expected: bool,
        is_done: bool,
    ) -> Result<Changed, StoreError> {
        self.store.set_done(self.scope(), id, expected, is_done).await
    }

    /// Assigns a conversation to a user who may use its account, or to none, if it is `expected`'s.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::NoSuchUser`] for one who may not use the account.
    pub async fn assign(
        &self,
        id: ConversationId,
        expected: Option<UserId>,
        to: Option<UserId>,
    ) -> Result<Changed, StoreError> {
        self.store.assign(self.scope(), id, expected, to).await
    }

    /// Records that the user writes an answer until this time; none: not any more. Returns the other user who writes one, where
    /// there is one: then nothing is recorded.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_answering(
        &self,
        id: ConversationId,
        now: Time,
        until: Option<Time>,
    ) -> Result<Option<(UserId, Time)>, StoreError> {
        self.store.set_answering(self.scope(), self.user, id, now, until).await
    }

    /// Adds a note to a conversation.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for no text, or more than 16 KiB.
    pub async fn add_note(&self, id: ConversationId, text: &str, now: Time) -> Result<NoteId, StoreError> {
        self.store.add_note(self.scope(), id, text, now).await
    }

    /// Marks a conversation private, or not. Only the user who marked it sees it then, in lists, counts and searches too, and
    /// administrators.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_conversation_private(
        &self,
        id: ConversationId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_conversation_private(self.scope(), id, is_private, now).await
    }

    /// Marks a message private, or not, as [`Self::set_conversation_private`] does.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_message_private(
        &self,
        id: IndexedMessageId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_message_private(self.scope(), id, is_private, now).await
    }
}

impl CompanyStore<'_> {
    /// Marks a conversation done or open, if it is `expected`.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_done(
        &self,
        id: ConversationId,
        expected: bool,
        is_done: bool,
    ) -> Result<Changed, StoreError> {
        self.store.set_done(self.scope(), id, expected, is_done).await
    }

    /// Assigns a conversation to a user who may use its account, or to none, if it is `expected`'s.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::NoSuchUser`] for one who may not use the account.
    pub async fn assign(
        &self,
        id: ConversationId,
        expected: Option<UserId>,
        to: Option<UserId>,
    ) -> Result<Changed, StoreError> {
        self.store.assign(self.scope(), id, expected, to).await
    }

    /// Adds a note to a conversation.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for no text, or more than 16 KiB.
    pub async fn add_note(&self, id: ConversationId, text: &str, now: Time) -> Result<NoteId, StoreError> {
        self.store.add_note(self.scope(), id, text, now).await
    }

    /// Marks a conversation private, so that only administrators see it, or not.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_conversation_private(
        &self,
        id: ConversationId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_conversation_private(self.scope(), id, is_private, now).await
    }

    /// Marks a message private, so that only administrators see it, or not.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn set_message_private(
        &self,
        id: IndexedMessageId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_message_private(self.scope(), id, is_private, now).await
    }
}

impl Store {
    async fn set_done(
        &self,
        scope: Scope,
        id: ConversationId,
        expected: bool,
        is_done: bool,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.write().await?;
        mailbox_of_conversation(&mut transaction, scope, id).await?;
        let sql = format!(
            "update conversations set is_done = $1, done_up_to = case when $1 = 1 then \
             (conversations.mailbox << 32) | (select last from mailboxes where mailboxes.number = conversations.mailbox) end \
             where number = $2 and is_done = $3 and {}",
            scope.on_conversations("conversations", 4),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(is_done))
            .bind(id.number())
            .bind(i64::from(expected))
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Changed::from_rows(done.rows_affected()))
    }

    async fn assign(
        &self,
        scope: Scope,
        id: ConversationId,
        expected: Option<UserId>,
        to: Option<UserId>,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.write().await?;
        mailbox_of_conversation(&mut transaction, scope, id).await?;
        if let Some(to) = to {
            let may = sqlx::query(
                "select 1 from conversations join mailboxes on mailboxes.number = conversations.mailbox \
                 join reachable on reachable.id = mailboxes.account where conversations.number = $1 and reachable.user_id = $2",
            );
            let may = may.bind(id.number()).bind(to.to_string()).fetch_optional(&mut *transaction).await?;
            may.ok_or_else(|| StoreError::NoSuchUser(to.to_string()))?;
        }
        let sql = format!(
            "update conversations set assignee = $1 where number = $2 and coalesce(assignee, '') = $3 and {}",
            scope.on_conversations("conversations", 4),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(to.map(|to| to.to_string()))
            .bind(id.number())
            .bind(expected.map(|user| user.to_string()).unwrap_or_default())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Changed::from_rows(done.rows_affected()))
    }

    async fn set_answering(
        &self,
        scope: Scope,
        user: UserId,
        id: ConversationId,
        now: Time,
        until: Option<Time>,
    ) -> Result<Option<(UserId, Time)>, StoreError> {
        let mut transaction = self.write().await?;
        let sql = format!(
            "update conversations set answering = case when $1 > 0 then $2 end, answering_until = $1 where number = $3 \
             and (answering is null or answering = $2 or answering_until <= $4) and {}",
            scope.on_conversations("conversations", 5),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(until.map_or(0, |until| until.timestamp_millis()))
            .bind(user.to_string())
            .bind(id.number())
            .bind(now.timestamp_millis())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 1 {
            transaction.commit().await?;
            return Ok(None);
        }
        let sql = format!(
            "select answering, answering_until from conversations where number = $1 and {}",
            scope.on_conversations("conversations", 2),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
        let row = row.fetch_optional(&mut *transaction).await?.ok_or_else(|| no_such_conversation(id))?;
        let until = row::from_millis(row.try_get("answering_until")?);
        Ok(row::optional(&row, "answering")?.map(|user| (user, until)))
    }

    async fn add_note(
        &self,
        scope: Scope,
        id: ConversationId,
        text: &str,
        now: Time,
    ) -> Result<NoteId, StoreError> {
        let text = row::without_zeros(text.trim());
        if text.is_empty() || text.len() > NOTE {
            return Err(StoreError::invalid("note", format!("expected a text of at most {NOTE} bytes")));
        }
        let mut transaction = self.write().await?;
        let mailbox = mailbox_of_conversation(&mut transaction, scope, id).await?;
        let number = take_id(&mut transaction, mailbox).await?;
        let sql = format!(
            "insert into conversation_notes (number, conversation, user_id, at, text) \
             select $1, number, $2, $3, $4 from conversations where number = $5 and {}",
            scope.on_conversations("conversations", 6),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(number)
            .bind(scope.user().map(|user| user.to_string()))
            .bind(now.timestamp_millis())
            .bind(text)
            .bind(id.number())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        crate::error::changed(&done, || no_such_conversation(id))?;
        transaction.commit().await?;
        Ok(NoteId::from_number(number))
    }

    async fn set_conversation_private(
        &self,
        scope: Scope,
        id: ConversationId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        let missing = || no_such_conversation(id);
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?.ok_or_else(missing)?;
        let sql = format!(
            "update conversations set is_private = $1, private_to = $2, \
             assignee = case when $1 = 1 and assignee <> coalesce($2, '') then null else assignee end \
             where number = $3 and {} returning mailbox",
            scope.on_conversations("conversations", 4),
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(is_private))
            .bind(scope.user().filter(|_| is_private).map(|user| user.to_string()))
            .bind(id.number())
            .bind(scope.owner())
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or_else(missing)?;
        let entry =
            privacy_entry(&mut transaction, row.try_get("mailbox")?, "conversation", id.number(), is_private);
        let (company, detail) = entry.await?;
        let note = Entry { detail: Some(detail.into()), ..Entry::of(Action::Privacy, &by, now) };
        add(&mut transaction, company, None, &note);
        transaction.commit().await
    }

    async fn set_message_private(
        &self,
        scope: Scope,
        id: IndexedMessageId,
        is_private: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        let missing = || no_such_message(id);
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?.ok_or_else(missing)?;
        let sql = format!(
            "update mailbox_messages set is_private = $1, private_to = $2 where number = $3 and {} returning mailbox, conversation",
            scope.on_messages("mailbox_messages", 4),
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(is_private))
            .bind(scope.user().filter(|_| is_private).map(|user| user.to_string()))
            .bind(id.number())
            .bind(scope.owner())
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or_else(missing)?;
        refresh(&mut transaction, &BTreeSet::from([row.try_get("conversation")?])).await?;
        let entry =
            privacy_entry(&mut transaction, row.try_get("mailbox")?, "message", id.number(), is_private);
        let (company, detail) = entry.await?;
        let note = Entry { detail: Some(detail.into()), ..Entry::of(Action::Privacy, &by, now) };
        add(&mut transaction, company, None, &note);
        transaction.commit().await
    }
}

impl Changed {
    fn from_rows(rows: u64) -> Self {
        if rows == 0 { Self::Meanwhile } else { Self::Yes }
    }
}

/// Returns the company, and what the audit log says of a change of privacy: no subject, and nobody's address.
async fn privacy_entry(
    connection: &mut AnyConnection,
    mailbox: i64,
    what: &str,
    number: i64,
    is_private: bool,
) -> Result<(postroom_model::CompanyId, String), StoreError> {
    let sql = "select accounts.company, accounts.name from mailboxes join accounts on accounts.id = mailboxes.account \
               where mailboxes.number = $1";
    let row = sqlx::query(sql).bind(mailbox).fetch_one(connection).await?;
    let state = if is_private { "private" } else { "not private" };
    let detail = format!("{what} {number} of {}: {state}", row::text(&row, "name")?);
    Ok((row::parsed(&row, "company")?, detail))
}

//! The words of bodies, which are indexed where an account's users want it. What was written can't be read from them.

use crate::compliance::audit::{Action, Note, add};
use crate::mailbox::full_text::{MessageWords, replace_words, scrub_words};
use crate::mailbox::lease::{add_mailbox, hold};
use crate::mailbox::linked::documents;
use crate::mailbox::types::{MailboxLease, MessageFile, Person};
use crate::sql::row::{self, Time};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, SystemStore, UserStore};
use postroom_model::{AccountId, CompanyId, IndexedMessageId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// Messages whose words are written at once.
const PAGE: i64 = 500;

impl SystemStore {
    /// Returns true if the words of an account's bodies are to be indexed.
    pub async fn indexes_bodies(&self, account: AccountId) -> Result<bool, StoreError> {
        let row =
            sqlx::query("select index_bodies from mailboxes where account = $1").bind(account.to_string());
        let row = row.fetch_optional(&self.pool).await?;
        row.map_or(Ok(false), |row| row::flag(&row, "index_bodies"))
    }

    /// Indexes the words of a message's body, where those of the account are to be indexed. Returns false where they are not, or
    /// the message was purged meanwhile.
    ///
    /// # Errors
    /// [`StoreError::MailboxLeaseLost`].
    pub async fn record_body(
        &self,
        lease: &MailboxLease,
        message: IndexedMessageId,
        text: &str,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?;
        let sql = "update mailbox_messages set has_body = 1 where number = $1 and mailbox = $2 \
                   returning number, subject, people, files";
        let row = sqlx::query(sql).bind(message.number()).bind(mailbox.number);
        let row = row.fetch_optional(&mut *transaction).await?;
        let Some(row) = row.filter(|_| mailbox.index_bodies) else { return Ok(false) };
        let words = words_of(&mut transaction, &[row], Some(text)).await?;
        replace_words(&mut transaction, &words).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl UserStore<'_> {
    /// Sets whether the words of an account's bodies are indexed. Where they are not to be any more, those that are go at once.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn set_index_bodies(
        &self,
        account: AccountId,
        index_bodies: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_index_bodies(self.scope(), account, index_bodies, now).await
    }
}

impl CompanyStore<'_> {
    /// Sets whether the words of an account's bodies are indexed. Where they are not to be any more, those that are go at once.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn set_index_bodies(
        &self,
        account: AccountId,
        index_bodies: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        self.store.set_index_bodies(self.scope(), account, index_bodies, now).await
    }
}

impl Store {
    async fn set_index_bodies(
        &self,
        scope: Scope,
        account: AccountId,
        index_bodies: bool,
        now: Time,
    ) -> Result<(), StoreError> {
        let missing = || StoreError::NoSuchAccount(account.to_string());
        let mut transaction = self.write().await?;
        let by = scope.actor(&mut transaction).await?.ok_or_else(missing)?;
        let sql = format!(
            "select accounts.name, accounts.company, mailboxes.number from accounts \
             left join mailboxes on mailboxes.account = accounts.id where accounts.id = $1 and {}",
            scope.on_accounts(2),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).bind(scope.owner());
        let row = row.fetch_optional(&mut *transaction).await?.ok_or_else(missing)?;
        let company: CompanyId = row::parsed(&row, "company")?;
        if row.try_get::<Option<i64>, _>("number")?.is_none() {
            add_mailbox(&mut transaction, account, company).await?;
        }
        let sql = format!(
            "update mailboxes set index_bodies = $1 where account = $2 and index_bodies <> $1 and {} returning number",
            scope.on("mailboxes", 3),
        );
        let set = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(index_bodies))
            .bind(account.to_string())
            .bind(scope.owner())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(set) = set else { return transaction.commit().await };
        if !index_bodies {
            drop_bodies(&mut transaction, set.try_get("number")?).await?;
        }
        let state = if index_bodies { "indexed" } else { "not indexed" };
        let detail = format!("bodies of {}: {state}", row::text(&row, "name")?);
        let note = Note { detail: Some(detail.into()), ..Note::of(Action::BodyIndex, &by, now) };
        add(&mut transaction, company, None, &note);
        transaction.commit().await
    }
}

/// Deletes the words of all bodies of a mailbox.
async fn drop_bodies(connection: &mut AnyConnection, mailbox: i64) -> Result<(), StoreError> {
    loop {
        let sql = "update mailbox_messages set has_body = 0 where number in \
                   (select number from mailbox_messages where mailbox = $1 and has_body = 1 limit $2) \
                   returning number, subject, people, files";
        let rows = sqlx::query(sql).bind(mailbox).bind(PAGE).fetch_all(&mut *connection).await?;
        if rows.is_empty() {
            return scrub_words(connection).await;
        }
        let words = words_of(connection, &rows, None).await?;
        replace_words(connection, &words).await?;
    }
}

/// Collects the words of messages from their rows.
async fn words_of(
    connection: &mut AnyConnection,
    rows: &[AnyRow],
    body: Option<&str>,
) -> Result<Vec<MessageWords>, StoreError> {
    let numbers = rows.iter().map(|row| row.try_get("number")).collect::<Result<Vec<i64>, _>>()?;
    let documents = documents(connection, &numbers).await?;
    let words = |row: &AnyRow| -> Result<MessageWords, StoreError> {
        let number: i64 = row.try_get("number")?;
        let people: Vec<Person> = row::json(row, "people")?;
        let files: Vec<MessageFile> = row::optional_json(row, "files")?.unwrap_or_default();
        let files: Vec<&str> = files.iter().map(|it| it.name.as_str()).collect();
        let numbers = documents.get(&number).into_iter().flatten();
        let numbers: Vec<&str> = numbers.map(|it| it.number.as_str()).collect();
        Ok(MessageWords::of(number, &row::text(row, "subject")?, &people, &files, &numbers, body))
    };
    rows.iter().map(words).collect()
}

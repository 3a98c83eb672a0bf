//! Bookmarks of messages: a name by which a message is found again wherever it was moved.

use crate::error::changed;
use crate::mailbox::access::{mailbox_of_message, no_such_message, take_id};
use crate::mailbox::views::Bookmark;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use postroom_model::{AccountId, BookmarkId, ConversationId, IndexedMessageId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

/// Characters of a name.
const NAME: usize = 200;
/// Most bookmarks of a list.
const PAGE: i64 = 10_000;

impl UserStore<'_> {
    /// Bookmarks a message under a name: for the user alone, or for all users of the account.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for no name, or more than 200 characters.
    pub async fn bookmark(
        &self,
        message: IndexedMessageId,
        name: &str,
        is_shared: bool,
    ) -> Result<BookmarkId, StoreError> {
        self.store.bookmark(self.scope(), message, name, is_shared).await
    }

    /// Lists the bookmarks that the user sees, by name: of these accounts, or of all.
    pub async fn bookmarks(&self, accounts: &[AccountId]) -> Result<Vec<Bookmark>, StoreError> {
        self.store.bookmarks(self.scope(), accounts).await
    }

    /// Removes a bookmark of the user, or a shared one.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn remove_bookmark(&self, id: BookmarkId) -> Result<(), StoreError> {
        self.store.remove_bookmark(self.scope(), id).await
    }
}

impl CompanyStore<'_> {
    /// Bookmarks a message under a name for all users of the account. An administrator has no bookmarks of their own.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for no name, or more than 200 characters.
    pub async fn bookmark(&self, message: IndexedMessageId, name: &str) -> Result<BookmarkId, StoreError> {
        self.store.bookmark(self.scope(), message, name, true).await
    }

    /// Lists the shared bookmarks, by name: of these accounts, or of all.
    pub async fn bookmarks(&self, accounts: &[AccountId]) -> Result<Vec<Bookmark>, StoreError> {
        self.store.bookmarks(self.scope(), accounts).await
    }

    /// Removes a shared bookmark.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing.
    pub async fn remove_bookmark(&self, id: BookmarkId) -> Result<(), StoreError> {
        self.store.remove_bookmark(self.scope(), id).await
    }
}

/// Returns the condition on bookmarks that the person sees; the owner is bound as parameter `number`.
fn theirs(scope: Scope, number: u8) -> String {
    match scope {
        Scope::User(_) => format!("(bookmarks.user_id is null or bookmarks.user_id = ${number})"),
        Scope::Company(_) => "bookmarks.user_id is null".to_owned(),
    }
}

impl Store {
    async fn bookmark(
        &self,
        scope: Scope,
        message: IndexedMessageId,
        name: &str,
        is_shared: bool,
    ) -> Result<BookmarkId, StoreError> {
        let name = row::without_zeros(name.trim());
        if name.is_empty() || name.chars().count() > NAME {
            return Err(StoreError::invalid("name", format!("expected at most {NAME} characters")));
        }
        let mut transaction = self.write().await?;
        let mailbox = mailbox_of_message(&mut transaction, scope, message).await?;
        let number = take_id(&mut transaction, mailbox).await?;
        let sql = format!(
            "insert into bookmarks (number, message, user_id, name) select $1, m.number, $2, $3 \
             from mailbox_messages as m where m.number = $4 and {}",
            scope.on_messages("m", 5),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(number)
            .bind(scope.user().filter(|_| !is_shared).map(|user| user.to_string()))
            .bind(name)
            .bind(message.number())
            .bind(scope.owner())
            .execute(&mut *transaction)
            .await?;
        changed(&done, || no_such_message(message))?;
        transaction.commit().await?;
        Ok(BookmarkId::from_number(number))
    }

    async fn bookmarks(&self, scope: Scope, accounts: &[AccountId]) -> Result<Vec<Bookmark>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let among = match accounts.is_empty() {
            // The list is bound all the same.
            true => format!("(select count(*) from {}) = 0", each.row()),
            false => format!("mailboxes.account in (select {} from {})", each.text("id"), each.row()),
        };
        let sql = format!(
            "select bookmarks.*, mailboxes.account, m.conversation, m.subject, m.date from bookmarks \
             join mailbox_messages as m on m.number = bookmarks.message join mailboxes on mailboxes.number = m.mailbox \
             where {among} and {} and {} order by lower(bookmarks.name), bookmarks.number limit $3",
            theirs(scope, 2),
            scope.on_messages("m", 2),
        );
        let rows = rows::bulk_query(sql, &rows::ids(accounts))?.bind(scope.owner()).bind(PAGE);
        rows.fetch_all(&mut *connection).await?.iter().map(bookmark).collect()
    }

    async fn remove_bookmark(&self, scope: Scope, id: BookmarkId) -> Result<(), StoreError> {
        let sql = format!(
            "delete from bookmarks where number = $1 and {} and exists (select 1 from mailbox_messages as m \
             where m.number = bookmarks.message and {})",
            theirs(scope, 2),
            scope.on_messages("m", 2),
        );
        let remove = sqlx::query(AssertSqlSafe(sql)).bind(id.number()).bind(scope.owner());
        match self.write_one(remove).await? {
            0 => Err(StoreError::NotInMailbox { what: "bookmark", id: id.to_string() }),
            _ => Ok(()),
        }
    }
}

fn bookmark(row: &AnyRow) -> Result<Bookmark, StoreError> {
    Ok(Bookmark {
        id: BookmarkId::from_number(row.try_get("number")?),
        name: row::text(row, "name")?,
        is_shared: row::optional_text(row, "user_id")?.is_none(),
        account: row::parsed(row, "account")?,
        message: IndexedMessageId::from_number(row.try_get("message")?),
        conversation: ConversationId::from_number(row.try_get("conversation")?),
        subject: row::text(row, "subject")?,
        date: row::from_millis(row.try_get("date")?),
    })
}

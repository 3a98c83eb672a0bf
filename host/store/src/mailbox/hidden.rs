//! What a server has and a person may not see: the servers know nothing of what is private, or was erased.

use crate::mailbox::folders::{no_such_folder, uid};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, UserStore};
use postroom_model::{AccountId, FolderId};
use sqlx::AssertSqlSafe;

impl UserStore<'_> {
    /// Finds which of these uids of a folder the user may not see: their messages are private to another user, or were taken out
    /// of the index by an erasure or by retention. A uid that the index does not have is none of them.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`] for a folder of another account, forbidden or missing; [`StoreError::MailboxMoved`] where the
    /// index has the folder's messages by other numbers: then it is not known what is hidden.
    pub async fn hidden_places(
        &self,
        account: AccountId,
        folder: FolderId,
        uid_validity: u32,
        uids: &[u32],
    ) -> Result<Vec<u32>, StoreError> {
        let scope = self.scope();
        let mut connection = self.store.pool.acquire().await?;
        let sql = format!(
            "select mailbox_folders.uid_validity from mailbox_folders join mailboxes on mailboxes.number = mailbox_folders.mailbox \
             where mailbox_folders.number = $1 and mailboxes.account = $2 and {}",
            scope.on("mailboxes", 3),
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(folder.number())
            .bind(account.to_string())
            .bind(scope.owner())
            .fetch_optional(&mut *connection)
            .await?
            .ok_or_else(|| no_such_folder(folder))?;
        match row::optional_small(&row, "uid_validity")? {
            None => return Ok(Vec::new()),
            Some(known) if known == uid_validity => {}
            Some(_) => {
                return Err(StoreError::MailboxMoved(format!("the folder {folder} was numbered anew")));
            }
        }
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select uid from mailbox_places where folder = $2 and uid in (select {} from {}) and not exists \
             (select 1 from mailbox_messages as m where m.number = mailbox_places.message and {}) order by uid",
            each.number("id"),
            each.row(),
            scope.on_messages("m", 3),
        );
        let hidden = rows::bulk_query(sql, &rows::ids(uids))?.bind(folder.number()).bind(scope.owner());
        hidden.fetch_all(&mut *connection).await?.iter().map(|row| uid(row, "uid")).collect()
    }
}

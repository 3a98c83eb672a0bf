//! What a message is: ordinary mail, a bounce, a receipt, an automatic answer. It is classified once, after it was indexed.

use crate::error::changed;
use crate::mailbox::access::no_such_message;
use crate::mailbox::folders::uid;
use crate::mailbox::lease::hold;
use crate::mailbox::types::{MailboxLease, PlacedMessage};
use crate::sql::row::{self, without_zeros};
use crate::{StoreError, SystemStore};
use postroom_model::{AccountId, FolderId, IndexedMessageId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

/// Most messages of a list.
const PAGE: u32 = 1_000;

impl SystemStore {
    /// Lists messages that were not classified yet and can be fetched, the newest first: at most `limit` (and 1,000).
    pub async fn unclassified(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<PlacedMessage>, StoreError> {
        self.placed(account, "mailbox_messages.kind is null", limit).await
    }

    /// Lists messages whose bodies are to be indexed, are not yet, and can be fetched, the newest first: at most `limit` (and
    /// 1,000).
    pub async fn without_body(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<PlacedMessage>, StoreError> {
        self.placed(account, "mailbox_messages.has_body = 0 and mailboxes.index_bodies = 1", limit).await
    }

    async fn placed(
        &self,
        account: AccountId,
        condition: &str,
        limit: u32,
    ) -> Result<Vec<PlacedMessage>, StoreError> {
        // Each message once, by one of its places.
        let sql = format!(
            "select mailbox_messages.number, mailbox_folders.number as folder, mailbox_folders.name, \
             mailbox_folders.uid_validity, mailbox_places.uid from mailbox_messages \
             join mailboxes on mailboxes.number = mailbox_messages.mailbox \
             join mailbox_places on mailbox_places.message = mailbox_messages.number \
             join mailbox_folders on mailbox_folders.number = mailbox_places.folder \
             where mailboxes.account = $1 and {condition} and mailbox_folders.gone is null \
             and mailbox_folders.uid_validity is not null and not exists (select 1 from mailbox_places as other \
             join mailbox_folders as there on there.number = other.folder \
             where other.message = mailbox_messages.number and there.gone is null and there.uid_validity is not null \
             and (other.folder < mailbox_places.folder or (other.folder = mailbox_places.folder and other.uid < mailbox_places.uid))) \
             order by mailbox_messages.date desc, mailbox_messages.number desc limit $2",
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).bind(i64::from(limit.min(PAGE)));
        rows.fetch_all(&self.pool).await?.iter().map(placed_message).collect()
    }

    /// Stores what a message is, and whether it is quiet: never unread. Ordinary mail that is the last word of a conversation
    /// opens it again where it was done, unless
    /// a person marked it done when the message was there already.
    ///
    /// # Errors
    /// [`StoreError::MailboxLeaseLost`]; [`StoreError::NotInMailbox`] for a message that was purged meanwhile.
    pub async fn set_kind(
        &self,
        lease: &MailboxLease,
        message: IndexedMessageId,
        kind: &str,
        is_quiet: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let mailbox = hold(&mut transaction, lease, 0).await?.number;
        if !is_quiet {
            sqlx::query(
                "update conversations set is_done = 0, done_up_to = null where is_done = 1 and coalesce(done_up_to, 0) < $1 \
                 and exists (select 1 from mailbox_messages as m \
                 where m.number = $1 and m.mailbox = $2 and m.conversation = conversations.number and m.kind is null \
                 and m.direction = 'incoming' and m.date >= conversations.latest)",
            )
            .bind(message.number())
            .bind(mailbox)
            .execute(&mut *transaction)
            .await?;
        }
        let sql = "update mailbox_messages set kind = $1, is_quiet = $2 where number = $3 and mailbox = $4";
        let done = sqlx::query(sql)
            .bind(without_zeros(kind))
            .bind(i64::from(is_quiet))
            .bind(message.number())
            .bind(mailbox)
            .execute(&mut *transaction)
            .await?;
        changed(&done, || no_such_message(message))?;
        transaction.commit().await
    }
}

fn placed_message(row: &AnyRow) -> Result<PlacedMessage, StoreError> {
    Ok(PlacedMessage {
        id: IndexedMessageId::from_number(row.try_get("number")?),
        folder: FolderId::from_number(row.try_get("folder")?),
        name: row::text(row, "name")?,
        uid_validity: uid(row, "uid_validity")?,
        uid: uid(row, "uid")?,
    })
}

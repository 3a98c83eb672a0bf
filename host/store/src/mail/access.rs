//! Mails for the users and administrators who may see the account that the mail left by.

use crate::mail::loading::load_of;
use crate::mail::types::{Mail, MailSummary};
use crate::{CompanyStore, StoreError, UserStore};
use postroom_model::{AccountId, MailId};
use sqlx::AssertSqlSafe;

/// Most mails of a list.
const PAGE: u32 = 500;

impl UserStore<'_> {
    /// Lists the mails sent as an account, newest first (rule A11): at most `limit` (and 500), older than `before`.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn sent(
        &self,
        account: AccountId,
        before: Option<MailId>,
        limit: u32,
    ) -> Result<Vec<MailSummary>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        // An account without mails gives an empty list, one that the user may not use an error.
        self.reach(&mut connection, account).await?;
        let sql = format!(
            "select id, account, user_id, created, document_kind, document_number, partner, use_case, subject, \
             from_name, from_address, recipients, message_id from mails \
             where account = $1 and ($2 is null or id < $2) and {} order by id desc limit $3",
            self.scope().on("mails", 4),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(account.to_string())
            .bind(before.map(|id| id.to_string()))
            .bind(i64::from(limit.min(PAGE)))
            .bind(self.scope().owner())
            .fetch_all(&mut *connection)
            .await?;
        rows.iter().map(MailSummary::from_row).collect()
    }

    /// Reads a mail with all that is known about it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail that exists and belongs to another scope.
    pub async fn mail(&self, id: MailId) -> Result<Mail, StoreError> {
        load_of(&mut *self.store.pool.acquire().await?, id, self.scope()).await
    }
}

impl CompanyStore<'_> {
    /// Reads a mail with all that is known about it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], also for a mail that exists and belongs to another scope.
    pub async fn mail(&self, id: MailId) -> Result<Mail, StoreError> {
        load_of(&mut *self.store.pool.acquire().await?, id, self.scope()).await
    }
}

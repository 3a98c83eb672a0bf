//! Giving mails to whoever may see the account that they left by.

use super::loading::load;
use super::mail::{DocumentRef, Mail, MailId, MailSummary, Party};
use super::{Acting, StoreError, row};
use crate::accounts::AccountId;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// Most mails of a list.
const PAGE: u32 = 500;

impl Acting<'_> {
    /// The mails sent as an account, newest first (FEATURES A11): at most `limit` (and 500), older than `before`.
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
        self.reach(&mut connection, account).await?;
        let rows = sqlx::query(
            "select id, account, user_id, created, document_kind, document_number, partner, use_case, subject, \
             from_name, from_address, recipients, message_id from mails \
             where account = $1 and ($2 is null or id < $2) order by id desc limit $3",
        )
        .bind(account.to_string())
        .bind(before.map(|id| id.to_string()))
        .bind(i64::from(limit.min(PAGE)))
        .fetch_all(&mut *connection)
        .await?;
        rows.iter().map(summary).collect()
    }

    /// A mail with everything that is known about it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], forbidden or missing.
    pub async fn mail(&self, id: MailId) -> Result<Mail, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        self.reach_mail(&mut connection, id).await?;
        load(&mut connection, id).await
    }

    /// May he see the account that the mail is sent as?
    pub(super) async fn reach_mail(
        &self,
        connection: &mut AnyConnection,
        id: MailId,
    ) -> Result<(), StoreError> {
        let found = sqlx::query(
            "select mails.id from mails join reachable on reachable.id = mails.account \
             where reachable.user_id = $1 and mails.id = $2",
        )
        .bind(self.user.to_string())
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
        found.map(|_| ()).ok_or_else(|| StoreError::NoSuchMail(id.to_string()))
    }
}

/// The document that a mail is about; none: it is about none.
pub(super) fn document(row: &AnyRow) -> Result<Option<DocumentRef>, StoreError> {
    let Some(kind) = row::optional_text(row, "document_kind")? else { return Ok(None) };
    Ok(Some(DocumentRef {
        kind,
        number: row::optional_text(row, "document_number")?.unwrap_or_default(),
        partner: row::optional_text(row, "partner")?.unwrap_or_default(),
    }))
}

pub(super) fn summary(row: &AnyRow) -> Result<MailSummary, StoreError> {
    Ok(MailSummary {
        id: row::parsed(row, "id")?,
        account: row::parsed(row, "account")?,
        user: row::optional(row, "user_id")?,
        created: row::time(row, "created")?,
        document: document(row)?,
        use_case: row::text(row, "use_case")?,
        subject: row::text(row, "subject")?,
        from: Party { name: row::optional_text(row, "from_name")?, address: row::text(row, "from_address")? },
        recipients: row::json(row, "recipients")?,
        message_id: row::text(row, "message_id")?,
    })
}

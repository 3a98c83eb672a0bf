//! Finding the mail that a report refers to: by attempt, by Message-ID; and its recipients.

use crate::sql::row;
use crate::{StoreError, SystemStore};
use postroom_model::{AccountId, AttemptId, CompanyId, MailId};
use sqlx::AnyConnection;

/// Mails of one Message-ID; more are forged.
const SAME: i64 = 20;

/// A mail as far as a report is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Mail.
    pub id: MailId,
    /// Company.
    pub company: CompanyId,
    /// Account that it was sent as.
    pub account: AccountId,
    /// Forward-paths of its envelope.
    pub rcpt_to: Vec<String>,
}

impl SystemStore {
    /// Reads a mail for a report about it.
    pub async fn reported(&self, id: MailId) -> Result<Reported, StoreError> {
        let row = sqlx::query("select id, company, account, rcpt_to from mails where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| StoreError::NoSuchMail(id.to_string()))?;
        Ok(Reported {
            id,
            company: row::parsed(&row, "company")?,
            account: row::parsed(&row, "account")?,
            rcpt_to: row::json(&row, "rcpt_to")?,
        })
    }

    /// Finds the mail that an attempt belongs to.
    pub async fn mail_of_attempt(&self, attempt: AttemptId) -> Result<Option<MailId>, StoreError> {
        let row = sqlx::query("select mail from attempts where id = $1")
            .bind(attempt.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row::parsed(&row, "mail")).transpose()
    }

    /// Finds the mails of this Message-ID, with angle brackets: their own, or one that a provider gave them.
    pub async fn mails_of_message(&self, message_id: &str) -> Result<Vec<MailId>, StoreError> {
        let rows = sqlx::query(
            "select id from mails where message_id = $1 \
             union select mail as id from provider_message_ids where message_id = $1 order by id limit $2",
        )
        .bind(row::without_zeros(message_id))
        .bind(SAME)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| row::parsed(row, "id")).collect()
    }
}

/// Stores the Message-IDs among a provider's ids, so that answers to them find the mail.
pub(crate) async fn insert_message_ids(
    connection: &mut AnyConnection,
    mail: MailId,
    provider_ids: &[(String, String)],
) -> Result<(), StoreError> {
    for (_, id) in provider_ids.iter().filter(|(name, _)| name == "message-id") {
        let statement = "insert into provider_message_ids (message_id, mail) values ($1, $2) \
                         on conflict (message_id, mail) do nothing";
        sqlx::query(statement)
            .bind(row::without_zeros(id))
            .bind(mail.to_string())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

//! Mails of which something became known: a row of `news` that the database adds with every fact of a company that has
//! records. What it amounts to is for whoever can fold facts; here is what he needs for it, and what comes of it.

use crate::attempts::events::events_of;
use crate::erp::notices::{Notice, keep};
use crate::mail::types::{DocumentRef, Event, Recipient, own_copies};
use crate::sql::row::{self, Time};
use crate::{StoreError, SystemStore};
use postroom_model::{CompanyId, MailId};
use sqlx::Row as _;

/// A mail whose status may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Which.
    pub mail: MailId,
    /// Company.
    pub company: CompanyId,
    /// The document it is about.
    pub document: Option<DocumentRef>,
    /// Whom it went to, as in the envelope.
    pub rcpt_to: Vec<String>,
    /// Those of them that are the blind copy to the user who made it.
    pub own_copies: Vec<String>,
    /// Everything that is known.
    pub events: Vec<Event>,
    /// The latest status of each recipient that the records were told, or are about to be.
    pub told: Vec<LastNotified>,
    /// Which news these are: later ones have another.
    pub version: i64,
}

/// What the records were told of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastNotified {
    /// Who.
    pub recipient: String,
    /// The status, by the contract's name.
    pub status: String,
    /// How many times something was told of this recipient.
    pub times: u64,
}

/// A mail whose news somebody has looked at.
#[derive(Debug, Clone)]
pub struct ReviewedStatusChange {
    /// Which, and which news.
    pub news: StatusChange,
    /// What the records are to be told.
    pub notices: Vec<Notice>,
    /// When it is to be looked at again, although nothing happens.
    pub next: Option<Time>,
}

impl SystemStore {
    /// A company's mails with news, the longest waiting first, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn news(
        &self,
        company: CompanyId,
        now: Time,
        most: u32,
    ) -> Result<Vec<StatusChange>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query(
            "select status_changes.mail, status_changes.version, mails.document_kind, mails.document_number, mails.partner, mails.rcpt_to, \
             mails.recipients \
             from status_changes join mails on mails.id = status_changes.mail \
             where status_changes.company = $1 and status_changes.due <= $2 order by status_changes.due, status_changes.mail limit $3",
        );
        let rows = rows
            .bind(company.to_string())
            .bind(now.timestamp_millis())
            .bind(i64::from(most))
            .fetch_all(&mut *connection)
            .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let mail: MailId = row::parsed(row, "mail")?;
            let told = sqlx::query(
                "select recipient, status from notices where mail = $1 and kind = 'status' order by seq",
            );
            let mut latest: Vec<LastNotified> = Vec::new();
            for row in told.bind(mail.to_string()).fetch_all(&mut *connection).await? {
                let recipient = row::optional_text(&row, "recipient")?.unwrap_or_default();
                let status = row::optional_text(&row, "status")?.unwrap_or_default();
                match latest.iter_mut().find(|it| it.recipient == recipient) {
                    Some(known) => (known.status, known.times) = (status, known.times + 1),
                    None => latest.push(LastNotified { recipient, status, times: 1 }),
                }
            }
            let (recipients, rcpt_to): (Vec<Recipient>, Vec<String>) =
                (row::json(row, "recipients")?, row::json(row, "rcpt_to")?);
            all.push(StatusChange {
                mail,
                company,
                document: DocumentRef::from_row(row)?,
                own_copies: own_copies(&recipients, &rcpt_to),
                rcpt_to,
                events: events_of(&mut connection, &[mail]).await?.remove(&mail).unwrap_or_default(),
                told: latest,
                version: row.try_get("version")?,
            });
        }
        Ok(all)
    }

    /// These mails have been looked at: what the records are to be told of them is kept, all or nothing, and each is looked
    /// at again when it has other news, or at its time. Where others came meanwhile it stays due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_status_changes(&self, looked: &[ReviewedStatusChange]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for ReviewedStatusChange { news, notices, next } in looked {
            for notice in notices {
                keep(&mut transaction, news.company, notice).await?;
            }
            let sql = match next {
                Some(_) => "update status_changes set due = $3 where mail = $1 and version = $2",
                None => "delete from status_changes where mail = $1 and version = $2",
            };
            let settled = sqlx::query(sql).bind(news.mail.to_string()).bind(news.version);
            let settled = match next {
                Some(next) => settled.bind(next.timestamp_millis()),
                None => settled,
            };
            settled.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

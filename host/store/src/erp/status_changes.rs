//! Mails whose status may have changed: a row of `status_changes` that the database adds with every fact of a company that has
//! records. The caller folds the facts to a status; here is what it needs for that, and what follows.

use crate::attempts::events::events_of;
use crate::erp::notices::{Notice, insert_notice};
use crate::mail::types::{DocumentRef, Event, Recipient, own_copies};
use crate::sql::row::{self, Time};
use crate::{StoreError, SystemStore};
use postroom_model::{CompanyId, MailId};
use sqlx::Row as _;

/// A mail whose status may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The mail.
    pub mail: MailId,
    /// Company.
    pub company: CompanyId,
    /// The document it is about.
    pub document: Option<DocumentRef>,
    /// The recipients of the envelope.
    pub rcpt_to: Vec<String>,
    /// Those of them that are the blind copy to the user who created the mail.
    pub own_copies: Vec<String>,
    /// All facts that are known.
    pub events: Vec<Event>,
    /// The latest status of each recipient that the records were notified of, or are about to be.
    pub last_notified: Vec<LastNotified>,
    /// The version of the change: a later fact has another.
    pub version: i64,
}

/// The last status of a recipient that the records were notified of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastNotified {
    /// The recipient.
    pub recipient: String,
    /// The status, by the contract's name.
    pub status: String,
    /// How many notices there were about this recipient.
    pub times: u64,
}

/// A status change that was reviewed.
#[derive(Debug, Clone)]
pub struct ReviewedStatusChange {
    /// The change.
    pub change: StatusChange,
    /// The notices that follow.
    pub notices: Vec<Notice>,
    /// When it is to be reviewed again without a new fact.
    pub next: Option<Time>,
}

impl SystemStore {
    /// Lists at most `most` mails of a company whose status may have changed, the longest waiting first.
    pub async fn status_changes(
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
            let last_notified = sqlx::query(
                "select recipient, status from notices where mail = $1 and kind = 'status' order by seq",
            );
            let mut latest: Vec<LastNotified> = Vec::new();
            for row in last_notified.bind(mail.to_string()).fetch_all(&mut *connection).await? {
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
                last_notified: latest,
                version: row.try_get("version")?,
            });
        }
        Ok(all)
    }

    /// Stores the notices of reviewed changes, all or nothing. Each mail is reviewed again when it has another fact, or at its
    /// time; where a fact arrived meanwhile, the change stays due.
    pub async fn record_status_changes(&self, looked: &[ReviewedStatusChange]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for ReviewedStatusChange { change, notices, next } in looked {
            for notice in notices {
                insert_notice(&mut transaction, change.company, notice).await?;
            }
            let sql = match next {
                Some(_) => "update status_changes set due = $3 where mail = $1 and version = $2",
                None => "delete from status_changes where mail = $1 and version = $2",
            };
            let settled = sqlx::query(sql).bind(change.mail.to_string()).bind(change.version);
            let settled = match next {
                Some(next) => settled.bind(next.timestamp_millis()),
                None => settled,
            };
            settled.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

//! How long mails are stored with their content. A mail without its content still counts: its recipients, result and times
//! remain for the books; its text does not.

use crate::compliance::audit::{Action, Note, add};
use crate::error::changed;
use crate::mail::message_blob::MessageBlob;
use crate::sql::row::{self, Time};
use crate::{CompanyStore, Store, StoreError};
use chrono::{DateTime, Duration};
use data_encoding::HEXLOWER;
use postroom_model::{CompanyId, MailId};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row as _};

/// Mails of one commit: others write in between.
const PAGE: i64 = 500;

impl CompanyStore<'_> {
    /// Reads the days that a mail keeps its content after it ended; none: for ever.
    pub async fn retention(&self) -> Result<Option<u32>, StoreError> {
        let row = sqlx::query("select retention from companies where id = $1").bind(self.company.to_string());
        let row = row.fetch_optional(&self.store.pool).await?;
        let row = row.ok_or_else(|| StoreError::NoSuchCompany(self.company.to_string()))?;
        Ok(row::optional_count(&row, "retention")?.and_then(|days| u32::try_from(days).ok()))
    }

    /// Sets the days that a mail keeps its content after it ended; none: for ever.
    ///
    /// # Errors
    /// [`StoreError::NoSuchCompany`]; [`StoreError::Invalid`] for no day at all.
    pub async fn set_retention(&self, days: Option<u32>) -> Result<(), StoreError> {
        if days == Some(0) {
            return Err(StoreError::invalid("retention", "expected at least one day, or none for ever"));
        }
        let done = sqlx::query("update companies set retention = $1 where id = $2")
            .bind(days.map(i64::from))
            .bind(self.company.to_string())
            .execute(&self.store.pool)
            .await?;
        changed(&done, || StoreError::NoSuchCompany(self.company.to_string()))
    }
}

impl Store {
    /// Empties the mails of every company that ended longer ago than it stores their content, and takes messages out of the index
    /// of its mailboxes that are older than that. May be repeated, and interrupted. Returns how many mails were emptied now.
    pub async fn apply_retention(&self, now: Time) -> Result<u64, StoreError> {
        let rows = sqlx::query("select id, retention from companies where retention is not null");
        let mut all = 0;
        for company in rows.fetch_all(&self.pool).await? {
            let days = i64::try_from(row::count(&company, "retention")?).unwrap_or(i64::MAX);
            let before = Duration::try_days(days).and_then(|days| now.checked_sub_signed(days));
            if let Some(before) = before {
                let company = row::parsed(&company, "id")?;
                all += self.empty_before(company, before, now).await?;
                self.take_out_before(company, before, now).await?;
            }
        }
        Ok(all)
    }

    /// Takes messages out of the index of the mailboxes that the servers received before this time.
    async fn take_out_before(&self, company: CompanyId, before: Time, now: Time) -> Result<(), StoreError> {
        let messages = self.apply_mailbox_retention(company, before).await?;
        if messages > 0 {
            let detail = format!("{messages} messages of mailboxes from before {}", row::stamp(before));
            let note = Note { detail: Some(detail.into()), ..Note::of(Action::Emptied, "retention", now) };
            let mut transaction = self.write().await?;
            add(&mut transaction, company, None, &note);
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn empty_before(&self, company: CompanyId, before: Time, now: Time) -> Result<u64, StoreError> {
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let mut transaction = self.write().await?;
            let rows = sqlx::query(
                "select mails.id, created from mails join outbox on outbox.mail = mails.id \
                 where mails.company = $1 and emptied is null and mails.id > $2 \
                 and outbox.state in ('sent', 'failed', 'cancelled') and outbox.lease_owner is null \
                 order by mails.id limit $3",
            );
            let rows = rows
                .bind(company.to_string())
                .bind(after.clone())
                .bind(PAGE)
                .fetch_all(&mut *transaction)
                .await?;
            let Some(last) = rows.last() else { break };
            after = row::text(last, "id")?;
            let mut count = 0_u64;
            for row in &rows {
                let mail: MailId = row::parsed(row, "id")?;
                if ended(&mut transaction, mail, row::time(row, "created")?).await? < before {
                    empty(&mut transaction, mail, now).await?;
                    forget_names(&mut transaction, mail).await?;
                    count += 1;
                }
            }
            if count > 0 {
                let detail = format!("{count} mails that ended before {}", row::stamp(before));
                let note =
                    Note { detail: Some(detail.into()), ..Note::of(Action::Emptied, "retention", now) };
                add(&mut transaction, company, None, &note);
            }
            transaction.commit().await?;
            done += count;
            // Mails are read in the order of their creation: all that follow are younger than the limit.
            if rows.iter().all(|row| row::time(row, "created").is_ok_and(|created| created >= before)) {
                break;
            }
        }
        if done > 0 {
            let mut transaction = self.write().await?;
            drop_contents(&mut transaction, company).await?;
            transaction.commit().await?;
        }
        Ok(done)
    }
}

/// Returns the last time at which an ended mail was worked at.
async fn ended(connection: &mut AnyConnection, mail: MailId, created: Time) -> Result<Time, StoreError> {
    let rows = sqlx::query("select finished from attempts where mail = $1 and finished is not null");
    let mut last = created;
    for row in rows.bind(mail.to_string()).fetch_all(&mut *connection).await? {
        last = last.max(row::time(&row, "finished")?);
    }
    let row = sqlx::query("select max(at) as at from audit where mail = $1").bind(mail.to_string());
    let noted: Option<i64> = row.fetch_one(connection).await?.try_get("at")?;
    let noted = noted.and_then(DateTime::from_timestamp_millis).map(|at| at.fixed_offset());
    Ok(noted.map_or(last, |noted| last.max(noted)))
}

/// Deletes a mail's content: text, files. A copy that was not filed in Sent yet can't be any more.
pub(crate) async fn empty(connection: &mut AnyConnection, mail: MailId, now: Time) -> Result<(), StoreError> {
    let nothing = MessageBlob { pieces: (&[] as &[_]).into(), html: "".into(), text: "".into() }.pack()?;
    sqlx::query("update mails set message_blob = $1, emptied = $2 where id = $3")
        .bind(nothing)
        .bind(row::stamp(now))
        .bind(mail.to_string())
        .execute(&mut *connection)
        .await?;
    for statement in [
        "delete from files where mail = $1",
        "update outbox set copy = 'done' where mail = $1 and copy = 'due'",
    ] {
        sqlx::query(statement).bind(mail.to_string()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Deletes what a mail has beside its text: subject, names. Addresses stay, since each has a status of its own.
async fn forget_names(connection: &mut AnyConnection, mail: MailId) -> Result<(), StoreError> {
    let row = sqlx::query("select recipients, message_id from mails where id = $1").bind(mail.to_string());
    let row = row.fetch_one(&mut *connection).await?;
    let mut recipients: Vec<crate::Recipient> = row::json(&row, "recipients")?;
    for recipient in &mut recipients {
        recipient.party.name = None;
    }
    // A person who has the message can still prove that it was this one.
    let digest = Sha256::digest(row::text(&row, "message_id")?);
    let digest = HEXLOWER.encode(&digest);
    sqlx::query(
        "update mails set subject = '', from_name = null, recipients = $1, message_id = $2, \
         partner = case when partner is null then null else '' end where id = $3",
    )
    .bind(row::to_json(&recipients)?)
    .bind(format!("sha256:{digest}"))
    .bind(mail.to_string())
    .execute(&mut *connection)
    .await?;
    let redact = "update notices set name = null, partner = case when partner is null then null else '' end where mail = $1";
    sqlx::query(redact).bind(mail.to_string()).execute(connection).await?;
    Ok(())
}

/// Deletes contents that no mail of the company carries any more.
pub(crate) async fn drop_contents(
    connection: &mut AnyConnection,
    company: CompanyId,
) -> Result<(), StoreError> {
    sqlx::query(
        "delete from contents where company = $1 and sha256 not in (select files.sha256 from files \
         join mails on mails.id = files.mail where mails.company = $1 and files.path is null)",
    )
    .bind(company.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

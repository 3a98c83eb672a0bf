//! Keeping mails, and giving them back to whoever may see the account that they left by.

use super::attempts::{attempts_of, events_of};
use super::error::or_taken;
use super::mail::{AttachedFile, DocumentRef, FilePlace, Mail, MailId, MailSummary, Message, NewMail, Party};
use super::skeleton::Skeleton;
use super::{Acting, Store, StoreError, row};
use crate::accounts::AccountId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::path::PathBuf;

/// Most mails of a list.
const PAGE: u32 = 500;

impl Acting<'_> {
    /// Keeps a mail before the first attempt to send it. On disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing; [`StoreError::Taken`] for an id that is kept already.
    pub async fn keep(&self, mail: &NewMail) -> Result<(), StoreError> {
        let skeleton = Skeleton {
            pieces: (&mail.message.pieces).into(),
            html: (&mail.message.html).into(),
            text: (&mail.message.text).into(),
        };
        let skeleton = skeleton.pack()?;
        let clean = row::without_zeros;
        let document = mail.document.as_ref();
        let mut transaction = self.store.write().await?;
        self.reach(&mut transaction, mail.account).await?;
        sqlx::query(
            "insert into mails (id, company, account, user_id, created, document_kind, document_number, partner, \
             use_case, subject, from_name, from_address, recipients, message_id, mail_from, rcpt_to, size, \
             needs_smtputf8, skeleton) \
             select $1, company, id, user_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16 \
             from reachable where user_id = $17 and id = $18",
        )
        .bind(mail.id.to_string())
        .bind(row::stamp(mail.created))
        .bind(document.map(|document| clean(&document.kind)))
        .bind(document.map(|document| clean(&document.number)))
        .bind(document.map(|document| clean(&document.partner)))
        .bind(clean(&mail.use_case))
        .bind(clean(&mail.subject))
        .bind(mail.from.name.as_deref().map(clean))
        .bind(clean(&mail.from.address))
        .bind(row::to_json(&mail.recipients)?)
        .bind(clean(&mail.message.message_id))
        .bind(clean(&mail.message.mail_from))
        .bind(row::to_json(&mail.message.rcpt_to)?)
        .bind(row::whole(mail.message.size))
        .bind(i64::from(mail.message.needs_smtputf8))
        .bind(skeleton)
        .bind(self.user.to_string())
        .bind(mail.account.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(or_taken("a mail", mail.id))?;
        for file in &mail.files {
            keep_file(&mut transaction, mail.id, file).await?;
        }
        Ok(transaction.commit().await?)
    }

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

impl Store {
    /// A mail, for the machinery: a worker, a recovery after a crash.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`].
    pub async fn mail(&self, id: MailId) -> Result<Mail, StoreError> {
        load(&mut *self.pool.acquire().await?, id).await
    }
}

async fn keep_file(
    connection: &mut AnyConnection,
    mail: MailId,
    file: &AttachedFile,
) -> Result<(), StoreError> {
    let (path, content) = match &file.place {
        FilePlace::Disk(path) => {
            let text = path.to_str().filter(|_| path.is_absolute());
            let text =
                text.ok_or_else(|| StoreError::invalid("file", "expected an absolute path in UTF-8"))?;
            (Some(text.to_owned()), None)
        }
        FilePlace::Stored(content) => (None, Some(content.clone())),
    };
    sqlx::query(
        "insert into files (mail, handle, name, media_type, role, size, sha256, path, content) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(mail.to_string())
    .bind(i64::from(file.handle))
    .bind(row::without_zeros(&file.name))
    .bind(row::without_zeros(&file.media_type))
    .bind(row::without_zeros(&file.role))
    .bind(row::whole(file.size))
    .bind(file.sha256.to_vec())
    .bind(path)
    .bind(content)
    .execute(connection)
    .await
    .map_err(or_taken("a file", file.handle))?;
    Ok(())
}

async fn load(connection: &mut AnyConnection, id: MailId) -> Result<Mail, StoreError> {
    let row = sqlx::query("select * from mails where id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| StoreError::NoSuchMail(id.to_string()))?;
    let files = sqlx::query("select * from files where mail = $1 order by handle")
        .bind(id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    let attempts = attempts_of(connection, id).await?;
    let events = events_of(connection, id).await?;
    let skeleton = Skeleton::unpack(&row::bytes(&row, "skeleton")?)?;
    let summary = summary(&row)?;
    let message = Message {
        message_id: summary.message_id,
        mail_from: row::text(&row, "mail_from")?,
        rcpt_to: row::json(&row, "rcpt_to")?,
        pieces: skeleton.pieces.into_owned(),
        size: row::count(&row, "size")?,
        needs_smtputf8: row::flag(&row, "needs_smtputf8")?,
        html: skeleton.html.into_owned(),
        text: skeleton.text.into_owned(),
    };
    let mail = NewMail {
        id,
        account: summary.account,
        created: summary.created,
        document: summary.document,
        use_case: summary.use_case,
        subject: summary.subject,
        from: summary.from,
        recipients: summary.recipients,
        message,
        files: files.iter().map(file).collect::<Result<_, _>>()?,
    };
    Ok(Mail { mail, company: row::parsed(&row, "company")?, user: summary.user, attempts, events })
}

fn summary(row: &AnyRow) -> Result<MailSummary, StoreError> {
    let document = match row::optional_text(row, "document_kind")? {
        Some(kind) => Some(DocumentRef {
            kind,
            number: row::optional_text(row, "document_number")?.unwrap_or_default(),
            partner: row::optional_text(row, "partner")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(MailSummary {
        id: row::parsed(row, "id")?,
        account: row::parsed(row, "account")?,
        user: row::optional(row, "user_id")?,
        created: row::time(row, "created")?,
        document,
        use_case: row::text(row, "use_case")?,
        subject: row::text(row, "subject")?,
        from: Party { name: row::optional_text(row, "from_name")?, address: row::text(row, "from_address")? },
        recipients: row::json(row, "recipients")?,
        message_id: row::text(row, "message_id")?,
    })
}

fn file(row: &AnyRow) -> Result<AttachedFile, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("a file's {what}"));
    let place = match row::optional_text(row, "path")? {
        Some(path) => FilePlace::Disk(PathBuf::from(path)),
        None => FilePlace::Stored(row.try_get("content")?),
    };
    Ok(AttachedFile {
        handle: u32::try_from(row::count(row, "handle")?).map_err(|_| damaged("handle"))?,
        name: row::text(row, "name")?,
        media_type: row::text(row, "media_type")?,
        role: row::text(row, "role")?,
        size: row::count(row, "size")?,
        sha256: row::bytes(row, "sha256")?.try_into().map_err(|_| damaged("digest"))?,
        place,
    })
}

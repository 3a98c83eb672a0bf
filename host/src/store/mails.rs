//! Keeping mails, and giving them back to whoever may see the account that they left by.

use super::audit::{Action, Asker, asker};
use super::error::or_taken;
use super::loading::load;
use super::mail::{AttachedFile, DocumentRef, FilePlace, Mail, MailId, MailSummary, NewMail, Party};
use super::skeleton::Skeleton;
use super::standing::{Cause, Kept, Order, Standing, intent_of};
use super::{Acting, StoreError, row};
use crate::accounts::AccountId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// Most mails of a list.
const PAGE: u32 = 500;

impl Acting<'_> {
    /// Keeps mails and puts them into the outbox, all or none: on disk when it returns. What was asked for before is not
    /// added again, unless the order says so.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing; [`StoreError::Taken`] for an id that is kept already.
    pub async fn keep(&self, mails: &[NewMail], order: &Order) -> Result<Vec<Kept>, StoreError> {
        let kept = match self.keep_all(mails, order).await {
            // Somebody else asked for the same at this moment, and was first: now his mail is there to be found.
            Err(StoreError::Taken { .. }) => self.keep_all(mails, order).await?,
            kept => kept?,
        };
        self.store.rouse().await;
        Ok(kept)
    }

    async fn keep_all(&self, mails: &[NewMail], order: &Order) -> Result<Vec<Kept>, StoreError> {
        let mut transaction = self.store.write().await?;
        let mut kept = Vec::with_capacity(mails.len());
        let mut reached = None;
        let asker = asker(&mut transaction, self.user).await?;
        for mail in mails {
            if reached != Some(mail.account) {
                self.reach(&mut transaction, mail.account).await?;
                reached = Some(mail.account);
            }
            kept.push(self.keep_one(&mut transaction, mail, order, asker.as_ref()).await?);
        }
        transaction.commit().await?;
        Ok(kept)
    }

    /// The mail that the same question was asked with before, the latest; none: it would be the first.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn asked_before(&self, mail: &NewMail) -> Result<Option<MailId>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        self.reach(&mut connection, mail.account).await?;
        let Some(intent) = intent(mail) else { return Ok(None) };
        Ok(self.latest(&mut connection, &intent).await?.map(|(id, _)| id))
    }

    async fn latest(
        &self,
        connection: &mut AnyConnection,
        intent: &[u8],
    ) -> Result<Option<(MailId, i64)>, StoreError> {
        let row = sqlx::query(
            "select mails.id, resend from mails join users on users.company = mails.company \
             where users.id = $1 and intent = $2 order by resend desc limit 1",
        );
        let row = row.bind(self.user.to_string()).bind(intent.to_vec()).fetch_optional(connection).await?;
        row.map(|row| Ok((row::parsed(&row, "id")?, row.try_get("resend")?))).transpose()
    }

    async fn keep_one(
        &self,
        connection: &mut AnyConnection,
        mail: &NewMail,
        order: &Order,
        asker: Option<&Asker>,
    ) -> Result<Kept, StoreError> {
        let intent = intent(mail);
        let mut resend = 0_i64;
        if let Some(intent) = &intent
            && let Some((before, count)) = self.latest(&mut *connection, intent).await?
        {
            if !order.again {
                adopt(connection, before, order).await?;
                return Ok(Kept::Before(before));
            }
            resend = count + 1;
        }
        let skeleton = Skeleton {
            pieces: (&mail.message.pieces).into(),
            html: (&mail.message.html).into(),
            text: (&mail.message.text).into(),
        };
        let skeleton = skeleton.pack()?;
        let clean = row::without_zeros;
        let document = mail.document.as_ref();
        sqlx::query(
            "insert into mails (id, company, account, user_id, created, document_kind, document_number, partner, \
             use_case, subject, from_name, from_address, recipients, message_id, mail_from, rcpt_to, size, \
             needs_smtputf8, skeleton, revision, intent, resend, options) \
             select $1, company, id, user_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
             $17, $18, $19, $20 from reachable where user_id = $21 and id = $22",
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
        .bind(mail.revision.as_deref().map(clean))
        .bind(intent)
        .bind(resend)
        .bind(row::to_json(&mail.options)?)
        .bind(self.user.to_string())
        .bind(mail.account.to_string())
        .execute(&mut *connection)
        .await
        .map_err(or_taken("a mail", mail.id))?;
        for file in &mail.files {
            keep_file(&mut *connection, mail.id, file).await?;
        }
        enqueue(connection, mail, order).await?;
        let action = if resend > 0 { Action::AskedAgain } else { Action::Asked };
        if let Some(asker) = asker {
            asker.note(connection, action, mail).await?;
        }
        Ok(Kept::New(mail.id))
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

fn intent(mail: &NewMail) -> Option<Vec<u8>> {
    let (document, revision) = (mail.document.as_ref()?, mail.revision.as_deref()?);
    let to = &mail.message.rcpt_to;
    Some(intent_of(&document.kind, &document.number, revision, &mail.use_case, to))
}

/// A mail that still waits is one of the batch that asks for it now.
async fn adopt(connection: &mut AnyConnection, before: MailId, order: &Order) -> Result<(), StoreError> {
    if let Some(batch) = order.batch {
        sqlx::query("update outbox set batch = $1 where mail = $2 and state = 'ready'")
            .bind(batch.to_string())
            .bind(before.to_string())
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn enqueue(connection: &mut AnyConnection, mail: &NewMail, order: &Order) -> Result<(), StoreError> {
    let standing = if order.held {
        Standing::Held { cause: Cause::User, reason: "held when it was made".to_owned() }
    } else {
        let due = order.lease.as_ref().map(|(_, until)| *until).or(order.send_at);
        Standing::Ready { due: due.unwrap_or(mail.created), waits: None }
    };
    sqlx::query(
        "insert into outbox (mail, company, account, state, due, send_at, holder, cause, reason, batch) \
         select id, company, account, $1, $2, $3, $4, $5, $6, $7 from mails where id = $8",
    )
    .bind(standing.name())
    .bind(standing.due())
    .bind(order.send_at.map(row::stamp))
    .bind(order.lease.as_ref().map(|(holder, _)| holder.as_str().to_owned()))
    .bind(standing.cause().map(Cause::as_str))
    .bind(standing.reason().map(str::to_owned))
    .bind(order.batch.map(|batch| batch.to_string()))
    .bind(mail.id.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep_file(
    connection: &mut AnyConnection,
    mail: MailId,
    file: &AttachedFile,
) -> Result<(), StoreError> {
    let path = match &file.place {
        FilePlace::Disk(path) => {
            let text = path.to_str().filter(|_| path.is_absolute());
            let text =
                text.ok_or_else(|| StoreError::invalid("file", "expected an absolute path in UTF-8"))?;
            Some(text.to_owned())
        }
        FilePlace::Stored(content) => {
            keep_content(&mut *connection, mail, file, content).await?;
            None
        }
    };
    sqlx::query(
        "insert into files (mail, handle, name, media_type, role, size, sha256, path) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(mail.to_string())
    .bind(i64::from(file.handle))
    .bind(row::without_zeros(&file.name))
    .bind(row::without_zeros(&file.media_type))
    .bind(row::without_zeros(&file.role))
    .bind(row::whole(file.size))
    .bind(file.sha256.to_vec())
    .bind(path)
    .execute(connection)
    .await
    .map_err(or_taken("a file", file.handle))?;
    Ok(())
}

/// Once for the company, however many mails carry it: a logo is in every mail.
async fn keep_content(
    connection: &mut AnyConnection,
    mail: MailId,
    file: &AttachedFile,
    content: &[u8],
) -> Result<(), StoreError> {
    let known = sqlx::query(
        "select 1 from contents join mails on mails.company = contents.company where mails.id = $1 and sha256 = $2",
    );
    let known =
        known.bind(mail.to_string()).bind(file.sha256.to_vec()).fetch_optional(&mut *connection).await?;
    if known.is_some() {
        return Ok(());
    }
    sqlx::query(
        "insert into contents (company, sha256, content) select company, $1, $2 from mails where id = $3 \
         on conflict (company, sha256) do nothing",
    )
    .bind(file.sha256.to_vec())
    .bind(content.to_vec())
    .bind(mail.to_string())
    .execute(connection)
    .await?;
    Ok(())
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

//! Reading mails with all that is known of them: one, or as many as a worker claims at a time.

use crate::attempts::events::events_of;
use crate::attempts::lifecycle::attempts_of;
use crate::mail::message_blob::MessageBlob;
use crate::mail::types::OpenCheck;
use crate::mail::types::{AttachedFile, FilePlace, Mail, MailSummary, Message, NewMail};
use crate::queue::state::OutboxRow;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows, by_mail};
use crate::sql::scope::Scope;
use crate::{StoreError, SystemStore};
use postroom_model::MailId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;
use std::path::PathBuf;

impl SystemStore {
    /// Reads a mail in any state, whatever became of the user who created it.
    pub async fn mail(&self, id: MailId) -> Result<Mail, StoreError> {
        load(&mut *self.pool.acquire().await?, id, None).await
    }

    /// Reads those of these mails that exist, in this order. A few dozen at a time.
    pub async fn mails(&self, ids: &[MailId]) -> Result<Vec<Mail>, StoreError> {
        load_all(&mut *self.pool.acquire().await?, ids, None).await
    }
}

/// Reads a mail within a scope.
pub(crate) async fn load_of(
    connection: &mut AnyConnection,
    id: MailId,
    scope: Scope,
) -> Result<Mail, StoreError> {
    load(connection, id, Some(scope)).await
}

async fn load(connection: &mut AnyConnection, id: MailId, scope: Option<Scope>) -> Result<Mail, StoreError> {
    let found = load_all(connection, &[id], scope).await?.pop();
    found.ok_or_else(|| StoreError::NoSuchMail(id.to_string()))
}

async fn load_all(
    connection: &mut AnyConnection,
    ids: &[MailId],
    scope: Option<Scope>,
) -> Result<Vec<Mail>, StoreError> {
    // A worker that takes nothing costs nothing.
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "select mails.*, outbox.state, outbox.due, outbox.send_at, outbox.lease_owner, outbox.cause, outbox.reason, \
         outbox.answer, outbox.restored, checked_opens.way from mails join outbox on outbox.mail = mails.id \
         left join checked_opens on checked_opens.mail = mails.id \
         where mails.id in (select {} from {}){}",
        each.text("id"),
        each.row(),
        scope.map(|scope| format!(" and {}", scope.on("mails", 2))).unwrap_or_default(),
    );
    let wanted = rows::bulk_query(sql, &rows::ids(ids))?;
    let wanted = match scope {
        Some(scope) => wanted.bind(scope.owner()),
        None => wanted,
    };
    let rows = wanted.fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let files = rows::of(
        connection,
        ids,
        "select files.*, contents.content from files join mails on mails.id = files.mail \
         left join contents on files.path is null and contents.company = mails.company \
         and contents.sha256 = files.sha256 where files.mail in",
        "order by handle",
    )
    .await?;
    let mut files = by_mail(files, file)?;
    let mut attempts = attempts_of(connection, ids).await?;
    let mut events = events_of(connection, ids).await?;
    let mut mails = BTreeMap::new();
    for row in rows {
        let id = row::parsed(&row, "id")?;
        let mail = composed_mail(&row, id, files.remove(&id).unwrap_or_default())?;
        mails.insert(
            id,
            Mail {
                mail,
                company: row::parsed(&row, "company")?,
                user: row::optional(&row, "user_id")?,
                attempts: attempts.remove(&id).unwrap_or_default(),
                events: events.remove(&id).unwrap_or_default(),
                resend: u32::try_from(row::count(&row, "resend")?).unwrap_or(u32::MAX),
                outbox: OutboxRow::from_row(&row)?,
            },
        );
    }
    Ok(ids.iter().filter_map(|id| mails.remove(id)).collect())
}

fn composed_mail(row: &AnyRow, id: MailId, files: Vec<AttachedFile>) -> Result<NewMail, StoreError> {
    let message_blob = MessageBlob::unpack(&row::bytes(row, "message_blob")?)?;
    let summary = MailSummary::from_row(row)?;
    Ok(NewMail {
        id,
        account: summary.account,
        created: summary.created,
        document: summary.document,
        use_case: summary.use_case,
        subject: summary.subject,
        from: summary.from,
        recipients: summary.recipients,
        message: Message {
            message_id: summary.message_id,
            mail_from: row::text(row, "mail_from")?,
            rcpt_to: row::json(row, "rcpt_to")?,
            pieces: message_blob.pieces.into_owned(),
            size: row::count(row, "size")?,
            needs_smtputf8: row::flag(row, "needs_smtputf8")?,
            html: message_blob.html.into_owned(),
            text: message_blob.text.into_owned(),
        },
        files,
        revision: row::optional_text(row, "revision")?,
        options: row::json(row, "options")?,
        open_check: OpenCheck::of(row)?,
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

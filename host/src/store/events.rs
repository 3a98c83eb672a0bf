//! Facts about mails: a set, which is only added to.

use super::attempts::bounded;
use super::loading::by_mail;
use super::mail::{Event, MailId};
use super::removed::HAS_ACCOUNT;
use super::rows::{self, Each};
use super::{StoreError, SystemStore, row};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use uuid::Uuid;

impl SystemStore {
    /// Keeps news about a mail. May be repeated: a fact that is known changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`].
    pub async fn add_events(&self, mail: MailId, events: &[Event]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let found = sqlx::query("select id from mails where id = $1").bind(mail.to_string());
        if found.fetch_optional(&mut *transaction).await?.is_none() {
            return Err(StoreError::NoSuchMail(mail.to_string()));
        }
        let learned: Vec<_> = events.iter().map(|event| (mail, event)).collect();
        keep_events(&mut transaction, &learned).await?;
        // What was in doubt may be so no longer: whoever works at it next decides anew.
        let sql = format!(
            "update outbox set state = 'ready', due = 0, cause = null, reason = null \
             where mail = $1 and state = 'in-doubt' and {HAS_ACCOUNT}"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(mail.to_string()).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

/// Keeps facts about mails. What is known changes nothing.
pub(super) async fn keep_events(
    connection: &mut AnyConnection,
    learned: &[(MailId, &Event)],
) -> Result<(), StoreError> {
    if learned.is_empty() {
        return Ok(());
    }
    #[derive(Serialize)]
    struct Row {
        id: String,
        mail: String,
        digest: String,
        recipient: Option<String>,
        kind: String,
        at: String,
        source: String,
        code: Option<String>,
        words: Option<String>,
    }
    let row = |(mail, event): &(MailId, &Event)| {
        let at = row::stamp(event.at);
        let words = event.words.as_deref().map(bounded);
        let fields = [
            event.recipient.as_deref(),
            Some(&event.kind),
            Some(&at),
            Some(&event.source),
            event.code.as_deref(),
            words.as_deref(),
        ];
        Row {
            id: Uuid::now_v7().to_string(),
            mail: mail.to_string(),
            digest: rows::hex(&digest(&fields)),
            recipient: event.recipient.as_deref().map(row::without_zeros),
            kind: row::without_zeros(&event.kind),
            at,
            source: row::without_zeros(&event.source),
            code: event.code.as_deref().map(row::without_zeros),
            words,
        }
    };
    let each = Each::on(connection);
    let sql = format!(
        "insert into events (id, mail, digest, recipient, kind, at, source, code, words) \
         select {}, {}, {}, {}, {}, {}, {}, {}, {} from {} where true on conflict (mail, digest) do nothing",
        each.text("id"),
        each.text("mail"),
        each.bytes("digest"),
        each.text("recipient"),
        each.text("kind"),
        each.text("at"),
        each.text("source"),
        each.text("code"),
        each.text("words"),
        each.row(),
    );
    let rows: Vec<Row> = learned.iter().map(row).collect();
    rows::about(sql, &rows)?.execute(connection).await?;
    Ok(())
}

/// Facts are a set: two that are equal in every field are one.
fn digest(fields: &[Option<&str>]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for field in fields {
        // Lengths first, so that no two different facts run together; none differs from empty.
        let length = field.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(field.unwrap_or_default());
    }
    hash.finalize().to_vec()
}

pub(super) async fn events_of(
    connection: &mut AnyConnection,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<Event>>, StoreError> {
    by_mail(rows::of(connection, mails, "select * from events where mail in", "order by id").await?, event)
}

fn event(row: &AnyRow) -> Result<Event, StoreError> {
    Ok(Event {
        recipient: row::optional_text(row, "recipient")?,
        kind: row::text(row, "kind")?,
        at: row::time(row, "at")?,
        source: row::text(row, "source")?,
        code: row::optional_text(row, "code")?,
        words: row::optional_text(row, "words")?,
    })
}

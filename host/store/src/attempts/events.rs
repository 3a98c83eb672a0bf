//! Facts about mails: a set that is only added to.

use crate::attempts::attribution::Attribution;
use crate::mail::types::Event;
use crate::queue::lease_owner::LeaseOwner;
use crate::queue::orphaned::HAS_ACCOUNT;
use crate::sql::row::{self, bounded};
use crate::sql::rows::by_mail;
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, SystemStore};
use data_encoding::HEXLOWER;
use postroom_model::MailId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl SystemStore {
    /// Stores facts about a mail, each under an address of the mail. May be repeated: a known fact changes nothing.
    pub async fn add_events(&self, mail: MailId, events: &[Event]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let found = sqlx::query("select id from mails where id = $1").bind(mail.to_string());
        if found.fetch_optional(&mut *transaction).await?.is_none() {
            return Err(StoreError::NoSuchMail(mail.to_string()));
        }
        let learned: Vec<_> = events.iter().map(|event| (mail, event)).collect();
        let of = Attribution::of(&mut transaction, &self.pseudonyms, &BTreeSet::from([mail])).await?;
        insert_events(&mut transaction, &of, &learned).await?;
        reopen(&mut transaction, mail).await?;
        transaction.commit().await
    }

    /// Stores the facts of giving a mail up, for its lease owner.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]: the mail was leased to another, or has ended; nothing is stored.
    pub async fn record_give_up(
        &self,
        mail: MailId,
        lease_owner: &LeaseOwner,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        // Changes nothing, and locks the row until the facts are stored.
        let held = sqlx::query(
            "update outbox set lease_owner = lease_owner where mail = $1 and lease_owner = $2 and state = 'ready' returning mail",
        );
        let held =
            held.bind(mail.to_string()).bind(lease_owner.as_str()).fetch_optional(&mut *transaction).await?;
        if held.is_none() {
            return Err(StoreError::LeaseLost(mail.to_string()));
        }
        let learned: Vec<_> = events.iter().map(|event| (mail, event)).collect();
        let of = Attribution::of(&mut transaction, &self.pseudonyms, &BTreeSet::from([mail])).await?;
        insert_events(&mut transaction, &of, &learned).await?;
        transaction.commit().await
    }
}

/// Makes a mail in doubt due: with other facts it may be in doubt no longer.
pub(crate) async fn reopen(connection: &mut AnyConnection, mail: MailId) -> Result<(), StoreError> {
    let sql = format!(
        "update outbox set state = 'ready', due = 0, cause = null, reason = null \
         where mail = $1 and state = 'in-doubt' and {HAS_ACCOUNT}"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(mail.to_string()).execute(connection).await?;
    Ok(())
}

/// Stores facts about mails that `of` has loaded, and returns them as they are stored: each under an address of its mail,
/// without erased addresses. A known fact changes nothing. The only statement that writes into `events`.
pub(crate) async fn insert_events(
    connection: &mut AnyConnection,
    of: &Attribution<'_>,
    learned: &[(MailId, &Event)],
) -> Result<Vec<Event>, StoreError> {
    let learned: Vec<(MailId, Event)> =
        learned.iter().filter_map(|(mail, event)| Some((*mail, of.event(*mail, event)?))).collect();
    if learned.is_empty() {
        return Ok(Vec::new());
    }
    #[derive(Serialize)]
    struct EventRow {
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
    let row = |(mail, event): &(MailId, Event)| {
        let (at, words) = (row::stamp(event.at), event.words.as_deref().map(bounded));
        let digest = digest(&Event { words: words.clone(), ..event.clone() });
        EventRow {
            id: Uuid::now_v7().to_string(),
            mail: mail.to_string(),
            digest: HEXLOWER.encode(&digest),
            recipient: event.recipient.as_deref().map(row::without_zeros),
            kind: row::without_zeros(&event.kind),
            at,
            source: row::without_zeros(&event.source),
            code: event.code.as_deref().map(row::without_zeros),
            words,
        }
    };
    let each = JsonRows::on(connection);
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
    let rows: Vec<EventRow> = learned.iter().map(row).collect();
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(learned.into_iter().map(|(_, event)| event).collect())
}

/// Computes the identity of a fact: two facts that are equal in every field are one.
pub(crate) fn digest(event: &Event) -> Vec<u8> {
    let at = row::stamp(event.at);
    let fields = [
        event.recipient.as_deref(),
        Some(&event.kind),
        Some(&at),
        Some(&event.source),
        event.code.as_deref(),
        event.words.as_deref(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        // Lengths first, so that no two different facts run together; none differs from empty.
        let length = field.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(field.unwrap_or_default());
    }
    hash.finalize().to_vec()
}

pub(crate) async fn events_of(
    connection: &mut AnyConnection,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<Event>>, StoreError> {
    by_mail(rows::of(connection, mails, "select * from events where mail in", "order by id").await?, event)
}

pub(crate) fn event(row: &AnyRow) -> Result<Event, StoreError> {
    Ok(Event {
        recipient: row::optional_text(row, "recipient")?,
        kind: row::text(row, "kind")?,
        at: row::time(row, "at")?,
        source: row::text(row, "source")?,
        code: row::optional_text(row, "code")?,
        words: row::optional_text(row, "words")?,
    })
}

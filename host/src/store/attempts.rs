//! Attempts and what came of them. An attempt is on disk before it is made; what came of it is kept whoever may still see
//! the mail by then.

use super::error::{Broken, broken};
use super::loading::{by_mail, of_mails};
use super::mail::{Attempt, AttemptId, AttemptResult, Event, MailId, NewAttempt, OpenAttempt, Outcome};
use super::removed::HAS_ACCOUNT;
use super::reported::keep_reported_ids;
use super::reports::keep_message_ids;
use super::standing::Holder;
use super::{Store, StoreError, row};
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Characters of a server's words that are kept.
const WORDS: usize = 16 * 1024;

impl Store {
    /// Keeps what came of an attempt, with the facts learned from it, both or neither. May be repeated: a later outcome
    /// replaces the earlier one (what was in doubt has been found), a fact that is known changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAttempt`].
    pub async fn finish_attempt(
        &self,
        id: AttemptId,
        outcome: &Outcome,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        finish(&mut transaction, id, outcome, events).await?;
        Ok(transaction.commit().await?)
    }

    /// Begins an attempt, whoever has the mail: committed when it returns. The account is the mail's own, or the
    /// company's fallback.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], [`StoreError::NoSuchAccount`]; [`StoreError::AttemptOpen`] while nobody knows what
    /// came of an earlier one.
    pub async fn begin_attempt(&self, mail: MailId, attempt: &NewAttempt) -> Result<AttemptId, StoreError> {
        let id = AttemptId::new();
        let mut transaction = self.write().await?;
        begin(&mut transaction, id, mail, attempt, None).await?;
        transaction.commit().await?;
        Ok(id)
    }

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
        keep_events(&mut transaction, mail, events).await?;
        // What was in doubt may be so no longer: whoever works at it next decides anew.
        let sql = format!(
            "update outbox set state = 'ready', due = 0, cause = null, reason = null \
             where mail = $1 and state = 'in-doubt' and {HAS_ACCOUNT}"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(mail.to_string()).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Attempts of which nobody knows what came, oldest first. After a start these are the ones that the program died
    /// under: in doubt, and not to be repeated before somebody looked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_attempts(&self) -> Result<Vec<OpenAttempt>, StoreError> {
        let rows = sqlx::query(
            "select mails.company, mails.id as mail, attempts.id as attempt from attempts \
             join mails on mails.id = attempts.mail where result is null order by attempts.id",
        );
        let open = |row: &AnyRow| {
            Ok(OpenAttempt {
                company: row::parsed(row, "company")?,
                mail: row::parsed(row, "mail")?,
                attempt: row::parsed(row, "attempt")?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(open).collect()
    }
}

/// Begins an attempt; only its holder's, where one is named.
pub(super) async fn begin(
    connection: &mut AnyConnection,
    id: AttemptId,
    mail: MailId,
    attempt: &NewAttempt,
    holder: Option<&Holder>,
) -> Result<(), StoreError> {
    let begun = sqlx::query(
        "insert into attempts (id, mail, account, transport, fallback, started, provider_ids) \
         select $1, mails.id, accounts.id, $2, $3, $4, '[]' from mails \
         join outbox on outbox.mail = mails.id \
         join accounts on accounts.company = mails.company and accounts.name_key is not null \
         left join fallbacks on fallbacks.account = accounts.id \
         where mails.id = $5 and accounts.id = $6 and (accounts.id = mails.account or fallbacks.account is not null) \
         and ($7 is null or outbox.holder = $7)",
    )
    .bind(id.to_string())
    .bind(row::without_zeros(&attempt.transport))
    .bind(i64::from(attempt.fallback))
    .bind(row::stamp(attempt.started))
    .bind(mail.to_string())
    .bind(attempt.account.to_string())
    .bind(holder.map(Holder::as_str))
    .execute(&mut *connection)
    .await;
    match begun {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(_) => {
            let row = sqlx::query("select holder from outbox where mail = $1").bind(mail.to_string());
            let row = row.fetch_optional(connection).await?;
            let row = row.ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))?;
            match holder {
                Some(holder) if row::optional_text(&row, "holder")?.as_deref() != Some(holder.as_str()) => {
                    Err(StoreError::LeaseLost(mail.to_string()))
                }
                _ => Err(StoreError::NoSuchAccount(attempt.account.to_string())),
            }
        }
        Err(error) if broken(&error) == Some(Broken::Unique) => {
            Err(StoreError::AttemptOpen(mail.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The last bytes are about to leave. Refused once somebody has settled the attempt: he took its maker for dead.
pub(super) async fn release(
    connection: &mut AnyConnection,
    id: AttemptId,
    at: row::Time,
) -> Result<(), StoreError> {
    let released = sqlx::query("update attempts set released = $1 where id = $2 and result is null");
    let released = released.bind(row::stamp(at)).bind(id.to_string()).execute(connection).await?;
    if released.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NoSuchAttempt(id.to_string())) }
}

/// Keeps what came of an attempt, and says of which mail it was.
pub(super) async fn finish(
    connection: &mut AnyConnection,
    id: AttemptId,
    outcome: &Outcome,
    events: &[Event],
) -> Result<MailId, StoreError> {
    let (result, retry_after) = result_columns(outcome.result);
    let row = sqlx::query(
        "update attempts set finished = $1, result = $2, retry_after = $3, stage = $4, detail = $5, \
         provider_ids = $6 where id = $7 returning mail",
    )
    .bind(row::stamp(outcome.finished))
    .bind(result)
    .bind(retry_after.map(i64::from))
    .bind(outcome.stage.clone())
    .bind(outcome.detail.as_deref().map(bounded))
    .bind(row::to_json(&outcome.provider_ids)?)
    .bind(id.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let row = row.ok_or_else(|| StoreError::NoSuchAttempt(id.to_string()))?;
    let mail = row::parsed(&row, "mail")?;
    keep_message_ids(connection, mail, &outcome.provider_ids).await?;
    keep_reported_ids(connection, id, &outcome.provider_ids, events).await?;
    keep_events(connection, mail, events).await?;
    Ok(mail)
}

async fn keep_events(
    connection: &mut AnyConnection,
    mail: MailId,
    events: &[Event],
) -> Result<(), StoreError> {
    for event in events {
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
        sqlx::query(
            "insert into events (id, mail, digest, recipient, kind, at, source, code, words) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (mail, digest) do nothing",
        )
        .bind(Uuid::now_v7().to_string())
        .bind(mail.to_string())
        .bind(digest(&fields))
        .bind(event.recipient.as_deref().map(row::without_zeros))
        .bind(row::without_zeros(&event.kind))
        .bind(at.clone())
        .bind(row::without_zeros(&event.source))
        .bind(event.code.as_deref().map(row::without_zeros))
        .bind(words.clone())
        .execute(&mut *connection)
        .await?;
    }
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

pub(super) fn bounded(words: &str) -> String {
    words.chars().take(WORDS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

pub(super) async fn attempts_of(
    connection: &mut AnyConnection,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<Attempt>>, StoreError> {
    let sql = "select attempts.*, accounts.name as account_name from attempts \
               join accounts on accounts.id = attempts.account where mail in";
    by_mail(of_mails(connection, mails, sql, "order by attempts.id").await?, attempt)
}

pub(super) async fn events_of(
    connection: &mut AnyConnection,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<Event>>, StoreError> {
    by_mail(of_mails(connection, mails, "select * from events where mail in", "order by id").await?, event)
}

fn attempt(row: &AnyRow) -> Result<Attempt, StoreError> {
    let outcome = match row::optional_time(row, "finished")? {
        Some(finished) => Some(Outcome {
            finished,
            result: result(row)?,
            stage: row::optional_text(row, "stage")?,
            detail: row::optional_text(row, "detail")?,
            provider_ids: row::json(row, "provider_ids")?,
        }),
        None => None,
    };
    Ok(Attempt {
        id: row::parsed(row, "id")?,
        started: row::time(row, "started")?,
        account: row::parsed(row, "account")?,
        account_name: row::text(row, "account_name")?,
        transport: row::text(row, "transport")?,
        fallback: row::flag(row, "fallback")?,
        released: row::optional_time(row, "released")?,
        outcome,
    })
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

fn result_columns(result: AttemptResult) -> (&'static str, Option<u32>) {
    match result {
        AttemptResult::Accepted => ("accepted", None),
        AttemptResult::PartlyAccepted(after) => ("partly-accepted", after),
        AttemptResult::Transient(after) => ("transient", after),
        AttemptResult::Permanent => ("permanent", None),
        AttemptResult::NeedsSignIn => ("needs-sign-in", None),
        AttemptResult::InDoubt => ("in-doubt", None),
        AttemptResult::Found => ("found", None),
        AttemptResult::NotFound => ("not-found", None),
        AttemptResult::Withdrawn => ("withdrawn", None),
    }
}

fn result(row: &AnyRow) -> Result<AttemptResult, StoreError> {
    let after = row::optional_count(row, "retry_after")?.and_then(|seconds| u32::try_from(seconds).ok());
    match row::text(row, "result")?.as_str() {
        "accepted" => Ok(AttemptResult::Accepted),
        "partly-accepted" => Ok(AttemptResult::PartlyAccepted(after)),
        "transient" => Ok(AttemptResult::Transient(after)),
        "permanent" => Ok(AttemptResult::Permanent),
        "needs-sign-in" => Ok(AttemptResult::NeedsSignIn),
        "in-doubt" => Ok(AttemptResult::InDoubt),
        "found" => Ok(AttemptResult::Found),
        "not-found" => Ok(AttemptResult::NotFound),
        "withdrawn" => Ok(AttemptResult::Withdrawn),
        other => Err(StoreError::Damaged(format!("an attempt's result: {other}"))),
    }
}

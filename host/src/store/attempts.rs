//! Attempts and what came of them. An attempt is on disk before it is made; what came of it is kept whoever may still see
//! the mail by then.

use super::error::{Broken, broken};
use super::events::keep_events;
use super::loading::by_mail;
use super::mail::{Attempt, AttemptId, AttemptResult, Event, MailId, NewAttempt, OpenAttempt, Outcome};
use super::reported::keep_reported_ids;
use super::reports::keep_message_ids;
use super::rows::{self, Each};
use super::standing::Holder;
use super::{StoreError, SystemStore, row};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a server's words that are kept.
const WORDS: usize = 16 * 1024;

impl SystemStore {
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
        finish(&mut transaction, &[Finishing { id, outcome, events }]).await?;
        transaction.commit().await
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
        begin(&mut transaction, &[Beginning { id, mail, attempt, holder: None }]).await?;
        transaction.commit().await?;
        Ok(id)
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

/// An attempt that begins; only its holder's, where one is named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning<'a> {
    pub(super) id: AttemptId,
    pub(super) mail: MailId,
    pub(super) attempt: &'a NewAttempt,
    pub(super) holder: Option<&'a Holder>,
}

/// Begins attempts, all or none. Which of several can't be begun is certain only of one by itself.
pub(super) async fn begin(
    connection: &mut AnyConnection,
    beginnings: &[Beginning<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: String,
        mail: String,
        account: String,
        transport: String,
        fallback: u8,
        started: String,
        holder: Option<String>,
    }
    let row = |it: &Beginning<'_>| Row {
        id: it.id.to_string(),
        mail: it.mail.to_string(),
        account: it.attempt.account.to_string(),
        transport: row::without_zeros(&it.attempt.transport),
        fallback: it.attempt.fallback.into(),
        started: row::stamp(it.attempt.started),
        holder: it.holder.map(ToString::to_string),
    };
    let each = Each::on(connection);
    let (text, number) = (|field| each.text(field), |field| each.number(field));
    let sql = format!(
        "insert into attempts (id, mail, account, transport, fallback, started, provider_ids) \
         select {}, mails.id, accounts.id, {}, {}, {}, '[]' from {} \
         join mails on mails.id = {} join outbox on outbox.mail = mails.id \
         join accounts on accounts.id = {} and accounts.company = mails.company and accounts.name_key is not null \
         left join fallbacks on fallbacks.account = accounts.id \
         where (accounts.id = mails.account or (fallbacks.account is not null and {} = 1)) \
         and ({} is null or outbox.holder = {}) returning id",
        text("id"),
        text("transport"),
        number("fallback"),
        text("started"),
        each.row(),
        text("mail"),
        text("account"),
        number("fallback"),
        text("holder"),
        text("holder"),
    );
    let rows: Vec<Row> = beginnings.iter().map(row).collect();
    let begun = match rows::about(sql, &rows)?.fetch_all(&mut *connection).await {
        Ok(begun) => ids_of(&begun)?,
        Err(error) if broken(&error) == Some(Broken::Unique) => {
            let first = beginnings.first().map(|it| it.mail.to_string());
            return Err(StoreError::AttemptOpen(first.unwrap_or_default()));
        }
        Err(error) => return Err(error.into()),
    };
    match beginnings.iter().find(|it| !begun.contains(&it.id)) {
        None => Ok(()),
        Some(refused) => Err(why_not_begun(connection, refused).await?),
    }
}

async fn why_not_begun(
    connection: &mut AnyConnection,
    refused: &Beginning<'_>,
) -> Result<StoreError, StoreError> {
    let mail = refused.mail.to_string();
    let row = sqlx::query("select holder from outbox where mail = $1").bind(mail.clone());
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(StoreError::NoSuchMail(mail)) };
    Ok(match refused.holder {
        Some(holder) if row::optional_text(&row, "holder")?.as_deref() != Some(holder.as_str()) => {
            StoreError::LeaseLost(mail)
        }
        _ => StoreError::NoSuchAccount(refused.attempt.account.to_string()),
    })
}

fn ids_of(rows: &[AnyRow]) -> Result<BTreeSet<AttemptId>, StoreError> {
    rows.iter().map(|row| row::parsed(row, "id")).collect()
}

/// The last bytes of these are about to leave. Refused once somebody has settled an attempt: he took its maker for dead.
pub(super) async fn release(
    connection: &mut AnyConnection,
    released: &[(AttemptId, row::Time)],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: String,
        at: String,
    }
    let each = Each::on(connection);
    let sql = format!(
        "update attempts set released = {} from {} where attempts.id = {} and attempts.result is null \
         returning attempts.id",
        each.text("at"),
        each.row(),
        each.text("id"),
    );
    let rows: Vec<Row> =
        released.iter().map(|(id, at)| Row { id: id.to_string(), at: row::stamp(*at) }).collect();
    let done = ids_of(&rows::about(sql, &rows)?.fetch_all(connection).await?)?;
    match released.iter().find(|(id, _)| !done.contains(id)) {
        None => Ok(()),
        Some((id, _)) => Err(StoreError::NoSuchAttempt(id.to_string())),
    }
}

/// What came of an attempt, and what was learned from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finishing<'a> {
    pub(super) id: AttemptId,
    pub(super) outcome: &'a Outcome,
    pub(super) events: &'a [Event],
}

/// Keeps what came of attempts, all or none, and says of which mail each was, in their order.
pub(super) async fn finish(
    connection: &mut AnyConnection,
    finished: &[Finishing<'_>],
) -> Result<Vec<MailId>, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: String,
        at: String,
        result: &'static str,
        retry_after: Option<u32>,
        stage: Option<String>,
        detail: Option<String>,
        provider_ids: String,
    }
    let row = |it: &Finishing<'_>| {
        let (result, retry_after) = result_columns(it.outcome.result);
        Ok(Row {
            id: it.id.to_string(),
            at: row::stamp(it.outcome.finished),
            result,
            retry_after,
            stage: it.outcome.stage.as_deref().map(row::without_zeros),
            detail: it.outcome.detail.as_deref().map(bounded),
            provider_ids: row::to_json(&it.outcome.provider_ids)?,
        })
    };
    let each = Each::on(connection);
    let sql = format!(
        "update attempts set finished = {}, result = {}, retry_after = {}, stage = {}, detail = {}, \
         provider_ids = {} from {} where attempts.id = {} returning attempts.id, attempts.mail",
        each.text("at"),
        each.text("result"),
        each.number("retry_after"),
        each.text("stage"),
        each.text("detail"),
        each.text("provider_ids"),
        each.row(),
        each.text("id"),
    );
    let rows = finished.iter().map(row).collect::<Result<Vec<Row>, StoreError>>()?;
    let mut mails: BTreeMap<AttemptId, MailId> = BTreeMap::new();
    for row in rows::about(sql, &rows)?.fetch_all(&mut *connection).await? {
        mails.insert(row::parsed(&row, "id")?, row::parsed(&row, "mail")?);
    }
    let mail = |it: &Finishing<'_>| {
        mails.get(&it.id).copied().ok_or_else(|| StoreError::NoSuchAttempt(it.id.to_string()))
    };
    let mails = finished.iter().map(mail).collect::<Result<Vec<MailId>, _>>()?;
    let mut learned = Vec::new();
    for (it, mail) in finished.iter().zip(&mails) {
        keep_message_ids(connection, *mail, &it.outcome.provider_ids).await?;
        keep_reported_ids(connection, it.id, &it.outcome.provider_ids, it.events).await?;
        learned.extend(it.events.iter().map(|event| (*mail, event)));
    }
    keep_events(connection, &learned).await?;
    Ok(mails)
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
    by_mail(rows::of(connection, mails, sql, "order by attempts.id").await?, attempt)
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

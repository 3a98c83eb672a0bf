//! Attempts and what came of them. An attempt is on disk before it is made; what came of it is kept whoever may still see
//! the mail by then.
//!
//! Every step is one statement that asks for the state it starts from: an attempt begins and is released by the holder of a
//! mail that is ready, is finished while it is open, and is decided anew from the result that whoever decides has seen.
//! [`super::interruption`] closes it when its mail is taken from its maker, [`super::late`] hears what that maker reports then.

use super::attribution::{self, Attribution};
use super::error::{Broken, broken};
use super::events::keep_events;
use super::late::{self, Contradiction};
use super::lease_owner::LeaseOwner;
use super::loading::by_mail;
use super::mail::{Attempt, AttemptResult, Event, NewAttempt, OpenAttempt, Outcome};
use super::pseudonym::Pseudonyms;
use super::reported::keep_reported_ids;
use super::reports::keep_message_ids;
use super::rows::{self, JsonRows};
use super::writing::WriteTransaction;
use super::{StoreError, SystemStore, row};
use postroom_model::{AttemptId, MailId};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a server's words that are kept.
const WORDS: usize = 16 * 1024;

impl SystemStore {
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

/// An attempt that the holder of its mail begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning<'a> {
    pub(super) id: AttemptId,
    pub(super) mail: MailId,
    pub(super) attempt: &'a NewAttempt,
    pub(super) lease_owner: &'a LeaseOwner,
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
        lease_owner: String,
    }
    let row = |it: &Beginning<'_>| Row {
        id: it.id.to_string(),
        mail: it.mail.to_string(),
        account: it.attempt.account.to_string(),
        transport: row::without_zeros(&it.attempt.transport),
        fallback: it.attempt.fallback.into(),
        started: row::stamp(it.attempt.started),
        lease_owner: it.lease_owner.to_string(),
    };
    let each = JsonRows::on(connection);
    let (text, number) = (|field| each.text(field), |field| each.number(field));
    let sql = format!(
        "insert into attempts (id, mail, account, transport, fallback, started, provider_ids) \
         select {}, mails.id, accounts.id, {}, {}, {}, '[]' from {} \
         join mails on mails.id = {} join outbox on outbox.mail = mails.id \
         join accounts on accounts.id = {} and accounts.company = mails.company and accounts.name_key is not null \
         left join fallbacks on fallbacks.account = accounts.id \
         where (accounts.id = mails.account or (fallbacks.account is not null and {} = 1)) \
         and outbox.holder = {} and outbox.state = 'ready' returning id",
        text("id"),
        text("transport"),
        number("fallback"),
        text("started"),
        each.row(),
        text("mail"),
        text("account"),
        number("fallback"),
        text("lease_owner"),
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
    let row = sqlx::query("select holder, state from outbox where mail = $1").bind(mail.clone());
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(StoreError::NoSuchMail(mail)) };
    let is_own = row::optional_text(&row, "holder")?.as_deref() == Some(refused.lease_owner.as_str());
    Ok(match is_own && row::text(&row, "state")? == "ready" {
        true => StoreError::NoSuchAccount(refused.attempt.account.to_string()),
        false => StoreError::LeaseLost(mail),
    })
}

fn ids_of(rows: &[AnyRow]) -> Result<BTreeSet<AttemptId>, StoreError> {
    rows.iter().map(|row| row::parsed(row, "id")).collect()
}

/// An attempt whose last bytes are about to leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Releasing<'a> {
    pub(super) id: AttemptId,
    pub(super) at: row::Time,
    pub(super) lease_owner: &'a LeaseOwner,
}

/// Records that the last bytes of these attempts are about to leave, all or none. Only the holder of a mail that is still to be
/// sent may, and only while the attempt is open: whoever takes the mail over, holds, cancels or erases it closes the attempt.
pub(super) async fn release(
    connection: &mut AnyConnection,
    released: &[Releasing<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: String,
        at: String,
        lease_owner: String,
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update attempts set released = {} from {}, outbox where attempts.id = {} and attempts.result is null \
         and outbox.mail = attempts.mail and outbox.holder = {} and outbox.state = 'ready' returning attempts.id",
        each.text("at"),
        each.row(),
        each.text("id"),
        each.text("lease_owner"),
    );
    let row = |it: &Releasing<'_>| Row {
        id: it.id.to_string(),
        at: row::stamp(it.at),
        lease_owner: it.lease_owner.to_string(),
    };
    let rows: Vec<Row> = released.iter().map(row).collect();
    let done = ids_of(&rows::about(sql, &rows)?.fetch_all(connection).await?)?;
    match released.iter().find(|it| !done.contains(&it.id)) {
        None => Ok(()),
        Some(refused) => Err(StoreError::AttemptClosed(refused.id.to_string())),
    }
}

/// What came of an attempt, and what was learned from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finishing<'a> {
    pub(super) id: AttemptId,
    pub(super) outcome: &'a Outcome,
    pub(super) events: &'a [Event],
}

/// What became of a report that an attempt has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) mail: MailId,
    /// It is not what is written down, and nothing was changed for it.
    pub(super) contradiction: Option<Contradiction>,
}

/// Keeps what came of attempts, all or none, and says of each what became of it, in their order. An attempt that is open by now
/// is finished; of one that was closed in the meantime, see [`super::late`].
pub(super) async fn finish(
    transaction: &mut WriteTransaction,
    pseudonyms: &Pseudonyms,
    finished: &[Finishing<'_>],
) -> Result<Vec<Finished>, StoreError> {
    let each = JsonRows::on(transaction);
    // On PostgreSQL an erasure may be committed while the statement runs: there it is looked for afterwards.
    let columns = each.has_one_writer().then(|| format!(", {}", attribution::columns("attempts.mail")));
    let sql = format!(
        "update attempts set {} from {} where attempts.id = {} and attempts.result is null \
         returning attempts.id, attempts.mail{}",
        outcome_columns(each),
        each.row(),
        each.text("id"),
        columns.as_deref().unwrap_or_default(),
    );
    let rows = finished.iter().map(|it| OutcomeRow::of(it.id, it.outcome));
    let rows = rows.collect::<Result<Vec<OutcomeRow>, StoreError>>()?;
    let rows = rows::about(sql, &rows)?.fetch_all(&mut **transaction).await?;
    let mut of = Attribution::nothing(pseudonyms);
    if columns.is_some() {
        of.take(transaction, &rows).await?;
    }
    let mut open: BTreeMap<AttemptId, MailId> = BTreeMap::new();
    for row in &rows {
        open.insert(row::parsed(row, "id")?, row::parsed(row, "mail")?);
    }
    let mut all = Vec::with_capacity(finished.len());
    for it in finished {
        all.push(match open.get(&it.id) {
            Some(mail) => Finished { mail: *mail, contradiction: None },
            None => late::report(transaction, it).await?,
        });
    }
    let mut learned = Vec::new();
    for (it, done) in finished.iter().zip(&all) {
        keep_message_ids(transaction, done.mail, &it.outcome.provider_ids).await?;
        keep_reported_ids(transaction, it.id, &it.outcome.provider_ids, it.events).await?;
        learned.extend(it.events.iter().map(|event| (done.mail, event)));
    }
    of.load(transaction, &all.iter().map(|done| done.mail).collect()).await?;
    keep_events(transaction, &of, &learned).await?;
    for (it, done) in finished.iter().zip(&all) {
        forget_erased(transaction, &of, it.id, done.mail, it.outcome).await?;
    }
    Ok(all)
}

/// A decision about an attempt that has a result: one in doubt was found, or was not; a sign-in that it waited for was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deciding<'a> {
    pub(super) id: AttemptId,
    /// Whoever decides has the mail.
    pub(super) lease_owner: &'a LeaseOwner,
    /// The result that the decision is about.
    pub(super) from: AttemptResult,
    pub(super) outcome: &'a Outcome,
    pub(super) events: &'a [Event],
}

/// Keeps a decision about an attempt.
///
/// # Errors
/// [`StoreError::AttemptDecided`]: the attempt has another result by now, or somebody else has the mail.
pub(super) async fn decide(
    connection: &mut AnyConnection,
    pseudonyms: &Pseudonyms,
    deciding: &Deciding<'_>,
) -> Result<(), StoreError> {
    let Deciding { id, lease_owner, from, outcome, events } = *deciding;
    let (result, interrupted, _) = result_columns(from);
    let each = JsonRows::on(connection);
    let sql = format!(
        "update attempts set {} from {} where attempts.id = {} and attempts.result = $2 \
         and attempts.interrupted = $3 and exists (select 1 from outbox where outbox.mail = attempts.mail \
         and outbox.holder = $4 and outbox.state = 'ready') returning attempts.mail",
        outcome_columns(each),
        each.row(),
        each.text("id"),
    );
    let row = rows::about(sql, &[OutcomeRow::of(id, outcome)?])?
        .bind(result)
        .bind(i64::from(interrupted))
        .bind(lease_owner.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Err(StoreError::AttemptDecided(id.to_string())) };
    let mail = row::parsed(&row, "mail")?;
    let of = Attribution::of(connection, pseudonyms, &BTreeSet::from([mail])).await?;
    let learned: Vec<_> = events.iter().map(|event| (mail, event)).collect();
    keep_events(connection, &of, &learned).await?;
    forget_erased(connection, &of, id, mail, outcome).await
}

/// An outcome as it travels to a statement.
#[derive(Serialize)]
pub(super) struct OutcomeRow {
    id: String,
    at: String,
    result: &'static str,
    interrupted: u8,
    retry_after: Option<u32>,
    stage: Option<String>,
    detail: Option<String>,
    provider_ids: String,
}

impl OutcomeRow {
    pub(super) fn of(id: AttemptId, outcome: &Outcome) -> Result<Self, StoreError> {
        let (result, interrupted, retry_after) = result_columns(outcome.result);
        Ok(Self {
            id: id.to_string(),
            at: row::stamp(outcome.finished),
            result,
            interrupted: interrupted.into(),
            retry_after,
            stage: outcome.stage.as_deref().map(row::without_zeros),
            detail: outcome.detail.as_deref().map(bounded),
            provider_ids: row::to_json(&outcome.provider_ids)?,
        })
    }
}

/// What stands after `update attempts set` for rows of [`OutcomeRow`].
pub(super) fn outcome_columns(each: JsonRows) -> String {
    format!(
        "finished = {}, result = {}, interrupted = {}, retry_after = {}, stage = {}, detail = {}, provider_ids = {}",
        each.text("at"),
        each.text("result"),
        each.number("interrupted"),
        each.number("retry_after"),
        each.text("stage"),
        each.text("detail"),
        each.text("provider_ids"),
    )
}

/// Takes addresses that were erased while an attempt ran out of what was just written of it; of one that was not changed it
/// changes nothing.
async fn forget_erased(
    connection: &mut AnyConnection,
    of: &Attribution<'_>,
    id: AttemptId,
    mail: MailId,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    let Some(detail) = outcome.detail.as_deref().filter(|detail| detail.contains('@')) else { return Ok(()) };
    let detail = bounded(detail);
    let kept = of.text(mail, &detail);
    if kept != detail {
        let statement = sqlx::query("update attempts set detail = $1 where id = $2 and detail = $3");
        statement.bind(bounded(&kept)).bind(id.to_string()).bind(detail).execute(connection).await?;
    }
    Ok(())
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

/// The columns `result`, `interrupted` and `retry_after`.
pub(super) fn result_columns(result: AttemptResult) -> (&'static str, bool, Option<u32>) {
    match result {
        AttemptResult::Accepted => ("accepted", false, None),
        AttemptResult::PartlyAccepted(after) => ("partly-accepted", false, after),
        AttemptResult::Transient(after) => ("transient", false, after),
        AttemptResult::Permanent => ("permanent", false, None),
        AttemptResult::NeedsSignIn => ("needs-sign-in", false, None),
        AttemptResult::AccountUnavailable(after) => ("account-unavailable", false, after),
        AttemptResult::InDoubt { interrupted } => ("in-doubt", interrupted, None),
        AttemptResult::Found => ("found", false, None),
        AttemptResult::NotFound => ("not-found", false, None),
        AttemptResult::Withdrawn => ("withdrawn", false, None),
    }
}

pub(super) fn result(row: &AnyRow) -> Result<AttemptResult, StoreError> {
    let after = row::optional_count(row, "retry_after")?.and_then(|seconds| u32::try_from(seconds).ok());
    let name = row::text(row, "result")?;
    result_of(&name, row::flag(row, "interrupted")?, after)
        .ok_or_else(|| StoreError::Damaged(format!("an attempt's result: {name}")))
}

/// The result of these columns; none for a name that is not known.
pub(super) fn result_of(name: &str, interrupted: bool, after: Option<u32>) -> Option<AttemptResult> {
    Some(match name {
        "accepted" => AttemptResult::Accepted,
        "partly-accepted" => AttemptResult::PartlyAccepted(after),
        "transient" => AttemptResult::Transient(after),
        "permanent" => AttemptResult::Permanent,
        "needs-sign-in" => AttemptResult::NeedsSignIn,
        "account-unavailable" => AttemptResult::AccountUnavailable(after),
        "in-doubt" => AttemptResult::InDoubt { interrupted },
        "found" => AttemptResult::Found,
        "not-found" => AttemptResult::NotFound,
        "withdrawn" => AttemptResult::Withdrawn,
        _ => return None,
    })
}

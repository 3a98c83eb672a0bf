//! The steps of an attempt. It is on disk before it is made, and its result is stored even if no user may see the mail by then.
//!
//! Every step is one statement that compares the state which it starts from: an attempt begins and is released by the lease
//! owner of a mail that is ready, is finished while it is open, and is decided anew from the result that the decision is about.
//! [`crate::attempts::interruption`] closes it when its mail is taken from its worker, [`crate::attempts::late`] receives what
//! that worker reports then.

use crate::attempts::attribution::{self, Attribution};
use crate::attempts::completion::{CompletionRow, Finished, Finishing, completion_columns};
use crate::attempts::events::insert_events;
use crate::attempts::late;
use crate::attempts::reported::insert_reported_ids;
use crate::attempts::reports::insert_message_ids;
use crate::compliance::pseudonym::Pseudonyms;
use crate::error::{Broken, broken};
use crate::mail::attempt::{Attempt, AttemptResult, Completion, NewAttempt, OpenAttempt};
use crate::mail::types::Event;
use crate::queue::lease_owner::LeaseOwner;
use crate::sql::row::{self, bounded};
use crate::sql::rows::by_mail;
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use crate::{StoreError, SystemStore};
use postroom_model::{AttemptId, MailId};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

impl SystemStore {
    /// Lists the attempts without a result, oldest first. After a start these are the ones that the program died during: in
    /// doubt, and not to be repeated before they were looked for.
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

/// An attempt that the lease owner of its mail begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning<'a> {
    pub(crate) id: AttemptId,
    pub(crate) mail: MailId,
    pub(crate) attempt: &'a NewAttempt,
    pub(crate) lease_owner: &'a LeaseOwner,
}

/// Begins attempts, all or none. Which of several can't be begun is known only of one by itself.
pub(crate) async fn begin(
    connection: &mut AnyConnection,
    beginnings: &[Beginning<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct AttemptRow {
        id: String,
        mail: String,
        account: String,
        transport: String,
        fallback: u8,
        started: String,
        lease_owner: String,
    }
    let row = |it: &Beginning<'_>| AttemptRow {
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
         and outbox.lease_owner = {} and outbox.state = 'ready' returning id",
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
    let rows: Vec<AttemptRow> = beginnings.iter().map(row).collect();
    let begun = match rows::bulk_query(sql, &rows)?.fetch_all(&mut *connection).await {
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
    let row = sqlx::query("select lease_owner, state from outbox where mail = $1").bind(mail.clone());
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(StoreError::NoSuchMail(mail)) };
    let is_own = row::optional_text(&row, "lease_owner")?.as_deref() == Some(refused.lease_owner.as_str());
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
pub(crate) struct Releasing<'a> {
    pub(crate) id: AttemptId,
    pub(crate) at: row::Time,
    pub(crate) lease_owner: &'a LeaseOwner,
}

/// Records that the last bytes of these attempts are about to leave, all or none. Only the lease owner of a mail that is still
/// to be sent may, and only while the attempt is open: leasing the mail anew, holding, cancelling or erasing it closes the
/// attempt.
pub(crate) async fn release(
    connection: &mut AnyConnection,
    released: &[Releasing<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct ReleaseRow {
        id: String,
        at: String,
        lease_owner: String,
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update attempts set released = {} from {}, outbox where attempts.id = {} and attempts.result is null \
         and outbox.mail = attempts.mail and outbox.lease_owner = {} and outbox.state = 'ready' returning attempts.id",
        each.text("at"),
        each.row(),
        each.text("id"),
        each.text("lease_owner"),
    );
    let row = |it: &Releasing<'_>| ReleaseRow {
        id: it.id.to_string(),
        at: row::stamp(it.at),
        lease_owner: it.lease_owner.to_string(),
    };
    let rows: Vec<ReleaseRow> = released.iter().map(row).collect();
    let done = ids_of(&rows::bulk_query(sql, &rows)?.fetch_all(connection).await?)?;
    match released.iter().find(|it| !done.contains(&it.id)) {
        None => Ok(()),
        Some(refused) => Err(StoreError::AttemptClosed(refused.id.to_string())),
    }
}

/// Stores the completions of attempts, all or none, and returns what became of each report, in their order. An attempt that is
/// still open is finished; for one that was closed meanwhile, see [`crate::attempts::late`].
pub(crate) async fn finish(
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
        completion_columns(each),
        each.row(),
        each.text("id"),
        columns.as_deref().unwrap_or_default(),
    );
    let rows = finished.iter().map(|it| CompletionRow::of(it.id, it.completion));
    let rows = rows.collect::<Result<Vec<CompletionRow>, StoreError>>()?;
    let rows = rows::bulk_query(sql, &rows)?.fetch_all(&mut **transaction).await?;
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
    insert_reported_ids(transaction, finished).await?;
    let mut learned = Vec::new();
    for (it, done) in finished.iter().zip(&all) {
        insert_message_ids(transaction, done.mail, &it.completion.provider_ids).await?;
        learned.extend(it.events.iter().map(|event| (done.mail, event)));
    }
    of.load(transaction, &all.iter().map(|done| done.mail).collect()).await?;
    insert_events(transaction, &of, &learned).await?;
    for (it, done) in finished.iter().zip(&all) {
        forget_erased(transaction, &of, it.id, done.mail, it.completion).await?;
    }
    Ok(all)
}

/// A decision about an attempt that has a result: one in doubt was found, or was not; the sign-in was done that it waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deciding<'a> {
    pub(crate) id: AttemptId,
    /// The lease owner of the mail, who decides.
    pub(crate) lease_owner: &'a LeaseOwner,
    /// The result that the decision is about.
    pub(crate) from: AttemptResult,
    pub(crate) completion: &'a Completion,
    pub(crate) events: &'a [Event],
}

/// Stores a decision about an attempt.
///
/// # Errors
/// [`StoreError::AttemptDecided`]: the attempt has another result by now, or the mail another lease owner.
pub(crate) async fn decide(
    connection: &mut AnyConnection,
    pseudonyms: &Pseudonyms,
    deciding: &Deciding<'_>,
) -> Result<(), StoreError> {
    let Deciding { id, lease_owner, from, completion, events } = *deciding;
    let (result, interrupted, _) = from.columns();
    let each = JsonRows::on(connection);
    let sql = format!(
        "update attempts set {} from {} where attempts.id = {} and attempts.result = $2 \
         and attempts.interrupted = $3 and exists (select 1 from outbox where outbox.mail = attempts.mail \
         and outbox.lease_owner = $4 and outbox.state = 'ready') returning attempts.mail",
        completion_columns(each),
        each.row(),
        each.text("id"),
    );
    let row = rows::bulk_query(sql, &[CompletionRow::of(id, completion)?])?
        .bind(result)
        .bind(i64::from(interrupted))
        .bind(lease_owner.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Err(StoreError::AttemptDecided(id.to_string())) };
    let mail = row::parsed(&row, "mail")?;
    let of = Attribution::of(connection, pseudonyms, &BTreeSet::from([mail])).await?;
    let learned: Vec<_> = events.iter().map(|event| (mail, event)).collect();
    insert_events(connection, &of, &learned).await?;
    forget_erased(connection, &of, id, mail, completion).await
}

/// Replaces addresses that were erased while an attempt ran in what was just written of it; an attempt that was not changed
/// stays as it is.
async fn forget_erased(
    connection: &mut AnyConnection,
    of: &Attribution<'_>,
    id: AttemptId,
    mail: MailId,
    completion: &Completion,
) -> Result<(), StoreError> {
    let Some(detail) = completion.detail.as_deref().filter(|detail| detail.contains('@')) else {
        return Ok(());
    };
    let detail = bounded(detail);
    let clean = of.text(mail, &detail);
    if clean != detail {
        let statement = sqlx::query("update attempts set detail = $1 where id = $2 and detail = $3");
        statement.bind(bounded(&clean)).bind(id.to_string()).bind(detail).execute(connection).await?;
    }
    Ok(())
}

pub(crate) async fn attempts_of(
    connection: &mut AnyConnection,
    mails: &[MailId],
) -> Result<BTreeMap<MailId, Vec<Attempt>>, StoreError> {
    let sql = "select attempts.*, accounts.name as account_name from attempts \
               join accounts on accounts.id = attempts.account where mail in";
    by_mail(rows::of(connection, mails, sql, "order by attempts.id").await?, attempt)
}

fn attempt(row: &AnyRow) -> Result<Attempt, StoreError> {
    let completion = match row::optional_time(row, "finished")? {
        Some(finished) => Some(Completion {
            finished,
            result: AttemptResult::from_row(row)?,
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
        completion,
    })
}

//! Closing the open attempt of a mail that is leased to another, held, cancelled or erased, in the same transaction, so that
//! the former worker's last bytes do not leave.
//!
//! Before its release no server can have taken the mail: the attempt is withdrawn. After it that is unknown: the attempt is in
//! doubt, until its worker reports the result, or the mail is looked for.

use crate::StoreError;
use crate::mail::attempt::AttemptResult;
use crate::sql::row::{self, Time};
use crate::sql::rows::{self, JsonRows};
use postroom_model::MailId;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// The detail of an attempt that was closed before its release.
const WITHDRAWN: &str = "the program ended before the message had left";

/// The detail of an attempt that was closed after its release.
const INTERRUPTED: &str =
    "the program ended when the message was leaving: whether a server took it is not known";

/// True of a row of the outbox with an attempt that is open, or in doubt.
pub(crate) const IS_UNDECIDED: &str = "cast(case when exists (select 1 from attempts where attempts.mail = outbox.mail \
     and (result is null or result = 'in-doubt')) then 1 else 0 end as bigint)";

/// Closes the open attempts of these mails, whose lease this transaction has just changed or ended. Returns the mails of which
/// it is now in doubt whether they left: by an attempt that was closed here, or by one that was closed before and is undecided.
pub(crate) async fn close_open_attempts(
    connection: &mut AnyConnection,
    mails: &[MailId],
    now: Time,
) -> Result<BTreeSet<MailId>, StoreError> {
    if mails.is_empty() {
        return Ok(BTreeSet::new());
    }
    let each = JsonRows::on(connection);
    let (withdrawn, _, _) = AttemptResult::Withdrawn.columns();
    let (in_doubt, _, _) = AttemptResult::InDoubt { interrupted: true }.columns();
    // On PostgreSQL a release that commits meanwhile is seen: the row is read anew once its lock is free.
    let sql = format!(
        "update attempts set finished = case when result is null then $2 else finished end, \
         interrupted = case when result is not null then interrupted when released is null then 0 else 1 end, \
         stage = case when result is not null then stage when released is null then null else 'after-dot' end, \
         detail = case when result is not null then detail when released is null then $3 else $4 end, \
         result = case when result is not null then result when released is null then '{withdrawn}' else '{in_doubt}' end \
         where (result is null or result = '{in_doubt}') and mail in (select {} from {}) returning mail, result",
        each.text("id"),
        each.row(),
    );
    let closed = rows::bulk_query(sql, &rows::ids(mails))?
        .bind(row::stamp(now))
        .bind(WITHDRAWN)
        .bind(INTERRUPTED)
        .fetch_all(connection)
        .await?;
    let mut doubtful = BTreeSet::new();
    for row in &closed {
        if row::text(row, "result")? == in_doubt {
            doubtful.insert(row::parsed(row, "mail")?);
        }
    }
    Ok(doubtful)
}

/// Marks mails in doubt that were to be held, cancelled or erased, and may have left: a person decides.
pub(crate) async fn leave_in_doubt(
    connection: &mut AnyConnection,
    mails: &BTreeSet<MailId>,
) -> Result<(), StoreError> {
    if mails.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "update outbox set state = 'in-doubt', cause = null, reason = $2 where mail in (select {} from {})",
        each.text("id"),
        each.row(),
    );
    rows::bulk_query(sql, &rows::ids(mails))?.bind(INTERRUPTED).execute(connection).await?;
    Ok(())
}

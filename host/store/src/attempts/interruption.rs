//! Taking a mail from its holder, and ending one that is still in somebody's hands: its open attempt is closed by the same
//! transaction, so that the former holder's last bytes stay where they are.
//!
//! Before its release no server can have taken the mail: the attempt is withdrawn. After it nobody knows: it is in doubt, until
//! its maker reports what came of it, or somebody looks.

use crate::StoreError;
use crate::mail::attempt::AttemptResult;
use crate::sql::row::{self, Time};
use crate::sql::rows::{self, JsonRows};
use postroom_model::MailId;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// What a person reads of an attempt that was closed before its release.
const WITHDRAWN: &str = "the program ended before the message had left";

/// What a person reads of an attempt that was closed after its release.
const INTERRUPTED: &str =
    "the program ended when the message was leaving: whether a server took it is not known";

/// In a statement about rows of the outbox, whether an attempt of the mail is open, or in doubt.
pub(crate) const IS_UNDECIDED: &str = "cast(case when exists (select 1 from attempts where attempts.mail = outbox.mail \
     and (result is null or result = 'in-doubt')) then 1 else 0 end as bigint)";

/// Closes the open attempts of these mails, which whoever asks has just taken or ended in this transaction. Gives the mails of
/// which it is now in doubt whether they left: because of an attempt that was closed here, or of one that was closed before and
/// that nobody has decided on.
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
    let closed = rows::about(sql, &rows::ids(mails))?
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

/// Says of mails that were to be held, cancelled or erased that they may have left: a person decides.
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
    rows::about(sql, &rows::ids(mails))?.bind(INTERRUPTED).execute(connection).await?;
    Ok(())
}

//! What a worker reports of an attempt that was closed: its mail was leased to another, held, cancelled or erased meanwhile.
//!
//! An attempt that was interrupted after its release is in doubt, and its worker's report ends the doubt. Any other has been
//! decided. A report that agrees with the decision changes nothing. One that contradicts it (a server took a mail that is
//! stored as withdrawn, or the other way round) is an alarm: it is in the audit log, reported to the operator, and undoes
//! nothing.

use crate::StoreError;
use crate::attempts::completion::{CompletionRow, Finished, Finishing, completion_columns};
use crate::attempts::contradiction::Contradiction;
use crate::compliance::audit::{Action, Note, note_mail};
use crate::mail::attempt::AttemptResult;
use crate::queue::orphaned::{HAS_ACCOUNT, hold_if_removed};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use postroom_model::MailId;
use sqlx::AssertSqlSafe;

/// Stores what a worker reports of an attempt that has a result already.
pub(crate) async fn report(
    transaction: &mut WriteTransaction,
    finishing: &Finishing<'_>,
) -> Result<Finished, StoreError> {
    let Finishing { id, completion, .. } = *finishing;
    // Twice at most: a decision meanwhile leaves a result that is not in doubt.
    for _ in 0..2 {
        let row = sqlx::query("select mail, result, interrupted, retry_after from attempts where id = $1");
        let row = row.bind(id.to_string()).fetch_optional(&mut **transaction).await?;
        let Some(row) = row else { return Err(StoreError::NoSuchAttempt(id.to_string())) };
        let (mail, decided) = (row::parsed(&row, "mail")?, AttemptResult::from_row(&row)?);
        if decided == (AttemptResult::InDoubt { interrupted: true }) {
            if end_doubt(transaction, mail, finishing).await? {
                return Ok(Finished { mail, contradiction: None });
            }
            continue;
        }
        if !contradict(decided, completion.result) {
            return Ok(Finished { mail, contradiction: None });
        }
        let contradiction = Contradiction { mail, attempt: id, decided, reported: completion.result };
        let detail = Some(format!("decided {decided}, reported {}", completion.result).into());
        let note = Note { detail, ..Note::of(Action::Contradicted, "worker", completion.finished) };
        note_mail(transaction, mail, &note).await?;
        return Ok(Finished { mail, contradiction: Some(contradiction) });
    }
    Err(StoreError::AttemptDecided(id.to_string()))
}

/// Ends the doubt about an interrupted attempt by its worker's report. Returns false if it was decided meanwhile.
async fn end_doubt(
    transaction: &mut WriteTransaction,
    mail: MailId,
    finishing: &Finishing<'_>,
) -> Result<bool, StoreError> {
    let Finishing { id, completion, .. } = *finishing;
    let each = JsonRows::on(transaction);
    let sql = format!(
        "update attempts set {} from {} where attempts.id = {} and attempts.result = 'in-doubt' \
         and attempts.interrupted = 1",
        completion_columns(each),
        each.row(),
        each.text("id"),
    );
    let done =
        rows::bulk_query(sql, &[CompletionRow::of(id, completion)?])?.execute(&mut **transaction).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    // The present lease owner works on a doubt that has ended: the mail is due anew, and that owner's state change is ignored. A mail
    // that all servers took becomes `sent` by the report itself.
    if completion.result != AttemptResult::Accepted && !completion.result.is_in_doubt() {
        let sql = format!(
            "update outbox set state = 'ready', lease_owner = null, due = $1, cause = null, reason = null \
             where mail = $2 and state in ('ready', 'in-doubt') and {HAS_ACCOUNT}"
        );
        let again = sqlx::query(AssertSqlSafe(sql));
        again
            .bind(completion.finished.timestamp_millis())
            .bind(mail.to_string())
            .execute(&mut **transaction)
            .await?;
        hold_if_removed(transaction, mail, "worker", completion.finished).await?;
    }
    Ok(true)
}

/// Returns true if by one of the results a server took the mail, and by the other none did.
fn contradict(decided: AttemptResult, reported: AttemptResult) -> bool {
    decided.was_taken().zip(reported.was_taken()).is_some_and(|(decided, reported)| decided != reported)
}

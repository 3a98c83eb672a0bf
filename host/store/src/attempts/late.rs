//! What the maker of an attempt reports after the attempt was closed: its mail was taken from it, held, cancelled or erased
//! meanwhile.
//!
//! An attempt that was interrupted after its release is in doubt, and its maker's word ends the doubt. Anything else has been
//! decided. What agrees with the decision changes nothing. What contradicts it (a server took a mail that is written down as
//! withdrawn, or the other way round) is an alarm: it is on record, told to whoever runs the program, and undoes nothing.

use crate::StoreError;
use crate::attempts::contradiction::Contradiction;
use crate::attempts::result_row::{Finished, Finishing, OutcomeRow, outcome_columns};
use crate::compliance::audit::{Action, Note, note_mail};
use crate::mail::attempt::AttemptResult;
use crate::queue::orphaned::{HAS_ACCOUNT, hold_if_removed};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use postroom_model::MailId;
use sqlx::AssertSqlSafe;

/// Keeps what an attempt's maker reports of it, which has a result already.
pub(crate) async fn report(
    transaction: &mut WriteTransaction,
    finishing: &Finishing<'_>,
) -> Result<Finished, StoreError> {
    let Finishing { id, outcome, .. } = *finishing;
    // Twice at most: whoever decides meanwhile leaves a result that is not in doubt.
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
        if !contradict(decided, outcome.result) {
            return Ok(Finished { mail, contradiction: None });
        }
        let contradiction = Contradiction { mail, attempt: id, decided, reported: outcome.result };
        let detail = Some(format!("decided {decided}, reported {}", outcome.result).into());
        let note = Note { detail, ..Note::of(Action::Contradicted, "worker", outcome.finished) };
        note_mail(transaction, mail, &note).await?;
        return Ok(Finished { mail, contradiction: Some(contradiction) });
    }
    Err(StoreError::AttemptDecided(id.to_string()))
}

/// The maker of an interrupted attempt knows what came of it. False: it was decided on meanwhile.
async fn end_doubt(
    transaction: &mut WriteTransaction,
    mail: MailId,
    finishing: &Finishing<'_>,
) -> Result<bool, StoreError> {
    let Finishing { id, outcome, .. } = *finishing;
    let each = JsonRows::on(transaction);
    let sql = format!(
        "update attempts set {} from {} where attempts.id = {} and attempts.result = 'in-doubt' \
         and attempts.interrupted = 1",
        outcome_columns(each),
        each.row(),
        each.text("id"),
    );
    let done = rows::about(sql, &[OutcomeRow::of(id, outcome)?])?.execute(&mut **transaction).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    // Whoever works at the mail now decided on a doubt that has ended: it is due anew, and what that holder says is not heeded. One
    // that all servers took is settled as sent by the report itself.
    if outcome.result != AttemptResult::Accepted && !outcome.result.is_in_doubt() {
        let sql = format!(
            "update outbox set state = 'ready', lease_owner = null, due = $1, cause = null, reason = null \
             where mail = $2 and state in ('ready', 'in-doubt') and {HAS_ACCOUNT}"
        );
        let again = sqlx::query(AssertSqlSafe(sql));
        again
            .bind(outcome.finished.timestamp_millis())
            .bind(mail.to_string())
            .execute(&mut **transaction)
            .await?;
        hold_if_removed(transaction, mail, "worker", outcome.finished).await?;
    }
    Ok(true)
}

/// Whether one says that a server took the mail, and the other that none did.
fn contradict(decided: AttemptResult, reported: AttemptResult) -> bool {
    decided.was_taken().zip(reported.was_taken()).is_some_and(|(decided, reported)| decided != reported)
}

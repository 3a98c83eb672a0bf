//! Applying changes of the states of mails, by their lease owners and by reports.

use crate::StoreError;
use crate::attempts::attribution::Attribution;
use crate::compliance::audit::{Action, Note, note_mail};
use crate::compliance::pseudonym::Pseudonyms;
use crate::queue::orphaned::hold_if_removed;
use crate::queue::state::{QueueState, StateChange, WaitReason};
use crate::sql::row::{self, bounded};
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use chrono::Local;
use postroom_model::MailId;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// The origin of state changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The lease owner of the mail.
    LeaseOwner,
    /// A report that has just completed its attempt, or ended the doubt about it. That all servers took the mail counts, whichever
    /// owner has leased it by now, and whatever was planned for it.
    Report,
}

/// Applies state changes and ends the leases. Only the lease owner may, except that a report may report `Sent`; a mail of
/// another owner is not changed.
pub(crate) async fn apply_state_changes(
    transaction: &mut WriteTransaction,
    pseudonyms: &Pseudonyms,
    by: By,
    changes: &[(MailId, &StateChange)],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct StateRow {
        mail: String,
        lease_owner: String,
        state: &'static str,
        due: i64,
        cause: Option<&'static str>,
        reason: Option<String>,
        copy: Option<&'static str>,
    }
    if changes.is_empty() {
        return Ok(());
    }
    let row = |(mail, state_change): &(MailId, &StateChange)| {
        let StateChange { lease_owner, queue_state, copy_due } = *state_change;
        StateRow {
            mail: mail.to_string(),
            lease_owner: lease_owner.to_string(),
            state: queue_state.name(),
            due: queue_state.due(),
            cause: queue_state.cause().map(WaitReason::as_str),
            reason: queue_state.reason().map(bounded),
            copy: copy_due.then_some("due"),
        }
    };
    let each = JsonRows::on(transaction);
    let sql = format!(
        "update outbox set lease_owner = null, state = {state}, due = {}, cause = {}, reason = {}, \
         copy = coalesce({}, outbox.copy) from {} where outbox.mail = {} \
         and (outbox.lease_owner = {}{}) returning mail",
        each.number("due"),
        each.text("cause"),
        each.text("reason"),
        each.text("copy"),
        each.row(),
        each.text("mail"),
        each.text("lease_owner"),
        if by == By::Report { format!(" or {} = 'sent'", each.text("state")) } else { String::new() },
        state = each.text("state"),
    );
    let rows: Vec<StateRow> = changes.iter().map(row).collect();
    let done = rows::bulk_query(sql, &rows)?.fetch_all(&mut **transaction).await?;
    let done = done.iter().map(|row| row::parsed(row, "mail")).collect::<Result<BTreeSet<MailId>, _>>()?;
    forget_erased(transaction, pseudonyms, changes, &done).await?;
    let now = Local::now().fixed_offset();
    for (mail, StateChange { lease_owner, queue_state, .. }) in
        changes.iter().filter(|(mail, _)| done.contains(mail))
    {
        match queue_state {
            QueueState::Ready { .. } => hold_if_removed(transaction, *mail, lease_owner.kind(), now).await?,
            QueueState::Held { cause, .. } => {
                let note = Note {
                    detail: Some(cause.as_str().into()),
                    ..Note::of(Action::Held, lease_owner.kind(), now)
                };
                note_mail(transaction, *mail, &note).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Replaces addresses in the reasons that were erased meanwhile.
async fn forget_erased(
    connection: &mut AnyConnection,
    pseudonyms: &Pseudonyms,
    changes: &[(MailId, &StateChange)],
    done: &BTreeSet<MailId>,
) -> Result<(), StoreError> {
    let reasons = changes.iter().filter(|(mail, _)| done.contains(mail));
    let reasons = reasons.filter_map(|(mail, it)| Some((*mail, it.queue_state.reason()?)));
    let reasons: Vec<(MailId, &str)> = reasons.filter(|(_, reason)| reason.contains('@')).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    let mails = reasons.iter().map(|(mail, _)| *mail).collect();
    let of = Attribution::of(connection, pseudonyms, &mails).await?;
    for (mail, reason) in reasons {
        let clean = of.text(mail, reason);
        if clean != reason {
            let statement = sqlx::query("update outbox set reason = $1 where mail = $2");
            statement.bind(bounded(&clean)).bind(mail.to_string()).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

//! Where mails stand, said by whoever has them.

use super::StoreError;
use super::attempts::bounded;
use super::attribution::Attribution;
use super::audit::{Action, Note, note_mail};
use super::orphaned::hold_if_removed;
use super::pseudonym::Pseudonyms;
use super::queue_state::{QueueState, StateChange, WaitReason};
use super::row;
use super::rows::{self, JsonRows};
use super::writing::WriteTransaction;
use chrono::Local;
use postroom_model::MailId;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Who says where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Its holder.
    LeaseOwner,
    /// A report that has just ended its attempt, or the doubt about it. That all servers took the mail counts whoever has it by
    /// now, and whatever was to become of it.
    Report,
}

/// Applies changes of where mails stand, and ends their leases. Only the holder of a mail may, except that a report may say that
/// it was sent; of what another holder has nothing is changed.
pub(super) async fn settle(
    transaction: &mut WriteTransaction,
    pseudonyms: &Pseudonyms,
    by: By,
    settled: &[(MailId, &StateChange)],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        mail: String,
        lease_owner: String,
        state: &'static str,
        due: i64,
        cause: Option<&'static str>,
        reason: Option<String>,
        copy: Option<&'static str>,
    }
    if settled.is_empty() {
        return Ok(());
    }
    let row = |(mail, settlement): &(MailId, &StateChange)| {
        let StateChange { lease_owner, queue_state, copy_due } = *settlement;
        Row {
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
        "update outbox set holder = null, state = {state}, due = {}, cause = {}, reason = {}, \
         copy = coalesce({}, outbox.copy) from {} where outbox.mail = {} \
         and (outbox.holder = {}{}) returning mail",
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
    let rows: Vec<Row> = settled.iter().map(row).collect();
    let done = rows::about(sql, &rows)?.fetch_all(&mut **transaction).await?;
    let done = done.iter().map(|row| row::parsed(row, "mail")).collect::<Result<BTreeSet<MailId>, _>>()?;
    forget_erased(transaction, pseudonyms, settled, &done).await?;
    let now = Local::now().fixed_offset();
    for (mail, StateChange { lease_owner, queue_state, .. }) in
        settled.iter().filter(|(mail, _)| done.contains(mail))
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

/// Takes addresses that were erased meanwhile out of the reasons.
async fn forget_erased(
    connection: &mut AnyConnection,
    pseudonyms: &Pseudonyms,
    settled: &[(MailId, &StateChange)],
    done: &BTreeSet<MailId>,
) -> Result<(), StoreError> {
    let reasons = settled.iter().filter(|(mail, _)| done.contains(mail));
    let reasons = reasons.filter_map(|(mail, it)| Some((*mail, it.queue_state.reason()?)));
    let reasons: Vec<(MailId, &str)> = reasons.filter(|(_, reason)| reason.contains('@')).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    let mails = reasons.iter().map(|(mail, _)| *mail).collect();
    let of = Attribution::of(connection, pseudonyms, &mails).await?;
    for (mail, reason) in reasons {
        let kept = of.text(mail, reason);
        if kept != reason {
            let statement = sqlx::query("update outbox set reason = $1 where mail = $2");
            statement.bind(bounded(&kept)).bind(mail.to_string()).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

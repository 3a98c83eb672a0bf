//! Where mails stand, said by whoever has them.

use super::StoreError;
use super::attempts::bounded;
use super::audit::{Action, Note, note_mail};
use super::mail::MailId;
use super::removed::hold_if_removed;
use super::row;
use super::rows::{self, Each};
use super::standing::{Cause, Settlement, Standing};
use chrono::Local;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Who says where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Its holder.
    Holder,
    /// A report that has just ended its attempt, or the doubt about it. That all servers took the mail counts whoever has it by
    /// now, and whatever was to become of it.
    Report,
}

/// Applies changes of where mails stand, and ends their leases. Only the holder of a mail may, except that a report may say that
/// it was sent; of what another holder has nothing is changed.
pub(super) async fn settle(
    connection: &mut AnyConnection,
    by: By,
    settled: &[(MailId, &Settlement)],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct Row {
        mail: String,
        holder: String,
        state: &'static str,
        due: i64,
        cause: Option<&'static str>,
        reason: Option<String>,
        copy: Option<&'static str>,
    }
    if settled.is_empty() {
        return Ok(());
    }
    let row = |(mail, settlement): &(MailId, &Settlement)| {
        let Settlement { holder, standing, copy_due } = *settlement;
        Row {
            mail: mail.to_string(),
            holder: holder.to_string(),
            state: standing.name(),
            due: standing.due(),
            cause: standing.cause().map(Cause::as_str),
            reason: standing.reason().map(bounded),
            copy: copy_due.then_some("due"),
        }
    };
    let each = Each::on(connection);
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
        each.text("holder"),
        if by == By::Report { format!(" or {} = 'sent'", each.text("state")) } else { String::new() },
        state = each.text("state"),
    );
    let rows: Vec<Row> = settled.iter().map(row).collect();
    let done = rows::about(sql, &rows)?.fetch_all(&mut *connection).await?;
    let done = done.iter().map(|row| row::parsed(row, "mail")).collect::<Result<BTreeSet<MailId>, _>>()?;
    let now = Local::now().fixed_offset();
    for (mail, Settlement { holder, standing, .. }) in settled.iter().filter(|(mail, _)| done.contains(mail))
    {
        match standing {
            Standing::Ready { .. } => hold_if_removed(connection, *mail, holder.kind(), now).await?,
            Standing::Held { cause, .. } => {
                let note = Note {
                    detail: Some(cause.as_str().into()),
                    ..Note::of(Action::Held, holder.kind(), now)
                };
                note_mail(connection, *mail, &note).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

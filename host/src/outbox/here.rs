//! What the outbox itself knows of a mail's status: that it is still here, or was withdrawn here. Nothing is written for it.
//! A hundred thousand mails that wait are a hundred thousand rows of the queue, and the fact is made of the row when somebody
//! asks.

use super::error::OutboxError;
use super::facts::{self, Time};
use crate::engine::{Files, Office};
use crate::store::{Event, Mail, OutboxRow, Standing};

/// The facts that follow from where a mail stands, for each recipient that no server was given it for.
///
/// # Errors
/// [`OutboxError`].
pub(super) async fn facts(office: &Office, mail: &Mail, now: Time) -> Result<Vec<Event>, OutboxError> {
    let in_doubt =
        mail.attempts.iter().filter_map(|it| it.outcome.as_ref()).any(|it| it.result.is_in_doubt());
    let known = said(&mail.outbox).filter(|(kind, _)| *kind == "queued" || !in_doubt);
    let Some((kind, words)) = known.filter(|_| mail.mail.created <= now) else {
        return Ok(Vec::new());
    };
    let left = outstanding(office, mail).await?;
    Ok(left.iter().map(|recipient| facts::own_event(recipient, kind, now, words.clone())).collect())
}

/// Those that an attempt must name.
///
/// # Errors
/// [`OutboxError`].
pub(super) async fn outstanding(office: &Office, mail: &Mail) -> Result<Vec<String>, OutboxError> {
    let to = &mail.mail.message.rcpt_to;
    if mail.events.is_empty() {
        return Ok(to.clone());
    }
    let events = facts::told_events(&mail.events);
    let left = office.outstanding(&Files::default(), to, &events).await?;
    left.map_err(|fault| facts::disagreement(&fault))
}

/// The fact that a standing is, in the contract's name, and why it stands so. Held and scheduled mails are under way too:
/// they leave when somebody, or the time, lets them. A cancelled one will not arrive, unless it was in doubt when it was
/// cancelled: it may have left then, as one that is in doubt, or back from a backup that does not know.
fn said(row: &OutboxRow) -> Option<(&'static str, Option<String>)> {
    if row.restored.is_some() {
        return None;
    }
    match &row.standing {
        Standing::Ready { waits, .. } => Some(("queued", waits.as_ref().map(|(_, reason)| reason.clone()))),
        Standing::Held { reason, .. } => Some(("queued", Some(reason.clone()))),
        Standing::Failed { reason } => Some(("unsent", Some(reason.clone()))),
        Standing::Cancelled => Some(("unsent", Some("cancelled before it left".to_owned()))),
        Standing::InDoubt { .. } | Standing::Sent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Cause;

    #[test]
    fn a_mail_is_said_to_be_under_way_exactly_while_it_is_here() {
        let now: Time = "2026-11-27T10:00:00+01:00".parse().unwrap();
        let waits = |cause, why: &str| Standing::Ready { due: now, waits: Some((cause, why.to_owned())) };
        let (queued, unsent) = (Some("queued"), Some("unsent"));
        for (standing, kind, words) in [
            (Standing::Ready { due: now, waits: None }, queued, None),
            (
                waits(Cause::Wait, "its next attempt is due then"),
                queued,
                Some("its next attempt is due then"),
            ),
            (waits(Cause::Question, "may it leave?"), queued, Some("may it leave?")),
            (
                Standing::Held { cause: Cause::User, reason: "held by lotte".into() },
                queued,
                Some("held by lotte"),
            ),
            (Standing::Held { cause: Cause::Account, reason: "sign in".into() }, queued, Some("sign in")),
            (Standing::InDoubt { reason: "nobody knows".into() }, None, None),
            (Standing::Sent, None, None),
            (Standing::Failed { reason: "gave up".into() }, unsent, Some("gave up")),
            (Standing::Cancelled, unsent, Some("cancelled before it left")),
        ] {
            let row = OutboxRow {
                standing: standing.clone(),
                holder: None,
                send_at: None,
                answer: None,
                restored: None,
            };
            let found = said(&row);
            let found = found.as_ref().map(|(kind, words)| (*kind, words.as_deref()));
            assert_eq!(found, kind.map(|kind| (kind, words)), "{standing:?}");
            let restored = OutboxRow { restored: Some(now), ..row };
            assert_eq!(said(&restored), None, "it may have left since the backup: {standing:?}");
        }
    }
}

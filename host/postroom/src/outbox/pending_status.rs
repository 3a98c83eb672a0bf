//! What follows for a mail's status from its row in the queue: that it is still here, or was withdrawn here. Nothing is written for
//! it. A hundred thousand mails that wait are a hundred thousand rows of the queue, and the fact is made of the row when it is
//! asked for.

use super::error::OutboxError;
use super::facts::{self, Time};
use crate::engine::{CompanyPlugin, Files};
use postroom_store::{Event, Mail, OutboxRow, QueueState};

/// Makes the facts that follow from a mail's state, for each recipient that no server was given it for.
pub(super) async fn facts(
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    now: Time,
) -> Result<Vec<Event>, OutboxError> {
    let in_doubt =
        mail.attempts.iter().filter_map(|it| it.completion.as_ref()).any(|it| it.result.is_in_doubt());
    let known = pending_fact(&mail.outbox).filter(|(kind, _)| *kind == "queued" || !in_doubt);
    let Some((kind, words)) = known.filter(|_| mail.mail.created <= now) else {
        return Ok(Vec::new());
    };
    let left = outstanding(company_plugin, mail).await?;
    Ok(left.iter().map(|recipient| facts::own_event(recipient, kind, now, words.clone())).collect())
}

/// Lists the recipients that an attempt must name.
pub(super) async fn outstanding(
    company_plugin: &CompanyPlugin,
    mail: &Mail,
) -> Result<Vec<String>, OutboxError> {
    let to = &mail.mail.message.rcpt_to;
    if mail.events.is_empty() {
        return Ok(to.clone());
    }
    let events = facts::told_events(&mail.events);
    let left = company_plugin.outstanding(&Files::default(), to, &events).await?;
    left.map_err(|fault| facts::disagreement(&fault))
}

/// The fact that follows from a state, by the contract's name, with the reason. Held and scheduled mails are under way too:
/// they leave when a person, or the time, lets them. A cancelled one will not arrive, unless it was in doubt when it was
/// cancelled: it may have left then, as one that is in doubt, or back from a backup that does not know.
fn pending_fact(row: &OutboxRow) -> Option<(&'static str, Option<String>)> {
    if row.restored.is_some() {
        return None;
    }
    match &row.queue_state {
        QueueState::Ready { waits, .. } => Some(("queued", waits.as_ref().map(|(_, reason)| reason.clone()))),
        QueueState::Held { reason, .. } => Some(("queued", Some(reason.clone()))),
        QueueState::Failed { reason } => Some(("unsent", Some(reason.clone()))),
        QueueState::Cancelled => Some(("unsent", Some("cancelled before it left".to_owned()))),
        QueueState::InDoubt { .. } | QueueState::Sent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postroom_store::WaitReason;

    #[test]
    fn a_mail_is_said_to_be_under_way_exactly_while_it_is_here() {
        let now: Time = "2026-11-27T10:00:00+01:00".parse().unwrap();
        let waits = |cause, why: &str| QueueState::Ready { due: now, waits: Some((cause, why.to_owned())) };
        let (queued, unsent) = (Some("queued"), Some("unsent"));
        for (queue_state, kind, words) in [
            (QueueState::Ready { due: now, waits: None }, queued, None),
            (
                waits(WaitReason::Wait, "its next attempt is due then"),
                queued,
                Some("its next attempt is due then"),
            ),
            (waits(WaitReason::Question, "may it leave?"), queued, Some("may it leave?")),
            (
                QueueState::Held { cause: WaitReason::User, reason: "held by lotte".into() },
                queued,
                Some("held by lotte"),
            ),
            (
                QueueState::Held { cause: WaitReason::Account, reason: "sign in".into() },
                queued,
                Some("sign in"),
            ),
            (QueueState::InDoubt { reason: "nobody knows".into() }, None, None),
            (QueueState::Sent, None, None),
            (QueueState::Failed { reason: "gave up".into() }, unsent, Some("gave up")),
            (QueueState::Cancelled, unsent, Some("cancelled before it left")),
        ] {
            let row = OutboxRow {
                queue_state: queue_state.clone(),
                lease_owner: None,
                send_at: None,
                answer: None,
                restored: None,
            };
            let found = pending_fact(&row);
            let found = found.as_ref().map(|(kind, words)| (*kind, words.as_deref()));
            assert_eq!(found, kind.map(|kind| (kind, words)), "{queue_state:?}");
            let restored = OutboxRow { restored: Some(now), ..row };
            assert_eq!(pending_fact(&restored), None, "it may have left since the backup: {queue_state:?}");
        }
    }
}

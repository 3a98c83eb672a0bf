//! What the store knows of a batch's mails, asked a group at a time: was the same asked for before, and may its recipients be
//! written to.

use super::BulkRequest;
use super::row::{Note, Problem, Row, Unresolved, Verdict};
use crate::app::{Session, now};
use postroom_store::{AskedBefore, MailId, NewMail, OutboxRow, QueueState, StoreError};

/// A row, and its mail where one was made.
pub(super) type Checked = (Row, Option<NewMail>);

/// Compares rows with the store.
pub(super) async fn compare(
    session: &Session,
    request: &BulkRequest,
    group: &mut [Checked],
) -> Result<(), StoreError> {
    let composed: Vec<(&mut Row, &NewMail)> =
        group.iter_mut().filter_map(|(row, composed)| Some((row, composed.as_ref()?))).collect();
    let store = session.connections.store();
    let mails: Vec<&NewMail> = composed.iter().map(|(_, mail)| *mail).collect();
    let before = session.user_store().asked_before(&mails).await?;
    let known = before.iter().filter_map(|before| match before {
        AskedBefore::As(mail) | AskedBefore::Failed(mail) => Some(*mail),
        AskedBefore::No | AskedBefore::Elsewhere => None,
    });
    let states = session.user_store().outbox_rows(&known.collect::<Vec<_>>()).await?;
    let to: Vec<String> = mails.iter().flat_map(|mail| mail.message.rcpt_to.iter().cloned()).collect();
    let all_may = store.suppressed(session.company.id, &to).await?.is_empty();
    for ((row, mail), before) in composed.into_iter().zip(before) {
        match before {
            AskedBefore::No => {}
            AskedBefore::As(mail) => {
                row.before = Some(mail);
                if let Some(state) = states.get(&mail) {
                    row.was_asked_before(request, state);
                }
            }
            AskedBefore::Failed(mail) => row.failed_before(request, mail, states.get(&mail)),
            AskedBefore::Elsewhere => row.was_asked_elsewhere(request),
        }
        if !all_may && row.verdict != Verdict::LeftOut {
            for one in store.suppressed(session.company.id, &mail.message.rcpt_to).await? {
                row.needs(Problem::Suppressed(one));
            }
        }
    }
    Ok(())
}

impl Row {
    /// What was asked for from an account that the user may not use is left out, and not named.
    fn was_asked_elsewhere(&mut self, request: &BulkRequest) {
        if request.again || self.verdict != Verdict::Sendable {
            return;
        }
        self.verdict = Verdict::LeftOut;
        self.notes.push(Note::AskedElsewhere);
    }

    /// Mails that failed for all recipients are sent again.
    fn failed_before(&mut self, request: &BulkRequest, mail: MailId, state: Option<&OutboxRow>) {
        if request.again || self.verdict != Verdict::Sendable {
            return;
        }
        let reason = match state.map(|state| &state.queue_state) {
            Some(QueueState::Failed { reason }) => Some(reason.clone()),
            _ => None,
        };
        self.notes.push(Note::FailedBefore { mail, reason });
    }

    /// What has not left since is sent now; what has is left out.
    fn was_asked_before(&mut self, request: &BulkRequest, row: &OutboxRow) {
        let Some(mail) = self.before.filter(|_| !request.again && self.verdict == Verdict::Sendable) else {
            return;
        };
        self.verdict = Verdict::LeftOut;
        self.unresolved = Unresolved::of(&row.queue_state);
        let state = row.label(now());
        if matches!(row.queue_state, QueueState::Ready { .. }) {
            self.waiting = Some(mail);
            self.notes.push(Note::InOutbox { state });
        } else {
            self.notes.push(Note::AskedBefore { mail, state });
        }
    }
}

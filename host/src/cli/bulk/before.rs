//! What the ledger knows of a batch's mails, asked for a group at a time: was the same asked for before, and may those whom it
//! goes to be written to.

use super::preflight::{Row, Verdict};
use super::queue_state::Stands;
use super::{BulkArgs, Desk};
use crate::cli::desk::now;
use crate::store::{AskedBefore, MailId, NewMail, OutboxRow, QueueState, StoreError};

/// A row, and its mail where one was made.
pub(super) type Checked = (Row, Option<NewMail>);

/// Compares rows with the ledger.
pub(super) async fn compare(desk: &Desk, args: &BulkArgs, group: &mut [Checked]) -> Result<(), StoreError> {
    let made: Vec<(&mut Row, &NewMail)> =
        group.iter_mut().filter_map(|(row, made)| Some((row, made.as_ref()?))).collect();
    let store = desk.connections.store();
    let mails: Vec<&NewMail> = made.iter().map(|(_, mail)| *mail).collect();
    let before = desk.user_store().asked_before(&mails).await?;
    let known = before.iter().filter_map(|before| match before {
        AskedBefore::As(mail) | AskedBefore::Failed(mail) => Some(*mail),
        AskedBefore::No | AskedBefore::Elsewhere => None,
    });
    let states = desk.user_store().outbox_rows(&known.collect::<Vec<_>>()).await?;
    let to: Vec<String> = mails.iter().flat_map(|mail| mail.message.rcpt_to.iter().cloned()).collect();
    let all_may = store.suppressed(desk.company.id, &to).await?.is_empty();
    for ((row, mail), before) in made.into_iter().zip(before) {
        match before {
            AskedBefore::No => {}
            AskedBefore::As(mail) => {
                row.before = Some(mail);
                if let Some(state) = states.get(&mail) {
                    row.was_asked_before(args, state);
                }
            }
            AskedBefore::Failed(mail) => row.failed_before(args, mail, states.get(&mail)),
            AskedBefore::Elsewhere => row.was_asked_elsewhere(args),
        }
        if !all_may && row.verdict != Verdict::LeftOut {
            for one in store.suppressed(desk.company.id, &mail.message.rcpt_to).await? {
                row.needs("recipient", format!("{one}: `postroom suppressions release {}`", one.address));
            }
        }
    }
    Ok(())
}

impl Row {
    /// What was asked for from an account that the user may not use is left out, and not named.
    fn was_asked_elsewhere(&mut self, args: &BulkArgs) {
        if args.again || self.verdict != Verdict::Sendable {
            return;
        }
        self.verdict = Verdict::LeftOut;
        self.notes.push(
            "the same was asked for before, from an account that you may not use: ask an administrator (--again sends \
             it as a mail of its own)"
                .to_owned(),
        );
    }

    /// What failed for everybody is sent again.
    fn failed_before(&mut self, args: &BulkArgs, mail: MailId, state: Option<&OutboxRow>) {
        if args.again || self.verdict != Verdict::Sendable {
            return;
        }
        let why = match state.map(|state| &state.queue_state) {
            Some(QueueState::Failed { reason }) => format!(" ({reason})"),
            _ => String::new(),
        };
        self.notes.push(format!("it failed before{why}, and is sent again: mail {mail}"));
    }

    /// What has not left since is sent now; what has is left out.
    fn was_asked_before(&mut self, args: &BulkArgs, state: &OutboxRow) {
        let Some(before) = self.before.filter(|_| !args.again && self.verdict == Verdict::Sendable) else {
            return;
        };
        self.verdict = Verdict::LeftOut;
        self.stands = Stands::of(&state.queue_state);
        let label = state.label(now());
        if matches!(state.queue_state, QueueState::Ready { .. }) {
            self.waiting = Some(before);
            self.notes.push(format!("in the outbox since an earlier start, {label}"));
        } else {
            self.notes.push(format!(
                "the same was asked for before, {label}: mail {before} (--again sends it again)"
            ));
        }
    }
}

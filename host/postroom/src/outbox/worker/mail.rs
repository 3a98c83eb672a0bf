//! One mail in a worker's hands, from taking it to putting it down.

use super::{AccountContext, Notices, Tally};
use crate::outbox::dispatch::{Answers, Copies, Dispatch, Step};
use crate::outbox::error::OutboxError;
use crate::outbox::outbox_handle::OutboxHandle;
use crate::outbox::waiting::Wait;
use chrono::Duration;
use postroom_store::{Mail, MailId, QueueState, StoreError, WaitReason};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Steps in one go. A mail that still asks for more is put down for a moment: nothing may turn in circles.
const STEPS: usize = 16;

/// What this program could not do now is tried again after this.
const AGAIN: Duration = Duration::minutes(5);

/// To whom the work is told.
pub(super) struct Reporting {
    pub(super) tally: Arc<Tally>,
    pub(super) notices: Notices,
}

/// A mail as it was read when it was taken.
pub(super) struct Taken {
    pub(super) mail: Mail,
    /// See [`Dispatch`].
    pub(super) cleared: bool,
}

/// Moves a mail on as far as it goes now, and puts it down where it then stands. `taken`: none where it could not be read.
pub(super) async fn move_on(
    outbox: OutboxHandle,
    place: Arc<AccountContext>,
    id: MailId,
    taken: Option<Taken>,
    to: Reporting,
) {
    let dispatch = Dispatch {
        outbox: &outbox,
        company_plugin: &place.company_plugin,
        company: place.company.clone(),
        account: place.account.clone(),
        fallback: place.fallback.clone(),
        copies: Copies::Later,
        pretend: None,
        cleared: taken.as_ref().is_some_and(|taken| taken.cleared),
        pause: place.pause.clone(),
    };
    let read = taken.map(|taken| taken.mail);
    let queue_state = match step(&dispatch, id, read, &to.tally).await {
        Ok(Some(step)) => {
            count(&to.tally, &step);
            step.queue_state(outbox.clock.now())
        }
        Ok(None) => return,
        Err(error) => match put_off(&error, &outbox) {
            Some(queue_state) => {
                let words = match &error {
                    OutboxError::Store(error) => outbox.words(error),
                    other => other.to_string(),
                };
                (to.notices)(&format!("mail {id}: {words}"));
                to.tally.put_off.fetch_add(1, Ordering::Relaxed);
                queue_state
            }
            // It is somebody else's.
            None => return,
        },
    };
    outbox.apply_state(id, queue_state).await;
}

/// The step at which the mail has to be put down; none: a server took it, and it has been put down.
async fn step(
    dispatch: &Dispatch<'_>,
    id: MailId,
    mut read: Option<Mail>,
    tally: &Tally,
) -> Result<Option<Step>, OutboxError> {
    for _ in 0..STEPS {
        let mail = match read.take() {
            Some(mail) => mail,
            None => dispatch.outbox.store.mail(id).await?,
        };
        let now = dispatch.outbox.clock.now();
        match dispatch.next(mail, &dispatch.account, Answers::default(), now).await? {
            Step::Made(made) if let Some(queue_state) = made.queue_state.clone() => {
                let counter = if queue_state == QueueState::Sent { &tally.sent } else { &tally.failed };
                counter.fetch_add(1, Ordering::Relaxed);
                return Ok(None);
            }
            Step::Made(_) => {}
            step => return Ok(Some(step)),
        }
    }
    Ok(Some(Step::WaitUntil(Wait::for_the_first_try(dispatch.outbox.clock.now() + Duration::minutes(1)))))
}

fn count(tally: &Tally, step: &Step) {
    let counter = match step {
        Step::GaveUp(_) => &tally.failed,
        Step::AskInDoubt => &tally.in_doubt,
        Step::Done => &tally.sent,
        Step::Made(_) | Step::WaitUntil(_) | Step::Hold(_) | Step::Suppressed(_) | Step::AskFallback(_) => {
            &tally.put_off
        }
    };
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Where a mail stands after an error; none: it is not for us to say.
fn put_off(error: &OutboxError, outbox: &OutboxHandle) -> Option<QueueState> {
    let reason = error.to_string();
    match error {
        OutboxError::Store(StoreError::LeaseLost(_)) => None,
        // Read and decided on anew, where it is still ours.
        OutboxError::Store(StoreError::AttemptDecided(_)) => {
            Some(QueueState::Ready { due: outbox.clock.now(), waits: None })
        }
        // Whoever takes it next finds it as it is.
        OutboxError::Store(error) if error.is_transient() || error.needs_operator() => {
            Some(QueueState::Ready { due: outbox.clock.now() + Duration::seconds(1), waits: None })
        }
        OutboxError::File(_) => Some(QueueState::Held { cause: WaitReason::User, reason }),
        // No waiting makes it send; another setting of the account does.
        OutboxError::NotOurs(_) => Some(QueueState::Held { cause: WaitReason::Account, reason }),
        _ => {
            let due = outbox.clock.now() + AGAIN;
            Some(QueueState::Ready { due, waits: Some((WaitReason::Wait, reason)) })
        }
    }
}

//! One mail of a worker's, from its lease to the recorded state.

use super::{AccountContext, Tally};
use crate::outbox::dispatch::{Answers, Copies, Dispatch};
use crate::outbox::error::OutboxError;
use crate::outbox::outbox_handle::OutboxHandle;
use crate::outbox::step::Step;
use crate::outbox::waiting::Wait;
use chrono::Duration;
use postroom_store::{Mail, MailId, QueueState, StoreError, WaitReason};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Steps of a mail in a row. A mail that still has another is put off for a moment, so that no mail can loop for ever.
const STEPS: usize = 16;

/// A mail whose step failed is tried again after this.
const AGAIN: Duration = Duration::minutes(5);

/// A mail as it was loaded when it was claimed.
pub(super) struct Loaded {
    pub(super) mail: Mail,
    /// See [`Dispatch::cleared`].
    pub(super) cleared: bool,
}

/// Does a mail's next steps until it has to wait or has ended, and records its state. `loaded`: none if it could not be loaded.
pub(super) async fn send(
    outbox: OutboxHandle,
    context: Arc<AccountContext>,
    id: MailId,
    loaded: Option<Loaded>,
    tally: Arc<Tally>,
) {
    let dispatch = Dispatch {
        outbox: &outbox,
        company_plugin: &context.company_plugin,
        company: &context.company,
        account: &context.account,
        fallback: context.fallback.as_ref(),
        copies: Copies::Later,
        pretend: None,
        cleared: loaded.as_ref().is_some_and(|loaded| loaded.cleared),
        pause: context.pause.clone(),
    };
    let mail = loaded.map(|loaded| loaded.mail);
    let state = match step(&dispatch, id, mail, &tally).await {
        Ok(Some(step)) => {
            count(&tally, &step);
            step.queue_state(outbox.clock.now())
        }
        Ok(None) => return,
        Err(error) => match put_off(&error, &outbox) {
            Some(state) => {
                let words = match &error {
                    OutboxError::Store(error) => outbox.describe(error),
                    other => other.to_string(),
                };
                tracing::warn!("mail {id}: {words}");
                tally.put_off.fetch_add(1, Ordering::Relaxed);
                state
            }
            // Another owner has leased it.
            None => return,
        },
    };
    outbox.apply_state(id, state).await;
}

/// Does steps until the mail has to be put off, and gives that step; none: a server accepted it, and its state is recorded.
async fn step(
    dispatch: &Dispatch<'_>,
    id: MailId,
    mut loaded: Option<Mail>,
    tally: &Tally,
) -> Result<Option<Step>, OutboxError> {
    for _ in 0..STEPS {
        let mail = match loaded.take() {
            Some(mail) => mail,
            None => dispatch.outbox.store.mail(id).await?,
        };
        let now = dispatch.outbox.clock.now();
        match dispatch.next(mail, dispatch.account, Answers::default(), now).await? {
            Step::Made(attempt) if let Some(queue_state) = attempt.queue_state.clone() => {
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

/// Gives the state of a mail after an error; none if another owner has leased it.
fn put_off(error: &OutboxError, outbox: &OutboxHandle) -> Option<QueueState> {
    let reason = error.to_string();
    match error {
        OutboxError::Store(StoreError::LeaseLost(_)) => None,
        // It is loaded and decided on anew, if it is still leased to us.
        OutboxError::Store(StoreError::AttemptDecided(_)) => {
            Some(QueueState::Ready { due: outbox.clock.now(), waits: None })
        }
        // Nothing was recorded: the next owner finds it as it is.
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

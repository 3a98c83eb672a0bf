//! Delivering a stored mail while its user waits: attempt after attempt, until it has left or has to wait for longer than they do.

use super::{AppError, Session, now};
use crate::outbox::{Answers, Dispatch, LEASE, Made, OutboxError, Step, Taken, timeline};
use chrono::{DateTime, FixedOffset};
use postroom_contract::tracking::Timeline;
use postroom_model::Transport;
use postroom_store::{Mail, MailId, QueueState};
use std::time::{Duration, Instant};

/// A request to deliver a mail.
#[derive(Debug, Clone, Default)]
pub struct DeliveryRequest {
    /// What the user has answered already.
    pub answers: Answers,
    /// How long to wait for a next attempt.
    pub wait: Duration,
}

/// An event while a mail is delivered.
#[derive(Debug)]
pub enum DeliveryEvent {
    /// An attempt begins, or a look at what became of an earlier one.
    StepBegins,
    /// It has ended; `failed`: it could not be recorded, and nothing follows.
    StepEnds {
        /// The use case ends with an error.
        failed: bool,
    },
    /// An attempt was made.
    Attempted(Box<Made>),
    /// The next attempt is not due before this time, and is waited for.
    WaitBegins {
        /// When it is due.
        until: DateTime<FixedOffset>,
    },
    /// It is due.
    WaitEnds,
}

/// An observer of a delivery, who can be asked a question.
pub trait DeliveryObserver: Send {
    /// Takes note of what happened.
    fn event(&mut self, event: DeliveryEvent);

    /// Decides whether the mail may leave through this account instead of its own; none: no person can be asked.
    fn may_use_fallback(&mut self, fallback: &str) -> Result<Option<bool>, AppError>;
}

/// An observer without a person: events are dropped, and no question is answered.
impl DeliveryObserver for () {
    fn event(&mut self, _: DeliveryEvent) {}

    fn may_use_fallback(&mut self, _: &str) -> Result<Option<bool>, AppError> {
        Ok(None)
    }
}

/// The state of a mail after a delivery.
#[derive(Debug)]
pub struct Delivered {
    /// What was done last, or what the mail waits for.
    pub step: Step,
    /// The mail with its attempts.
    pub mail: Mail,
    /// Its status for each recipient.
    pub timeline: Timeline,
}

impl Session {
    /// Delivers a stored mail as far as it goes within the time given, and reads what has become of it. Closes
    /// the session's connections.
    pub async fn deliver(
        &self,
        id: MailId,
        request: &DeliveryRequest,
        observer: &mut dyn DeliveryObserver,
    ) -> Result<Delivered, AppError> {
        if self.account.transport == Transport::MailClient {
            return Err(OutboxError::NotOurs(self.account.name.to_string()).into());
        }
        let step = match self.take(id).await? {
            Some(taken) => {
                let work = self.answer_and_move_on(id, request, observer);
                taken.work(work, |step| step.queue_state(now())).await?
            }
            None => Step::Done,
        };
        self.connections.close().await;
        let mail = self.user_store().mail(id).await?;
        let timeline = timeline(&self.plugin, &mail, now()).await?;
        Ok(Delivered { step, mail, timeline })
    }

    /// Leases the mail to this session; none: it has left already.
    async fn take(&self, id: MailId) -> Result<Option<Taken<'_>>, AppError> {
        match self.user_store().take(&self.outbox.lease_owner, id, now(), LEASE).await? {
            Ok(before) if before.queue_state == QueueState::Cancelled => Err(AppError::Cancelled(id)),
            Ok(before) if before.queue_state == QueueState::Sent => Ok(None),
            Ok(before) => Ok(Some(Taken::of(&self.outbox, id, before))),
            Err(until) => Err(AppError::BeingSent { mail: id, until }),
        }
    }

    /// Records what the user has answered about a leased mail, and moves it on.
    async fn answer_and_move_on(
        &self,
        id: MailId,
        request: &DeliveryRequest,
        observer: &mut dyn DeliveryObserver,
    ) -> Result<Step, AppError> {
        if let Some(answer) = request.answers.fallback {
            self.user_store().set_answer(id, answer).await?;
        }
        if request.answers.send_again {
            self.user_store().note_sent_again(id, now()).await?;
        }
        self.move_on(&self.dispatch(), id, request, observer).await
    }

    async fn move_on(
        &self,
        dispatch: &Dispatch<'_>,
        id: MailId,
        request: &DeliveryRequest,
        observer: &mut dyn DeliveryObserver,
    ) -> Result<Step, AppError> {
        let mut answers = request.answers;
        let patience_until = Instant::now() + request.wait;
        loop {
            observer.event(DeliveryEvent::StepBegins);
            let step = dispatch.step(id, answers, now()).await;
            observer.event(DeliveryEvent::StepEnds { failed: step.is_err() });
            match step? {
                Step::Made(attempt) => {
                    // The answer was given for that doubt, not for the next.
                    answers.send_again = false;
                    observer.event(DeliveryEvent::Attempted(attempt));
                }
                Step::WaitUntil(wait) => {
                    let left = patience_until.saturating_duration_since(Instant::now());
                    let needed = (wait.until - now()).to_std().unwrap_or(Duration::ZERO);
                    if needed > left {
                        return Ok(Step::WaitUntil(wait));
                    }
                    observer.event(DeliveryEvent::WaitBegins { until: wait.until });
                    tokio::time::sleep(needed + Duration::from_millis(10)).await;
                    observer.event(DeliveryEvent::WaitEnds);
                }
                Step::AskFallback(account) => match observer.may_use_fallback(&account)? {
                    Some(yes) => {
                        self.user_store().set_answer(id, yes).await?;
                        answers.fallback = Some(yes);
                    }
                    None => return Ok(Step::AskFallback(account)),
                },
                step => return Ok(step),
            }
        }
    }
}

//! Sending a stored mail step by step: ask the plugin what to do next, record it, do it, record the result.
//!
//! The rules are the plugin's (`schedule.decide`); this module is the order of the steps. An attempt is on disk before it is
//! made, its result afterwards, and one attempt without a result blocks every other.

use super::attempt::without_answer;
use super::error::OutboxError;
use super::facts::{self, Time, Ways, stamp};
use super::options::SubmissionOptions;
use super::outbox_handle::OutboxHandle;
use super::pending_status;
use super::reconcile;
use super::refusals;
use super::sender::sender_of;
use super::sent_copy::{self, SentCopy};
use super::spans;
use super::status;
use super::step::{Made, Step};
use super::stored_message;
use super::waiting::{CurrentPause, Wait};
use crate::engine::{CompanyPlugin, Files};
use chrono::DateTime;
use postroom_contract::delivery;
use postroom_contract::schedule::{self, Lookup, Route};
use postroom_contract::tracking::Status;
use postroom_model::{Account, AccountState, Company, Transport};
use postroom_store::{
    AttemptId, AttemptResult, Completion, Event, Mail, MailId, NewAttempt, OpenCheck, QueueState,
    StateChange, StoreError,
};
use tracing::Instrument as _;

/// Why a mail failed that its server took.
const ONLY_A_COPY: &str =
    "refused for everybody whom it was written to; only the blind copy to the user who made it left";

/// The user's decisions about a mail that waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    /// It may leave by the fallback, or it must not.
    pub fallback: Option<bool>,
    /// In doubt: it is to be sent again.
    pub send_again: bool,
}

/// Mails on their way out as one account, in the hands of the ledger's holder. Who may send them was asked when they were
/// kept.
#[derive(Debug)]
pub struct Dispatch<'a> {
    /// The ledger.
    pub outbox: &'a OutboxHandle,
    /// The plugin at work for the company, able to reach both accounts.
    pub company_plugin: &'a CompanyPlugin,
    /// The company.
    pub company: &'a Company,
    /// The account that the mails are sent as.
    pub account: &'a Account,
    /// The company's fallback.
    pub fallback: Option<&'a Account>,
    /// When the copy in Sent is filed.
    pub copies: Copies,
    /// The state that the account is taken to be in whatever the store says: for a test of the fallback.
    pub pretend: Option<AccountState>,
    /// No recipient of the mail was suppressed a moment ago, when it was taken: it need not be asked again.
    pub cleared: bool,
    /// Whether the account can send at present, as all who send as it here know it.
    pub pause: CurrentPause,
}

/// When the copy in Sent is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// With the mail, for a person who watches.
    AtOnce,
    /// Later, many at once: the store has a list of them.
    Later,
}

impl Dispatch<'_> {
    /// Does the next thing for a mail.
    ///
    /// # Errors
    /// [`OutboxError`]. Nothing was sent, or what was is in the store.
    pub async fn step(&self, id: MailId, answers: Answers, now: Time) -> Result<Step, OutboxError> {
        let mail = self.outbox.store.mail(id).await?;
        let mut own = self.current(self.account).await?;
        if let Some(state) = &self.pretend {
            own.state = state.clone();
        }
        self.next(mail, &own, answers, now).await
    }

    /// Does the next thing for a mail and an account that were just loaded.
    pub async fn next(
        &self,
        mut mail: Mail,
        own: &Account,
        answers: Answers,
        now: Time,
    ) -> Result<Step, OutboxError> {
        if reconcile::record_interruption(self.outbox, self.company_plugin, &mail).await?
            || reconcile::cleared_up(self.outbox, self.company_plugin, &mail, now).await?
            || self.signed_in(&mail, own, now).await?
        {
            mail = self.outbox.store.mail(mail.mail.id).await?;
        }
        let can_look_in_sent = reconcile::can_look(self.company_plugin, self.account, &mail).await?;
        if let Some(until) = reconcile::may_run_until(&mail, now).filter(|_| can_look_in_sent) {
            let until = reconcile::wait_for_interrupted(self.outbox, &mail, until, now).await?;
            return Ok(Step::WaitUntil(Wait::for_the_first_try(until)));
        }
        let answer = answers.fallback.or(mail.outbox.answer);
        let (fallback, pause) = (self.fallback, self.pause.get());
        let ways = Ways {
            company_plugin: self.company_plugin,
            own,
            fallback,
            answer,
            can_look_in_sent,
            pause: pause.clone(),
        };
        let not_ours = || OutboxError::NotOurs(self.account.name.to_string());
        let facts = ways.facts(&mail, self.company).await?.ok_or_else(not_ours)?;
        let decided = self.company_plugin.decide(&Files::default(), &facts, &stamp(now)).await?;
        let action = decided.map_err(|fault| facts::disagreement(&fault))?;
        Ok(match action.step {
            schedule::Step::Submit(_) if let Some(reason) = self.suppressed(&mail).await? => {
                Step::Suppressed(reason)
            }
            schedule::Step::Submit(route) => Step::Made(Box::new(self.attempt(&mail, &route, now).await?)),
            schedule::Step::WaitUntil(time) => {
                let until =
                    DateTime::parse_from_rfc3339(&time).map_err(|e| OutboxError::Plugin(e.to_string()))?;
                Step::WaitUntil(Wait::of(&mail, own, pause.as_ref(), until, now))
            }
            schedule::Step::Hold => Step::Hold(held(own, &mail)),
            schedule::Step::AskFallback(route) => Step::AskFallback(route.account_name),
            schedule::Step::LookInSent => self.look(&mail, now).await?,
            schedule::Step::AskInDoubt if answers.send_again => Step::Made(Box::new(
                reconcile::settle(self.outbox, self.company_plugin, &mail, Lookup::NotFound, now).await?,
            )),
            schedule::Step::AskInDoubt => Step::AskInDoubt,
            schedule::Step::Done => Step::Done,
            schedule::Step::GiveUp(events) => {
                // A recipient for whom no server took it gets it no more.
                let events = facts::events_at(&events, now);
                self.outbox.store.record_give_up(mail.mail.id, &self.outbox.lease_owner, &events).await?;
                // Where the others have it, a copy to ourselves that did not leave makes no mail fail.
                let is_done = !mail.mail.own_copies().is_empty() && {
                    let mail = self.outbox.store.mail(mail.mail.id).await?;
                    !self.is_failed(&mail, &[], now).await?
                };
                if is_done { Step::Done } else { Step::GaveUp(action.reason.detail) }
            }
        })
    }

    /// Looks once for a mail in doubt where it would be, without sending anything.
    pub async fn look_again(&self, id: MailId, now: Time) -> Result<Step, OutboxError> {
        let mut mail = self.outbox.store.mail(id).await?;
        if reconcile::record_interruption(self.outbox, self.company_plugin, &mail).await? {
            mail = self.outbox.store.mail(id).await?;
        }
        if !reconcile::can_look(self.company_plugin, self.account, &mail).await? {
            return Ok(Step::AskInDoubt);
        }
        match reconcile::may_run_until(&mail, now) {
            Some(until) => Ok(Step::WaitUntil(Wait::for_the_first_try(until))),
            None => self.look(&mail, now).await,
        }
    }

    async fn look(&self, mail: &Mail, now: Time) -> Result<Step, OutboxError> {
        let (account, fallback) = (self.account, self.fallback);
        reconcile::look(self.outbox, self.company_plugin, account, fallback, mail, now).await
    }

    /// A mail that waited for a sign-in goes on, now that the account by which it was to leave has one. The store says so: what
    /// is in hand may be from before the sign-in ended.
    async fn signed_in(&self, mail: &Mail, own: &Account, now: Time) -> Result<bool, StoreError> {
        if own.state != AccountState::Ready {
            return Ok(false);
        }
        let mut waited = false;
        for attempt in &mail.attempts {
            let Some(completion) =
                attempt.completion.as_ref().filter(|it| it.result == AttemptResult::NeedsSignIn)
            else {
                continue;
            };
            match self.outbox.store.account(self.account.company, attempt.account).await {
                Ok(account) if account.state == AccountState::Ready => {}
                Ok(_) | Err(StoreError::NoSuchAccount(_)) => continue,
                Err(error) => return Err(error),
            }
            let completion =
                Completion { finished: now, result: AttemptResult::Transient(None), ..completion.clone() };
            let (journal, lease_owner) = (&self.outbox.journal, &self.outbox.lease_owner);
            journal.decide(attempt.id, lease_owner, AttemptResult::NeedsSignIn, &completion, &[]).await?;
            waited = true;
        }
        Ok(waited)
    }

    /// An account as it is now: its state changes while mails wait. One that was removed can send nothing.
    async fn current(&self, account: &Account) -> Result<Account, StoreError> {
        self.outbox.store.account(account.company, account.id).await
    }

    /// Lists the recipients that an attempt must name.
    pub(super) async fn outstanding(&self, mail: &Mail) -> Result<Vec<String>, OutboxError> {
        pending_status::outstanding(self.company_plugin, mail).await
    }

    async fn attempt(&self, mail: &Mail, route: &Route, now: Time) -> Result<Made, OutboxError> {
        let fallback = self.fallback.filter(|it| it.name.as_str() == route.account_name);
        let account = fallback.unwrap_or(self.account);
        // What may fail without a trace comes before the record.
        let files = stored_message::files(mail, &self.outbox.digests).await?;
        let (outgoing, to) = (stored_message::outgoing(mail, &files), self.outstanding(mail).await?);
        let started = NewAttempt {
            started: now,
            account: account.id,
            transport: route.transport.clone(),
            fallback: fallback.is_some(),
        };
        let id = self.outbox.journal.begin(mail.mail.id, &started, &self.outbox.lease_owner).await?;
        let files = files.with_hook(self.outbox.before_final_dot(id));
        let options = SubmissionOptions {
            sender: sender_of(account, &mail.mail.from),
            envelope_id: Some(id.to_string()),
            notify_delivered: mail.mail.options.notify_delivered,
            // Not where a pixel of ours tells of the mail's opening.
            check_opens: route.transport == "sendgrid" && mail.mail.open_check == OpenCheck::Provider,
        };
        let (options, at) = (options.to_json(), stamp(now));
        let attempted = async {
            let submitted = self.company_plugin.submit(&files, &outgoing, &to, &options, route, &at).await;
            let submitted = submitted.unwrap_or_else(|error| without_answer(&error, &to, &at));
            self.record(mail, account, (id, now), submitted, fallback.is_some()).await
        };
        attempted.instrument(spans::attempt(id)).await
    }

    /// Recipients that bounced for good or complained, with the evidence; none: all may be written to.
    async fn suppressed(&self, mail: &Mail) -> Result<Option<String>, OutboxError> {
        if self.cleared {
            return Ok(None);
        }
        let to = self.outstanding(mail).await?;
        let found = self.outbox.store.suppressed(self.company.id, &to).await?;
        let Some(first) = found.first() else { return Ok(None) };
        Ok(Some(format!("{first}: `postroom suppressions release {}`, then send it", first.address)))
    }

    /// Records what came of an attempt, and files the copy of a mail that left.
    async fn record(
        &self,
        mail: &Mail,
        account: &Account,
        (id, started): (AttemptId, Time),
        of: delivery::SubmissionResult,
        fallback: bool,
    ) -> Result<Made, OutboxError> {
        let now = self.outbox.clock.now();
        let completion = facts::completion(&of, now);
        let done = completion.result == AttemptResult::Accepted;
        let copy_due = self.copies == Copies::Later && self.account.mailbox.is_some();
        // Of the moment when it was known: a worker that took the mail over meanwhile recorded a doubt, which this answer ends.
        let events = facts::events_at(&of.settlement.events, now);
        let queue_state = match done {
            true => Some(self.state_of_accepted(mail, &events, now).await?),
            false => None,
        };
        let settle = queue_state.clone().map(|queue_state| StateChange {
            copy_due: copy_due && queue_state == QueueState::Sent,
            ..StateChange::of(&self.outbox.lease_owner, queue_state)
        });
        self.outbox.finish(id, &completion, &events, settle).await?;
        // Without the server's words, which may name addresses.
        tracing::debug!(account = %account.id, result = of.settlement.outcome, "attempt {id} ended");
        refusals::suppress_refused(&self.outbox.store, self.company_plugin, mail, &events).await?;
        if let Some(delivery::SubmitError::NeedsSignIn(words)) = &of.error {
            let state = AccountState::NeedsSignIn { reason: words.clone(), since: now };
            self.outbox.store.set_account_state(account.company, account.id, &state).await?;
        }
        self.note_account(account, &of, started, now).await?;
        let left = matches!(completion.result, AttemptResult::Accepted | AttemptResult::PartlyAccepted(_));
        let copy = match self.copies {
            Copies::AtOnce if left => Some(self.file_copy(mail, account, now).await?),
            _ => None,
        };
        let (account, error) = (account.name.to_string(), of.error);
        Ok(Made { account, fallback, completion, error, copy, queue_state })
    }

    /// The state of a mail that its servers took for all whom they did not refuse: where those are only copies to ourselves, none
    /// of those has it whom it was written to.
    async fn state_of_accepted(
        &self,
        mail: &Mail,
        events: &[Event],
        now: Time,
    ) -> Result<QueueState, OutboxError> {
        if mail.mail.own_copies().is_empty() || !self.is_failed(mail, events, now).await? {
            return Ok(QueueState::Sent);
        }
        Ok(QueueState::Failed { reason: ONLY_A_COPY.to_owned() })
    }

    /// Whether the facts of a mail, and these, say that it failed for those whom it was written to.
    async fn is_failed(&self, mail: &Mail, more: &[Event], now: Time) -> Result<bool, OutboxError> {
        let events: Vec<Event> = mail.events.iter().chain(more).cloned().collect();
        Ok(status::folded(self.company_plugin, mail, &events, now).await?.status == Status::Failed)
    }

    /// Keeps what an attempt says of the account that it was made by: that it can't send, or that it can again.
    async fn note_account(
        &self,
        account: &Account,
        of: &delivery::SubmissionResult,
        started: Time,
        now: Time,
    ) -> Result<(), StoreError> {
        let store = &self.outbox.store;
        let is_own = account.id == self.account.id;
        if let Some(new) = facts::account_pause(of, account, started) {
            let pause = store.pause_account(account.company, account.id, &new, now).await?;
            if is_own {
                self.pause.set(pause);
            }
            return Ok(());
        }
        // A word about a recipient or the message is one that the account could ask for.
        let works =
            of.error.is_none() || matches!(of.settlement.stage.as_deref(), Some("recipient" | "data"));
        let known = match is_own {
            true => self.pause.get(),
            false if works => store.account_pause(account.company, account.id).await?,
            false => None,
        };
        // What began before the pause says nothing about it.
        if known.is_some_and(|pause| works && pause.since <= started) {
            store.resume_account(account.company, account.id, now).await?;
            if is_own {
                self.pause.set(None);
            }
        }
        Ok(())
    }

    /// Appends the copy to Sent: it belongs in the mailbox of the account that the mail is sent as, whichever way it left.
    pub(super) async fn file_copy(
        &self,
        mail: &Mail,
        by: &Account,
        now: Time,
    ) -> Result<SentCopy, OutboxError> {
        let transport = facts::transport(self.company_plugin, by).unwrap_or("mail-client");
        let copies =
            sent_copy::file(self.outbox, self.company_plugin, self.account, transport, &[mail], now).await?;
        Ok(copies.into_iter().next().unwrap_or(SentCopy::NoMailbox))
    }
}

/// What a mail that is held waits for.
fn held(account: &Account, mail: &Mail) -> String {
    let name = &account.name;
    let last = mail.attempts.last().and_then(|attempt| attempt.completion.as_ref());
    match &account.state {
        AccountState::NeedsSignIn { reason, .. } => {
            let how = match (account.grant().is_some(), &account.transport) {
                (true, _) => format!("`postroom account authorize {name}`"),
                (false, Transport::SendGrid(_)) => {
                    format!("`postroom account set {name} --api-key-file FILE` with a new key")
                }
                (false, _) => format!("`postroom account set {name}` with a new password or token"),
            };
            format!("the account \"{name}\" needs a new sign-in ({reason}): {how}")
        }
        AccountState::Compromised { by, .. } => {
            format!(
                "the account \"{name}\" was marked compromised by {by}, and there is no fallback that may be used"
            )
        }
        AccountState::Ready => last
            .and_then(|completion| completion.detail.clone())
            .unwrap_or_else(|| "somebody has to release it".to_owned()),
    }
}

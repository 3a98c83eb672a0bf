//! Moving a kept mail on: ask the plugin what to do next, record, do it, record.
//!
//! The rules are the plugin's (`delivery.decide`); here is the order of the steps. An attempt is on disk before it is
//! made, what came of it afterwards, and one attempt without a result blocks every other.

use super::attempt::without_answer;
use super::doubt;
use super::error::OutboxError;
use super::facts::{self, Time, Ways, stamp};
use super::kept;
use super::sender::sender_of;
use super::sent_copy::{self, SentCopy};
use crate::accounts::{Account, AccountState, Company, UserSettings};
use crate::contract::delivery::{self, Action, Route};
use crate::contract::tracking::Timeline;
use crate::engine::{Files, Office};
use crate::store::{
    Acting, AttemptId, AttemptResult, Event, Mail, MailId, NewAttempt, OpenCheck, Outcome, Store, StoreError,
};
use chrono::DateTime;

/// What the user said about a mail that waits for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    /// It may leave by the fallback, or it must not.
    pub fallback: Option<bool>,
    /// In doubt: it is to be sent again.
    pub send_again: bool,
}

/// A user's mails on their way out as one account.
pub struct Dispatch<'a> {
    /// The store.
    pub store: &'a Store,
    /// The user.
    pub acting: Acting<'a>,
    /// The plugin at work for the company, able to reach both accounts.
    pub office: &'a Office,
    /// The company.
    pub company: Company,
    /// The account that the mails are sent as.
    pub account: Account,
    /// The company's fallback.
    pub fallback: Option<Account>,
    /// What the user has set for the account.
    pub settings: UserSettings,
    /// Ask servers for reports of delivery too.
    pub notify_delivered: bool,
    /// The state that the account is taken to be in whatever the store says: for a test of the fallback.
    pub pretend: Option<AccountState>,
}

/// What was done, or what a mail waits for.
#[derive(Debug)]
pub enum Step {
    /// An attempt was made, or an earlier one cleared up: ask again.
    Made(Box<Made>),
    /// Nothing before this time.
    WaitUntil(Time),
    /// Nothing until a person acts; what for.
    Hold(String),
    /// May it leave through this account instead?
    AskFallback(String),
    /// It is unknown whether it left, and nobody can look.
    AskInDoubt,
    /// It has left.
    Done,
    /// No further attempt, and why.
    GaveUp(String),
}

/// An attempt.
#[derive(Debug)]
pub struct Made {
    /// Account by which it was made.
    pub account: String,
    /// It was the fallback.
    pub fallback: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// What the plugin said went wrong.
    pub error: Option<delivery::SubmitError>,
    /// What became of the copy in Sent, once the mail was taken.
    pub copy: Option<SentCopy>,
}

impl Dispatch<'_> {
    /// Does the next thing for a mail.
    ///
    /// # Errors
    /// [`OutboxError`]. Nothing was sent, or what was is in the store.
    pub async fn step(&self, id: MailId, answers: Answers, now: Time) -> Result<Step, OutboxError> {
        let mail = self.acting.mail(id).await?;
        if let Some(until) = doubt::may_run_until(&mail, now) {
            return Ok(Step::WaitUntil(until));
        }
        let mut own = self.current(&self.account).await?;
        if let Some(state) = &self.pretend {
            own.state = state.clone();
        }
        let ways = Ways {
            own: &own,
            fallback: self.fallback.as_ref(),
            answer: answers.fallback,
            can_look_in_sent: doubt::can_look(self.office, &self.account, &mail).await?,
        };
        let not_ours = || OutboxError::NotOurs(self.account.name.to_string());
        let facts = ways.facts(&mail, &self.company).ok_or_else(not_ours)?;
        let decided = self.office.decide(&Files::default(), &facts, &stamp(now)).await?;
        let action = decided.map_err(|e| OutboxError::Plugin(format!("{}: {}", e.field, e.detail)))?;
        Ok(match action {
            Action::Submit(route) => Step::Made(Box::new(self.attempt(&mail, &route, now).await?)),
            Action::WaitUntil(time) => Step::WaitUntil(
                DateTime::parse_from_rfc3339(&time).map_err(|e| OutboxError::Plugin(e.to_string()))?,
            ),
            Action::Hold => Step::Hold(held(ways.own, &mail)),
            Action::AskFallback(route) => Step::AskFallback(route.account),
            Action::LookInSent => doubt::look(self, &mail, now).await?,
            Action::AskInDoubt if answers.send_again => {
                Step::Made(Box::new(doubt::settle(self, &mail, AttemptResult::NotFound, now).await?))
            }
            Action::AskInDoubt => Step::AskInDoubt,
            Action::Done => Step::Done,
            Action::GiveUp(why) => {
                self.give_up(&mail, &why, now).await?;
                Step::GaveUp(why)
            }
        })
    }

    /// Lets mails go on that waited for a sign-in, now that the account has one.
    ///
    /// # Errors
    /// [`OutboxError::Store`].
    pub async fn signed_in(&self, id: MailId, now: Time) -> Result<(), OutboxError> {
        if self.current(&self.account).await?.state != AccountState::Ready {
            return Ok(());
        }
        let mail = self.acting.mail(id).await?;
        for attempt in mail.attempts {
            let Some(outcome) = attempt.outcome.filter(|it| it.result == AttemptResult::NeedsSignIn) else {
                continue;
            };
            let outcome = Outcome { finished: now, result: AttemptResult::Transient(None), ..outcome };
            self.store.finish_attempt(attempt.id, &outcome, &[]).await?;
        }
        Ok(())
    }

    /// What a mail's facts amount to now.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub async fn timeline(&self, mail: &Mail, now: Time) -> Result<Timeline, OutboxError> {
        let (to, events) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
        let folded = self.office.fold(&Files::default(), to, &events, &stamp(now)).await?;
        folded.map_err(|e| OutboxError::Plugin(format!("event {}: {}", e.index, e.detail)))
    }

    /// An account as it is now: its state changes while mails wait. One that was removed can send nothing.
    async fn current(&self, account: &Account) -> Result<Account, StoreError> {
        self.store.account(account.company, account.id).await
    }

    /// Those that an attempt must name.
    pub(super) async fn outstanding(&self, mail: &Mail) -> Result<Vec<String>, OutboxError> {
        let (to, events) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
        let left = self.office.outstanding(&Files::default(), to, &events).await?;
        left.map_err(|e| OutboxError::Plugin(format!("event {}: {}", e.index, e.detail)))
    }

    async fn attempt(&self, mail: &Mail, route: &Route, now: Time) -> Result<Made, OutboxError> {
        let fallback = self.fallback.as_ref().filter(|it| it.name.as_str() == route.account);
        let account = fallback.unwrap_or(&self.account);
        // What may fail without a trace comes before the record.
        let files = kept::files(mail).await?;
        let mut parcel = kept::parcel(mail, &files, self.outstanding(mail).await?);
        let started = NewAttempt {
            started: now,
            account: account.id,
            transport: route.transport.clone(),
            fallback: fallback.is_some(),
        };
        let id = self.acting.begin_attempt(mail.mail.id, &started).await?;
        parcel.sender = sender_of(account, &mail.mail.from);
        parcel.envelope_id = Some(id.to_string());
        parcel.notify_delivered = self.notify_delivered;
        parcel.check_opens = route.transport == "sendgrid" && self.checks_opens(mail).await?;
        let submitted = match self.office.submit(&files, &parcel, route, &stamp(now)).await {
            Ok(outcome) => outcome,
            Err(error) => without_answer(&error, &stamp(now)),
        };
        self.keep(mail, account, id, submitted, fallback.is_some()).await
    }

    /// Whether the provider is to tell of the mail's opening: not where a pixel of ours does.
    async fn checks_opens(&self, mail: &Mail) -> Result<bool, OutboxError> {
        let check = self.store.open_check(mail.mail.id).await?;
        Ok(check.map_or(self.settings.check_opens, |check| check == OpenCheck::Provider))
    }

    /// Records what came of an attempt, and files the copy of a mail that left.
    async fn keep(
        &self,
        mail: &Mail,
        account: &Account,
        id: AttemptId,
        of: delivery::Outcome,
        fallback: bool,
    ) -> Result<Made, OutboxError> {
        let now = chrono::Local::now().fixed_offset();
        let outcome = facts::outcome(&of, now);
        self.store.finish_attempt(id, &outcome, &facts::events(&of.events)?).await?;
        if let Some(delivery::SubmitError::NeedsSignIn(words)) = &of.error {
            let state = AccountState::NeedsSignIn { reason: words.clone(), since: now };
            self.store.set_account_state(account.company, account.id, &state).await?;
        }
        let left = matches!(outcome.result, AttemptResult::Accepted | AttemptResult::PartlyAccepted(_));
        let copy = if left { Some(self.file_copy(mail, account, now).await?) } else { None };
        Ok(Made { account: account.name.to_string(), fallback, outcome, error: of.error, copy })
    }

    /// The copy belongs in the mailbox of the account that the mail is sent as, whichever way it left.
    pub(super) async fn file_copy(
        &self,
        mail: &Mail,
        by: &Account,
        now: Time,
    ) -> Result<SentCopy, OutboxError> {
        let transport = by.transport.contract_name().unwrap_or("mail-client");
        sent_copy::file(self.office, &self.account, transport, mail, now).await
    }

    async fn give_up(&self, mail: &Mail, why: &str, now: Time) -> Result<(), OutboxError> {
        let left = self.outstanding(mail).await?;
        let expired = |recipient: &String| facts::own_event(recipient, "expired", now, Some(why.to_owned()));
        let events: Vec<Event> = left.iter().map(expired).collect();
        Ok(self.store.add_events(mail.mail.id, &events).await?)
    }
}

/// What a mail that is held waits for.
fn held(account: &Account, mail: &Mail) -> String {
    let name = &account.name;
    let last = mail.attempts.last().and_then(|attempt| attempt.outcome.as_ref());
    match &account.state {
        AccountState::NeedsSignIn { reason, .. } => {
            format!(
                "the account \"{name}\" needs a new sign-in ({reason}): `postroom account authorize {name}`"
            )
        }
        AccountState::Compromised { by, .. } => {
            format!(
                "the account \"{name}\" was marked compromised by {by}, and there is no fallback that may be used"
            )
        }
        AccountState::Ready => last
            .and_then(|outcome| outcome.detail.clone())
            .unwrap_or_else(|| "somebody has to release it".to_owned()),
    }
}

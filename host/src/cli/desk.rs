//! A user at work as one account: a mail is kept, moved on as far as it goes now, and told of.

use super::attempts_told::Watched;
use super::company_plugin::{self, Loading};
use super::contract_json;
use super::house::UserArgs;
use super::next_step::{Next, code, next};
use super::output::{json, line, printable};
use super::plugin_provider::is_by_state;
use super::{Common, Failure, ask, statuses};
use crate::accounts::{Account, AccountState, Company, Logo, Name, Transport, User, UserSettings};
use crate::cli::Exit;
use crate::connections::Connections;
use crate::contract::tracking::Status;
use crate::engine::CompanyPlugin;
use crate::outbox::{
    Answers, Clock, Copies, CurrentPause, Dispatch, LEASE, OutboxError, OutboxHandle, Step, Taken, timeline,
};
use crate::store::{BatchId, MailId, Order, QueueState, StoreError, UserStore};
use chrono::{DateTime, FixedOffset, Local};
use indicatif::ProgressBar;
use serde_json::{Value, json as object};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// A user, an account that he may use, and what they can reach.
pub(super) struct Desk {
    pub(super) connections: Connections,
    pub(super) company: Company,
    pub(super) user: User,
    pub(super) account: Account,
    pub(super) fallback: Option<Account>,
    pub(super) settings: UserSettings,
    pub(super) company_plugin: CompanyPlugin,
    /// The company's logo.
    pub(super) logo: Option<Logo>,
    /// The ledger, in this command's hands.
    pub(super) outbox: OutboxHandle,
    /// The state that the account is taken to be in, for a test.
    pub(super) pretend: Option<AccountState>,
    pause: CurrentPause,
}

/// What a mail has come to for now.
struct End {
    step: Step,
    watched: Watched,
}

impl Desk {
    /// Sits a user down at an account: the one named, or the only one that he may use.
    pub(super) async fn open(
        common: &Common,
        who: &UserArgs,
        account: Option<&Name>,
    ) -> Result<Self, Failure> {
        // One computes, the other waits for the disk.
        let plugin = company_plugin::loading(common);
        let (connections, company, user) = who.open().await?;
        let user_store = connections.store().user_store(&user);
        let account = match account {
            Some(name) => user_store.account(name).await?,
            None => {
                let mut all = user_store.accounts().await?;
                match (all.pop(), all.is_empty()) {
                    (Some(only), true) => only,
                    (None, _) => {
                        let message = format!("{} may use no account: `postroom account grant`", user.login);
                        return Err(Failure::input(message));
                    }
                    (Some(last), _) => {
                        let names = all.iter().chain([&last]).map(|it| it.name.to_string());
                        let names = names.collect::<Vec<_>>().join(", ");
                        return Err(Failure::input(format!(
                            "which account? Name it with --account: {names}"
                        )));
                    }
                }
            }
        };
        Self::of(common, plugin, connections, company, user, account).await
    }

    /// Opens the desk at which a mail is moved on: that of the account that it is sent as, which the user may use.
    pub(super) async fn of_mail(
        common: &Common,
        plugin: Loading,
        connections: Connections,
        company: Company,
        user: User,
        mail: MailId,
    ) -> Result<Self, Failure> {
        let mail = connections.store().user_store(&user).mail(mail).await?;
        let account = connections.store().account(company.id, mail.mail.account).await?;
        Self::of(common, plugin, connections, company, user, account).await
    }

    /// The same with everything in hand.
    pub(super) async fn of(
        common: &Common,
        plugin: Loading,
        connections: Connections,
        company: Company,
        user: User,
        account: Account,
    ) -> Result<Self, Failure> {
        let settings = connections.store().user_store(&user).settings(account.id).await?;
        let mut fallback = match company.fallback.account.filter(|id| *id != account.id) {
            Some(id) => Some(connections.store().account(company.id, id).await?),
            None => None,
        };
        let reached = [Some(&account), fallback.as_ref()].into_iter().flatten();
        let (capabilities, closed) = connections.capabilities(reached, company_plugin::log(common)).await;
        let company_plugin = plugin.engine().await?.company_plugin(company.id.to_string(), capabilities);
        let (mut own_fails, mut fallback_fails) = (None, false);
        for (which, error) in closed {
            if which.id == account.id {
                own_fails = Some(error);
            } else {
                eprintln!("postroom: the fallback can't be used: {}", printable(&error.to_string()));
                fallback_fails = true;
            }
        }
        // Otherwise its mail leaves by the fallback, or is held until somebody signed in.
        if let Some(error) = own_fails.filter(|error| !is_by_state(&account, error)) {
            return Err(error.into());
        }
        if fallback_fails {
            fallback = None;
        }
        let outbox = OutboxHandle::open(connections.store(), "command", Clock::system())
            .telling(Arc::new(|text: &str| eprintln!("postroom: {}", printable(text))));
        let logo = connections.store().user_store(&user).logo().await?;
        let pause = connections.store().account_pause(company.id, account.id).await?;
        Ok(Self {
            connections,
            company,
            user,
            account,
            fallback,
            settings,
            company_plugin,
            logo,
            outbox,
            pretend: None,
            pause: CurrentPause::new(pause),
        })
    }

    /// The user's door to the store.
    pub(super) fn user_store(&self) -> UserStore<'_> {
        self.connections.store().user_store(&self.user)
    }

    /// An order for a mail that this command sends itself, right away.
    pub(super) fn order(&self) -> Order {
        let until = now() + LEASE;
        Order { lease: Some((self.outbox.lease_owner.clone(), until)), ..Order::default() }
    }

    fn dispatch(&self) -> Dispatch<'_> {
        Dispatch {
            outbox: &self.outbox,
            company_plugin: &self.company_plugin,
            company: self.company.clone(),
            account: self.account.clone(),
            fallback: self.fallback.clone(),
            copies: Copies::AtOnce,
            pretend: self.pretend.clone(),
            cleared: false,
            pause: self.pause.clone(),
        }
    }

    /// The batch that something of it is about to enter: the one that was opened before, else one of this name.
    pub(super) async fn opened(&self, batch: &OnceCell<BatchId>, name: &Name) -> Result<BatchId, StoreError> {
        let open = || async { self.user_store().open_batch(self.account.id, name, now()).await };
        batch.get_or_try_init(open).await.copied()
    }

    /// Moves a kept mail on as far as it goes within the time that somebody waits, and tells of it. `more` goes into the
    /// JSON. `unusable`: an address that should have had the mail was none.
    pub(super) async fn deliver(
        &self,
        common: &Common,
        id: MailId,
        how: Delivery,
        more: Value,
    ) -> Result<Exit, Failure> {
        if self.account.transport == Transport::MailClient {
            return Err(OutboxError::NotOurs(self.account.name.to_string()).into());
        }
        let mut end = match self.take(id).await? {
            Some(taken) => {
                let work = self.answered_and_moved_on(common, id, &how);
                taken.work(work, |end| end.step.queue_state(now())).await?
            }
            None => End { step: Step::Done, watched: self.watched(common) },
        };
        self.connections.close().await;
        let mail = self.user_store().mail(id).await?;
        let timeline = timeline(&self.company_plugin, &mail, now()).await?;
        let next = next(&end.step, id);
        if common.json {
            let mut out = object!({
                "mail": id.to_string(),
                "message_id": mail.mail.message.message_id,
                "account": self.account.name,
                "subject": mail.mail.subject,
                "size": mail.mail.message.size,
                "status": timeline.status,
                "recipients": contract_json::statuses(&timeline.recipients),
                "attempts": super::mail_json::attempts(&mail),
                "events": mail.events,
                "copy": end.watched.made().iter().rev().find_map(|made| made.copy.as_ref()),
                "next": next.as_ref().map(Next::whole),
            });
            if let (Some(out), Value::Object(more)) = (out.as_object_mut(), more) {
                out.extend(more);
            }
            json(&out)?;
        } else {
            end.watched.shown.add(timeline.recipients.iter().map(|it| it.reason.detail.clone()));
            end.watched.catch_up();
            statuses::show(&self.company_plugin, &timeline.recipients).await?;
            line(&format!("mail {id}"))?;
            if let Some(next) = next {
                eprintln!("{}", printable(&next.without(&end.watched.shown)));
            }
        }
        let failed = timeline.status == Status::Failed;
        Ok(code(&end.step, failed || how.unusable, &mail))
    }

    /// Takes the mail into this command's hands; none: it has left already.
    async fn take(&self, id: MailId) -> Result<Option<Taken<'_>>, Failure> {
        match self.user_store().take(&self.outbox.lease_owner, id, now(), LEASE).await? {
            Ok(before) if before.queue_state == QueueState::Cancelled => Err(Failure::input(format!(
                "the mail {id} was cancelled: make it anew with `postroom send --again`"
            ))),
            Ok(before) if before.queue_state == QueueState::Sent => Ok(None),
            Ok(before) => Ok(Some(Taken::of(&self.outbox, id, before))),
            Err(until) => {
                let clock = until.with_timezone(&Local).format("%H:%M:%S");
                let message = format!(
                    "the mail {id} is being sent by somebody else, who has it until {clock} at least: \
                     `postroom status {id}`"
                );
                Err(Failure { code: Exit::Later, message })
            }
        }
    }

    /// Keeps what the user has said about a mail in hand, and moves it on.
    async fn answered_and_moved_on(
        &self,
        common: &Common,
        id: MailId,
        how: &Delivery,
    ) -> Result<End, Failure> {
        if let Some(answer) = how.answers.fallback {
            self.user_store().set_answer(id, answer).await?;
        }
        if how.answers.send_again {
            self.user_store().note_sent_again(id, now()).await?;
        }
        self.moved_on(common, &self.dispatch(), id, how).await
    }

    fn watched(&self, common: &Common) -> Watched {
        Watched::new(self.account.name.as_str(), common.json)
    }

    async fn moved_on(
        &self,
        common: &Common,
        dispatch: &Dispatch<'_>,
        id: MailId,
        how: &Delivery,
    ) -> Result<End, Failure> {
        let (mut answers, mut watched) = (how.answers, self.watched(common));
        let patience_until = Instant::now() + how.wait;
        loop {
            let waiting = spinner(common, &format!("sending as {}", self.account.name));
            let step = dispatch.step(id, answers, now()).await;
            waiting.finish_and_clear();
            if step.is_err() {
                // What was done before has nobody else to tell of it.
                watched.catch_up();
            }
            match step? {
                Step::Made(one) => {
                    // The word was given for that doubt, not for the next.
                    answers.send_again = false;
                    watched.add(*one);
                }
                Step::WaitUntil(wait) => {
                    let time = wait.until;
                    let left = patience_until.saturating_duration_since(Instant::now());
                    let needed = (time - now()).to_std().unwrap_or(Duration::ZERO);
                    if needed > left {
                        return Ok(End { step: Step::WaitUntil(wait), watched });
                    }
                    watched.catch_up();
                    let clock = time.with_timezone(&Local).format("%H:%M:%S");
                    let waiting = spinner(common, &format!("waits until {clock} for the next attempt"));
                    tokio::time::sleep(needed + Duration::from_millis(10)).await;
                    waiting.finish_and_clear();
                }
                Step::AskFallback(account) => {
                    if ask::can_ask(common) {
                        watched.catch_up();
                    }
                    let question = format!("{} does not work: send through {account}?", self.account.name);
                    match ask::confirm(common, &question)? {
                        Some(yes) => {
                            self.user_store().set_answer(id, yes).await?;
                            answers.fallback = Some(yes);
                        }
                        None => return Ok(End { step: Step::AskFallback(account), watched }),
                    }
                }
                step => return Ok(End { step, watched }),
            }
        }
    }
}

/// How a mail is to be moved on.
#[derive(Debug, Clone, Default)]
pub(super) struct Delivery {
    /// What the user has said already.
    pub(super) answers: Answers,
    /// How long to wait for a next attempt.
    pub(super) wait: Duration,
    /// An address that should have had the mail was none.
    pub(super) unusable: bool,
}

pub(super) fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// A sign of life on a terminal; nothing elsewhere.
pub(super) fn spinner(common: &Common, message: &str) -> ProgressBar {
    if common.json {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

//! A user at work as one account: a mail is kept, moved on as far as it goes now, and told of.

use super::house::UserArgs;
use super::office::{self, Loading};
use super::output::{json, line, printable};
use super::premises::is_by_state;
use super::{Common, Failure, ask, statuses};
use crate::accounts::{Account, AccountState, Company, Logo, Name, Transport, User, UserSettings};
use crate::connections::Connections;
use crate::contract::tracking::Status;
use crate::engine::Office;
use crate::outbox::{
    Answers, Clock, Copies, CurrentPause, Dispatch, LEASE, Ledger, Made, OutboxError, SentCopy, Step,
    timeline,
};
use crate::store::{Acting, AttemptResult, Cause, Mail, MailId, Order, Standing};
use chrono::{DateTime, FixedOffset, Local};
use indicatif::ProgressBar;
use serde_json::{Value, json as object};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A user, an account that he may use, and what they can reach.
pub(super) struct Desk {
    pub(super) connections: Connections,
    pub(super) company: Company,
    pub(super) user: User,
    pub(super) account: Account,
    pub(super) fallback: Option<Account>,
    pub(super) settings: UserSettings,
    pub(super) office: Office,
    /// The company's logo.
    pub(super) logo: Option<Logo>,
    /// The ledger, in this command's hands.
    pub(super) ledger: Ledger,
    /// The state that the account is taken to be in, for a test.
    pub(super) pretend: Option<AccountState>,
    pause: CurrentPause,
}

/// What a mail has come to for now.
struct End {
    step: Step,
    made: Vec<Made>,
}

impl Desk {
    /// Sits a user down at an account: the one named, or the only one that he may use.
    pub(super) async fn open(
        common: &Common,
        who: &UserArgs,
        account: Option<&Name>,
    ) -> Result<Self, Failure> {
        // One computes, the other waits for the disk.
        let plugin = office::loading(common);
        let (connections, company, user) = who.open().await?;
        let acting = connections.store().acting(&user);
        let account = match account {
            Some(name) => acting.account(name).await?,
            None => {
                let mut all = acting.accounts().await?;
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
        let mail = connections.store().acting(&user).mail(mail).await?;
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
        let settings = connections.store().acting(&user).settings(account.id).await?;
        let mut fallback = match company.fallback.account.filter(|id| *id != account.id) {
            Some(id) => Some(connections.store().account(company.id, id).await?),
            None => None,
        };
        let reached = [Some(&account), fallback.as_ref()].into_iter().flatten();
        let (capabilities, closed) = connections.capabilities(reached, office::log(common)).await;
        let office = plugin.engine().await?.office(company.id.to_string(), capabilities);
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
        let ledger = Ledger::open(connections.store(), "command", Clock::system())
            .telling(Arc::new(|text: &str| eprintln!("postroom: {}", printable(text))));
        let logo = connections.store().acting(&user).logo().await?;
        let pause = connections.store().account_pause(company.id, account.id).await?;
        Ok(Self {
            connections,
            company,
            user,
            account,
            fallback,
            settings,
            office,
            logo,
            ledger,
            pretend: None,
            pause: CurrentPause::new(pause),
        })
    }

    /// The user's door to the store.
    pub(super) fn acting(&self) -> Acting<'_> {
        self.connections.store().acting(&self.user)
    }

    /// An order for a mail that this command sends itself, right away.
    pub(super) fn order(&self) -> Order {
        let until = now() + LEASE;
        Order { lease: Some((self.ledger.holder.clone(), until)), ..Order::default() }
    }

    fn dispatch(&self) -> Dispatch<'_> {
        Dispatch {
            ledger: &self.ledger,
            office: &self.office,
            company: self.company.clone(),
            account: self.account.clone(),
            fallback: self.fallback.clone(),
            copies: Copies::AtOnce,
            pretend: self.pretend.clone(),
            cleared: false,
            pause: self.pause.clone(),
        }
    }

    /// Moves a kept mail on as far as it goes within the time that somebody waits, and tells of it. `more` goes into the
    /// JSON. `unusable`: an address that should have had the mail was none.
    pub(super) async fn deliver(
        &self,
        common: &Common,
        id: MailId,
        how: Delivery,
        more: Value,
    ) -> Result<ExitCode, Failure> {
        if self.account.transport == Transport::MailClient {
            return Err(OutboxError::NotOurs(self.account.name.to_string()).into());
        }
        let dispatch = self.dispatch();
        let has_left = self.take(id).await?;
        if let Some(answer) = how.answers.fallback {
            self.acting().set_answer(id, answer).await?;
        }
        if how.answers.send_again {
            self.acting().note_sent_again(id, now()).await?;
        }
        let alive = self.ledger.keep_alive();
        let end = match has_left {
            true => Ok(End { step: Step::Done, made: Vec::new() }),
            false => self.moved_on(common, &dispatch, id, &how).await,
        };
        alive.abort();
        let end = end?;
        if !has_left {
            dispatch.settle(id, &end.step, now()).await?;
        }
        self.connections.close().await;
        let mail = self.acting().mail(id).await?;
        let timeline = timeline(&self.office, &mail, now()).await?;
        let next = next(&end.step, id);
        if common.json {
            let mut out = object!({
                "mail": id.to_string(),
                "message_id": mail.mail.message.message_id,
                "account": self.account.name,
                "subject": mail.mail.subject,
                "size": mail.mail.message.size,
                "status": timeline.status,
                "recipients": timeline.recipients,
                "attempts": super::mail_json::attempts(&mail),
                "events": mail.events,
                "copy": end.made.iter().rev().find_map(|made| made.copy.as_ref()),
                "next": next,
            });
            if let (Some(out), Value::Object(more)) = (out.as_object_mut(), more) {
                out.extend(more);
            }
            json(&out)?;
        } else {
            statuses::show(&self.office, &timeline.recipients).await?;
            line(&format!("mail {id}"))?;
            if let Some(next) = next {
                eprintln!("{}", printable(&next));
            }
        }
        let failed = timeline.status == Status::Failed;
        Ok(ExitCode::from(code(&end.step, failed || how.unusable, &mail)))
    }

    /// Takes the mail into this command's hands; true: it has left already.
    async fn take(&self, id: MailId) -> Result<bool, Failure> {
        match self.acting().take(&self.ledger.holder, id, now(), LEASE).await? {
            Ok(before) if before.standing == Standing::Cancelled => Err(Failure::input(format!(
                "the mail {id} was cancelled: make it anew with `postroom send --again`"
            ))),
            Ok(before) => Ok(before.standing == Standing::Sent),
            Err(until) => {
                let clock = until.with_timezone(&Local).format("%H:%M:%S");
                let message = format!(
                    "the mail {id} is being sent by somebody else, who has it until {clock} at least: \
                     `postroom status {id}`"
                );
                Err(Failure { code: 5, message })
            }
        }
    }

    async fn moved_on(
        &self,
        common: &Common,
        dispatch: &Dispatch<'_>,
        id: MailId,
        how: &Delivery,
    ) -> Result<End, Failure> {
        let (mut answers, mut made) = (how.answers, Vec::new());
        let patience_until = Instant::now() + how.wait;
        loop {
            let waiting = spinner(common, &format!("sending as {}", self.account.name));
            let step = dispatch.step(id, answers, now()).await;
            waiting.finish_and_clear();
            match step? {
                Step::Made(one) => {
                    self.tell(common, &one)?;
                    // The word was given for that doubt, not for the next.
                    answers.send_again = false;
                    made.push(*one);
                }
                Step::WaitUntil(wait) => {
                    let time = wait.until;
                    let left = patience_until.saturating_duration_since(Instant::now());
                    let needed = (time - now()).to_std().unwrap_or(Duration::ZERO);
                    if needed > left {
                        return Ok(End { step: Step::WaitUntil(wait), made });
                    }
                    let clock = time.with_timezone(&Local).format("%H:%M:%S");
                    let waiting = spinner(common, &format!("waits until {clock} for the next attempt"));
                    tokio::time::sleep(needed + Duration::from_millis(10)).await;
                    waiting.finish_and_clear();
                }
                Step::AskFallback(account) => {
                    let question = format!("{} does not work: send through {account}?", self.account.name);
                    match ask::confirm(common, &question)? {
                        Some(yes) => {
                            self.acting().set_answer(id, yes).await?;
                            answers.fallback = Some(yes);
                        }
                        None => return Ok(End { step: Step::AskFallback(account), made }),
                    }
                }
                step => return Ok(End { step, made }),
            }
        }
    }

    /// One attempt, as it happens, for somebody who watches.
    fn tell(&self, common: &Common, made: &Made) -> Result<(), Failure> {
        if common.json {
            return Ok(());
        }
        let by = if made.fallback { format!("{} (fallback)", made.account) } else { made.account.clone() };
        match (&made.outcome.result, &made.outcome.detail) {
            (AttemptResult::Accepted | AttemptResult::Found, _) => eprintln!("left through {by}"),
            (AttemptResult::NotFound, _) => eprintln!("{by}: it had not left"),
            (_, Some(detail)) => eprintln!("{by}: {}", printable(detail)),
            (AttemptResult::PartlyAccepted(_), None) => eprintln!("left through {by} for some"),
            (_, None) => {}
        }
        match &made.copy {
            Some(SentCopy::Filed { folder }) => eprintln!("a copy is in the folder {}", printable(folder)),
            Some(SentCopy::Choose { .. }) => eprintln!(
                "no copy was filed: the mailbox has no folder for it; choose one with `postroom account folders {} \
                 --assign sent=FOLDER`",
                self.account.name
            ),
            Some(SentCopy::Failed { detail }) => eprintln!("no copy was filed: {}", printable(detail)),
            Some(SentCopy::InDoubt { detail }) => {
                eprintln!("it is unknown whether the copy was filed: {}", printable(detail));
            }
            Some(SentCopy::NoMailbox | SentCopy::ByProvider) | None => {}
        }
        Ok(())
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

/// What the mail waits for, and what to do about it.
fn next(step: &Step, id: MailId) -> Option<String> {
    Some(match step {
        Step::Made(_) | Step::Done => return None,
        Step::WaitUntil(wait) => {
            let time = wait.until.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
            match wait.cause {
                Cause::Account => format!("it waits until {time}: {}", wait.why),
                _ => format!("it is tried again at {time}, not before: `postroom resume {id}`"),
            }
        }
        Step::Suppressed(why) => format!("it is held, since a recipient is not to be written to: {why}"),
        Step::Hold(why) => format!("it is held: {why}; then `postroom resume {id}`"),
        Step::AskFallback(account) => format!(
            "may it leave through {account}? `postroom resume {id} --fallback yes` (or no: the account goes on being tried)"
        ),
        Step::AskInDoubt => format!(
            "it may have left, and nobody can look: ask a recipient; `postroom resume {id} --send-again` sends it once more"
        ),
        Step::GaveUp(why) => format!("no further attempt: {why}"),
    })
}

/// What the exit code says: see `postroom --help`.
fn code(step: &Step, failed: bool, mail: &Mail) -> u8 {
    let in_doubt =
        || mail.attempts.iter().any(|it| it.outcome.as_ref().is_none_or(|it| it.result.is_in_doubt()));
    match step {
        Step::WaitUntil(_) if in_doubt() => 6,
        Step::WaitUntil(wait) if wait.for_a_person => 4,
        Step::WaitUntil(_) | Step::AskFallback(_) => 5,
        Step::AskInDoubt => 6,
        Step::Hold(_) if in_doubt() => 6,
        Step::Hold(_) | Step::Suppressed(_) | Step::GaveUp(_) => 4,
        Step::Made(_) | Step::Done => {
            if failed {
                4
            } else {
                0
            }
        }
    }
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

//! A mail that is moved on while somebody watches: a sign of life, each attempt, and what it has come to.

use super::attempts_told::Watched;
use super::contract_json;
use super::next_step::{Next, code, next};
use super::output::{json, line, printable};
use super::{Common, Failure, ask, mail_json, statuses};
use crate::Exit;
use chrono::Local;
use indicatif::{ProgressBar, ProgressStyle};
use postroom::app::{AppError, DeliveryEvent, DeliveryObserver, DeliveryRequest, MailId, Session};
use postroom_contract::tracking::Status;
use serde_json::{Value, json as object};
use std::time::Duration;

/// What a command adds to what it says of a mail.
#[derive(Debug, Default)]
pub(super) struct Extra {
    /// Fields of the JSON.
    pub(super) fields: Value,
    /// An address that should have had the mail was none.
    pub(super) unusable: bool,
}

/// Moves a stored mail on as far as it goes within the time that somebody waits, and prints what became of it.
pub(super) async fn deliver(
    common: &Common,
    session: &Session,
    id: MailId,
    request: &DeliveryRequest,
    extra: Extra,
) -> Result<Exit, Failure> {
    let mut terminal = Terminal {
        common,
        account: session.account.name.to_string(),
        watched: Watched::new(session.account.name.as_str(), common.json),
        spinner: ProgressBar::hidden(),
    };
    let delivered = session.deliver(id, request, &mut terminal).await?;
    let (mut watched, timeline, mail) = (terminal.watched, delivered.timeline, delivered.mail);
    let next = next(&delivered.step, id);
    if common.json {
        let mut out = object!({
            "mail": id.to_string(),
            "message_id": mail.mail.message.message_id,
            "account": session.account.name,
            "subject": mail.mail.subject,
            "size": mail.mail.message.size,
            "status": timeline.status,
            "recipients": contract_json::statuses(&timeline.recipients),
            "attempts": mail_json::attempts(&mail),
            "events": mail.events,
            "copy": watched.made().iter().rev().find_map(|made| made.copy.as_ref()),
            "next": next.as_ref().map(Next::whole),
        });
        if let (Some(out), Value::Object(fields)) = (out.as_object_mut(), extra.fields) {
            out.extend(fields);
        }
        json(&out)?;
    } else {
        watched.shown.add(timeline.recipients.iter().map(|it| it.reason.detail.clone()));
        watched.catch_up();
        statuses::show(&session.plugin, &timeline.recipients).await?;
        line(&format!("mail {id}"))?;
        if let Some(next) = next {
            eprintln!("{}", printable(&next.without(&watched.shown)));
        }
    }
    let failed = timeline.status == Status::Failed;
    Ok(code(&delivered.step, failed || extra.unusable, &mail))
}

/// A person at a terminal, or a program that reads the JSON in the end.
struct Terminal<'a> {
    common: &'a Common,
    account: String,
    watched: Watched,
    spinner: ProgressBar,
}

impl DeliveryObserver for Terminal<'_> {
    fn event(&mut self, event: DeliveryEvent) {
        match event {
            DeliveryEvent::StepBegins => {
                self.spinner = spinner(self.common, &format!("sending as {}", self.account));
            }
            DeliveryEvent::StepEnds { failed } => {
                self.spinner.finish_and_clear();
                if failed {
                    // What was done before has nobody else to tell of it.
                    self.watched.catch_up();
                }
            }
            DeliveryEvent::Attempted(made) => self.watched.add(*made),
            DeliveryEvent::WaitBegins { until } => {
                self.watched.catch_up();
                let clock = until.with_timezone(&Local).format("%H:%M:%S");
                self.spinner = spinner(self.common, &format!("waits until {clock} for the next attempt"));
            }
            DeliveryEvent::WaitEnds => self.spinner.finish_and_clear(),
        }
    }

    fn may_use_fallback(&mut self, fallback: &str) -> Result<Option<bool>, AppError> {
        if ask::can_ask(self.common) {
            self.watched.catch_up();
        }
        let question = format!("{} does not work: send through {fallback}?", self.account);
        ask::confirm(self.common, &question).map_err(|failure| AppError::Asking(failure.message))
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

/// A progress bar with rate and time left, for a person at a terminal.
pub(super) fn bar(common: &Common, length: u64, what: &'static str) -> ProgressBar {
    if common.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}  {per_sec}  {eta} left  {prefix}");
    let bar = ProgressBar::new(length).with_message(what);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.tick();
    bar
}

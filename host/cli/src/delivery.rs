//! The delivery of one mail for a command that waits for it: a spinner, each attempt, and the mail's status in the end.

use super::attempts_shown::AttemptsShown;
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

/// Additions of a command to the report on a mail.
#[derive(Debug, Default)]
pub(super) struct Extra {
    /// Fields of the JSON.
    pub(super) fields: Value,
    /// An address that should have had the mail was none.
    pub(super) unusable: bool,
}

/// Delivers a stored mail as far as it goes within the time that the command waits, and prints its status.
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
        attempts: AttemptsShown::new(session.account.name.as_str(), common.json),
        spinner: ProgressBar::hidden(),
    };
    let delivered = session.deliver(id, request, &mut terminal).await?;
    let (mut attempts, timeline, mail) = (terminal.attempts, delivered.timeline, delivered.mail);
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
            "copy": attempts.attempts().iter().rev().find_map(|attempt| attempt.copy.as_ref()),
            "next": next.as_ref().map(Next::whole),
        });
        if let (Some(out), Value::Object(fields)) = (out.as_object_mut(), extra.fields) {
            out.extend(fields);
        }
        json(&out)?;
    } else {
        attempts.shown.add(timeline.recipients.iter().map(|it| it.reason.detail.clone()));
        attempts.show_new();
        statuses::show(&session.plugin, &timeline.recipients).await?;
        line(&format!("mail {id}"))?;
        if let Some(next) = next {
            eprintln!("{}", printable(&next.without(&attempts.shown)));
        }
    }
    let failed = timeline.status == Status::Failed;
    Ok(code(&delivered.step, failed || extra.unusable, &mail))
}

/// A person at a terminal, or a program that reads the JSON in the end.
struct Terminal<'a> {
    common: &'a Common,
    account: String,
    attempts: AttemptsShown,
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
                    // The command ends with an error: the attempts before it are printed now or never.
                    self.attempts.show_new();
                }
            }
            DeliveryEvent::Attempted(attempt) => self.attempts.add(*attempt),
            DeliveryEvent::WaitBegins { until } => {
                self.attempts.show_new();
                let clock = until.with_timezone(&Local).format("%H:%M:%S");
                self.spinner = spinner(self.common, &format!("waits until {clock} for the next attempt"));
            }
            DeliveryEvent::WaitEnds => self.spinner.finish_and_clear(),
        }
    }

    fn may_use_fallback(&mut self, fallback: &str) -> Result<Option<bool>, AppError> {
        if ask::can_ask(self.common) {
            self.attempts.show_new();
        }
        let question = format!("{} does not work: send through {fallback}?", self.account);
        ask::confirm(self.common, &question).map_err(|failure| AppError::Asking(failure.message))
    }
}

/// Shows a spinner on a terminal; nothing elsewhere.
pub(super) fn spinner(common: &Common, message: &str) -> ProgressBar {
    if common.json {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Shows a progress bar with rate and time left on a terminal; nothing elsewhere.
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

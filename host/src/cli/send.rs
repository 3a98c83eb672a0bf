//! `postroom send`: one attempt, and per recipient what the server said.

use super::mail::MailArgs;
use super::output::{json, table};
use super::{Common, Failure, office, render};
use crate::capabilities::smtp::SmtpClient;
use crate::contract::delivery::SubmitError;
use crate::contract::smtp::Verdict;
use crate::contract::tracking::Status;
use crate::engine::{Accounts, Office};
use crate::outbox::{Attempt, Sent};
use clap::Args;
use indicatif::ProgressBar;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "\
Makes one attempt and prints, per recipient, the server's own answer and the status it amounts to.
The exit code says whether to try again (see `postroom --help`).

Examples:
  postroom send invoice.xml --settings company.toml --account office --pdf invoice.pdf
  postroom send invoice.json --settings company.toml --account office --pdf invoice.pdf \\
           --to 'Jo <jo@example.com>'")]
pub(super) struct SendArgs {
    #[command(flatten)]
    mail: MailArgs,
    /// Account of the settings to send as.
    #[arg(long, value_name = "NAME")]
    account: String,
    /// Ask for a report when the mail reaches the mailbox, where the server offers that.
    #[arg(long)]
    notify_delivered: bool,
    /// Send although the document's own PDF or UBL file is missing.
    #[arg(long)]
    without_document: bool,
}

pub(super) async fn run(common: &Common, args: &SendArgs) -> Result<ExitCode, Failure> {
    if args.mail.settings.is_none() {
        return Err(Failure::input(
            "accounts are in the settings file: name it with --settings or $POSTROOM_SETTINGS",
        ));
    }
    let config = args.mail.config()?;
    let account = config.account(&args.account)?;
    let accounts = Accounts::from([(args.account.clone(), account.open(&args.account, &config.path)?)]);
    let office = office::sending(common, accounts, Arc::new(SmtpClient::default()))?;
    let now = chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let id = uuid::Uuid::now_v7().to_string();
    let draft = args.mail.draft(&config, account.mailbox(), id, now.clone())?;
    let ready = draft.compose(&office).await.map_err(|e| args.mail.failed(e))?;
    if ready.message.envelope.recipients.is_empty() {
        if !common.json {
            render::addressees(&ready)?;
        }
        return Err(Failure::input(
            "there is nobody to send to: give the partner a contact with an e-mail address, or use --to",
        ));
    }
    let missing = ready.message.warnings.iter().find(|w| w.code == "no-pdf" || w.code == "no-ubl");
    if let Some(missing) = missing
        && !args.without_document
    {
        let option = if missing.code == "no-pdf" { "--pdf" } else { "--ubl" };
        let message = format!("{}: add it with {option}, or send with --without-document", missing.detail);
        return Err(Failure::input(message));
    }
    let waiting = spinner(common, &format!("sending {} bytes as {}", ready.message.size, args.account));
    let attempt = Attempt {
        account: args.account.clone(),
        now,
        envelope_id: Some(draft.id.clone()),
        notify_delivered: args.notify_delivered,
    };
    let sent = ready.send(&office, &attempt).await?;
    waiting.finish_and_clear();
    if common.json {
        json(&serde_json::json!({
            "message_id": ready.message.message_id,
            "document": ready.summary,
            "subject": ready.message.subject,
            "size": ready.message.size,
            "status": sent.timeline.status,
            "recipients": sent.timeline.recipients,
            "invalid": ready.resolution.invalid,
            "events": sent.outcome.events,
            "error": sent.outcome.error,
            "warnings": ready.message.warnings,
        }))?;
    } else {
        render::addressees(&ready)?;
        show(&office, &sent).await?;
    }
    Ok(ExitCode::from(code(&sent, !ready.resolution.invalid.is_empty())))
}

async fn show(office: &Office, sent: &Sent) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for recipient in &sent.timeline.recipients {
        let status = office.label(&office::no_files(), recipient.status).await?;
        rows.push(vec![recipient.recipient.clone(), status, recipient.reason.clone()]);
    }
    table(&["recipient", "status", "evidence"], rows)?;
    let detail = match &sent.outcome.error {
        Some(SubmitError::Failed(failure)) => Some(&failure.detail),
        Some(SubmitError::Api(failure)) => Some(&failure.detail),
        Some(SubmitError::NeedsSignIn(words)) => Some(words),
        _ => None,
    };
    if let Some(detail) = detail {
        eprintln!("{}", super::output::printable(detail));
    }
    Ok(())
}

/// What the exit code says: see `postroom --help`. `unusable`: an address that should have had the mail was none.
fn code(sent: &Sent, unusable: bool) -> u8 {
    match &sent.outcome.error {
        Some(SubmitError::NoRecipient | SubmitError::UnknownTransport(_) | SubmitError::Parcel(_)) => 3,
        Some(SubmitError::Failed(failure)) => code_of(failure.verdict),
        Some(SubmitError::Api(failure)) => code_of(failure.verdict),
        Some(SubmitError::NeedsSignIn(_)) => 4,
        None if sent.outcome.events.iter().any(|e| e.kind == "in-doubt") => 6,
        None if sent.timeline.recipients.iter().any(|r| r.status == Status::Failed) => 4,
        None if sent.outcome.events.iter().any(|e| e.kind == "deferred") => 5,
        None if unusable => 4,
        None => 0,
    }
}

fn code_of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Permanent | Verdict::NeedsSignIn => 4,
        Verdict::Transient => 5,
        Verdict::InDoubt => 6,
    }
}

/// A sign of life on a terminal; nothing elsewhere.
fn spinner(common: &Common, message: &str) -> ProgressBar {
    if common.json {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

//! `postroom outbox`: what waits, what for, and a person's word about it.

mod batches;
mod change;

use super::output::{json, line, table};
use super::view::ViewArgs;
use super::{Common, Failure, mail_json};
use crate::Exit;
use batches::BatchesArgs;
use change::ChangeArgs;
use clap::{Args, Subcommand};
use postroom::app::{Filter, Listed, MailCommand, MailView, QueueState, now, recipients_of};
use serde_json::{Value, json as object};

#[derive(Debug, Args)]
#[command(after_help = "\
States: scheduled (at a time), queued (due), sending, waiting (for its next attempt), asks (may it leave by the fallback?),
held (until a person acts), in doubt (it may have left; a person decides), sent, failed, cancelled.

Examples:
  postroom outbox                           # what has not left yet
  postroom outbox --all --limit 200
  postroom outbox batches                   # what was asked for together, and where it is
  postroom outbox --batch 'november 2026'   # the mails of one of them
  postroom outbox hold F-2026-017           # by the number of its document, or by its id
  postroom outbox release 01983f1a-…        # it may go, now
  postroom outbox cancel 01983f1a-… F-2026-018
  postroom outbox hold --batch 'november 2026'")]
pub(super) struct OutboxArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// What has ended, too.
    #[arg(long)]
    all: bool,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// The mails of a batch, by its name or id (`postroom outbox batches`).
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    #[command(subcommand)]
    command: Option<OutboxCommand>,
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// What was asked for together, and where its mails are.
    Batches(BatchesArgs),
    #[command(about = "Hold mails until a person releases them", after_help = HELP)]
    Hold(ChangeArgs),
    /// It may go, now.
    #[command(after_help = HELP)]
    Release(ChangeArgs),
    /// It must not leave any more.
    #[command(after_help = HELP)]
    Cancel(ChangeArgs),
}

const HELP: &str = "\
A number that several mails have (a reminder, a mail that was sent again) names none of them: the answer lists them with their
ids. Of a batch it says for each mail what happened; the exit code is 4 where one could not be: it has left already, or may have.

Examples:
  postroom outbox hold F-2026-017
  postroom outbox release 01983f1a-…
  postroom outbox cancel --batch 'november 2026'";

pub(super) async fn run(common: &Common, args: &OutboxArgs) -> Result<Exit, Failure> {
    let view = args.view.open(common).await?;
    let batch = args.batch.as_ref();
    match &args.command {
        None => list(common, args, &view).await,
        Some(OutboxCommand::Batches(of)) => batches::run(common, of, batch, &view).await,
        Some(OutboxCommand::Hold(of)) => change::run(common, &view, of, batch, MailCommand::Hold).await,
        Some(OutboxCommand::Release(of)) => change::run(common, &view, of, batch, MailCommand::Release).await,
        Some(OutboxCommand::Cancel(of)) => change::run(common, &view, of, batch, MailCommand::Cancel).await,
    }
}

async fn list(common: &Common, args: &OutboxArgs, view: &MailView) -> Result<Exit, Failure> {
    let batch = match &args.batch {
        Some(name) => Some(view.batch(name).await?.id),
        None => None,
    };
    // Of a batch what has ended is asked for, too.
    let all = args.all || batch.is_some();
    let states = if all { Vec::new() } else { vec!["ready", "held", "in-doubt"] };
    let mails = view.listed(&Filter { states, batch, limit: args.limit, ..Filter::default() }).await?;
    let counts = view.counts(batch).await?;
    if common.json {
        let counts: Vec<Value> = counts
            .iter()
            .map(|it| object!({ "account": it.account, "state": it.state, "mails": it.mails }))
            .collect();
        json(&object!({ "counts": counts, "mails": mails.iter().map(row).collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    table(
        &["account", "state", "mails"],
        counts.iter().map(|it| vec![it.account.clone(), it.state.clone(), it.mails.to_string()]),
    )?;
    if !mails.is_empty() {
        line("")?;
        let rows = mails.iter().map(|it| {
            vec![
                it.mail.id.to_string(),
                it.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default(),
                recipients_of(it),
                it.outbox.label(now()).to_owned(),
                why(it),
            ]
        });
        table(&["mail", "document", "to", "state", "why"], rows)?;
    }
    Ok(Exit::Done)
}

/// Converts a mail's row to JSON.
pub(super) fn row(of: &Listed) -> Value {
    let mut row = mail_json::summary(&of.mail);
    if let Some(row) = row.as_object_mut() {
        row.insert("account".into(), of.account.clone().into());
        row.insert("state".into(), of.outbox.label(now()).into());
        row.insert("why".into(), why(of).into());
        row.insert("not_before".into(), not_before(of).map_or(Value::Null, Value::from));
        row.insert("resend".into(), of.resend.into());
    }
    row
}

fn not_before(of: &Listed) -> Option<String> {
    match &of.outbox.queue_state {
        QueueState::Ready { due, .. } if *due > now() => Some(due.to_rfc3339()),
        _ => None,
    }
}

/// Describes what the mail waits for, or why it ended.
pub(super) fn why(of: &Listed) -> String {
    let reason = match &of.outbox.queue_state {
        QueueState::Ready { due, waits } if *due > now() => {
            let until = format!("until {}", due.format("%Y-%m-%d %H:%M:%S"));
            match waits {
                Some((_, reason)) => format!("{until}: {reason}"),
                None => until,
            }
        }
        QueueState::Held { reason, .. } | QueueState::InDoubt { reason } | QueueState::Failed { reason } => {
            reason.clone()
        }
        _ => String::new(),
    };
    match of.resend {
        0 => reason,
        times => format!(
            "{}sent again, {times} before",
            if reason.is_empty() { String::new() } else { reason + "; " }
        ),
    }
}

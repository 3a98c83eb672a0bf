//! `postroom outbox`: what waits, what for, and a person's word about it.

use super::desk::now;
use super::output::{json, line, table};
use super::view::{View, ViewArgs};
use super::{Common, Failure, mail_json};
use crate::store::{Filter, Listed, MailId, Said, Standing, Word};
use clap::{Args, Subcommand};
use serde_json::{Value, json as object};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
States: scheduled (at a time), queued (due), sending, waiting (for its next attempt), asks (may it leave by the fallback?),
held (until a person acts), in doubt (it may have left; a person decides), sent, failed, cancelled.

Examples:
  postroom outbox                           # what has not left yet
  postroom outbox --all --limit 200
  postroom outbox hold 01983f1a-…
  postroom outbox release 01983f1a-…        # it may go, now
  postroom outbox cancel 01983f1a-… 01983f2b-…")]
pub(super) struct OutboxArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// What has ended, too.
    #[arg(long)]
    all: bool,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    #[command(subcommand)]
    word: Option<WordCommand>,
}

#[derive(Debug, Subcommand)]
enum WordCommand {
    /// Not before somebody releases it.
    Hold(MailsArgs),
    /// It may go, now.
    Release(MailsArgs),
    /// It must not leave any more.
    Cancel(MailsArgs),
}

#[derive(Debug, Args)]
struct MailsArgs {
    /// The mails, by id.
    #[arg(value_name = "MAIL", required = true)]
    mails: Vec<MailId>,
}

pub(super) async fn run(common: &Common, args: &OutboxArgs) -> Result<ExitCode, Failure> {
    let view = args.view.open(common).await?;
    match &args.word {
        None => list(common, args, &view).await,
        Some(WordCommand::Hold(of)) => say(common, &view, &of.mails, Word::Hold).await,
        Some(WordCommand::Release(of)) => say(common, &view, &of.mails, Word::Release).await,
        Some(WordCommand::Cancel(of)) => say(common, &view, &of.mails, Word::Cancel).await,
    }
}

async fn list(common: &Common, args: &OutboxArgs, view: &View) -> Result<ExitCode, Failure> {
    let states = if args.all { Vec::new() } else { vec!["ready", "held", "in-doubt"] };
    let mails = view.listed(&Filter { states, limit: args.limit, ..Filter::default() }).await?;
    let counts = view.counts(None).await?;
    if common.json {
        let counts: Vec<Value> = counts
            .iter()
            .map(|it| object!({ "account": it.account, "state": it.state, "mails": it.mails }))
            .collect();
        json(&object!({ "counts": counts, "mails": mails.iter().map(row).collect::<Vec<_>>() }))?;
        return Ok(ExitCode::SUCCESS);
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
                to(it),
                it.outbox.label(now()).to_owned(),
                why(it),
            ]
        });
        table(&["mail", "document", "to", "state", "why"], rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A mail's row in JSON.
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
    match &of.outbox.standing {
        Standing::Ready { due, .. } if *due > now() => Some(due.to_rfc3339()),
        _ => None,
    }
}

/// The people it goes to.
pub(super) fn to(of: &Listed) -> String {
    of.mail.recipients.iter().map(|it| it.party.address.as_str()).collect::<Vec<_>>().join(", ")
}

/// What it waits for, or why it ended.
pub(super) fn why(of: &Listed) -> String {
    let reason = match &of.outbox.standing {
        Standing::Ready { due, waits } if *due > now() => {
            let until = format!("until {}", due.format("%Y-%m-%d %H:%M:%S"));
            match waits {
                Some((_, reason)) => format!("{until}: {reason}"),
                None => until,
            }
        }
        Standing::Held { reason, .. } | Standing::InDoubt { reason } | Standing::Failed { reason } => {
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

async fn say(common: &Common, view: &View, mails: &[MailId], word: Word) -> Result<ExitCode, Failure> {
    let (mut said, mut refused) = (Vec::new(), false);
    for id in mails {
        let Said { changed, row } = view.say(*id, word).await?;
        refused |= !changed;
        said.push((*id, changed, row.label(now())));
    }
    if common.json {
        let rows = said.iter().map(
            |(id, changed, state)| object!({ "mail": id.to_string(), "changed": changed, "state": state }),
        );
        json(&rows.collect::<Vec<_>>())?;
    } else {
        for (id, changed, state) in &said {
            line(&if *changed {
                format!("{id}: {state}")
            } else {
                format!("{id}: nothing changed, it is {state}")
            })?;
        }
    }
    Ok(ExitCode::from(if refused { 4 } else { 0 }))
}

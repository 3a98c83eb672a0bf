//! `postroom timeline`, `status` and `update-status` (rules C1–C6): what became of each mail, and what proves it.

use super::load_plugin::no_files;
use super::output::{json, line, printable, table};
use super::view::ViewArgs;
use super::{Common, Failure, mail_json, outbox};
use crate::Exit;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{Filter, MailStatus, MailView, QueueState, is_too_old, latest, now, recipients_of};
use postroom_contract::tracking::RecipientStatus;
use serde_json::{Value, json as object};

#[derive(Debug, Args)]
#[command(after_help = "\
Each mail about the document or the partner: to whom, when, by which route, its status for each recipient, and the evidence.

Examples:
  postroom timeline F-2026-001
  postroom timeline 'Bakkerij Peeters'
  postroom timeline F-2026-001 --as-of '2026-12-24 12:00' --json")]
pub(super) struct TimelineArgs {
    /// A document's number, a partner's name (customer or supplier), or a mail's id.
    #[arg(value_name = "DOC|PARTNER")]
    about: String,
    #[command(flatten)]
    view: ViewArgs,
    /// At most so many mails, the latest of them.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The five statuses: In transit, Delivered, Read, Failed (with the reason), Unknown.

Examples:
  postroom status                 # the latest mails
  postroom status F-2026-001
  postroom status 'Bakkerij Peeters' --json")]
pub(super) struct StatusArgs {
    /// A document's number, a partner's name, or a mail's id. Otherwise: the latest mails.
    #[arg(value_name = "DOC|PARTNER|MAIL")]
    about: Option<String>,
    #[command(flatten)]
    view: ViewArgs,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Asks where a mail in doubt would be (Sent, or the provider), and says what is known now. Some 25 days after a mail was sent
its status can no longer be retrieved: this says so.

Example:
  postroom update-status F-2026-001")]
pub(super) struct UpdateStatusArgs {
    #[command(flatten)]
    status: StatusArgs,
}

pub(super) async fn run(common: &Common, args: &TimelineArgs) -> Result<Exit, Failure> {
    let view = args.view.open(common).await?;
    let mut mails = view.about(&args.about, args.limit).await?;
    mails.reverse();
    let found = view.statuses(args.view.known(mails).collect(), args.view.as_of).await?;
    if common.json {
        json(&found.iter().map(full).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    for one in &found {
        show(&view, one).await?;
    }
    Ok(Exit::Done)
}

pub(super) async fn status(common: &Common, args: &StatusArgs) -> Result<Exit, Failure> {
    let view = args.view.open(common).await?;
    statuses(common, args, &view).await
}

async fn statuses(common: &Common, args: &StatusArgs, view: &MailView) -> Result<Exit, Failure> {
    let mails = match &args.about {
        Some(about) => view.about(about, args.limit).await?,
        None => view.listed(&Filter { limit: args.limit, ..Filter::default() }).await?,
    };
    let found = view.statuses(latest(args.view.known(mails)), args.view.as_of).await?;
    if common.json {
        json(&found.iter().map(short).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let rows = found.iter().map(|one| {
        let document = one.mail.mail.document.as_ref();
        vec![
            one.mail.mail.created.format("%Y-%m-%d %H:%M").to_string(),
            document.map(|it| it.number.clone()).unwrap_or_default(),
            recipients_of(&one.listed),
            one.label.clone(),
            reason(one),
        ]
    });
    table(&["created", "document", "to", "status", "why"], rows)?;
    Ok(Exit::Done)
}

/// The plugin's reason; while a mail has not left, what the outbox says is nearer.
fn reason(one: &MailStatus) -> String {
    match &one.listed.outbox.queue_state {
        QueueState::Sent | QueueState::Failed { .. } => one.timeline.reason.detail.clone(),
        QueueState::Cancelled => "cancelled before it left".to_owned(),
        _ => {
            let state = one.listed.outbox.label(now());
            let why = outbox::why(&one.listed);
            if why.is_empty() { state.to_owned() } else { format!("{state} {why}") }
        }
    }
}

pub(super) async fn update(common: &Common, args: &UpdateStatusArgs) -> Result<Exit, Failure> {
    let args = &args.status;
    let view = args.view.open(common).await?;
    let mails = match &args.about {
        Some(about) => view.about(about, args.limit).await?,
        None => view.listed(&Filter { limit: args.limit, ..Filter::default() }).await?,
    };
    for mail in &mails {
        if let Some(error) = view.look_again(mail).await? {
            eprintln!("postroom: {}", printable(&error.to_string()));
        }
    }
    let too_late = mails.iter().filter(|mail| is_too_old(mail, args.view.now())).count();
    view.connections.close().await;
    if too_late > 0 {
        eprintln!(
            "postroom: {too_late} of {} were sent more than 25 days ago: their status can no longer be retrieved",
            mails.len()
        );
    }
    statuses(common, args, &view).await
}

fn short(one: &MailStatus) -> Value {
    let mut row = outbox::row(&one.listed);
    if let Some(row) = row.as_object_mut() {
        row.insert("status".into(), object!(one.timeline.status));
        row.insert("label".into(), one.label.clone().into());
        row.insert("reason".into(), reason(one).into());
        row.insert("statuses".into(), super::contract_json::statuses(&one.timeline.recipients));
    }
    row
}

fn full(one: &MailStatus) -> Value {
    let mut row = short(one);
    if let Some(row) = row.as_object_mut() {
        row.insert("attempts".into(), mail_json::attempts(&one.mail));
        row.insert("events".into(), object!(one.mail.events));
        row.insert("attachments".into(), mail_json::files(&one.mail));
    }
    row
}

async fn show(view: &MailView, one: &MailStatus) -> Result<(), Failure> {
    let of = &one.mail.mail;
    let about = of.document.as_ref().map_or_else(
        || of.use_case.clone(),
        |document| format!("{} {} ({}), {}", document.kind, document.number, document.partner, of.use_case),
    );
    line(&printable(&format!("{}  {}: {}", clock(of.created), one.label, about)))?;
    line(&printable(&format!("  {} · as {} · mail {}", of.subject, one.listed.account, of.id)))?;
    for recipient in &one.timeline.recipients {
        line(&printable(&format!("  {}", recipient_line(view, recipient).await?)))?;
    }
    let mut events: Vec<_> = one.mail.events.iter().collect();
    events.sort_by_key(|event| event.at);
    for event in events {
        let to = &of.message.rcpt_to;
        let whom = match event.recipient.as_deref() {
            None => "everybody".to_owned(),
            Some(other) if !to.iter().any(|it| it == other) => format!("{other} (none of its recipients)"),
            Some(recipient) => recipient.to_owned(),
        };
        let code = event.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
        let words =
            event.words.as_deref().map(|words| format!(": {}", words.replace('\n', " "))).unwrap_or_default();
        line(&printable(&format!(
            "    {}  {} {whom} ({}){code}{words}",
            clock(event.at),
            event.kind,
            event.source
        )))?;
    }
    for attempt in &one.mail.attempts {
        let by = if attempt.fallback { "fallback " } else { "" };
        let came = attempt.completion.as_ref().map_or("no answer yet", |it| it.result.as_str());
        let by = format!("{by}{} ({})", attempt.account_name, attempt.transport);
        line(&printable(&format!("    {}  attempt by {by}: {came}", clock(attempt.started))))?;
    }
    if !matches!(one.listed.outbox.queue_state, QueueState::Sent) {
        line(&printable(&format!("  {}", reason(one))))?;
    }
    line("")
}

async fn recipient_line(view: &MailView, of: &RecipientStatus) -> Result<String, Failure> {
    let label = view.plugin.label(&no_files(), of.status, "en").await?;
    let complained = if of.complained { " (marked as unwanted)" } else { "" };
    Ok(format!("{}: {label}{complained}: {}", of.recipient, of.reason.detail))
}

fn clock(time: DateTime<FixedOffset>) -> String {
    time.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S").to_string()
}

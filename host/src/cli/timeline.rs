//! `postroom timeline`, `status` and `update-status` (FEATURES C1–C6): what became of each mail, and what proves it.

use super::desk::now;
use super::output::{json, line, printable, table};
use super::view::{View, ViewArgs};
use super::{Common, Failure, mail_json, outbox};
use crate::cli::Exit;
use crate::contract::tracking::{RecipientStatus, Timeline};
use crate::outbox::{Clock, Copies, CurrentPause, Dispatch, OutboxHandle, timeline};
use crate::store::{Filter, Listed, Mail, QueueState};
use chrono::{DateTime, Duration, FixedOffset};
use clap::Args;
use serde_json::{Value, json as object};
use std::collections::BTreeSet;

/// After so long a status can no longer be retrieved (FEATURES C5).
const RETRIEVABLE: Duration = Duration::days(25);

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

/// A mail and what became of it.
struct Told {
    listed: Listed,
    mail: Mail,
    timeline: Timeline,
    label: String,
}

pub(super) async fn run(common: &Common, args: &TimelineArgs) -> Result<Exit, Failure> {
    let view = args.view.open(common).await?;
    let mut mails = view.about(&args.about, args.limit).await?;
    mails.reverse();
    let told = told(&view, args.view.known(mails).collect(), &args.view).await?;
    if common.json {
        json(&told.iter().map(full).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    for one in &told {
        show(&view, one).await?;
    }
    Ok(Exit::Done)
}

pub(super) async fn status(common: &Common, args: &StatusArgs) -> Result<Exit, Failure> {
    let view = args.view.open(common).await?;
    statuses(common, args, &view).await
}

async fn statuses(common: &Common, args: &StatusArgs, view: &View) -> Result<Exit, Failure> {
    let mails = match &args.about {
        Some(about) => view.about(about, args.limit).await?,
        None => view.listed(&Filter { limit: args.limit, ..Filter::default() }).await?,
    };
    let told = told(view, latest(args.view.known(mails)), &args.view).await?;
    if common.json {
        json(&told.iter().map(short).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let rows = told.iter().map(|one| {
        let document = one.mail.mail.document.as_ref();
        vec![
            one.mail.mail.created.format("%Y-%m-%d %H:%M").to_string(),
            document.map(|it| it.number.clone()).unwrap_or_default(),
            outbox::to(&one.listed),
            one.label.clone(),
            reason(one),
        ]
    });
    table(&["created", "document", "to", "status", "why"], rows)?;
    Ok(Exit::Done)
}

/// Of the mails that are the same document for the same people, the latest: what was sent again has one status. What is in
/// doubt waits for a person, and stays. The timeline has all of them.
fn latest(mails: impl Iterator<Item = Listed>) -> Vec<Listed> {
    let mut seen = BTreeSet::new();
    let mut is_new = |it: &Listed| {
        let Some(document) = &it.mail.document else { return true };
        let same = (document.kind.clone(), document.number.clone(), it.mail.use_case.clone(), outbox::to(it));
        seen.insert(same) || matches!(it.outbox.queue_state, QueueState::InDoubt { .. })
    };
    mails.filter(|it| is_new(it)).collect()
}

/// The plugin's reason; while a mail has not left, what the outbox says is nearer.
fn reason(one: &Told) -> String {
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
    let mut too_late = 0_usize;
    for mail in &mails {
        look(common, &view, mail).await?;
        let ended = matches!(mail.outbox.queue_state, QueueState::Sent);
        too_late += usize::from(ended && mail.mail.created + RETRIEVABLE < args.view.now());
    }
    view.connections.close().await;
    if too_late > 0 {
        eprintln!(
            "postroom: {too_late} of {} were sent more than 25 days ago: their status can no longer be retrieved",
            mails.len()
        );
    }
    statuses(common, args, &view).await
}

/// Looks where a mail in doubt would be. What is being sent, or has an answer, is left alone.
async fn look(common: &Common, view: &View, of: &Listed) -> Result<(), Failure> {
    if !matches!(of.outbox.queue_state, QueueState::InDoubt { .. }) {
        return Ok(());
    }
    let store = view.connections.store();
    let account = store.account(view.company.id, of.mail.account).await?;
    let (company_plugin, closed) =
        super::house::reaching(common, &view.connections, &view.company, [&account]).await?;
    if let Some((_, error)) = closed.first() {
        eprintln!("postroom: {}", printable(&error.to_string()));
        return Ok(());
    }
    let outbox = OutboxHandle::open(store, "command", Clock::system());
    let id = of.mail.id;
    let Some(taken) = view.take(id, &outbox).await? else { return Ok(()) };
    let dispatch = Dispatch {
        outbox: &outbox,
        company_plugin: &company_plugin,
        company: view.company.clone(),
        account,
        fallback: None,
        copies: Copies::AtOnce,
        pretend: None,
        cleared: false,
        pause: CurrentPause::default(),
    };
    // One look: what it finds is written down, and nothing is sent here.
    taken.work(dispatch.look_again(id, now()), |step| step.queue_state(now())).await?;
    Ok(())
}

async fn told(view: &View, mails: Vec<Listed>, args: &ViewArgs) -> Result<Vec<Told>, Failure> {
    let mut all = Vec::with_capacity(mails.len());
    for mut listed in mails {
        let mail = view.mail(listed.mail.id, args.as_of).await?;
        listed.outbox.queue_state = mail.outbox.queue_state.clone();
        let timeline = timeline(&view.company_plugin, &mail, args.now()).await?;
        let label =
            view.company_plugin.label(&super::company_plugin::no_files(), timeline.status, "en").await?;
        all.push(Told { listed, mail, timeline, label });
    }
    Ok(all)
}

fn short(one: &Told) -> Value {
    let mut row = outbox::row(&one.listed);
    if let Some(row) = row.as_object_mut() {
        row.insert("status".into(), object!(one.timeline.status));
        row.insert("label".into(), one.label.clone().into());
        row.insert("reason".into(), reason(one).into());
        row.insert("statuses".into(), super::contract_json::statuses(&one.timeline.recipients));
    }
    row
}

fn full(one: &Told) -> Value {
    let mut row = short(one);
    if let Some(row) = row.as_object_mut() {
        row.insert("attempts".into(), mail_json::attempts(&one.mail));
        row.insert("events".into(), object!(one.mail.events));
        row.insert("attachments".into(), mail_json::files(&one.mail));
    }
    row
}

async fn show(view: &View, one: &Told) -> Result<(), Failure> {
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
        let came = attempt.outcome.as_ref().map_or("no answer yet", |it| it.result.as_str());
        let by = format!("{by}{} ({})", attempt.account_name, attempt.transport);
        line(&printable(&format!("    {}  attempt by {by}: {came}", clock(attempt.started))))?;
    }
    if !matches!(one.listed.outbox.queue_state, QueueState::Sent) {
        line(&printable(&format!("  {}", reason(one))))?;
    }
    line("")
}

async fn recipient_line(view: &View, of: &RecipientStatus) -> Result<String, Failure> {
    let label = view.company_plugin.label(&super::company_plugin::no_files(), of.status, "en").await?;
    let complained = if of.complained { " (marked as unwanted)" } else { "" };
    Ok(format!("{}: {label}{complained}: {}", of.recipient, of.reason.detail))
}

fn clock(time: DateTime<FixedOffset>) -> String {
    time.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S").to_string()
}

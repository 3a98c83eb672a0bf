//! `postroom send`: the mail is kept, sent, and told of per recipient.

use super::delivery::{Extra, deliver, spinner};
use super::mail::MailArgs;
use super::output::{json, printable};
use super::store_args::UserArgs;
use super::typed_time::not_before;
use super::{Common, Failure, contract_json, explained, load_plugin, own_program, render, session, statuses};
use crate::Exit;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{
    Accounts, CompanyPlugin, DeliveryRequest, Enqueued, MailId, OpenTracking, Order, Ready, SendOptions,
    Sent, SingleAttempt, compose, damaged, missing, now, pixel_left_out, sign_in_deadline,
};
use postroom_contract::delivery::SubmitError;
use postroom_contract::tracking::Status;
use postroom_contract::transport::Verdict;
use postroom_model::{AccountState, Name, Transport};
use postroom_transport::smtp::SmtpClient;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A sign-in that ends within this time is told of with every mail.
const SOON: chrono::Duration = chrono::Duration::days(14);

#[derive(Debug, Args)]
#[command(after_help = "\
The mail is kept in the store before anything is sent, each attempt is recorded, and the copy is filed in Sent. What was
not accepted can be resumed (`postroom resume`). The exit code says what came of it (see `postroom --help`).

With --settings one attempt is made from that file alone, and nothing is kept.

Examples:
  postroom send invoice.xml --user lotte --account office --pdf invoice.pdf
  postroom send invoice.json --user lotte --pdf invoice.pdf --to 'Jo <jo@example.com>' --wait 1h
  postroom send invoice.xml --settings company.toml --account office --pdf invoice.pdf")]
pub(super) struct SendArgs {
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    user: UserArgs,
    /// Account to send as. May be left out where the user may use one alone.
    #[arg(long, value_name = "NAME")]
    account: Option<Name>,
    /// How long to go on trying, where a server says that it will take the mail later: 90s, 30m, 2h.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = super::duration)]
    wait: Duration,
    /// Ask for a report when the mail reaches the mailbox, where the server offers that.
    #[arg(long)]
    notify_delivered: bool,
    /// Send it although the same document was sent to the same recipients before.
    #[arg(long)]
    again: bool,
    /// Put it into the outbox and leave the rest to a worker (`postroom worker`).
    #[arg(long)]
    queue: bool,
    /// Not before this time: put it into the outbox for a worker. `2026-12-01 08:30`, `tomorrow 08:30`,
    /// `01.12.2026 08:30`, with an offset or in this machine's zone.
    #[arg(long, value_name = "TIME", value_parser = super::typed_time::parse_departure)]
    at: Option<DateTime<FixedOffset>>,
    /// Check whether this mail is opened, whatever is set for the account: true or false.
    #[arg(long, value_name = "BOOL", conflicts_with = "settings")]
    check_opens: Option<bool>,
    /// Send although a PDF is empty, cut off, encrypted, or none.
    #[arg(long)]
    damaged_pdf: bool,
    /// Account of the user's own mail program: where to write the draft, instead of opening it.
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
}

pub(super) async fn run(common: &Common, args: &SendArgs) -> Result<Exit, Failure> {
    if args.mail.settings.is_some() {
        return once(common, args).await;
    }
    let session = session::open(common, &args.user, args.account.as_ref()).await?;
    let content = args.mail.content();
    content.refuse_unusable(&session.plugin).await?;
    if let AccountState::NeedsSignIn { reason, .. } = &session.account.state {
        eprintln!("postroom: {} needs a sign-in, the mail will be held: {reason}", session.account.name);
    }
    if let Some(deadline) = sign_in_deadline(&session.connections, &session.account).await?
        && deadline.at() < now() + SOON
    {
        eprintln!("postroom: {}: {deadline}", session.account.name);
    }
    let id = MailId::new();
    let opens = OpenTracking::plan(&session, args.check_opens, id).await?;
    if let Some(why) = &opens.refused {
        eprintln!("postroom: the mail's opening is not checked: {why}");
    }
    let composed = match compose(&session, &content, id, opens.pixel.clone()).await {
        Ok(composed) => composed,
        Err(error) => return Err(args.mail.failed_in_words(&session.plugin, error).await),
    };
    check(common, &session.plugin, args, &composed.ready).await?;
    if let Some(warning) = pixel_left_out(&composed.ready.message.warnings) {
        eprintln!("postroom: {}", printable(&warning.detail));
    }
    let options = SendOptions { notify_delivered: args.notify_delivered };
    let new = composed.new_mail(&session, id, options, &opens).await?;
    let ready = composed.ready;
    let by_worker = args.queue || args.at.is_some();
    let order = if by_worker { Order { send_at: args.at, ..Order::default() } } else { session.order() };
    let order = Order { again: args.again, ..order };
    let asked = session.user_store().enqueue(&[new], &order).await?;
    if let Some(Enqueued::Existing(before)) = asked.first() {
        eprintln!(
            "postroom: the same was asked for before: this is that mail, and nothing new was made (--again sends it again)"
        );
        let request = DeliveryRequest { wait: args.wait, ..DeliveryRequest::default() };
        // It may have been asked for from another account of the user's: it goes on as that account, not as this one.
        let (connections, company, user) =
            (session.connections.clone(), session.company.clone(), session.user.clone());
        let plugin = load_plugin::loading(common);
        let session = session::of_mail(plugin, connections, company, user, *before).await?;
        let extra = Extra { fields: serde_json::json!({ "asked_before": true }), unusable: false };
        return deliver(common, &session, *before, &request, extra).await;
    }
    if !common.json {
        render::addressees(&ready)?;
    }
    if by_worker {
        return queued(common, id, args.at);
    }
    if session.account.transport == Transport::MailClient {
        return own_program::run(common, &session, id, &ready, args.draft.as_deref()).await;
    }
    let request = DeliveryRequest { wait: args.wait, ..DeliveryRequest::default() };
    let fields = serde_json::json!({
        "document": ready.summary, "invalid": ready.resolution.invalid, "warnings": ready.message.warnings,
    });
    let extra = Extra { fields, unusable: !ready.resolution.invalid.is_empty() };
    deliver(common, &session, id, &request, extra).await
}

/// What is said of a mail that a worker sends.
fn queued(common: &Common, id: MailId, at: Option<DateTime<FixedOffset>>) -> Result<Exit, Failure> {
    if common.json {
        json(&serde_json::json!({ "mail": id.to_string(), "state": "queued", "send_at": at }))?;
    } else {
        super::output::line(&format!("mail {id}"))?;
        let when = not_before(at);
        eprintln!(
            "it is in the outbox{when}; `postroom worker` sends it, `postroom status {id}` tells of it"
        );
    }
    Ok(Exit::Done)
}

/// What `send` refuses and `render` only warns of.
async fn check(
    common: &Common,
    plugin: &CompanyPlugin,
    args: &SendArgs,
    ready: &Ready,
) -> Result<(), Failure> {
    if ready.message.mail.envelope.recipients.is_empty() {
        if !common.json {
            render::addressees(ready)?;
        }
        return Err(Failure::input(
            "there is nobody to send to: give the partner a contact with an e-mail address, or use --to",
        ));
    }
    let explained = explained::explanations(plugin, &ready.message.warnings).await?;
    if let Some(damaged) = damaged(ready)
        && !args.damaged_pdf
    {
        let message = format!("{}; send it all the same with --damaged-pdf", explained.text(damaged));
        return Err(Failure::input(message));
    }
    if let Some(missing) = missing(ready)
        && !args.mail.content().goes_without_document()
    {
        let option = if missing.code == "no-pdf" { "--pdf" } else { "--ubl" };
        let message =
            format!("{}: add it with {option}, or send with --without-document", explained.text(missing));
        return Err(Failure::input(message));
    }
    if !common.json {
        render::warnings(&explained, ready);
    }
    Ok(())
}

/// One attempt with the accounts of a settings file. Nothing is kept.
async fn once(common: &Common, args: &SendArgs) -> Result<Exit, Failure> {
    let config = args.mail.config()?;
    let missing = || Failure {
        code: Exit::Usage,
        message: "which account of the settings? Name it with --account".into(),
    };
    let name = args.account.as_ref().ok_or_else(missing)?.as_str();
    let account = config.account(name)?;
    let accounts = Accounts::from([(name.to_owned(), account.open(name, &config.path)?)]);
    let plugin = load_plugin::sending(common, accounts, Arc::new(SmtpClient::default()))?;
    let content = args.mail.content();
    content.refuse_unusable(&plugin).await?;
    let now = now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let id = uuid::Uuid::now_v7().to_string();
    let mut draft =
        content.draft(config.settings_json(), config.logo.as_ref(), account.mailbox(), id, now.clone())?;
    draft.attach_embedded_pdf(&plugin).await?;
    let ready = match draft.compose(&plugin).await {
        Ok(ready) => ready,
        Err(error) => return Err(args.mail.failed_in_words(&plugin, error.into()).await),
    };
    check(common, &plugin, args, &ready).await?;
    let waiting = spinner(common, &format!("sending {} bytes as {name}", ready.message.mail.size));
    let attempt = SingleAttempt {
        account: name.to_owned(),
        now,
        envelope_id: Some(draft.id.clone()),
        notify_delivered: args.notify_delivered,
    };
    let sent = ready.send(&plugin, &attempt).await?;
    waiting.finish_and_clear();
    if common.json {
        json(&serde_json::json!({
            "message_id": ready.message.mail.message_id,
            "document": ready.summary,
            "subject": ready.message.subject,
            "size": ready.message.mail.size,
            "status": sent.timeline.status,
            "recipients": contract_json::statuses(&sent.timeline.recipients),
            "invalid": ready.resolution.invalid,
            "events": sent.submitted.settlement.events,
            "error": sent.submitted.error.as_ref().map(contract_json::error),
            "warnings": ready.message.warnings,
        }))?;
    } else {
        render::addressees(&ready)?;
        show(&plugin, &sent).await?;
    }
    Ok(code(&sent, !ready.resolution.invalid.is_empty()))
}

async fn show(plugin: &CompanyPlugin, sent: &Sent) -> Result<(), Failure> {
    statuses::show(plugin, &sent.timeline.recipients).await?;
    if let Some(detail) = &sent.submitted.settlement.detail {
        eprintln!("{}", printable(detail));
    }
    Ok(())
}

/// What the exit code says: see `postroom --help`. `unusable`: an address that should have had the mail was none.
fn code(sent: &Sent, unusable: bool) -> Exit {
    // What may be sent is used up, whatever the code: it may leave later.
    if sent.submitted.settlement.pause.as_ref().is_some_and(|pause| pause.cause == "quota") {
        return Exit::Later;
    }
    match &sent.submitted.error {
        Some(SubmitError::NoRecipient | SubmitError::Argument(_)) => Exit::Input,
        Some(SubmitError::Failed(failed)) => code_of(failed.failure.verdict),
        Some(SubmitError::Api(failed)) => code_of(failed.failure.verdict),
        Some(SubmitError::NeedsSignIn(_)) => Exit::Refused,
        None if sent.submitted.settlement.events.iter().any(|e| e.kind == "in-doubt") => Exit::InDoubt,
        None if sent.timeline.status == Status::Failed => Exit::Refused,
        None if sent.submitted.settlement.events.iter().any(|e| e.kind == "deferred") => Exit::Later,
        None if unusable => Exit::Refused,
        None => Exit::Done,
    }
}

fn code_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Permanent | Verdict::NeedsSignIn => Exit::Refused,
        Verdict::Transient => Exit::Later,
        Verdict::InDoubt => Exit::InDoubt,
    }
}

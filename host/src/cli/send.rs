//! `postroom send`: the mail is kept, sent, and told of per recipient.

use super::desk::{Delivery, Desk, now, spinner};
use super::house::UserArgs;
use super::mail::MailArgs;
use super::output::json;
use super::{Common, Failure, account, handover, office, opens, platform, render, statuses};
use crate::accounts::{AccountState, Name, Transport, plugin_settings};
use crate::capabilities::attachments::AttachmentSource;
use crate::capabilities::smtp::SmtpClient;
use crate::config::Config;
use crate::contract::composing::Mode;
use crate::contract::delivery::SubmitError;
use crate::contract::recipients::Mailbox;
use crate::contract::smtp::Verdict;
use crate::contract::tracking::Status;
use crate::engine::{Accounts, Office};
use crate::outbox::{Attempt, Draft, Keeping, Ready, Sent, failure_words};
use crate::store::MailId;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
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
    /// Check whether this mail is opened, whatever is set for the account: true or false.
    #[arg(long, value_name = "BOOL", conflicts_with = "settings")]
    check_opens: Option<bool>,
    /// Send although the document's own PDF or UBL file is missing.
    #[arg(long)]
    without_document: bool,
    /// Account of the user's own mail program: where to write the draft, instead of opening it.
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
}

pub(super) async fn run(common: &Common, args: &SendArgs) -> Result<ExitCode, Failure> {
    if args.mail.settings.is_some() {
        return once(common, args).await;
    }
    let desk = Desk::open(common, &args.user, args.account.as_ref()).await?;
    if let AccountState::NeedsSignIn { reason, .. } = &desk.account.state {
        eprintln!("postroom: {} needs a sign-in, the mail will be held: {reason}", desk.account.name);
    }
    if let Some(deadline) = account::deadline(&desk.connections, &desk.account).await?
        && deadline.at() < now() + SOON
    {
        eprintln!("postroom: {}: {deadline}", desk.account.name);
    }
    let id = MailId::new();
    let opens = opens::plan(&desk, args.check_opens, id).await?;
    let (draft, mut ready) = compose(&desk, args, id, opens.pixel.clone()).await?;
    check(common, args, &ready)?;
    if let Transport::Platform(_) = &desk.account.transport {
        ready.message.envelope.mail_from = platform::return_path(&desk, id).await?;
    }
    let keeping = Keeping { id, account: desk.account.id, created: now() };
    let kept = ready.to_keep(&draft, keeping).await.map_err(|e| Failure::input(e.to_string()))?;
    desk.acting().keep(&kept).await?;
    desk.connections.store().set_open_check(id, opens.settled(&ready.message.warnings)).await?;
    if !common.json {
        render::addressees(&ready)?;
    }
    if desk.account.transport == Transport::MailClient {
        return handover::run(common, &desk, id, &ready, args.draft.as_deref()).await;
    }
    let how = Delivery {
        wait: args.wait,
        notify_delivered: args.notify_delivered,
        unusable: !ready.resolution.invalid.is_empty(),
        ..Delivery::default()
    };
    let more = serde_json::json!({
        "document": ready.summary, "invalid": ready.resolution.invalid, "warnings": ready.message.warnings,
    });
    desk.deliver(common, id, how, more).await
}

/// The mail of a stored account, as this user sends it.
async fn compose(
    desk: &Desk,
    args: &SendArgs,
    id: MailId,
    pixel: Option<String>,
) -> Result<(Draft, Ready), Failure> {
    let settings = plugin_settings(&desk.company, &desk.user, &desk.settings);
    let settings = serde_json::from_str(&settings).map_err(|e| Failure::other(e.to_string()))?;
    let config = Config { settings, ..Config::default() };
    let account = &desk.account;
    let name = account.display_name.as_ref().map(ToString::to_string);
    let sender = Mailbox { name, address: account.address.to_string() };
    let stamp = now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let mut draft = args.mail.draft(&config, sender, id.to_string(), stamp)?;
    // The mail's identity is the store's: attempts and reports refer to it.
    draft.id = id.to_string();
    draft.pixel = pixel;
    if let Some(logo) = desk.acting().logo().await? {
        let media_type = logo.media_type();
        draft.attach_source(logo.file_name, media_type, "logo", AttachmentSource::from_bytes(logo.content));
    }
    match &account.transport {
        Transport::MailClient => draft.mode = Mode::MailClient,
        Transport::Platform(sender) => {
            platform::sign(desk, sender, &mut draft, id).await?;
            if args.mail.format.is_none() {
                draft.format = "link".to_owned();
            }
        }
        _ => {}
    }
    let ready = draft.compose(&desk.office).await.map_err(|e| args.mail.failed(e))?;
    Ok((draft, ready))
}

/// What `send` refuses and `render` only warns of.
fn check(common: &Common, args: &SendArgs, ready: &Ready) -> Result<(), Failure> {
    if ready.message.envelope.recipients.is_empty() {
        if !common.json {
            render::addressees(ready)?;
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
    Ok(())
}

/// One attempt with the accounts of a settings file. Nothing is kept.
async fn once(common: &Common, args: &SendArgs) -> Result<ExitCode, Failure> {
    let config = args.mail.config()?;
    let missing =
        || Failure { code: 2, message: "which account of the settings? Name it with --account".into() };
    let name = args.account.as_ref().ok_or_else(missing)?.as_str();
    let account = config.account(name)?;
    let accounts = Accounts::from([(name.to_owned(), account.open(name, &config.path)?)]);
    let office = office::sending(common, accounts, Arc::new(SmtpClient::default()))?;
    let now = now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let id = uuid::Uuid::now_v7().to_string();
    let draft = args.mail.draft(&config, account.mailbox(), id, now.clone())?;
    let ready = draft.compose(&office).await.map_err(|e| args.mail.failed(e))?;
    check(common, args, &ready)?;
    let waiting = spinner(common, &format!("sending {} bytes as {name}", ready.message.size));
    let attempt = Attempt {
        account: name.to_owned(),
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
    statuses::show(office, &sent.timeline.recipients).await?;
    if let Some(error) = &sent.outcome.error {
        eprintln!("{}", super::output::printable(&failure_words(error)));
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

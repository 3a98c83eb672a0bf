//! `postroom mailbox reply` and `forward`: a letter from the mailbox that a message came to.

use super::{Common, Failure, WhichArgs};
use crate::delivery::{Extra, deliver};
use crate::output::{json, line, printable};
use crate::{Exit, explained, load_plugin, session};
use clap::Args;
use postroom::app::{
    AppError, DeliveryRequest, DraftError, Enqueued, LetterRequest, MailboxAccess, MailboxMessage, Order,
    PreparedLetter, Session,
};
use postroom_contract::letters::LetterKind;
use postroom_contract::types::Address;
use postroom_model::{IndexedMessageId, MailAddress};
use serde_json::{Value, json as object};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of the words that are read from a file: more than the plugin takes.
const MOST: u64 = 1 << 20;
/// Names standard input.
const STANDARD_INPUT: &str = "-";

#[derive(Debug, Args)]
#[command(after_help = "\
The answer goes where the author wants answers (Reply-To, else From), with --all also to those who got the message; never to the account's
own addresses. The signature stands below the words and above the quote. It is stored before it is sent, its copy is filed in Sent, and the
message is marked as answered. The same words about the same message are one mail, however often they are sent; --again sends them again.

Examples:
  postroom mailbox reply 4294967305 --text 'Thank you, we ship tomorrow.'
  postroom mailbox reply 4294967305 --all --text-file answer.txt --attach drawing.pdf
  echo 'Agreed.' | postroom mailbox reply 4294967305 --text-file - --dry-run")]
pub(super) struct ReplyArgs {
    /// The message.
    #[arg(value_name = "MESSAGE")]
    message: IndexedMessageId,
    /// To all who got the message, too.
    #[arg(long)]
    all: bool,
    /// To, in place of those whom the answer would go to. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    to: Vec<String>,
    #[command(flatten)]
    letter: LetterArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The message is passed on with its files, below the words and the signature, under its own header. A forward begins a conversation of its
own. The message is marked as forwarded.

Examples:
  postroom mailbox forward 4294967305 --to warehouse@example.com --text 'Please pack this.'
  postroom mailbox forward 4294967305 --to 'Jo <jo@example.com>' --without-files")]
pub(super) struct ForwardArgs {
    /// The message.
    #[arg(value_name = "MESSAGE")]
    message: IndexedMessageId,
    /// To. May be repeated.
    #[arg(long, value_name = "ADDRESSES", required = true)]
    to: Vec<String>,
    /// Leave the message's files where they are.
    #[arg(long)]
    without_files: bool,
    #[command(flatten)]
    letter: LetterArgs,
}

/// What every letter has.
#[derive(Debug, Args)]
struct LetterArgs {
    /// The words: plain, paragraphs separated by blank lines.
    #[arg(long, value_name = "WORDS", conflicts_with = "text_file")]
    text: Option<String>,
    /// A file with the words; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// Cc, besides those whom the letter would go to. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    cc: Vec<String>,
    /// Bcc. May be repeated.
    #[arg(long, value_name = "ADDRESSES")]
    bcc: Vec<String>,
    /// Subject, in place of the message's with a prefix.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// A file to attach. May be repeated: at most 10, each at most 5 MB, all together at most 25 MB.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// From: another address that the account sends as.
    #[arg(long = "as", value_name = "ADDRESS")]
    sender: Option<MailAddress>,
    /// Language of what introduces the quote: nl, fr, en, de. Otherwise: the company's.
    #[arg(long, value_name = "L")]
    language: Option<String>,
    /// Print what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Send it although the same was sent before.
    #[arg(long)]
    again: bool,
    /// Put it into the outbox and leave the rest to a worker (`postroom worker`).
    #[arg(long)]
    queue: bool,
    /// How long to go on trying, where a server says that it will take the mail later: 90s, 30m, 2h.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::duration)]
    wait: Duration,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn reply(common: &Common, args: &ReplyArgs) -> Result<Exit, Failure> {
    let letter = &args.letter;
    if letter.text.is_none() && letter.text_file.is_none() && letter.attach.is_empty() {
        return Err(usage("what is the answer? Give its words with --text or --text-file"));
    }
    let kind = if args.all { LetterKind::ReplyAll } else { LetterKind::Reply };
    let request = LetterRequest { to: args.to.clone(), ..letter.request(kind)? };
    run(common, letter, args.message, &request).await
}

pub(super) async fn forward(common: &Common, args: &ForwardArgs) -> Result<Exit, Failure> {
    let request = LetterRequest {
        to: args.to.clone(),
        without_files: args.without_files,
        ..args.letter.request(LetterKind::Forward)?
    };
    run(common, &args.letter, args.message, &request).await
}

impl LetterArgs {
    fn request(&self, kind: LetterKind) -> Result<LetterRequest, Failure> {
        let body = match (&self.text, &self.text_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => words(path)?,
            (None, None) => String::new(),
        };
        Ok(LetterRequest {
            kind,
            body,
            subject: self.subject.clone(),
            to: Vec::new(),
            cc: self.cc.clone(),
            bcc: self.bcc.clone(),
            attach: self.attach.clone(),
            without_files: false,
            sender: self.sender.clone(),
            language: self.language.clone(),
        })
    }
}

/// Reads the words of a letter.
fn words(path: &Path) -> Result<String, Failure> {
    let shown =
        if path == Path::new(STANDARD_INPUT) { "standard input".into() } else { path.to_string_lossy() };
    let failed = |detail: String| Failure::input(format!("--text-file: {shown}: {detail}"));
    let mut bytes = Vec::new();
    let read = match path == Path::new(STANDARD_INPUT) {
        true => std::io::stdin().lock().take(MOST).read_to_end(&mut bytes),
        false => std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)),
    };
    read.map_err(|e| failed(e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is no text in UTF-8".to_owned()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

async fn run(
    common: &Common,
    args: &LetterArgs,
    message: IndexedMessageId,
    request: &LetterRequest,
) -> Result<Exit, Failure> {
    let (connections, company, user) = args.which.user.open().await?;
    let mailboxes = MailboxAccess::new(connections.clone(), company.clone(), user.clone());
    let of = mailboxes.message(message).await?;
    let account = mailboxes.account_of(of.account).await?;
    let session = session::of_account(common, connections, company, user, account).await?;
    let done = write(common, args, &session, &mailboxes, &of, request).await;
    session.connections.close().await;
    done
}

async fn write(
    common: &Common,
    args: &LetterArgs,
    session: &Session,
    mailboxes: &MailboxAccess,
    of: &MailboxMessage,
    request: &LetterRequest,
) -> Result<Exit, Failure> {
    let prepared = session.prepare_letter(mailboxes, of, request).await.map_err(in_options)?;
    let warnings = &prepared.message.warnings;
    let explained = explained::explanations(&session.plugin, warnings).await?;
    for warning in warnings.iter().filter(|_| !common.json) {
        eprintln!("warning: {} ({})", printable(&explained.text(warning)), warning.code);
    }
    if args.dry_run {
        show(common, &prepared)?;
        return Ok(Exit::Done);
    }
    let order = if args.queue { Order::default() } else { session.order() };
    let order = Order { again: args.again, ..order };
    let wait = DeliveryRequest { wait: args.wait, ..DeliveryRequest::default() };
    if let Enqueued::Existing(before) = session.enqueue_letter(&prepared, &order).await? {
        eprintln!(
            "postroom: the same was sent before: this is that mail, and nothing new was made (--again sends it again)"
        );
        let (connections, company, user) =
            (session.connections.clone(), session.company.clone(), session.user.clone());
        let session =
            session::of_mail(load_plugin::loading(common), connections, company, user, before).await?;
        let extra = Extra { fields: object!({ "asked_before": true }), unusable: false };
        let exit = deliver(common, &session, before, &wait, extra).await?;
        if exit == Exit::Done {
            mark(&session, mailboxes, of, request.kind).await;
        }
        return Ok(exit);
    }
    if args.queue {
        let id = prepared.id;
        match common.json {
            true => json(&object!({ "mail": id.to_string(), "state": "queued" }))?,
            false => line(&format!("mail {id}"))?,
        }
        eprintln!("it is in the outbox; `postroom worker` sends it, `postroom status {id}` tells of it");
        return Ok(Exit::Done);
    }
    let extra = Extra { fields: object!({ "letter": letter_json(&prepared) }), unusable: false };
    let exit = deliver(common, session, prepared.id, &wait, extra).await?;
    // One that no server has taken answers nothing.
    if exit == Exit::Done {
        mark(session, mailboxes, of, request.kind).await;
    }
    Ok(exit)
}

/// Marks the message. The letter is on its way whether this succeeds or not.
async fn mark(session: &Session, mailboxes: &MailboxAccess, of: &MailboxMessage, kind: LetterKind) {
    if let Err(error) = session.mark_answered(mailboxes, of, kind).await {
        eprintln!("postroom: the message could not be marked as answered: {}", printable(&error.to_string()));
    }
}

/// Describes a failure with the option in the place of the letter's field.
fn in_options(error: AppError) -> Failure {
    let option = |field: &str| match field.split(['[', '.']).next().unwrap_or(field) {
        "body" => Some("--text"),
        "to" => Some("--to"),
        "cc" => Some("--cc"),
        "bcc" => Some("--bcc"),
        "subject" => Some("--subject"),
        "attachments" => Some("--attach"),
        _ => None,
    };
    match &error {
        AppError::Draft(DraftError::Argument(fault)) => match option(&fault.argument) {
            Some(option) => Failure::input(format!("{option}: {}", fault.detail)),
            None => error.into(),
        },
        _ => error.into(),
    }
}

fn show(common: &Common, of: &PreparedLetter) -> Result<(), Failure> {
    if common.json {
        return json(&letter_json(of));
    }
    let message = &of.message;
    line(&format!("From: {}", person(&message.sender)))?;
    for (field, list) in [("To", &of.people.to), ("Cc", &of.people.cc), ("Bcc", &of.people.bcc)] {
        if !list.is_empty() {
            line(&format!("{field}: {}", list.iter().map(person).collect::<Vec<_>>().join(", ")))?;
        }
    }
    line(&format!("Subject: {}", message.subject))?;
    for (file, _) in &of.files {
        line(&format!("File: {} ({}, {} bytes)", file.file_name, file.media_type, file.size))?;
    }
    line("")?;
    for text in message.text.lines() {
        line(text)?;
    }
    Ok(())
}

fn person(of: &Address) -> String {
    match &of.name {
        Some(name) => format!("{name} <{}>", of.address),
        None => of.address.clone(),
    }
}

fn letter_json(of: &PreparedLetter) -> Value {
    let message = &of.message;
    let files: Vec<Value> = of
        .files
        .iter()
        .map(|(file, _)| object!({ "name": file.file_name, "type": file.media_type, "size": file.size }))
        .collect();
    object!({
        "message_id": message.mail.message_id,
        "kind": message.template.trim_start_matches("letter/"),
        "from": message.sender,
        "to": of.people.to,
        "cc": of.people.cc,
        "bcc": of.people.bcc,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "language": message.language,
        "size": message.mail.size,
        "attachments": files,
        "warnings": message.warnings,
    })
}

fn usage(message: &str) -> Failure {
    Failure { code: Exit::Usage, message: message.to_owned() }
}

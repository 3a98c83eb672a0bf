//! One conversation with its messages, or one message as a person reads it.

use super::rows::{Names, conversation_json, message_json, shown_documents, shown_person, shown_time};
use super::{Common, Failure, WhichArgs};
use crate::output::{json, line, printable, table};
use crate::{Exit, load_plugin};
use clap::Args;
use postroom::app::{ConversationDetail, MailboxAccess, MailboxMessage, Shown};
use postroom::app::{Direction, PersonRole};
use postroom_contract::reading::ReadableMessage;
use serde_json::json as object;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(after_help = "\
A conversation is shown with its messages, notes, and why each message is in it. A message is fetched from its server and read: its new
words, files and what it repeats; nothing of it is stored, and it is not marked as read.

Examples:
  postroom mailbox show 4294967301
  postroom mailbox show 4294967305 --save files/
  postroom mailbox show 4294967305 --html > message.html
  postroom mailbox show 4294967305 --json")]
pub(super) struct ShowArgs {
    /// The number of a conversation or a message, as lists have it.
    #[arg(value_name = "NUMBER")]
    number: i64,
    /// The whole text of a message, with what it repeats.
    #[arg(long)]
    whole: bool,
    /// The safe HTML of a message alone.
    #[arg(long, conflicts_with_all = ["whole", "json", "save"])]
    html: bool,
    /// Write the files of a message to this folder.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn run(common: &Common, args: &ShowArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let names = Names::read(&mailboxes).await?;
    let shown = match mailboxes.find(args.number).await? {
        Shown::Conversation(conversation) => show_conversation(common, &conversation, &names),
        Shown::Message(message) => show_message(common, args, &mailboxes, &message, &names).await,
    };
    mailboxes.connections().close().await;
    shown.map(|()| Exit::Done)
}

fn show_conversation(common: &Common, of: &ConversationDetail, names: &Names) -> Result<(), Failure> {
    let row = &of.conversation;
    if common.json {
        let messages: Vec<_> = of.messages.iter().map(|it| message_json(it, names)).collect();
        let notes: Vec<_> = of
            .notes
            .iter()
            .map(|note| object!({ "at": note.at, "user": note.user.map(|user| names.user(user)), "text": note.text }))
            .collect();
        return json(
            &object!({ "conversation": conversation_json(row, names), "messages": messages, "notes": notes }),
        );
    }
    line(&printable(&row.subject))?;
    let mut facts = vec![format!("{} messages in {}", row.messages, names.account(row.account))];
    facts.extend(row.partners.first().map(|_| format!("with {}", row.partners.join(", "))));
    facts.extend((!row.documents.is_empty()).then(|| format!("about {}", shown_documents(&row.documents))));
    facts.extend(row.is_done.then(|| "done".to_owned()));
    facts.extend(row.assignee.map(|user| format!("{} takes care of it", names.user(user))));
    facts.extend(row.is_private.then(|| "private".to_owned()));
    line(&printable(&facts.join("; ")))?;
    let rows = of.messages.iter().map(|it| {
        let from =
            it.people.iter().find(|it| it.role == PersonRole::From).map(shown_person).unwrap_or_default();
        let reason = it.reason.clone().unwrap_or_default();
        vec![
            it.id.to_string(),
            shown_time(it.date),
            match it.direction {
                Direction::Incoming => "from".to_owned(),
                Direction::Outgoing => "by us".to_owned(),
            },
            from,
            it.kind.clone().unwrap_or_default(),
            if it.files.is_empty() { String::new() } else { format!("{} files", it.files.len()) },
            format!("{reason}{}", if it.is_sure { "" } else { "?" }),
        ]
    });
    table(&["number", "date", "", "author", "class", "files", "why here"], rows)?;
    for message in &of.messages {
        for proposal in &message.proposals {
            let words = format!(
                "{} may belong to {} ({}): `postroom mailbox join {} {}`",
                message.id, proposal.conversation, proposal.reason, row.id, proposal.conversation
            );
            line(&printable(&words))?;
        }
    }
    for note in &of.notes {
        let user = note.user.map_or_else(|| "administrator".to_owned(), |user| names.user(user));
        line(&printable(&format!("note of {user}, {}: {}", shown_time(note.at), note.text)))?;
    }
    Ok(())
}

async fn show_message(
    common: &Common,
    args: &ShowArgs,
    mailboxes: &MailboxAccess,
    of: &MailboxMessage,
    names: &Names,
) -> Result<(), Failure> {
    let plugin = load_plugin::reading_for(common, &mailboxes.company().id.to_string())?;
    let read = mailboxes.read(&plugin, of).await?;
    if args.html {
        return match &read.html {
            Some(html) => line(html),
            None => Err(Failure::input("the message has no HTML: leave --html out for its text")),
        };
    }
    let saved = match &args.save {
        Some(folder) => save(mailboxes, of, folder).await?,
        None => Vec::new(),
    };
    if common.json {
        let saved: Vec<_> = saved.iter().map(|path| path.display().to_string()).collect();
        return json(&object!({
            "message": message_json(of, names),
            "text": read.text,
            "reply": read.folded.reply,
            "quoted": read.folded.quoted,
            "html": read.html,
            "remote_images": read.remote_images,
            "notes": read.notes.iter().map(|it| object!({ "code": it.code, "detail": it.detail })).collect::<Vec<_>>(),
            "saved": saved,
        }));
    }
    show_text(args, of, &read)?;
    for path in saved {
        line(&printable(&format!("saved {}", path.display())))?;
    }
    Ok(())
}

fn show_text(args: &ShowArgs, of: &MailboxMessage, read: &ReadableMessage) -> Result<(), Failure> {
    let people = |role: PersonRole| {
        let all = of.people.iter().filter(|it| it.role == role);
        all.map(|it| match &it.name {
            Some(name) => format!("{name} <{}>", it.address),
            None => it.address.clone(),
        })
        .collect::<Vec<_>>()
        .join(", ")
    };
    for (name, value) in [
        ("Subject", of.subject.clone()),
        ("From", people(PersonRole::From)),
        ("To", people(PersonRole::To)),
        ("Cc", people(PersonRole::Cc)),
        ("Date", shown_time(of.date)),
    ] {
        if !value.is_empty() {
            line(&printable(&format!("{name}: {value}")))?;
        }
    }
    line("")?;
    line(&printable(if args.whole { &read.text } else { &read.folded.reply }))?;
    if let Some(quoted) = read.folded.quoted.as_ref().filter(|_| !args.whole) {
        line(&format!("\n… {} lines that it repeats are folded away: --whole", quoted.lines().count()))?;
    }
    if read.remote_images > 0 {
        line(&format!("{} remote images are held back", read.remote_images))?;
    }
    for file in &of.files {
        line(&printable(&format!(
            "file {}: {} ({}, {} bytes)",
            file.section, file.name, file.media_type, file.size
        )))?;
    }
    for note in &read.notes {
        line(&printable(&format!("note: {}", note.detail)))?;
    }
    Ok(())
}

/// Writes the files of a message to a folder, under names that are theirs alone. What is there is not overwritten.
async fn save(
    mailboxes: &MailboxAccess,
    of: &MailboxMessage,
    folder: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let failed =
        |path: &Path, e: &dyn std::fmt::Display| Failure::input(format!("--save: {}: {e}", path.display()));
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    let mut saved = Vec::new();
    for file in &of.files {
        let content = mailboxes.file(of, &file.section).await?;
        let (path, mut to) =
            new_file(folder, &safe_name(&file.name)).map_err(|(path, e)| failed(&path, &e))?;
        let mut reader = content.open().await.map_err(|e| failed(&path, &e))?;
        while let Some(block) = reader.next().await.map_err(|e| failed(&path, &e))? {
            to.write_all(block).map_err(|e| failed(&path, &e))?;
        }
        saved.push(path);
    }
    Ok(saved)
}

/// The name of a file without what leads out of its folder.
fn safe_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .take(120)
        .collect();
    let name = name.trim_start_matches('.').trim();
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

fn new_file(folder: &Path, name: &str) -> Result<(PathBuf, std::fs::File), (PathBuf, std::io::Error)> {
    let (stem, extension) = name.rsplit_once('.').map_or((name, None), |(stem, end)| (stem, Some(end)));
    for number in 1..1_000 {
        let name = match (number, extension) {
            (1, _) => name.to_owned(),
            (_, Some(extension)) => format!("{stem} ({number}).{extension}"),
            (_, None) => format!("{stem} ({number})"),
        };
        let path = folder.join(name);
        match std::fs::File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err((path, e)),
        }
    }
    Err((folder.join(name), std::io::Error::from(std::io::ErrorKind::AlreadyExists)))
}

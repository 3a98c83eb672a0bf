//! `postroom read`: what a person reads of a message.

use super::output::{json, line, printable, table};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use postroom::app::{ReadSource, fold_text, now, read_message};
use postroom_contract::reading::{AttachedFile, Folded, ReadableMessage};
use postroom_contract::types::Address;
use serde::Serialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Names standard input among the files.
const STANDARD_INPUT: &str = "-";
/// How errors name it.
const SHOWN_INPUT: &str = "standard input";
/// Bytes that are taken from it: more than the largest message, which the use case refuses.
const MOST: u64 = 40 << 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Shows the new words of a message: what it quotes and its signature are folded away, answers between quoted lines and forwarded
messages stay. `-` reads standard input. Nothing is stored, and nothing is loaded from anywhere.
With --json: subject, from, to, cc, reply_to, date, message_id, class, text, reply, quoted, html (generated anew, safe to show),
attachments (name, type, size, sha256), notes. With --reply: reply, quoted, signature, text.
Ends with exit code 3 if a file can't be read, is too large (32 MiB) or is of another format.

Examples:
  postroom read answer.eml
  postroom read answer.eml --json
  postroom read --reply body.txt --json
  fetch-message 17 | postroom read -")]
pub(super) struct ReadArgs {
    /// The message, as its server delivered it (.eml).
    #[arg(value_name = "FILE", required_unless_present = "reply", conflicts_with = "reply")]
    file: Option<PathBuf>,
    /// A body alone, as plain text, instead of a message.
    #[arg(long, value_name = "FILE")]
    reply: Option<PathBuf>,
}

/// A message in JSON.
#[derive(Debug, Serialize)]
struct MessageJson {
    subject: String,
    from: Option<Person>,
    to: Vec<Person>,
    cc: Vec<Person>,
    reply_to: Vec<Person>,
    date: Option<String>,
    message_id: Option<String>,
    class: String,
    text: String,
    reply: String,
    quoted: Option<String>,
    html: Option<String>,
    attachments: Vec<FileJson>,
    notes: Vec<NoteJson>,
}

#[derive(Debug, Serialize)]
struct Person {
    name: Option<String>,
    address: String,
}

#[derive(Debug, Serialize)]
struct FileJson {
    name: Option<String>,
    #[serde(rename = "type")]
    media_type: String,
    size: u32,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct NoteJson {
    code: String,
    detail: String,
}

/// A body in JSON.
#[derive(Debug, Serialize)]
struct BodyJson {
    reply: String,
    quoted: Option<String>,
    signature: Option<String>,
    text: String,
}

pub(super) async fn run(common: &Common, args: &ReadArgs) -> Result<Exit, Failure> {
    let company_plugin = load_plugin::reading(common)?;
    if let Some(path) = &args.reply {
        let source = if is_standard_input(path) {
            ReadSource::text(SHOWN_INPUT, standard_input()?.as_slice()).await?
        } else {
            ReadSource::text_file(path).await?
        };
        let (text, folded) = fold_text(&company_plugin, source).await?;
        if common.json {
            let Folded { reply, quoted, signature } = folded;
            json(&BodyJson { reply, quoted, signature, text })?;
        } else {
            show_folded(&folded)?;
        }
        return Ok(Exit::Done);
    }
    let Some(path) = &args.file else { return Err(Failure::input("name a file")) };
    let source = if is_standard_input(path) {
        ReadSource::message(SHOWN_INPUT, standard_input()?.as_slice()).await?
    } else {
        ReadSource::message_file(path).await?
    };
    let message = read_message(&company_plugin, source, &[], now()).await?;
    if common.json {
        json(&in_json(message))?
    } else {
        show(&message)?
    }
    Ok(Exit::Done)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// Reads standard input to its end, or to more than a message may have.
fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MOST).read_to_end(&mut bytes);
    read.map_err(|error| Failure::input(format!("can't read standard input: {error}")))?;
    Ok(bytes)
}

fn in_json(of: ReadableMessage) -> MessageJson {
    let people = |list: Vec<Address>| list.into_iter().map(person).collect();
    MessageJson {
        subject: of.subject,
        from: of.authors.into_iter().next().map(person),
        to: people(of.to),
        cc: people(of.cc),
        reply_to: people(of.reply_to),
        date: of.date,
        message_id: of.message_id,
        class: of.kind,
        text: of.text,
        reply: of.folded.reply,
        quoted: of.folded.quoted,
        html: of.html,
        attachments: of.attachments.into_iter().map(file).collect(),
        notes: of.notes.into_iter().map(|note| NoteJson { code: note.code, detail: note.detail }).collect(),
    }
}

fn person(of: Address) -> Person {
    Person { name: of.name, address: of.address }
}

fn file(of: AttachedFile) -> FileJson {
    FileJson { name: of.name, media_type: of.media_type, size: of.size, sha256: of.sha256 }
}

/// Shows a message: its header, its new words, its files.
fn show(message: &ReadableMessage) -> Result<(), Failure> {
    let people = |list: &[Address]| list.iter().map(shown_person).collect::<Vec<_>>().join(", ");
    for (name, value) in [
        ("From", people(&message.authors)),
        ("To", people(&message.to)),
        ("Cc", people(&message.cc)),
        ("Reply-To", people(&message.reply_to)),
        ("Date", message.date.clone().unwrap_or_default()),
        ("Subject", message.subject.clone()),
    ] {
        if !value.is_empty() {
            line(&printable(&format!("{name}: {}", value.replace('\n', " "))))?;
        }
    }
    if message.kind != "ordinary" {
        line(&printable(&format!("Class: {}", message.kind)))?;
    }
    line("")?;
    show_folded(&message.folded)?;
    if message.remote_images > 0 {
        line(&format!(
            "… {} not loaded from elsewhere",
            counted(message.remote_images as usize, "picture", "pictures")
        ))?;
    }
    if !message.attachments.is_empty() {
        line("")?;
        let rows = message.attachments.iter().map(|file| {
            vec![
                file.part.clone(),
                file.name.clone().unwrap_or_default(),
                file.media_type.clone(),
                file.size.to_string(),
            ]
        });
        table(&["part", "file", "type", "bytes"], rows)?;
    }
    for note in &message.notes {
        line(&printable(&format!("Note: {}", note.detail)))?;
    }
    Ok(())
}

/// Shows a body: its new words, and how much is folded away.
fn show_folded(folded: &Folded) -> Result<(), Failure> {
    line(&printable(&folded.reply.replace('\t', "    ")))?;
    for (name, text) in [("signature", &folded.signature), ("quoted text", &folded.quoted)] {
        if let Some(text) = text {
            line(&format!("… {name} folded ({})", counted(text.lines().count(), "line", "lines")))?;
        }
    }
    Ok(())
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn shown_person(of: &Address) -> String {
    match &of.name {
        Some(name) if of.address.is_empty() => name.clone(),
        Some(name) => format!("{name} <{}>", of.address),
        None => of.address.clone(),
    }
}

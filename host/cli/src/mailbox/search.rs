//! Search: in the index at once, then on the servers, folder by folder.

use super::rows::{Names, message_json, short, shown_time};
use super::{Common, Failure, WhichArgs};
use crate::output::{json, line, printable, table};
use crate::{Exit, stopping};
use clap::Args;
use postroom::app::PersonRole;
use postroom::app::{MailboxMessage, SearchFilter, SearchProgress, ServerHit, ServerSearch};
use postroom_model::MailAddress;
use serde_json::{Value, json as object};
use std::io::IsTerminal as _;

#[derive(Debug, Args)]
#[command(after_help = "\
All words must occur, the last as the beginning of a word; words in quotation marks occur together. The index has subjects, people,
names of files and numbers of documents, and the text of messages where the account allows that. What it finds is shown at once;
then the servers are asked, folder by folder, for text in the whole message. Ctrl-C ends that, and what was found stays.
\"Nothing\" is said only when every folder has answered; otherwise exit code 5.

Examples:
  postroom mailbox search '2026-0142'
  postroom mailbox search '\"second reminder\" peeters' --local
  postroom mailbox search delivery --partner 'Bakkerij Peeters' --json")]
pub(super) struct SearchArgs {
    /// The words.
    #[arg(value_name = "WORDS")]
    words: String,
    /// Messages of this customer or supplier. Searches the index alone.
    #[arg(long, value_name = "PARTNER")]
    partner: Option<String>,
    /// Messages with this address. Searches the index alone.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
    /// Messages in this folder. Searches the index alone.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    /// Search the index alone.
    #[arg(long)]
    local: bool,
    /// At most so many of the index, newest first.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn run(common: &Common, args: &SearchArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let accounts = args.which.accounts(&mailboxes).await?;
    let folder = match &args.folder {
        Some(name) => Some(super::folders::find(&mailboxes, &accounts, name).await?),
        None => None,
    };
    let filter = SearchFilter {
        text: args.words.clone(),
        accounts: accounts.clone(),
        partner: args.partner.clone(),
        address: args.address.as_ref().map(ToString::to_string),
        folder,
        limit: args.limit,
        ..SearchFilter::default()
    };
    let names = Names::read(&mailboxes).await?;
    let local = mailboxes.search(&filter).await?;
    if !common.json && !local.is_empty() {
        table(&["number", "date", "from", "subject", "account"], local.iter().map(|of| cells(of, &names)))?;
    }
    let is_narrow = args.local || args.partner.is_some() || args.address.is_some() || args.folder.is_some();
    let server = if is_narrow {
        None
    } else {
        let stop = stopping::listen()?;
        let is_shown = std::io::stderr().is_terminal();
        let mut progress = |of: SearchProgress<'_>| {
            if is_shown {
                eprintln!(
                    "searching the server, {} of {} folders: {}",
                    of.done + 1,
                    of.of,
                    printable(of.folder)
                );
            }
        };
        Some(mailboxes.search_servers(&args.words, &accounts, &local, &stop, &mut progress).await?)
    };
    mailboxes.connections().close().await;
    if common.json {
        let local: Vec<_> = local.iter().map(|of| message_json(of, &names)).collect();
        let is_complete = server.as_ref().is_some_and(is_complete);
        let hits =
            server.as_ref().map(|it| it.hits.iter().map(|hit| hit_json(hit, &names)).collect::<Vec<_>>());
        let unanswered = server.as_ref().map(|it| &it.unanswered);
        json(
            &object!({ "messages": local, "on_server": hits, "unanswered": unanswered, "complete": is_complete }),
        )?;
    } else {
        show_server(&local, server.as_ref(), &names)?;
    }
    Ok(if server.as_ref().is_none_or(is_complete) { Exit::Done } else { Exit::Later })
}

fn is_complete(of: &ServerSearch) -> bool {
    !of.is_stopped && of.unanswered.is_empty()
}

fn show_server(
    local: &[MailboxMessage],
    server: Option<&ServerSearch>,
    names: &Names,
) -> Result<(), Failure> {
    let Some(server) = server else {
        return if local.is_empty() { line("nothing in the index") } else { Ok(()) };
    };
    if !server.hits.is_empty() {
        line("on the server, and not among these:")?;
        let rows = server.hits.iter().map(|hit| {
            let from =
                hit.envelope.from.first().map(|it| it.name.clone().unwrap_or_else(|| it.address.clone()));
            let date = hit.envelope.date.unwrap_or(hit.envelope.received);
            vec![
                shown_time(date),
                from.unwrap_or_default(),
                short(&hit.envelope.subject),
                hit.at.folder.clone(),
                names.account(hit.account),
            ]
        });
        table(&["date", "from", "subject", "folder", "account"], rows)?;
    }
    for (folder, why) in &server.unanswered {
        line(&printable(&format!("{folder} was not searched: {why}")))?;
    }
    if server.is_stopped {
        return line("stopped: not every folder was searched");
    }
    if local.is_empty() && server.hits.is_empty() && server.unanswered.is_empty() {
        return line("nothing, neither in the index nor on the servers");
    }
    Ok(())
}

fn hit_json(of: &ServerHit, names: &Names) -> Value {
    let envelope = &of.envelope;
    object!({
        "account": names.account(of.account),
        "folder": of.at.folder,
        "uid": of.at.uid,
        "message_id": envelope.message_id,
        "date": envelope.date.unwrap_or(envelope.received),
        "subject": envelope.subject,
        "from": envelope.from.iter().map(|it| object!({ "name": it.name, "address": it.address })).collect::<Vec<_>>(),
    })
}

fn cells(of: &MailboxMessage, names: &Names) -> Vec<String> {
    let from = of.people.iter().find(|it| it.role == PersonRole::From).map(super::rows::shown_person);
    vec![
        of.id.to_string(),
        shown_time(of.date),
        from.unwrap_or_default(),
        short(&of.subject),
        names.account(of.account),
    ]
}

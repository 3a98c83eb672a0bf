//! Folders: how much of each is in the index, and the names under which people see them.

use super::rows::{Names, shown_time};
use super::{Common, Failure, WhichArgs};
use crate::Exit;
use crate::output::{done, json, line, printable, table};
use clap::Args;
use postroom::app::{MailboxAccess, MailboxFolder};
use postroom_model::{AccountId, FolderId};
use serde::Serialize;

#[derive(Debug, Args)]
#[command(after_help = "\
Of each folder: how many messages are in the index and on the server, when it was looked at last, and what is wrong with it.

Examples:
  postroom mailbox folders
  postroom mailbox folders --account office --json")]
pub(super) struct FoldersArgs {
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A mapped folder stands first, under its own name, and is indexed whatever the server says that it is for.

Examples:
  postroom mailbox map Projects/2026 'Projects' --account office
  postroom mailbox map Projects/2026 --remove --account office")]
pub(super) struct MapArgs {
    /// The folder, by its name on the server.
    #[arg(value_name = "FOLDER")]
    folder: String,
    /// The name under which it is seen.
    #[arg(value_name = "NAME", required_unless_present = "remove")]
    name: Option<String>,
    /// Take the name away.
    #[arg(long, conflicts_with = "name")]
    remove: bool,
    /// Its place among the mapped folders, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    position: u32,
    #[command(flatten)]
    which: WhichArgs,
}

/// A folder in JSON.
#[derive(Debug, Serialize)]
struct FolderJson {
    account: String,
    folder: String,
    mapped: Option<String>,
    special_use: Vec<String>,
    indexed: u64,
    unread: u64,
    on_server: Option<u32>,
    complete: bool,
    looked_at: Option<String>,
    compared_at: Option<String>,
    healed: Option<postroom::app::Healed>,
    fault: Option<String>,
}

pub(super) async fn list(common: &Common, args: &FoldersArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let accounts = args.which.accounts(&mailboxes).await?;
    let folders = mailboxes.folders(&accounts).await?;
    let names = Names::read(&mailboxes).await?;
    if common.json {
        json(&folders.iter().map(|of| folder_json(of, &names)).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if folders.is_empty() {
        line("no folder is known yet: `postroom sync` asks the server")?;
        return Ok(Exit::Done);
    }
    let cells = folders.iter().map(|of| {
        let progress = match of.on_server {
            Some(all) => {
                format!("{} of {all}{}", of.indexed, if of.is_complete { "" } else { ", history follows" })
            }
            None => of.indexed.to_string(),
        };
        vec![
            names.account(of.account),
            of.mapped.clone().unwrap_or_else(|| of.folder.name.clone()),
            of.folder.special_use.join(", "),
            progress,
            if of.unread > 0 { of.unread.to_string() } else { String::new() },
            of.looked_at.map(shown_time).unwrap_or_else(|| "never".to_owned()),
        ]
    });
    table(&["account", "folder", "use", "indexed", "unread", "looked at"], cells)?;
    for of in folders.iter().filter(|of| of.fault.is_some()) {
        line(&printable(&format!("{}: {}", of.folder.name, of.fault.as_deref().unwrap_or_default())))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn map(common: &Common, args: &MapArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let accounts = args.which.accounts(&mailboxes).await?;
    let folder = find(&mailboxes, &accounts, &args.folder).await?;
    mailboxes.map_folder(folder, args.name.as_deref(), args.position).await?;
    let what = match &args.name {
        Some(name) => format!("{} is seen as {name}", args.folder),
        None => format!("{} is seen under its own name", args.folder),
    };
    done(common, &what)?;
    Ok(Exit::Done)
}

/// Finds a folder by its name on the server, or by the one under which it is seen.
pub(super) async fn find(
    mailboxes: &MailboxAccess,
    accounts: &[AccountId],
    name: &str,
) -> Result<FolderId, Failure> {
    let folders = mailboxes.folders(accounts).await?;
    let is_it = |of: &&MailboxFolder| of.folder.name == name || of.mapped.as_deref() == Some(name);
    let found: Vec<&MailboxFolder> = folders.iter().filter(is_it).collect();
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => Err(Failure::input(format!(
            "there is no folder \"{name}\" in the index: `postroom mailbox folders` has those that there are"
        ))),
        several => Err(Failure::input(format!(
            "{} accounts have a folder \"{name}\": say which with --account",
            several.len()
        ))),
    }
}

fn folder_json(of: &MailboxFolder, names: &Names) -> FolderJson {
    FolderJson {
        account: names.account(of.account),
        folder: of.folder.name.clone(),
        mapped: of.mapped.clone(),
        special_use: of.folder.special_use.clone(),
        indexed: of.indexed,
        unread: of.unread,
        on_server: of.on_server,
        complete: of.is_complete,
        looked_at: of.looked_at.map(|at| at.to_rfc3339()),
        compared_at: of.compared_at.map(|at| at.to_rfc3339()),
        healed: of.healed,
        fault: of.fault.clone(),
    }
}

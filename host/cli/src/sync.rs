//! `postroom sync`: mailboxes followed, once or on and on.

use super::output::{json, line, printable, table};
use super::store_args::StoreArgs;
use super::{Common, Failure, load_plugin, stopping};
use crate::Exit;
use clap::Args;
use postroom::app::{
    AppError, FolderProgress, MailboxFollower, MailboxResult, MailboxToFollow, SyncObserver, one_company,
};
use postroom_model::Name;
use serde::Serialize;
use std::io::IsTerminal as _;

#[derive(Debug, Args)]
#[command(after_help = "\
Brings the index of each mailbox up to what its server has: the newest 200 messages of each folder first, then the history behind
them. Only headers are read and kept; what is new is read once, so that bounces, receipts and answers reach the timelines. Nothing
on a server is changed. It may be stopped and killed at any moment, and goes on from there. `postroom worker` and `postroom serve`
follow the mailboxes too: of several programs one follows a mailbox at a time.
Ends with exit code 5 if a mailbox could not be reached; what the others have is indexed all the same.

Examples:
  postroom sync                         # all mailboxes, until all of them are indexed
  postroom sync --account office
  postroom sync --watch                 # and go on with what comes, until stopped
  postroom sync --json")]
pub(super) struct SyncArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Mailboxes of this company. Otherwise: of all.
    #[arg(long, value_name = "NAME")]
    company: Option<Name>,
    /// The mailbox of this account alone.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<Name>,
    /// Go on with what comes, until stopped.
    #[arg(long, conflicts_with_all = ["company", "account"])]
    watch: bool,
}

/// A mailbox in JSON.
#[derive(Debug, Serialize)]
struct MailboxJson {
    company: String,
    account: String,
    indexed: u64,
    left: u64,
    flags: u64,
    read: u64,
    matched: u64,
    state: &'static str,
    error: Option<String>,
}

pub(super) async fn run(common: &Common, args: &SyncArgs) -> Result<Exit, Failure> {
    let connections = args.store.open().await?;
    let engine = load_plugin::engine(common)?;
    let follower = MailboxFollower::new(connections.clone(), engine);
    if args.watch {
        let stop = stopping::listen()?;
        let attendance = connections.vault().attend("sync").await?;
        follower.follow_all(stop).await;
        attendance.end().await;
        connections.close().await;
        return Ok(Exit::Done);
    }
    let company = match &args.company {
        Some(name) => Some(one_company(&connections, Some(name)).await?),
        None => None,
    };
    let mut rows = Vec::new();
    for of in follower.mailboxes(company.map(|company| company.id)).await? {
        let account = connections.store().account(of.company, of.account).await?;
        if args.account.as_ref().is_some_and(|name| *name != account.name) {
            continue;
        }
        let company = connections.store().company(of.company).await?;
        rows.push(one(&follower, of, company.name.to_string(), account.name.to_string()).await?);
    }
    connections.close().await;
    if rows.is_empty() {
        let what = match &args.account {
            Some(name) => format!(
                "there is no account \"{name}\" with a mailbox: `postroom account list` has the accounts"
            ),
            None => {
                "no account has a mailbox: `postroom account set NAME --imap-host HOST` adds one".to_owned()
            }
        };
        return Err(Failure::input(what));
    }
    let is_failed = rows.iter().any(|row| row.error.is_some());
    if common.json {
        json(&rows)?;
    } else {
        table(
            &["company", "account", "indexed", "left", "flags", "read", "about our mails", "state"],
            rows.iter().map(|row| {
                let numbers =
                    [row.indexed, row.left, row.flags, row.read, row.matched].map(|it| it.to_string());
                let names = [row.company.clone(), row.account.clone()];
                names.into_iter().chain(numbers).chain([row.state.to_owned()]).collect()
            }),
        )?;
        for row in rows.iter().filter(|row| row.error.is_some()) {
            line(&printable(&format!("{}: {}", row.account, row.error.as_deref().unwrap_or_default())))?;
        }
    }
    Ok(if is_failed { Exit::Later } else { Exit::Done })
}

async fn one(
    follower: &MailboxFollower,
    of: MailboxToFollow,
    company: String,
    account: String,
) -> Result<MailboxJson, Failure> {
    let mut shown = Shown { account: account.clone(), is_terminal: std::io::stderr().is_terminal() };
    let synchronised = follower.synchronise(of, &mut shown).await;
    let (result, state, error) = match synchronised {
        Ok(Some(result)) => (result, "complete", None),
        Ok(None) => (MailboxResult::default(), "followed by another program", None),
        Err(AppError::Mailbox(error)) => (MailboxResult::default(), "failed", Some(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(MailboxJson {
        company,
        account,
        indexed: result.folders.indexed,
        left: result.folders.left,
        flags: result.folders.flags,
        read: result.incoming.read,
        matched: result.incoming.matched,
        state,
        error,
    })
}

/// Shows how far it is on standard error.
struct Shown {
    account: String,
    is_terminal: bool,
}

impl SyncObserver for Shown {
    fn folder(&mut self, progress: FolderProgress<'_>) {
        let result = progress.result;
        if result.indexed == 0 && result.left == 0 && result.flags == 0 || !self.is_terminal {
            return;
        }
        let more = if result.has_history { ", history follows" } else { "" };
        let line = format!("{} {}: {} indexed{more}", self.account, progress.folder, result.indexed);
        eprintln!("{}", printable(&line));
    }
}

//! `postroom retention`: how long mails are kept whole, applied now.

use super::output::{done, json};
use super::store_args::StoreArgs;
use super::{Common, Failure};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::apply_retention;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
`postroom company set --retention DAYS` says how long a company keeps its mails whole. A worker applies it once a day. What is
removed: text and files, subject, names, and the Message-ID, of which a digest remains. What remains: that the mail was, about
which document, to which addresses, and each status with its evidence.

Examples:
  postroom company set --retention 365
  postroom retention apply")]
pub(super) enum RetentionCommand {
    /// Empty the mails of every company that ended longer ago than it keeps them.
    Apply(ApplyArgs),
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Days, or none for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days(pub(super) Option<u32>);

/// Reads them.
pub(super) fn days(text: &str) -> Result<Days, String> {
    match text {
        "none" => Ok(Days(None)),
        text => match text.parse() {
            Ok(days) if days > 0 => Ok(Days(Some(days))),
            _ => Err("expected a number of days such as 365, or none".to_owned()),
        },
    }
}

pub(super) async fn run(common: &Common, command: &RetentionCommand) -> Result<Exit, Failure> {
    let RetentionCommand::Apply(args) = command;
    let connections = args.store.open().await?;
    let (mails, scrubbed) = apply_retention(&connections).await?;
    if common.json {
        json(&serde_json::json!({ "emptied": mails, "scrubbed": scrubbed }))?;
    } else {
        done(common, &format!("{mails} mails were emptied"))?;
        if !scrubbed {
            eprintln!("postroom: {}", super::erase::STILL_IN_LOG);
        }
    }
    Ok(Exit::Done)
}

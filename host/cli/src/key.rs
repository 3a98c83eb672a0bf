//! `postroom key`: the master key that opens the vault.

use super::output::{done, json, line, table};
use super::store_args::StoreArgs;
use super::{Common, Failure};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::{KeyRow, LinkKeyRow};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  postroom key rotate          # a new key; every program works on, with the old one or the new one
  postroom key list
  postroom key retire          # once every machine and every backup of keys has the new one
  postroom key forget 6778a1b2c3d4e5f6     # once no backup from before is needed any more")]
pub(super) enum KeyCommand {
    /// Change the master key, while programs work.
    Rotate(RotateArgs),
    /// End the use of former keys: the current one alone opens the store.
    Retire(KeyArgs),
    /// The master keys, which secrets are under them, and whether they are where keys are kept.
    List(KeyArgs),
    /// Remove a retired key from where keys are kept.
    Forget(ForgetArgs),
    /// A new key for links and return addresses: webhooks, pixels, invitations. Those made before are believed on.
    RotateLinks(KeyArgs),
    /// The keys of links and return addresses, by their numbers.
    Links(KeyArgs),
    /// Withdraw a key of links: what it signed is worth nothing any more.
    WithdrawLinks(WithdrawArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
A new key is put before the old one where keys are kept, and every secret opens with both from then on. Programs that are at work go
on, also on machines that have the old key alone. Bring the new key there and into your copy of the keys, then `postroom key retire`.
May be interrupted at any point and repeated. In an environment variable put the new key first, `NEW,OLD`, then rotate.

Example:
  postroom key rotate")]
pub(super) struct RotateArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The current key is lost for ever: begin anew with the one that is there. Passwords are entered and users sign in again.
    #[arg(long)]
    lost: bool,
}

#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// The key, by its id (`postroom key list`).
    #[arg(value_name = "KEY")]
    key_id: String,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
For a key that somebody else knows. Webhooks that it signed are refused from then on: set them up anew at the providers (`postroom
account webhook`). Pixels of mails that have left tell nothing any more, and answers to them are not matched by their address.

Example:
  postroom key rotate-links && postroom key withdraw-links 1")]
pub(super) struct WithdrawArgs {
    /// Its number (`postroom key links`).
    #[arg(value_name = "NUMBER")]
    number: u8,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(common: &Common, command: &KeyCommand) -> Result<Exit, Failure> {
    match command {
        KeyCommand::Rotate(args) => {
            let rotated = args.store.places()?.rotate_key(args.lost).await?;
            let source = args.store.key_source()?;
            if common.json {
                json(&rotated)?;
            } else {
                done(
                    common,
                    &format!(
                        "{} secrets are sealed under the new master key in {source} too: back it up, bring it to every \
                         machine, then `postroom key retire`",
                        rotated.secrets
                    ),
                )?;
            }
        }
        KeyCommand::Retire(args) => {
            let rotated = args.store.places()?.retire_keys().await?;
            let source = args.store.key_source()?;
            if common.json {
                json(&rotated)?;
            } else if rotated.retired.is_empty() {
                done(common, "there is one master key alone: nothing to retire")?;
            } else {
                done(
                    common,
                    &format!(
                        "{} is retired and stays in {source} for backups from before: `postroom key forget` removes it",
                        rotated.retired.join(", ")
                    ),
                )?;
            }
        }
        KeyCommand::List(args) => {
            let rows = args.store.places()?.keys().await?;
            list(common, &rows)?;
        }
        KeyCommand::RotateLinks(args) => {
            let number = args.store.open().await?.rotate_link_key().await?;
            let message = format!(
                "links are signed with key {number} in half a minute; those made before are believed on"
            );
            done(common, &message)?;
        }
        KeyCommand::Links(args) => {
            let rows = args.store.open().await?.link_key_rows().await?;
            list_links(common, &rows)?;
        }
        KeyCommand::WithdrawLinks(args) => {
            args.store.open().await?.withdraw_link_key(args.number).await?;
            done(common, &format!("what key {} signed is worth nothing any more", args.number))?;
        }
        KeyCommand::Forget(args) => {
            args.store.places()?.forget_key(&args.key_id).await?;
            let source = args.store.key_source()?;
            done(common, &format!("{} is not in {source} any more", args.key_id))?;
        }
    }
    Ok(Exit::Done)
}

fn list_links(common: &Common, rows: &[LinkKeyRow]) -> Result<(), Failure> {
    if common.json {
        return json(&rows);
    }
    let created = |row: &LinkKeyRow| {
        let time = chrono::DateTime::from_timestamp(row.created, 0).filter(|_| row.created > 0);
        time.map(|it| it.with_timezone(&chrono::Local).format("%Y-%m-%d").to_string()).unwrap_or_default()
    };
    let state = |row: &LinkKeyRow| if row.signs { "signs" } else { "believed" };
    let rows = rows.iter().map(|row| vec![row.number.to_string(), state(row).to_owned(), created(row)]);
    table(&["number", "state", "since"], rows)
}

fn list(common: &Common, rows: &[KeyRow]) -> Result<(), Failure> {
    if common.json {
        return json(&rows);
    }
    if rows.is_empty() {
        return line("there is no master key yet");
    }
    let day =
        |time: &Option<String>| time.as_deref().and_then(|it| it.get(..10)).unwrap_or_default().to_owned();
    let rows = rows.iter().map(|row| {
        let there = if row.is_there { "yes" } else { "no" };
        vec![
            row.key.clone(),
            row.state.to_string(),
            day(&row.since),
            day(&row.retired),
            row.secrets.to_string(),
            there.to_owned(),
        ]
    });
    table(&["key", "state", "since", "retired", "secrets", "in hand"], rows)
}

//! `postroom key`: the master key that opens the vault.

use super::house::StoreArgs;
use super::output::done;
use super::{Common, Failure};
use crate::vault::Vault;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Change the master key: every password and token is sealed under the new one.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
May be interrupted at any point and repeated. Keep a copy of the new key in another place than the store's backups. In an
environment variable the new key goes first, `NEW,OLD`, before this command; afterwards the old one can go.

Example:
  postroom key rotate")]
pub(super) struct RotateArgs {
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(common: &Common, command: &KeyCommand) -> Result<ExitCode, Failure> {
    let KeyCommand::Rotate(args) = command;
    let connections = args.store.open().await?;
    let source = args.store.key_source()?;
    let (_, secrets) = Vault::rotate(connections.store().clone(), &source).await?;
    done(common, &format!("{secrets} secrets are sealed under the new master key in {source}: back it up"))?;
    Ok(ExitCode::SUCCESS)
}

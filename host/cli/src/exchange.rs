//! `postroom company import` and `export`: a company in a file one can read, compare and keep. Secrets are never in it.

use super::company::TrustArgs;
use super::output::{done, line};
use super::store_args::{CompanyArgs, StoreArgs};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use postroom::app::{CompanyFile, export_company};
use postroom::config::Config;
use postroom_model::Name;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
The file is that of docs/settings.md. It may be somebody else's: passwords, certificates, logo and texts are read from files below
its own folder alone, without links, and no environment variable is read. With --trust-file it is believed as your own.
Passwords go into the vault; what the operator allows (allow_private) is not imported: `postroom account permit`.

Examples:
  postroom company import company.toml --name 'Atelier Nord'
  postroom company import company.toml --trust-file     # with password_env, or files elsewhere
  postroom company export > company.toml && postroom company import company.toml --name Copy")]
pub(super) struct ImportArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the company to be made. Otherwise: the name in [company].
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn import(common: &Common, args: &ImportArgs) -> Result<Exit, Failure> {
    let config = Config::read_trusting(&args.file, args.trust.trust())?;
    let file = CompanyFile::read(&config)?;
    let named = config.settings.get("company").and_then(|it| it["name"].as_str());
    let name = match (&args.name, named) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) => name.parse()?,
        (None, None) => {
            let message = format!("{}: it has no [company] name: give one with --name", args.file.display());
            return Err(Failure::input(message));
        }
    };
    let connections = args.store.open_or_make().await?;
    file.import(&connections, &name, || load_plugin::reading(common)).await?;
    let users = config.users.len();
    done(common, &format!("{name}: {users} users and {} accounts were imported", config.accounts.len()))?;
    Ok(Exit::Done)
}

pub(super) async fn export(args: &CompanyArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.open().await?;
    let text = export_company(&connections, &company).await?;
    line(&format!("# {}, without secrets: `postroom company import` reads it\n{text}", company.name))?;
    Ok(Exit::Done)
}

//! `postroom user`: the users of a company.

use super::output::{done, json, line, table};
use super::store_args::CompanyArgs;
use super::{Common, Failure, ask};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::CompanyStore;
use postroom::config::read_templates;
use postroom_model::{DisplayName, MailAddress, Name, NewUser, User};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  postroom user add lotte --name 'Lotte Claes' --address lotte@ateliernord.example
  postroom user list --json
  postroom user set lotte --templates texts/lotte")]
pub(super) enum UserCommand {
    /// Make a user.
    Add(AddArgs),
    /// All users.
    List(CompanyArgs),
    /// One user, and the accounts that they may use.
    Show(OneArgs),
    /// Change a user.
    Set(SetArgs),
    /// Forget a user. The mails that they created remain the company's.
    Remove(OneArgs),
}

#[derive(Debug, Args)]
pub(super) struct OneArgs {
    /// The user, by login.
    #[arg(id = "which-user", value_name = "LOGIN")]
    login: Name,
    #[command(flatten)]
    company: CompanyArgs,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    user: OneArgs,
    /// Name of the person.
    #[arg(long, value_name = "NAME")]
    name: Option<DisplayName>,
    /// The user's own address: where the blind copy to self goes.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    #[command(flatten)]
    user: OneArgs,
    /// Another login.
    #[arg(long, value_name = "LOGIN")]
    login: Option<Name>,
    /// Name of the person.
    #[arg(long, value_name = "NAME")]
    name: Option<DisplayName>,
    /// The user's own address.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
    /// Folder of texts of their own, in place of the earlier ones.
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

pub(super) async fn run(common: &Common, command: &UserCommand) -> Result<Exit, Failure> {
    match command {
        UserCommand::Add(args) => add(common, args).await?,
        UserCommand::List(args) => {
            let (connections, company) = args.open().await?;
            let users = connections.store().company_store(company.id).users().await?;
            if common.json {
                json(&users)?;
            } else {
                table(&["login", "name", "address"], users.iter().map(cells))?;
            }
        }
        UserCommand::Show(args) => {
            let (connections, company) = args.company.open().await?;
            let user = connections.store().company_store(company.id).user(&args.login).await?;
            let accounts = connections.store().user_store(&user).accounts().await?;
            if common.json {
                let names: Vec<_> = accounts.iter().map(|it| &it.name).collect();
                json(&serde_json::json!({ "user": user, "accounts": names }))?;
            } else {
                line(&cells(&user).join("  "))?;
                for account in accounts {
                    line(&format!("may use {} <{}>", account.name, account.address))?;
                }
            }
        }
        UserCommand::Set(args) => set(common, args).await?,
        UserCommand::Remove(args) => {
            let (connections, company) = args.company.open().await?;
            let admin = connections.store().company_store(company.id);
            admin.remove_user(admin.user(&args.login).await?.id).await?;
            done(common, &format!("the user {} is forgotten", args.login))?;
        }
    }
    Ok(Exit::Done)
}

fn cells(user: &User) -> Vec<String> {
    vec![user.login.to_string(), user.name.to_string(), user.address.to_string()]
}

async fn add(common: &Common, args: &AddArgs) -> Result<(), Failure> {
    let (connections, company) = args.user.company.open().await?;
    let login = &args.user.login;
    let new = NewUser {
        login: login.clone(),
        name: ask::value(common, args.name.clone(), "name", "--name", Some(login.to_string()))?,
        address: ask::value(common, args.address.clone(), "address", "--address", None)?,
    };
    let user = connections.store().company_store(company.id).add_user(&new).await?;
    show(common, &user)
}

async fn set(common: &Common, args: &SetArgs) -> Result<(), Failure> {
    let (connections, company) = args.user.company.open().await?;
    let admin: CompanyStore<'_> = connections.store().company_store(company.id);
    let mut user = admin.user(&args.user.login).await?;
    if let Some(login) = &args.login {
        user.login = login.clone();
    }
    if let Some(name) = &args.name {
        user.name = name.clone();
    }
    if let Some(address) = &args.address {
        user.address = address.clone();
    }
    if let Some(folder) = &args.templates {
        user.templates = read_templates(folder)?;
    }
    admin.update_user(&user).await?;
    show(common, &user)
}

fn show(common: &Common, user: &User) -> Result<(), Failure> {
    if common.json { json(user) } else { line(&cells(user).join("  ")) }
}

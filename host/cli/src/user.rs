//! `postroom user`: the users of a company.

use super::output::{done, json, line, table};
use super::store_args::CompanyArgs;
use super::{Common, Failure, ask};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::{UserChange, add_user, change_user, remove_user, user_with_accounts, users};
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
            let users = users(&connections, &company).await?;
            if common.json {
                json(&users)?;
            } else {
                table(&["login", "name", "address"], users.iter().map(cells))?;
            }
        }
        UserCommand::Show(args) => {
            let (connections, company) = args.company.open().await?;
            let (user, accounts) = user_with_accounts(&connections, &company, &args.login).await?;
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
            remove_user(&connections, &company, &args.login).await?;
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
    let user = add_user(&connections, &company, &new).await?;
    show(common, &user)
}

async fn set(common: &Common, args: &SetArgs) -> Result<(), Failure> {
    let (connections, company) = args.user.company.open().await?;
    let change = UserChange {
        login: args.login.clone(),
        name: args.name.clone(),
        address: args.address.clone(),
        templates: args.templates.as_deref().map(read_templates).transpose()?,
    };
    let user = change_user(&connections, &company, &args.user.login, change).await?;
    show(common, &user)
}

fn show(common: &Common, user: &User) -> Result<(), Failure> {
    if common.json { json(user) } else { line(&cells(user).join("  ")) }
}

//! `postroom company`: companies, and what holds for all of a company's accounts.

use super::output::{json, line, table};
use super::store_args::{CompanyArgs, StoreArgs};
use super::{Common, Failure, ask, exchange, load_plugin, records};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::{
    CompanyChange, CompanyReport, Connections, add_company, change_company, company_settings, report_company,
};
use postroom::config::{Config, Trust};
use postroom_model::{Company, Fallback, FallbackPolicy, Name};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  postroom company add 'Atelier Nord'
  postroom company import company.toml --name 'Atelier Nord'
  postroom company set --fallback automatic --patience 30m --fallback-account spare
  postroom company export > company.toml")]
pub(super) enum CompanyCommand {
    /// Make a company.
    Add(AddArgs),
    /// All companies.
    List(ListArgs),
    /// One company.
    Show(CompanyArgs),
    /// Change what holds for a company.
    Set(SetArgs),
    /// Read companies' settings, users and accounts from a file (see docs/settings.md).
    Import(exchange::ImportArgs),
    /// Write them to standard output, without any secret.
    Export(CompanyArgs),
    /// Where the company's records are: an ERP, or a folder of documents (see docs/records.md).
    Records(Box<records::PlaceArgs>),
    /// Forget a company with its users, accounts, secrets and mails.
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Name.
    #[arg(value_name = "NAME")]
    name: Name,
    #[command(flatten)]
    store: StoreArgs,
    /// Settings that mails are made with: company, recipients, layout, templates (TOML, see docs/settings.md).
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
}

/// Whether a settings file that goes into a store is one's own.
#[derive(Debug, Clone, Args)]
pub(super) struct TrustArgs {
    /// The settings file is my own: it may name environment variables, and files anywhere. Otherwise it reaches files below
    /// its own folder, without links.
    #[arg(long)]
    trust_file: bool,
}

impl TrustArgs {
    pub(super) fn trust(&self) -> Trust {
        if self.trust_file { Trust::Own } else { Trust::OwnFolder }
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Another name.
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// Settings that mails are made with, in place of the earlier ones (TOML).
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    /// When an account's own system is down: off, ask, or automatic.
    #[arg(long, value_name = "POLICY")]
    fallback: Option<FallbackPolicy>,
    /// How long the account's own way is tried first: 90s, 30m, 2h.
    #[arg(long, value_name = "TIME", value_parser = super::duration)]
    patience: Option<Duration>,
    /// Account that mail then leaves through; `none` for no account.
    #[arg(long, value_name = "ACCOUNT")]
    fallback_account: Option<Name>,
    /// Days that a mail stays whole after it ended; `none` for ever.
    #[arg(long, value_name = "DAYS", value_parser = super::retention::days)]
    retention: Option<super::retention::Days>,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(common: &Common, command: &CompanyCommand) -> Result<Exit, Failure> {
    match command {
        CompanyCommand::Add(args) => add(common, args).await?,
        CompanyCommand::List(args) => list(common, args).await?,
        CompanyCommand::Show(args) => {
            let (connections, company) = args.open().await?;
            show(common, &connections, &company).await?;
        }
        CompanyCommand::Set(args) => set(common, args).await?,
        CompanyCommand::Import(args) => return exchange::import(common, args).await,
        CompanyCommand::Export(args) => return exchange::export(args).await,
        CompanyCommand::Records(args) => return records::place(common, args).await,
        CompanyCommand::Remove(args) => remove(common, args).await?,
    }
    Ok(Exit::Done)
}

async fn add(common: &Common, args: &AddArgs) -> Result<(), Failure> {
    let settings = match &args.settings {
        Some(path) => company_settings(&Config::read_trusting(path, args.trust.trust())?)?,
        None => ("{}".to_owned(), None),
    };
    let connections = args.store.open_or_make().await?;
    let company = add_company(&connections, args.name.clone(), settings).await?;
    show(common, &connections, &company).await
}

async fn list(common: &Common, args: &ListArgs) -> Result<(), Failure> {
    let connections = args.store.open().await?;
    let companies = connections.store().companies().await?;
    if common.json {
        return json(&companies);
    }
    let rows = companies.iter().map(|it| vec![it.name.to_string(), it.fallback.policy.to_string()]);
    table(&["company", "fallback"], rows)
}

async fn show(common: &Common, connections: &Connections, company: &Company) -> Result<(), Failure> {
    let CompanyReport { accounts, users, retention, .. } = report_company(connections, company).await?;
    if common.json {
        return json(&serde_json::json!({
            "company": company,
            "retention_days": retention,
            "users": users.iter().map(|user| &user.login).collect::<Vec<_>>(),
            "accounts": accounts.iter().map(|account| &account.name).collect::<Vec<_>>(),
        }));
    }
    let Fallback { policy, patience, account } = &company.fallback;
    let through = account.and_then(|id| accounts.iter().find(|it| it.id == id));
    let joined = |names: Vec<&Name>| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    line(&format!("company   {}", company.name))?;
    line(&format!("users     {}", joined(users.iter().map(|it| &it.login).collect())))?;
    line(&format!("accounts  {}", joined(accounts.iter().map(|it| &it.name).collect())))?;
    let through = through.map_or_else(|| "no account set".to_owned(), |it| format!("through {}", it.name));
    line(&format!("fallback  {policy}, after {} s, {through}", patience.as_secs()))?;
    let days =
        retention.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days after they ended"));
    line(&format!("mails     kept whole {days}"))
}

async fn set(common: &Common, args: &SetArgs) -> Result<(), Failure> {
    let (connections, company) = args.company.open().await?;
    let settings = match &args.settings {
        Some(path) => Some(company_settings(&Config::read_trusting(path, args.trust.trust())?)?),
        None => None,
    };
    let none = |name: &Name| name.as_str() == "none";
    let change = CompanyChange {
        name: args.name.clone(),
        settings,
        fallback: args.fallback,
        patience: args.patience,
        fallback_account: args.fallback_account.clone().map(|name| Some(name).filter(|it| !none(it))),
        retention: args.retention.map(|days| days.0),
    };
    let company = change_company(&connections, company, change, || load_plugin::reading(common)).await?;
    show(common, &connections, &company).await
}

async fn remove(common: &Common, args: &RemoveArgs) -> Result<(), Failure> {
    let (connections, company) = args.company.open().await?;
    let question = format!("forget {} with its users, accounts, secrets and mails?", company.name);
    if !args.yes && ask::confirm(common, &question)? != Some(true) {
        return Err(Failure {
            code: Exit::Usage,
            message: format!("nothing was removed: say --yes to {question}"),
        });
    }
    connections.store().remove_company(company.id).await?;
    super::output::done(common, &format!("{} is forgotten", company.name))
}

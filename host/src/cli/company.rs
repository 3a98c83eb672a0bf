//! `postroom company`: companies, and what holds for all of a company's accounts.

use super::house::{CompanyArgs, StoreArgs};
use super::output::{json, line, table};
use super::{Common, Failure, ask, company_plugin, exchange, platform, records};
use crate::accounts::{
    Company, Fallback, FallbackPolicy, Logo, Name, NewCompany, PlatformAddress, Transport,
};
use crate::cli::Exit;
use crate::config::{Config, Trust};
use crate::connections::Connections;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes of a logo that are read; the store says how many it keeps.
const LARGEST_LOGO: u64 = 4 << 20;

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

/// The plugin's share of a settings file, checked by the plugin, and the logo.
pub(super) fn company_settings(config: &Config) -> Result<(String, Option<Logo>), Failure> {
    let mut settings = config.settings.clone();
    settings.remove("user");
    if let Some(templates) = settings.get_mut("templates").and_then(|it| it.as_object_mut()) {
        templates.remove("user");
    }
    let logo = match &config.logo {
        Some(file) => {
            let content = config
                .files
                .read(file, LARGEST_LOGO)
                .map_err(|e| Failure::input(format!("logo: can't read {}: {e}", file.display())))?;
            let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Some(Logo { file_name, content })
        }
        None => None,
    };
    Ok((serde_json::Value::Object(settings).to_string(), logo))
}

async fn add(common: &Common, args: &AddArgs) -> Result<(), Failure> {
    let (settings, logo) = match &args.settings {
        Some(path) => company_settings(&Config::read_trusting(path, args.trust.trust())?)?,
        None => ("{}".to_owned(), None),
    };
    let connections = args.store.open_or_make().await?;
    let store = connections.store();
    let new = NewCompany { settings, ..NewCompany::named(args.name.clone()) };
    let company = store.create_company(&new).await?;
    if let Some(logo) = logo {
        store.company_store(company.id).set_logo(Some(&logo)).await?;
    }
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
    let admin = connections.store().company_store(company.id);
    let (accounts, users) = (admin.accounts().await?, admin.users().await?);
    let retention = admin.retention().await?;
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
    let kept =
        retention.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days after they ended"));
    line(&format!("mails     kept whole {kept}"))
}

async fn set(common: &Common, args: &SetArgs) -> Result<(), Failure> {
    let (connections, mut company) = args.company.open().await?;
    let admin = connections.store().company_store(company.id);
    let mut new_logo = None;
    if let Some(path) = &args.settings {
        let (settings, logo) = company_settings(&Config::read_trusting(path, args.trust.trust())?)?;
        company.settings = settings;
        new_logo = logo;
    }
    if let Some(name) = &args.name {
        company.name = name.clone();
    }
    if let Some(policy) = args.fallback {
        company.fallback.policy = policy;
    }
    if let Some(patience) = args.patience {
        company.fallback.patience = patience;
    }
    if let Some(name) = &args.fallback_account {
        let none = name.as_str() == "none";
        company.fallback.account = if none { None } else { Some(admin.account(name).await?.id) };
    }
    match new_addresses(common, &connections, &company, args.name.is_some()).await? {
        Some(addresses) => admin.rename_on_platform(&company, &addresses).await?,
        None => admin.update_company(&company).await?,
    }
    if let Some(logo) = new_logo {
        admin.set_logo(Some(&logo)).await?;
    }
    if let Some(days) = args.retention {
        admin.set_retention(days.0).await?;
    }
    show(common, &connections, &company).await
}

/// The addresses that a company may have on the platform by its new name; none where it is not there, or keeps its name.
async fn new_addresses(
    common: &Common,
    connections: &Connections,
    company: &Company,
    renamed: bool,
) -> Result<Option<Vec<PlatformAddress>>, Failure> {
    let accounts = connections.store().company_store(company.id).accounts().await?;
    if !renamed || !accounts.iter().any(|it| matches!(it.transport, Transport::Platform(_))) {
        return Ok(None);
    }
    let company_plugin = company_plugin::reading(common)?;
    platform::addresses(connections, &company_plugin, &company.name, None).await
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

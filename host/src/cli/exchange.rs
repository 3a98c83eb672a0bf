//! `postroom company import` and `export`: a company in a file one can read, compare and keep. Secrets are never in it.

use super::account::first_state;
use super::company::{TrustArgs, company_settings};
use super::house::{CompanyArgs, StoreArgs};
use super::output::{done, line};
use super::{Common, Failure, company_plugin, platform};
use crate::accounts::{
    Account, Authentication, Company, Fallback, Name, NewAccount, NewCompany, NewUser, PasswordMechanism,
    PlatformAddress, SecretKind, SecretOwner, Security, SmtpServer, Transport, Unusable, User,
};
use crate::cli::Exit;
use crate::config::{self, AccountSettings, Config, FallbackForm, UserForm};
use crate::connections::Connections;
use crate::store::CompanyStore;
use clap::Args;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

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
    let (settings, logo) = company_settings(&config)?;
    let named = config.settings.get("company").and_then(|it| it["name"].as_str());
    let name = match (&args.name, named) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) => name.parse()?,
        (None, None) => {
            let message = format!("{}: it has no [company] name: give one with --name", args.file.display());
            return Err(Failure::input(message));
        }
    };
    // What is wrong in the file is found before anything is made.
    let accounts = accounts(&config)?;
    let connections = args.store.open_or_make().await?;
    let on_platform = |it: &Read| matches!(it.0.transport, Transport::Platform(_));
    let addresses = match accounts.iter().any(on_platform) {
        true => platform::addresses(&connections, &company_plugin::reading(common)?, &name, None).await?,
        false => None,
    };
    let company = connections
        .store()
        .create_company(&NewCompany { settings, ..NewCompany::named(name.clone()) })
        .await?;
    let admin = connections.store().company_store(company.id);
    let file = Filling { config: &config, accounts, addresses, logo };
    if let Err(failure) = fill(&connections, &admin, &company, file).await {
        // Half a company would be in the way of the next try.
        connections.store().remove_company(company.id).await?;
        return Err(failure);
    }
    let users = config.users.len();
    done(common, &format!("{name}: {users} users and {} accounts were imported", config.accounts.len()))?;
    Ok(Exit::Done)
}

/// An account of the file, and the secret that the file names a place of.
type Read = (NewAccount, Vec<(SecretKind, SecretString)>, Vec<Name>);

fn accounts(config: &Config) -> Result<Vec<Read>, Failure> {
    config.accounts.iter().map(|(name, account)| read(config, name, account)).collect()
}

fn read(config: &Config, name: &str, of: &AccountSettings) -> Result<Read, Failure> {
    let at = |field: &str, detail: &dyn std::fmt::Display| {
        Failure::input(format!("{}: accounts.{name}.{field}: {detail}", config.path.display()))
    };
    let mut secrets = Vec::new();
    let has_secret = of.password_file.is_some() || of.password_env.is_some();
    if has_secret {
        let secret = of.secret().map_err(|(field, detail)| at(field, &detail))?;
        let token = of.mechanism.as_deref() == Some("xoauth2");
        let sendgrid = matches!(of.connection, Some(Transport::SendGrid(_)));
        let kind = match (token, sendgrid) {
            (true, _) => SecretKind::AccessToken,
            (_, true) => SecretKind::ApiKey,
            _ => SecretKind::SmtpPassword,
        };
        secrets.push((kind, secret));
    }
    let transport = match &of.connection {
        Some(transport) => transport.clone(),
        None => Transport::Smtp(server(of).map_err(|(field, detail)| at(field, &detail))?),
    };
    let address = of.address.parse().map_err(|e: Unusable| at("address", &e))?;
    let display_name = of.name.as_deref().map(str::parse).transpose();
    let account = NewAccount {
        display_name: display_name.map_err(|e: Unusable| at("name", &e))?,
        mailbox: of.mailbox.clone(),
        send_as: of.send_as.clone(),
        folders: of.folders.clone(),
        state: first_state(&transport, &secrets),
        ..NewAccount::new(name.parse()?, address, transport)
    };
    Ok((account, secrets, of.users.clone()))
}

fn server(of: &AccountSettings) -> Result<SmtpServer, (&'static str, String)> {
    let wrong = |field: &'static str| move |e: Unusable| (field, e.to_string());
    let host = of.host.as_deref().ok_or(("host", "the submission server is missing".to_owned()))?;
    let security = match of.security {
        config::Security::Ssl => Security::Ssl,
        config::Security::Tls => Security::Tls,
        config::Security::None => Security::None,
    };
    let authentication = match (&of.login, of.mechanism.as_deref()) {
        (None, _) => Authentication::None,
        (Some(login), Some("xoauth2")) => {
            Authentication::Token { login: login.parse().map_err(wrong("login"))? }
        }
        (Some(login), mechanism) => Authentication::Password {
            login: login.parse().map_err(wrong("login"))?,
            mechanism: mechanism
                .map_or(Ok(PasswordMechanism::Auto), str::parse)
                .map_err(wrong("mechanism"))?,
        },
    };
    let mut server = SmtpServer::new(host.parse().map_err(wrong("host"))?, security, authentication);
    if let Some(port) = of.port {
        server.port = port.try_into().map_err(|_| ("port", "expected 1 to 65535".to_owned()))?;
    }
    server.helo = of.helo.as_deref().map(str::parse).transpose().map_err(wrong("helo"))?;
    let seconds = of.timeout.map(|it| u32::try_from(it).unwrap_or(u32::MAX).max(1));
    server.timeout = seconds.and_then(std::num::NonZeroU32::new);
    server.trusted_ca = of.trusted_ca().map_err(|detail| ("ca_file", detail))?;
    Ok(server)
}

/// What goes into a company that was just made.
struct Filling<'a> {
    config: &'a Config,
    accounts: Vec<Read>,
    /// What its accounts on the platform may be called.
    addresses: Option<Vec<PlatformAddress>>,
    logo: Option<crate::accounts::Logo>,
}

async fn fill(
    connections: &Connections,
    admin: &CompanyStore<'_>,
    company: &Company,
    Filling { config, accounts, addresses, logo }: Filling<'_>,
) -> Result<(), Failure> {
    if let Some(logo) = logo {
        admin.set_logo(Some(&logo)).await?;
    }
    for (login, form) in &config.users {
        let new = NewUser { login: login.parse()?, name: form.name.clone(), address: form.address.clone() };
        let user = admin.add_user(&new).await?;
        if !form.texts.is_empty() {
            admin.update_user(&User { templates: form.texts.clone(), ..user }).await?;
        }
    }
    for (new, secrets, users) in accounts {
        let account = match (&new.transport, &addresses) {
            (Transport::Platform(_), None) => {
                let message =
                    format!("accounts.{}: the operator has no platform ([platform], --operator)", new.name);
                return Err(Failure::input(message));
            }
            (Transport::Platform(_), Some(addresses)) => admin.add_platform_account(&new, addresses).await?,
            _ => admin.add_account(&new).await?,
        };
        let owner = SecretOwner::Account(company.id, account.id);
        for (kind, secret) in &secrets {
            connections.vault().put(owner, *kind, secret, &account.destinations(*kind)).await?;
        }
        for login in &users {
            admin.grant(account.id, admin.user(login).await?.id).await?;
        }
    }
    for (login, form) in &config.users {
        let user = admin.user(&login.parse()?).await?;
        for (name, own) in &form.accounts {
            let account = admin.account(&name.parse()?).await?;
            admin.set_settings(account.id, user.id, own).await?;
        }
    }
    if let Some(form) = &config.fallback {
        let account = match &form.account {
            Some(name) => Some(admin.account(name).await?.id),
            None => None,
        };
        let fallback =
            Fallback { policy: form.policy, patience: Duration::from_secs(form.patience), account };
        admin.update_company(&Company { fallback, ..company.clone() }).await?;
    }
    Ok(())
}

pub(super) async fn export(args: &CompanyArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.open().await?;
    let admin = connections.store().company_store(company.id);
    let accounts = admin.accounts().await?;
    let mut users = BTreeMap::new();
    for user in admin.users().await? {
        let mut own = BTreeMap::new();
        for account in &accounts {
            let settings = admin.settings(account.id, user.id).await?;
            if settings != Default::default() {
                own.insert(account.name.to_string(), settings);
            }
        }
        let form = UserForm { name: user.name, address: user.address, texts: user.templates, accounts: own };
        users.insert(user.login.to_string(), form);
    }
    let mut file: Map<String, Value> = serde_json::from_str(&company.settings).unwrap_or_default();
    if let Some(texts) = file.remove("templates").and_then(|mut it| it.get_mut("company").map(Value::take)) {
        file.insert("texts".to_owned(), texts);
    }
    let through = company.fallback.account.and_then(|id| accounts.iter().find(|it| it.id == id));
    let fallback = FallbackForm {
        policy: company.fallback.policy,
        patience: company.fallback.patience.as_secs(),
        account: through.map(|it| it.name.clone()),
    };
    file.insert("fallback".to_owned(), json!(fallback));
    file.insert("users".to_owned(), json!(users));
    let mut exported = Map::new();
    for account in &accounts {
        let granted = admin.granted(account.id).await?;
        let logins: Vec<&Name> = granted.iter().map(|user| &user.login).collect();
        exported.insert(account.name.to_string(), exported_account(account, &logins));
    }
    file.insert("accounts".to_owned(), exported.into());
    let text = toml::to_string(&without_nulls(file.into())).map_err(|e| Failure::other(e.to_string()))?;
    admin.note_export().await?;
    line(&format!("# {}, without secrets: `postroom company import` reads it\n{text}", company.name))?;
    Ok(Exit::Done)
}

fn exported_account(account: &Account, users: &[&Name]) -> Value {
    json!({
        "address": account.address,
        "name": account.display_name,
        "connection": account.transport,
        "mailbox": account.mailbox,
        "send_as": account.send_as,
        "folders": account.folders,
        "users": users,
    })
}

/// TOML has no null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(entries) => entries.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

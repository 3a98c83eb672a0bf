//! A company in a file one can read, compare and keep, and a company made of such a file. Secrets are never in it.

use super::{AppError, company_settings, first_state, platform_addresses};
use crate::config::{self, AccountSettings, Config, FallbackForm, UserForm};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_model::{
    Account, Authentication, Company, Fallback, Logo, Name, NewAccount, NewCompany, NewUser,
    PasswordMechanism, PlatformAddress, SecretKind, SecretOwner, Security, SmtpServer, Transport, Unusable,
    User,
};
use postroom_store::CompanyStore;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A company as it stands in a file: what is wrong in the file is found before anything is made.
#[derive(Debug)]
pub struct CompanyFile<'a> {
    config: &'a Config,
    settings: String,
    logo: Option<Logo>,
    accounts: Vec<FileAccount>,
}

impl<'a> CompanyFile<'a> {
    /// Reads a settings file as a company.
    pub fn read(config: &'a Config) -> Result<Self, AppError> {
        let (settings, logo) = company_settings(config)?;
        let accounts = config.accounts.iter().map(|(name, account)| read(config, name, account));
        Ok(Self { config, settings, logo, accounts: accounts.collect::<Result<_, _>>()? })
    }

    /// Makes the company. `plugin` is opened where an account sends from the platform.
    pub async fn import(
        self,
        connections: &Connections,
        name: &Name,
        plugin: impl FnOnce() -> Result<CompanyPlugin, AppError>,
    ) -> Result<(), AppError> {
        let Self { config, settings, logo, accounts } = self;
        let on_platform = |it: &FileAccount| matches!(it.account.transport, Transport::Platform(_));
        let addresses = match accounts.iter().any(on_platform) {
            true => platform_addresses(connections, &plugin()?, name, None).await?,
            false => None,
        };
        let store = connections.store();
        let company =
            store.create_company(&NewCompany { settings, ..NewCompany::named(name.clone()) }).await?;
        let admin = store.company_store(company.id);
        let content = Content { config, accounts, addresses, logo };
        if let Err(error) = fill(connections, &admin, &company, content).await {
            // Half a company would be in the way of the next try.
            store.remove_company(company.id).await?;
            return Err(error);
        }
        Ok(())
    }
}

/// An account of the file, the secret that the file names a place of, and who may use the account.
#[derive(Debug)]
struct FileAccount {
    account: NewAccount,
    secrets: Vec<(SecretKind, SecretString)>,
    users: Vec<Name>,
}

fn read(config: &Config, name: &str, of: &AccountSettings) -> Result<FileAccount, AppError> {
    let at = |field: &str, detail: &dyn std::fmt::Display| {
        AppError::Input(format!("{}: accounts.{name}.{field}: {detail}", config.path.display()))
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
    Ok(FileAccount { account, secrets, users: of.users.clone() })
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
struct Content<'a> {
    config: &'a Config,
    accounts: Vec<FileAccount>,
    /// What its accounts on the platform may be called.
    addresses: Option<Vec<PlatformAddress>>,
    logo: Option<Logo>,
}

async fn fill(
    connections: &Connections,
    admin: &CompanyStore<'_>,
    company: &Company,
    Content { config, accounts, addresses, logo }: Content<'_>,
) -> Result<(), AppError> {
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
    for FileAccount { account: new, secrets, users } in accounts {
        let account = match (&new.transport, &addresses) {
            (Transport::Platform(_), None) => {
                return Err(AppError::NoPlatformFor(new.name));
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

/// Writes a company as a settings file (TOML), without any secret, and notes that in the audit log.
pub async fn export_company(connections: &Connections, company: &Company) -> Result<String, AppError> {
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
    let text = toml::to_string(&without_nulls(file.into())).map_err(|e| AppError::Internal(e.to_string()))?;
    admin.note_export().await?;
    Ok(text)
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

//! Companies, and what holds for all of a company's accounts.

use super::{AppError, platform_addresses};
use crate::config::Config;
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_model::{Account, Company, FallbackPolicy, Logo, Name, NewCompany, Transport, User};
use serde_json::Value;
use std::time::Duration;

/// Bytes of a logo that are read; the store says how many it keeps.
const LARGEST_LOGO: u64 = 4 << 20;

/// Settings that mails are made with, and the logo.
pub type CompanySettings = (String, Option<Logo>);

/// A company and its settings.
#[derive(Debug)]
pub struct CompanyReport {
    /// The company.
    pub company: Company,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// Its users.
    pub users: Vec<User>,
    /// Days that a mail stays whole after it ended; none: for ever.
    pub retention: Option<u32>,
}

/// A change of a company; none: it stays as it is.
#[derive(Debug, Default)]
#[allow(clippy::option_option)] // not named, taken back, set
pub struct CompanyChange {
    /// Its name.
    pub name: Option<Name>,
    /// Settings that mails are made with, and the logo where there is one.
    pub settings: Option<CompanySettings>,
    /// When an account's own system is down.
    pub fallback: Option<FallbackPolicy>,
    /// How long the account's own way is tried first.
    pub patience: Option<Duration>,
    /// The account that mail then leaves through.
    pub fallback_account: Option<Option<Name>>,
    /// Days that a mail stays whole after it ended.
    pub retention: Option<Option<u32>>,
}

/// Takes the plugin's share of a settings file, and the logo.
pub fn company_settings(config: &Config) -> Result<CompanySettings, AppError> {
    let mut settings = config.settings.clone();
    settings.remove("user");
    if let Some(templates) = settings.get_mut("templates").and_then(|it| it.as_object_mut()) {
        templates.remove("user");
    }
    let logo = match &config.logo {
        Some(file) => {
            let unreadable = |e| AppError::Input(format!("logo: can't read {}: {e}", file.display()));
            let content = config.files.read(file, LARGEST_LOGO).map_err(unreadable)?;
            let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Some(Logo { file_name, content })
        }
        None => None,
    };
    Ok((Value::Object(settings).to_string(), logo))
}

/// Makes a company.
pub async fn add_company(
    connections: &Connections,
    name: Name,
    (settings, logo): CompanySettings,
) -> Result<Company, AppError> {
    let store = connections.store();
    let company = store.create_company(&NewCompany { settings, ..NewCompany::named(name) }).await?;
    if let Some(logo) = logo {
        store.company_store(company.id).set_logo(Some(&logo)).await?;
    }
    Ok(company)
}

/// Reads a company and its settings.
pub async fn report_company(connections: &Connections, company: &Company) -> Result<CompanyReport, AppError> {
    let admin = connections.store().company_store(company.id);
    Ok(CompanyReport {
        company: company.clone(),
        accounts: admin.accounts().await?,
        users: admin.users().await?,
        retention: admin.retention().await?,
    })
}

/// Changes what holds for a company. `plugin` is opened where it is renamed and sends from the platform: its address there
/// follows its name.
pub async fn change_company(
    connections: &Connections,
    mut company: Company,
    change: CompanyChange,
    plugin: impl FnOnce() -> Result<CompanyPlugin, AppError>,
) -> Result<Company, AppError> {
    let admin = connections.store().company_store(company.id);
    let CompanyChange { name, settings, fallback, patience, fallback_account, retention } = change;
    let is_renamed = name.is_some();
    let mut new_logo = None;
    if let Some((settings, logo)) = settings {
        (company.settings, new_logo) = (settings, logo);
    }
    company.name = name.unwrap_or(company.name);
    company.fallback.policy = fallback.unwrap_or(company.fallback.policy);
    company.fallback.patience = patience.unwrap_or(company.fallback.patience);
    if let Some(account) = fallback_account {
        company.fallback.account = match account {
            Some(name) => Some(admin.account(&name).await?.id),
            None => None,
        };
    }
    let is_on_platform = |it: &Account| matches!(it.transport, Transport::Platform(_));
    let addresses = match admin.accounts().await?.iter().any(is_on_platform) && is_renamed {
        true => platform_addresses(connections, &plugin()?, &company.name, None).await?,
        false => None,
    };
    match addresses {
        Some(addresses) => admin.rename_on_platform(&company, &addresses).await?,
        None => admin.update_company(&company).await?,
    }
    if let Some(logo) = new_logo {
        admin.set_logo(Some(&logo)).await?;
    }
    if let Some(days) = retention {
        admin.set_retention(days).await?;
    }
    Ok(company)
}

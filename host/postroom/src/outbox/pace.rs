//! How fast an account sends where no pace was set: as its provider is known to allow, which is data of the plugin.

use crate::engine::{CompanyPlugin, EngineError, Files};
use postroom_contract::accounts::Allowance;
use postroom_model::{Account, UserSettings, describe};
use postroom_store::Pace;

/// Asks the plugin for the limits of the account's provider.
pub async fn limits(company_plugin: &CompanyPlugin, account: &Account) -> Result<Allowance, EngineError> {
    let described = describe(account, &UserSettings::default(), None);
    let known = company_plugin.limits(&Files::default(), &described).await?;
    // An account that can't be described to the plugin is nobody's that it knows.
    Ok(known.unwrap_or(Allowance { per_minute: None, connections: None, per_day: None, message_size: None }))
}

/// Computes the pace that follows.
pub(super) async fn of_provider(
    company_plugin: &CompanyPlugin,
    account: &Account,
) -> Result<Pace, EngineError> {
    let limits = limits(company_plugin, account).await?;
    Ok(Pace { per_minute: limits.per_minute, connections: limits.connections, per_day: limits.per_day })
}

//! How fast an account sends where nobody said so: as its provider is known to allow, which is the plugin's knowledge.

use crate::engine::{CompanyPlugin, EngineError, Files};
use postroom_contract::accounts::Allowance;
use postroom_model::{Account, UserSettings, describe};
use postroom_store::Pace;

/// What the account's provider allows.
///
/// # Errors
/// [`EngineError`].
pub async fn limits(company_plugin: &CompanyPlugin, account: &Account) -> Result<Allowance, EngineError> {
    let described = describe(account, &UserSettings::default(), None);
    let known = company_plugin.limits(&Files::default(), &described).await?;
    // An account that can't be described to the plugin is nobody's that it knows.
    Ok(known.unwrap_or(Allowance { per_minute: None, connections: None, per_day: None, message_size: None }))
}

/// The pace that follows.
pub(super) async fn of_provider(
    company_plugin: &CompanyPlugin,
    account: &Account,
) -> Result<Pace, EngineError> {
    let limits = limits(company_plugin, account).await?;
    Ok(Pace { per_minute: limits.per_minute, connections: limits.connections, per_day: limits.per_day })
}

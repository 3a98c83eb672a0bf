//! An account as the plugin judges it.

use super::{AppError, has_pixels};
use crate::connections::Connections;
use postroom_model::{Account, PlatformDomains, SecretKind, SecretOwner, UserSettings, describe};
use serde_json::{Map, Value};

/// Describes an account, with what its user has set, to the plugin.
pub fn description(connections: &Connections, account: &Account, own: &UserSettings) -> String {
    let platform = connections.operator().platform.as_ref();
    let domains = platform.map(|it| PlatformDomains { domain: &it.domain, reply_domain: &it.reply_domain });
    let described = describe(account, own, domains);
    // A pixel tells of openings where it can be fetched.
    let tracks = connections.operator().web.public_url.is_some() && has_pixels(&account.transport);
    if tracks { with_flag(described, "tracking") } else { described }
}

/// Describes an account to the plugin, and whether its provider's reports come in.
pub async fn described_with_reports(
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<String, AppError> {
    let described = description(connections, account, own);
    let owner = SecretOwner::Account(account.company, account.id);
    let reports = connections.vault().holds(owner, SecretKind::Webhook).await?;
    Ok(if reports { with_flag(described, "provider_events") } else { described })
}

fn with_flag(described: String, name: &str) -> String {
    match serde_json::from_str::<Map<String, Value>>(&described) {
        Ok(mut fields) => {
            fields.insert(name.to_owned(), true.into());
            Value::Object(fields).to_string()
        }
        Err(_) => described,
    }
}

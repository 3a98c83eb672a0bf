//! What the plugin has to say about how an account is connected.

use crate::app::{AppError, description, no_files};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_contract::accounts::{AccountFinding, Severity};
use postroom_model::{Account, UserSettings};

/// Asks the plugin what is wrong with an account.
pub async fn check_account(
    plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<Vec<AccountFinding>, AppError> {
    Ok(plugin.check_account(&no_files(), &description(connections, account, own)).await?)
}

/// Refuses an account that can't work like this.
pub fn refuse_errors(findings: &[AccountFinding]) -> Result<(), AppError> {
    let errors = findings.iter().filter(|it| it.severity == Severity::Error);
    let errors: Vec<AccountFinding> = errors.cloned().collect();
    if errors.is_empty() { Ok(()) } else { Err(AppError::UnworkableAccount(errors)) }
}

//! An account as its settings page shows it: what it is, what it can do, and what should be known about it.

use crate::app::{AppError, described_with_reports, no_files};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_contract::accounts::{AccountFinding, Capability};
use postroom_model::{Account, UserSettings};
use postroom_store::AccountPause;
use postroom_transport::oauth::{Deadline, GrantState};

/// An account, with what it can do and what needs attention.
#[derive(Debug)]
pub struct AccountReport {
    /// The account.
    pub account: Account,
    /// What its user has set for it.
    pub settings: UserSettings,
    /// What it can do, and why not more.
    pub capabilities: Vec<Capability>,
    /// What is wrong with it.
    pub findings: Vec<AccountFinding>,
    /// When a new sign-in will be needed.
    pub deadline: Option<Deadline>,
    /// That it can't send at present.
    pub pause: Option<AccountPause>,
}

/// Collects what an account can do and what needs attention.
pub async fn report_account(
    plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<AccountReport, AppError> {
    let described = described_with_reports(connections, account, own).await?;
    let can = plugin.account_capabilities(&no_files(), &described).await?;
    let capabilities = can.map_err(|fault| AppError::Internal(fault.sentence()))?;
    Ok(AccountReport {
        account: account.clone(),
        settings: own.clone(),
        capabilities,
        findings: plugin.check_account(&no_files(), &described).await?,
        deadline: sign_in_deadline(connections, account).await?,
        pause: connections.store().account_pause(account.company, account.id).await?,
    })
}

/// Says when a new sign-in will be needed, where the provider tells.
pub async fn sign_in_deadline(
    connections: &Connections,
    account: &Account,
) -> Result<Option<Deadline>, AppError> {
    if account.grant().is_none() {
        return Ok(None);
    }
    Ok(match connections.grants().grant_state(&account.id.to_string()).await? {
        GrantState::SignedIn { deadline, .. } => deadline,
        _ => None,
    })
}

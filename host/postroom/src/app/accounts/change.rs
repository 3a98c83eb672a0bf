//! Accounts added and changed: what can't work is refused before anything is stored.

use super::{AccountSecret, check_account, refuse_errors, store_secrets};
use crate::app::{AccountAccess, AppError, now, refuse_unseen};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_model::{
    Account, AccountId, AccountState, Company, Name, NewAccount, Permissions, PlatformAddress, User,
    UserSettings,
};

/// Longest name of the person who marks an account, in characters.
const LONGEST_NAME: usize = 200;

/// An account to be added.
#[derive(Debug)]
pub struct NewAccountRequest<'a> {
    /// The account.
    pub account: NewAccount,
    /// What it may be called on the platform, where it sends from there.
    pub platform: Option<Vec<PlatformAddress>>,
    /// Its secrets.
    pub secrets: Vec<AccountSecret>,
    /// Users who may use it.
    pub users: &'a [User],
}

/// Adds an account to a company.
pub async fn add_account(
    plugin: &CompanyPlugin,
    connections: &Connections,
    company: &Company,
    request: NewAccountRequest<'_>,
) -> Result<Account, AppError> {
    let NewAccountRequest { account: new, platform, secrets, users } = request;
    let admin = connections.store().company_store(company.id);
    let tentative = Account {
        id: AccountId::new(),
        company: company.id,
        name: new.name.clone(),
        address: new.address.clone(),
        display_name: new.display_name.clone(),
        transport: new.transport.clone(),
        mailbox: new.mailbox.clone(),
        send_as: new.send_as.clone(),
        folders: new.folders.clone(),
        state: new.state.clone(),
        permissions: Permissions::default(),
    };
    refuse_errors(&check_account(plugin, connections, &tentative, &UserSettings::default()).await?)?;
    let account = match &platform {
        Some(addresses) => admin.add_platform_account(&new, addresses).await?,
        None => admin.add_account(&new).await?,
    };
    store_secrets(connections, &account, secrets).await?;
    for user in users {
        admin.grant(account.id, user.id).await?;
    }
    Ok(admin.account(&new.name).await?)
}

/// A change of an account.
#[derive(Debug)]
pub struct AccountChange {
    /// The account as it shall be.
    pub account: Account,
    /// What it may be called on the platform, where it sends from there.
    pub platform: Option<Vec<PlatformAddress>>,
    /// Secrets in place of earlier ones.
    pub secrets: Vec<AccountSecret>,
    /// It is no longer marked compromised.
    pub clear_mark: bool,
}

impl AccountAccess {
    /// Changes how the account is connected, its name or its secrets.
    pub async fn change(&self, plugin: &CompanyPlugin, change: AccountChange) -> Result<Account, AppError> {
        self.require_administrator()?;
        let AccountChange { account, platform, secrets, clear_mark } = change;
        let findings = check_account(plugin, &self.connections, &account, &UserSettings::default()).await?;
        refuse_errors(&findings)?;
        let admin = self.company_store();
        match &platform {
            Some(addresses) => admin.update_platform_account(&account, addresses).await?,
            None => admin.update_account(&account).await?,
        }
        if clear_mark && matches!(account.state, AccountState::Compromised { .. }) {
            admin.set_account_state(account.id, &AccountState::Ready).await?;
        }
        let account = admin.account(&account.name).await?;
        store_secrets(&self.connections, &account, secrets).await?;
        Ok(admin.account(&account.name).await?)
    }

    /// Sets what the user wants for the account. Checks of openings that can't be seen are refused.
    pub async fn change_settings(
        &self,
        plugin: &CompanyPlugin,
        before: &UserSettings,
        own: &UserSettings,
    ) -> Result<(), AppError> {
        let user_store = self.user_store().ok_or(AppError::NoUser)?;
        if own == before {
            return Ok(());
        }
        if own.check_opens && !before.check_opens {
            refuse_unseen(plugin, &self.connections, &self.account, own).await?;
        }
        refuse_errors(&check_account(plugin, &self.connections, &self.account, own).await?)?;
        Ok(user_store.set_settings(self.account.id, own).await?)
    }

    /// Lets users use the account, or no longer; gives the logins of those who may use it now.
    pub async fn grant(&self, logins: &[Name], may_use: bool) -> Result<Vec<Name>, AppError> {
        self.require_administrator()?;
        let admin = self.company_store();
        // Who can't be found is refused before anything is changed.
        let mut users = Vec::with_capacity(logins.len());
        for login in logins {
            users.push(admin.user(login).await?);
        }
        for user in &users {
            match may_use {
                true => admin.grant(self.account.id, user.id).await?,
                false => admin.revoke(self.account.id, user.id).await?,
            }
        }
        Ok(admin.granted(self.account.id).await?.into_iter().map(|user| user.login).collect())
    }

    /// Sets what the operator allows the account.
    pub async fn permit(&self, permissions: &Permissions) -> Result<(), AppError> {
        self.require_administrator()?;
        Ok(self.connections.store().set_permissions(self.company.id, self.account.id, permissions).await?)
    }

    /// Marks the account compromised: its credentials are not used from now on, not even for its mailbox.
    pub async fn mark_compromised(&self, by: &str) -> Result<(), AppError> {
        self.require_administrator()?;
        let by: String = by.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        let state = AccountState::Compromised { by, since: now() };
        Ok(self.company_store().set_account_state(self.account.id, &state).await?)
    }

    /// Removes the account with its secrets; gives how many of its mails had not left and are held.
    pub async fn remove(&self) -> Result<u64, AppError> {
        self.require_administrator()?;
        Ok(self.company_store().remove_account(self.account.id).await?)
    }
}

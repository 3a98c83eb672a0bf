//! An account, and who works with it: a user sees no account but those that they may use.

use super::{AppError, company_plugin};
use crate::connections::{ConnectionError, Connections};
use crate::engine::{CompanyPlugin, Engine};
use postroom_model::{Account, Company, Name, User, UserSettings};
use postroom_store::{CompanyStore, StoreError, UserStore};

/// An account that a use case is about, and who asks.
#[derive(Debug)]
pub struct AccountAccess {
    /// Connections of the store.
    pub connections: Connections,
    /// The account's company.
    pub company: Company,
    /// The account.
    pub account: Account,
    /// The user who acts; none: an administrator.
    pub user: Option<User>,
}

impl AccountAccess {
    /// Finds an account by its name. For a user, one that they may not use does not exist.
    pub async fn open(
        connections: Connections,
        company: Company,
        user: Option<&Name>,
        account: &Name,
    ) -> Result<Self, AppError> {
        let store = connections.store();
        let admin = store.company_store(company.id);
        let user = match user {
            Some(login) => Some(admin.user(login).await?),
            None => None,
        };
        let account = match &user {
            Some(user) => store.user_store(user).account(account).await?,
            None => admin.account(account).await?,
        };
        Ok(Self { connections, company, account, user })
    }

    /// Returns the store, scoped to the user.
    pub fn user_store(&self) -> Option<UserStore<'_>> {
        self.user.as_ref().map(|user| self.connections.store().user_store(user))
    }

    /// Returns the store, scoped to the company.
    pub fn company_store(&self) -> CompanyStore<'_> {
        self.connections.store().company_store(self.company.id)
    }

    /// Refuses what is an administrator's to do where a user acts. The caller's table of who may do what comes first; this
    /// holds for a caller that has none.
    pub(super) fn require_administrator(&self) -> Result<(), AppError> {
        match &self.user {
            Some(user) => Err(AppError::NotPermitted(user.login.clone())),
            None => Ok(()),
        }
    }

    /// Reads what the user has set for the account.
    pub async fn settings(&self) -> Result<UserSettings, StoreError> {
        match self.user_store() {
            Some(user_store) => user_store.settings(self.account.id).await,
            None => Ok(UserSettings::default()),
        }
    }

    /// Opens the plugin for the company, able to reach the account; and says why it can't.
    pub async fn plugin(&self, engine: &Engine) -> (CompanyPlugin, Option<ConnectionError>) {
        let accounts = [&self.account];
        let (plugin, closed) = company_plugin(engine, &self.connections, &self.company, accounts).await;
        (plugin, closed.into_iter().next().map(|(_, error)| error))
    }
}

//! Which store, whose company, which user: the options of every command that works with stored accounts.

use super::load_plugin::engine;
use super::{Common, Failure, failure};
use clap::Args;
use postroom::app::{
    AccountAccess, AppError, CompanyPlugin, ConnectionError, Connections, KeySource, Location, OpenedStore,
    StorePlaces, company_plugin, one_company, one_user,
};
use postroom_model::{Account, Company, Name, User};
use std::path::PathBuf;

/// Options for the store and its master key.
#[derive(Debug, Clone, Args)]
pub(super) struct StoreArgs {
    /// The store: a file, or postgres://user@host/database?sslmode=verify-full. Otherwise: a file in the user's folder for
    /// data.
    #[arg(
        long,
        value_name = "PLACE",
        env = "POSTROOM_STORE",
        hide_env_values = true,
        help_heading = "Store"
    )]
    store: Option<Location>,
    /// Where the master key is: a file, env:NAME or keyring. Otherwise: a file in the user's folder for settings.
    #[arg(long, value_name = "PLACE", env = "POSTROOM_KEY", hide_env_values = true, help_heading = "Store")]
    key: Option<KeySource>,
    /// The operator's settings (TOML, see docs/operator.md).
    #[arg(long, value_name = "FILE", env = "POSTROOM_OPERATOR", help_heading = "Store")]
    operator: Option<PathBuf>,
}

/// Options for a company of the store.
#[derive(Debug, Clone, Args)]
pub(super) struct CompanyArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,
    /// The company. May be left out where the store has one alone.
    #[arg(long, value_name = "NAME", env = "POSTROOM_COMPANY", help_heading = "Store")]
    company: Option<Name>,
}

/// Options for a user of the company, where one has to act.
#[derive(Debug, Clone, Args)]
pub(super) struct UserArgs {
    #[command(flatten)]
    pub(super) company: CompanyArgs,
    /// The user who acts, by login. May be left out where the company has one alone.
    #[arg(long, value_name = "LOGIN", env = "POSTROOM_USER", help_heading = "Store")]
    user: Option<Name>,
}

/// One account of the company.
#[derive(Debug, Clone, Args)]
pub(super) struct AccountArgs {
    /// The account.
    #[arg(id = "which-account", value_name = "ACCOUNT")]
    name: Name,
    #[command(flatten)]
    pub(super) company: CompanyArgs,
    /// Act as this user, who sees no account but those that they may use. Otherwise: as an administrator.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    pub(super) user: Option<Name>,
}

impl StoreArgs {
    /// Opens store and vault, which must be there.
    pub(super) async fn open(&self) -> Result<Connections, Failure> {
        match self.places()?.open().await {
            Ok(opened) => Ok(noticed(opened)),
            Err(AppError::NoStore(location)) => Err(Failure::input(format!(
                "there is no store at {location}: `postroom company add NAME` makes one"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens store and vault, and makes them where they are not there yet.
    pub(super) async fn open_or_make(&self) -> Result<Connections, Failure> {
        Ok(noticed(self.places()?.open_or_make().await?))
    }

    /// Returns the store's location.
    pub(super) fn location(&self) -> Result<Location, Failure> {
        Ok(self.places()?.location)
    }

    /// Returns where the master key is.
    pub(super) fn key_source(&self) -> Result<KeySource, Failure> {
        Ok(self.places()?.key_source()?)
    }

    /// Returns where the store and its master key are.
    pub(super) fn places(&self) -> Result<StorePlaces, AppError> {
        let location = self.store.clone().or_else(Location::of_user).ok_or(AppError::NoStorePlace)?;
        failure::works_with(&location);
        Ok(StorePlaces { location, key: self.key.clone(), operator: self.operator.clone() })
    }
}

/// The connections, once their notice is printed.
fn noticed(opened: OpenedStore) -> Connections {
    if let Some(notice) = &opened.notice {
        eprintln!("postroom: {notice}");
    }
    opened.connections
}

impl CompanyArgs {
    /// Opens the store and finds the company.
    pub(super) async fn open(&self) -> Result<(Connections, Company), Failure> {
        let connections = self.store.open().await?;
        let company = one_company(&connections, self.company.as_ref()).await?;
        Ok((connections, company))
    }

    /// Opens the store, for commands that do without one. None: none was named, and none is in the user's
    /// folder. The company is the one that was named or the only one; none: whichever a message is for.
    pub(super) async fn open_if_there(&self) -> Result<Option<(Connections, Option<Company>)>, Failure> {
        let is_named = self.store.store.is_some() || self.company.is_some();
        if !is_named && Location::of_user().and_then(|it| Some(it.path()?.exists())) != Some(true) {
            return Ok(None);
        }
        let connections = self.store.open().await?;
        let company = match one_company(&connections, self.company.as_ref()).await {
            Ok(company) => Some(company),
            Err(AppError::WhichOne(..)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Some((connections, company)))
    }
}

impl UserArgs {
    /// Opens the store and finds company and user.
    pub(super) async fn open(&self) -> Result<(Connections, Company, User), Failure> {
        let (connections, company) = self.company.open().await?;
        let user = one_user(&connections, &company, self.user.as_ref()).await?;
        Ok((connections, company, user))
    }
}

impl AccountArgs {
    /// Finds the account. For a user, one that they may not use does not exist.
    pub(super) async fn open(&self) -> Result<AccountAccess, Failure> {
        let (connections, company) = self.company.open().await?;
        Ok(AccountAccess::open(connections, company, self.user.as_ref(), &self.name).await?)
    }
}

/// Opens the plugin for a company, able to reach these accounts; and says why it can't reach others.
pub(super) async fn reaching<'a>(
    common: &Common,
    connections: &Connections,
    company: &Company,
    accounts: impl IntoIterator<Item = &'a Account>,
) -> Result<(CompanyPlugin, Vec<(&'a Account, ConnectionError)>), Failure> {
    let engine = engine(common)?;
    Ok(company_plugin(&engine, connections, company, accounts).await)
}

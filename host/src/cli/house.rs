//! Which store, whose company, which user: the options of every command that works with stored accounts.

use super::{Common, Failure, company_plugin, failure};
use crate::accounts::{
    Account, Company, Name, PlatformDomains, SecretKind, SecretOwner, User, UserSettings, describe,
};
use crate::config::Operator;
use crate::connections::{ConnectionError, Connections};
use crate::engine::CompanyPlugin;
use crate::store::{Location, Store, StoreError, UserStore};
use crate::vault::{KeySource, Vault};
use clap::Args;
use std::path::PathBuf;

/// Where the store is, and what opens it.
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

/// Which company of the store.
#[derive(Debug, Clone, Args)]
pub(super) struct CompanyArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,
    /// The company. May be left out where the store has one alone.
    #[arg(long, value_name = "NAME", env = "POSTROOM_COMPANY", help_heading = "Store")]
    company: Option<Name>,
}

/// Which user of the company, where one has to act.
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
    /// Act as this user, who sees no account but those that he may use. Otherwise: as an administrator.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    pub(super) user: Option<Name>,
}

impl StoreArgs {
    /// Opens store and vault, which must be there.
    pub(super) async fn open(&self) -> Result<Connections, Failure> {
        let location = self.location()?;
        if location.path().is_some_and(|path| !path.exists()) {
            let message = format!("there is no store at {location}: `postroom company add NAME` makes one");
            return Err(Failure::input(message));
        }
        self.open_or_make().await
    }

    /// Opens the store alone, which must be there: for commands about the keys themselves.
    pub(super) async fn open_store(&self) -> Result<Store, Failure> {
        let location = self.location()?;
        if location.path().is_some_and(|path| !path.exists()) {
            return Err(Failure::input(format!("there is no store at {location}")));
        }
        Ok(Store::open(&location).await?)
    }

    /// The same; both are made where they are not there yet.
    pub(super) async fn open_or_make(&self) -> Result<Connections, Failure> {
        let operator = match &self.operator {
            Some(path) => Operator::read(path)?,
            None => Operator::default(),
        };
        let store = Store::open(&self.location()?).await?;
        let opened = Vault::open(store, &self.key_source()?).await?;
        if let Some(notice) = &opened.notice {
            eprintln!("postroom: {notice}");
        }
        // Where it is not there yet, nothing was erased.
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        if let Ok(true) = opened.vault.holds(owner, kind).await {
            let connections = Connections::new(opened.vault, operator);
            connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
            return Ok(connections);
        }
        Ok(Connections::new(opened.vault, operator))
    }

    /// Where the store is.
    pub(super) fn location(&self) -> Result<Location, Failure> {
        let place = match &self.store {
            Some(place) => place.clone(),
            None => Location::of_user().ok_or_else(|| Failure::input("name the store with --store"))?,
        };
        failure::works_with(&place);
        Ok(place)
    }

    /// Where the key is.
    pub(super) fn key_source(&self) -> Result<KeySource, Failure> {
        let of_user = || KeySource::of_user().ok_or_else(|| Failure::input("name the master key with --key"));
        self.key.clone().map_or_else(of_user, Ok)
    }
}

impl CompanyArgs {
    /// Opens the store and finds the company.
    pub(super) async fn open(&self) -> Result<(Connections, Company), Failure> {
        let connections = self.store.open().await?;
        let store = connections.store();
        let company = match &self.company {
            Some(name) => store.company_named(name).await?,
            None => {
                let names = |it: &Company| it.name.to_string();
                only(store.companies().await?, "company", "--company", names, "postroom company add NAME")?
            }
        };
        Ok((connections, company))
    }
}

impl CompanyArgs {
    /// The store where there is one: for commands that do without. None: none was named, and none is in the user's
    /// folder. The company is the one that was named or the only one; none: whichever a message is for.
    pub(super) async fn open_if_there(&self) -> Result<Option<(Connections, Option<Company>)>, Failure> {
        let is_named = self.store.store.is_some() || self.company.is_some();
        if !is_named && Location::of_user().and_then(|it| Some(it.path()?.exists())) != Some(true) {
            return Ok(None);
        }
        let connections = self.store.open().await?;
        let company = match &self.company {
            Some(name) => Some(connections.store().company_named(name).await?),
            None => {
                let mut all = connections.store().companies().await?;
                if all.len() == 1 { all.pop() } else { None }
            }
        };
        Ok(Some((connections, company)))
    }
}

impl UserArgs {
    /// Opens the store and finds company and user.
    pub(super) async fn open(&self) -> Result<(Connections, Company, User), Failure> {
        let (connections, company) = self.company.open().await?;
        let admin = connections.store().company_store(company.id);
        let user = match &self.user {
            Some(login) => admin.user(login).await?,
            None => {
                let logins = |it: &User| it.login.to_string();
                only(admin.users().await?, "user", "--user", logins, "postroom user add LOGIN")?
            }
        };
        Ok((connections, company, user))
    }
}

/// The only one there is, or the question which.
fn only<T>(
    all: Vec<T>,
    what: &str,
    option: &str,
    name: impl Fn(&T) -> String,
    make: &str,
) -> Result<T, Failure> {
    let names = all.iter().map(name).collect::<Vec<_>>().join(", ");
    let count = all.len();
    match all.into_iter().next() {
        Some(one) if count == 1 => Ok(one),
        Some(_) => Err(Failure::input(format!("which {what}? Name it with {option}: {names}"))),
        None => Err(Failure::input(format!("there is no {what} yet: make one with `{make}`"))),
    }
}

/// An account that a command is about, and who asks.
pub(super) struct Found {
    pub(super) connections: Connections,
    pub(super) company: Company,
    pub(super) account: Account,
    /// The user who acts; none: an administrator.
    pub(super) user: Option<User>,
}

impl AccountArgs {
    /// Finds the account. For a user, one that he may not use does not exist.
    pub(super) async fn open(&self) -> Result<Found, Failure> {
        let (connections, company) = self.company.open().await?;
        let store = connections.store();
        let admin = store.company_store(company.id);
        let user = match &self.user {
            Some(login) => Some(admin.user(login).await?),
            None => None,
        };
        let account = match &user {
            Some(user) => store.user_store(user).account(&self.name).await?,
            None => admin.account(&self.name).await?,
        };
        Ok(Found { connections, company, account, user })
    }
}

impl Found {
    /// The user's door.
    pub(super) fn user_store(&self) -> Option<UserStore<'_>> {
        self.user.as_ref().map(|user| self.connections.store().user_store(user))
    }

    /// What the user has set for the account.
    pub(super) async fn settings(&self) -> Result<UserSettings, StoreError> {
        match self.user_store() {
            Some(user_store) => user_store.settings(self.account.id).await,
            None => Ok(UserSettings::default()),
        }
    }

    /// The plugin at work for the company, able to reach these accounts; and why it can't reach others.
    pub(super) async fn company_plugin<'a>(
        &self,
        common: &Common,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Result<(CompanyPlugin, Vec<(&'a Account, ConnectionError)>), Failure> {
        reaching(common, &self.connections, &self.company, accounts).await
    }
}

/// The plugin at work for a company, able to reach these accounts; and why it can't reach others.
pub(super) async fn reaching<'a>(
    common: &Common,
    connections: &Connections,
    company: &Company,
    accounts: impl IntoIterator<Item = &'a Account>,
) -> Result<(CompanyPlugin, Vec<(&'a Account, ConnectionError)>), Failure> {
    let (capabilities, closed) = connections.capabilities(accounts, company_plugin::log(common)).await;
    Ok((company_plugin::engine(common)?.company_plugin(company.id.to_string(), capabilities), closed))
}

/// The account as the plugin judges it.
pub(super) fn description(connections: &Connections, account: &Account, own: &UserSettings) -> String {
    let platform = connections.operator().platform.as_ref();
    let domains = platform.map(|it| PlatformDomains { domain: &it.domain, reply_domain: &it.reply_domain });
    let described = describe(account, own, domains);
    // A pixel tells of openings where it can be fetched.
    let tracks =
        connections.operator().web.public_url.is_some() && super::opens::has_pixels(&account.transport);
    if tracks { with_flag(described, "tracking") } else { described }
}

/// The same, knowing whether the provider's reports come in.
pub(super) async fn reported_description(
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<String, Failure> {
    let described = description(connections, account, own);
    let owner = SecretOwner::Account(account.company, account.id);
    let reports = connections.vault().holds(owner, SecretKind::Webhook).await?;
    Ok(if reports { with_flag(described, "provider_events") } else { described })
}

fn with_flag(described: String, name: &str) -> String {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&described) {
        Ok(mut fields) => {
            fields.insert(name.to_owned(), true.into());
            serde_json::Value::Object(fields).to_string()
        }
        Err(_) => described,
    }
}

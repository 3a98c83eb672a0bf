//! Where an installation keeps its store and its master key, and what is found there: a company, one of its users.

use super::AppError;
use super::error::Choice;
use crate::config::Operator;
use crate::connections::Connections;
use crate::vault::{KeySource, Vault};
use postroom_model::{Company, Name, SecretKind, SecretOwner, User};
use postroom_store::{Location, Store};
use std::path::PathBuf;

/// The places of the store and of its master key.
#[derive(Debug, Clone)]
pub struct StorePlaces {
    /// The store.
    pub location: Location,
    /// The master key; none: in the user's folder for settings.
    pub key: Option<KeySource>,
    /// The operator's settings.
    pub operator: Option<PathBuf>,
}

/// A store with its vault.
#[derive(Debug)]
pub struct OpenedStore {
    /// Connections of its accounts.
    pub connections: Connections,
    /// A notice for the operator: a new key was created, for example.
    pub notice: Option<String>,
}

impl StorePlaces {
    /// Opens store and vault, which must be there.
    pub async fn open(&self) -> Result<OpenedStore, AppError> {
        self.require_store()?;
        self.open_or_make().await
    }

    /// Opens the store alone, which must be there: for what is about the keys themselves.
    pub async fn open_store(&self) -> Result<Store, AppError> {
        self.require_store()?;
        Ok(Store::open(&self.location).await?)
    }

    /// Opens store and vault, and makes them where they are not there yet.
    pub async fn open_or_make(&self) -> Result<OpenedStore, AppError> {
        let operator = match &self.operator {
            Some(path) => Operator::read(path)?,
            None => Operator::default(),
        };
        let store = Store::open(&self.location).await?;
        let opened = Vault::open(store, &self.key_source()?).await?;
        // Where the vault has no such key yet, nothing was erased.
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        let has_key = matches!(opened.vault.holds(owner, kind).await, Ok(true));
        let connections = Connections::new(opened.vault, operator);
        if has_key {
            connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
        }
        Ok(OpenedStore { connections, notice: opened.notice })
    }

    /// Returns the place of the master key.
    pub fn key_source(&self) -> Result<KeySource, AppError> {
        self.key.clone().or_else(KeySource::of_user).ok_or(AppError::NoKeyPlace)
    }

    fn require_store(&self) -> Result<(), AppError> {
        match self.location.path() {
            Some(path) if !path.exists() => Err(AppError::NoStore(self.location.clone())),
            _ => Ok(()),
        }
    }
}

/// Finds the company that is named, or the only one of the store.
pub async fn one_company(connections: &Connections, named: Option<&Name>) -> Result<Company, AppError> {
    let store = connections.store();
    match named {
        Some(name) => Ok(store.company_named(name).await?),
        None => only(store.companies().await?, Choice::Company, |it| it.name.to_string()),
    }
}

/// Finds the user that is named, or the only one of the company.
pub async fn one_user(
    connections: &Connections,
    company: &Company,
    named: Option<&Name>,
) -> Result<User, AppError> {
    let admin = connections.store().company_store(company.id);
    match named {
        Some(login) => Ok(admin.user(login).await?),
        None => only(admin.users().await?, Choice::User, |it| it.login.to_string()),
    }
}

/// Gives the only one there is, or an error that names all.
pub(super) fn only<T>(mut all: Vec<T>, what: Choice, name: impl Fn(&T) -> String) -> Result<T, AppError> {
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            all.extend(last);
            Err(AppError::WhichOne(what, all.iter().map(name).collect()))
        }
    }
}

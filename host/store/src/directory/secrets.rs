//! Secrets as the vault sealed them: bytes that are worth nothing without its master key.

use crate::attempts::attribution::without_erased;
use crate::compliance::audit::note_state;
use crate::compliance::pseudonym::Pseudonyms;
use crate::sql::row;
use crate::sql::writing::WriteTransaction;
use crate::{Store, StoreError};
use postroom_model::{AccountId, AccountState, SecretKind, SecretOwner};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// The version of a secret: changes with every write, and is never used twice for an account, not even after the secret was
/// deleted.
pub type Version = u64;

/// A data key, wrapped by a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The id of the master key.
    pub master_key: String,
    /// The data key.
    pub wrapped_key: Vec<u8>,
}

/// The result of writing a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is on disk, with this version.
    Done(Version),
    /// Another program has written it: nothing was changed.
    Changed,
    /// No master key that it is under is in use: nothing was changed.
    NoKey,
}

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its owner.
    pub owner: SecretOwner,
    /// What it is for.
    pub kind: SecretKind,
    /// The data key under each master key that opens it.
    pub keys: Vec<WrappedKey>,
    /// The secret, sealed with the data key.
    pub sealed: Vec<u8>,
    /// As the store returned it; ignored when the secret is written.
    pub version: Version,
}

/// Returns the owner as a text that the database can compare, which it could not do with null. Ids of all kinds differ.
pub(crate) fn owner_key(owner: SecretOwner) -> String {
    match owner {
        SecretOwner::Operator => "operator".to_owned(),
        SecretOwner::Company(company) => company.to_string(),
        SecretOwner::Account(_, account) => account.to_string(),
    }
}

impl Store {
    /// Stores a sealed secret in place of an earlier one, under those of its master keys that are in use; with `expected`, only
    /// if the earlier one still has this version (none: if there is none), and with `state` the account's state with it.
    pub async fn put_sealed(
        &self,
        secret: &SealedSecret,
        expected: Option<Option<Version>>,
        state: Option<&AccountState>,
    ) -> Result<Put, StoreError> {
        let Some((mut transaction, version)) = self.next_version(secret.owner, secret.kind, expected).await?
        else {
            return Ok(Put::Changed);
        };
        if !write_sealed(&mut transaction, secret, version).await? {
            transaction.rollback().await?;
            return Ok(Put::NoKey);
        }
        follow(&mut transaction, &self.pseudonyms, secret.owner, state).await?;
        transaction.commit().await?;
        Ok(Put::Done(version))
    }

    /// Deletes a secret if it still has this version, and with `state` sets the account's state with it. Returns the version of
    /// the absence, none where nothing was changed.
    pub async fn drop_sealed(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        expected: Option<Version>,
        state: Option<&AccountState>,
    ) -> Result<Option<Version>, StoreError> {
        let Some((mut transaction, version)) = self.next_version(owner, kind, Some(expected)).await? else {
            return Ok(None);
        };
        sqlx::query("delete from secrets where owner = $1 and kind = $2")
            .bind(owner_key(owner))
            .bind(kind.as_str())
            .execute(&mut *transaction)
            .await?;
        follow(&mut transaction, &self.pseudonyms, owner, state).await?;
        transaction.commit().await?;
        Ok(Some(version))
    }

    /// Begins a transaction that locks the owner, and returns it with the next version; none where another version is stored
    /// than expected.
    pub(crate) async fn next_version(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        expected: Option<Option<Version>>,
    ) -> Result<Option<(WriteTransaction, Version)>, StoreError> {
        let mut transaction = self.write().await?;
        // Counting first locks the account: another writer of its secrets waits.
        let counted = match owner {
            SecretOwner::Operator => None,
            SecretOwner::Company(company) => {
                // No row of the database refers to it from a secret.
                let found = sqlx::query("select id from companies where id = $1").bind(company.to_string());
                let found = found.fetch_optional(&mut *transaction).await?;
                found.ok_or_else(|| StoreError::NoSuchCompany(company.to_string()))?;
                None
            }
            SecretOwner::Account(company, account) => {
                let row = sqlx::query(
                    "update accounts set secrets_version = secrets_version + 1 \
                     where company = $1 and id = $2 and name_key is not null returning secrets_version",
                )
                .bind(company.to_string())
                .bind(account.to_string())
                .fetch_optional(&mut *transaction)
                .await?
                .ok_or_else(|| StoreError::NoSuchAccount(account.to_string()))?;
                Some(row::count(&row, "secrets_version")?)
            }
        };
        let row = sqlx::query("select version from secrets where owner = $1 and kind = $2")
            .bind(owner_key(owner))
            .bind(kind.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let found = row.as_ref().map(|row| row::count(row, "version")).transpose()?;
        if expected.is_some_and(|expected| expected != found) {
            transaction.rollback().await?;
            return Ok(None);
        }
        let version = counted.unwrap_or_else(|| found.map_or(1, |version| version.saturating_add(1)));
        Ok(Some((transaction, version)))
    }

    /// Reads a sealed secret.
    pub async fn sealed(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<SealedSecret>, StoreError> {
        // One statement, so that the data keys are those of this very secret.
        let rows = sqlx::query(
            "select secrets.*, secret_keys.master_key, secret_keys.wrapped_key from secrets \
             join secret_keys on secret_keys.owner = secrets.owner and secret_keys.kind = secrets.kind \
             where secrets.owner = $1 and secrets.kind = $2 order by secret_keys.master_key",
        )
        .bind(owner_key(owner))
        .bind(kind.as_str())
        .fetch_all(&self.pool)
        .await?;
        let found = gathered(&rows)?.pop();
        // An id with another company reads nothing.
        Ok(found.filter(|secret| secret.owner == owner))
    }

    /// Returns an account as an owner; none where there is no such account.
    pub async fn owner_of(&self, account: AccountId) -> Result<Option<SecretOwner>, StoreError> {
        let row = sqlx::query("select company from accounts where id = $1 and name_key is not null")
            .bind(account.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(SecretOwner::Account(row::parsed(&row, "company")?, account))).transpose()
    }

    /// Deletes a secret; without a kind, every one of the owner.
    pub async fn forget_sealed(
        &self,
        owner: SecretOwner,
        kind: Option<SecretKind>,
    ) -> Result<(), StoreError> {
        let company = match owner {
            SecretOwner::Operator => None,
            SecretOwner::Company(company) | SecretOwner::Account(company, _) => Some(company.to_string()),
        };
        sqlx::query(
            "delete from secrets where owner = $1 and ($2 is null or kind = $2) and ($3 is null or company = $3)",
        )
        .bind(owner_key(owner))
        .bind(kind.map(|kind| kind.as_str().to_owned()))
        .bind(company)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Deletes the account's secrets of these kinds, which belong to places that it does not have any more. Returns the kinds that
/// were stored.
pub(crate) async fn drop_outdated(
    connection: &mut AnyConnection,
    account: AccountId,
    kinds: &[SecretKind],
) -> Result<Vec<SecretKind>, StoreError> {
    let mut dropped = Vec::new();
    for kind in kinds {
        let gone = sqlx::query("delete from secrets where account = $1 and kind = $2")
            .bind(account.to_string())
            .bind(kind.as_str())
            .execute(&mut *connection)
            .await?;
        if gone.rows_affected() > 0 {
            dropped.push(*kind);
        }
    }
    Ok(dropped)
}

/// Writes a sealed secret in place of an earlier one, under those of its master keys that are in use. Returns false where none
/// is: the transaction is to be rolled back.
pub(crate) async fn write_sealed(
    connection: &mut AnyConnection,
    secret: &SealedSecret,
    version: Version,
) -> Result<bool, StoreError> {
    let mut usable = Vec::new();
    for key in &secret.keys {
        if hold_master_key(connection, &key.master_key).await? {
            usable.push(key);
        }
    }
    if usable.is_empty() {
        return Ok(false);
    }
    let (company, account) = match secret.owner {
        SecretOwner::Operator => (None, None),
        SecretOwner::Company(company) => (Some(company.to_string()), None),
        SecretOwner::Account(company, account) => (Some(company.to_string()), Some(account.to_string())),
    };
    sqlx::query(
        "insert into secrets (owner, kind, company, account, sealed, version) \
         values ($1, $2, $3, $4, $5, $6) on conflict (owner, kind) do update set \
         sealed = excluded.sealed, version = excluded.version",
    )
    .bind(owner_key(secret.owner))
    .bind(secret.kind.as_str())
    .bind(company)
    .bind(account)
    .bind(secret.sealed.clone())
    .bind(row::whole(version))
    .execute(&mut *connection)
    .await?;
    replace_keys(connection, secret, usable).await?;
    Ok(true)
}

/// Replaces the data keys of a secret.
async fn replace_keys<'a>(
    connection: &mut AnyConnection,
    secret: &SealedSecret,
    keys: impl IntoIterator<Item = &'a WrappedKey>,
) -> Result<(), StoreError> {
    sqlx::query("delete from secret_keys where owner = $1 and kind = $2")
        .bind(owner_key(secret.owner))
        .bind(secret.kind.as_str())
        .execute(&mut *connection)
        .await?;
    for key in keys {
        sqlx::query("insert into secret_keys (owner, kind, master_key, wrapped_key) values ($1, $2, $3, $4)")
            .bind(owner_key(secret.owner))
            .bind(secret.kind.as_str())
            .bind(key.master_key.clone())
            .bind(key.wrapped_key.clone())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Sets the account's state after a change of its secret. A compromised account keeps its state.
pub(crate) async fn follow(
    transaction: &mut WriteTransaction,
    pseudonyms: &Pseudonyms,
    owner: SecretOwner,
    state: Option<&AccountState>,
) -> Result<(), StoreError> {
    let (SecretOwner::Account(company, account), Some(state)) = (owner, state) else { return Ok(()) };
    note_state(transaction, company, account, "sign-in", state).await?;
    let (name, words, since) = row::state_columns(state);
    let words = match words {
        Some(words) => Some(without_erased(transaction, pseudonyms, company, &words).await?),
        None => None,
    };
    sqlx::query(
        "update accounts set state = $1, state_words = $2, state_since = $3 where id = $4 and state <> 'compromised'",
    )
    .bind(name)
    .bind(words)
    .bind(since)
    .bind(account.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Returns true if a master key is in use, and locks its row until the transaction ends: a program that retires it waits, and
/// then finds what was written under it.
async fn hold_master_key(connection: &mut AnyConnection, key: &str) -> Result<bool, StoreError> {
    let held =
        sqlx::query("update master_keys set is_current = is_current where id = $1 and retired is null");
    Ok(held.bind(key.to_owned()).execute(connection).await?.rows_affected() == 1)
}

/// Reads secrets from rows that are sorted by owner and kind: one row for each data key.
pub(crate) fn gathered(rows: &[AnyRow]) -> Result<Vec<SealedSecret>, StoreError> {
    let mut secrets: Vec<SealedSecret> = Vec::new();
    for row in rows {
        let owner = match (row::optional(row, "company")?, row::optional(row, "account")?) {
            (Some(company), Some(account)) => SecretOwner::Account(company, account),
            (Some(company), None) => SecretOwner::Company(company),
            _ => SecretOwner::Operator,
        };
        let kind: SecretKind = row::parsed(row, "kind")?;
        let key = WrappedKey {
            master_key: row::text(row, "master_key")?,
            wrapped_key: row::bytes(row, "wrapped_key")?,
        };
        match secrets.last_mut() {
            Some(last) if last.owner == owner && last.kind == kind => last.keys.push(key),
            _ => secrets.push(SealedSecret {
                owner,
                kind,
                keys: vec![key],
                sealed: row::bytes(row, "sealed")?,
                version: row::count(row, "version")?,
            }),
        }
    }
    Ok(secrets)
}

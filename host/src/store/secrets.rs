//! Secrets as the vault sealed them: bytes that say nothing without its master key.

use super::audit::note_state;
use super::writing::Writing;
use super::{Store, StoreError, row};
use crate::accounts::{AccountId, AccountState, SecretKind, SecretOwner};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// Changes with every write of a secret; never used twice for an account, not even after the secret was forgotten.
pub type Version = u64;

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedSecret {
    /// Whose.
    pub(crate) owner: SecretOwner,
    /// What for.
    pub(crate) kind: SecretKind,
    /// Which master key wraps the data key.
    pub(crate) master_key: String,
    /// The data key, wrapped.
    pub(crate) wrapped_key: Vec<u8>,
    /// The secret, sealed with the data key.
    pub(crate) sealed: Vec<u8>,
    /// As the store gave it; what is to be kept has none yet.
    pub(crate) version: Version,
}

/// The owner as a key: the database can't compare what is null. Ids are of one kind and never the same.
fn owner_key(owner: SecretOwner) -> String {
    match owner {
        SecretOwner::Operator => "operator".to_owned(),
        SecretOwner::Company(company) => company.to_string(),
        SecretOwner::Account(_, account) => account.to_string(),
    }
}

impl Store {
    /// Keeps a sealed secret in place of an earlier one; with `expected`, only if that still has this version (none: if
    /// there is none), and with `state` the account's state with it. Gives the new version, none where nothing was done.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`].
    pub(crate) async fn put_sealed(
        &self,
        secret: &SealedSecret,
        expected: Option<Option<Version>>,
        state: Option<&AccountState>,
    ) -> Result<Option<Version>, StoreError> {
        let Some((mut transaction, version)) = self.next_version(secret.owner, secret.kind, expected).await?
        else {
            return Ok(None);
        };
        write_sealed(&mut transaction, secret, version).await?;
        follow(&mut transaction, secret.owner, state).await?;
        transaction.commit().await?;
        Ok(Some(version))
    }

    /// Forgets a secret if it still has this version, and with `state` sets the account's state with it. Gives the
    /// version that the absence has, none where nothing was done.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`].
    pub(crate) async fn drop_sealed(
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
        follow(&mut transaction, owner, state).await?;
        transaction.commit().await?;
        Ok(Some(version))
    }

    /// A transaction that holds the owner, and the version that it writes; none where another is there than expected.
    pub(super) async fn next_version(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        expected: Option<Option<Version>>,
    ) -> Result<Option<(Writing, Version)>, StoreError> {
        let mut transaction = self.write().await?;
        // Counting first locks the account: whoever else writes one of its secrets waits.
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

    /// A sealed secret.
    pub(crate) async fn sealed(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<SealedSecret>, StoreError> {
        let row = sqlx::query("select * from secrets where owner = $1 and kind = $2")
            .bind(owner_key(owner))
            .bind(kind.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let found = row.as_ref().map(sealed).transpose()?;
        // Whoever names another company does not get it, whatever the id.
        Ok(found.filter(|secret| secret.owner == owner))
    }

    /// The owner that an account is; none where there is no such account.
    pub(crate) async fn owner_of(&self, account: AccountId) -> Result<Option<SecretOwner>, StoreError> {
        let row = sqlx::query("select company from accounts where id = $1 and name_key is not null")
            .bind(account.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(SecretOwner::Account(row::parsed(&row, "company")?, account))).transpose()
    }

    /// Forgets a secret; no kind: every one of the owner.
    pub(crate) async fn forget_sealed(
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

    /// Secrets under any other master key than this one, at most so many.
    pub(crate) async fn sealed_under_others(
        &self,
        key: &str,
        limit: u32,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        let rows = sqlx::query("select * from secrets where master_key <> $1 order by owner, kind limit $2")
            .bind(key.to_owned())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(sealed).collect()
    }

    /// Puts a secret's data key under another master key, if it is still the same data key. The secret is the same: so is
    /// its version.
    pub(crate) async fn rewrap_sealed(
        &self,
        secret: &SealedSecret,
        master_key: &str,
        wrapped_key: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update secrets set master_key = $1, wrapped_key = $2 where owner = $3 and kind = $4 and wrapped_key = $5",
        )
        .bind(master_key.to_owned())
        .bind(wrapped_key)
        .bind(owner_key(secret.owner))
        .bind(secret.kind.as_str())
        .bind(secret.wrapped_key.clone())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The master keys that secrets are under, and how many are under each.
    pub(crate) async fn keys_in_use(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select master_key, count(*) as secrets from secrets group by master_key order by master_key",
        );
        let key = |row: &AnyRow| Ok((row::text(row, "master_key")?, row::count(row, "secrets")?));
        rows.fetch_all(&self.pool).await?.iter().map(key).collect()
    }
}

/// Writes a sealed secret in place of an earlier one.
pub(super) async fn write_sealed(
    connection: &mut AnyConnection,
    secret: &SealedSecret,
    version: Version,
) -> Result<(), StoreError> {
    let (company, account) = match secret.owner {
        SecretOwner::Operator => (None, None),
        SecretOwner::Company(company) => (Some(company.to_string()), None),
        SecretOwner::Account(company, account) => (Some(company.to_string()), Some(account.to_string())),
    };
    sqlx::query(
        "insert into secrets (owner, kind, company, account, master_key, wrapped_key, sealed, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (owner, kind) do update set \
         master_key = excluded.master_key, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed, \
         version = excluded.version",
    )
    .bind(owner_key(secret.owner))
    .bind(secret.kind.as_str())
    .bind(company)
    .bind(account)
    .bind(secret.master_key.clone())
    .bind(secret.wrapped_key.clone())
    .bind(secret.sealed.clone())
    .bind(row::whole(version))
    .execute(connection)
    .await?;
    Ok(())
}

/// The account's state follows what became of its secret. Compromised remains so.
pub(super) async fn follow(
    connection: &mut AnyConnection,
    owner: SecretOwner,
    state: Option<&AccountState>,
) -> Result<(), StoreError> {
    let (SecretOwner::Account(company, account), Some(state)) = (owner, state) else { return Ok(()) };
    note_state(connection, company, account, "sign-in", state).await?;
    let (name, words, since) = row::state_columns(state);
    sqlx::query(
        "update accounts set state = $1, state_words = $2, state_since = $3 where id = $4 and state <> 'compromised'",
    )
    .bind(name)
    .bind(words)
    .bind(since)
    .bind(account.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn sealed(row: &AnyRow) -> Result<SealedSecret, StoreError> {
    let owner = match (row::optional(row, "company")?, row::optional(row, "account")?) {
        (Some(company), Some(account)) => SecretOwner::Account(company, account),
        (Some(company), None) => SecretOwner::Company(company),
        _ => SecretOwner::Operator,
    };
    Ok(SealedSecret {
        owner,
        kind: row::parsed(row, "kind")?,
        master_key: row::text(row, "master_key")?,
        wrapped_key: row::bytes(row, "wrapped_key")?,
        sealed: row::bytes(row, "sealed")?,
        version: row::count(row, "version")?,
    })
}

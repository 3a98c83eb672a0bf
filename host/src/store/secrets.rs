//! Secrets as the vault sealed them: bytes that say nothing without its master key.

#![allow(dead_code, reason = "the vault takes it up")]

use super::{Store, StoreError, row};
use crate::accounts::{SecretKind, SecretOwner};
use sqlx::any::AnyRow;

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
}

/// The owner as a key: the database can't compare what is null.
fn owner_key(owner: SecretOwner) -> String {
    match owner {
        SecretOwner::Operator => "operator".to_owned(),
        SecretOwner::Account(_, account) => account.to_string(),
    }
}

impl Store {
    /// Keeps a sealed secret in place of an earlier one. With `instead_of`, only if the one that is kept is still that.
    /// Gives whether it did.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`].
    pub(crate) async fn put_sealed(
        &self,
        secret: &SealedSecret,
        instead_of: Option<&SealedSecret>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let (company, account) = match secret.owner {
            SecretOwner::Operator => (None, None),
            SecretOwner::Account(company, account) => (Some(company.to_string()), Some(account.to_string())),
        };
        if let (Some(company), Some(account)) = (&company, &account) {
            let found = sqlx::query(
                "select id from accounts where company = $1 and id = $2 and name_key is not null",
            )
            .bind(company.clone())
            .bind(account.clone())
            .fetch_optional(&mut *transaction)
            .await?;
            if found.is_none() {
                return Err(StoreError::NoSuchAccount(account.clone()));
            }
        }
        let done = match instead_of {
            None => sqlx::query(
                "insert into secrets (owner, kind, company, account, master_key, wrapped_key, sealed) \
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict (owner, kind) do update set \
                 master_key = excluded.master_key, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed",
            )
            .bind(owner_key(secret.owner))
            .bind(secret.kind.as_str())
            .bind(company)
            .bind(account)
            .bind(secret.master_key.clone())
            .bind(secret.wrapped_key.clone())
            .bind(secret.sealed.clone()),
            Some(earlier) => sqlx::query(
                "update secrets set master_key = $1, wrapped_key = $2, sealed = $3 \
                 where owner = $4 and kind = $5 and wrapped_key = $6",
            )
            .bind(secret.master_key.clone())
            .bind(secret.wrapped_key.clone())
            .bind(secret.sealed.clone())
            .bind(owner_key(secret.owner))
            .bind(secret.kind.as_str())
            .bind(earlier.wrapped_key.clone()),
        };
        let done = done.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
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

    /// Forgets a secret; no kind: every one of the owner.
    pub(crate) async fn forget_sealed(
        &self,
        owner: SecretOwner,
        kind: Option<SecretKind>,
    ) -> Result<(), StoreError> {
        let company = match owner {
            SecretOwner::Operator => None,
            SecretOwner::Account(company, _) => Some(company.to_string()),
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

    /// The master keys that secrets are under, and how many are under each.
    pub(crate) async fn keys_in_use(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select master_key, count(*) as secrets from secrets group by master_key order by master_key",
        );
        let key = |row: &AnyRow| Ok((row::text(row, "master_key")?, row::count(row, "secrets")?));
        rows.fetch_all(&self.pool).await?.iter().map(key).collect()
    }
}

fn sealed(row: &AnyRow) -> Result<SealedSecret, StoreError> {
    let owner = match (row::optional(row, "company")?, row::optional(row, "account")?) {
        (Some(company), Some(account)) => SecretOwner::Account(company, account),
        _ => SecretOwner::Operator,
    };
    Ok(SealedSecret {
        owner,
        kind: row::parsed(row, "kind")?,
        master_key: row::text(row, "master_key")?,
        wrapped_key: row::bytes(row, "wrapped_key")?,
        sealed: row::bytes(row, "sealed")?,
    })
}

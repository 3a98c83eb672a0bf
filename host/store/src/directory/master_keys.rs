//! Master keys by their ids, the data keys under them, and the programs that use them. The keys themselves are not in the
//! store.

use crate::directory::secrets::{gathered, owner_key};
use crate::sql::row;
use crate::{SealedSecret, Store, StoreError, WrappedKey};
use chrono::Local;
use postroom_model::{SecretKind, SecretOwner};
use sqlx::any::AnyRow;

/// A master key as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKeyRow {
    /// Its public name.
    pub key: String,
    /// Since when secrets are wrapped by it (RFC 3339).
    pub since: Option<String>,
    /// New secrets are wrapped by it.
    pub is_current: bool,
    /// When it was retired (RFC 3339).
    pub retired: Option<String>,
}

/// A program that works with the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUser {
    /// Name of the program.
    pub program: String,
    /// Host that it runs on.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// The keys that it has.
    pub keys: Vec<String>,
}

impl Store {
    /// Makes a master key the current one of a store that has none yet. Returns false where it has one.
    pub async fn begin_master_key(&self, key: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into master_keys (id, since, is_current) select $1, $2, 1 \
             where not exists (select 1 from master_keys where is_current = 1) on conflict do nothing",
        );
        let done = done.bind(key.to_owned()).bind(row::stamp(Local::now().fixed_offset()));
        Ok(self.write_one(done).await? == 1)
    }

    /// Returns the current master key; none in a store that never had a secret.
    pub async fn current_master_key(&self) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select id from master_keys where is_current = 1").fetch_optional(&self.pool);
        row.await?.map(|row| row::text(&row, "id")).transpose()
    }

    /// Makes a master key the current one. The one before becomes a former one.
    pub async fn set_current_master_key(&self, key: &str) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("update master_keys set is_current = 0 where is_current = 1 and id <> $1")
            .bind(key.to_owned())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "insert into master_keys (id, since, is_current) values ($1, $2, 1) \
             on conflict (id) do update set is_current = 1, retired = null",
        )
        .bind(key.to_owned())
        .bind(row::stamp(Local::now().fixed_offset()))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Lists all master keys, the oldest first.
    pub async fn master_keys(&self) -> Result<Vec<MasterKeyRow>, StoreError> {
        let rows = sqlx::query(
            "select id, since, is_current, retired from master_keys union all \
             select distinct master_key, null, 0, null from secret_keys \
             where master_key not in (select id from master_keys) order by 2, 1",
        );
        let read = |row: &AnyRow| {
            Ok(MasterKeyRow {
                key: row::text(row, "id")?,
                since: row::optional_text(row, "since")?,
                is_current: row::flag(row, "is_current")?,
                retired: row::optional_text(row, "retired")?,
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Lists the master keys that are neither current nor retired.
    pub async fn former_master_keys(&self) -> Result<Vec<String>, StoreError> {
        let all = self.master_keys().await?;
        Ok(all.into_iter().filter(|it| !it.is_current && it.retired.is_none()).map(|it| it.key).collect())
    }

    /// Ends the use of a former master key: deletes the data keys under it, and lets none be written any more. Where secrets
    /// have no other data key, nothing is changed; returns how many those are.
    pub async fn retire_master_key(&self, key: &str, current: &str) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let retired = sqlx::query(
            "insert into master_keys (id, since, is_current, retired) values ($1, $2, 0, $2) \
             on conflict (id) do update set retired = excluded.retired where master_keys.is_current = 0",
        );
        // First, so that a program that writes under it waits for this transaction, and finds it retired.
        let now = row::stamp(Local::now().fixed_offset());
        retired.bind(key.to_owned()).bind(now).execute(&mut *transaction).await?;
        let row = sqlx::query(
            "select count(*) as number from secret_keys as own where own.master_key = $1 and not exists \
             (select 1 from secret_keys as other where other.owner = own.owner and other.kind = own.kind \
             and other.master_key = $2)",
        )
        .bind(key.to_owned())
        .bind(current.to_owned())
        .fetch_one(&mut *transaction)
        .await?;
        let left = row::count(&row, "number")?;
        if left > 0 {
            transaction.rollback().await?;
            return Ok(left);
        }
        sqlx::query("delete from secret_keys where master_key = $1")
            .bind(key.to_owned())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(0)
    }

    /// Reads at most `limit` secrets without a data key under this master key, in the order after `after`.
    pub async fn secrets_not_under(
        &self,
        key: &str,
        after: Option<&(SecretOwner, SecretKind)>,
        limit: u32,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        let (owner, kind) =
            after.map_or((String::new(), ""), |(owner, kind)| (owner_key(*owner), kind.as_str()));
        let rows = sqlx::query(
            "select secrets.*, secret_keys.master_key, secret_keys.wrapped_key from (select * from secrets where \
             not exists (select 1 from secret_keys as own where own.owner = secrets.owner and own.kind = secrets.kind \
             and own.master_key = $1) and (owner > $2 or (owner = $2 and kind > $3)) order by owner, kind limit $4) as secrets \
             join secret_keys on secret_keys.owner = secrets.owner and secret_keys.kind = secrets.kind \
             order by secrets.owner, secrets.kind, secret_keys.master_key",
        )
        .bind(key.to_owned())
        .bind(owner)
        .bind(kind)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        gathered(&rows)
    }

    /// Adds a data key to a secret, if it is still the secret that was read.
    pub async fn add_wrapped_key(&self, secret: &SealedSecret, new: &WrappedKey) -> Result<bool, StoreError> {
        let Some(known) = secret.keys.first() else { return Ok(false) };
        let done = sqlx::query(
            "insert into secret_keys (owner, kind, master_key, wrapped_key) select owner, kind, $1, $2 from secret_keys \
             where owner = $3 and kind = $4 and master_key = $5 and wrapped_key = $6 \
             on conflict (owner, kind, master_key) do nothing",
        )
        .bind(new.master_key.clone())
        .bind(new.wrapped_key.clone())
        .bind(owner_key(secret.owner))
        .bind(secret.kind.as_str())
        .bind(known.master_key.clone())
        .bind(known.wrapped_key.clone());
        Ok(self.write_one(done).await? == 1)
    }

    /// Lists the master keys that secrets are under, with the number of secrets.
    pub async fn keys_in_use(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "select master_key, count(*) as secrets from secret_keys group by master_key order by master_key",
        );
        let key = |row: &AnyRow| Ok((row::text(row, "master_key")?, row::count(row, "secrets")?));
        rows.fetch_all(&self.pool).await?.iter().map(key).collect()
    }

    /// Counts the secrets that none of these keys opens, by a key that would open them.
    pub async fn secrets_without(&self, keys: &[String]) -> Result<Vec<(String, u64)>, StoreError> {
        let rows =
            sqlx::query("select owner, kind, master_key from secret_keys order by owner, kind, master_key");
        let mut missing: std::collections::BTreeMap<String, u64> = Default::default();
        let mut last: Option<((String, String), Vec<String>)> = None;
        let mut count = |of: Option<((String, String), Vec<String>)>| {
            let Some((_, under)) = of else { return };
            if let Some(first) = under.first().filter(|_| !under.iter().any(|key| keys.contains(key))) {
                *missing.entry(first.clone()).or_default() += 1;
            }
        };
        for row in rows.fetch_all(&self.pool).await? {
            let (secret, key) =
                ((row::text(&row, "owner")?, row::text(&row, "kind")?), row::text(&row, "master_key")?);
            match &mut last {
                Some((same, under)) if *same == secret => under.push(key),
                _ => count(last.replace((secret, vec![key]))),
            }
        }
        count(last);
        Ok(missing.into_iter().collect())
    }

    /// Registers a program as a user of the vault until this time, in milliseconds since 1970.
    pub async fn register_key_user(&self, id: &str, user: &KeyUser, until: i64) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert into key_users (id, program, host, pid, keys, until) values ($1, $2, $3, $4, $5, $6) \
             on conflict (id) do update set keys = excluded.keys, until = excluded.until",
        );
        let query = query.bind(id.to_owned()).bind(row::without_zeros(&user.program));
        let query = query.bind(row::without_zeros(&user.host)).bind(i64::from(user.pid));
        self.write_one(query.bind(user.keys.join(" ")).bind(until)).await?;
        Ok(())
    }

    /// Removes a program that ends.
    pub async fn unregister_key_user(&self, id: &str) -> Result<(), StoreError> {
        self.write_one(sqlx::query("delete from key_users where id = $1").bind(id.to_owned())).await?;
        Ok(())
    }

    /// Lists the programs that use the vault; those whose time has ended are deleted.
    pub async fn key_users(&self, now: i64) -> Result<Vec<KeyUser>, StoreError> {
        self.write_one(sqlx::query("delete from key_users where until < $1").bind(now)).await?;
        let rows = sqlx::query("select program, host, pid, keys from key_users order by host, pid, id");
        let read = |row: &AnyRow| {
            let keys = row::text(row, "keys")?;
            Ok(KeyUser {
                program: row::text(row, "program")?,
                host: row::text(row, "host")?,
                pid: u32::try_from(row::count(row, "pid")?).unwrap_or_default(),
                keys: keys.split(' ').map(str::to_owned).collect(),
            })
        };
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

//! The pace of an account, as an administrator set it.

use crate::queue::state::Pace;
use crate::sql::row;
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, SystemStore, UserStore};
use postroom_model::AccountId;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

impl SystemStore {
    /// Reads the pace that was set for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], for a person, also where the account belongs to another scope.
    pub async fn pace(&self, account: AccountId) -> Result<Pace, StoreError> {
        let row = sqlx::query("select per_minute, connections, per_day from paces where account = $1");
        let row = row.bind(account.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map_or_else(|| Ok(Pace::default()), pace)
    }
}

impl UserStore<'_> {
    /// Reads the pace that was set for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], for a person, also where the account belongs to another scope.
    pub async fn pace(&self, account: AccountId) -> Result<Pace, StoreError> {
        self.store.pace(self.scope(), account).await
    }
}

impl CompanyStore<'_> {
    /// Reads the pace that was set for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], for a person, also where the account belongs to another scope.
    pub async fn pace(&self, account: AccountId) -> Result<Pace, StoreError> {
        self.store.pace(self.scope(), account).await
    }

    /// Sets the pace of an account for all its users, and deletes what was learned of its limits.
    pub async fn set_pace(&self, account: AccountId, pace: Pace) -> Result<(), StoreError> {
        let sql = format!(
            "insert into paces (account, per_minute, connections, per_day) \
             select accounts.id, $1, $2, $3 from accounts where accounts.id = $4 and {} \
             on conflict (account) do update set per_minute = excluded.per_minute, connections = excluded.connections, \
             per_day = excluded.per_day, learned_per_minute = null, learned_per_day = null, learned_at = null",
            self.scope().on_accounts(5),
        );
        let set = sqlx::query(AssertSqlSafe(sql))
            .bind(pace.per_minute.map(i64::from))
            .bind(pace.connections.map(i64::from))
            .bind(pace.per_day.map(i64::from))
            .bind(account.to_string())
            .bind(self.scope().owner());
        if self.store.write_one(set).await? == 0 {
            return Err(StoreError::NoSuchAccount(account.to_string()));
        }
        Ok(())
    }
}

impl Store {
    async fn pace(&self, scope: Scope, account: AccountId) -> Result<Pace, StoreError> {
        let sql = format!(
            "select per_minute, connections, per_day from accounts left join paces on paces.account = accounts.id \
             where accounts.id = $1 and {}",
            scope.on_accounts(2),
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string()).bind(scope.owner());
        let row = row.fetch_optional(&self.pool).await?;
        pace(&row.ok_or_else(|| StoreError::NoSuchAccount(account.to_string()))?)
    }
}

fn pace(row: &AnyRow) -> Result<Pace, StoreError> {
    Ok(Pace {
        per_minute: row::optional_small(row, "per_minute")?,
        connections: row::optional_small(row, "connections")?,
        per_day: row::optional_small(row, "per_day")?,
    })
}

//! The store of one user (rule A1): a user without access to an account can't see it, send from it, or find out that it exists.
//!
//! Every statement reads through the view `reachable` of the database, which is the list of a user's accounts.

use crate::sql::row;
use crate::{StoreError, UserStore};
use postroom_model::{Account, AccountId, Company, Logo, Name, User, UserSettings};
use sqlx::AnyConnection;

/// Bytes of a signature, as the plugin limits them.
const SIGNATURE: usize = 64 * 1024;

impl UserStore<'_> {
    /// Reads the user.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`] once the user is removed.
    pub async fn user(&self) -> Result<User, StoreError> {
        let row = sqlx::query("select * from users where id = $1").bind(self.user.to_string());
        match row.fetch_optional(&self.store.pool).await? {
            Some(row) => row::user(&row),
            None => Err(StoreError::NoSuchUser(self.user.to_string())),
        }
    }

    /// Reads the user's company.
    pub async fn company(&self) -> Result<Company, StoreError> {
        self.store.company(self.user().await?.company).await
    }

    /// Reads the logo of the user's company.
    pub async fn logo(&self) -> Result<Option<Logo>, StoreError> {
        self.store.logo(self.user().await?.company).await
    }

    /// Lists the accounts that the user may use, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let rows = sqlx::query("select * from reachable where user_id = $1 order by name_key")
            .bind(self.user.to_string())
            .fetch_all(&mut *connection)
            .await?;
        row::accounts(&mut connection, &rows).await
    }

    /// Reads an account by its name.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn account(&self, name: &Name) -> Result<Account, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let row = sqlx::query("select * from reachable where user_id = $1 and name_key = $2")
            .bind(self.user.to_string())
            .bind(name.key())
            .fetch_optional(&mut *connection)
            .await?
            .ok_or_else(|| StoreError::NoSuchAccount(name.to_string()))?;
        row::account(&mut connection, &row).await
    }

    /// Checks that the user may use an account.
    pub(crate) async fn reach(
        &self,
        connection: &mut AnyConnection,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let found = sqlx::query("select id from reachable where user_id = $1 and id = $2")
            .bind(self.user.to_string())
            .bind(account.to_string())
            .fetch_optional(connection)
            .await?;
        found.map(|_| ()).ok_or_else(|| StoreError::NoSuchAccount(account.to_string()))
    }

    /// Reads what the user has set for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn settings(&self, account: AccountId) -> Result<UserSettings, StoreError> {
        let row = sqlx::query(
            "select user_settings.settings from reachable left join user_settings \
             on user_settings.account = reachable.id and user_settings.user_id = reachable.user_id \
             where reachable.user_id = $1 and reachable.id = $2",
        )
        .bind(self.user.to_string())
        .bind(account.to_string())
        .fetch_optional(&self.store.pool)
        .await?
        .ok_or_else(|| StoreError::NoSuchAccount(account.to_string()))?;
        Ok(row::optional_json(&row, "settings")?.unwrap_or_default())
    }

    /// Sets the user's settings for an account, which the plugin has checked before (rule A12).
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing; [`StoreError::Invalid`] for a signature of more than 64 KiB.
    pub async fn set_settings(&self, account: AccountId, settings: &UserSettings) -> Result<(), StoreError> {
        check_settings(settings)?;
        let set = sqlx::query(
            "insert into user_settings (account, user_id, settings) \
             select id, user_id, $1 from reachable where user_id = $2 and id = $3 \
             on conflict (account, user_id) do update set settings = excluded.settings",
        )
        .bind(row::to_json(settings)?)
        .bind(self.user.to_string())
        .bind(account.to_string());
        match self.store.write_one(set).await? {
            0 => Err(StoreError::NoSuchAccount(account.to_string())),
            _ => Ok(()),
        }
    }
}

/// Refuses a signature that is too long.
pub(crate) fn check_settings(settings: &UserSettings) -> Result<(), StoreError> {
    for signature in [&settings.signature_html, &settings.signature_text] {
        if signature.as_ref().is_some_and(|text| text.len() > SIGNATURE) {
            return Err(StoreError::invalid("signature", format!("at most {SIGNATURE} bytes")));
        }
    }
    Ok(())
}

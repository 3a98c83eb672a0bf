//! Which user may use which account (rule A1), and what they have set for it.

use crate::directory::user_store::check_settings;
use crate::error::{Broken, broken};
use crate::sql::row;
use crate::{CompanyStore, StoreError};
use postroom_model::{AccountId, User, UserId, UserSettings};

impl CompanyStore<'_> {
    /// Lets a user use an account. A second grant changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], [`StoreError::NoSuchUser`].
    pub async fn grant(&self, account: AccountId, user: UserId) -> Result<(), StoreError> {
        self.store.account(self.company, account).await?;
        let done = sqlx::query(
            "insert into grants (company, account, user_id) values ($1, $2, $3) on conflict (account, user_id) do nothing",
        )
        .bind(self.company.to_string())
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&self.store.pool)
        .await;
        match done {
            Ok(_) => Ok(()),
            Err(error) if broken(&error) == Some(Broken::Reference) => {
                Err(StoreError::NoSuchUser(user.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Withdraws an account from a user, from now on. A user without it is left as they are.
    pub async fn revoke(&self, account: AccountId, user: UserId) -> Result<(), StoreError> {
        sqlx::query("delete from grants where company = $1 and account = $2 and user_id = $3")
            .bind(self.company.to_string())
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&self.store.pool)
            .await?;
        Ok(())
    }

    /// Lists the users of an account, by login.
    pub async fn granted(&self, account: AccountId) -> Result<Vec<User>, StoreError> {
        self.store.account(self.company, account).await?;
        let rows = sqlx::query(
            "select users.* from users join grants on grants.user_id = users.id \
             where grants.company = $1 and grants.account = $2 order by login_key",
        )
        .bind(self.company.to_string())
        .bind(account.to_string())
        .fetch_all(&self.store.pool)
        .await?;
        rows.iter().map(row::user).collect()
    }

    /// Reads what a user has set for an account, whether they may use it at present or not.
    pub async fn settings(&self, account: AccountId, user: UserId) -> Result<UserSettings, StoreError> {
        self.store.account(self.company, account).await?;
        let row = sqlx::query(
            "select settings from user_settings join users on users.id = user_settings.user_id \
             where users.company = $1 and account = $2 and user_id = $3",
        )
        .bind(self.company.to_string())
        .bind(account.to_string())
        .bind(user.to_string())
        .fetch_optional(&self.store.pool)
        .await?;
        row::settings(row.as_ref())
    }

    /// Sets a user's settings for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], [`StoreError::NoSuchUser`].
    pub async fn set_settings(
        &self,
        account: AccountId,
        user: UserId,
        settings: &UserSettings,
    ) -> Result<(), StoreError> {
        check_settings(settings)?;
        let set = sqlx::query(
            "insert into user_settings (account, user_id, settings) select accounts.id, users.id, $1 \
             from accounts join users on users.company = accounts.company \
             where accounts.company = $2 and accounts.id = $3 and accounts.name_key is not null and users.id = $4 \
             on conflict (account, user_id) do update set settings = excluded.settings",
        )
        .bind(row::to_json(settings)?)
        .bind(self.company.to_string())
        .bind(account.to_string())
        .bind(user.to_string());
        if self.store.write_one(set).await? == 0 {
            self.store.account(self.company, account).await?;
            return Err(StoreError::NoSuchUser(user.to_string()));
        }
        Ok(())
    }
}

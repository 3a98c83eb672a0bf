//! Users of a company.

use crate::compliance::audit::check_login;
use crate::error::{changed, or_taken};
use crate::sql::row;
use crate::{CompanyStore, StoreError};
use postroom_model::{Name, NewUser, User, UserId};

impl CompanyStore<'_> {
    /// Creates a user.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::NoSuchCompany`]; [`StoreError::Invalid`] for a login such as `administrator`.
    pub async fn add_user(&self, new: &NewUser) -> Result<User, StoreError> {
        check_login(&new.login)?;
        let id = UserId::new();
        let done = sqlx::query(
            "insert into users (id, company, login, login_key, name, address, templates) \
             select $1, companies.id, $2, $3, $4, $5, '{}' from companies where companies.id = $6",
        )
        .bind(id.to_string())
        .bind(new.login.to_string())
        .bind(new.login.key())
        .bind(new.name.to_string())
        .bind(new.address.to_string())
        .bind(self.company.to_string())
        .execute(&self.store.pool)
        .await
        .map_err(or_taken("a user", &new.login))?;
        changed(&done, || StoreError::NoSuchCompany(self.company.to_string()))?;
        self.user(&new.login).await
    }

    /// Lists all users, by login.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("select * from users where company = $1 order by login_key");
        rows.bind(self.company.to_string()).fetch_all(&self.store.pool).await?.iter().map(row::user).collect()
    }

    /// Reads a user by their login.
    pub async fn user(&self, login: &Name) -> Result<User, StoreError> {
        let row = sqlx::query("select * from users where company = $1 and login_key = $2")
            .bind(self.company.to_string())
            .bind(login.key())
            .fetch_optional(&self.store.pool)
            .await?;
        row.as_ref().map_or_else(|| Err(StoreError::NoSuchUser(login.to_string())), row::user)
    }

    /// Changes login, name, address and templates.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`], [`StoreError::Taken`]; [`StoreError::Invalid`] for a login such as `administrator`.
    pub async fn update_user(&self, user: &User) -> Result<(), StoreError> {
        check_login(&user.login)?;
        let done = sqlx::query(
            "update users set login = $1, login_key = $2, name = $3, address = $4, templates = $5 \
             where company = $6 and id = $7",
        )
        .bind(user.login.to_string())
        .bind(user.login.key())
        .bind(user.name.to_string())
        .bind(user.address.to_string())
        .bind(row::to_json(&user.templates)?)
        .bind(self.company.to_string())
        .bind(user.id.to_string())
        .execute(&self.store.pool)
        .await
        .map_err(or_taken("a user", &user.login))?;
        changed(&done, || StoreError::NoSuchUser(user.id.to_string()))
    }

    /// Deletes a user with their grants and settings. The mails that they created remain the company's.
    pub async fn remove_user(&self, id: UserId) -> Result<(), StoreError> {
        let gone = sqlx::query("delete from users where company = $1 and id = $2")
            .bind(self.company.to_string())
            .bind(id.to_string())
            .execute(&self.store.pool)
            .await?;
        changed(&gone, || StoreError::NoSuchUser(id.to_string()))
    }
}

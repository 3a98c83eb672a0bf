//! A user's door (FEATURES A1): what is not on the list of an account's users can't see it, send from it, or learn that
//! it exists.
//!
//! All of it goes through the view `reachable` of the database, which is the list. There is no method that takes an
//! account and does not ask it.

use super::administrator::set_folder;
use super::{Store, StoreError, row};
use crate::accounts::{
    Account, AccountId, Company, FolderName, FolderUse, Logo, Name, User, UserId, UserSettings,
};
use sqlx::AnyConnection;

/// Bytes of a signature, as the plugin limits them.
const SIGNATURE: usize = 64 * 1024;

/// A user at work.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    pub(super) store: &'a Store,
    pub(super) user: UserId,
}

impl Store {
    /// Acts as this user, for whoever has established that it is him.
    pub fn acting(&self, user: &User) -> Acting<'_> {
        Acting { store: self, user: user.id }
    }
}

impl Acting<'_> {
    /// The user, as he is now.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`] once he is removed.
    pub async fn user(&self) -> Result<User, StoreError> {
        self.store.user(self.user).await
    }

    /// His company.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`].
    pub async fn company(&self) -> Result<Company, StoreError> {
        self.store.company(self.user().await?.company).await
    }

    /// His company's logo.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`].
    pub async fn logo(&self) -> Result<Option<Logo>, StoreError> {
        self.store.logo(self.user().await?.company).await
    }

    /// The accounts he may use, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let rows = sqlx::query("select * from reachable where user_id = $1 order by name_key")
            .bind(self.user.to_string())
            .fetch_all(&mut *connection)
            .await?;
        let mut accounts = Vec::with_capacity(rows.len());
        for row in &rows {
            accounts.push(row::account(&mut connection, row).await?);
        }
        Ok(accounts)
    }

    /// One of them by name.
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

    /// The question that every other method asks first: may he use it?
    pub(super) async fn reach(
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

    /// What he has set for an account.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn settings(&self, account: AccountId) -> Result<UserSettings, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        self.reach(&mut connection, account).await?;
        let row = sqlx::query("select settings from user_settings where account = $1 and user_id = $2")
            .bind(account.to_string())
            .bind(self.user.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        row::settings(row.as_ref())
    }

    /// Sets it. What the plugin says about the settings (FEATURES A12) is asked before.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing; [`StoreError::Invalid`] for a signature of more than 64 KiB.
    pub async fn set_settings(&self, account: AccountId, settings: &UserSettings) -> Result<(), StoreError> {
        let mut transaction = self.store.write().await?;
        self.reach(&mut transaction, account).await?;
        keep_settings(&mut transaction, account, self.user, settings).await?;
        transaction.commit().await
    }

    /// Says which folder of the mailbox is used for something; none: as the server says.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn set_folder(
        &self,
        account: AccountId,
        used_for: FolderUse,
        folder: Option<&FolderName>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.store.write().await?;
        self.reach(&mut transaction, account).await?;
        set_folder(&mut transaction, account, used_for, folder).await?;
        transaction.commit().await
    }
}

pub(super) async fn keep_settings(
    connection: &mut AnyConnection,
    account: AccountId,
    user: UserId,
    settings: &UserSettings,
) -> Result<(), StoreError> {
    for signature in [&settings.signature_html, &settings.signature_text] {
        if signature.as_ref().is_some_and(|text| text.len() > SIGNATURE) {
            return Err(StoreError::invalid("signature", format!("at most {SIGNATURE} bytes")));
        }
    }
    sqlx::query(
        "insert into user_settings (account, user_id, settings) values ($1, $2, $3) \
         on conflict (account, user_id) do update set settings = excluded.settings",
    )
    .bind(account.to_string())
    .bind(user.to_string())
    .bind(row::to_json(settings)?)
    .execute(connection)
    .await?;
    Ok(())
}

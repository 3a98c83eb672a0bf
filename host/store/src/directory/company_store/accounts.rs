//! Accounts of a company.

use crate::compliance::audit::note_state;
use crate::directory::platform_addresses;
use crate::directory::secrets::{self, drop_outdated};
use crate::error::{changed, or_taken};
use crate::queue::orphaned::hold_all;
use crate::sql::row;
use crate::{CompanyStore, StoreError};
use chrono::Local;
use postroom_model::{
    Account, AccountId, AccountState, Destinations, FolderName, FolderUse, ImapServer, Name, NewAccount,
    Permissions, PlatformAddress, SecretKind, SecretOwner, Transport,
};
use sqlx::AnyConnection;

impl CompanyStore<'_> {
    /// Creates an account, without permissions and without users.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::NoSuchCompany`]; [`StoreError::Invalid`] for one on the platform, and for endpoints
    /// that the operator's OAuth client is not used at.
    pub async fn add_account(&self, new: &NewAccount) -> Result<Account, StoreError> {
        if let Transport::Platform(_) = new.transport {
            return Err(platform_addresses::unclaimed());
        }
        self.make_account(new, &[]).await
    }

    /// Creates an account on the platform, with the first of these addresses that no other company has.
    ///
    /// # Errors
    /// As [`CompanyStore::add_account`]; [`StoreError::Taken`] where other companies have all of them.
    pub async fn add_platform_account(
        &self,
        new: &NewAccount,
        addresses: &[PlatformAddress],
    ) -> Result<Account, StoreError> {
        self.make_account(new, addresses).await
    }

    async fn make_account(
        &self,
        new: &NewAccount,
        addresses: &[PlatformAddress],
    ) -> Result<Account, StoreError> {
        check_grants(&new.transport, new.mailbox.as_ref())?;
        let id = AccountId::new();
        let mut transaction = self.store.write().await?;
        let transport = match new.transport {
            Transport::Platform(_) => Transport::Platform(
                platform_addresses::claim(&mut transaction, self.company, addresses).await?,
            ),
            ref other => other.clone(),
        };
        let (state, words, since) = row::state_columns(&new.state);
        let done = sqlx::query(
            "insert into accounts (id, company, name, name_key, address, display_name, transport, mailbox, \
             send_as, state, state_words, state_since, permissions) \
             select $1, companies.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from companies \
             where companies.id = $13",
        )
        .bind(id.to_string())
        .bind(new.name.to_string())
        .bind(new.name.key())
        .bind(new.address.to_string())
        .bind(new.display_name.as_ref().map(ToString::to_string))
        .bind(row::to_json(&transport)?)
        .bind(new.mailbox.as_ref().map(row::to_json).transpose()?)
        .bind(row::to_json(&new.send_as)?)
        .bind(state)
        .bind(words)
        .bind(since)
        .bind(row::to_json(&Permissions::default())?)
        .bind(self.company.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(or_taken("an account", &new.name))?;
        changed(&done, || StoreError::NoSuchCompany(self.company.to_string()))?;
        for (used_for, folder) in &new.folders {
            set_folder(&mut transaction, id, *used_for, Some(folder)).await?;
        }
        transaction.commit().await?;
        self.store.account(self.company, id).await
    }

    /// Lists all accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let rows = sqlx::query(
            "select * from accounts where company = $1 and name_key is not null order by name_key",
        )
        .bind(self.company.to_string())
        .fetch_all(&mut *connection)
        .await?;
        row::accounts(&mut connection, &rows).await
    }

    /// Reads an account by its name.
    pub async fn account(&self, name: &Name) -> Result<Account, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let row = sqlx::query("select * from accounts where company = $1 and name_key = $2")
            .bind(self.company.to_string())
            .bind(name.key())
            .fetch_optional(&mut *connection)
            .await?
            .ok_or_else(|| StoreError::NoSuchAccount(name.to_string()))?;
        row::account(&mut connection, &row).await
    }

    /// Changes name, address, display name, transport, mailbox, other senders and folders; state and permissions have methods
    /// of their own. Secrets for a server or service that the account does not have any more are deleted, and the account then
    /// waits for new ones.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], [`StoreError::Taken`]; [`StoreError::Invalid`] for an account that would come to the
    /// platform this way, and for endpoints that the operator's OAuth client is not used at.
    pub async fn update_account(&self, account: &Account) -> Result<(), StoreError> {
        self.change_account(account, None).await
    }

    /// Changes an account as [`CompanyStore::update_account`] does, and gives it the first of these addresses on the platform
    /// that no other company has.
    ///
    /// # Errors
    /// As [`CompanyStore::update_account`]; [`StoreError::Taken`] where other companies have all of the addresses.
    pub async fn update_platform_account(
        &self,
        account: &Account,
        addresses: &[PlatformAddress],
    ) -> Result<(), StoreError> {
        self.change_account(account, Some(addresses)).await
    }

    async fn change_account(
        &self,
        account: &Account,
        addresses: Option<&[PlatformAddress]>,
    ) -> Result<(), StoreError> {
        check_grants(&account.transport, account.mailbox.as_ref())?;
        let mut transaction = self.store.write().await?;
        let before = self.lock_account(&mut transaction, account.id).await?;
        // Secrets for other places go in the same transaction: no program finds an old secret with the new place.
        let outdated = account.outdated_secrets(&before);
        let dropped = drop_outdated(&mut transaction, account.id, &outdated).await?;
        let is_used = |kind: &SecretKind| account.destinations(*kind) != Destinations::default();
        let waits = dropped.iter().any(is_used);
        let mut account = account.clone();
        if dropped.contains(&SecretKind::Grant) {
            account.grants_mut().for_each(|grant| grant.authorized = None);
        }
        let account = &account;
        let mut transport = account.transport.clone();
        match (&mut transport, addresses) {
            (Transport::Platform(sender), Some(addresses)) => {
                *sender = platform_addresses::claim(&mut transaction, self.company, addresses).await?;
            }
            (transport, _) => {
                platform_addresses::check_unchanged(&mut transaction, self.company, account.id, transport)
                    .await?;
            }
        }
        let done = sqlx::query(
            "update accounts set name = $1, name_key = $2, address = $3, display_name = $4, transport = $5, \
             mailbox = $6, send_as = $7 where company = $8 and id = $9 and name_key is not null",
        )
        .bind(account.name.to_string())
        .bind(account.name.key())
        .bind(account.address.to_string())
        .bind(account.display_name.as_ref().map(ToString::to_string))
        .bind(row::to_json(&transport)?)
        .bind(account.mailbox.as_ref().map(row::to_json).transpose()?)
        .bind(row::to_json(&account.send_as)?)
        .bind(self.company.to_string())
        .bind(account.id.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(or_taken("an account", &account.name))?;
        changed(&done, || StoreError::NoSuchAccount(account.id.to_string()))?;
        sqlx::query("delete from folders where account = $1")
            .bind(account.id.to_string())
            .execute(&mut *transaction)
            .await?;
        for (used_for, folder) in &account.folders {
            set_folder(&mut transaction, account.id, *used_for, Some(folder)).await?;
        }
        if waits {
            let since = Local::now().fixed_offset();
            let reason = "its server changed: give the password or key again (`postroom account set`), or sign in again \
                          (`postroom account authorize`)";
            let state = AccountState::NeedsSignIn { reason: reason.to_owned(), since };
            secrets::follow(
                &mut transaction,
                &self.store.pseudonyms,
                SecretOwner::Account(self.company, account.id),
                Some(&state),
            )
            .await?;
        }
        transaction.commit().await?;
        // A mail that was held because of a setting may leave with another; one that still can't is held again.
        let state = self.store.account(self.company, account.id).await?.state;
        self.store.resume_waiting_mails(self.company, account.id, &state).await
    }

    /// Reads an account, and locks its row until the transaction ends.
    async fn lock_account(
        &self,
        transaction: &mut AnyConnection,
        id: AccountId,
    ) -> Result<Account, StoreError> {
        let row = sqlx::query(
            "update accounts set secrets_version = secrets_version where company = $1 and id = $2 and name_key is not null \
             returning *",
        )
        .bind(self.company.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or_else(|| StoreError::NoSuchAccount(id.to_string()))?;
        row::account(transaction, &row).await
    }

    /// Marks an account compromised, or ready again.
    pub async fn set_account_state(&self, id: AccountId, state: &AccountState) -> Result<(), StoreError> {
        let (name, words, since) = row::state_columns(state);
        let mut transaction = self.store.write().await?;
        note_state(&mut transaction, self.company, id, "administrator", state).await?;
        let done = sqlx::query(
            "update accounts set state = $1, state_words = $2, state_since = $3 \
             where company = $4 and id = $5 and name_key is not null",
        )
        .bind(name)
        .bind(words)
        .bind(since)
        .bind(self.company.to_string())
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        changed(&done, || StoreError::NoSuchAccount(id.to_string()))?;
        transaction.commit().await?;
        self.store.resume_waiting_mails(self.company, id, state).await
    }

    /// Removes an account with its secrets, settings and grants. The mails that left by it remain the company's, those that had
    /// not left are held; the name is free again. Returns how many are held.
    pub async fn remove_account(&self, id: AccountId) -> Result<u64, StoreError> {
        let mut transaction = self.store.write().await?;
        let done = sqlx::query(
            "update accounts set name_key = null, transport = $1, mailbox = null, send_as = '[]', permissions = $2, state = 'ready', \
             state_words = null, state_since = null where company = $3 and id = $4 and name_key is not null",
        )
        .bind(row::to_json(&Transport::MailClient)?)
        .bind(row::to_json(&Permissions::default())?)
        .bind(self.company.to_string())
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        changed(&done, || StoreError::NoSuchAccount(id.to_string()))?;
        for forget in [
            "delete from secrets where account = $1",
            "delete from grants where account = $1",
            "delete from user_settings where account = $1",
            "delete from folders where account = $1",
            "delete from fallbacks where account = $1",
            "delete from mailboxes where account = $1",
        ] {
            sqlx::query(forget).bind(id.to_string()).execute(&mut *transaction).await?;
        }
        let held = hold_all(&mut transaction, id, "administrator", Local::now().fixed_offset()).await?;
        transaction.commit().await?;
        Ok(held)
    }
}

/// Checks that no endpoint of the account's own uses the operator's OAuth client.
fn check_grants(transport: &Transport, mailbox: Option<&ImapServer>) -> Result<(), StoreError> {
    let of_mailbox = mailbox.and_then(|server| server.authentication.grant());
    for grant in transport.grant().into_iter().chain(of_mailbox) {
        grant.check().map_err(|e| StoreError::invalid("account", e))?;
    }
    Ok(())
}

/// Sets which folder is used for a purpose, or that there is none in particular.
async fn set_folder(
    connection: &mut AnyConnection,
    account: AccountId,
    used_for: FolderUse,
    folder: Option<&FolderName>,
) -> Result<(), StoreError> {
    match folder {
        Some(folder) => sqlx::query(
            "insert into folders (account, used_for, folder) values ($1, $2, $3) \
             on conflict (account, used_for) do update set folder = excluded.folder",
        )
        .bind(account.to_string())
        .bind(used_for.as_str())
        .bind(folder.to_string()),
        None => sqlx::query("delete from folders where account = $1 and used_for = $2")
            .bind(account.to_string())
            .bind(used_for.as_str()),
    }
    .execute(connection)
    .await?;
    Ok(())
}

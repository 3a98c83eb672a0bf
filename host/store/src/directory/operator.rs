//! The operator's part of the store: companies, permissions, and single accounts for the worker and for tokens.

use crate::attempts::attribution::without_erased;
use crate::compliance::audit::note_state;
use crate::error::{changed, or_taken};
use crate::sql::row;
use crate::{Store, StoreError, SystemStore};
use postroom_model::{
    Account, AccountId, AccountState, Company, CompanyId, Name, NewCompany, Permissions, SecretOwner,
};
use sqlx::any::AnyRow;

/// Bytes of a company's settings, as the plugin limits them.
const SETTINGS: usize = 4 << 20;

impl SystemStore {
    /// Reads an account by its id alone: the owner of a sign-in is named by it.
    pub async fn account_of_any_company(&self, id: AccountId) -> Result<Account, StoreError> {
        match self.owner_of(id).await? {
            Some(SecretOwner::Account(company, _)) => self.account(company, id).await,
            _ => Err(StoreError::NoSuchAccount(id.to_string())),
        }
    }
}

impl Store {
    /// Creates a company.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; [`StoreError::Invalid`] where the settings are no JSON object.
    pub async fn create_company(&self, new: &NewCompany) -> Result<Company, StoreError> {
        check_settings(&new.settings)?;
        if new.fallback.account.is_some() {
            return Err(StoreError::invalid("fallback", "a new company has no account yet"));
        }
        let id = CompanyId::new();
        sqlx::query(
            "insert into companies (id, name, name_key, settings, fallback_policy, patience) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.to_string())
        .bind(new.name.to_string())
        .bind(new.name.key())
        .bind(new.settings.clone())
        .bind(new.fallback.policy.as_str())
        .bind(row::whole(new.fallback.patience.as_secs()))
        .execute(&self.pool)
        .await
        .map_err(or_taken("a company", &new.name))?;
        self.company(id).await
    }

    /// Lists all companies, by name.
    pub async fn companies(&self) -> Result<Vec<Company>, StoreError> {
        let rows = sqlx::query(
            "select companies.*, fallbacks.account as fallback_account from companies \
             left join fallbacks on fallbacks.company = companies.id order by name_key",
        );
        rows.fetch_all(&self.pool).await?.iter().map(row::company).collect()
    }

    /// Reads a company.
    pub async fn company(&self, id: CompanyId) -> Result<Company, StoreError> {
        let row = sqlx::query(
            "select companies.*, fallbacks.account as fallback_account from companies \
             left join fallbacks on fallbacks.company = companies.id where companies.id = $1",
        );
        found_company(row.bind(id.to_string()).fetch_optional(&self.pool).await?, &id.to_string())
    }

    /// Reads a company by its name.
    pub async fn company_named(&self, name: &Name) -> Result<Company, StoreError> {
        let row = sqlx::query(
            "select companies.*, fallbacks.account as fallback_account from companies \
             left join fallbacks on fallbacks.company = companies.id where companies.name_key = $1",
        );
        found_company(row.bind(name.key()).fetch_optional(&self.pool).await?, name.as_str())
    }

    /// Deletes a company with its users, accounts, secrets and mails.
    pub async fn remove_company(&self, id: CompanyId) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        // Its own secrets; those of its accounts go with the accounts.
        let secrets = sqlx::query("delete from secrets where company = $1 and account is null");
        secrets.bind(id.to_string()).execute(&mut *transaction).await?;
        let gone = sqlx::query("delete from companies where id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        changed(&gone, || StoreError::NoSuchCompany(id.to_string()))?;
        transaction.commit().await
    }

    /// Reads an account of a company, for a worker or for the renewal of a token.
    pub async fn account(&self, company: CompanyId, id: AccountId) -> Result<Account, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row =
            sqlx::query("select * from accounts where company = $1 and id = $2 and name_key is not null")
                .bind(company.to_string())
                .bind(id.to_string())
                .fetch_optional(&mut *connection)
                .await?
                .ok_or_else(|| StoreError::NoSuchAccount(id.to_string()))?;
        row::account(&mut connection, &row).await
    }

    /// Sets what the operator allows an account.
    pub async fn set_permissions(
        &self,
        company: CompanyId,
        id: AccountId,
        permissions: &Permissions,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update accounts set permissions = $1 where company = $2 and id = $3 and name_key is not null",
        )
        .bind(row::to_json(permissions)?)
        .bind(company.to_string())
        .bind(id.to_string())
        .execute(&self.pool)
        .await?;
        changed(&done, || StoreError::NoSuchAccount(id.to_string()))
    }

    /// Sets the state of an account that a worker or a sign-in found out: a grant has expired, or works again. An account that
    /// an administrator marked compromised keeps that state. Returns the state that the account has now.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`]; [`StoreError::Invalid`] for [`AccountState::Compromised`].
    pub async fn set_account_state(
        &self,
        company: CompanyId,
        id: AccountId,
        state: &AccountState,
    ) -> Result<AccountState, StoreError> {
        if matches!(state, AccountState::Compromised { .. }) {
            return Err(StoreError::invalid("state", "only an administrator marks an account compromised"));
        }
        let (name, words, since) = row::state_columns(state);
        let mut transaction = self.write().await?;
        let words = match words {
            Some(words) => Some(without_erased(&mut transaction, &self.pseudonyms, company, &words).await?),
            None => None,
        };
        note_state(&mut transaction, company, id, "worker", state).await?;
        sqlx::query(
            "update accounts set state = $1, state_words = $2, state_since = $3 \
             where company = $4 and id = $5 and name_key is not null and state <> 'compromised'",
        )
        .bind(name)
        .bind(words)
        .bind(since)
        .bind(company.to_string())
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let now = self.account(company, id).await?.state;
        self.resume_waiting_mails(company, id, &now).await?;
        Ok(now)
    }
}

fn found_company(row: Option<AnyRow>, asked: &str) -> Result<Company, StoreError> {
    row.as_ref().map_or_else(|| Err(StoreError::NoSuchCompany(asked.to_owned())), row::company)
}

/// Checks that a company's settings are a JSON object of bounded size. The plugin judges the fields.
pub(crate) fn check_settings(settings: &str) -> Result<(), StoreError> {
    if settings.len() > SETTINGS {
        return Err(StoreError::invalid("settings", format!("at most {SETTINGS} bytes")));
    }
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(settings) {
        Ok(fields) if fields.contains_key("user") => {
            Err(StoreError::invalid("settings", "\"user\" belongs to a user's settings for an account"))
        }
        Ok(_) => Ok(()),
        Err(e) => Err(StoreError::invalid("settings", format!("expected a JSON object: {e}"))),
    }
}

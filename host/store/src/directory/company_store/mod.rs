//! The store of one company: its settings, users, accounts and grants. Every statement names the company, so that an id of
//! another company reaches nothing.

use crate::directory::operator::check_settings;
use crate::directory::platform_addresses::{claim, on_platform, renumber};
use crate::error::{changed, or_taken};
use crate::sql::row;
use crate::{CompanyStore, Store, StoreError};

mod accounts;
mod grants;
mod users;

use postroom_model::{Company, CompanyId, Logo, PlatformAddress};
use sqlx::{AnyConnection, Row};

/// Bytes of a logo.
const LOGO: usize = 200_000;

impl CompanyStore<'_> {
    /// Reads the company.
    pub async fn company(&self) -> Result<Company, StoreError> {
        self.store.company(self.company).await
    }

    /// Changes the company's name, settings and fallback. The id of `company` is ignored.
    ///
    /// # Errors
    /// [`StoreError::Taken`]; [`StoreError::Invalid`] for settings that are no JSON object; [`StoreError::NoSuchAccount`] where
    /// the fallback is not an account of the company; [`StoreError::Invalid`] for another name where the company sends from the
    /// platform.
    pub async fn update_company(&self, company: &Company) -> Result<(), StoreError> {
        self.change_company(company, None).await
    }

    /// Changes the company as [`CompanyStore::update_company`] does, and gives its accounts on the platform the first of these
    /// addresses that no other company has. The earlier addresses remain the company's.
    ///
    /// # Errors
    /// As [`CompanyStore::update_company`]; [`StoreError::Taken`] where other companies have all of the addresses.
    pub async fn rename_on_platform(
        &self,
        company: &Company,
        addresses: &[PlatformAddress],
    ) -> Result<(), StoreError> {
        self.change_company(company, Some(addresses)).await
    }

    async fn change_company(
        &self,
        company: &Company,
        addresses: Option<&[PlatformAddress]>,
    ) -> Result<(), StoreError> {
        check_settings(&company.settings)?;
        let mut transaction = self.store.write().await?;
        if !on_platform(&mut transaction, self.company).await?.is_empty() {
            match addresses {
                Some(addresses) => {
                    let sender = claim(&mut transaction, self.company, addresses).await?;
                    renumber(&mut transaction, self.company, sender).await?;
                }
                None => self.check_name(&mut transaction, company).await?,
            }
        }
        let done = sqlx::query(
            "update companies set name = $1, name_key = $2, settings = $3, fallback_policy = $4, patience = $5 \
             where id = $6",
        )
        .bind(company.name.to_string())
        .bind(company.name.key())
        .bind(company.settings.clone())
        .bind(company.fallback.policy.as_str())
        .bind(row::whole(company.fallback.patience.as_secs()))
        .bind(self.company.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(or_taken("a company", &company.name))?;
        changed(&done, || StoreError::NoSuchCompany(self.company.to_string()))?;
        sqlx::query("delete from fallbacks where company = $1")
            .bind(self.company.to_string())
            .execute(&mut *transaction)
            .await?;
        if let Some(account) = company.fallback.account {
            let done = sqlx::query(
                "insert into fallbacks (company, account) \
                 select company, id from accounts where company = $1 and id = $2 and name_key is not null",
            )
            .bind(self.company.to_string())
            .bind(account.to_string())
            .execute(&mut *transaction)
            .await?;
            changed(&done, || StoreError::NoSuchAccount(account.to_string()))?;
        }
        transaction.commit().await
    }

    /// Checks that a company on the platform keeps its name, of which its address there is built.
    async fn check_name(&self, connection: &mut AnyConnection, company: &Company) -> Result<(), StoreError> {
        let row = sqlx::query("select name from companies where id = $1")
            .bind(self.company.to_string())
            .fetch_optional(connection)
            .await?;
        match row {
            Some(row) if row::text(&row, "name")? != company.name.as_str() => Err(StoreError::invalid(
                "name",
                "the company sends from the platform, and its address there is made of its name: rename it by `postroom \
                 company set --name` with the operator's settings (--operator)",
            )),
            Some(_) => Ok(()),
            None => Err(StoreError::NoSuchCompany(self.company.to_string())),
        }
    }

    /// Reads the logo.
    pub async fn logo(&self) -> Result<Option<Logo>, StoreError> {
        self.store.logo(self.company).await
    }

    /// Sets or removes the logo.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for one of more than 200,000 bytes.
    pub async fn set_logo(&self, logo: Option<&Logo>) -> Result<(), StoreError> {
        if logo.is_some_and(|logo| logo.content.len() > LOGO) {
            return Err(StoreError::invalid("logo", format!("at most {LOGO} bytes")));
        }
        let done = sqlx::query("update companies set logo_name = $1, logo = $2 where id = $3")
            .bind(logo.map(|logo| row::without_zeros(&logo.file_name)))
            .bind(logo.map(|logo| logo.content.clone()))
            .bind(self.company.to_string())
            .execute(&self.store.pool)
            .await?;
        changed(&done, || StoreError::NoSuchCompany(self.company.to_string()))
    }
}

impl Store {
    /// Reads a company's logo.
    pub(crate) async fn logo(&self, company: CompanyId) -> Result<Option<Logo>, StoreError> {
        let row =
            sqlx::query("select logo_name, logo from companies where id = $1").bind(company.to_string());
        let Some(row) = row.fetch_optional(&self.pool).await? else {
            return Err(StoreError::NoSuchCompany(company.to_string()));
        };
        let content: Option<Vec<u8>> = row.try_get("logo")?;
        Ok(row::optional_text(&row, "logo_name")?
            .zip(content)
            .map(|(file_name, content)| Logo { file_name, content }))
    }
}

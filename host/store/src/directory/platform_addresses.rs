//! Addresses on the operator's platform. One belongs to the company that had it first, for ever: mail to it may still be meant
//! for that company, and its recipients know the company by it.

use crate::sql::row;
use crate::sql::writing::WriteTransaction;
use crate::{CompanyStore, StoreError};
use chrono::Local;
use postroom_model::{AccountId, CompanyId, PlatformAddress, PlatformSender, Transport};
use sqlx::AnyConnection;

impl CompanyStore<'_> {
    /// Claims an address on the platform that a mail is about to leave from: the company has it afterwards, or the mail must
    /// not leave.
    ///
    /// # Errors
    /// [`StoreError::Taken`]: it is another company's. [`StoreError::NoSuchCompany`].
    pub async fn hold_platform_address(&self, address: &PlatformAddress) -> Result<(), StoreError> {
        let mut transaction = self.store.write().await?;
        claim(&mut transaction, self.company, std::slice::from_ref(address)).await?;
        transaction.commit().await
    }

    /// Lists the addresses that belong to the company, whether it still uses them or not.
    pub async fn platform_addresses(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("select address from platform_addresses where company = $1 order by address")
            .bind(self.company.to_string())
            .fetch_all(&self.store.pool)
            .await?;
        rows.iter().map(|row| row::text(row, "address")).collect()
    }
}

/// Claims the first of these addresses that no other company has, and gives its number.
pub(crate) async fn claim(
    connection: &mut AnyConnection,
    company: CompanyId,
    addresses: &[PlatformAddress],
) -> Result<PlatformSender, StoreError> {
    let since = row::stamp(Local::now().fixed_offset());
    for PlatformAddress { suffix, address } in addresses {
        let key = address.as_str().to_lowercase();
        // Of two companies that ask at once the second waits here for the first, and finds the row.
        sqlx::query(
            "insert into platform_addresses (address, company, since) select $1, id, $2 from companies where id = $3 \
             on conflict (address) do nothing",
        )
        .bind(key.clone())
        .bind(since.clone())
        .bind(company.to_string())
        .execute(&mut *connection)
        .await?;
        let owned = sqlx::query("select company from platform_addresses where address = $1 and company = $2")
            .bind(key)
            .bind(company.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        if owned.is_some() {
            return Ok(PlatformSender { suffix: *suffix });
        }
    }
    let found = sqlx::query("select id from companies where id = $1").bind(company.to_string());
    if found.fetch_optional(connection).await?.is_none() {
        return Err(StoreError::NoSuchCompany(company.to_string()));
    }
    let name = addresses.first().map_or_else(String::new, |first| first.address.to_string());
    Err(StoreError::Taken { what: "another company's address", name })
}

/// Checks an account that is to be kept without a claim: it may stay on the platform with the number that it has, and may
/// not come there or take another number.
pub(crate) async fn check_unchanged(
    connection: &mut AnyConnection,
    company: CompanyId,
    account: AccountId,
    transport: &Transport,
) -> Result<(), StoreError> {
    let Transport::Platform(wanted) = transport else { return Ok(()) };
    let row =
        sqlx::query("select transport from accounts where company = $1 and id = $2 and name_key is not null")
            .bind(company.to_string())
            .bind(account.to_string())
            .fetch_optional(connection)
            .await?;
    let there: Option<Transport> = row.map(|row| row::json(&row, "transport")).transpose()?;
    match there {
        Some(Transport::Platform(there)) if there == *wanted => Ok(()),
        Some(_) => Err(unclaimed()),
        None => Err(StoreError::NoSuchAccount(account.to_string())),
    }
}

/// Gives the company's accounts on the platform the number of the address that was claimed.
pub(crate) async fn renumber(
    transaction: &mut WriteTransaction,
    company: CompanyId,
    sender: PlatformSender,
) -> Result<(), StoreError> {
    for account in on_platform(transaction, company).await? {
        sqlx::query("update accounts set transport = $1 where company = $2 and id = $3")
            .bind(row::to_json(&Transport::Platform(sender))?)
            .bind(company.to_string())
            .bind(account)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Lists the ids of the company's accounts on the platform.
pub(crate) async fn on_platform(
    connection: &mut AnyConnection,
    company: CompanyId,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("select id, transport from accounts where company = $1 and name_key is not null")
        .bind(company.to_string())
        .fetch_all(connection)
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        if let Transport::Platform(_) = row::json(row, "transport")? {
            found.push(row::text(row, "id")?);
        }
    }
    Ok(found)
}

/// Returns the error for an account on the platform without an address that was claimed for it.
pub(crate) fn unclaimed() -> StoreError {
    StoreError::invalid(
        "transport",
        "the platform's addresses belong to one company each: an account comes there by `postroom account add` or \
         `account set`, which claim one",
    )
}

//! The addresses of partners: those that mails went to, and those that people enter. Each of the first kind belongs to the
//! account that the mail left by, and only the users of that account see it (rule A1).

use crate::compliance::pseudonym::is_pseudonym;
use crate::error::changed;
use crate::mailbox::views::PartnerContact;
use crate::sql::address_key::address_key;
use crate::sql::digest::address_digest;
use crate::sql::row::{self, bounded};
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, NewMail, Recipient, Store, StoreError, SystemStore, UserStore};
use postroom_model::{AccountId, CompanyId, MailAddress};
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that are read at once.
const PAGE: i64 = 1_000;
/// Most contacts of an answer.
const CONTACTS: i64 = 10_000;

/// The condition on rows of `partner_addresses` that a person removed, in any of an address's rows.
pub(crate) const NOT_REMOVED: &str = "not exists (select 1 from partner_addresses as removed \
     where removed.company = partner_addresses.company and removed.partner = partner_addresses.partner \
     and removed.address_key = partner_addresses.address_key and removed.source = 'removed')";

/// Returns the condition on rows of `partner_addresses` that an account knows: those that people entered, and those that its own
/// mails went to. `account` is an expression.
pub(crate) fn known_to(account: &str) -> String {
    format!("partner_addresses.account in ('', {account})")
}

impl SystemStore {
    /// Returns the partners of these addresses as an account knows them, by the addresses as they were passed. An address may be of several partners.
    pub async fn partners_of(
        &self,
        company: CompanyId,
        account: AccountId,
        addresses: &[String],
    ) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let mut by_key: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for address in addresses {
            by_key.entry(address_key(address)).or_default().push(address);
        }
        if by_key.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select distinct partner, address_key from partner_addresses where company = $2 \
             and address_digest in (select {} from {}) and {} and {NOT_REMOVED} order by partner",
            each.number("id"),
            each.row(),
            known_to("$3"),
        );
        let digests = rows::ids(by_key.keys().map(|key| address_digest(key)));
        let found = rows::bulk_query(sql, &digests)?.bind(company.to_string()).bind(account.to_string());
        let mut partners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in found.fetch_all(&mut *connection).await? {
            let (partner, key) = (row::text(&row, "partner")?, row::text(&row, "address_key")?);
            for address in by_key.get(&key).into_iter().flatten() {
                partners.entry((*address).clone()).or_default().push(partner.clone());
            }
        }
        Ok(partners)
    }
}

impl UserStore<'_> {
    /// Lists the addresses of a partner: those that people entered, and those that mails of the user's accounts went to.
    pub async fn partner_contacts(&self, partner: &str) -> Result<Vec<PartnerContact>, StoreError> {
        self.store.partner_contacts(self.scope(), partner).await
    }

    /// Adds an address to a partner.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a partner; [`StoreError::NoSuchUser`] once the user is removed.
    pub async fn add_contact(
        &self,
        partner: &str,
        address: &MailAddress,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        self.store.add_contact(self.scope(), partner, address, name).await
    }

    /// Removes an address from a partner. No later mail brings it back.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`] for an address that [`Self::partner_contacts`] does not list.
    pub async fn remove_contact(&self, partner: &str, address: &MailAddress) -> Result<(), StoreError> {
        self.store.remove_contact(self.scope(), partner, address).await
    }
}

impl CompanyStore<'_> {
    /// Lists the addresses of a partner.
    pub async fn partner_contacts(&self, partner: &str) -> Result<Vec<PartnerContact>, StoreError> {
        self.store.partner_contacts(self.scope(), partner).await
    }

    /// Adds an address to a partner.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a partner; [`StoreError::NoSuchCompany`].
    pub async fn add_contact(
        &self,
        partner: &str,
        address: &MailAddress,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        self.store.add_contact(self.scope(), partner, address, name).await
    }

    /// Removes an address from a partner. No later mail brings it back.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`] for an address that [`Self::partner_contacts`] does not list.
    pub async fn remove_contact(&self, partner: &str, address: &MailAddress) -> Result<(), StoreError> {
        self.store.remove_contact(self.scope(), partner, address).await
    }
}

/// Returns the condition on rows of `partner_addresses` within a scope; the owner is bound as parameter `number`.
fn visible(scope: Scope, number: u8) -> String {
    match scope {
        Scope::User(_) => format!(
            "company = (select company from users where id = ${number}) \
             and (account = '' or account in (select id from reachable where user_id = ${number})) and {NOT_REMOVED}"
        ),
        Scope::Company(_) => format!("company = ${number} and {NOT_REMOVED}"),
    }
}

impl Store {
    async fn partner_contacts(&self, scope: Scope, partner: &str) -> Result<Vec<PartnerContact>, StoreError> {
        let sql = format!(
            "select partner, address_key, address, name, source from partner_addresses where {} and partner = $2 \
             order by source, address_key limit $3",
            visible(scope, 1),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(scope.owner())
            .bind(row::without_zeros(partner))
            .bind(CONTACTS);
        let mut contacts: BTreeMap<String, PartnerContact> = BTreeMap::new();
        for row in rows.fetch_all(&self.pool).await? {
            let contact = PartnerContact {
                partner: row::text(&row, "partner")?,
                address: row::text(&row, "address")?,
                name: row::optional_text(&row, "name")?,
                by_hand: row::text(&row, "source")? == "hand",
            };
            // What a person entered comes first, and stays.
            contacts.entry(row::text(&row, "address_key")?).or_insert(contact);
        }
        Ok(contacts.into_values().collect())
    }

    async fn add_contact(
        &self,
        scope: Scope,
        partner: &str,
        address: &MailAddress,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        let partner = bounded(partner.trim());
        if partner.is_empty() {
            return Err(StoreError::invalid("partner", "expected a partner"));
        }
        let address = address.to_string();
        let company = match scope {
            Scope::User(_) => "select company from users where id = $1",
            Scope::Company(_) => "select id as company from companies where id = $1",
        };
        let sql = format!(
            "insert into partner_addresses (company, partner, address_key, address_digest, address, name, account, source) \
             select of_scope.company, $2, $3, $4, $5, $6, '', 'hand' from ({company}) as of_scope where true \
             on conflict (company, partner, address_key, account) do update set \
             address = excluded.address, name = excluded.name, source = excluded.source"
        );
        let add = sqlx::query(AssertSqlSafe(sql))
            .bind(scope.owner())
            .bind(partner)
            .bind(address_key(&address))
            .bind(address_digest(&address))
            .bind(row::without_zeros(&address))
            .bind(name.map(|name| bounded(name.trim())).filter(|name| !name.is_empty()));
        match (self.write_one(add).await?, scope) {
            (0, Scope::User(user)) => Err(StoreError::NoSuchUser(user.to_string())),
            (0, Scope::Company(company)) => Err(StoreError::NoSuchCompany(company.to_string())),
            _ => Ok(()),
        }
    }

    async fn remove_contact(
        &self,
        scope: Scope,
        partner: &str,
        address: &MailAddress,
    ) -> Result<(), StoreError> {
        let key = address_key(&address.to_string());
        let partner = row::without_zeros(partner.trim());
        let mut transaction = self.write().await?;
        let sql = format!(
            "insert into partner_addresses (company, partner, address_key, address_digest, address, account, source) \
             select company, partner, address_key, address_digest, address, '', 'removed' from partner_addresses \
             where {} and partner = $2 and address_key = $3 limit 1 \
             on conflict (company, partner, address_key, account) do update set source = 'removed', name = null",
            visible(scope, 1),
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(scope.owner())
            .bind(partner)
            .bind(key.clone())
            .execute(&mut *transaction)
            .await?;
        changed(&done, || StoreError::NotInMailbox { what: "contact", id: address.to_string() })?;
        transaction.commit().await
    }
}

/// An address that a mail to a partner went to.
#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct AddressRow {
    partner: String,
    address_key: String,
    account: String,
    digest: i64,
    address: String,
    name: Option<String>,
}

fn rows_of(partner: &str, account: AccountId, recipients: &[Recipient]) -> Vec<AddressRow> {
    // A blind copy does not go to the partner.
    let is_theirs =
        |it: &&Recipient| it.field != "bcc" && !it.is_own_copy && !is_pseudonym(&it.party.address);
    let to = recipients.iter().filter(is_theirs);
    let row = |it: &Recipient| AddressRow {
        partner: bounded(partner),
        address_key: address_key(&it.party.address),
        account: account.to_string(),
        digest: address_digest(&it.party.address),
        address: row::without_zeros(&it.party.address),
        name: it.party.name.as_deref().map(bounded),
    };
    if partner.is_empty() { Vec::new() } else { to.map(row).collect() }
}

/// Adds the addresses of partners to whom these mails go, but for those that a person removed, and for the company's own.
pub(crate) async fn add_those_of_mails<'a>(
    connection: &mut AnyConnection,
    company: CompanyId,
    mails: impl Iterator<Item = &'a NewMail>,
) -> Result<(), StoreError> {
    let of = |mail: &NewMail| match &mail.document {
        Some(document) => rows_of(&document.partner, mail.account, &mail.recipients),
        None => Vec::new(),
    };
    insert(connection, company, mails.flat_map(of).collect()).await
}

/// Adds the addresses of partners to whom mails were sent before there was an index.
pub(crate) async fn add_those_of_earlier_mails(
    connection: &mut AnyConnection,
    company: CompanyId,
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let rows = sqlx::query(
            "select id, account, partner, recipients from mails where company = $1 and id > $2 and partner is not null \
             and partner <> '' order by id limit $3",
        );
        let rows =
            rows.bind(company.to_string()).bind(after.clone()).bind(PAGE).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = row::text(last, "id")?;
        let mut all = BTreeSet::new();
        for row in &rows {
            let recipients: Vec<Recipient> = row::json(row, "recipients")?;
            all.extend(rows_of(&row::text(row, "partner")?, row::parsed(row, "account")?, &recipients));
        }
        insert(connection, company, all).await?;
    }
}

async fn insert(
    connection: &mut AnyConnection,
    company: CompanyId,
    rows: BTreeSet<AddressRow>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into partner_addresses (company, partner, address_key, address_digest, address, name, account, source) \
         select $2, {partner}, {key}, {digest}, {address}, {name}, {account}, 'mail' from {rows} \
         where not exists (select 1 from partner_addresses as removed where removed.company = $2 \
         and removed.partner = {partner} and removed.address_key = {key} and removed.source = 'removed') \
         and not exists (select 1 from users where users.company = $2 and lower(users.address) = {key}) \
         and not exists (select 1 from accounts where accounts.company = $2 and lower(accounts.address) = {key}) \
         on conflict do nothing",
        partner = each.text("partner"),
        key = each.text("address_key"),
        digest = each.number("digest"),
        address = each.text("address"),
        name = each.text("name"),
        account = each.text("account"),
        rows = each.row(),
    );
    let rows: Vec<AddressRow> = rows.into_iter().collect();
    rows::bulk_query(sql, &rows)?.bind(company.to_string()).execute(connection).await?;
    Ok(())
}

//! The page for the administrator of a company's mail provider (rule A15): what to allow so that its accounts can be reached.

use crate::app::{AppError, description, no_files};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use postroom_contract::accounts::{HtmlPage, Operator};
use postroom_model::{Company, Name, UserSettings};

/// Writes the page about the accounts named, or all of the company's, in a language.
pub async fn administrator_page(
    connections: &Connections,
    company: &Company,
    plugin: &CompanyPlugin,
    names: &[Name],
    language: Option<&str>,
) -> Result<HtmlPage, AppError> {
    let admin = connections.store().company_store(company.id);
    let accounts = if names.is_empty() {
        admin.accounts().await?
    } else {
        let mut accounts = Vec::with_capacity(names.len());
        for name in names {
            accounts.push(admin.account(name).await?);
        }
        accounts
    };
    let none = UserSettings::default();
    let described: Vec<_> = accounts.iter().map(|it| description(connections, it, &none)).collect();
    let origin = &connections.operator().origin;
    let operator = Operator {
        product: origin.product.clone().unwrap_or_else(|| "Postroom".to_owned()),
        addresses: origin.addresses.clone(),
        region: origin.region.clone(),
        contact: origin.contact.clone(),
    };
    let page = plugin.administrator_page(&no_files(), &described, &operator, language).await?;
    page.map_err(|fault| AppError::Internal(fault.sentence()))
}

//! The users of a company, and which accounts each may use.

use super::AppError;
use crate::connections::Connections;
use postroom_model::{Account, Company, DisplayName, MailAddress, Name, NewUser, User};
use std::collections::BTreeMap;

/// A change of a user; none: it stays as it is.
#[derive(Debug, Default)]
pub struct UserChange {
    /// Another login.
    pub login: Option<Name>,
    /// Name of the person.
    pub name: Option<DisplayName>,
    /// The user's own address.
    pub address: Option<MailAddress>,
    /// Texts of their own, by path, in place of the earlier ones.
    pub templates: Option<BTreeMap<String, String>>,
}

/// Lists the users of a company.
pub async fn users(connections: &Connections, company: &Company) -> Result<Vec<User>, AppError> {
    Ok(connections.store().company_store(company.id).users().await?)
}

/// Reads a user, and the accounts that they may use.
pub async fn user_with_accounts(
    connections: &Connections,
    company: &Company,
    login: &Name,
) -> Result<(User, Vec<Account>), AppError> {
    let user = connections.store().company_store(company.id).user(login).await?;
    let accounts = connections.store().user_store(&user).accounts().await?;
    Ok((user, accounts))
}

/// Adds a user to a company.
pub async fn add_user(connections: &Connections, company: &Company, new: &NewUser) -> Result<User, AppError> {
    Ok(connections.store().company_store(company.id).add_user(new).await?)
}

/// Changes a user.
pub async fn change_user(
    connections: &Connections,
    company: &Company,
    login: &Name,
    change: UserChange,
) -> Result<User, AppError> {
    let admin = connections.store().company_store(company.id);
    let mut user = admin.user(login).await?;
    user.login = change.login.unwrap_or(user.login);
    user.name = change.name.unwrap_or(user.name);
    user.address = change.address.unwrap_or(user.address);
    user.templates = change.templates.unwrap_or(user.templates);
    admin.update_user(&user).await?;
    Ok(user)
}

/// Removes a user. The mails that they created remain the company's.
pub async fn remove_user(connections: &Connections, company: &Company, login: &Name) -> Result<(), AppError> {
    let admin = connections.store().company_store(company.id);
    let user = admin.user(login).await?;
    Ok(admin.remove_user(user.id).await?)
}

//! The accounts of a company, each with what keeps it from sending and with the users who may use it.

use crate::app::AppError;
use crate::connections::Connections;
use postroom_model::{Account, Company, Name, User};
use postroom_store::AccountPause;

/// An account in a list.
#[derive(Debug)]
pub struct ListedAccount {
    /// The account.
    pub account: Account,
    /// Why it can't send at present, and until when; none: it can.
    pub pause: Option<AccountPause>,
    /// The users who may use it.
    pub users: Vec<User>,
}

/// Lists the accounts of a company; `login`: those that this user may use.
pub async fn list_accounts(
    connections: &Connections,
    company: &Company,
    login: Option<&Name>,
) -> Result<Vec<ListedAccount>, AppError> {
    let store = connections.store();
    let admin = store.company_store(company.id);
    let accounts = match login {
        Some(login) => store.user_store(&admin.user(login).await?).accounts().await?,
        None => admin.accounts().await?,
    };
    let mut listed = Vec::with_capacity(accounts.len());
    for account in accounts {
        let pause = store.account_pause(company.id, account.id).await?;
        let users = admin.granted(account.id).await?;
        listed.push(ListedAccount { account, pause, users });
    }
    Ok(listed)
}

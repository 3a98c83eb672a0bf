//! Whose rows a statement may read or change. A person's statements name their owner themselves, in the `where`: an id alone
//! reaches nothing.

use crate::sql::row;
use crate::{CompanyStore, StoreError, UserStore};
use postroom_model::{CompanyId, UserId};
use sqlx::AnyConnection;

/// The name of an administrator in the audit log.
const ADMINISTRATOR: &str = "administrator";

/// The owner of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    /// A user: the rows of the accounts that they may use.
    User(UserId),
    /// A company: its rows.
    Company(CompanyId),
}

impl UserStore<'_> {
    pub(crate) fn scope(&self) -> Scope {
        Scope::User(self.user)
    }
}

impl CompanyStore<'_> {
    pub(crate) fn scope(&self) -> Scope {
        Scope::Company(self.company)
    }
}

impl Scope {
    /// Returns the condition on rows of `mails` or `outbox`; the owner is bound as parameter `number`.
    pub(crate) fn on(self, table: &str, number: u8) -> String {
        match self {
            Self::User(_) => {
                format!("{table}.account in (select id from reachable where user_id = ${number})")
            }
            Self::Company(_) => format!("{table}.company = ${number}"),
        }
    }

    /// Returns the condition on rows of `accounts` that can be used; the owner is bound as parameter `number`.
    pub(crate) fn on_accounts(self, number: u8) -> String {
        match self {
            Self::User(_) => format!("accounts.id in (select id from reachable where user_id = ${number})"),
            Self::Company(_) => format!("accounts.company = ${number} and accounts.name_key is not null"),
        }
    }

    /// Returns the id that these conditions compare with.
    pub(crate) fn owner(self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::Company(company) => company.to_string(),
        }
    }

    /// Reads the name of the user or administrator for the audit log; none: the user was removed.
    pub(crate) async fn actor(self, connection: &mut AnyConnection) -> Result<Option<String>, StoreError> {
        let Self::User(user) = self else { return Ok(Some(ADMINISTRATOR.to_owned())) };
        let row = sqlx::query("select login from users where id = $1").bind(user.to_string());
        row.fetch_optional(connection).await?.map(|row| row::text(&row, "login")).transpose()
    }
}

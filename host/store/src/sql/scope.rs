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

    /// Returns the condition on rows of a mailbox; the owner is bound as parameter `number`.
    pub(crate) fn on_mailboxes(self, table: &str, number: u8) -> String {
        let mailboxes = self.on("mailboxes", number);
        format!("{table}.mailbox in (select mailboxes.number from mailboxes where {mailboxes})")
    }

    /// Returns the condition on messages and conversations that are not private to another user. An administrator sees all.
    pub(crate) fn sees(self, table: &str, number: u8) -> String {
        match self {
            Self::User(_) => format!("({table}.is_private = 0 or {table}.private_to = ${number})"),
            Self::Company(_) => "1 = 1".to_owned(),
        }
    }

    /// Returns the condition on conversations of which at least one message is visible.
    pub(crate) fn on_conversations(self, table: &str, number: u8) -> String {
        format!(
            "{} and {} and exists (select 1 from mailbox_messages as visible \
             where visible.conversation = {table}.number and {})",
            self.on_mailboxes(table, number),
            self.sees(table, number),
            self.sees("visible", number),
        )
    }

    /// Returns the condition on messages that are visible.
    pub(crate) fn on_messages(self, table: &str, number: u8) -> String {
        let own = format!("{} and {}", self.on_mailboxes(table, number), self.sees(table, number));
        match self {
            Self::User(_) => format!(
                "{own} and exists (select 1 from conversations as whole \
                 where whole.number = {table}.conversation and {})",
                self.sees("whole", number),
            ),
            Self::Company(_) => own,
        }
    }

    /// Returns the user whose own rows these are; none: an administrator's.
    pub(crate) fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Company(_) => None,
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

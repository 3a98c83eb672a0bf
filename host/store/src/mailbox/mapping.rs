//! Folders as people see them: those that they mapped under a name of their own, and all others.

use crate::mailbox::folders::{FOLDER, folder_row, no_such_folder};
use crate::mailbox::types::FolderRow;
use crate::mailbox::views::MailboxFolder;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use postroom_model::{AccountId, FolderId};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeMap;

/// Characters of a name.
const NAME: usize = 200;

impl UserStore<'_> {
    /// Gives a folder the name under which people see it, and its place among those that have one; none: it has none.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for more than 200 characters.
    pub async fn map_folder(
        &self,
        folder: FolderId,
        mapped: Option<&str>,
        position: u32,
    ) -> Result<(), StoreError> {
        self.store.map_folder(self.scope(), folder, mapped, position).await
    }

    /// Lists the folders of these accounts, or of all that the user may use: the mapped ones first, in their order.
    pub async fn mailbox_folder_list(
        &self,
        accounts: &[AccountId],
    ) -> Result<Vec<MailboxFolder>, StoreError> {
        self.store.mailbox_folder_list(self.scope(), accounts).await
    }
}

impl CompanyStore<'_> {
    /// Gives a folder the name under which people see it, and its place among those that have one; none: it has none.
    ///
    /// # Errors
    /// [`StoreError::NotInMailbox`], forbidden or missing; [`StoreError::Invalid`] for more than 200 characters.
    pub async fn map_folder(
        &self,
        folder: FolderId,
        mapped: Option<&str>,
        position: u32,
    ) -> Result<(), StoreError> {
        self.store.map_folder(self.scope(), folder, mapped, position).await
    }

    /// Lists the folders of these accounts, or of all of the company: the mapped ones first, in their order.
    pub async fn mailbox_folder_list(
        &self,
        accounts: &[AccountId],
    ) -> Result<Vec<MailboxFolder>, StoreError> {
        self.store.mailbox_folder_list(self.scope(), accounts).await
    }
}

impl Store {
    async fn map_folder(
        &self,
        scope: Scope,
        folder: FolderId,
        mapped: Option<&str>,
        position: u32,
    ) -> Result<(), StoreError> {
        let mapped = mapped.map(|name| row::without_zeros(name.trim())).filter(|name| !name.is_empty());
        if mapped.as_deref().is_some_and(|name| name.chars().count() > NAME) {
            return Err(StoreError::invalid("name", format!("expected at most {NAME} characters")));
        }
        let sql = format!(
            "update mailbox_folders set mapped = $1, position = $2 where number = $3 and {}",
            scope.on_mailboxes("mailbox_folders", 4),
        );
        let map = sqlx::query(AssertSqlSafe(sql))
            .bind(mapped)
            .bind(i64::from(position))
            .bind(folder.number())
            .bind(scope.owner());
        match self.write_one(map).await? {
            0 => Err(no_such_folder(folder)),
            _ => Ok(()),
        }
    }

    async fn mailbox_folder_list(
        &self,
        scope: Scope,
        accounts: &[AccountId],
    ) -> Result<Vec<MailboxFolder>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let among = match accounts.is_empty() {
            // The list is bound all the same.
            true => format!("(select count(*) from {}) = 0", each.row()),
            false => format!("mailboxes.account in (select {} from {})", each.text("id"), each.row()),
        };
        let sql = format!(
            "select {FOLDER} where {among} and {} and mailbox_folders.gone is null \
             order by mailboxes.number, case when mapped is null then 1 else 0 end, position, mailbox_folders.name",
            scope.on_mailboxes("mailbox_folders", 2),
        );
        let rows = rows::bulk_query(sql, &rows::ids(accounts))?.bind(scope.owner());
        let rows = rows.fetch_all(&mut *connection).await?;
        let folders = rows.iter().map(folder_row).collect::<Result<Vec<_>, _>>()?;
        let numbers: Vec<i64> = folders.iter().map(|folder| folder.id.number()).collect();
        let all = count(&mut connection, scope, &numbers, Counted::All).await?;
        let hidden = count(&mut connection, scope, &numbers, Counted::Hidden).await?;
        let unread = count(&mut connection, scope, &numbers, Counted::Unread).await?;
        let of = |counts: &BTreeMap<i64, u64>, number: i64| counts.get(&number).copied().unwrap_or(0);
        let seen = |folder: FolderRow| {
            let number = folder.id.number();
            let indexed = of(&all, number).saturating_sub(of(&hidden, number));
            shown(folder, indexed, of(&unread, number))
        };
        Ok(folders.into_iter().map(seen).collect())
    }
}

/// The messages of folders that are counted.
#[derive(Debug, Clone, Copy)]
enum Counted {
    All,
    /// Those that are private to other people: few, and counted by an index of their own.
    Hidden,
    /// Those that the person may see and nobody has read.
    Unread,
}

async fn count(
    connection: &mut AnyConnection,
    scope: Scope,
    folders: &[i64],
    counted: Counted,
) -> Result<BTreeMap<i64, u64>, StoreError> {
    let private_to_another = |table: &str| {
        format!("{table}.is_private = 1 and ({table}.private_to is null or {table}.private_to <> $2)")
    };
    let condition = match (counted, scope) {
        (Counted::All, _) => "p.message is not null and $2 = $2".to_owned(),
        (Counted::Hidden, Scope::Company(_)) => return Ok(BTreeMap::new()),
        (Counted::Hidden, Scope::User(_)) => format!(
            "p.message in (select one.number from mailbox_messages as one where {} \
             union select other.number from conversations as whole \
             join mailbox_messages as other on other.conversation = whole.number where {})",
            private_to_another("one"),
            private_to_another("whole"),
        ),
        (Counted::Unread, _) => format!(
            "p.is_seen = 0 and exists (select 1 from mailbox_messages as m where m.number = p.message \
             and m.direction = 'incoming' and m.is_quiet = 0 and {})",
            scope.on_messages("m", 2),
        ),
    };
    let each = JsonRows::on(connection);
    let sql = format!(
        "select p.folder, count(*) as many from mailbox_places as p where p.folder in (select {} from {}) and {condition} \
         group by p.folder",
        each.number("id"),
        each.row(),
    );
    let rows = rows::bulk_query(sql, &rows::ids(folders))?.bind(scope.owner()).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("folder")?, row::count(row, "many")?))).collect()
}

fn shown(row: FolderRow, indexed: u64, unread: u64) -> MailboxFolder {
    MailboxFolder {
        id: row.id,
        account: row.account,
        folder: row.folder,
        mapped: row.mapped,
        position: row.position,
        indexed,
        unread,
        on_server: row.on_server,
        is_complete: row.cursor.is_some_and(|cursor| cursor.floor <= 1),
        looked_at: row.looked_at,
        compared_at: row.compared_at,
        healed: row.healed,
        fault: row.fault,
    }
}

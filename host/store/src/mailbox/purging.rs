//! Taking messages out of the index: those that left the server, those that are too old, those of a person who is erased.

use crate::mailbox::conversing::refresh;
use crate::mailbox::full_text::{matching, numbers_of, scrub_words};
use crate::mailbox::places::empty_folder;
use crate::mailbox::words::WordQuery;
use crate::sql::digest::address_digest;
use crate::sql::row::{self, Time};
use crate::sql::rows::{self, JsonRows};
use crate::{Store, StoreError, SystemStore};
use postroom_model::{AccountId, CompanyId};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeSet;

/// Messages of one transaction: others write in between.
const PAGE: i64 = 500;

impl SystemStore {
    /// Deletes the messages of a mailbox that are in no folder since before this time, and the folders that the server does not
    /// list since then. What people did with such a message, its bookmarks too, goes with it, and a conversation's notes go with
    /// its last message: the server is the record, and nothing could be opened any more. Returns how many messages were deleted.
    pub async fn purge_unplaced(&self, account: AccountId, before: Time) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let sql = "select mailbox_folders.number, mailbox_folders.gone from mailbox_folders join mailboxes on mailboxes.number = mailbox_folders.mailbox \
                   where mailboxes.account = $1 and gone < $2";
        let gone = sqlx::query(sql).bind(account.to_string()).bind(before.timestamp_millis());
        for row in gone.fetch_all(&mut *transaction).await? {
            let folder: i64 = row.try_get("number")?;
            empty_folder(&mut transaction, folder, row::from_millis(row.try_get("gone")?)).await?;
            sqlx::query("delete from mailbox_folders where number = $1")
                .bind(folder)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        let sql = "select mailbox_messages.number from mailbox_messages join mailboxes on mailboxes.number = mailbox_messages.mailbox \
                   where mailboxes.account = $1 and unplaced < $2 order by mailbox_messages.number limit $3";
        self.take_out_pages(sql, &account.to_string(), before).await
    }
}

impl Store {
    /// Takes the messages of a company out of the index that the server received before this time.
    pub(crate) async fn apply_mailbox_retention(
        &self,
        company: CompanyId,
        before: Time,
    ) -> Result<u64, StoreError> {
        let sql = "select mailbox_messages.number from mailbox_messages join mailboxes on mailboxes.number = mailbox_messages.mailbox \
                   where mailboxes.company = $1 and received < $2 order by mailbox_messages.number limit $3";
        let taken_out = self.take_out_pages(sql, &company.to_string(), before).await?;
        if taken_out > 0 {
            let mut transaction = self.write().await?;
            scrub_words(&mut transaction).await?;
            transaction.commit().await?;
        }
        Ok(taken_out)
    }

    async fn take_out_pages(&self, sql: &'static str, owner: &str, before: Time) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let mut transaction = self.write().await?;
            let rows = sqlx::query(sql).bind(owner.to_owned()).bind(before.timestamp_millis()).bind(PAGE);
            let rows = rows.fetch_all(&mut *transaction).await?;
            let messages =
                rows.iter().map(|row| row.try_get("number")).collect::<Result<BTreeSet<i64>, _>>()?;
            if messages.is_empty() {
                return Ok(all);
            }
            take_out(&mut transaction, &messages, false).await?;
            transaction.commit().await?;
            all += messages.len() as u64;
        }
    }
}

/// Deletes messages. Their places stay, without a message, so that a comparison with the server does not miss them. With
/// `withhold` their identities stay too, so that they do not come back from another folder.
async fn take_out(
    connection: &mut AnyConnection,
    messages: &BTreeSet<i64>,
    withhold: bool,
) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let among = format!("(select {} from {})", each.number("id"), each.row());
    let ids = rows::ids(messages);
    if withhold {
        let sql = format!(
            "insert into mailbox_withheld (mailbox, identity) select mailbox, identity from mailbox_messages \
             where number in {among} on conflict do nothing"
        );
        rows::bulk_query(sql, &ids)?.execute(&mut *connection).await?;
    }
    let sql = format!("update mailbox_places set message = null, flags = '[]' where message in {among}");
    rows::bulk_query(sql, &ids)?.execute(&mut *connection).await?;
    let sql = format!("delete from mailbox_messages where number in {among} returning conversation");
    let gone = rows::bulk_query(sql, &ids)?.fetch_all(&mut *connection).await?;
    let conversations = gone.iter().map(|row| row.try_get("conversation")).collect::<Result<_, _>>()?;
    refresh(connection, &conversations).await
}

/// Takes the messages out of the index that a person is in: by address in any field or text, and in the words of bodies. Returns
/// how many.
pub(crate) async fn erase(
    connection: &mut AnyConnection,
    company: CompanyId,
    address: &str,
    names: impl Fn(&str) -> bool,
) -> Result<u64, StoreError> {
    let mut messages = BTreeSet::new();
    let rows = sqlx::query(
        "select message from mailbox_people join mailboxes on mailboxes.number = mailbox_people.mailbox \
         where mailboxes.company = $1 and mailbox_people.address = $2",
    );
    let rows =
        rows.bind(company.to_string()).bind(address_digest(address)).fetch_all(&mut *connection).await?;
    for row in &rows {
        messages.insert(row.try_get("message")?);
    }
    let mut after = -1_i64;
    loop {
        let rows = sqlx::query(
            "select mailbox_messages.number, message_id || ' ' || subject || ' ' || coalesce(base_subject, '') || ' ' || people \
             || ' ' || coalesce(files, '') || ' ' || coalesce(thread_index, '') || ' ' || coalesce(reason, '') || ' ' \
             || coalesce((select max(reason) from mailbox_documents where message = mailbox_messages.number), '') as found \
             from mailbox_messages join mailboxes on mailboxes.number = mailbox_messages.mailbox \
             where mailboxes.company = $1 and mailbox_messages.number > $2 order by mailbox_messages.number limit $3",
        );
        let rows = rows.bind(company.to_string()).bind(after).bind(PAGE).fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { break };
        after = last.try_get("number")?;
        for row in &rows {
            if names(&row::text(row, "found")?) {
                messages.insert(row.try_get("number")?);
            }
        }
    }
    messages.extend(in_bodies(connection, company, address).await?);
    let many: Vec<i64> = messages.iter().copied().collect();
    for page in many.chunks(1_000) {
        take_out(connection, &page.iter().copied().collect(), true).await?;
    }
    if !many.is_empty() {
        scrub_words(connection).await?;
    }
    Ok(many.len() as u64)
}

/// Finds the messages whose words have an address.
async fn in_bodies(
    connection: &mut AnyConnection,
    company: CompanyId,
    address: &str,
) -> Result<BTreeSet<i64>, StoreError> {
    let Some(query) = WordQuery::phrase(address) else { return Ok(BTreeSet::new()) };
    let rows = sqlx::query("select number from mailboxes where company = $1").bind(company.to_string());
    let mut messages = BTreeSet::new();
    for row in rows.fetch_all(&mut *connection).await? {
        let (low, high) = numbers_of(row.try_get("number")?);
        let (sql, query) = matching(JsonRows::on(connection), &query, 1);
        let found = sqlx::query(AssertSqlSafe(sql)).bind(query).bind(low).bind(high);
        for row in found.fetch_all(&mut *connection).await? {
            messages.insert(row.try_get(0)?);
        }
    }
    Ok(messages)
}

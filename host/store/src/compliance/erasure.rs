//! Erasing a person's data on request: a pseudonym replaces the address, the name and what was written are deleted, and every
//! count stays. An address that must not be written to still is not: the pseudonym recognises it.

use crate::attempts::events::{digest, event};
use crate::attempts::interruption::close_open_attempts;
use crate::compliance::audit::{Action, Note, add, note_mail};
use crate::compliance::personal::{PersonalColumn, REWRITTEN};
use crate::compliance::pseudonym::{replace_addresses, replaced};
use crate::compliance::retention::{drop_contents, empty};
use crate::mailbox::purging;
use crate::schema::dialect::Dialect;
use crate::sql::address_key::address_key;
use crate::sql::row::{self, Time};
use crate::sql::writing::WriteTransaction;
use crate::{CompanyStore, Recipient, Store, StoreError};
use postroom_model::{MailAddress, MailId};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often the log of the file is tried to be overwritten while other programs read.
const TRIES: u32 = 40;

/// The result of erasing a person's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The pseudonym of the address.
    pub pseudonym: String,
    /// Mails that went, or were to go, to the person.
    pub mails: u64,
    /// Those of them that were still to be sent, and are not any more.
    pub cancelled: Vec<String>,
    /// Reasons for which the address is not written to; they hold on.
    pub suppressions: u64,
    /// Messages that were taken out of the index of the mailboxes. They are on the server still, and are not indexed again.
    pub messages: u64,
    /// Where the address still is: settings that a person wrote, and can change.
    pub left: Vec<String>,
}

impl CompanyStore<'_> {
    /// Erases a person's data in every mail of the company, all or nothing. Needs [`Store::lend_pseudonym_key`] before;
    /// [`Store::scrub`] overwrites what a database file contains of deleted rows.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for the address of a user or an account of the company, and without the key;
    /// [`StoreError::Busy`] while a mail to the person is leaving.
    pub async fn erase(&self, address: &MailAddress, now: Time) -> Result<Erased, StoreError> {
        let missing = || StoreError::invalid("erase", "the key for pseudonyms was not read");
        let pseudonym = self.store.pseudonyms.of(self.company, &address.to_string()).ok_or_else(missing)?;
        let own = address_key(&address.to_string());
        let mut transaction = self.store.write().await?;
        if self.store.dialect == Dialect::Postgres {
            // What is sent again meanwhile is found here, or finds its mail emptied.
            let sql = "select 1 from companies where id = $1 for no key update";
            sqlx::query(sql).bind(self.company.to_string()).execute(&mut *transaction).await?;
        }
        self.is_a_strangers(&mut transaction, &own).await?;
        let mails = self.mails_of(&mut transaction, &own).await?;
        let (mut cancelled, mut words) = (Vec::new(), BTreeSet::from([address.to_string(), own.clone()]));
        for (mail, names) in &mails {
            words.extend(names.iter().cloned());
            if cancel(&mut transaction, *mail, now).await? {
                cancelled.push(mail.to_string());
            }
            empty(&mut transaction, *mail, now).await?;
        }
        drop_contents(&mut transaction, self.company).await?;
        let ids: BTreeSet<String> = mails.iter().map(|(mail, _)| mail.to_string()).collect();
        let addresses = [address.to_string(), own.clone()];
        let words: Vec<String> = words.into_iter().collect();
        for column in REWRITTEN {
            self.rewrite(&mut transaction, column, &addresses, &words, &ids, &pseudonym).await?;
        }
        for (mail, _) in &mails {
            forget(&mut transaction, *mail, &own, &pseudonym).await?;
        }
        // From here on nothing that a report says brings the address back.
        sqlx::query("insert into erased (company, pseudonym) values ($1, $2) on conflict (company, pseudonym) do nothing")
            .bind(self.company.to_string())
            .bind(pseudonym.clone())
            .execute(&mut *transaction)
            .await?;
        let is_named = |text: &str| {
            let own = |found: &str| (address_key(found) == own).then(String::new);
            replaced(text, &addresses, "") != text || replace_addresses(text, own) != text
        };
        let messages = purging::erase(&mut transaction, self.company, &own, is_named).await?;
        sqlx::query("delete from partner_addresses where company = $1 and address_key = $2")
            .bind(self.company.to_string())
            .bind(own.clone())
            .execute(&mut *transaction)
            .await?;
        let is_his = |recipient: &str| address_key(recipient) == own;
        crate::erp::notices::erase(&mut transaction, self.company, is_his, &pseudonym).await?;
        let suppressions = sqlx::query(
            "update suppressions set address_key = $1, address = $1, words = null where company = $2 and address_key = $3",
        );
        let suppressions = suppressions
            .bind(pseudonym.clone())
            .bind(self.company.to_string())
            .bind(own.clone())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let left = self.settings_with(&mut transaction, &addresses).await?;
        let detail = match messages {
            0 => format!("{} mails, {} of them cancelled", mails.len(), cancelled.len()),
            _ => format!(
                "{} mails, {} of them cancelled, {messages} messages of mailboxes",
                mails.len(),
                cancelled.len()
            ),
        };
        let note = Note { detail: Some(detail.into()), ..Note::of(Action::Erased, "administrator", now) };
        add(&mut transaction, self.company, None, &note);
        transaction.commit().await?;
        Ok(Erased { pseudonym, mails: mails.len() as u64, cancelled, suppressions, messages, left })
    }

    /// Refuses the address of a user or an account of the company: the program would go on using it.
    async fn is_a_strangers(&self, connection: &mut AnyConnection, own: &str) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "select 'user' as what, login as name, address from users where company = $1 \
             union all select 'account', name, address from accounts where company = $1 and name_key is not null",
        );
        for row in rows.bind(self.company.to_string()).fetch_all(connection).await? {
            if address_key(&row::text(&row, "address")?) == own {
                let (what, name) = (row::text(&row, "what")?, row::text(&row, "name")?);
                let detail =
                    format!("it is the address of the {what} \"{name}\": change or remove that first");
                return Err(StoreError::invalid("address", detail));
            }
        }
        Ok(())
    }

    /// Finds the mails to the address, each with the names that the person has in it.
    async fn mails_of(
        &self,
        connection: &mut AnyConnection,
        own: &str,
    ) -> Result<Vec<(MailId, Vec<String>)>, StoreError> {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let rows = sqlx::query(
                "select id, recipients, rcpt_to from mails where company = $1 and id > $2 order by id limit 1000",
            );
            let rows =
                rows.bind(self.company.to_string()).bind(after.clone()).fetch_all(&mut *connection).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            after = row::text(last, "id")?;
            for row in &rows {
                let recipients: Vec<Recipient> = row::json(row, "recipients")?;
                let envelope: Vec<String> = row::json(row, "rcpt_to")?;
                let his = recipients.iter().filter(|it| address_key(&it.party.address) == own);
                let names: Vec<String> = his.clone().filter_map(|it| it.party.name.clone()).collect();
                if his.count() > 0 || envelope.iter().any(|it| address_key(it) == own) {
                    found.push((row::parsed(row, "id")?, names));
                }
            }
        }
    }

    /// Replaces the address in a column by the pseudonym, and the names where the mail is one of these.
    async fn rewrite(
        &self,
        connection: &mut AnyConnection,
        of: &PersonalColumn,
        addresses: &[String],
        words: &[String],
        mails: &BTreeSet<String>,
        pseudonym: &str,
    ) -> Result<(), StoreError> {
        // Constants of this program alone; what comes from outside is bound.
        let PersonalColumn { table, of_company, mail, id, column, has_names } = of;
        let sql = format!(
            "select distinct {id} as id, {mail} as mail, {column} as found from {table} \
             where {of_company} and {column} is not null"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(self.company.to_string());
        for row in rows.fetch_all(&mut *connection).await? {
            let text = row::text(&row, "found")?;
            let with_names = *has_names && mails.contains(&row::text(&row, "mail")?);
            let new = replaced(&text, if with_names { words } else { addresses }, pseudonym);
            // What servers wrote names addresses in other spellings too.
            let own = |address: &str| addresses.iter().any(|it| address_key(it) == address_key(address));
            let new = replace_addresses(&new, |address| own(address).then(|| pseudonym.to_owned()));
            if new != text {
                let sql = format!(
                    "update {table} set {column} = $2 where {of_company} and {id} = $3 and {column} = $4"
                );
                sqlx::query(AssertSqlSafe(sql))
                    .bind(self.company.to_string())
                    .bind(new)
                    .bind(row::text(&row, "id")?)
                    .bind(text)
                    .execute(&mut *connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// Lists the settings that name the address: a person wrote them, and a person changes them.
    async fn settings_with(
        &self,
        connection: &mut AnyConnection,
        addresses: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "select 'the company''s settings' as place, settings as found from companies where id = $1 \
             union all select 'settings of a user for the account ' || accounts.name, user_settings.settings \
             from user_settings join accounts on accounts.id = user_settings.account where accounts.company = $1 \
             union all select 'texts of the user ' || login, templates from users where company = $1 \
             union all select 'the account ' || name, transport || coalesce(mailbox, '') || send_as || permissions \
             from accounts where company = $1 \
             union all select 'a folder of the account ' || accounts.name, folders.folder \
             from folders join accounts on accounts.id = folders.account where accounts.company = $1 \
             union all select 'a folder in the mailbox of the account ' || accounts.name, \
             mailbox_folders.name || ' ' || coalesce(mailbox_folders.mapped, '') from mailbox_folders \
             join mailboxes on mailboxes.number = mailbox_folders.mailbox \
             join accounts on accounts.id = mailboxes.account where accounts.company = $1 \
             union all select 'where the company''s records are', place from records where company = $1",
        );
        let rows = rows.bind(self.company.to_string()).fetch_all(connection).await?;
        let place = |row: &AnyRow| -> Result<Option<String>, StoreError> {
            let text = row::text(row, "found")?;
            Ok((replaced(&text, addresses, "") != text).then_some(row::text(row, "place")?))
        };
        rows.iter().filter_map(|row| place(row).transpose()).collect()
    }
}

/// Cancels a mail that was still to be sent, and closes the attempt that a former lease owner left open. Returns true if it is
/// certain that the mail had not left.
async fn cancel(transaction: &mut WriteTransaction, mail: MailId, now: Time) -> Result<bool, StoreError> {
    let was_in_doubt =
        "exists (select 1 from attempts where attempts.mail = outbox.mail and result = 'in-doubt')";
    let sql = format!(
        "update outbox set state = 'cancelled', lease_owner = null, cause = 'user', restored = null, \
         reason = 'a recipient''s data were erased' where mail = $1 and (state in ('held', 'in-doubt') \
         or (state = 'ready' and (lease_owner is null or due <= $2))) \
         returning case when {was_in_doubt} then 1 else 0 end as doubtful"
    );
    let done = sqlx::query(AssertSqlSafe(sql)).bind(mail.to_string()).bind(now.timestamp_millis());
    let Some(row) = done.fetch_optional(&mut **transaction).await? else {
        let row = sqlx::query("select state from outbox where mail = $1").bind(mail.to_string());
        return match row::text(&row.fetch_one(&mut **transaction).await?, "state")?.as_str() {
            "ready" => Err(StoreError::Busy(format!(
                "the mail {mail} is leaving at this moment; nothing was erased"
            ))),
            _ => Ok(false),
        };
    };
    let doubtful = !close_open_attempts(transaction, &[mail], now).await?.is_empty();
    let note = Note { detail: Some("erasure".into()), ..Note::of(Action::Cancelled, "administrator", now) };
    note_mail(transaction, mail, &note).await?;
    Ok(!doubtful && row.try_get::<i64, _>("doubtful")? == 0)
}

/// Replaces recipients, envelope and facts in any spelling of the address, and deletes the person's name.
async fn forget(
    connection: &mut AnyConnection,
    mail: MailId,
    own: &str,
    pseudonym: &str,
) -> Result<(), StoreError> {
    let his = |address: &str| address_key(address) == own || address == pseudonym;
    let row = sqlx::query("select recipients, rcpt_to from mails where id = $1").bind(mail.to_string());
    let row = row.fetch_one(&mut *connection).await?;
    let mut recipients: Vec<Recipient> = row::json(&row, "recipients")?;
    for recipient in recipients.iter_mut().filter(|it| his(&it.party.address)) {
        pseudonym.clone_into(&mut recipient.party.address);
        recipient.party.name = None;
    }
    let mut envelope: Vec<String> = row::json(&row, "rcpt_to")?;
    for address in envelope.iter_mut().filter(|it| his(it)) {
        pseudonym.clone_into(address);
    }
    sqlx::query("update mails set recipients = $1, rcpt_to = $2 where id = $3")
        .bind(row::to_json(&recipients)?)
        .bind(row::to_json(&envelope)?)
        .bind(mail.to_string())
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query("select * from events where mail = $1 order by id");
    for row in rows.bind(mail.to_string()).fetch_all(&mut *connection).await? {
        let mut event = event(&row)?;
        if event.recipient.as_deref().is_some_and(his) {
            event.recipient = Some(pseudonym.to_owned());
        }
        // A fact is known by its digest, which must not be one of the address; of two that were told apart by it alone one
        // remains.
        let (id, digest) = (row::text(&row, "id")?, digest(&event));
        let twice = sqlx::query("select 1 from events where mail = $1 and digest = $2 and id <> $3");
        let twice = twice.bind(mail.to_string()).bind(digest.clone()).bind(id.clone());
        let twice = twice.fetch_optional(&mut *connection).await?.is_some();
        let statement = match twice {
            true => sqlx::query("delete from events where id = $1").bind(id),
            false => sqlx::query("update events set recipient = $1, digest = $2 where id = $3")
                .bind(event.recipient)
                .bind(digest)
                .bind(id),
        };
        statement.execute(&mut *connection).await?;
    }
    Ok(())
}

impl Store {
    /// Overwrites what a database file contains of deleted rows, and its log. Returns false if other programs read all the
    /// time, and the log still has them; a later call does it. PostgreSQL does so by itself, in its own time.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]: the file is written anew, and needs as much room again.
    pub async fn scrub(&self) -> Result<bool, StoreError> {
        if self.dialect == Dialect::Postgres {
            return Ok(true);
        }
        let mut connection = self.pool.acquire().await?;
        sqlx::query("pragma secure_delete = on").execute(&mut *connection).await?;
        sqlx::query("vacuum").execute(&mut *connection).await?;
        for _ in 0..TRIES {
            let row = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await?;
            if row.try_get::<i64, _>(0)? == 0 {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Ok(false)
    }
}

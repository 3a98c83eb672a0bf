//! What the rules of conversations and links ask the index.

use crate::mailbox::inserting::clue_digest;
use crate::mailbox::linked::{documents, partners};
use crate::mailbox::types::{Clue, Direction, KnownMessage, OwnMail};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{DocumentRef, StoreError, SystemStore};
use postroom_model::{AccountId, CompanyId, ConversationId, IndexedMessageId};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Most messages of an answer.
const RELATED: i64 = 500;

impl SystemStore {
    /// Finds the messages of a mailbox that have one of these clues, newest first, at most 500.
    pub async fn related(&self, account: AccountId, clues: &[Clue]) -> Result<Vec<KnownMessage>, StoreError> {
        let by_digest: BTreeMap<i64, &Clue> = clues.iter().map(|clue| (clue_digest(clue), clue)).collect();
        if by_digest.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select mailbox_messages.*, mailbox_clues.clue from mailbox_clues \
             join mailbox_messages on mailbox_messages.number = mailbox_clues.message \
             where mailbox_clues.mailbox = (select number from mailboxes where account = $2) \
             and mailbox_clues.clue in (select {} from {}) \
             order by mailbox_messages.date desc, mailbox_messages.number desc limit $3",
            each.number("id"),
            each.row(),
        );
        let found =
            rows::bulk_query(sql, &rows::ids(by_digest.keys()))?.bind(account.to_string()).bind(RELATED);
        let found = found.fetch_all(&mut *connection).await?;
        let mut messages: Vec<KnownMessage> = Vec::new();
        let mut at: BTreeMap<i64, usize> = BTreeMap::new();
        for row in &found {
            let (number, clue): (i64, i64) = (row.try_get("number")?, row.try_get("clue")?);
            let index = match at.get(&number) {
                Some(index) => *index,
                None => {
                    messages.push(known_message(row)?);
                    *at.entry(number).or_insert(messages.len() - 1)
                }
            };
            if let (Some(message), Some(clue)) = (messages.get_mut(index), by_digest.get(&clue)) {
                message.clues.push((*clue).clone());
            }
        }
        let numbers: Vec<i64> = at.into_keys().collect();
        let mut partners = partners(&mut connection, &numbers).await?;
        let mut documents = documents(&mut connection, &numbers).await?;
        for message in &mut messages {
            message.partners = partners.remove(&message.id.number()).unwrap_or_default();
            message.documents = documents.remove(&message.id.number()).unwrap_or_default();
        }
        Ok(messages)
    }

    /// Finds a company's mails by their Message-IDs, also by those that a provider gave them. Several mails may have one.
    pub async fn mail_of_message_id(
        &self,
        company: CompanyId,
        ids: &[String],
    ) -> Result<BTreeMap<String, Vec<OwnMail>>, StoreError> {
        let wanted: BTreeSet<String> = ids.iter().map(|id| row::without_zeros(id)).collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let (text, list) = (each.text("id"), each.row());
        let sql = format!(
            "select mails.id, mails.account, mails.message_id as wanted, document_kind, document_number, partner from mails \
             where company = $2 and message_id in (select {text} from {list}) \
             union select mails.id, mails.account, provider_message_ids.message_id, document_kind, document_number, partner \
             from mails join provider_message_ids on provider_message_ids.mail = mails.id \
             where company = $2 and provider_message_ids.message_id in (select {text} from {list}) order by 1",
        );
        let found = rows::bulk_query(sql, &rows::ids(&wanted))?.bind(company.to_string());
        let mut mails: BTreeMap<String, Vec<OwnMail>> = BTreeMap::new();
        for row in found.fetch_all(&mut *connection).await? {
            let message_id = row::text(&row, "wanted")?;
            let mail = OwnMail {
                mail: row::parsed(&row, "id")?,
                account: row::parsed(&row, "account")?,
                message_id: message_id.clone(),
                document: DocumentRef::from_row(&row)?,
            };
            mails.entry(message_id).or_default().push(mail);
        }
        Ok(mails)
    }
}

/// Reads the direction of a message.
pub(crate) fn direction(row: &AnyRow) -> Result<Direction, StoreError> {
    match row::text(row, "direction")?.as_str() {
        "incoming" => Ok(Direction::Incoming),
        "outgoing" => Ok(Direction::Outgoing),
        other => Err(StoreError::Damaged(format!("a message's direction: {other}"))),
    }
}

fn known_message(row: &AnyRow) -> Result<KnownMessage, StoreError> {
    let subject = row::text(row, "subject")?;
    Ok(KnownMessage {
        id: IndexedMessageId::from_number(row.try_get("number")?),
        conversation: ConversationId::from_number(row.try_get("conversation")?),
        message_id: row::text(row, "message_id")?,
        base_subject: row::optional_text(row, "base_subject")?.unwrap_or_else(|| subject.clone()),
        subject,
        people: row::json(row, "people")?,
        date: row::from_millis(row.try_get("date")?),
        direction: direction(row)?,
        thread_index: row::optional_text(row, "thread_index")?,
        gmail_thread: row::optional_text(row, "gmail_thread")?.and_then(|text| text.parse().ok()),
        by_hand: row::flag(row, "by_hand")?,
        partners: Vec::new(),
        documents: Vec::new(),
        mail: row::optional(row, "mail")?,
        clues: Vec::new(),
    })
}

//! What the rules of conversations and links ask the index.

use crate::mailbox::inserting::clue_digest;
use crate::mailbox::linked::{documents, partners};
use crate::mailbox::people::people_of;
use crate::mailbox::types::{Clue, Direction, KnownMessage, OwnMail};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{DocumentRef, StoreError, SystemStore};
use postroom_model::{AccountId, CompanyId, ConversationId, IndexedMessageId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of clues that many strangers' messages share: it alone proves nothing.
const WEAK: &str = "subject";

/// How many of the messages with one clue, and how many messages for all clues, are found.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    per_clue: i64,
    overall: i64,
}

/// For Message-IDs and the like. Each clue has its own share, so that none takes another one's parents and children away.
const STRONG_BOUNDS: Bounds = Bounds { per_clue: 50, overall: 5_000 };
/// For subjects.
const WEAK_BOUNDS: Bounds = Bounds { per_clue: 20, overall: 1_000 };

impl SystemStore {
    /// Finds the messages of a mailbox that have one of these clues, newest first. Of each clue's messages these are the newest
    /// 50, or 20 of a subject's, and those that a person put into their conversation; in all at most 5,000, and 1,000 by subject.
    pub async fn related(&self, account: AccountId, clues: &[Clue]) -> Result<Vec<KnownMessage>, StoreError> {
        let by_digest: BTreeMap<i64, &Clue> = clues.iter().map(|clue| (clue_digest(clue), clue)).collect();
        let (weak, strong): (Vec<i64>, Vec<i64>) =
            by_digest.keys().partition(|digest| by_digest.get(digest).is_some_and(|clue| clue.kind == WEAK));
        let mut connection = self.pool.acquire().await?;
        let mut clues_of = messages_with(&mut connection, account, &strong, STRONG_BOUNDS).await?;
        for (message, clues) in messages_with(&mut connection, account, &weak, WEAK_BOUNDS).await? {
            clues_of.entry(message).or_default().extend(clues);
        }
        let numbers: Vec<i64> = clues_of.keys().copied().collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select * from mailbox_messages where number in (select {} from {}) order by date desc, number desc",
            each.number("id"),
            each.row(),
        );
        let found = rows::bulk_query(sql, &rows::ids(&numbers))?.fetch_all(&mut *connection).await?;
        let mut messages = found.iter().map(known_message).collect::<Result<Vec<_>, _>>()?;
        let mut partners = partners(&mut connection, &numbers).await?;
        let mut documents = documents(&mut connection, &numbers).await?;
        for message in &mut messages {
            let number = message.id.number();
            let clues = clues_of.remove(&number).unwrap_or_default();
            message.clues =
                clues.iter().filter_map(|clue| by_digest.get(clue)).map(|clue| (*clue).clone()).collect();
            message.partners = partners.remove(&number).unwrap_or_default();
            message.documents = documents.remove(&number).unwrap_or_default();
        }
        Ok(messages)
    }

    /// Finds the mails that left by an account by their Message-IDs, also by those that a provider gave them. Several mails may
    /// have one.
    pub async fn mail_of_message_id(
        &self,
        company: CompanyId,
        account: AccountId,
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
             where company = $2 and mails.account = $3 and message_id in (select {text} from {list}) \
             union select mails.id, mails.account, provider_message_ids.message_id, document_kind, document_number, partner \
             from mails join provider_message_ids on provider_message_ids.mail = mails.id \
             where company = $2 and mails.account = $3 and provider_message_ids.message_id in (select {text} from {list}) order by 1",
        );
        let found =
            rows::bulk_query(sql, &rows::ids(&wanted))?.bind(company.to_string()).bind(account.to_string());
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

/// Finds which messages of a mailbox have which of these clues. What a person decided about comes first, and is bounded only by
/// the bound of all; then each clue's newest, in turn.
async fn messages_with(
    connection: &mut AnyConnection,
    account: AccountId,
    clues: &[i64],
    bounds: Bounds,
) -> Result<BTreeMap<i64, BTreeSet<i64>>, StoreError> {
    if clues.is_empty() {
        return Ok(BTreeMap::new());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "select number, clue from (select m.number, m.date, m.by_hand, mailbox_clues.clue, row_number() over \
         (partition by mailbox_clues.clue order by m.by_hand desc, m.date desc, m.number desc) as place \
         from mailbox_clues join mailbox_messages as m on m.number = mailbox_clues.message \
         where mailbox_clues.mailbox = (select number from mailboxes where account = $2) \
         and mailbox_clues.clue in (select {} from {})) as ranked where place <= $3 or by_hand = 1 \
         order by by_hand desc, place, date desc, number desc limit $4",
        each.number("id"),
        each.row(),
    );
    let found = rows::bulk_query(sql, &rows::ids(clues))?
        .bind(account.to_string())
        .bind(bounds.per_clue)
        .bind(bounds.overall);
    let mut clues_of: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for row in found.fetch_all(connection).await? {
        clues_of.entry(row.try_get("number")?).or_default().insert(row.try_get("clue")?);
    }
    Ok(clues_of)
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
        people: people_of(row)?,
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

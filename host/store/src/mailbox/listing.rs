//! Lists of conversations. Each mailbox is read by itself in the order of its index, and the lists are merged: the first page of
//! a large mailbox costs as much as that of a small one.

use crate::mailbox::access::{ReachableMailbox, mailboxes};
use crate::mailbox::conditions::{Conditions, UNREAD};
use crate::mailbox::linked::{documents, partners};
use crate::mailbox::types::{DocumentLink, Person};
use crate::mailbox::views::{ConversationFilter, ConversationRow};
use crate::mailbox::words::WordQuery;
use crate::sql::address_key::address_key;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::scope::Scope;
use crate::{CompanyStore, Store, StoreError, UserStore};
use chrono::Local;
use postroom_model::{AccountId, ConversationId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Most conversations of a page.
const PAGE: u32 = 500;
/// Messages of a page whose people, partners and documents are read, the newest of them.
const MESSAGES: i64 = 5_000;
/// Most people, partners and documents of a conversation in a list.
const SHOWN: usize = 50;

impl UserStore<'_> {
    /// Lists conversations of the accounts that the user may use, newest first.
    pub async fn conversations(
        &self,
        filter: &ConversationFilter,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        self.store.conversations(self.scope(), filter).await
    }
}

impl CompanyStore<'_> {
    /// Lists conversations of the company, newest first.
    pub async fn conversations(
        &self,
        filter: &ConversationFilter,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        self.store.conversations(self.scope(), filter).await
    }
}

impl Store {
    async fn conversations(
        &self,
        scope: Scope,
        filter: &ConversationFilter,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let words = match filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => None,
            // A text without a word is in no message.
            Some(text) => match WordQuery::parse(text) {
                Some(words) => Some(words),
                None => return Ok(Vec::new()),
            },
        };
        let mut connection = self.pool.acquire().await?;
        let limit = filter.limit.min(PAGE);
        let mut rows = Vec::new();
        for mailbox in mailboxes(&mut connection, scope, &filter.accounts).await? {
            let each = JsonRows::on(&connection);
            let conditions = conditions(scope, filter, words.as_ref(), each, mailbox);
            let order = format!("order by c.latest desc, c.number desc limit {limit}");
            let found = conditions.query("select c.* from conversations as c", &order);
            for row in found.fetch_all(&mut *connection).await? {
                rows.push(conversation_row(&row, mailbox.account)?);
            }
        }
        rows.sort_by_key(|row| Reverse((row.latest, row.id)));
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        fill(&mut connection, scope, &mut rows).await?;
        Ok(rows)
    }
}

fn conditions(
    scope: Scope,
    filter: &ConversationFilter,
    words: Option<&WordQuery>,
    each: JsonRows,
    mailbox: ReachableMailbox,
) -> Conditions {
    let mut conditions = Conditions::on_conversations(scope, "c", mailbox);
    if filter.open_only {
        conditions.and("c.is_done = 0");
    }
    if let Some(user) = filter.assignee {
        let user = conditions.text(&user.to_string());
        conditions.and(&format!("c.assignee = {user}"));
    }
    for (time, order) in [(filter.since, ">="), (filter.before, "<")] {
        if let Some(time) = time {
            let time = conditions.number(time.timestamp_millis());
            conditions.and(&format!("c.latest {order} {time}"));
        }
    }
    if let Some((latest, id)) = filter.after {
        let (latest, id) = (conditions.number(latest.timestamp_millis()), conditions.number(id.number()));
        conditions.and(&format!("(c.latest, c.number) < ({latest}, {id})"));
    }
    // What is rare is looked up first; what is frequent is tried conversation by conversation, in their order.
    if let Some(partner) = &filter.partner {
        among(&mut conditions, |it| it.with_partner(partner, mailbox));
    }
    if let Some(address) = &filter.address {
        among(&mut conditions, |it| it.with_address(address, mailbox));
    }
    if let Some(words) = words {
        among(&mut conditions, |it| it.with_words(each, words, mailbox));
    }
    if filter.bookmarked {
        among(&mut conditions, Conditions::with_bookmark);
    }
    if filter.unread {
        some(&mut conditions, |it| it.and(UNREAD));
    }
    if let Some(folder) = filter.folder {
        some(&mut conditions, |it| it.with_folder(folder.number()));
    }
    if filter.known_partners_only {
        some(&mut conditions, Conditions::with_any_partner);
    }
    conditions
}

/// Adds that conversations `c` are among those that have such a message.
fn among(conditions: &mut Conditions, add: impl FnOnce(&mut Conditions)) {
    let messages = conditions.within(add);
    conditions
        .and(&format!("c.number in (select m.conversation from mailbox_messages as m where {messages})"));
}

/// Adds that conversations `c` have such a message.
fn some(conditions: &mut Conditions, add: impl FnOnce(&mut Conditions)) {
    let messages = conditions.within(add);
    conditions.and(&format!(
        "exists (select 1 from mailbox_messages as m where m.conversation = c.number and {messages})"
    ));
}

/// Reads a row of `conversations`; what its messages say is still missing.
pub(crate) fn conversation_row(row: &AnyRow, account: AccountId) -> Result<ConversationRow, StoreError> {
    let until = row::from_millis(row.try_get("answering_until")?);
    let answering = row::optional(row, "answering")?.filter(|_| until > Local::now());
    Ok(ConversationRow {
        id: ConversationId::from_number(row.try_get("number")?),
        account,
        subject: String::new(),
        latest: row::from_millis(row.try_get("latest")?),
        messages: 0,
        unread: 0,
        people: Vec::new(),
        partners: Vec::new(),
        documents: Vec::new(),
        is_done: row::flag(row, "is_done")?,
        assignee: row::optional(row, "assignee")?,
        is_private: row::flag(row, "is_private")?,
        answering: answering.map(|user| (user, until)),
        notes: 0,
    })
}

/// Adds what the messages of conversations say, of those that the person may see.
pub(crate) async fn fill(
    connection: &mut AnyConnection,
    scope: Scope,
    conversations: &mut [ConversationRow],
) -> Result<(), StoreError> {
    if conversations.is_empty() {
        return Ok(());
    }
    let ids = rows::ids(conversations.iter().map(|row| row.id));
    let mut by_id: BTreeMap<i64, &mut ConversationRow> =
        conversations.iter_mut().map(|row| (row.id.number(), row)).collect();
    let each = JsonRows::on(connection);
    let among = format!("(select {} from {})", each.number("id"), each.row());
    let within = scope.on_messages("m", 2);
    let sql = format!(
        "select m.conversation, count(*) as messages, count(case when {UNREAD} then 1 end) as unread, \
         (select count(*) from conversation_notes where conversation_notes.conversation = m.conversation) as notes \
         from mailbox_messages as m where m.conversation in {among} and {within} group by m.conversation"
    );
    for row in rows::bulk_query(sql, &ids)?.bind(scope.owner()).fetch_all(&mut *connection).await? {
        if let Some(of) = by_id.get_mut(&row.try_get("conversation")?) {
            of.messages = row::count(&row, "messages")?;
            of.unread = row::count(&row, "unread")?;
            of.notes = row::count(&row, "notes")?;
        }
    }
    let sql = format!(
        "select m.number, m.conversation, coalesce(nullif(m.base_subject, ''), m.subject) as subject, m.people \
         from mailbox_messages as m \
         where m.conversation in {among} and {within} order by m.date desc, m.number desc limit $3"
    );
    let messages = rows::bulk_query(sql, &ids)?.bind(scope.owner()).bind(MESSAGES);
    let messages = messages.fetch_all(&mut *connection).await?;
    let numbers = messages.iter().map(|row| row.try_get("number")).collect::<Result<Vec<i64>, _>>()?;
    let mut partners = partners(connection, &numbers).await?;
    let mut documents = documents(connection, &numbers).await?;
    let mut known: BTreeSet<(i64, String)> = BTreeSet::new();
    // The oldest first: whose conversation it is shows at its beginning.
    for row in messages.iter().rev() {
        let (number, conversation): (i64, i64) = (row.try_get("number")?, row.try_get("conversation")?);
        let Some(of) = by_id.get_mut(&conversation) else { continue };
        if of.subject.is_empty() {
            of.subject = row::text(row, "subject")?;
        }
        let people: Vec<Person> = row::json(row, "people")?;
        for person in people {
            if of.people.len() < SHOWN && known.insert((conversation, address_key(&person.address))) {
                of.people.push(person);
            }
        }
        add_new(&mut of.partners, partners.remove(&number).unwrap_or_default(), |one, other| one == other);
        let is_same = |one: &DocumentLink, other: &DocumentLink| {
            (&one.kind, &one.number) == (&other.kind, &other.number)
        };
        add_new(&mut of.documents, documents.remove(&number).unwrap_or_default(), is_same);
    }
    Ok(())
}

fn add_new<T>(to: &mut Vec<T>, new: Vec<T>, is_same: impl Fn(&T, &T) -> bool) {
    for new in new {
        if to.len() < SHOWN && !to.iter().any(|known| is_same(known, &new)) {
            to.push(new);
        }
    }
}

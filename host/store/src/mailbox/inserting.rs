//! The rows of messages that enter the index, each table by one statement.

use crate::StoreError;
use crate::mailbox::entering::{Entering, date_of};
use crate::mailbox::full_text::{MessageWords, insert_words};
use crate::mailbox::lease::HeldMailbox;
use crate::mailbox::types::{Clue, MessageFile, Person};
use crate::sql::digest::{address_digest, digest};
use crate::sql::row::{self, bounded, without_zeros};
use crate::sql::rows::{self, JsonRows};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Most people, files, clues, partners and documents of a message: a stranger writes them.
const MANY: usize = 500;

/// Inserts messages with all that is known of them.
pub(crate) async fn insert_messages(
    connection: &mut AnyConnection,
    mailbox: &HeldMailbox,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    if entering.is_empty() {
        return Ok(());
    }
    insert_rows(connection, mailbox, entering).await?;
    insert_keys(connection, mailbox.number, "mailbox_clues", "clue", &clues(entering)).await?;
    insert_keys(connection, mailbox.number, "mailbox_people", "address", &addresses(entering)).await?;
    insert_partners(connection, entering).await?;
    insert_documents(connection, entering).await?;
    insert_proposals(connection, mailbox.number, entering).await?;
    let words: Vec<MessageWords> =
        entering.iter().map(|it| message_words(it, mailbox.index_bodies)).collect();
    insert_words(connection, &words).await
}

/// Computes the digest of a clue.
pub(crate) fn clue_digest(clue: &Clue) -> i64 {
    digest(&["clue", &clue.kind, &clue.value])
}

#[derive(Serialize)]
struct MessageRow {
    number: i64,
    conversation: i64,
    identity: String,
    message_id: String,
    subject: String,
    base_subject: Option<String>,
    people: String,
    date: i64,
    received: i64,
    size: i64,
    direction: &'static str,
    kind: Option<String>,
    is_quiet: u8,
    files: Option<String>,
    thread_index: Option<String>,
    gmail_thread: Option<String>,
    reason: Option<String>,
    is_sure: u8,
    mail: Option<String>,
    has_body: u8,
}

/// Returns the first of a message's people, without zeros.
fn people(people: &[Person]) -> Vec<Person> {
    let clean = |person: &Person| Person {
        role: person.role,
        name: person.name.as_deref().map(bounded),
        address: bounded(&person.address),
    };
    people.iter().take(MANY).map(clean).collect()
}

impl MessageRow {
    fn of(entering: &Entering<'_>, index_bodies: bool) -> Result<Self, StoreError> {
        let message = entering.message;
        let clean = |file: &MessageFile| MessageFile {
            name: bounded(&file.name),
            media_type: bounded(&file.media_type),
            size: file.size,
            section: bounded(&file.section),
        };
        let files: Vec<MessageFile> = message.files.iter().take(MANY).map(clean).collect();
        let files = if files.is_empty() { None } else { Some(row::to_json(&files)?) };
        Ok(Self {
            number: entering.number,
            conversation: entering.conversation,
            identity: HEXLOWER.encode(&entering.identity),
            message_id: bounded(&message.message_id),
            subject: bounded(&message.subject),
            base_subject: (message.base_subject != message.subject).then(|| bounded(&message.base_subject)),
            people: row::to_json(&people(&message.people))?,
            date: date_of(message).timestamp_millis(),
            received: message.received.timestamp_millis(),
            size: row::whole(message.size),
            direction: message.direction.as_str(),
            kind: message.kind.as_deref().map(without_zeros),
            is_quiet: message.is_quiet.into(),
            files,
            thread_index: message.thread_index.as_deref().map(bounded),
            gmail_thread: message.gmail_thread.map(|it| it.to_string()),
            reason: message.reason.as_deref().map(bounded),
            is_sure: message.is_sure.into(),
            mail: message.mail.map(|it| it.to_string()),
            has_body: (index_bodies && message.body_text.is_some()).into(),
        })
    }
}

async fn insert_rows(
    connection: &mut AnyConnection,
    mailbox: &HeldMailbox,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    let rows = entering.iter().map(|it| MessageRow::of(it, mailbox.index_bodies));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let each = JsonRows::on(connection);
    let (text, number) = (|field| each.text(field), |field| each.number(field));
    // The mail may be gone, or be another company's: then the message is linked to none.
    let sql = format!(
        "insert into mailbox_messages (number, mailbox, conversation, identity, message_id, subject, base_subject, people, \
         date, received, size, direction, kind, is_quiet, files, thread_index, gmail_thread, reason, is_sure, mail, \
         has_body, unplaced) \
         select {}, $2, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         (select mails.id from mails where mails.id = {} and mails.company = $3), {}, null from {}",
        number("number"),
        number("conversation"),
        each.bytes("identity"),
        text("message_id"),
        text("subject"),
        text("base_subject"),
        text("people"),
        number("date"),
        number("received"),
        number("size"),
        text("direction"),
        text("kind"),
        number("is_quiet"),
        text("files"),
        text("thread_index"),
        text("gmail_thread"),
        text("reason"),
        number("is_sure"),
        text("mail"),
        number("has_body"),
        each.row(),
    );
    let insert = rows::bulk_query(sql, &rows)?.bind(mailbox.number).bind(mailbox.company.to_string());
    insert.execute(connection).await?;
    Ok(())
}

fn message_words(entering: &Entering<'_>, index_bodies: bool) -> MessageWords {
    let message = entering.message;
    let people = people(&message.people);
    let files: Vec<&str> = message.files.iter().take(MANY).map(|it| it.name.as_str()).collect();
    let numbers: Vec<&str> = message.documents.iter().take(MANY).map(|it| it.number.as_str()).collect();
    let body = message.body_text.as_deref().filter(|_| index_bodies);
    MessageWords::of(entering.number, &message.subject, &people, &files, &numbers, body)
}

#[derive(Serialize)]
struct KeyRow {
    key: i64,
    message: i64,
}

fn clues(entering: &[Entering<'_>]) -> BTreeSet<(i64, i64)> {
    let of = |it: &Entering<'_>| -> Vec<(i64, i64)> {
        it.message.clues.iter().take(MANY).map(|clue| (clue_digest(clue), it.number)).collect()
    };
    entering.iter().flat_map(of).collect()
}

fn addresses(entering: &[Entering<'_>]) -> BTreeSet<(i64, i64)> {
    let of = |it: &Entering<'_>| -> Vec<(i64, i64)> {
        let people = it.message.people.iter().take(MANY);
        people.map(|person| (address_digest(&person.address), it.number)).collect()
    };
    entering.iter().flat_map(of).collect()
}

/// Inserts keys of messages. Table and column are constants of this program.
async fn insert_keys(
    connection: &mut AnyConnection,
    mailbox: i64,
    table: &str,
    column: &str,
    keys: &BTreeSet<(i64, i64)>,
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into {table} (mailbox, {column}, message) select $2, {}, {} from {} where true on conflict do nothing",
        each.number("key"),
        each.number("message"),
        each.row(),
    );
    let rows: Vec<KeyRow> =
        keys.iter().map(|(key, message)| KeyRow { key: *key, message: *message }).collect();
    rows::bulk_query(sql, &rows)?.bind(mailbox).execute(connection).await?;
    Ok(())
}

async fn insert_partners(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    struct PartnerRow {
        message: i64,
        partner: String,
    }
    let of = |it: &Entering<'_>| -> Vec<PartnerRow> {
        let partners = it.message.partners.iter().take(MANY).filter(|partner| !partner.is_empty());
        partners.map(|partner| PartnerRow { message: it.number, partner: bounded(partner) }).collect()
    };
    let rows: Vec<PartnerRow> = entering.iter().flat_map(of).collect::<BTreeSet<_>>().into_iter().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into mailbox_partners (partner, message) select {}, {} from {}",
        each.text("partner"),
        each.number("message"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}

async fn insert_documents(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct DocumentRow {
        message: i64,
        kind: String,
        number: String,
        partner: Option<String>,
        reason: String,
        is_sure: u8,
    }
    let mut rows = BTreeMap::new();
    for it in entering {
        for document in it.message.documents.iter().take(MANY) {
            let (kind, number) = (bounded(&document.kind), bounded(&document.number));
            let row = DocumentRow {
                message: it.number,
                kind: kind.clone(),
                number: number.clone(),
                partner: document.partner.as_deref().map(bounded),
                reason: bounded(&document.reason),
                is_sure: document.is_sure.into(),
            };
            rows.entry((it.number, kind, number)).or_insert(row);
        }
    }
    let rows: Vec<DocumentRow> = rows.into_values().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into mailbox_documents (message, document_kind, document_number, partner, reason, is_sure) \
         select {}, {}, {}, {}, {}, {} from {}",
        each.number("message"),
        each.text("kind"),
        each.text("number"),
        each.text("partner"),
        each.text("reason"),
        each.number("is_sure"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}

/// Inserts proposals. One of a conversation that is gone by now is left out.
async fn insert_proposals(
    connection: &mut AnyConnection,
    mailbox: i64,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct ProposalRow {
        message: i64,
        conversation: i64,
        reason: String,
    }
    let mut rows = BTreeMap::new();
    for it in entering {
        for proposal in it.message.proposals.iter().take(MANY) {
            let conversation = proposal.conversation.number();
            let row = ProposalRow { message: it.number, conversation, reason: bounded(&proposal.reason) };
            if conversation != it.conversation {
                rows.entry((it.number, conversation)).or_insert(row);
            }
        }
    }
    let rows: Vec<ProposalRow> = rows.into_values().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into conversation_proposals (message, conversation, reason) select {}, conversations.number, {} from {} \
         join conversations on conversations.number = {} where conversations.mailbox = $2",
        each.number("message"),
        each.text("reason"),
        each.row(),
        each.number("conversation"),
    );
    rows::bulk_query(sql, &rows)?.bind(mailbox).execute(connection).await?;
    Ok(())
}

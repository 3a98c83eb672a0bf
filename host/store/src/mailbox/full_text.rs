//! The full text of messages in both databases: written with the message, deleted with it by the database.

use crate::StoreError;
use crate::mailbox::types::Person;
use crate::mailbox::words::{WordQuery, joined, vector};
use crate::sql::rows::{self, JsonRows};
use serde::Serialize;
use sqlx::AnyConnection;

/// The words of a message.
#[derive(Debug)]
pub(crate) struct MessageWords {
    number: i64,
    subject: String,
    people: String,
    files: String,
    numbers: String,
    body: String,
}

impl MessageWords {
    pub(crate) fn of(
        number: i64,
        subject: &str,
        people: &[Person],
        files: &[&str],
        numbers: &[&str],
        body: Option<&str>,
    ) -> Self {
        // One who is in two fields is one.
        let mut named: Vec<String> = Vec::with_capacity(people.len());
        for person in people {
            let text = format!("{} {}", person.name.as_deref().unwrap_or_default(), person.address);
            if !named.contains(&text) {
                named.push(text);
            }
        }
        Self {
            number,
            subject: subject.to_owned(),
            people: named.join("\n"),
            files: files.join("\n"),
            numbers: numbers.join("\n"),
            body: body.unwrap_or_default().to_owned(),
        }
    }

    /// Returns the parts in the order in which they are indexed.
    fn parts(&self) -> [&str; 5] {
        [&self.subject, &self.people, &self.files, &self.numbers, &self.body].map(String::as_str)
    }
}

/// Inserts the words of messages that have none.
pub(crate) async fn insert_words(
    connection: &mut AnyConnection,
    words: &[MessageWords],
) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    if each.has_one_writer() {
        #[derive(Serialize)]
        struct Columns {
            number: i64,
            subject: String,
            people: String,
            files: String,
            numbers: String,
            body: String,
        }
        let row = |it: &MessageWords| {
            let [subject, people, files, numbers, body] = joined(it.parts());
            Columns { number: it.number, subject, people, files, numbers, body }
        };
        let sql = format!(
            "insert into mailbox_words (rowid, subject, people, files, numbers, body) select {}, {}, {}, {}, {}, {} from {}",
            each.number("number"),
            each.text("subject"),
            each.text("people"),
            each.text("files"),
            each.text("numbers"),
            each.text("body"),
            each.row(),
        );
        let rows: Vec<Columns> = words.iter().map(row).collect();
        rows::bulk_query(sql, &rows)?.execute(connection).await?;
    } else {
        #[derive(Serialize)]
        struct Vector {
            number: i64,
            words: String,
        }
        let row = |it: &MessageWords| Vector { number: it.number, words: vector(it.parts()) };
        let sql = format!(
            "insert into mailbox_words (message, words) select {}, cast({} as tsvector) from {}",
            each.number("number"),
            each.text("words"),
            each.row(),
        );
        let rows: Vec<Vector> = words.iter().map(row).collect();
        rows::bulk_query(sql, &rows)?.execute(connection).await?;
    }
    Ok(())
}

/// Replaces the words of messages.
pub(crate) async fn replace_words(
    connection: &mut AnyConnection,
    words: &[MessageWords],
) -> Result<(), StoreError> {
    let each = JsonRows::on(connection);
    let column = if each.has_one_writer() { "rowid" } else { "message" };
    let sql = format!(
        "delete from mailbox_words where {column} in (select {} from {})",
        each.number("id"),
        each.row(),
    );
    let numbers = rows::ids(words.iter().map(|it| it.number));
    rows::bulk_query(sql, &numbers)?.execute(&mut *connection).await?;
    insert_words(connection, words).await
}

/// Rewrites SQLite's index, which else has the words of deleted messages until it merges its parts. PostgreSQL does so by
/// itself, in its own time.
pub(crate) async fn scrub_words(connection: &mut AnyConnection) -> Result<(), StoreError> {
    if JsonRows::on(connection).has_one_writer() {
        let merge = "insert into mailbox_words (mailbox_words) values ('optimize')";
        sqlx::query(merge).execute(connection).await?;
    }
    Ok(())
}

/// Returns the statement's part that reads the numbers of a mailbox's messages which a query finds, and the query as it is
/// bound. Parameters: the query, the first and the last number of the mailbox.
pub(crate) fn matching(each: JsonRows, query: &WordQuery, first_parameter: u8) -> (String, String) {
    let (text, low, high) = (first_parameter, first_parameter + 1, first_parameter + 2);
    if each.has_one_writer() {
        let sql = format!(
            "select rowid from mailbox_words where mailbox_words match ${text} and rowid between ${low} and ${high}"
        );
        (sql, query.for_sqlite())
    } else {
        let sql = format!(
            "select message from mailbox_words where words @@ cast(${text} as tsquery) and message between ${low} and ${high}"
        );
        (sql, query.for_postgres())
    }
}

/// Returns the first and the last number that messages of a mailbox may have.
pub(crate) fn numbers_of(mailbox: i64) -> (i64, i64) {
    (mailbox << 32, (mailbox << 32) | i64::from(u32::MAX))
}

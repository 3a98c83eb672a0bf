//! Many rows by one statement. The rows are one parameter, a list in JSON that the database takes apart: the statement's text
//! is the same for one row and for two hundred, and is prepared once.

use crate::StoreError;
use crate::sql::row;
use postroom_model::MailId;
use serde::Serialize;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The syntax by which this database takes a list in JSON apart. In a statement a row is `e`, and `$1` the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonRows {
    postgres: bool,
}

impl JsonRows {
    pub(crate) fn on(connection: &AnyConnection) -> Self {
        Self { postgres: connection.backend_name() == "PostgreSQL" }
    }

    /// Returns true if no other connection changes the database while this transaction writes.
    pub(crate) fn has_one_writer(self) -> bool {
        !self.postgres
    }

    /// Returns the text after `from` for the list `$1`.
    pub(crate) fn row(self) -> String {
        self.row_of("$1")
    }

    /// Returns the text after `from` for a list that is another parameter.
    pub(crate) fn row_of(self, parameter: &str) -> String {
        match self.postgres {
            true => format!("jsonb_array_elements(cast({parameter} as jsonb)) as e(value)"),
            // Each row as binary: every field of it would else parse its text again.
            false => format!("jsonb_each({parameter}) as e"),
        }
    }

    /// Returns the expression of a text field.
    pub(crate) fn text(self, field: &str) -> String {
        format!("(e.value ->> '{field}')")
    }

    /// Returns the expression of a whole number.
    pub(crate) fn number(self, field: &str) -> String {
        format!("cast(e.value ->> '{field}' as bigint)")
    }

    /// Returns the expression of a part of a parameter with bytes, whose beginning (counted from 1) and length are fields.
    pub(crate) fn part(self, parameter: &str, at: &str, length: &str) -> String {
        let integer = |field| format!("cast(e.value ->> '{field}' as integer)");
        format!("substr({parameter}, {}, {})", integer(at), integer(length))
    }

    /// Returns the expression of a field with bytes in hexadecimal digits.
    pub(crate) fn bytes(self, field: &str) -> String {
        match self.postgres {
            true => format!("decode(e.value ->> '{field}', 'hex')"),
            false => format!("unhex(e.value ->> '{field}')"),
        }
    }
}

/// Builds a statement on these rows. Its further parameters begin with `$2`.
///
/// # Errors
/// [`StoreError::Invalid`]: a row has no JSON.
pub(crate) fn bulk_query<'q>(
    sql: String,
    rows: &[impl Serialize],
) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(sql)).bind(row::to_json(&rows)?))
}

/// A row that is an id.
#[derive(Debug, Serialize)]
pub(crate) struct Id {
    id: String,
}

/// Converts ids to rows with the field `id`.
pub(crate) fn ids(ids: impl IntoIterator<Item = impl Display>) -> Vec<Id> {
    ids.into_iter().map(|id| Id { id: id.to_string() }).collect()
}

/// Reads the rows of these mails. The statement ends with `in`, and the list of mails follows.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    mails: &[impl Display],
    sql: &str,
    order: &str,
) -> Result<Vec<AnyRow>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!("{sql} (select {} from {}) {order}", each.text("id"), each.row());
    Ok(bulk_query(sql, &ids(mails))?.fetch_all(connection).await?)
}

/// Groups what rows hold by their column `mail`, in their order.
pub(crate) fn by_mail<T>(
    rows: Vec<AnyRow>,
    read: impl Fn(&AnyRow) -> Result<T, StoreError>,
) -> Result<BTreeMap<MailId, Vec<T>>, StoreError> {
    let mut all: BTreeMap<MailId, Vec<T>> = BTreeMap::new();
    for row in rows {
        all.entry(row::parsed(&row, "mail")?).or_default().push(read(&row)?);
    }
    Ok(all)
}

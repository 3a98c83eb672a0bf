//! Everything that is in a store, row by row, so that a test can say that nothing was changed.

use crate::schema::dialect::Dialect;
use crate::*;
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

/// The rows of each table, each as one text, in an order of their own.
pub(super) type Dump = BTreeMap<String, Vec<String>>;

/// Reads all of it.
pub(super) async fn everything(store: &Store) -> Dump {
    let (tables, columns, text) = match store.dialect {
        Dialect::Sqlite => (
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
            "select name from pragma_table_info($1) order by name",
            "quote(\"COLUMN\")",
        ),
        Dialect::Postgres => (
            "select cast(table_name as text) from information_schema.tables \
             where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1",
            "select cast(column_name as text) from information_schema.columns \
             where table_schema = current_schema() and table_name = $1 order by 1",
            "coalesce(cast(\"COLUMN\" as text), 'NULL')",
        ),
    };
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&store.pool).await.unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    let mut dump = Dump::new();
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar(columns).bind(table.clone()).fetch_all(&store.pool).await.unwrap();
        let row: Vec<String> = columns.iter().map(|column| text.replace("COLUMN", column)).collect();
        let sql = format!("select {} from \"{table}\"", row.join(" || '|' || "));
        let mut rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&store.pool).await.unwrap();
        rows.sort_unstable();
        dump.insert(table, rows);
    }
    dump
}

/// The rows in which one of these ids stands.
pub(super) fn naming(dump: &Dump, ids: &[String]) -> Dump {
    let names = |row: &String| ids.iter().any(|id| row.contains(id.as_str()));
    dump.iter()
        .map(|(table, rows)| (table.clone(), rows.iter().filter(|row| names(row)).cloned().collect()))
        .collect()
}

/// Fails with the rows that differ.
pub(super) fn assert_same(before: &Dump, after: &Dump, what: &str) {
    for (table, rows) in before {
        let now = after.get(table).map_or(&[][..], Vec::as_slice);
        let gone: Vec<_> = rows.iter().filter(|row| !now.contains(row)).collect();
        let new: Vec<_> = now.iter().filter(|row| !rows.contains(row)).collect();
        assert!(gone.is_empty() && new.is_empty(), "{what} changed {table}:\n- {gone:?}\n+ {new:?}");
    }
}

//! The schema of both databases as migrations: a later version of this program brings a store up to date by those that the store
//! lacks.

use crate::schema::dialect::Dialect;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};

/// Number, name, and statements for SQLite and for PostgreSQL. One that was released never changes.
pub(crate) const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "store",
        include_str!("../../migrations/sqlite/0001_store.sql"),
        include_str!("../../migrations/postgres/0001_store.sql"),
    ),
    (
        2,
        "mailbox",
        include_str!("../../migrations/sqlite/0002_mailbox.sql"),
        include_str!("../../migrations/postgres/0002_mailbox.sql"),
    ),
];

/// The number of the last migration.
pub(crate) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Returns the migrations of a database, in their order.
pub(crate) fn migrations(dialect: Dialect) -> Vec<Migration> {
    let one = |&(version, name, sqlite, postgres): &(i64, &'static str, &'static str, &'static str)| {
        let sql = match dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        };
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    MIGRATIONS.iter().map(one).collect()
}

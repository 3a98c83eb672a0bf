//! The schema's history: what is applied, in this order, to a store of any age.

use crate::schema::dialect::Dialect;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType};

/// Numbered and never changed once released: number, name, for SQLite, for PostgreSQL.
pub(crate) const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "accounts",
        include_str!("../../migrations/sqlite/0001_accounts.sql"),
        include_str!("../../migrations/postgres/0001_accounts.sql"),
    ),
    (
        2,
        "outbox",
        include_str!("../../migrations/sqlite/0002_outbox.sql"),
        include_str!("../../migrations/postgres/0002_outbox.sql"),
    ),
    (
        3,
        "reports",
        include_str!("../../migrations/sqlite/0003_reports.sql"),
        include_str!("../../migrations/postgres/0003_reports.sql"),
    ),
    (
        4,
        "web",
        include_str!("../../migrations/sqlite/0004_web.sql"),
        include_str!("../../migrations/postgres/0004_web.sql"),
    ),
    (
        5,
        "operations",
        include_str!("../../migrations/sqlite/0005_operations.sql"),
        include_str!("../../migrations/postgres/0005_operations.sql"),
    ),
    (
        6,
        "daily limit",
        include_str!("../../migrations/sqlite/0006_daily_limit.sql"),
        include_str!("../../migrations/postgres/0006_daily_limit.sql"),
    ),
    (
        7,
        "compatibility",
        include_str!("../../migrations/sqlite/0007_compatibility.sql"),
        include_str!("../../migrations/postgres/0007_compatibility.sql"),
    ),
    (
        8,
        "records",
        include_str!("../../migrations/sqlite/0008_records.sql"),
        include_str!("../../migrations/postgres/0008_records.sql"),
    ),
    (
        9,
        "attempts",
        include_str!("../../migrations/sqlite/0009_attempts.sql"),
        include_str!("../../migrations/postgres/0009_attempts.sql"),
    ),
    (
        10,
        "secrets",
        include_str!("../../migrations/sqlite/0010_secrets.sql"),
        include_str!("../../migrations/postgres/0010_secrets.sql"),
    ),
    (
        11,
        "invitations",
        include_str!("../../migrations/sqlite/0011_invitations.sql"),
        include_str!("../../migrations/postgres/0011_invitations.sql"),
    ),
    (
        12,
        "facts",
        include_str!("../../migrations/sqlite/0012_facts.sql"),
        include_str!("../../migrations/postgres/0012_facts.sql"),
    ),
    (
        13,
        "pauses",
        include_str!("../../migrations/sqlite/0013_pauses.sql"),
        include_str!("../../migrations/postgres/0013_pauses.sql"),
    ),
    (
        14,
        "batches",
        include_str!("../../migrations/sqlite/0014_batches.sql"),
        include_str!("../../migrations/postgres/0014_batches.sql"),
    ),
];

/// The last of them.
pub(crate) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// The migrations of a database, in their order.
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

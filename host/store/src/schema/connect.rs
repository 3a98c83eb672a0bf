//! Connecting: the settings of every connection are read back before its first statement, and the schema is brought up to date
//! before the first connection of the pool.

use crate::schema::compatibility;
use crate::schema::dialect::{Dialect, PATIENCE};
use crate::schema::migrations::migrations;
use crate::{Location, StoreError};
use secrecy::ExposeSecret;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Row};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Time between two tries to open a file that another program has locked.
const AGAIN: Duration = Duration::from_millis(25);

/// Connections of a store.
#[derive(Debug)]
pub(crate) struct Pools {
    /// For statements that read.
    pub(crate) pool: AnyPool,
    /// For transactions that write. SQLite drops all pages that a connection has read once another has written: with one connection
    /// for all writes none is read twice.
    pub(crate) writer: AnyPool,
}

/// Brings the schema up to date, and returns pools of connections.
pub(crate) async fn open(location: &Location) -> Result<(Pools, Dialect), StoreError> {
    let cannot = |detail: String| StoreError::CannotOpen { place: location.to_string(), detail };
    sqlx::any::install_default_drivers();
    let dialect = match location.path() {
        Some(path) => {
            create(path).map_err(|e| cannot(e.to_string()))?;
            Dialect::Sqlite
        }
        None => Dialect::Postgres,
    };
    let url = location.url().map_err(|e| cannot(e.to_string()))?;
    // The error may repeat the URL, which has a password.
    let options =
        AnyConnectOptions::from_str(url.expose_secret()).map_err(|_| cannot("not a URL".to_owned()))?;
    // Programs that open a new file at once stand in each other's way when it becomes one with a write-ahead log: SQLite then
    // refuses without the wait that it was asked for.
    let begun = Instant::now();
    while let Err(error) = bring_up_to_date(&options, dialect).await {
        match error {
            StoreError::Busy(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(AGAIN).await,
            error => return Err(named(error, &cannot)),
        }
    }
    let connections = |most, cache: Option<&'static str>| {
        AnyPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(dialect == Dialect::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    prepare(connection, dialect).await?;
                    if let Some(cache) = cache {
                        sqlx::query(cache).execute(connection).await?;
                    }
                    Ok(())
                })
            })
            // A full disk makes SQLite end a transaction by itself. The driver goes on counting it, and would refuse every other on
            // that connection: another takes its place.
            .before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
            .connect_lazy_with(options.clone())
    };
    let pool = connections(16, None);
    let writer = match dialect {
        Dialect::Sqlite => connections(1, Some("PRAGMA cache_size = -8000")),
        Dialect::Postgres => pool.clone(),
    };
    Ok((Pools { pool, writer }, dialect))
}

/// Prepares the database by one connection: an error of the place shows at once, where a pool would go on trying.
async fn bring_up_to_date(options: &AnyConnectOptions, dialect: Dialect) -> Result<(), StoreError> {
    let mut connection = AnyConnection::connect_with(options).await?;
    let prepared = async {
        prepare(&mut connection, dialect).await?;
        migrate(&mut connection, dialect, migrations(dialect)).await
    };
    let prepared = prepared.await;
    // An error on closing loses nothing.
    let _ = connection.close().await;
    prepared
}

/// Connects without changing a setting of the file or the schema.
pub(crate) async fn plain(location: &Location) -> Result<AnyConnection, StoreError> {
    sqlx::any::install_default_drivers();
    let cannot = |detail: String| StoreError::CannotOpen { place: location.to_string(), detail };
    let url = location.url().map_err(|e| cannot(e.to_string()))?;
    let mut connection = AnyConnection::connect(url.expose_secret()).await?;
    sqlx::query("PRAGMA busy_timeout = 3000").execute(&mut connection).await?;
    Ok(connection)
}

/// Names the place in errors that do not.
fn named(error: StoreError, cannot: &impl Fn(String) -> StoreError) -> StoreError {
    match error {
        StoreError::CannotOpen { detail, .. } | StoreError::Database(detail) => cannot(detail),
        other => other,
    }
}

async fn prepare(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), sqlx::Error> {
    match dialect {
        Dialect::Sqlite => sqlite_settings(connection).await,
        Dialect::Postgres => postgres_settings(connection).await,
    }
}

/// Creates a file and its folder that only its owner may read.
fn create(path: &std::path::Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

/// The settings of a connection to SQLite: durable at each commit, readable during a write, references checked. Each is read
/// back: SQLite reports no error for one that it can not set.
const PRAGMAS: &[(&str, &str, &str)] = &[
    ("PRAGMA busy_timeout = 10000", "PRAGMA busy_timeout", "10000"),
    ("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1"),
    ("PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"),
    ("PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"),
    ("PRAGMA fullfsync = ON", "PRAGMA fullfsync", "1"),
    ("PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0"),
    // Pages that many commits change are copied from the log into the file once for some hundred mails.
    ("PRAGMA wal_autocheckpoint = 4000", "PRAGMA wal_autocheckpoint", "4000"),
];

async fn sqlite_settings(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for (set, ask, wanted) in PRAGMAS {
        sqlx::query(*set).execute(&mut *connection).await?;
        let row = sqlx::query(*ask).fetch_one(&mut *connection).await?;
        let found = match row.try_get::<i64, _>(0) {
            Ok(number) => number.to_string(),
            Err(_) => row.try_get::<String, _>(0)?,
        };
        if found != *wanted {
            let detail =
                format!("\"{set}\" has no effect here: it remains {found}; keep the file on a local disk");
            return Err(sqlx::Error::InvalidArgument(detail));
        }
    }
    Ok(())
}

async fn postgres_settings(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    // A server that does not wait for its disk would lose what this store reports as stored.
    let row = sqlx::query("SHOW synchronous_commit").fetch_one(&mut *connection).await?;
    if row.try_get::<String, _>(0)? == "off" {
        sqlx::query("SET synchronous_commit = on").execute(&mut *connection).await?;
    }
    sqlx::query("SET lock_timeout = 10000").execute(&mut *connection).await?;
    Ok(())
}

/// Brings the schema up to date, one program at a time: PostgreSQL has a lock for that, SQLite one for every writer. A store
/// that a later program has brought further is left as it is, where that program's migrations allow this one to go on.
async fn migrate(
    connection: &mut AnyConnection,
    dialect: Dialect,
    migrations: Vec<Migration>,
) -> Result<(), StoreError> {
    let last = migrations.last().map_or(0, |last| last.version);
    let least = compatibility::least(connection, dialect).await?;
    if let Some(least) = least.filter(|least| *least > last) {
        return Err(StoreError::SchemaNewer { found: least, known: last });
    }
    let mut migrator = Migrator::with_migrations(migrations);
    match run(&migrator, connection, dialect).await {
        Err(MigrateError::VersionMissing(found)) if found > last => {
            migrator.set_ignore_missing(true);
            run(&migrator, connection, dialect).await.map_err(unlike)
        }
        done => done.map_err(unlike),
    }
}

async fn run(
    migrator: &Migrator,
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<(), MigrateError> {
    match dialect {
        Dialect::Postgres => migrator.run_direct(None, connection, false).await,
        Dialect::Sqlite => {
            let mut transaction = connection.begin_with(dialect.begin()).await?;
            migrator.run_direct(None, &mut *transaction, false).await?;
            transaction.commit().await.map_err(MigrateError::Execute)
        }
    }
}

fn unlike(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match error.into() {
            StoreError::Database(words) => StoreError::SchemaDiffers(words),
            other => other,
        },
        other => StoreError::SchemaDiffers(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::migrations::{KNOWN, MIGRATIONS};
    use sqlx::SqlSafeStr as _;
    use sqlx::migrate::MigrationType;

    /// What a later version of this program does with a store of ours.
    async fn upgrade(location: &Location, sql: &'static str) {
        let (Pools { pool, .. }, dialect) = open(location).await.unwrap();
        let mut later = migrations(dialect);
        later.push(Migration::new(
            KNOWN + 1,
            "later".into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        ));
        migrate(&mut pool.acquire().await.unwrap(), dialect, later).await.unwrap();
        pool.close().await;
    }

    #[tokio::test]
    async fn a_store_that_a_later_program_only_added_to_is_worked_with() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::file(folder.path().join("store.db"));
        upgrade(&location, "create table later (id integer)").await;
        for _ in 0..2 {
            let (Pools { pool, .. }, _) = open(&location).await.unwrap();
            sqlx::query("select id from later").fetch_all(&pool).await.unwrap();
            pool.close().await;
        }
    }

    #[tokio::test]
    async fn a_store_that_a_later_program_changed_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::file(folder.path().join("store.db"));
        upgrade(&location, "create table later (id integer); update compatibility set least = least + 1000")
            .await;
        let error = open(&location).await.unwrap_err();
        assert!(matches!(error, StoreError::SchemaNewer { found: 1_000.., known: KNOWN }), "{error}");
        assert!(!error.is_transient());
    }

    #[tokio::test]
    async fn a_store_with_an_unknown_migration_among_the_known_ones_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::file(folder.path().join("store.db"));
        let (Pools { pool, .. }, dialect) = open(&location).await.unwrap();
        let step = |number| {
            Migration::new(number, "a step".into(), MigrationType::Simple, "select 1".into_sql_str(), false)
        };
        let with = |number| [migrations(dialect), vec![step(number)]].concat();
        migrate(&mut pool.acquire().await.unwrap(), dialect, with(KNOWN + 1)).await.unwrap();
        let error = migrate(&mut pool.acquire().await.unwrap(), dialect, with(KNOWN + 2)).await.unwrap_err();
        assert!(matches!(error, StoreError::SchemaDiffers(_)), "{error}");
        assert_eq!(MIGRATIONS.last().map(|last| last.0), Some(KNOWN));
    }

    #[tokio::test]
    async fn a_migration_that_was_changed_after_its_release_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::file(folder.path().join("store.db"));
        let (Pools { pool, .. }, dialect) = open(&location).await.unwrap();
        let sql = "select 1".into_sql_str();
        let mut changed = migrations(dialect);
        changed[0] = Migration::new(1, "store".into(), MigrationType::Simple, sql, false);
        let error = migrate(&mut pool.acquire().await.unwrap(), dialect, changed).await.unwrap_err();
        assert!(matches!(error, StoreError::SchemaDiffers(_)), "{error}");
    }

    #[tokio::test]
    async fn programs_that_start_at_once_bring_the_schema_up_to_date_once() {
        for _ in 0..12 {
            let folder = tempfile::tempdir().unwrap();
            let location = Location::file(folder.path().join("store.db"));
            let opened = (0..8).map(|_| {
                let location = location.clone();
                tokio::spawn(async move { open(&location).await.map(|_| ()) })
            });
            for task in opened.collect::<Vec<_>>() {
                task.await.unwrap().unwrap();
            }
        }
    }

    #[tokio::test]
    async fn every_connection_is_durable_and_checks_references() {
        let folder = tempfile::tempdir().unwrap();
        let (Pools { pool, .. }, _) = open(&Location::file(folder.path().join("a ?#%.db"))).await.unwrap();
        let mut connections = Vec::new();
        for _ in 0..5 {
            let mut connection = pool.acquire().await.unwrap();
            for (_, ask, wanted) in PRAGMAS {
                let row = sqlx::query(*ask).fetch_one(&mut *connection).await.unwrap();
                let found =
                    row.try_get::<i64, _>(0).map_or_else(|_| row.get::<String, _>(0), |n| n.to_string());
                assert_eq!(found, *wanted, "{ask}");
            }
            connections.push(connection);
        }
        assert!(folder.path().join("a ?#%.db").exists());
    }

    #[tokio::test]
    async fn a_transaction_that_the_database_ended_by_itself_spoils_no_connection() {
        let folder = tempfile::tempdir().unwrap();
        let (Pools { pool, writer }, dialect) =
            open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        for pool in [pool, writer].iter().cycle().take(80) {
            let mut transaction = pool.begin_with(dialect.begin()).await.unwrap();
            // As on a full disk: the driver does not hear of it.
            sqlx::query("rollback").execute(&mut *transaction).await.unwrap();
            drop(transaction);
            let transaction = pool.begin_with(dialect.begin()).await.unwrap();
            transaction.commit().await.unwrap();
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("store.db");
        let (Pools { pool, .. }, _) = open(&Location::file(&path)).await.unwrap();
        let _connection = pool.acquire().await.unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&path.with_extension("db-wal")), 0o600);
    }

    #[tokio::test]
    async fn a_place_that_can_not_be_used_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "this is no database, although it is long enough to be one".repeat(20))
            .unwrap();
        let below = text.join("store.db");
        for (path, reason) in [(&text, "not a database"), (&below, "can't open the store")] {
            let error = open(&Location::file(path)).await.unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!error.is_transient(), "{error}");
        }
        let nowhere = "postgres://postroom:hunter2@127.0.0.1:1/postroom".parse().unwrap();
        let error = open(&nowhere).await.unwrap_err();
        assert!(error.is_transient() && !format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

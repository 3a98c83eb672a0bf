//! Programs of two versions that work with one store. A migration that only adds leaves the row of `compatibility` as it is, any
//! other sets it to its own number. A program goes on where it has a migration of that number, and refuses where it has not.

use crate::schema::dialect::Dialect;
use crate::schema::migrations::KNOWN;
use crate::{Store, StoreError};
use sqlx::{AnyConnection, Row as _};

impl Store {
    /// Checks that this program may still work with the store, which a later version may have changed meanwhile. A program that runs
    /// for long calls this from time to time.
    ///
    /// # Errors
    /// [`StoreError::SchemaNewer`]: it may not.
    pub async fn check_version(&self) -> Result<(), StoreError> {
        let row = sqlx::query("select least from compatibility").fetch_one(&self.pool).await?;
        known(row.try_get("least")?)
    }
}

/// Reads the least migration that a program must know; none in an empty database.
pub(crate) async fn least(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<Option<i64>, StoreError> {
    let table = match dialect {
        Dialect::Sqlite => "select 1 from sqlite_master where type = 'table' and name = 'compatibility'",
        Dialect::Postgres => "select 1 where to_regclass('compatibility') is not null",
    };
    if sqlx::query(table).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(None);
    }
    let row = sqlx::query("select least from compatibility").fetch_one(connection).await?;
    Ok(Some(row.try_get("least")?))
}

/// Fails with a number that this program has no migration of.
pub(crate) fn known(least: i64) -> Result<(), StoreError> {
    if least > KNOWN { Err(StoreError::SchemaNewer { found: least, known: KNOWN }) } else { Ok(()) }
}

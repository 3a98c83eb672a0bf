//! Programs of two versions at one store. Each migration says whether a program that does not know it may go on: one that
//! only adds leaves the row of `compatibility` alone, any other sets it to its own number. So a program asks one thing: is
//! the number one that it knows?

use crate::schema::dialect::Dialect;
use crate::schema::migrations::KNOWN;
use crate::{Store, StoreError};
use sqlx::{AnyConnection, Row as _};

impl Store {
    /// Whether this program may still work with the store: another one may have brought it to a version that it does not
    /// know. For whoever stays at it for long.
    ///
    /// # Errors
    /// [`StoreError::SchemaNewer`]: it may not.
    pub async fn fits(&self) -> Result<(), StoreError> {
        let row = sqlx::query("select least from compatibility").fetch_one(&self.pool).await?;
        known(row.try_get("least")?)
    }
}

/// The least migration that a program must know; none in a store from before the question was asked, or in no store yet.
pub(crate) async fn least(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<Option<i64>, StoreError> {
    let there = match dialect {
        Dialect::Sqlite => "select 1 from sqlite_master where type = 'table' and name = 'compatibility'",
        Dialect::Postgres => "select 1 where to_regclass('compatibility') is not null",
    };
    if sqlx::query(there).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(None);
    }
    let row = sqlx::query("select least from compatibility").fetch_one(connection).await?;
    Ok(Some(row.try_get("least")?))
}

/// An error for a number that this program does not know.
pub(crate) fn known(least: i64) -> Result<(), StoreError> {
    if least > KNOWN { Err(StoreError::SchemaNewer { found: least, known: KNOWN }) } else { Ok(()) }
}

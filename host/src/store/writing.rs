//! Writing. A file has one writer at a time, and SQLite lets whoever comes second sleep and look again: milliseconds each
//! time, while the first needed a fraction of one. So those of this program wait for each other here, in their order.

use super::connect::{Dialect, PATIENCE};
use super::{Store, StoreError};
use sqlx::{Any, AnyConnection, Transaction};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Whose turn it is to write; nobody's where the database takes many writers.
#[derive(Debug, Clone)]
pub(super) struct Turns(Option<Arc<Mutex<()>>>);

impl Turns {
    pub(super) fn of(dialect: Dialect) -> Self {
        Self((dialect == Dialect::Sqlite).then(Arc::default))
    }

    /// Whoever does not get it in time asks the database itself, which then says what is the matter.
    async fn next(&self) -> Option<OwnedMutexGuard<()>> {
        let turn = Arc::clone(self.0.as_ref()?).lock_owned();
        tokio::time::timeout(PATIENCE, turn).await.ok()
    }
}

/// A transaction that writes. Nothing of it is kept unless it is committed.
#[derive(Debug)]
pub(super) struct Writing {
    transaction: Transaction<'static, Any>,
    /// Given on after the transaction has ended.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    pub(super) async fn write(&self) -> Result<Writing, StoreError> {
        // The turn first: who waits for it takes no connection from those who read.
        let turn = self.turns.next().await;
        let transaction = self.pool.begin_with(self.dialect.begin()).await?;
        Ok(Writing { transaction, _turn: turn })
    }
}

impl Writing {
    /// On disk when it returns.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// As if nothing had been written.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

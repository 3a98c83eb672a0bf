//! Transactions that write. A file has one writer at a time, and SQLite makes the second one sleep and try again: milliseconds
//! each time, while the first needs a fraction of one. So the writers of this program queue here, in their order; single
//! statements of an administrator leave the waiting to the database.

use crate::compliance::audit_chain::{PendingEntry, append};
use crate::schema::dialect::{Dialect, PATIENCE};
use crate::{Store, StoreError};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, Transaction};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The lock of the one writer; absent where the database has many.
#[derive(Debug, Clone)]
pub(crate) struct WriteLock(Option<Arc<Mutex<()>>>);

impl WriteLock {
    pub(crate) fn of(dialect: Dialect) -> Self {
        Self((dialect == Dialect::Sqlite).then(Arc::default))
    }

    /// Waits for the lock. On a time-out the transaction begins without it, and the database reports why it can not.
    async fn next(&self) -> Option<OwnedMutexGuard<()>> {
        let lock = Arc::clone(self.0.as_ref()?).lock_owned();
        tokio::time::timeout(PATIENCE, lock).await.ok()
    }
}

/// A transaction that writes. Without a commit nothing of it is stored.
#[derive(Debug)]
pub(crate) struct WriteTransaction {
    transaction: Transaction<'static, Any>,
    /// Entries of the audit log, written last: they lock the head of the company's log until the commit, and nothing else is
    /// waited for meanwhile.
    notes: Vec<PendingEntry>,
    /// Released after the commit or the rollback.
    _lock: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Begins a transaction that writes.
    pub(crate) async fn write(&self) -> Result<WriteTransaction, StoreError> {
        // The lock before the connection, so that waiting writers take no connection from readers.
        let lock = self.write_lock.next().await;
        let transaction = self.writer.begin_with(self.dialect.begin()).await?;
        Ok(WriteTransaction { transaction, notes: Vec::new(), _lock: lock })
    }

    /// Executes one statement, and returns how many rows it changed.
    pub(crate) async fn write_one(&self, statement: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let done = statement.execute(&mut *writing).await?;
        writing.commit().await?;
        Ok(done.rows_affected())
    }
}

impl WriteTransaction {
    /// Commits the transaction with its entries of the audit log. It is on disk when this returns.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let notes = std::mem::take(&mut self.notes);
        append(&mut self, notes).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Adds an entry of the audit log, written with the commit.
    pub(crate) fn note(&mut self, entry: PendingEntry) {
        self.notes.push(entry);
    }

    /// Rolls the transaction back.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}

impl Deref for WriteTransaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

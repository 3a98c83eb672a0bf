//! Writing. A file has one writer at a time, and SQLite lets whoever comes second sleep and look again: milliseconds each
//! time, while the first needed a fraction of one. So those of this program that write while mails are sent wait for each other
//! here, in their order; commands of an administrator ask the database itself.

use crate::compliance::audit_chain::{PendingEntry, append};
use crate::schema::dialect::{Dialect, PATIENCE};
use crate::{Store, StoreError};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, Transaction};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Whose turn it is to write; nobody's where the database takes many writers.
#[derive(Debug, Clone)]
pub(crate) struct WriteLock(Option<Arc<Mutex<()>>>);

impl WriteLock {
    pub(crate) fn of(dialect: Dialect) -> Self {
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
pub(crate) struct WriteTransaction {
    transaction: Transaction<'static, Any>,
    /// Entries of the audit log, written last: whoever writes them has the company's head of the log until the commit, and
    /// waits for nothing else meanwhile.
    notes: Vec<PendingEntry>,
    /// Given on once it is committed or rolled back; of one that was dropped the end is under way.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    pub(crate) async fn write(&self) -> Result<WriteTransaction, StoreError> {
        // The turn first: who waits for it takes no connection from those who read.
        let turn = self.turns.next().await;
        let transaction = self.pool.begin_with(self.dialect.begin()).await?;
        Ok(WriteTransaction { transaction, notes: Vec::new(), _turn: turn })
    }

    /// Writes by one statement, and says how many rows it changed.
    pub(crate) async fn write_one(&self, statement: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let done = statement.execute(&mut *writing).await?;
        writing.commit().await?;
        Ok(done.rows_affected())
    }
}

impl WriteTransaction {
    /// On disk when it returns, with what was noted for the audit log.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let notes = std::mem::take(&mut self.notes);
        append(&mut self, notes).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Notes an entry of the audit log, to be written with the commit.
    pub(crate) fn note(&mut self, entry: PendingEntry) {
        self.notes.push(entry);
    }

    /// As if nothing had been written.
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

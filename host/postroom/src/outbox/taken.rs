//! A mail that a command claimed, which releases it whatever happens: a mail that was refused is where it was before, and
//! no worker waits for the end of a lease.

use super::outbox_handle::OutboxHandle;
use postroom_store::{MailId, OutboxRow, QueueState, StoreError};

/// A mail that the ledger's holder has taken. There is one way to work at it, and that ends the lease.
#[derive(Debug)]
#[must_use = "the mail is nobody else's until it is given back"]
pub struct Taken<'a> {
    outbox: &'a OutboxHandle,
    mail: MailId,
    before: OutboxRow,
}

impl<'a> Taken<'a> {
    /// Makes a claim of a mail that the lease's owner has just taken, as it was before.
    pub fn of(outbox: &'a OutboxHandle, mail: MailId, before: OutboxRow) -> Self {
        Self { outbox, mail, before }
    }

    /// Works at the mail, lengthening its lease. Afterwards the mail is where `queue_state` says; where the work failed, it is where
    /// it was before. What a server took meanwhile has ended by itself, and stays so.
    ///
    /// # Errors
    /// Those of the work; that the store could not be told of the end.
    pub async fn work<T, E>(
        self,
        work: impl Future<Output = Result<T, E>>,
        queue_state: impl FnOnce(&T) -> QueueState,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let alive = Alive(self.outbox.keep_alive());
        let done = work.await;
        drop(alive);
        let (journal, lease_owner) = (&self.outbox.journal, &self.outbox.lease_owner);
        match done {
            Ok(done) => {
                journal.change_state(self.mail, lease_owner, queue_state(&done)).await?;
                Ok(done)
            }
            Err(error) => {
                // The work's own error is the one to tell; a store that is away lets the lease end by itself.
                let _ = journal.change_state(self.mail, lease_owner, self.where_it_was()).await;
                Err(error)
            }
        }
    }

    /// The state that it was in. One that was made for this owner waited for no other: it is due.
    fn where_it_was(&self) -> QueueState {
        match &self.before.queue_state {
            QueueState::Ready { waits, .. } if self.before.lease_owner.is_some() => {
                QueueState::Ready { due: self.outbox.clock.now(), waits: waits.clone() }
            }
            queue_state => queue_state.clone(),
        }
    }
}

/// A lease that is lengthened until this is dropped.
struct Alive(tokio::task::AbortHandle);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.abort();
    }
}

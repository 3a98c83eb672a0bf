//! A mail in the hands of a command, which gives it back whatever happens: a mail that was refused is where it was before, and
//! nobody waits for the end of a lease.

use super::ledger::Ledger;
use crate::store::{MailId, OutboxRow, Standing, StoreError};

/// A mail that the ledger's holder has taken. There is one way to work at it, and that ends the lease.
#[derive(Debug)]
#[must_use = "the mail is nobody else's until it is given back"]
pub struct Taken<'a> {
    ledger: &'a Ledger,
    mail: MailId,
    before: OutboxRow,
}

impl<'a> Taken<'a> {
    /// A mail that the holder has just taken, as it was before.
    pub fn of(ledger: &'a Ledger, mail: MailId, before: OutboxRow) -> Self {
        Self { ledger, mail, before }
    }

    /// Works at the mail, lengthening its lease. Afterwards the mail is where `standing` says; where the work failed, it is where
    /// it was before. What a server took meanwhile has ended by itself, and stays so.
    ///
    /// # Errors
    /// Those of the work; that the store could not be told of the end.
    pub async fn work<T, E>(
        self,
        work: impl Future<Output = Result<T, E>>,
        standing: impl FnOnce(&T) -> Standing,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let alive = Alive(self.ledger.keep_alive());
        let done = work.await;
        drop(alive);
        let (journal, holder) = (&self.ledger.journal, &self.ledger.holder);
        match done {
            Ok(done) => {
                journal.settle(self.mail, holder, standing(&done)).await?;
                Ok(done)
            }
            Err(error) => {
                // The work's own error is the one to tell; a store that is away lets the lease end by itself.
                let _ = journal.settle(self.mail, holder, self.where_it_was()).await;
                Err(error)
            }
        }
    }

    /// Where it was. One that was made for this holder waited for nobody else: it is due.
    fn where_it_was(&self) -> Standing {
        match &self.before.standing {
            Standing::Ready { waits, .. } if self.before.holder.is_some() => {
                Standing::Ready { due: self.ledger.clock.now(), waits: waits.clone() }
            }
            standing => standing.clone(),
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

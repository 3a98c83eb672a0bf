//! Many small promises, one commit. Whoever writes here waits until his entry is on disk, together with all that came
//! while the commit before was under way: a commit costs milliseconds, and thousands of mails a second each need three.
//!
//! An entry that the database refuses fails alone: the others of its group are written again without it.

use super::attempts::{Beginning, Finishing, begin, finish, release};
use super::mail::{AttemptId, Event, MailId, NewAttempt, Outcome};
use super::row::Time;
use super::settling::settle;
use super::standing::{Holder, Settlement, Standing};
use super::{StoreError, SystemStore};
use sqlx::AnyConnection;
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot};

/// Entries of one commit.
const GROUP: usize = 256;

/// What is written.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Begin { id: AttemptId, mail: MailId, attempt: NewAttempt, holder: Option<Holder> },
    Release { id: AttemptId, at: Time },
    Finish { id: AttemptId, outcome: Box<Outcome>, events: Vec<Event>, settle: Option<Settlement> },
    Settle { mail: MailId, settlement: Settlement },
}

struct Request {
    entry: Entry,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Writes attempts, results and standings, many to a commit. Cloning it shares the writer, which ends with the last clone.
#[derive(Debug, Clone)]
pub struct Journal {
    requests: mpsc::Sender<Request>,
}

impl Journal {
    /// A journal of this store. To be called on the runtime that its writer is to run on.
    pub fn of(store: &SystemStore) -> Self {
        let (requests, incoming) = mpsc::channel(4 * GROUP);
        tokio::spawn(write(store.clone(), incoming));
        Self { requests }
    }

    /// Begins an attempt of whoever holds the mail: on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`] and [`StoreError::NoSuchAccount`]; [`StoreError::AttemptOpen`] while nobody knows what
    /// came of an earlier one; [`StoreError::LeaseLost`] where somebody else has the mail by now.
    pub async fn begin(
        &self,
        mail: MailId,
        attempt: &NewAttempt,
        holder: &Holder,
    ) -> Result<AttemptId, StoreError> {
        let id = AttemptId::new();
        let (attempt, holder) = (attempt.clone(), Some(holder.clone()));
        self.enter(Entry::Begin { id, mail, attempt, holder }).await?;
        Ok(id)
    }

    /// The last bytes of the message are about to leave: from here on an attempt without a result is in doubt.
    ///
    /// # Errors
    /// [`StoreError`]: the bytes must not leave.
    pub async fn release(&self, id: AttemptId, at: Time) -> Result<(), StoreError> {
        self.enter(Entry::Release { id, at }).await
    }

    /// Keeps what came of an attempt, with the facts learned from it and where the mail stands now. May be repeated.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAttempt`].
    pub async fn finish(
        &self,
        id: AttemptId,
        outcome: &Outcome,
        events: &[Event],
        settle: Option<Settlement>,
    ) -> Result<(), StoreError> {
        let (outcome, events) = (Box::new(outcome.clone()), events.to_vec());
        self.enter(Entry::Finish { id, outcome, events, settle }).await
    }

    /// Says where a mail stands and gives it back. Where the holder has lost it, nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle(&self, mail: MailId, holder: &Holder, standing: Standing) -> Result<(), StoreError> {
        self.enter(Entry::Settle { mail, settlement: Settlement::of(holder, standing) }).await
    }

    async fn enter(&self, entry: Entry) -> Result<(), StoreError> {
        let ended = || StoreError::Database("the store's writer has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { entry, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

async fn write(store: SystemStore, mut incoming: mpsc::Receiver<Request>) {
    let mut group = Vec::with_capacity(GROUP);
    while incoming.recv_many(&mut group, GROUP).await > 0 {
        let together = if repeats(&group) { None } else { Some(commit(&store, &group).await) };
        match together {
            // Each by itself: one that is refused must not take the others with it.
            None => alone(&store, &mut group).await,
            Some(Err(refused)) if group.len() > 1 && !refused.may_pass() => alone(&store, &mut group).await,
            // On disk; or the database is away, and nobody's entry would fare better alone.
            Some(answer) => {
                for request in group.drain(..) {
                    let _ = request.answer.send(answer.clone());
                }
            }
        }
    }
}

async fn alone(store: &SystemStore, group: &mut Vec<Request>) {
    for request in group.drain(..) {
        let answer = commit(store, std::slice::from_ref(&request)).await;
        let _ = request.answer.send(answer);
    }
}

async fn commit(store: &SystemStore, group: &[Request]) -> Result<(), StoreError> {
    let mut transaction = store.write().await?;
    enter(&mut transaction, group).await?;
    transaction.commit().await
}

/// Entries of one kind by one statement.
async fn enter(connection: &mut AnyConnection, group: &[Request]) -> Result<(), StoreError> {
    let (mut begun, mut released, mut finished) = (Vec::new(), Vec::new(), Vec::new());
    let (mut settled, mut of_finished) = (Vec::new(), Vec::new());
    for request in group {
        match &request.entry {
            Entry::Begin { id, mail, attempt, holder } => {
                begun.push(Beginning { id: *id, mail: *mail, attempt, holder: holder.as_ref() });
            }
            Entry::Release { id, at } => released.push((*id, *at)),
            Entry::Finish { id, outcome, events, settle } => {
                finished.push(Finishing { id: *id, outcome, events });
                of_finished.push(settle.as_ref());
            }
            Entry::Settle { mail, settlement } => settled.push((*mail, settlement)),
        }
    }
    if !begun.is_empty() {
        begin(connection, &begun).await?;
    }
    if !released.is_empty() {
        release(connection, &released).await?;
    }
    if !finished.is_empty() {
        let mails = finish(connection, &finished).await?;
        let of_finished = mails.into_iter().zip(of_finished).filter_map(|(mail, of)| Some((mail, of?)));
        // By itself: what a server said of a mail comes before what somebody says who puts it down.
        settle(connection, &of_finished.collect::<Vec<_>>()).await?;
    }
    settle(connection, &settled).await
}

/// Whether an attempt or a mail is in more than one entry. Whoever made one waits for its answer before the next, but may have
/// stopped waiting; a statement about many rows does not say which of two for the same it heeds.
fn repeats(group: &[Request]) -> bool {
    let (mut attempts, mut mails) = (BTreeSet::new(), BTreeSet::new());
    !group.iter().all(|request| match &request.entry {
        Entry::Begin { id, mail, .. } => attempts.insert(*id) && mails.insert(*mail),
        Entry::Release { id, .. } | Entry::Finish { id, .. } => attempts.insert(*id),
        Entry::Settle { mail, .. } => mails.insert(*mail),
    })
}

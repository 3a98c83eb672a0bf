//! Writes of many attempts in one commit. A caller waits until its entry is on disk, together with all that were sent while the
//! commit before was under way: a commit costs milliseconds, and thousands of mails a second each need three.
//!
//! An entry that the database refuses fails alone: the others of its group are written again without it.

use crate::attempts::completion::Finishing;
use crate::attempts::contradiction::Contradiction;
use crate::attempts::lifecycle::{Beginning, Deciding, Releasing, begin, decide, finish, release};
use crate::compliance::pseudonym::Pseudonyms;
use crate::mail::attempt::{AttemptResult, Completion, NewAttempt};
use crate::mail::types::Event;
use crate::queue::lease_owner::LeaseOwner;
use crate::queue::state::{QueueState, StateChange};
use crate::queue::transition::{By, apply_state_changes};
use crate::schema::dialect::Dialect;
use crate::sql::row::Time;
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use crate::{StoreError, SystemStore};
use postroom_model::{AttemptId, MailId};
use sqlx::AnyConnection;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

/// Entries of one commit.
const GROUP: usize = 256;

/// An entry to be written.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Begin {
        id: AttemptId,
        mail: MailId,
        attempt: NewAttempt,
        lease_owner: LeaseOwner,
    },
    Release {
        id: AttemptId,
        at: Time,
        lease_owner: LeaseOwner,
    },
    Finish {
        id: AttemptId,
        completion: Box<Completion>,
        events: Vec<Event>,
        settle: Option<StateChange>,
    },
    Decide {
        id: AttemptId,
        lease_owner: LeaseOwner,
        from: AttemptResult,
        completion: Box<Completion>,
        events: Vec<Event>,
    },
    ChangeState {
        mail: MailId,
        state_change: StateChange,
    },
}

/// The alarm that a written entry raised, if any.
type Entered = Option<Contradiction>;

#[derive(Debug)]
struct Request {
    entry: Entry,
    answer: oneshot::Sender<Result<Entered, StoreError>>,
}

/// The writer of attempts, completions and state changes, many to a commit. Cloning it shares the writer, which ends with the
/// last clone.
#[derive(Debug, Clone)]
pub struct GroupCommitWriter {
    requests: mpsc::Sender<Request>,
    /// Taken by the first entry.
    start: Arc<Mutex<Option<Start>>>,
}

/// What the writer's thread is started with.
#[derive(Debug)]
struct Start {
    store: SystemStore,
    incoming: mpsc::Receiver<Request>,
    runtime: Handle,
}

impl Start {
    /// Starts writing on a thread of its own: as a task it would wait, after each statement, until the runtime has composed a mail.
    fn write(self) {
        let Self { store, incoming, runtime } = self;
        let (give, take) = std::sync::mpsc::channel();
        let on_this_runtime = runtime.clone();
        let writer = std::thread::Builder::new().name("postroom-writer".to_owned()).spawn(move || {
            if let Ok((store, incoming)) = take.recv() {
                on_this_runtime.block_on(write(store, incoming));
            }
        });
        match writer {
            Ok(_) => drop(give.send((store, incoming))),
            Err(_) => drop(runtime.spawn(write(store, incoming))),
        }
    }
}

impl GroupCommitWriter {
    /// Creates a writer for this store, on the current runtime.
    pub fn new(store: &SystemStore) -> Self {
        let (requests, incoming) = mpsc::channel(4 * GROUP);
        let start = Start { store: store.clone(), incoming, runtime: Handle::current() };
        Self { requests, start: Arc::new(Mutex::new(Some(start))) }
    }

    /// Begins an attempt of the lease owner of a mail that is ready: on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`] and [`StoreError::NoSuchAccount`]; [`StoreError::AttemptOpen`] while an earlier one has no
    /// result; [`StoreError::LeaseLost`] where the mail was leased to another, or has ended.
    pub async fn begin(
        &self,
        mail: MailId,
        attempt: &NewAttempt,
        lease_owner: &LeaseOwner,
    ) -> Result<AttemptId, StoreError> {
        let id = AttemptId::new();
        let (attempt, lease_owner) = (attempt.clone(), lease_owner.clone());
        self.enter(Entry::Begin { id, mail, attempt, lease_owner }).await?;
        Ok(id)
    }

    /// Records that the last bytes of the message are about to leave: from here on an attempt without a result is in doubt.
    ///
    /// # Errors
    /// [`StoreError::AttemptClosed`], or any other: the bytes must not leave.
    pub async fn release(&self, id: AttemptId, lease_owner: &LeaseOwner, at: Time) -> Result<(), StoreError> {
        self.enter(Entry::Release { id, at, lease_owner: lease_owner.clone() }).await.map(drop)
    }

    /// Stores the completion of an attempt, with the facts learned from it and the mail's new state, as its worker reports
    /// them. May be repeated. Returns an alarm where the report contradicts what was decided about the attempt meanwhile; the
    /// facts are stored, and nothing else is changed.
    pub async fn finish(
        &self,
        id: AttemptId,
        completion: &Completion,
        events: &[Event],
        settle: Option<StateChange>,
    ) -> Result<Option<Contradiction>, StoreError> {
        let (completion, events) = (Box::new(completion.clone()), events.to_vec());
        self.enter(Entry::Finish { id, completion, events, settle }).await
    }

    /// Decides on an attempt that has the result `from`, for the lease owner of its mail: one in doubt was found or was not, a
    /// sign-in was done.
    ///
    /// # Errors
    /// [`StoreError::AttemptDecided`]: it has another result by now, or the mail another lease owner.
    pub async fn decide(
        &self,
        id: AttemptId,
        lease_owner: &LeaseOwner,
        from: AttemptResult,
        completion: &Completion,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let (completion, events) = (Box::new(completion.clone()), events.to_vec());
        self.enter(Entry::Decide { id, lease_owner: lease_owner.clone(), from, completion, events })
            .await
            .map(drop)
    }

    /// Sets a mail's state and ends its lease. A mail that the owner has lost is not changed.
    pub async fn change_state(
        &self,
        mail: MailId,
        lease_owner: &LeaseOwner,
        queue_state: QueueState,
    ) -> Result<(), StoreError> {
        self.enter(Entry::ChangeState { mail, state_change: StateChange::of(lease_owner, queue_state) })
            .await
            .map(drop)
    }

    /// Writes the entries of each kind by one statement.
    async fn enter(&self, entry: Entry) -> Result<Entered, StoreError> {
        let ended = || StoreError::Database("the store's writer has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        if let Some(start) = self.start.lock().unwrap_or_else(PoisonError::into_inner).take() {
            start.write();
        }
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
            Some(Err(refused)) if group.len() > 1 && !refused.is_transient() => {
                alone(&store, &mut group).await
            }
            Some(Ok(entered)) => {
                for (request, entered) in group.drain(..).zip(entered) {
                    let _ = request.answer.send(Ok(entered));
                }
            }
            // The database does not answer: no entry would succeed alone.
            Some(Err(error)) => {
                for request in group.drain(..) {
                    let _ = request.answer.send(Err(error.clone()));
                }
            }
        }
    }
}

async fn alone(store: &SystemStore, group: &mut Vec<Request>) {
    for request in group.drain(..) {
        let entered = commit(store, std::slice::from_ref(&request)).await;
        let _ = request.answer.send(entered.map(|mut entered| entered.pop().flatten()));
    }
}

/// Commits entries, all or none, and returns the alarm of each, in their order.
async fn commit(store: &SystemStore, group: &[Request]) -> Result<Vec<Entered>, StoreError> {
    let mut transaction = store.write().await?;
    if store.dialect == Dialect::Postgres {
        lock_mails(&mut transaction, group).await?;
    }
    let entered = enter(&mut transaction, &store.pseudonyms, group).await?;
    transaction.commit().await?;
    Ok(entered)
}

/// Locks the rows of the outbox that the entries belong to, in their order. Claiming, holding and cancelling a mail lock its
/// row before its attempts, too: so no transaction sees the former lease while the mail is being leased, and no two wait for
/// each other. A file needs none of it: it has one writer.
async fn lock_mails(connection: &mut AnyConnection, group: &[Request]) -> Result<(), StoreError> {
    let (mut mails, mut attempts) = (Vec::new(), Vec::new());
    for request in group {
        match &request.entry {
            Entry::Begin { mail, .. } | Entry::ChangeState { mail, .. } => mails.push(*mail),
            Entry::Release { id, .. } | Entry::Finish { id, .. } | Entry::Decide { id, .. } => {
                attempts.push(*id)
            }
        }
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "select mail from outbox where mail in (select {id} from {} union all select attempts.mail from attempts \
         where attempts.id in (select {id} from {})) order by mail for update",
        each.row(),
        each.row_of("$2"),
        id = each.text("id"),
    );
    let attempts = crate::sql::row::to_json(&rows::ids(attempts))?;
    rows::bulk_query(sql, &rows::ids(mails))?.bind(attempts).execute(connection).await?;
    Ok(())
}

/// Writes the entries of each kind by one statement.
async fn enter(
    transaction: &mut WriteTransaction,
    pseudonyms: &Pseudonyms,
    group: &[Request],
) -> Result<Vec<Entered>, StoreError> {
    let (mut begun, mut released, mut finished) = (Vec::new(), Vec::new(), Vec::new());
    let (mut settled, mut decided) = (Vec::new(), Vec::new());
    for (place, request) in group.iter().enumerate() {
        match &request.entry {
            Entry::Begin { id, mail, attempt, lease_owner } => {
                begun.push(Beginning { id: *id, mail: *mail, attempt, lease_owner });
            }
            Entry::Release { id, at, lease_owner } => {
                released.push(Releasing { id: *id, at: *at, lease_owner })
            }
            Entry::Finish { id, completion, events, settle } => {
                finished.push((place, Finishing { id: *id, completion, events }, settle.as_ref()));
            }
            Entry::Decide { id, lease_owner, from, completion, events } => {
                decided.push(Deciding { id: *id, lease_owner, from: *from, completion, events });
            }
            Entry::ChangeState { mail, state_change } => settled.push((*mail, state_change)),
        }
    }
    let mut entered = vec![None; group.len()];
    if !begun.is_empty() {
        begin(transaction, &begun).await?;
    }
    if !released.is_empty() {
        release(transaction, &released).await?;
    }
    for one in &decided {
        decide(transaction, pseudonyms, one).await?;
    }
    if !finished.is_empty() {
        let finishing: Vec<Finishing<'_>> = finished.iter().map(|(_, it, _)| *it).collect();
        let mut reported = Vec::with_capacity(finished.len());
        for ((place, _, state_change), done) in
            finished.iter().zip(finish(transaction, pseudonyms, &finishing).await?)
        {
            if done.contradiction.is_none()
                && let Some(state_change) = state_change
            {
                reported.push((done.mail, *state_change));
            }
            if let Some(slot) = entered.get_mut(*place) {
                *slot = done.contradiction;
            }
        }
        // By itself, and first: a server's report counts before the state that a lease owner sets.
        apply_state_changes(transaction, pseudonyms, By::Report, &reported).await?;
    }
    apply_state_changes(transaction, pseudonyms, By::LeaseOwner, &settled).await?;
    Ok(entered)
}

/// Returns true if an attempt or a mail is in more than one entry. A caller waits for its answer before the next entry, but may
/// have stopped waiting; a statement about many rows does not define which of two for the same row it applies.
fn repeats(group: &[Request]) -> bool {
    let (mut attempts, mut mails) = (BTreeSet::new(), BTreeSet::new());
    !group.iter().all(|request| match &request.entry {
        Entry::Begin { id, mail, .. } => attempts.insert(*id) && mails.insert(*mail),
        Entry::Release { id, .. } | Entry::Finish { id, .. } | Entry::Decide { id, .. } => {
            attempts.insert(*id)
        }
        Entry::ChangeState { mail, .. } => mails.insert(*mail),
    })
}

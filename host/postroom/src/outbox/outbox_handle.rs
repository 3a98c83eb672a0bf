//! The ledger, and who writes in it.

use super::worker::Notices;
use chrono::{DateTime, FixedOffset, Local};
use postroom_store::{
    AttemptId, Completion, Event, GroupCommitWriter, LeaseOwner, MailId, QueueState, StateChange, Store,
    StoreError, SystemStore,
};
use postroom_transport::{BeforeFinalDot, BoxFuture};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a mail is its holder's without a sign of life from him.
pub const LEASE: Duration = Duration::from_secs(60);

/// How long a result is carried about that can't be written down.
const PATIENCE: Duration = Duration::from_secs(600);

/// From one try to the next: at first, and in the end.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// From one word about it to the next.
const QUIET: Duration = Duration::from_secs(30);

/// A disk may be emptied, a server come back.
fn is_transient(error: &StoreError) -> bool {
    error.is_transient() || error.needs_operator()
}

/// What time it is. Its own type, so that a test can let 25 days pass.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>);

impl Clock {
    /// This machine's.
    pub fn system() -> Self {
        Self::new(|| Local::now().fixed_offset())
    }

    /// Any other.
    pub fn new(now: impl Fn() -> DateTime<FixedOffset> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> DateTime<FixedOffset> {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// The ledger in the hands of one holder.
#[derive(Clone)]
pub struct OutboxHandle {
    /// Where it is.
    pub(super) store: SystemStore,
    /// What writes in it, many entries to a commit.
    pub journal: GroupCommitWriter,
    /// Whose hands.
    pub lease_owner: LeaseOwner,
    /// What time it is.
    pub clock: Clock,
    /// Whom to tell of what can't be written down for now, and when that was last done.
    notices: Notices,
    told: Arc<Mutex<Option<Instant>>>,
}

impl fmt::Debug for OutboxHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("store", &self.store)
            .field("holder", &self.lease_owner)
            .finish_non_exhaustive()
    }
}

impl OutboxHandle {
    /// A ledger for a holder of this kind, `worker` or `send`, that tells nobody. To be called on the runtime that it is used
    /// on.
    pub fn open(store: &Store, kind: &str, clock: Clock) -> Self {
        let notices: Notices = Arc::new(|_: &str| {});
        let store = store.system();
        let (journal, lease_owner) = (GroupCommitWriter::new(&store), LeaseOwner::new(kind));
        Self { store, journal, lease_owner, clock, notices, told: Arc::default() }
    }

    /// The same, and tells of what can't be written down for now.
    #[must_use]
    pub fn telling(self, notices: Notices) -> Self {
        Self { notices, ..self }
    }

    /// An error in words; with the place of the store, where somebody has to mend it there.
    pub(super) fn words(&self, error: &StoreError) -> String {
        match error.needs_operator() {
            true => format!("{error} (the store is {})", self.store.place()),
            false => error.to_string(),
        }
    }

    /// Waits before something is written down again, and says so: once for all that waits likewise.
    async fn pause(&self, what: &str, error: &StoreError, pause: &mut Duration) {
        let is_new = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let is_new = told.is_none_or(|at| at.elapsed() > QUIET);
            if is_new {
                *told = Some(Instant::now());
            }
            is_new
        };
        if is_new {
            (self.notices)(&format!("{what} is not written down yet: {}", self.words(error)));
        }
        tokio::time::sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Puts a mail down where it stands, however long the store is away: nobody else may take it while its holder lives.
    pub(super) async fn apply_state(&self, mail: MailId, queue_state: QueueState) {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            match self.journal.change_state(mail, &self.lease_owner, queue_state.clone()).await {
                Err(error) if is_transient(&error) && begun.elapsed() < PATIENCE => {
                    self.pause(&format!("where mail {mail} stands"), &error, &mut pause).await;
                }
                Err(error) => return (self.notices)(&format!("mail {mail}: {}", self.words(&error))),
                Ok(()) => return,
            }
        }
    }

    /// Keeps what came of an attempt, however long the store is away: a server has answered, and whoever loses its answer
    /// leaves the mail in doubt. Gives up after ten minutes; the attempt then says itself that its result is not known. Tells
    /// of a result that contradicts what was decided about the attempt meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]: the last of them.
    pub(super) async fn finish(
        &self,
        attempt: AttemptId,
        completion: &Completion,
        events: &[Event],
        settle: Option<StateChange>,
    ) -> Result<(), StoreError> {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            match self.journal.finish(attempt, completion, events, settle.clone()).await {
                Err(error) if is_transient(&error) && begun.elapsed() < PATIENCE => {
                    self.pause("what a server said of a mail", &error, &mut pause).await;
                }
                Ok(contradiction) => {
                    if let Some(alarm) = contradiction {
                        (self.notices)(&alarm.to_string());
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Releases the leases of all holders of a kind, for a program that knows that they are gone. Gives how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_leases_of(&self, kind: &str) -> Result<u64, StoreError> {
        self.store.release_leases(kind, self.clock.now()).await
    }

    /// Lengthens the holder's leases until it is aborted.
    pub fn keep_alive(&self) -> tokio::task::AbortHandle {
        let outbox = self.clone();
        let beat = async move {
            loop {
                tokio::time::sleep(LEASE / 4).await;
                // A store that is away for longer than a lease costs the mails in hand, and no more.
                let _ = outbox.store.extend(&outbox.lease_owner, outbox.clock.now(), LEASE).await;
            }
        };
        tokio::spawn(beat).abort_handle()
    }

    /// The gate of an attempt: the ledger says when its last bytes leave.
    pub(super) fn gate(&self, attempt: AttemptId) -> Arc<dyn BeforeFinalDot> {
        let (journal, clock, lease_owner) =
            (self.journal.clone(), self.clock.clone(), self.lease_owner.clone());
        Arc::new(Recorded { journal, clock, lease_owner, attempt })
    }
}

#[derive(Debug)]
struct Recorded {
    journal: GroupCommitWriter,
    clock: Clock,
    lease_owner: LeaseOwner,
    attempt: AttemptId,
}

impl BeforeFinalDot for Recorded {
    fn open(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let released = self.journal.release(self.attempt, &self.lease_owner, self.clock.now()).await;
            released.map_err(|error| error.to_string())
        })
    }
}

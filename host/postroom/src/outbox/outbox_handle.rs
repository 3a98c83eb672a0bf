//! The outbox of a store as one lease owner works with it. The results of attempts are written here, for as long as it takes: a
//! server's answer that is lost leaves its mail in doubt.

use super::retry::Backoff;
use chrono::{DateTime, FixedOffset, Local};
use postroom_store::{
    AttemptId, Completion, Event, GroupCommitWriter, LeaseOwner, MailId, QueueState, StateChange, Store,
    StoreError, SystemStore,
};
use postroom_transport::attachments::FileDigests;
use postroom_transport::{BeforeFinalDot, BoxFuture};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a mail stays leased unless its owner extends the lease.
pub const LEASE: Duration = Duration::from_secs(60);

/// How long a write that fails is tried again.
const GIVE_UP: Duration = Duration::from_secs(600);

/// Pauses between tries at a write.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(5) };

/// Time between two warnings that writes fail.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(30);

/// Tells whether a write may succeed later: a disk may be emptied, a server come back.
fn may_succeed_later(error: &StoreError) -> bool {
    error.is_transient() || error.needs_operator()
}

/// A source of the time. Its own type, so that a test can let 25 days pass.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>);

impl Clock {
    /// Reads this machine's clock.
    pub fn system() -> Self {
        Self::new(|| Local::now().fixed_offset())
    }

    /// Reads the time from a function.
    pub fn new(now: impl Fn() -> DateTime<FixedOffset> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Gives the time.
    pub fn now(&self) -> DateTime<FixedOffset> {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// The outbox of a store, as one lease owner.
#[derive(Clone)]
pub struct OutboxHandle {
    /// The store.
    pub(super) store: SystemStore,
    /// Writes results, many to a commit.
    pub journal: GroupCommitWriter,
    /// The owner of the leases taken through this handle.
    pub lease_owner: LeaseOwner,
    /// The source of the time.
    pub clock: Clock,
    /// Digests of the files that this program has read lately.
    pub(super) digests: FileDigests,
    /// When a failing write was last logged.
    last_warning: Arc<Mutex<Option<Instant>>>,
}

impl fmt::Debug for OutboxHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxHandle")
            .field("store", &self.store)
            .field("lease_owner", &self.lease_owner)
            .finish_non_exhaustive()
    }
}

impl OutboxHandle {
    /// Opens the outbox for a new lease owner of this kind, `worker` or `send`. Must be called on the runtime that uses it.
    pub fn open(store: &Store, kind: &str, clock: Clock) -> Self {
        let store = store.system();
        let (journal, lease_owner) = (GroupCommitWriter::new(&store), LeaseOwner::new(kind));
        let digests = FileDigests::default();
        Self { store, journal, lease_owner, clock, digests, last_warning: Arc::default() }
    }

    /// Shares the digests of files with what composes mails in this program.
    #[must_use]
    pub fn with_file_digests(self, digests: FileDigests) -> Self {
        Self { digests, ..self }
    }

    /// Describes an error; with the place of the store, where an operator has to mend it there.
    pub(super) fn describe(&self, error: &StoreError) -> String {
        match error.needs_operator() {
            true => format!("{error} (the store is {})", self.store.place()),
            false => error.to_string(),
        }
    }

    /// Waits before a write is tried again. Logs that it failed: once in a while for all writes that fail likewise.
    async fn wait_to_retry(&self, what: &str, error: &StoreError, failures: u32) {
        let warn = {
            let mut last_warning = self.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
            let warn = last_warning.is_none_or(|at| at.elapsed() > BETWEEN_WARNINGS);
            if warn {
                *last_warning = Some(Instant::now());
            }
            warn
        };
        if warn {
            tracing::warn!("{what} is not written down yet: {}", self.describe(error));
        }
        tokio::time::sleep(BACKOFF.pause(failures)).await;
    }

    /// Applies a state change to a leased mail, and tries again while the store is away: until its lease ends no other owner may
    /// take the mail.
    pub(super) async fn apply_state(&self, mail: MailId, state: QueueState) {
        let (begun, mut failures) = (Instant::now(), 0);
        loop {
            match self.journal.change_state(mail, &self.lease_owner, state.clone()).await {
                Err(error) if may_succeed_later(&error) && begun.elapsed() < GIVE_UP => {
                    self.wait_to_retry(&format!("where mail {mail} stands"), &error, failures).await;
                    failures = failures.saturating_add(1);
                }
                Err(error) => {
                    tracing::error!(mail = %mail, "mail {mail}: {}", self.describe(&error));
                    return;
                }
                Ok(()) => return,
            }
        }
    }

    /// Records the result of an attempt, and tries again for ten minutes while the store is away. An attempt whose result could
    /// not be recorded is in doubt. Logs a result that contradicts what was decided about the attempt meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]: the last of them.
    pub(super) async fn finish(
        &self,
        attempt: AttemptId,
        result: &Completion,
        events: &[Event],
        change: Option<StateChange>,
    ) -> Result<(), StoreError> {
        let (begun, mut failures) = (Instant::now(), 0);
        loop {
            match self.journal.finish(attempt, result, events, change.clone()).await {
                Err(error) if may_succeed_later(&error) && begun.elapsed() < GIVE_UP => {
                    self.wait_to_retry("what a server said of a mail", &error, failures).await;
                    failures = failures.saturating_add(1);
                }
                Ok(contradiction) => {
                    if let Some(alarm) = contradiction {
                        tracing::error!(attempt = %attempt, "{alarm}");
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Releases the leases of all owners of a kind, for a program that knows that they ended. Gives how many.
    pub async fn release_leases_of(&self, kind: &str) -> Result<u64, StoreError> {
        self.store.release_leases(kind, self.clock.now()).await
    }

    /// Extends the owner's leases until the task is aborted.
    pub fn keep_alive(&self) -> tokio::task::AbortHandle {
        let outbox = self.clone();
        let extend = async move {
            loop {
                tokio::time::sleep(LEASE / 4).await;
                // A store that is away for longer than a lease costs the mails in hand, and no more.
                let _ = outbox.store.extend(&outbox.lease_owner, outbox.clock.now(), LEASE).await;
            }
        };
        tokio::spawn(extend).abort_handle()
    }

    /// Gives the hook that records that an attempt's last bytes are about to leave.
    pub(super) fn before_final_dot(&self, attempt: AttemptId) -> Arc<dyn BeforeFinalDot> {
        let (journal, clock, lease_owner) =
            (self.journal.clone(), self.clock.clone(), self.lease_owner.clone());
        Arc::new(RecordedFinalDot { journal, clock, lease_owner, attempt })
    }
}

#[derive(Debug)]
struct RecordedFinalDot {
    journal: GroupCommitWriter,
    clock: Clock,
    lease_owner: LeaseOwner,
    attempt: AttemptId,
}

impl BeforeFinalDot for RecordedFinalDot {
    fn open(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let released = self.journal.release(self.attempt, &self.lease_owner, self.clock.now()).await;
            released.map_err(|error| error.to_string())
        })
    }
}

//! The lane of an account: the mails that wait for a connection, and how many connections there may be.
//!
//! Mails are not given to connections, connections take them: whichever is free first, or has written a body to
//! its end, takes the one that waits longest. So a connection that is slow to open or lost on the way holds up
//! nothing that another could carry. A mail leaves the lane once, when its commands are about to be sent; until
//! then whoever handed it in can take it back by going away.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::account::Account;
use super::carrier;
use super::connection::{Connection, Place};
use super::submission::{Acceptance, Failure, Stage, Submission, Verdict};
use crate::pool::PoolLimits;
use crate::tls::TlsConfigs;

/// How many connections of one account work at the same time, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneLimits {
    /// Connections of one account. Further mails wait for one of them.
    pub connections: usize,
    /// The longest wait for one.
    pub wait: Duration,
    /// Where the server announced PIPELINING, send the commands of the next mail with the end of the one before.
    pub pipelining: bool,
}

impl Default for LaneLimits {
    fn default() -> Self {
        Self { connections: 4, wait: Duration::from_secs(600), pipelining: true }
    }
}

impl LaneLimits {
    /// For many mails at once, to a server that takes it: 16 connections.
    pub fn batch() -> Self {
        Self { connections: 16, ..Self::default() }
    }
}

/// For how long no further connection is tried after one was refused while others work.
const CAUTION: Duration = Duration::from_secs(60);

/// What a submission came to.
pub(super) type Outcome = Result<Acceptance, Failure>;

/// A mail and where its outcome goes.
pub(super) struct Job {
    id: u64,
    pub(super) submission: Submission,
    answer: oneshot::Sender<Outcome>,
    /// Its commands were sent once already, and nothing else of it.
    pub(super) retried: bool,
}

impl Job {
    /// Tells the outcome. Nobody may be there any more to hear it.
    pub(super) fn settle(self, outcome: Outcome) {
        let _ = self.answer.send(outcome);
    }
}

/// Why a connection that waits is woken.
pub(super) enum Wake {
    /// A mail may be there.
    Work,
    /// Say goodbye, and tell when it is said.
    Leave(oneshot::Sender<()>),
}

/// What a free connection does next.
pub(super) enum Next {
    /// Carry this mail.
    Carry(Job),
    /// Wait to be woken.
    Wait(u64, oneshot::Receiver<Wake>),
    /// Say goodbye.
    Leave,
}

/// One account's mails and connections.
pub(super) struct Lane {
    pub(super) account: Account,
    pub(super) tls: Arc<TlsConfigs>,
    limits: LaneLimits,
    pool: PoolLimits,
    /// Waiting connections of all lanes.
    waiting: Arc<AtomicUsize>,
    state: Mutex<State>,
    arrivals: Notify,
    /// This server was found to lose what follows a body.
    loses_followers: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Connections that are open, being opened or replaced.
    connections: usize,
    /// Of these, the ones that will look into the queue in a moment: being opened, or woken.
    coming: usize,
    idle: Vec<(u64, oneshot::Sender<Wake>)>,
    last_id: u64,
    /// A connection was refused while others worked: no more than so many until then.
    refused_beyond: Option<(usize, Instant)>,
    closed: bool,
}

impl State {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The mail that waits longest. Those whose owner went away are dropped.
    fn pop(&mut self) -> Option<Job> {
        loop {
            let job = self.queue.pop_front()?;
            if !job.answer.is_closed() {
                return Some(job);
            }
        }
    }
}

impl Lane {
    pub(super) fn new(
        account: Account,
        tls: Arc<TlsConfigs>,
        (pool, limits): (PoolLimits, LaneLimits),
        waiting: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            account,
            tls,
            limits,
            pool,
            waiting,
            state: Mutex::default(),
            arrivals: Notify::new(),
            loses_followers: AtomicBool::new(false),
        }
    }

    /// Hands in a mail and waits for what comes of it.
    pub(super) async fn submit(self: &Arc<Self>, submission: Submission) -> Outcome {
        let (answer, mut answered) = oneshot::channel();
        let id = self.push(submission, answer);
        // Dropped, the receiver tells the lane that nobody waits any more.
        let in_time = tokio::time::timeout(self.limits.wait, &mut answered).await;
        let answered = match in_time {
            Ok(answered) => answered,
            Err(_) if self.take_back(id) => {
                let what = format!(
                    "every connection of the account was busy for {} s; nothing was sent",
                    self.limits.wait.as_secs()
                );
                return Err(self.failure(Stage::Connect, Verdict::Transient, what));
            }
            Err(_) => answered.await,
        };
        answered.unwrap_or_else(|_| {
            let what =
                "the program stopped working on the connection; the message may have been taken or not";
            Err(self.failure(Stage::AfterDot, Verdict::InDoubt, what.to_owned()))
        })
    }

    fn push(self: &Arc<Self>, submission: Submission, answer: oneshot::Sender<Outcome>) -> u64 {
        let mut state = self.lock();
        let id = state.id();
        state.queue.push_back(Job { id, submission, answer, retried: false });
        self.call(state);
        id
    }

    /// Sees to it that connections come for the mails that wait. Takes the lock, since what is begun in here may
    /// end before it returns.
    fn call(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let mut to_open = 0;
        while state.coming < state.queue.len() {
            if let Some((_, sleeper)) = state.idle.pop() {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                // A connection whose program part has ended hears nothing.
                if sleeper.send(Wake::Work).is_ok() {
                    state.coming += 1;
                }
            } else if state.connections < self.most(&state) {
                state.connections += 1;
                state.coming += 1;
                to_open += 1;
            } else {
                self.arrivals.notify_one();
                break;
            }
        }
        drop(state);
        for _ in 0..to_open {
            tokio::spawn(carrier::run(Seat::new(Arc::clone(self))));
        }
    }

    fn most(&self, state: &State) -> usize {
        let refused = state.refused_beyond.filter(|(_, until)| Instant::now() < *until);
        let most = refused.map_or(usize::MAX, |(most, _)| most);
        self.account.connections.unwrap_or(self.limits.connections).min(most).max(1)
    }

    fn take_back(&self, id: u64) -> bool {
        let mut state = self.lock();
        let place = state.queue.iter().position(|job| job.id == id);
        place.and_then(|place| state.queue.remove(place)).is_some()
    }

    /// A mail for a connection that has one on its way already. What a connection that is about to come would
    /// carry is left to it.
    pub(super) fn follower(&self) -> Option<Job> {
        if !self.limits.pipelining || self.loses_followers.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.lock();
        if state.queue.len() > state.coming { state.pop() } else { None }
    }

    /// Returns when a mail came that no connection was called for.
    pub(super) async fn arrival(&self) {
        self.arrivals.notified().await;
    }

    /// Mails do not follow each other to this server any more: it lost one.
    pub(super) fn without_followers(&self) {
        self.loses_followers.store(true, Ordering::Relaxed);
    }

    /// Whether a connection may carry one more mail.
    pub(super) fn may_go_on(&self, connection: &Connection) -> bool {
        connection.transactions < self.pool.transactions && connection.opened.elapsed() < self.pool.age
    }

    /// When a connection that waits has waited for long enough.
    pub(super) fn rests_until(&self, connection: &Connection) -> Instant {
        (connection.last_used + self.pool.idle).min(connection.opened + self.pool.age)
    }

    /// Takes a connection out of those that wait. False: it was woken meanwhile.
    pub(super) fn withdraw(&self, id: u64) -> bool {
        let mut state = self.lock();
        let place = state.idle.iter().position(|(sleeper, _)| *sleeper == id);
        place.map(|place| state.idle.remove(place)).inspect(|_| self.rested()).is_some()
    }

    fn rested(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Wakes every connection that waits so that it says goodbye; each tells when it has.
    pub(super) fn dismiss(&self) -> Vec<oneshot::Receiver<()>> {
        let sleepers = std::mem::take(&mut self.lock().idle);
        let mut farewells = Vec::with_capacity(sleepers.len());
        for (_, sleeper) in sleepers {
            self.rested();
            let (said, farewell) = oneshot::channel();
            if sleeper.send(Wake::Leave(said)).is_ok() {
                farewells.push(farewell);
            }
        }
        farewells
    }

    /// Nothing more will be handed in: connections leave as soon as they are free.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.dismiss();
    }

    /// Nothing waits and nobody works here.
    pub(super) fn is_deserted(&self) -> bool {
        let state = self.lock();
        state.connections == 0 && state.queue.is_empty()
    }

    fn failure(&self, stage: Stage, verdict: Verdict, what: String) -> Failure {
        Place::of(&self.account).failure(stage, verdict, what)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place among those of its lane. Dropped before it was given back, it is given back, and what
/// waits for the lane's last connection is told that nothing was sent.
pub(super) struct Seat {
    pub(super) lane: Arc<Lane>,
    coming: bool,
    taken: bool,
}

impl Seat {
    fn new(lane: Arc<Lane>) -> Self {
        Self { lane, coming: true, taken: true }
    }

    /// What a free connection does next.
    pub(super) fn next(&mut self) -> Next {
        let lane = Arc::clone(&self.lane);
        let mut state = lane.lock();
        self.arrived(&mut state);
        if let Some(job) = state.pop() {
            return Next::Carry(job);
        }
        // As many as may work may wait, or a short pause of the mails would cost their connections.
        let may_wait = lane.pool.per_account.max(lane.account.connections.unwrap_or(0));
        let full = state.idle.len() >= may_wait || lane.waiting.load(Ordering::Relaxed) >= lane.pool.total;
        if state.closed || full {
            self.give_back(&mut state);
            return Next::Leave;
        }
        let id = state.id();
        let (wake, woken) = oneshot::channel();
        state.idle.push((id, wake));
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        Next::Wait(id, woken)
    }

    /// This connection was woken and counts as about to come.
    pub(super) fn woken(&mut self) {
        self.coming = true;
    }

    /// The connection is gone. True: another one is to be opened, for the mail in hand or one that waits.
    pub(super) fn stays(&mut self, in_hand: bool) -> bool {
        let lane = Arc::clone(&self.lane);
        let mut state = lane.lock();
        self.arrived(&mut state);
        if in_hand {
            return true;
        }
        if state.queue.len() > state.coming {
            state.coming += 1;
            self.coming = true;
            return true;
        }
        self.give_back(&mut state);
        false
    }

    /// Leaves, on purpose.
    pub(super) fn leave(&mut self) {
        let lane = Arc::clone(&self.lane);
        self.give_back(&mut lane.lock());
    }

    /// No connection could be opened. Where others work, they carry what waits; else it is all told why not.
    pub(super) fn refused(mut self, failure: &Failure, in_hand: Option<Job>) {
        let lane = Arc::clone(&self.lane);
        let mut state = lane.lock();
        self.give_back(&mut state);
        if let Some(job) = in_hand {
            state.queue.push_front(job);
        }
        if state.connections > 0 {
            state.refused_beyond = Some((state.connections, Instant::now() + CAUTION));
            lane.call(state);
            return;
        }
        let told = std::mem::take(&mut state.queue);
        drop(state);
        for job in told {
            job.settle(Err(failure.clone()));
        }
    }

    fn arrived(&mut self, state: &mut State) {
        if std::mem::take(&mut self.coming) {
            state.coming = state.coming.saturating_sub(1);
        }
    }

    fn give_back(&mut self, state: &mut State) {
        self.arrived(state);
        if std::mem::take(&mut self.taken) {
            state.connections = state.connections.saturating_sub(1);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.taken {
            return;
        }
        let lane = Arc::clone(&self.lane);
        let mut state = lane.lock();
        self.give_back(&mut state);
        if state.connections > 0 {
            return;
        }
        let told = std::mem::take(&mut state.queue);
        drop(state);
        for job in told {
            let what = "the program stopped working on the connection; nothing was sent".to_owned();
            job.settle(Err(lane.failure(Stage::Connect, Verdict::Transient, what)));
        }
    }
}

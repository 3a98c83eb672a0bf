//! The queue of an account: the mails that wait for a connection, and how many connections there may be.
//!
//! Connections take mails from the queue, the queue assigns none: whichever connection is free first, or has sent the
//! end of a body, takes the mail that waits longest. So a connection that is slow to open or is lost delays no mail that
//! another could send. A mail leaves the queue once, when its commands are about to be sent; a caller that stops waiting
//! before that takes it back.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::account::Account;
use super::connection::Connection;
use super::connection_slot::ConnectionSlot;
use super::connection_task;
use super::server::Server;
use super::submission::{Acceptance, Failure, Stage, Submission};
use crate::Verdict;
use crate::session::PoolLimits;
use crate::tls::TlsConfigs;

/// Limits for the connections of one account that send mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of one account. Further mails wait for one of them.
    pub connections: usize,
    /// The longest wait for a connection.
    pub wait: Duration,
    /// Whether to send the commands of the next mail with the end of the one before, to a server that announced
    /// PIPELINING.
    pub pipelining: bool,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { connections: 4, wait: Duration::from_secs(600), pipelining: true }
    }
}

impl ConnectionLimits {
    /// Allows 16 connections, for many mails to a server that accepts as many.
    pub fn batch() -> Self {
        Self { connections: 16, ..Self::default() }
    }
}

/// The result of a submission.
pub(super) type SubmitResult = Result<Acceptance, Failure>;

/// A mail, and the channel for its result.
pub(super) struct Job {
    id: u64,
    pub(super) submission: Submission,
    answer: oneshot::Sender<SubmitResult>,
    /// Its commands were sent once already, and nothing else of it.
    pub(super) retried: bool,
}

impl Job {
    /// Sends the result to the caller, unless the caller has stopped waiting.
    pub(super) fn report(self, result: SubmitResult) {
        let _ = self.answer.send(result);
    }
}

/// Why an idle connection is woken.
pub(super) enum Wake {
    /// A mail may be queued.
    Work,
    /// Close the connection, and report when it is closed.
    Close(oneshot::Sender<()>),
}

/// One account's mails and connections.
pub(super) struct AccountQueue {
    pub(super) account: Account,
    pub(super) tls: Arc<TlsConfigs>,
    pub(super) pool: PoolLimits,
    /// Idle connections of all queues.
    pub(super) all_idle: Arc<AtomicUsize>,
    limits: ConnectionLimits,
    state: Mutex<State>,
    arrivals: Notify,
    /// This server was found to lose the commands behind a body.
    pipelining_fails: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) jobs: VecDeque<Job>,
    /// Connections that are open, being opened or replaced.
    pub(super) connections: usize,
    /// Of these, the ones that will look into the queue in a moment: being opened, or woken.
    pub(super) coming: usize,
    pub(super) idle: Vec<(u64, oneshot::Sender<Wake>)>,
    last_id: u64,
    /// A connection was refused while others worked: no more than so many until then.
    pub(super) refused_beyond: Option<(usize, Instant)>,
    pub(super) closed: bool,
}

impl State {
    pub(super) fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Removes the mail that waits longest, and before it those whose callers have stopped waiting.
    pub(super) fn pop(&mut self) -> Option<Job> {
        loop {
            let job = self.jobs.pop_front()?;
            if !job.answer.is_closed() {
                return Some(job);
            }
        }
    }
}

impl AccountQueue {
    pub(super) fn new(
        account: Account,
        tls: Arc<TlsConfigs>,
        (pool, limits): (PoolLimits, ConnectionLimits),
        all_idle: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            account,
            tls,
            pool,
            all_idle,
            limits,
            state: Mutex::default(),
            arrivals: Notify::new(),
            pipelining_fails: AtomicBool::new(false),
        }
    }

    /// Queues a mail, and waits for its result.
    pub(super) async fn submit(self: &Arc<Self>, submission: Submission) -> SubmitResult {
        let (answer, mut answered) = oneshot::channel();
        let id = self.push(submission, answer);
        // Dropped, the receiver shows the queue that the caller has stopped waiting.
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

    fn push(self: &Arc<Self>, submission: Submission, answer: oneshot::Sender<SubmitResult>) -> u64 {
        let mut state = self.lock();
        let id = state.id();
        state.jobs.push_back(Job { id, submission, answer, retried: false });
        self.call_connections(state);
        id
    }

    /// Wakes or opens connections for the mails that wait. Takes the lock, since a connection that is woken may look
    /// into the queue before this returns.
    pub(super) fn call_connections(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let mut to_open = 0;
        while state.coming < state.jobs.len() {
            if let Some((_, sleeper)) = state.idle.pop() {
                self.all_idle.fetch_sub(1, Ordering::Relaxed);
                // The task of a connection may have ended.
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
            tokio::spawn(connection_task::run(ConnectionSlot::new(Arc::clone(self))));
        }
    }

    fn most(&self, state: &State) -> usize {
        let refused = state.refused_beyond.filter(|(_, until)| Instant::now() < *until);
        let most = refused.map_or(usize::MAX, |(most, _)| most);
        self.account.connections.unwrap_or(self.limits.connections).min(most).max(1)
    }

    fn take_back(&self, id: u64) -> bool {
        let mut state = self.lock();
        let position = state.jobs.iter().position(|job| job.id == id);
        position.and_then(|position| state.jobs.remove(position)).is_some()
    }

    /// Takes a mail for a connection that is still sending one. Mails for which a connection was called are left to
    /// that connection.
    pub(super) fn pop_pipelined(&self) -> Option<Job> {
        if !self.limits.pipelining || self.pipelining_fails.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.lock();
        if state.jobs.len() > state.coming { state.pop() } else { None }
    }

    /// Waits for a mail for which no connection was called.
    pub(super) async fn arrival(&self) {
        self.arrivals.notified().await;
    }

    /// Sends no commands behind a body to this server any more, which lost some.
    pub(super) fn stop_pipelining(&self) {
        self.pipelining_fails.store(true, Ordering::Relaxed);
    }

    /// Returns whether a connection may send one more mail.
    pub(super) fn may_be_used_again(&self, connection: &Connection) -> bool {
        connection.transactions < self.pool.transactions && connection.opened.elapsed() < self.pool.age
    }

    /// Returns when an idle connection is to be closed.
    pub(super) fn idle_deadline(&self, connection: &Connection) -> Instant {
        (connection.last_used + self.pool.idle).min(connection.opened + self.pool.age)
    }

    /// Removes an idle connection. Returns false if it was woken meanwhile.
    pub(super) fn withdraw(&self, id: u64) -> bool {
        let mut state = self.lock();
        let position = state.idle.iter().position(|(sleeper, _)| *sleeper == id);
        let removed = position.map(|position| state.idle.remove(position));
        removed.inspect(|_| self.count_out()).is_some()
    }

    fn count_out(&self) {
        self.all_idle.fetch_sub(1, Ordering::Relaxed);
    }

    /// Wakes every idle connection to be closed; each reports when it is.
    pub(super) fn close_idle(&self) -> Vec<oneshot::Receiver<()>> {
        let sleepers = std::mem::take(&mut self.lock().idle);
        let mut all_closed = Vec::with_capacity(sleepers.len());
        for (_, sleeper) in sleepers {
            self.count_out();
            let (report, closed) = oneshot::channel();
            if sleeper.send(Wake::Close(report)).is_ok() {
                all_closed.push(closed);
            }
        }
        all_closed
    }

    /// Closes the queue: its connections are closed as soon as they are free.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.close_idle();
    }

    /// Returns whether there is neither a mail nor a connection.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.connections == 0 && state.jobs.is_empty()
    }

    pub(super) fn failure(&self, stage: Stage, verdict: Verdict, what: String) -> Failure {
        Server::of(&self.account).failure(stage, verdict, what)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

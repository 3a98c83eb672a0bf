//! A connection's slot among those that its account may have.
//!
//! A slot that is dropped is released, also when the task of its connection ends in a panic. Mails that wait for the
//! last connection of a queue then get a result: nothing of them was sent.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::account_queue::{AccountQueue, Job, State, Wake};
use super::submission::{Failure, Stage};
use crate::Verdict;

/// For how long no further connection is opened after one was refused while others work.
const CAUTION: Duration = Duration::from_secs(60);

/// The next step of a free connection.
pub(super) enum Next {
    /// Send this mail.
    Send(Job),
    /// Wait to be woken.
    Wait(u64, oneshot::Receiver<Wake>),
    /// Close the connection.
    Close,
}

/// A connection's slot in the queue of its account.
pub(super) struct ConnectionSlot {
    pub(super) queue: Arc<AccountQueue>,
    coming: bool,
    taken: bool,
}

impl ConnectionSlot {
    pub(super) fn new(queue: Arc<AccountQueue>) -> Self {
        Self { queue, coming: true, taken: true }
    }

    /// Decides what a free connection does next.
    pub(super) fn next(&mut self) -> Next {
        let queue = Arc::clone(&self.queue);
        let mut state = queue.lock();
        self.arrived(&mut state);
        if let Some(job) = state.pop() {
            return Next::Send(job);
        }
        // As many may be idle as may work, or a short pause between mails would close connections.
        let most_idle = queue.pool.per_account.max(queue.account.connections.unwrap_or(0));
        let full =
            state.idle.len() >= most_idle || queue.all_idle.load(Ordering::Relaxed) >= queue.pool.total;
        if state.closed || full {
            self.release(&mut state);
            return Next::Close;
        }
        let id = state.id();
        let (wake, woken) = oneshot::channel();
        state.idle.push((id, wake));
        queue.all_idle.fetch_add(1, Ordering::Relaxed);
        Next::Wait(id, woken)
    }

    /// Notes that this connection was woken: it counts as coming.
    pub(super) fn woken(&mut self) {
        self.coming = true;
    }

    /// Decides after the loss of a connection. Returns true if another one is to be opened, for the mail in hand or one
    /// that waits; else the slot is released.
    pub(super) fn keep_for_another(&mut self, in_hand: bool) -> bool {
        let queue = Arc::clone(&self.queue);
        let mut state = queue.lock();
        self.arrived(&mut state);
        if in_hand {
            return true;
        }
        if state.jobs.len() > state.coming {
            state.coming += 1;
            self.coming = true;
            return true;
        }
        self.release(&mut state);
        false
    }

    /// Releases the slot.
    pub(super) fn leave(&mut self) {
        let queue = Arc::clone(&self.queue);
        self.release(&mut queue.lock());
    }

    /// Releases the slot of a connection that could not be opened. Other connections of the account send what waits;
    /// where there are none, every waiting mail fails.
    pub(super) fn refused(mut self, failure: &Failure, in_hand: Option<Job>) {
        let queue = Arc::clone(&self.queue);
        let mut state = queue.lock();
        self.release(&mut state);
        if let Some(job) = in_hand {
            state.jobs.push_front(job);
        }
        if state.connections > 0 {
            state.refused_beyond = Some((state.connections, Instant::now() + CAUTION));
            queue.call_connections(state);
            return;
        }
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        for job in jobs {
            job.report(Err(failure.clone()));
        }
    }

    fn arrived(&mut self, state: &mut State) {
        if std::mem::take(&mut self.coming) {
            state.coming = state.coming.saturating_sub(1);
        }
    }

    fn release(&mut self, state: &mut State) {
        self.arrived(state);
        if std::mem::take(&mut self.taken) {
            state.connections = state.connections.saturating_sub(1);
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        if !self.taken {
            return;
        }
        let queue = Arc::clone(&self.queue);
        let mut state = queue.lock();
        self.release(&mut state);
        if state.connections > 0 {
            return;
        }
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        for job in jobs {
            let what = "the program stopped working on the connection; nothing was sent".to_owned();
            job.report(Err(queue.failure(Stage::Connect, Verdict::Transient, what)));
        }
    }
}

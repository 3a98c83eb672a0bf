//! Sending a batch, with its progress as events: by a worker in this program, or by the one that is at the store already.

use crate::app::{AppError, Session, StopSignal, WorkerLock, now, start_worker};
use crate::outbox::{Worker, WorkerOptions};
use postroom_store::{BatchId, Location};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};

/// Interval of the counts that are reported.
const TICK: Duration = Duration::from_millis(250);

/// How long mails in flight have to end when the rest can't enter the outbox.
const GRACE: Duration = Duration::from_secs(20);

/// An event while a batch is sent.
#[derive(Debug)]
pub enum SendingEvent<'a> {
    /// How its mails stand.
    Counted {
        /// All of them in the outbox.
        mails: u64,
        /// Due, or being sent.
        active: u64,
        /// Those that failed.
        failed: u64,
    },
    /// The rest can't enter the outbox; what is in flight is finished first.
    FillingFailed(&'a AppError),
    /// It was asked to stop; what is in flight is finished first.
    Stopping,
}

/// The state of a batch when its command ends.
#[derive(Debug)]
pub struct BatchEnd {
    /// How many mails are in which state, by the store's names.
    pub counts: BTreeMap<String, u64>,
    /// It was stopped.
    pub stopped: bool,
}

impl BatchEnd {
    /// Reads how a batch stands now, whatever program works at it.
    pub async fn now(session: &Session, batch: BatchId) -> Result<Self, AppError> {
        let counts = counts(session, Some(batch)).await?.by_state;
        Ok(Self { counts, stopped: false })
    }

    /// Counts the mails in one state.
    pub fn of(&self, state: &str) -> u64 {
        self.counts.get(state).copied().unwrap_or(0)
    }
}

/// Drops what fills the outbox once the user asks to stop: what has entered stays there.
pub async fn unless_stopped<T>(
    stop: &StopSignal,
    filling: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    tokio::select! {
        filled = filling => filled,
        () = stop.asked() => Err(AppError::Stopped),
    }
}

/// Sends a batch, while `filling` puts it into the outbox. Ends when all of it has left or waits for later, or when the
/// user stops it; `filling` ends then by itself.
pub async fn send_batch<T>(
    session: &Session,
    location: &Location,
    batch: &OnceCell<BatchId>,
    stop: &StopSignal,
    observer: &(dyn Fn(SendingEvent<'_>) + Sync),
    filling: impl Future<Output = Result<T, AppError>>,
) -> Result<(T, BatchEnd), AppError> {
    let enough = Arc::new(Notify::new());
    let lock = WorkerLock::take(location)?;
    let worker = match &lock {
        Some(lock) => {
            let options = WorkerOptions { account: Some(session.account.id), ..WorkerOptions::default() };
            let (connections, engine) = (&session.connections, session.plugin.engine());
            Some(start_worker(connections, engine, options, lock).await?)
        }
        // The worker that is at the store does it.
        None => None,
    };
    let idle = worker.as_ref().map_or_else(Arc::default, Worker::idle);
    let until = Arc::clone(&enough);
    let mut work = tokio::spawn(async move {
        match worker {
            Some(worker) => worker.run(until.notified()).await,
            None => {
                until.notified().await;
                Ok(())
            }
        }
    });
    let filled = match filling.await {
        Ok(filled) => filled,
        Err(error) => {
            observer(SendingEvent::FillingFailed(&error));
            enough.notify_one();
            // What is being sent gets its result, or it would be unknown whether it left. A disk that stays full gets none.
            let _ = tokio::time::timeout(GRACE, work).await;
            return Err(error);
        }
    };
    let end = loop {
        let counts = counts(session, batch.get().copied()).await?;
        observer(counts.event());
        if counts.active == 0 {
            break BatchEnd { counts: counts.by_state, stopped: false };
        }
        tokio::select! {
            () = stop.asked() => {
                observer(SendingEvent::Stopping);
                break BatchEnd { counts: counts.by_state, stopped: true };
            }
            ended = &mut work => {
                ended.map_err(|e| AppError::Internal(e.to_string()))??;
                return Err(AppError::Internal("the worker ended before the batch did".to_owned()));
            }
            () = idle.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    };
    enough.notify_one();
    work.await.map_err(|e| AppError::Internal(e.to_string()))??;
    let counts = if end.stopped { counts(session, batch.get().copied()).await?.by_state } else { end.counts };
    Ok((filled, BatchEnd { counts, ..end }))
}

/// How the mails of a batch stand.
#[derive(Default)]
struct Counts {
    by_state: BTreeMap<String, u64>,
    /// Due, or being sent.
    active: u64,
}

impl Counts {
    fn event(&self) -> SendingEvent<'static> {
        SendingEvent::Counted {
            mails: self.by_state.values().sum(),
            active: self.active,
            failed: self.by_state.get("failed").copied().unwrap_or(0),
        }
    }
}

/// Counts the mails of a batch; none has entered the outbox while it has no id.
async fn counts(session: &Session, batch: Option<BatchId>) -> Result<Counts, AppError> {
    let Some(batch) = batch else { return Ok(Counts::default()) };
    // Before the states: what ends between the two counts as ended. The other way round the last mails counted as waiting.
    let active = session.user_store().active(batch, now()).await?;
    let mut by_state = BTreeMap::new();
    for count in session.user_store().counts(Some(batch)).await? {
        *by_state.entry(count.state).or_default() += count.mails;
    }
    Ok(Counts { by_state, active })
}

//! The batch on its way, for somebody who watches: a worker in this program, or the one that is there already.

use super::preflight::{Quota, Row};
use super::{Batch, bar};
use crate::cli::Exit;
use crate::cli::desk::{Desk, now};
use crate::cli::output::{json, line, printable, table};
use crate::cli::single::Single;
use crate::cli::stopping::StopRequest;
use crate::cli::worker::{STOPPING, hire};
use crate::cli::{Common, Failure};
use crate::outbox::{Notices, Worker, WorkerOptions};
use crate::store::{BatchId, Location};
use chrono::{DateTime, FixedOffset};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};

/// How often somebody who watches is told.
const TICK: Duration = Duration::from_millis(250);

/// How long what is in hand has to end when the rest can't enter the outbox.
const FAREWELL: Duration = Duration::from_secs(20);

/// How a batch stands.
pub(in crate::cli) struct End {
    counts: BTreeMap<String, u64>,
    stopped: bool,
}

impl End {
    /// Reads how a batch stands now, whoever works at it.
    pub(in crate::cli) async fn now(desk: &Desk, batch: BatchId) -> Result<Self, Failure> {
        let counts = counts(desk, Some(batch)).await?.by_state;
        Ok(Self { counts, stopped: false })
    }

    fn of(&self, state: &str) -> u64 {
        self.counts.get(state).copied().unwrap_or(0)
    }

    /// How many mails are in which state, by the store's names.
    pub(in crate::cli) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// What the exit code says: see `postroom --help`.
    pub(in crate::cli) fn exit(&self) -> Exit {
        if self.of("in-doubt") > 0 {
            Exit::InDoubt
        } else if self.of("failed") > 0 || self.of("held") > 0 {
            Exit::Refused
        } else if self.of("ready") > 0 {
            Exit::Later
        } else {
            Exit::Done
        }
    }
}

/// Drops what fills the outbox once the user asks to stop: what has entered stays there.
pub(in crate::cli) async fn unless_stopped<T>(
    stop: &StopRequest,
    filling: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        filled = filling => filled,
        () = stop.asked() => Err(Failure { code: Exit::Later, message: "stopped before all of them were in the outbox: start it again to go on".to_owned() }),
    }
}

/// Sends the batch, while `filling` puts it into the outbox. Ends when all of it has left or waits for later, or when the
/// user stops it; `filling` ends then by itself.
pub(in crate::cli) async fn send<T>(
    common: &Common,
    desk: &Desk,
    location: &Location,
    batch: &OnceCell<BatchId>,
    stop: &StopRequest,
    filling: impl Future<Output = Result<T, Failure>>,
) -> Result<(T, End), Failure> {
    let bar = bar(common, 0, "sending");
    let above = bar.clone();
    let tell = move |text: &str| above.suspend(|| eprintln!("{}", printable(text)));
    let notices: Notices = Arc::new(tell.clone());
    let enough = Arc::new(Notify::new());
    let single = Single::take(location)?;
    let worker = match &single {
        Some(single) => Some(
            hire(
                common,
                &desk.connections,
                desk.company_plugin.engine(),
                WorkerOptions { account: Some(desk.account.id), ..WorkerOptions::default() },
                notices,
                single,
            )
            .await?,
        ),
        // The worker that is at the store does it.
        None => None,
    };
    let idle = worker.as_ref().map_or_else(Arc::default, Worker::idle);
    let until = Arc::clone(&enough);
    let work = tokio::spawn(async move {
        match worker {
            Some(worker) => worker.run(until.notified()).await,
            None => {
                until.notified().await;
                Ok(())
            }
        }
    });
    let mut work = work;
    let filled = match filling.await {
        Ok(filled) => filled,
        Err(failure) => {
            tell(&format!("{}; what is in hand is finished first", failure.message));
            enough.notify_one();
            // What is being sent gets its result, or nobody would know whether it left. A disk that stays full gets none.
            let _ = tokio::time::timeout(FAREWELL, work).await;
            return Err(failure);
        }
    };
    let end = loop {
        let counts = counts(desk, batch.get().copied()).await?;
        show(&bar, &counts);
        if counts.active == 0 {
            break End { counts: counts.by_state, stopped: false };
        }
        tokio::select! {
            () = stop.asked() => {
                tell(STOPPING);
                break End { counts: counts.by_state, stopped: true };
            }
            ended = &mut work => {
                ended.map_err(|e| Failure::other(e.to_string()))??;
                return Err(Failure::other("the worker ended before the batch did"));
            }
            () = idle.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    };
    enough.notify_one();
    work.await.map_err(|e| Failure::other(e.to_string()))??;
    bar.finish_and_clear();
    let counts = if end.stopped { counts(desk, batch.get().copied()).await?.by_state } else { end.counts };
    Ok((filled, End { counts, ..end }))
}

/// How the mails of a batch stand.
#[derive(Default)]
struct Counts {
    by_state: BTreeMap<String, u64>,
    /// Due, or in somebody's hands.
    active: u64,
}

fn show(bar: &ProgressBar, counts: &Counts) {
    let all: u64 = counts.by_state.values().sum();
    bar.set_length(all);
    bar.set_position(all.saturating_sub(counts.active));
    let failed = counts.by_state.get("failed").copied().unwrap_or(0);
    if failed > 0 {
        bar.set_prefix(format!("{failed} failed"));
    }
}

/// What came of the batch.
pub(super) fn tell(
    common: &Common,
    end: &End,
    rows: &[Row],
    quota: &Quota,
    (batch, started): (&Batch, DateTime<FixedOffset>),
) -> Result<(), Failure> {
    let took = (now() - started).as_seconds_f64();
    if common.json {
        return json(&serde_json::json!({
            "batch": batch.name, "batch_id": batch.id_text(), "states": end.counts, "stopped": end.stopped,
            "seconds": took, "rows": rows, "quota": quota,
        }));
    }
    let aside: Vec<Row> = rows.iter().filter(|row| !row.is_wanted()).cloned().collect();
    if !aside.is_empty() {
        super::preflight::show(&aside, quota)?;
    }
    let named = |(state, count): (&String, &u64)| vec![state.clone(), count.to_string()];
    table(&["state", "mails"], end.counts.iter().map(named))?;
    line(&format!("in {took:.1} s"))?;
    if end.of("ready") > 0 {
        let what = if end.stopped { "start it again to go on" } else { "they are tried again later" };
        line(&format!("{} have not left yet: `postroom worker` sends them; {what}", end.of("ready")))?;
    }
    if end.of("in-doubt") > 0 {
        line("those in doubt may have left: `postroom outbox` lists them")?;
    }
    super::queue_state::tell(rows)?;
    batch.tell_name()
}

/// Counts the mails of a batch; none has entered the outbox while it has no id.
async fn counts(desk: &Desk, batch: Option<BatchId>) -> Result<Counts, Failure> {
    let Some(batch) = batch else { return Ok(Counts::default()) };
    // Before the states: what ends between the two is told as ended. The other way round the last mails were told as waiting.
    let active = desk.user_store().active(batch, now()).await?;
    let mut by_state = BTreeMap::new();
    for count in desk.user_store().counts(Some(batch)).await? {
        *by_state.entry(count.state).or_default() += count.mails;
    }
    Ok(Counts { by_state, active })
}

//! A batch while it is sent, with a progress bar, and its result.

use super::{id_text, name_batch, rows, unresolved};
use crate::delivery::bar;
use crate::output::{json, line, table};
use crate::worker::STOPPING;
use crate::{Common, Exit, Failure, failure, logging};
use chrono::{DateTime, FixedOffset};
use postroom::app::bulk::{BatchEnd, Bulk, Quota, Row, SendingEvent, send_batch};
use postroom::app::{AppError, BatchId, Location, Session, StopSignal, now};
use tokio::sync::OnceCell;

/// Sends the batch under a progress bar, while `filling` puts it into the outbox.
pub(crate) async fn send<T>(
    common: &Common,
    session: &Session,
    location: &Location,
    batch: &OnceCell<BatchId>,
    stop: &StopSignal,
    filling: impl Future<Output = Result<T, AppError>>,
) -> Result<(T, BatchEnd), Failure> {
    let bar = bar(common, 0, "sending");
    let above = logging::above(&bar);
    let observer = |event: SendingEvent<'_>| match event {
        SendingEvent::Counted { mails, active, failed } => {
            bar.set_length(mails);
            bar.set_position(mails.saturating_sub(active));
            if failed > 0 {
                bar.set_prefix(format!("{failed} failed"));
            }
        }
        SendingEvent::FillingFailed(error) => {
            tracing::error!("{}; what is in hand is finished first", failure::sentence(error));
        }
        SendingEvent::Stopping => tracing::info!("{STOPPING}"),
    };
    let sent = send_batch(session, location, batch, stop, &observer, filling).await?;
    drop(above);
    bar.finish_and_clear();
    Ok(sent)
}

/// Returns the exit code of a batch: see `postroom --help`.
pub(crate) fn exit(end: &BatchEnd) -> Exit {
    if end.of("in-doubt") > 0 {
        Exit::InDoubt
    } else if end.of("failed") > 0 || end.of("held") > 0 {
        Exit::Refused
    } else if end.of("ready") > 0 {
        Exit::Later
    } else {
        Exit::Done
    }
}

/// Prints the result of the batch.
pub(super) async fn report(
    common: &Common,
    end: &BatchEnd,
    rows: &[Row],
    quota: &Quota,
    (bulk, started): (&Bulk, DateTime<FixedOffset>),
) -> Result<(), Failure> {
    let took = (now() - started).as_seconds_f64();
    if common.json {
        let shown = rows::shown(common, bulk.session(), rows).await?;
        return json(&serde_json::json!({
            "batch": bulk.name(), "batch_id": id_text(bulk), "states": end.counts, "stopped": end.stopped,
            "seconds": took, "rows": shown, "quota": quota,
        }));
    }
    let aside = rows::shown(common, bulk.session(), rows.iter().filter(|row| !row.is_wanted())).await?;
    if !aside.is_empty() {
        rows::show(&aside, quota)?;
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
    unresolved::report(rows)?;
    name_batch(bulk)
}

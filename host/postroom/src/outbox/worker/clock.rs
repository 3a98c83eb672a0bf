//! After a machine's clock was set back, the due time of waiting mails that was near is far in the future. A worker repairs such
//! times when it starts, and every ten minutes.

use super::Worker;
use std::time::{Duration, Instant};

/// Time between two repairs.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// When due times were last repaired.
#[derive(Debug, Default)]
pub(super) struct LastRepair(Option<Instant>);

impl Worker {
    /// Repairs due times that a backward clock change left far in the future. If that fails, the next repair is after the usual
    /// interval.
    pub(super) async fn repair_due_times(&self, last: &mut LastRepair) {
        if last.0.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        last.0 = Some(Instant::now());
        match self.outbox.store.repair_due_times(self.outbox.clock.now()).await {
            Ok(0) => {}
            Ok(mails) => tracing::warn!(
                "this machine's clock went back: {mails} mails that waited for a time far ahead are looked at now"
            ),
            Err(error) => {
                tracing::error!("mails that a clock keeps waiting were not looked for: {error}")
            }
        }
    }
}

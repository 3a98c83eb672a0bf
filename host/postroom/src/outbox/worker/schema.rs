//! Another program may migrate the store to a version that this one does not know. A worker that runs for weeks checks every few
//! seconds whether it may go on.

use super::Worker;
use postroom_store::StoreError;
use std::time::{Duration, Instant};

/// Time between two checks.
const INTERVAL: Duration = Duration::from_secs(5);

/// When the schema was last checked. Opening the store, a moment before the worker began, checked it first.
#[derive(Debug)]
pub(super) struct LastCheck(Instant);

impl Default for LastCheck {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Worker {
    /// Fails if the store has a schema that this program does not know.
    pub(super) async fn check_schema(&self, last: &mut LastCheck) -> Result<(), StoreError> {
        if last.0.elapsed() < INTERVAL {
            return Ok(());
        }
        self.outbox.store.check_version().await?;
        last.0 = Instant::now();
        Ok(())
    }
}

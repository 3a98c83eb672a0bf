//! Another program may bring the store to a version that this one does not know. A worker that stays at it for weeks asks now
//! and then whether it may go on.

use super::Worker;
use postroom_store::StoreError;
use std::time::{Duration, Instant};

/// From one question to the next.
const ASK: Duration = Duration::from_secs(5);

/// When it was last asked. The store was opened a moment before the worker began.
#[derive(Debug)]
pub(super) struct Asked(Instant);

impl Default for Asked {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Worker {
    /// An error for a store that this program does not know any more.
    pub(super) async fn still_fits(&self, asked: &mut Asked) -> Result<(), StoreError> {
        if asked.0.elapsed() < ASK {
            return Ok(());
        }
        self.outbox.store.check_version().await?;
        asked.0 = Instant::now();
        Ok(())
    }
}

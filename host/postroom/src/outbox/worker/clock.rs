//! A clock that went back leaves mails to wait for a time that was near and is far again. A worker looks for them when it
//! starts, and now and then.

use super::Worker;
use std::time::{Duration, Instant};

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(10 * 60);

/// When it was last looked.
#[derive(Debug, Default)]
pub(super) struct Looked(Option<Instant>);

impl Worker {
    /// Makes due what only a clock keeps. A store that is away is asked again with the next look.
    pub(super) async fn bring_back(&self, looked: &mut Looked) {
        if looked.0.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        looked.0 = Some(Instant::now());
        match self.outbox.store.repair_due_times(self.outbox.clock.now()).await {
            Ok(0) => {}
            Ok(mails) => (self.notices)(&format!(
                "this machine's clock went back: {mails} mails that waited for a time far ahead are looked at now"
            )),
            Err(error) => {
                (self.notices)(&format!("mails that a clock keeps waiting were not looked for: {error}"))
            }
        }
    }
}

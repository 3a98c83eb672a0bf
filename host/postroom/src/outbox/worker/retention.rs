//! Once a day a worker empties the mails that ended longer ago than their company keeps them. Several workers that do it do
//! no harm: what is empty is not looked at again.

use crate::outbox::outbox_handle::OutboxHandle;
use std::time::Duration;
use tokio::task::AbortHandle;

/// From one time to the next.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A store that is away is asked again after this.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Applies the companies' retention daily until it is aborted. Begins at once: a worker may be started once a day by a
/// scheduler and end when nothing is due.
pub(super) fn spawn(outbox: OutboxHandle) -> AbortHandle {
    let daily = async move {
        loop {
            let pause = match outbox.store.apply_retention(outbox.clock.now()).await {
                Ok(0) => DAY,
                Ok(mails) => {
                    tracing::info!("{mails} mails that ended long ago were emptied");
                    DAY
                }
                Err(error) => {
                    tracing::error!("mails that ended long ago could not be emptied: {error}");
                    AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    };
    tokio::spawn(daily).abort_handle()
}

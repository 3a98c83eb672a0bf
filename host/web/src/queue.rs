//! How many mails are in the outbox, for the metrics.

use postroom_store::{Store, StoreError};

/// Mails by state.
pub(super) async fn depth(store: &Store) -> Result<Vec<(String, u64)>, StoreError> {
    Ok(store.depths().await?.into_iter().collect())
}

//! Whether the installation can do its work, and how much waits.

use super::Installation;
use crate::app::AppError;

impl Installation {
    /// Fails where the store does not answer.
    pub async fn check_store(&self) -> Result<(), AppError> {
        Ok(self.connections.store().ping().await?)
    }

    /// Counts the mails in the outbox by their state.
    pub async fn queue_depths(&self) -> Result<Vec<(String, u64)>, AppError> {
        Ok(self.connections.store().depths().await?.into_iter().collect())
    }
}

//! The group of mails that is on its way into the outbox while the next one is made.

use super::earlier::Checked;
use super::{AppError, Batch, Row};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The group on its way into the outbox.
#[derive(Default)]
pub(super) struct Entering(Option<JoinHandle<Result<Vec<Row>, AppError>>>);

impl Entering {
    pub(super) fn begin(&mut self, batch: &Arc<Batch>, group: Vec<Checked>) {
        let batch = Arc::clone(batch);
        self.0 = Some(tokio::spawn(async move { batch.enter(group).await }));
    }

    /// Waits until it is there, and gives its rows.
    pub(super) async fn end(&mut self) -> Result<Vec<Row>, AppError> {
        match self.0.take() {
            Some(entering) => entering.await.map_err(|e| AppError::Internal(e.to_string()))?,
            None => Ok(Vec::new()),
        }
    }
}

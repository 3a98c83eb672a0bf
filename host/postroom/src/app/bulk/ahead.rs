//! Documents checked a few at a time, and given in their order: one reads its files while another is composed.

use super::earlier::Checked;
use super::source::{Item, Source};
use super::{AppError, Batch};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::JoinHandle;

type Next = Result<Option<Checked>, AppError>;

/// The documents that are still to be given.
pub(super) struct Ahead {
    batch: Arc<Batch>,
    items: VecDeque<Item>,
    under_way: VecDeque<JoinHandle<Next>>,
    at_once: usize,
}

impl Ahead {
    pub(super) fn new(batch: &Arc<Batch>, source: &Source) -> Self {
        Self {
            batch: Arc::clone(batch),
            items: source.items.iter().cloned().collect(),
            under_way: VecDeque::new(),
            at_once: source.items.first().map_or(1, Item::at_once),
        }
    }

    /// Returns the next document's row, and its mail where one was composed; none inside: the user left it out.
    /// None: that was the last.
    pub(super) async fn next(&mut self) -> Option<Next> {
        while self.under_way.len() < self.at_once
            && let Some(item) = self.items.pop_front()
        {
            let batch = Arc::clone(&self.batch);
            self.under_way.push_back(tokio::spawn(async move { batch.checked(item.at_hand().await).await }));
        }
        let checked = self.under_way.pop_front()?.await;
        Some(checked.unwrap_or_else(|e| Err(AppError::Internal(e.to_string()))))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        for check in &self.under_way {
            check.abort();
        }
    }
}

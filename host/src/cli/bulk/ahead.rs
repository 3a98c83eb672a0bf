//! Documents checked a few at a time, and told of in their order: one reads its files while another is composed.

use super::Batch;
use super::before::Checked;
use super::source::{Item, Source};
use crate::cli::Failure;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::JoinHandle;

type Told = Result<Option<Checked>, Failure>;

/// The documents that are still to be told of.
pub(super) struct Ahead {
    batch: Arc<Batch>,
    items: VecDeque<Item>,
    under_way: VecDeque<JoinHandle<Told>>,
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

    /// The next document's row, and its mail where one was made; none inside: it is left out by the user's own choice.
    /// None: that was the last.
    pub(super) async fn next(&mut self) -> Option<Told> {
        while self.under_way.len() < self.at_once
            && let Some(item) = self.items.pop_front()
        {
            let batch = Arc::clone(&self.batch);
            self.under_way.push_back(tokio::spawn(async move { batch.checked(item.at_hand().await).await }));
        }
        let checked = self.under_way.pop_front()?.await;
        Some(checked.unwrap_or_else(|e| Err(Failure::other(e.to_string()))))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        for check in &self.under_way {
            check.abort();
        }
    }
}

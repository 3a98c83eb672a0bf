//! Documents checked a few at a time, and told of in their order: one reads its files while another is composed.

use super::Batch;
use super::preflight::{self, Made, Row};
use crate::cli::Failure;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Checks at the same time, for each processor.
const PER_PROCESSOR: usize = 2;

type Checked = Result<Option<(Row, Option<Made>)>, Failure>;

/// The documents that are still to be told of.
pub(super) struct Ahead {
    batch: Arc<Batch>,
    files: VecDeque<PathBuf>,
    under_way: VecDeque<JoinHandle<Checked>>,
    at_once: usize,
}

impl Ahead {
    pub(super) fn new(batch: &Arc<Batch>, files: &[PathBuf]) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            batch: Arc::clone(batch),
            files: files.iter().cloned().collect(),
            under_way: VecDeque::new(),
            at_once: PER_PROCESSOR * processors,
        }
    }

    /// The next document's row, and its mail where one was made; none inside: it is left out by the user's own choice.
    /// None: that was the last.
    pub(super) async fn next(&mut self) -> Option<Checked> {
        while self.under_way.len() < self.at_once
            && let Some(file) = self.files.pop_front()
        {
            let batch = Arc::clone(&self.batch);
            self.under_way.push_back(tokio::spawn(async move { preflight::check(&batch, file).await }));
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

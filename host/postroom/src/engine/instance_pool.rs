//! Instances between two calls, and how many compose at the same time.
//!
//! An instance that has composed holds its templates, parsed, and the memory that a mail takes; one that has only
//! submitted holds little, and is busy for as long as a server takes to answer. So the two are not mixed while mails are
//! composed: a hundred mails under way take a hundred small instances, and composing as many large ones as the machine
//! has work for.

use super::instance::Instance;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Mails that are composed at the same time, for each processor: one waits for a file while the other computes.
const PER_PROCESSOR: usize = 2;

/// Instances of one office that wait for a call.
pub(super) struct InstancePool {
    waiting: Mutex<Vec<Instance>>,
    composing: Semaphore,
    at_once: usize,
}

/// Tells whether a call composes, or comes before a mail is composed: an instance remembers the document that it read last.
pub(super) fn composes(call: &str) -> bool {
    matches!(call, "compose" | "compose_tracked" | "read" | "resolve")
}

impl InstancePool {
    pub(super) fn new() -> Self {
        let at_once = PER_PROCESSOR * std::thread::available_parallelism().map_or(1, usize::from);
        Self { waiting: Mutex::default(), composing: Semaphore::new(at_once), at_once }
    }

    /// Waits until a call may begin, where it composes. What is given back is kept until it is done.
    pub(super) async fn turn(&self, composing: bool) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        if composing { self.composing.acquire().await.ok() } else { None }
    }

    /// Takes the instance used last of those that are good for the call.
    pub(super) fn take(&self, composing: bool) -> Option<Instance> {
        let nobody_composes = self.composing.available_permits() == self.at_once;
        let mut waiting = self.lock();
        let fitting = waiting.iter().rposition(|instance| instance.composed == composing);
        let other = if composing || nobody_composes { waiting.len().checked_sub(1) } else { None };
        fitting.or(other).map(|place| waiting.remove(place))
    }

    /// Puts an instance back.
    pub(super) fn put(&self, instance: Instance) {
        self.lock().push(instance);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

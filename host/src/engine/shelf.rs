//! Instances between two calls, and how many compose at the same time.
//!
//! An instance that has composed holds its templates, parsed, and the memory that a mail takes; one that has only
//! submitted holds little, and is busy for as long as a server takes to answer. So the two are not mixed while mails are
//! composed: a hundred mails under way take a hundred small instances, and composing as many large ones as the machine
//! has work for.

use super::instance::Instance;
use crate::contract::documents::Source;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Mails that are composed at the same time, for each processor: one waits for a file while the other computes.
const PER_PROCESSOR: usize = 2;

/// Instances of one office that wait for a call.
pub(super) struct Shelf {
    waiting: Mutex<Vec<Instance>>,
    composing: Semaphore,
    at_once: usize,
}

/// What a call is about: a document, by a fingerprint. The instance that read it last remembers it, and need not read it again
/// for the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topic(u64);

impl Topic {
    pub(super) fn of(document: &Source) -> Self {
        let mut hasher = DefaultHasher::new();
        (&document.media_type, &document.content).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Shelf {
    pub(super) fn new() -> Self {
        let at_once = PER_PROCESSOR * std::thread::available_parallelism().map_or(1, usize::from);
        Self { waiting: Mutex::default(), composing: Semaphore::new(at_once), at_once }
    }

    /// Waits until a call may begin, where it composes. What is given back is kept until it is done.
    pub(super) async fn turn(&self, about: Option<Topic>) -> Option<SemaphorePermit<'_>> {
        about?;
        // The semaphore is never closed.
        self.composing.acquire().await.ok()
    }

    /// An instance that is good for the call: the one that knows its document; else of those that compose the one that has
    /// rested longest, since the others may be in the middle of a mail.
    pub(super) fn take(&self, about: Option<Topic>) -> Option<Instance> {
        let nobody_composes = self.composing.available_permits() == self.at_once;
        let mut waiting = self.lock();
        let place = match about {
            Some(_) => {
                let knows = waiting.iter().rposition(|it| it.about == about);
                let composes = || waiting.iter().position(|it| it.about.is_some());
                knows.or_else(composes).or_else(|| waiting.len().checked_sub(1))
            }
            None => {
                let small = waiting.iter().rposition(|it| it.about.is_none());
                small.or_else(|| waiting.len().checked_sub(1).filter(|_| nobody_composes))
            }
        };
        place.map(|place| waiting.remove(place))
    }

    /// Puts an instance back.
    pub(super) fn put(&self, instance: Instance) {
        self.lock().push(instance);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

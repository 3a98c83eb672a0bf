//! A store that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use postroom::transport::BoxFuture;
use postroom::transport::oauth::{Grant, GrantStore, InMemory, StoreError, Stored, Swap};

/// A store on a disk that is full now and then.
#[derive(Debug)]
pub(crate) struct Fragile {
    pub(crate) store: Arc<InMemory>,
    /// Reading fails.
    pub(crate) unreadable: AtomicBool,
    /// Writing fails after so many writes.
    pub(crate) writes_left: AtomicUsize,
}

impl Fragile {
    pub(crate) fn over(store: Arc<InMemory>) -> Arc<Self> {
        let (unreadable, writes_left) = (AtomicBool::new(false), AtomicUsize::new(usize::MAX));
        Arc::new(Self { store, unreadable, writes_left })
    }
}

impl GrantStore for Fragile {
    fn load<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        if self.unreadable.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError("the disk is gone".into())) });
        }
        self.store.load(account)
    }

    fn replace<'a>(
        &'a self,
        account: &'a str,
        expected: Option<u64>,
        grant: Option<&'a Grant>,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        let left = self.writes_left.load(Ordering::SeqCst);
        if left == 0 {
            return Box::pin(async { Err(StoreError("the disk is full".into())) });
        }
        self.writes_left.store(left - 1, Ordering::SeqCst);
        self.store.replace(account, expected, grant)
    }
}

//! One call at a time: an instance of the plugin is not made to be called while it is in a call.
//!
//! Some runtimes refuse that themselves, others don't: JavaScript's may call an export from within an import, and may go on with
//! an instance whose import threw.

use std::sync::atomic::{AtomicBool, Ordering};

/// A lock that one call holds at a time.
#[derive(Debug)]
pub(crate) struct CallLock(AtomicBool);

/// Holds the lock until it is dropped. One that never is, since an exception removed the stack, keeps the lock for ever.
#[derive(Debug)]
#[must_use]
pub struct CallGuard<'a>(&'a CallLock);

impl CallLock {
    /// Makes a lock that is free.
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Takes the lock; none while another call holds it.
    pub(crate) fn try_lock(&self) -> Option<CallGuard<'_>> {
        let is_free = !self.0.swap(true, Ordering::Acquire);
        is_free.then(|| CallGuard(self))
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_holds_the_lock_at_a_time() {
        let call_lock = CallLock::new();
        for _ in 0..3 {
            let first = call_lock.try_lock();
            assert!(first.is_some());
            assert!(call_lock.try_lock().is_none(), "while another holds it");
            assert!(call_lock.try_lock().is_none(), "being refused frees nothing");
        }
        assert!(call_lock.try_lock().is_some(), "each was released");
    }

    #[test]
    fn a_call_whose_stack_was_removed_keeps_the_lock() {
        let call_lock = CallLock::new();
        // An exception that passes through WebAssembly runs no destructors.
        std::mem::forget(call_lock.try_lock());
        assert!(call_lock.try_lock().is_none());
    }

    #[test]
    fn of_many_threads_one_gets_the_lock() {
        let (call_lock, inside) = (CallLock::new(), std::sync::Barrier::new(4));
        let guard = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                scope.spawn(|| {
                    let guard = call_lock.try_lock();
                    inside.wait();
                    guard.is_some()
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(guard.iter().filter(|it| **it).count(), 1);
    }
}

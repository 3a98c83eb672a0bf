//! Letting one in at a time: an instance of the plugin is not made to be called while it is in a call.
//!
//! Some runtimes refuse that themselves, others don't: JavaScript's may call an export from within an import, and may go on with
//! an instance whose import threw.

use std::sync::atomic::{AtomicBool, Ordering};

/// Lets one in at a time.
#[derive(Debug)]
pub(crate) struct Entrance(AtomicBool);

/// Is in, until it is dropped. One that never is, since an exception took the stack away, keeps the entrance closed.
#[derive(Debug)]
#[must_use]
pub struct Entered<'a>(&'a Entrance);

impl Entrance {
    /// Open.
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Enters; none while another is in.
    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        let is_free = !self.0.swap(true, Ordering::Acquire);
        is_free.then(|| Entered(self))
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_enters_at_a_time() {
        let entrance = Entrance::new();
        for _ in 0..3 {
            let first = entrance.enter();
            assert!(first.is_some());
            assert!(entrance.enter().is_none(), "while another is in");
            assert!(entrance.enter().is_none(), "being refused opens nothing");
        }
        assert!(entrance.enter().is_some(), "each has left");
    }

    #[test]
    fn one_whose_stack_was_taken_away_keeps_the_others_out() {
        let entrance = Entrance::new();
        // An exception that passes through WebAssembly runs no destructors.
        std::mem::forget(entrance.enter());
        assert!(entrance.enter().is_none());
    }

    #[test]
    fn of_many_threads_one_enters() {
        let (entrance, inside) = (Entrance::new(), std::sync::Barrier::new(4));
        let entered = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                scope.spawn(|| {
                    let entered = entrance.enter();
                    inside.wait();
                    entered.is_some()
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(entered.iter().filter(|it| **it).count(), 1);
    }
}

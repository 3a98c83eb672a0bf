//! Time, as an argument: tests must not wait for a token to expire.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::BoxFuture;

/// A clock that can wait.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Comes back after this time.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Adds to a time, without running over the end of time.
pub fn after(now: DateTime<Utc>, time: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(time)
        .ok()
        .and_then(|delta| now.checked_add_signed(delta))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

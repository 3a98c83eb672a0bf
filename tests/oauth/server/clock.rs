//! The test's clock: it stands still until somebody moves it, or sleeps.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use postroom::transport::BoxFuture;
use postroom::transport::oauth::Clock;

/// A clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct TestClock {
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl TestClock {
    /// On a Monday morning.
    pub(crate) fn new() -> Self {
        let start = DateTime::parse_from_rfc3339("2026-11-23T09:00:00Z").expect("a time");
        Self { now: Arc::new(Mutex::new(start.to_utc())) }
    }

    /// Time passes.
    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.now.lock().expect("a clock") += by;
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("a clock")
    }

    /// Over at once, and as much later.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.advance(TimeDelta::from_std(time).expect("a short time"));
        Box::pin(tokio::task::yield_now())
    }
}

/// The same clock for one who really waits: sleeping takes time and does not move it.
#[derive(Debug, Clone)]
pub(crate) struct PatientClock(pub(crate) TestClock);

impl Clock for PatientClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(1)))
    }
}

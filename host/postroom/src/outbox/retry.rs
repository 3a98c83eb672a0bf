//! Pauses between tries at something that failed: each twice as long as the one before, up to a longest one. The store, the ERP
//! and mailboxes differ in the numbers alone.

use std::time::Duration;

/// Pauses that double.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// The pause after the first failure.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// Computes the pause after so many failures before this one.
    pub(crate) fn pause(self, failures: u32) -> Duration {
        self.first.saturating_mul(1 << failures.min(16)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };
        let pauses = [0, 1, 2, 5, 6, 7, u32::MAX].map(|failures| backoff.pause(failures).as_millis());
        assert_eq!(pauses, [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
    }
}

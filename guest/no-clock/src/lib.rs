//! Stands in for the crate `web-time` in the whole workspace.
//!
//! The published crate reaches for JavaScript's clock on `wasm32-unknown-unknown`. The plugin has no
//! clock by design: every call that needs the time is given it. Natively this is `std::time`; in the
//! sandbox asking for the time is a bug, and panics by name.

#[cfg(not(target_family = "wasm"))]
#[allow(clippy::disallowed_types)] // natively, the clock is what this crate is for
pub use std::time::{Duration, Instant, SystemTime, SystemTimeError, UNIX_EPOCH};

#[cfg(target_family = "wasm")]
pub use sandbox::{Instant, SystemTime, SystemTimeError, UNIX_EPOCH};
#[cfg(target_family = "wasm")]
pub use std::time::Duration;

#[cfg(target_family = "wasm")]
mod sandbox {
    use std::time::Duration;

    /// A point in time that can't be asked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub struct SystemTime(());

    /// A point in time that can't be asked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Instant(());

    /// The error of a subtraction that never happens.
    #[derive(Debug, Clone)]
    pub struct SystemTimeError(());

    /// The epoch, for the signatures that name it.
    pub const UNIX_EPOCH: SystemTime = SystemTime(());

    impl SystemTime {
        /// Panics: the time is an argument of every call into the plugin.
        #[allow(clippy::panic)]
        pub fn now() -> Self {
            panic!("the plugin has no clock: the time is an argument of every call")
        }

        /// Returns the time since `earlier`: unreachable, since no value of this type can be made.
        pub fn duration_since(&self, _earlier: SystemTime) -> Result<Duration, SystemTimeError> {
            Err(SystemTimeError(()))
        }
    }

    impl Instant {
        /// Panics: the time is an argument of every call into the plugin.
        #[allow(clippy::panic)]
        pub fn now() -> Self {
            panic!("the plugin has no clock: the time is an argument of every call")
        }
    }
}

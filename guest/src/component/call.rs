//! The beginning and the end of a call: a panic is logged before it traps, and no call begins inside another.

use super::bindings::postroom::plugin::log;
use crate::call_lock::{CallGuard, CallLock};
use std::sync::Once;

/// One instance serves one call at a time.
static CALL: CallLock = CallLock::new();

/// Begins a call; each export holds what this gives until it returns.
///
/// Traps where another call of the instance has not ended: an import called back, two threads share the instance, or an import threw and
/// its host goes on with the instance all the same. What such a call would compute is undefined.
#[allow(clippy::panic)] // a trap is what it is for
pub fn begin() -> CallGuard<'static> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| log::write(log::Level::Error, &format!("panic: {info}"))));
    });
    match CALL.try_lock() {
        Some(guard) => guard,
        None => panic!(
            "a call began before another of this instance had ended: an instance serves one call at a time, none from within an import, and none after an import threw"
        ),
    }
}

//! The time, as use cases stamp what they do.

use chrono::{DateTime, FixedOffset, Local};

/// Gives the time, with this machine's offset.
pub fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

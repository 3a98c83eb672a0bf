//! When to try again: after 1, 5, 15 and 60 minutes, then every 4 hours, for 48 hours; sooner or later where
//! the server named a time.
//!
//! Clocks go back, and two machines have two. A stamp from the future is therefore never waited for longer
//! than the wait itself, and all arithmetic is checked.

use super::facts::{Attempt, AttemptResult, Facts};
use chrono::{DateTime, FixedOffset, TimeDelta};

/// Waits before the second to the fifth attempt, in seconds.
pub const FIRST_WAITS: [i64; 4] = [60, 300, 900, 3600];
/// Wait before every later attempt, in seconds.
pub const LATER_WAIT: i64 = 4 * 3600;
/// How long a mail is tried, in seconds from its creation, or from the time the user chose.
pub const WINDOW: i64 = 48 * 3600;

type Time = DateTime<FixedOffset>;

pub(super) fn later(time: Time, seconds: i64) -> Time {
    time.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(time)
}

/// When the attempts end. A creation stamped after the first attempt is a clock gone back.
pub(super) fn deadline(facts: &Facts, now: Time) -> Time {
    let first = facts.attempts.iter().map(|attempt| attempt.at).min();
    let created = facts.created.min(now).min(first.unwrap_or(now));
    later(facts.send_at.map_or(created, |at| at.max(created)), WINDOW)
}

/// When the next attempt by the route of `attempts` (oldest first) is due; none before the first.
pub(super) fn due(id: &str, attempts: &[&Attempt], now: Time) -> Option<Time> {
    let last = attempts.last()?;
    let asked = match last.result {
        Some(AttemptResult::Transient(asked) | AttemptResult::PartlyAccepted(asked)) => asked,
        _ => None,
    };
    let wait = wait(id, attempts.len(), asked);
    if last.at > later(now, wait) { Some(now) } else { Some(later(last.at, wait)) }
}

/// Seconds after the `count`th attempt. The server's own word goes first, but a minute is the least, and
/// never sooner than it asked.
fn wait(id: &str, count: usize, asked: Option<u32>) -> i64 {
    let tenths = jitter(id, count);
    match asked {
        Some(seconds) => {
            let seconds = i64::from(seconds).max(FIRST_WAITS[0]);
            seconds + seconds * tenths.abs() / 1000
        }
        None => {
            let seconds = FIRST_WAITS.get(count.saturating_sub(1)).copied().unwrap_or(LATER_WAIT);
            seconds + seconds * tenths / 1000
        }
    }
}

/// −100 to 100 thousandths, spread evenly over mails and attempts and the same on every machine (FNV-1a).
fn jitter(id: &str, count: usize) -> i64 {
    let bytes = id.bytes().chain((count as u64).to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from((hash >> 32) % 201).unwrap_or(100) - 100
}

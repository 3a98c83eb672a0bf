//! When to try again: after 1, 5, 15 and 60 minutes, then every 4 hours, for 48 hours; sooner or later where
//! the server named a time.
//!
//! The 48 hours are hours in which it was tried. A worker that was off, a mail that was held, an account that could not
//! send: none of that is a try, and none of it uses them up. So a mail is given up only right after an attempt.
//!
//! Clocks go back, and two machines have two. A stamp from the future is therefore never waited for longer
//! than the wait itself, and all arithmetic is checked.

use super::facts::{Attempt, Facts};
use chrono::{DateTime, FixedOffset, TimeDelta};

/// Waits before the second to the fifth attempt, in seconds.
pub const FIRST_WAITS: [i64; 4] = [60, 300, 900, 3600];
/// Wait before every later attempt, in seconds.
pub const LATER_WAIT: i64 = 4 * 3600;
/// How long a mail is tried, in seconds between its attempts.
pub const WINDOW: i64 = 48 * 3600;

type Time = DateTime<FixedOffset>;

pub(super) fn later(time: Time, seconds: i64) -> Time {
    time.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(time)
}

/// Returns seconds in which a mail was tried: from each attempt to the next, but no longer than the wait that was due between them, and not
/// while its account could not send.
pub(super) fn tried(facts: &Facts) -> i64 {
    let attempts = &facts.attempts;
    let gaps = attempts.iter().zip(attempts.iter().skip(1)).enumerate().map(|(index, (one, next))| {
        if one.is_about_the_account_alone() {
            return 0;
        }
        let is_counted = |it: &&Attempt| it.route == one.route && !it.is_about_the_account_alone();
        let count = attempts.iter().take(index + 1).filter(is_counted).count();
        let gap = next.at.signed_duration_since(one.at).num_seconds();
        // An account's pause is longer than what one of its mails was asked to wait.
        let longest = if one.is_for_the_account() { LATER_WAIT } else { wait(&facts.id, count, one.asked()) };
        gap.clamp(0, longest)
    });
    gaps.fold(0, i64::saturating_add)
}

/// Returns when the next attempt by the route of `attempts` (oldest first) is due; none before the first.
pub(super) fn due(id: &str, attempts: &[&Attempt], now: Time) -> Option<Time> {
    let last = attempts.last()?;
    let count = attempts.iter().filter(|attempt| !attempt.is_about_the_account_alone()).count();
    let wait = wait(id, count, last.asked());
    if last.at > later(now, wait) { Some(now) } else { Some(later(last.at, wait)) }
}

/// Returns seconds after the `count`th attempt. The server's own word goes first, but a minute is the least, and never sooner than it
/// asked.
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

/// Returns −100 to 100 thousandths, spread evenly over mails and attempts and equal on every machine (FNV-1a).
fn jitter(id: &str, count: usize) -> i64 {
    let bytes = id.bytes().chain((count as u64).to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from((hash >> 32) % 201).unwrap_or(100) - 100
}

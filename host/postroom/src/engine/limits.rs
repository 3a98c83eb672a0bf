//! What one call into the plugin may cost, in time and memory.

use std::time::Duration;
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

/// Length of one tick of the epoch clock: the grain in which time inside the sandbox is counted.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Bounds on a call. Time is counted while the plugin computes, not while it waits for the network: a
/// server that takes ten minutes to answer DATA costs nothing here (its own time limits are the account's).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time a call may compute. Counted in steps of 10 ms.
    pub compute: Duration,
    /// Linear memory of an instance in bytes.
    pub memory: usize,
    /// Calls after which an instance is replaced, since linear memory never shrinks.
    pub calls: u32,
    /// Largest document handed to the plugin, in bytes.
    pub document: usize,
    /// Largest message that came in, in bytes.
    pub message: usize,
    /// Largest other text handed to the plugin (settings, pasted addresses), in bytes.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            compute: Duration::from_secs(5),
            memory: 256 << 20,
            calls: 10_000,
            document: 16 << 20,
            message: 32 << 20,
            text: 4 << 20,
        }
    }
}

impl Limits {
    pub(super) fn store_limits(&self) -> StoreLimits {
        StoreLimitsBuilder::new()
            .memory_size(self.memory)
            .table_elements(100_000)
            .instances(16)
            .tables(16)
            .memories(4)
            .trap_on_grow_failure(true)
            .build()
    }
}

/// The trap of a call that computed for too long.
#[derive(Debug, thiserror::Error)]
#[error("the call computed for longer than {0:?}")]
pub(super) struct ComputeTimeSpent(pub(super) Duration);

/// Ticks that the call in progress has computed for.
#[derive(Debug, Default)]
pub(super) struct ComputeClock {
    pub(super) ticks: u64,
    pub(super) limit: Duration,
}

/// Counts a tick whenever the sandbox computes past the end of one, lets other tasks run, and traps when the
/// call has used up its time. Waiting in an import advances the epoch but is seen as one tick at most.
pub(super) fn watch<T>(store: &mut Store<T>, clock: fn(&mut T) -> &mut ComputeClock)
where
    T: 'static,
{
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut context| {
        let clock = clock(context.data_mut());
        clock.ticks += 1;
        if TICK.saturating_mul(u32::try_from(clock.ticks).unwrap_or(u32::MAX)) > clock.limit {
            return Err(wasmtime::Error::new(ComputeTimeSpent(clock.limit)));
        }
        Ok(UpdateDeadline::Yield(1))
    });
}

//! An oracle for memory: what a target allocates is counted, and a target fails that allocates more than so many bytes for
//! each byte of its input. A parser that never panics may still be made to take all memory there is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What an input may cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Bytes in use at once, for each byte of input.
    pub held: usize,
    /// Bytes allocated one after the other, for each byte of input: what is copied again and again shows here.
    pub allocated: usize,
    /// Bytes that any input may cost, however short.
    pub base: usize,
}

/// Runs `work` on `input` and panics where it costs more than `most`.
///
/// An input that costs too much is run a second time, as the first run of a program also pays for what is made once: the
/// second alone counts.
pub fn bounded(most: Cost, input: &[u8], mut work: impl FnMut()) {
    let exceeds = |(held, allocated): (usize, usize)| {
        held > most.base + most.held * input.len() || allocated > most.base + most.allocated * input.len()
    };
    if exceeds(measured(&mut work)) {
        let (held, allocated) = measured(&mut work);
        assert!(
            !exceeds((held, allocated)),
            "an input of {} bytes held {held} bytes at once and allocated {allocated} in all, where {most:?} is the most",
            input.len()
        );
    }
}

/// Bytes that `work` held at once and that it allocated in all.
pub fn measured(work: &mut impl FnMut()) -> (usize, usize) {
    let (before, allocated) = (HELD.load(Relaxed), ALLOCATED.load(Relaxed));
    PEAK.store(before, Relaxed);
    work();
    (PEAK.load(Relaxed).saturating_sub(before), ALLOCATED.load(Relaxed).wrapping_sub(allocated))
}

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn took(bytes: usize) {
    ALLOCATED.fetch_add(bytes, Relaxed);
    PEAK.fetch_max(HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes), Relaxed);
}

// SAFETY: every call is passed on as it is to the system's allocator; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may exist at once while one is copied to the other.
        took(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(memory, layout, size) }
    }
}

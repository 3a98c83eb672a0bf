//! A budget for the memory that the answers of servers take: of one answer, and of all answers in this process.
//!
//! Bytes on the wire are bounded where they are read, and what they are parsed into takes more: `(a)` is three bytes, and a
//! hundred as a list with an atom in it. One tenant chooses the server, and the worker that reads its responses serves all of
//! them: so memory is counted before values are created.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use thiserror::Error;

/// The answers of all servers that this process reads at the moment.
pub static SERVERS: MemoryBudget = MemoryBudget::new(256 << 20);

/// What an allocation costs beside its bytes, about.
const OVERHEAD: usize = 16;

/// Why no more memory is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OverBudget {
    /// The answer alone is too much: it would be the next time, too.
    #[error("the server's answer takes more than {} MiB of memory", .0 >> 20)]
    Response(usize),
    /// All together are too much: later there may be room.
    #[error("the answers of all servers together take more than {} MiB of memory; try again later", .0 >> 20)]
    Process(usize),
}

/// Memory that several answers share.
#[derive(Debug)]
pub struct MemoryBudget {
    most: usize,
    taken: AtomicUsize,
}

impl MemoryBudget {
    /// Creates a budget of so many bytes.
    pub const fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    /// Opens a reservation for one answer, which may take `most` bytes of the budget. It begins empty.
    pub fn reservation(&'static self, most: usize) -> Reservation {
        Reservation { budget: self, most, bytes: 0 }
    }
}

/// The part of a budget that one answer takes. Dropping it gives all of it back.
#[derive(Debug)]
pub struct Reservation {
    budget: &'static MemoryBudget,
    most: usize,
    bytes: usize,
}

impl Reservation {
    /// Takes memory for an allocation of so many bytes.
    pub fn allocate(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if bytes == 0 { Ok(()) } else { self.take(bytes.saturating_add(OVERHEAD)) }
    }

    /// Takes memory for a value that exists, with all that it owns.
    pub fn hold(&mut self, value: &impl HeapSize) -> Result<(), OverBudget> {
        self.take(size_of_val(value).saturating_add(value.heap_size()))
    }

    /// Takes memory for one more element of a list, which grows as lists do: to twice its size.
    pub fn room_for_one<T>(&mut self, list: &mut Vec<T>) -> Result<(), OverBudget> {
        if list.len() == list.capacity() {
            let more = list.len().max(4);
            self.allocate(more.saturating_mul(size_of::<T>()))?;
            list.reserve_exact(more);
        }
        Ok(())
    }

    /// Returns the number of bytes that are reserved.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives back all beyond so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.bytes -= less;
        self.budget.taken.fetch_sub(less, Relaxed);
    }

    fn take(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if bytes > self.most.saturating_sub(self.bytes) {
            return Err(OverBudget::Response(self.most));
        }
        let most = self.budget.most;
        let fits = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= most);
        self.budget.taken.fetch_update(Relaxed, Relaxed, fits).map_err(|_| OverBudget::Process(most))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

/// Tells what a value owns on the heap.
pub trait HeapSize {
    /// Bytes on the heap, allocations' own costs included.
    fn heap_size(&self) -> usize;
}

impl HeapSize for String {
    fn heap_size(&self) -> usize {
        if self.capacity() == 0 { 0 } else { self.capacity() + OVERHEAD }
    }
}

impl<T: HeapSize> HeapSize for Option<T> {
    fn heap_size(&self) -> usize {
        self.as_ref().map_or(0, T::heap_size)
    }
}

impl<T: HeapSize> HeapSize for Vec<T> {
    fn heap_size(&self) -> usize {
        let own = if self.capacity() == 0 { 0 } else { self.capacity() * size_of::<T>() + OVERHEAD };
        own + self.iter().map(T::heap_size).sum::<usize>()
    }
}

impl<A: HeapSize, B: HeapSize> HeapSize for (A, B) {
    fn heap_size(&self) -> usize {
        self.0.heap_size() + self.1.heap_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_share_a_budget_and_free_what_they_took() {
        static SHARED: MemoryBudget = MemoryBudget::new(1_000);
        let (mut one, mut other) = (SHARED.reservation(600), SHARED.reservation(600));
        assert_eq!(one.allocate(700), Err(OverBudget::Response(600)));
        assert_eq!(one.allocate(600 - OVERHEAD), Ok(()));
        assert_eq!(one.allocate(1), Err(OverBudget::Response(600)));
        assert_eq!(other.allocate(500), Err(OverBudget::Process(1_000)));
        assert_eq!(other.allocate(400 - OVERHEAD), Ok(()));
        one.shrink_to(500);
        assert_eq!((one.bytes(), SHARED.taken.load(Relaxed)), (500, 900));
        drop(one);
        assert_eq!(other.hold(&vec!["x".repeat(50)]), Ok(()));
        drop(other);
        assert_eq!(SHARED.taken.load(Relaxed), 0);
    }

    #[test]
    fn a_list_pays_for_its_capacity_before_it_grows() {
        static SMALL: MemoryBudget = MemoryBudget::new(100);
        let mut memory = SMALL.reservation(100);
        let mut list: Vec<u64> = Vec::new();
        let ended = (0..9).find_map(|number| {
            memory.room_for_one(&mut list).err().inspect(|_| ()).or_else(|| {
                list.push(number);
                None
            })
        });
        assert_eq!((ended, list.len(), list.capacity()), (Some(OverBudget::Response(100)), 8, 8));
    }
}

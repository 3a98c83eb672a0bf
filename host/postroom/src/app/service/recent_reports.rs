//! Reports that came lately, within bounds: the newest so many, the oldest forgotten first.
//!
//! A second line: what is kept of a report is a set, so whatever this forgets, or loses with the process, changes nothing
//! when it comes again.

use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The most that are remembered: 100,000 of 16 bytes, twice.
const MOST: usize = 100_000;

/// A memory of reports, by digests of what names them.
#[derive(Debug, Default)]
pub struct RecentReports {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    set: BTreeSet<[u8; 16]>,
    order: VecDeque<[u8; 16]>,
}

impl RecentReports {
    /// Tells whether a report with these parts was remembered.
    pub fn contains(&self, parts: &[&str]) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).set.contains(&digest(parts))
    }

    /// Remembers a report by these parts. Call it once its facts are recorded.
    pub fn remember(&self, parts: &[&str]) {
        let digest = digest(parts);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.set.insert(digest) {
            return;
        }
        known.order.push_back(digest);
        if known.order.len() > MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.set.remove(&oldest);
        }
    }
}

fn digest(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    half.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first_and_memory_stays_bounded() {
        let recent = RecentReports::default();
        for number in 0..MOST + 10 {
            recent.remember(&["id", &number.to_string()]);
            recent.remember(&["id", &number.to_string()]);
        }
        let (oldest, newest) = (recent.contains(&["id", "9"]), recent.contains(&["id", "10"]));
        assert_eq!((oldest, newest), (false, true));
        assert_eq!(recent.known.lock().unwrap().order.len(), MOST);
        assert!(!recent.contains(&["i", "d10"]));
    }
}

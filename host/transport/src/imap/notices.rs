//! Changes that a server reports beside its answers (RFC 9051 §7): VANISHED, EXPUNGE, EXISTS, and FETCH that was not asked for.
//!
//! They may come with any command. A client that reads them only while it waits never learns of a message that was deleted
//! during a search.

use super::sync::{Noticed, UidSet};
use crate::budget::{Reservation, SERVERS};

/// The most memory for the uids that a connection collects.
const MOST_MEMORY: usize = 8 << 20;
/// The longest VANISHED that is parsed, in bytes.
const LONGEST: usize = 1 << 20;

/// A change that was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    /// These uids are gone (RFC 7162 §3.2.10).
    Vanished(UidSet),
    /// A VANISHED that can't be read, or is too long.
    Garbled,
    /// A message is gone; its number says nothing about its uid.
    Expunged,
    /// The number of messages.
    Exists,
    /// The flags of a message.
    Flags,
}

impl Notice {
    /// Parses a line: its name, and what follows the first word.
    pub(super) fn read(name: &[u8], after: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"VANISHED") {
            let earlier = after.get(..9).filter(|word| word.eq_ignore_ascii_case(b"(EARLIER)"));
            let set = earlier.and_then(|_| after.get(9..)).unwrap_or(after).trim_ascii();
            let set =
                std::str::from_utf8(set).ok().filter(|set| set.len() <= LONGEST).and_then(UidSet::parse);
            return Some(set.map_or(Self::Garbled, Self::Vanished));
        }
        let known: [(&[u8], Self); 3] =
            [(b"EXPUNGE", Self::Expunged), (b"EXISTS", Self::Exists), (b"FETCH", Self::Flags)];
        known.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, notice)| notice)
    }
}

/// The changes that were reported since they were taken last.
pub(super) struct Notices {
    /// In the order in which they came.
    vanished: Vec<(u32, u32)>,
    /// Ranges after which the list is sorted and joined.
    joined_at: usize,
    memory: Reservation,
    pub(super) expunged: bool,
    pub(super) arrived: bool,
    pub(super) flagged: bool,
    /// A VANISHED could not be read, or there were too many.
    pub(super) garbled: bool,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            vanished: Vec::new(),
            joined_at: 1_000,
            memory: SERVERS.reservation(MOST_MEMORY),
            expunged: false,
            arrived: false,
            flagged: false,
            garbled: false,
        }
    }
}

impl Notices {
    pub(super) fn store(&mut self, notice: Notice) {
        match notice {
            Notice::Vanished(uids) => self.vanish(&uids),
            Notice::Garbled => (self.expunged, self.garbled) = (true, true),
            Notice::Expunged => self.expunged = true,
            Notice::Exists => self.arrived = true,
            Notice::Flags => self.flagged = true,
        }
    }

    fn vanish(&mut self, uids: &UidSet) {
        for range in uids.ranges() {
            // Uids for which there is no memory are messages that are gone without a known uid.
            if self.memory.room_for_one(&mut self.vanished).is_err() {
                (self.expunged, self.garbled) = (true, true);
                return;
            }
            self.vanished.push(range.into_inner());
        }
        if self.vanished.len() > self.joined_at {
            self.vanished = UidSet::from_pairs(std::mem::take(&mut self.vanished)).into_pairs();
            self.joined_at = 2 * self.vanished.len().max(500);
        }
    }

    /// Adds what was reported before.
    pub(super) fn join(&mut self, earlier: Self) {
        self.expunged |= earlier.expunged;
        self.arrived |= earlier.arrived;
        self.flagged |= earlier.flagged;
        self.garbled |= earlier.garbled;
        self.vanish(&UidSet::from_pairs(earlier.vanished));
    }

    /// Returns whether nothing was reported.
    pub(super) fn is_empty(&self) -> bool {
        self.vanished.is_empty() && !self.expunged && !self.arrived && !self.flagged
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes what was reported.
    pub(super) fn take(&mut self) -> Noticed {
        let taken = std::mem::take(self);
        Noticed {
            vanished: UidSet::from_pairs(taken.vanished),
            expunged: taken.expunged,
            arrived: taken.arrived,
        }
    }
}

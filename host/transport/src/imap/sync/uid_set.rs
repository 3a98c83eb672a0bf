//! A set of uids as ranges: a million consecutive uids take eight bytes.

use std::fmt;
use std::ops::RangeInclusive;

/// A set of uids: ranges that are sorted, and neither overlap nor touch. 0 is no uid and never a member.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// Creates a set without uids.
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Creates a set of ranges in any order; empty ranges are left out.
    pub(in crate::imap) fn from_pairs(mut pairs: Vec<(u32, u32)>) -> Self {
        normalize(&mut pairs);
        Self { ranges: pairs }
    }

    /// Returns the ranges as pairs.
    pub(in crate::imap) fn into_pairs(self) -> Vec<(u32, u32)> {
        self.ranges
    }

    /// Parses a set as IMAP writes it, `1:5,9`, ranges in either order. None for anything else, `*` included.
    pub fn parse(text: &str) -> Option<Self> {
        let pairs: Option<Vec<(u32, u32)>> = text.split(',').map(pair).collect();
        pairs.map(Self::from_pairs)
    }

    /// Adds the uids of a range.
    pub fn insert_range(&mut self, range: RangeInclusive<u32>) {
        let (mut first, mut last) = ((*range.start()).max(1), *range.end());
        if first > last {
            return;
        }
        // The ranges that overlap the new one or touch it become one with it.
        let from = self.ranges.partition_point(|known| known.1 < first - 1);
        let to = self.ranges.partition_point(|known| known.0 <= last.saturating_add(1));
        if let Some(joined) = self.ranges.get(from..to)
            && let (Some(lowest), Some(highest)) = (joined.first(), joined.last())
        {
            first = first.min(lowest.0);
            last = last.max(highest.1);
        }
        self.ranges.splice(from..to, [(first, last)]);
    }

    /// Adds a uid.
    pub fn insert(&mut self, uid: u32) {
        self.insert_range(uid..=uid);
    }

    /// Returns whether a uid is in the set.
    pub fn contains(&self, uid: u32) -> bool {
        let place = self.ranges.partition_point(|known| known.1 < uid);
        self.ranges.get(place).is_some_and(|known| known.0 <= uid)
    }

    /// Returns the number of uids.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Returns whether there is no uid.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns the uids in ascending order. A server may report any range: bound what is collected of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Returns the ranges in ascending order.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<u32>> + ExactSizeIterator + '_ {
        self.ranges.iter().map(|(first, last)| *first..=*last)
    }

    /// Returns the lowest uid.
    pub fn first(&self) -> Option<u32> {
        self.ranges.first().map(|(first, _)| *first)
    }

    /// Returns the highest uid.
    pub fn last(&self) -> Option<u32> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// Returns the uids that are in one of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_pairs(self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// Returns the uids that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut these, mut those) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(this), Some(that)) = (these.peek(), those.peek()) {
            let (first, last) = (this.0.max(that.0), this.1.min(that.1));
            if first <= last {
                ranges.push((first, last));
            }
            if this.1 < that.1 {
                these.next()
            } else {
                those.next()
            };
        }
        Self { ranges }
    }

    /// Returns the uids that are in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut others = other.ranges.iter().peekable();
        for (first, last) in &self.ranges {
            // The first uid that no other range was compared with yet; none behind the greatest uid.
            let mut next = Some(*first);
            while let Some(without) = others.peek() {
                let Some(from) = next.filter(|from| from <= last) else { break };
                if without.0 > *last {
                    break;
                }
                if without.0 > from {
                    ranges.push((from, without.0 - 1));
                }
                next = without.1.checked_add(1).map(|behind| behind.max(from));
                // A range that reaches beyond this one counts for the next one, too.
                if without.1 > *last {
                    break;
                }
                others.next();
            }
            if let Some(from) = next.filter(|from| from <= last) {
                ranges.push((from, *last));
            }
        }
        Self { ranges }
    }
}

/// Parses `3` or `5:9`, in either order.
pub(super) fn pair(text: &str) -> Option<(u32, u32)> {
    let number = |digits: &str| {
        let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { digits.parse().ok() } else { None }
    };
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last): (u32, u32) = (number(first)?, number(last)?);
    Some((first.min(last), first.max(last)))
}

/// Sorts ranges and joins those that overlap or touch; removes 0 and empty ranges.
fn normalize(pairs: &mut Vec<(u32, u32)>) {
    pairs.retain_mut(|pair| {
        pair.0 = pair.0.max(1);
        pair.0 <= pair.1
    });
    pairs.sort_unstable();
    pairs.dedup_by(|next, before| {
        let joins = next.0 <= before.1.saturating_add(1);
        if joins {
            before.1 = before.1.max(next.1);
        }
        joins
    });
}

impl fmt::Display for UidSet {
    /// Writes the set as IMAP does, `1:5,9`; nothing for the empty set, which IMAP can't write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}:{last}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UidSet({self})")
    }
}

impl FromIterator<u32> for UidSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        let mut set = Self::new();
        set.extend(uids);
        set
    }
}

impl FromIterator<RangeInclusive<u32>> for UidSet {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u32>>>(ranges: I) -> Self {
        Self::from_pairs(ranges.into_iter().map(RangeInclusive::into_inner).collect())
    }
}

impl Extend<u32> for UidSet {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, uids: I) {
        for uid in uids {
            match self.ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
                _ => self.ranges.push((uid, uid)),
            }
        }
        normalize(&mut self.ranges);
    }
}

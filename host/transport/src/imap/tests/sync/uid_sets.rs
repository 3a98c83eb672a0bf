//! Sets of uids are what a set of numbers is, in few ranges.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::super::UidSet;

fn set(ranges: &[(u32, u32)]) -> (UidSet, BTreeSet<u32>) {
    let mut uids = UidSet::new();
    for (first, length) in ranges {
        uids.insert_range(*first..=first + length);
    }
    (uids, ranges.iter().flat_map(|(first, length)| *first..=first + length).filter(|uid| *uid > 0).collect())
}

fn assert_same(uids: &UidSet, numbers: &BTreeSet<u32>) {
    assert!(uids.iter().eq(numbers.iter().copied()), "{uids} is not {numbers:?}");
    assert!(uids.iter().rev().eq(numbers.iter().rev().copied()));
    assert_eq!((uids.len(), uids.is_empty()), (numbers.len() as u64, numbers.is_empty()));
    assert_eq!((uids.first(), uids.last()), (numbers.first().copied(), numbers.last().copied()));
    let ranges: Vec<_> = uids.ranges().collect();
    for pair in ranges.windows(2) {
        assert!(*pair[0].end() + 1 < *pair[1].start(), "{uids} has ranges that touch");
    }
}

proptest! {
    #[test]
    fn a_set_of_uids_is_what_a_set_of_numbers_is(
        one in proptest::collection::vec((0u32..60, 0u32..6), 0..12),
        other in proptest::collection::vec((0u32..60, 0u32..6), 0..12),
    ) {
        let ((a, left), (b, right)) = (set(&one), set(&other));
        assert_same(&a, &left);
        assert_same(&a.union(&b), &(&left | &right));
        assert_same(&a.intersection(&b), &(&left & &right));
        assert_same(&a.difference(&b), &(&left - &right));
        prop_assert!((0..70).all(|uid| a.contains(uid) == left.contains(&uid)));
        prop_assert_eq!(&a, &left.iter().rev().copied().collect::<UidSet>());
        prop_assert_eq!(&a, &one.iter().map(|(first, length)| *first..=first + length).collect::<UidSet>());
        if !a.is_empty() {
            prop_assert_eq!(UidSet::parse(&a.to_string()), Some(a));
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_no_exception(
        one in proptest::collection::vec((0u32..6, 0u32..6), 0..6),
        other in proptest::collection::vec((0u32..6, 0u32..6), 0..6),
    ) {
        let high = |ranges: &[(u32, u32)]| -> (UidSet, BTreeSet<u32>) {
            let range = |(from, length): &(u32, u32)| u32::MAX - 5 + from.min(&5)..=u32::MAX - 5 + (from + length).min(5);
            (ranges.iter().map(range).collect(), ranges.iter().flat_map(range).collect())
        };
        let ((a, left), (b, right)) = (high(&one), high(&other));
        prop_assert!(a.union(&b).iter().eq((&left | &right).iter().copied()));
        prop_assert!(a.intersection(&b).iter().eq((&left & &right).iter().copied()));
        prop_assert!(a.difference(&b).iter().eq((&left - &right).iter().copied()));
        let mut inserted = UidSet::new();
        a.ranges().rev().for_each(|range| inserted.insert_range(range));
        prop_assert_eq!(inserted, a);
    }

    #[test]
    fn no_text_is_too_much_for_a_set(text in "[0-9:,* ]{0,40}") {
        if let Some(set) = UidSet::parse(&text) {
            prop_assert!(!set.contains(0));
        }
    }
}

#[test]
fn only_sets_are_parsed_as_sets() {
    for (text, expected) in
        [("1:5,9", "1:5,9"), ("9:3,4,10", "3:10"), ("0:2", "1:2"), ("4294967295", "4294967295")]
    {
        assert_eq!(UidSet::parse(text).expect(text).to_string(), expected);
    }
    for text in ["", "1,", ",", "1:*", "*", "1:2:3", "+1", " 1", "-1", "4294967296", "(EARLIER)", "a"] {
        assert_eq!(UidSet::parse(text), None, "{text}");
    }
    assert_eq!(UidSet::parse("0"), Some(UidSet::new()));
    let all = UidSet::parse("1:4294967295").expect("all");
    assert_eq!(all.len(), u64::from(u32::MAX));
    assert_eq!(all.difference(&UidSet::parse("7").expect("7")).to_string(), "1:6,8:4294967295");
    assert!(all.difference(&all).is_empty());
}

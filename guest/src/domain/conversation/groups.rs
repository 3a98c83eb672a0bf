//! Messages that belong together, as sets that grow by one link at a time. Two sets stay apart where they are of different partners, or
//! where a person has put them apart.

use super::model::Placeable;
use std::collections::BTreeSet;

/// Why two sets stay apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Apart {
    /// They are of different partners.
    Partner,
    /// A person has put one of them where it is.
    ByHand,
    /// Both are known, and the link is too weak to make them one.
    Known,
}

/// What is known of a set.
#[derive(Debug, Default, Clone)]
struct Group {
    members: Vec<usize>,
    partners: BTreeSet<String>,
    /// The known conversations in it, the first in their order is the one that stays.
    conversations: BTreeSet<String>,
    by_hand: bool,
}

/// Sets of messages.
#[derive(Debug)]
pub(super) struct Groups {
    /// Of each message, the place of its set.
    of: Vec<usize>,
    groups: Vec<Group>,
}

impl Groups {
    /// Puts each message into a set of its own, and those of a known conversation into one.
    pub(super) fn new(messages: &[Placeable]) -> Self {
        let mut known = std::collections::BTreeMap::new();
        let mut groups = Self { of: Vec::with_capacity(messages.len()), groups: Vec::new() };
        for (place, message) in messages.iter().enumerate() {
            let group = match &message.conversation {
                Some(id) => *known.entry(id).or_insert_with(|| groups.add()),
                None => groups.add(),
            };
            groups.of.push(group);
            if let Some(group) = groups.groups.get_mut(group) {
                group.members.push(place);
                group.partners.extend(message.partners.iter().cloned());
                group.conversations.extend(message.conversation.clone());
                group.by_hand |= message.by_hand;
            }
        }
        groups
    }

    fn add(&mut self) -> usize {
        self.groups.push(Group::default());
        self.groups.len() - 1
    }

    /// Returns the set of a message.
    pub(super) fn of(&self, message: usize) -> usize {
        self.of.get(message).copied().unwrap_or(usize::MAX)
    }

    /// Returns true if a message is alone in its set.
    pub(super) fn is_alone(&self, message: usize) -> bool {
        self.groups.get(self.of(message)).is_none_or(|group| group.members.len() < 2)
    }

    /// Returns the known conversations of a set, in their order.
    pub(super) fn conversations(&self, group: usize) -> impl Iterator<Item = &String> {
        self.groups.get(group).into_iter().flat_map(|group| &group.conversations)
    }

    /// Makes the sets of two messages one. `merges`: also where both are known conversations.
    pub(super) fn join(&mut self, one: usize, other: usize, merges: bool) -> Result<(), Apart> {
        let (one, other) = (self.of(one), self.of(other));
        if one == other {
            return Ok(());
        }
        let (Some(first), Some(second)) = (self.groups.get(one), self.groups.get(other)) else {
            return Ok(());
        };
        if !first.partners.is_empty()
            && !second.partners.is_empty()
            && first.partners.is_disjoint(&second.partners)
        {
            return Err(Apart::Partner);
        }
        if !first.conversations.is_empty() && !second.conversations.is_empty() {
            if first.by_hand || second.by_hand {
                return Err(Apart::ByHand);
            }
            if !merges {
                return Err(Apart::Known);
            }
        }
        // The smaller one moves, so that a long conversation costs no more than its length times its logarithm.
        let (to, from) = if first.members.len() < second.members.len() { (other, one) } else { (one, other) };
        let moved = self.groups.get_mut(from).map(std::mem::take).unwrap_or_default();
        for member in &moved.members {
            if let Some(of) = self.of.get_mut(*member) {
                *of = to;
            }
        }
        if let Some(group) = self.groups.get_mut(to) {
            group.members.extend(moved.members);
            group.partners.extend(moved.partners);
            group.conversations.extend(moved.conversations);
            group.by_hand |= moved.by_hand;
        }
        Ok(())
    }
}

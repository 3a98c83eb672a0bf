//! Where messages belong. Links are tried from the strongest to the weakest: our own mail, what a message answers, what it names with the
//! same subject, Gmail's and Outlook's threads, and last an answer by its subject alone that has a document's number.
//!
//! A subject splits, and joins nothing by itself (RFC 8621 §3): invoices repeat their subjects every month.

use super::groups::{Apart, Groups};
use super::model::{Arrangement, Because, ClueKind, Conversation, Placeable, Placement, Proposal};
use crate::domain::phrases::plain;
use crate::domain::reason::Reason;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Sets that a message is tried with by one clue: a Message-ID that thousands of messages name, each in a conversation of its own, is an
/// attack.
const TRIES: usize = 50;
/// Messages with the same subject that an answer without references is compared with, the newest.
const SUBJECTS: usize = 200;
/// Conversations that are proposed for a message.
const PROPOSALS: usize = 5;
/// Days between an answer without references and what it answers.
const DAYS: i64 = 30;

/// The kinds of clues that make a link, strongest first, and why.
const LINKS: &[(&[ClueKind], Because, Guard)] = &[
    (&[ClueKind::OwnMail], Because::OwnMail, Guard::None),
    (&[ClueKind::MessageId, ClueKind::Answers], Because::Answers, Guard::None),
    (&[ClueKind::MessageId, ClueKind::Refers], Because::Refers, Guard::Subject),
    (&[ClueKind::GmailThread], Because::GmailThread, Guard::None),
    (&[ClueKind::ThreadIndex], Because::ThreadIndex, Guard::Subject),
];

/// What messages must have in common besides a clue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    None,
    Subject,
}

/// Links that known conversations are made one by.
const fn merges(because: Because) -> bool {
    matches!(because, Because::OwnMail | Because::Answers | Because::Refers | Because::GmailThread)
}

/// Places the messages that have no conversation yet.
pub fn place(messages: &[Placeable]) -> Arrangement {
    let mut by_date: Vec<usize> = (0..messages.len()).collect();
    by_date.sort_by_key(|place| messages.get(*place).map(|message| message.description.date));
    let mut work = Work {
        messages,
        by_date,
        groups: Groups::new(messages),
        because: vec![None; messages.len()],
        apart: Vec::new(),
    };
    for (kinds, because, guard) in LINKS {
        work.link(kinds, *because, *guard);
    }
    work.link_by_subject();
    work.propose_originals();
    work.arrangement()
}

struct Work<'a> {
    messages: &'a [Placeable],
    by_date: Vec<usize>,
    groups: Groups,
    /// Of each message the strongest link.
    because: Vec<Option<Reason>>,
    /// Messages that belong together by a link, and were not joined.
    apart: Vec<(usize, usize, Reason)>,
}

impl<'a> Work<'a> {
    fn message(&self, place: usize) -> Option<&'a Placeable> {
        self.messages.get(place)
    }

    /// Joins what has equal values of these kinds of clues. A kind that is shared by both sides links one with the other: a message
    /// with what it answers, and two that answer the same one.
    fn link(&mut self, kinds: &[ClueKind], because: Because, guard: Guard) {
        let mut by_value: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
        for place in &self.by_date {
            let Some(message) = self.message(*place) else { continue };
            let subject = match guard {
                Guard::None => None,
                Guard::Subject => Some(message.description.subject().unwrap_or_default()),
            };
            for value in kinds.iter().flat_map(|kind| message.description.clues(*kind)) {
                let sharing = by_value.entry((value, subject)).or_default();
                if sharing.last() != Some(place) {
                    sharing.push(*place);
                }
            }
        }
        for ((value, _), sharing) in by_value {
            self.join_all(&sharing, because, value);
        }
    }

    /// Joins messages that share a value, each with the first set that takes it.
    fn join_all(&mut self, sharing: &[usize], because: Because, value: &str) {
        let mut sets: Vec<usize> = Vec::new();
        for place in sharing {
            let mut refused = None;
            let mut is_joined = sets.is_empty();
            for first in sets.iter().take(TRIES) {
                match self.groups.join(*first, *place, merges(because)) {
                    Ok(()) => {
                        let reason =
                            Reason { code: because.code(), detail: format!("{}: {value}", because.words()) };
                        for linked in [*first, *place] {
                            if let Some(reasons) = self.because.get_mut(linked) {
                                reasons.get_or_insert(reason.clone());
                            }
                        }
                        is_joined = true;
                        break;
                    }
                    Err(apart) => refused = refused.or(Some((*first, apart))),
                }
            }
            if let Some((first, apart)) = refused
                && self.groups.of(first) != self.groups.of(*place)
            {
                self.keep_apart(first, *place, apart);
            }
            if !is_joined || sets.is_empty() {
                sets.push(*place);
            }
        }
    }

    fn keep_apart(&mut self, one: usize, other: usize, apart: Apart) {
        let because = match apart {
            Apart::Partner => Because::OtherPartner,
            Apart::ByHand => Because::PutApart,
            Apart::Known => return,
        };
        self.apart.push((one, other, because.into()));
    }

    /// Joins answers that name nothing with what they answer by their subject: among the same people, within 30 days, and where it has
    /// the number of a document. Without a number they are proposed.
    fn link_by_subject(&mut self) {
        let mut by_subject: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for place in self.by_date.clone() {
            let Some(message) = self.message(place) else { continue };
            let description = &message.description;
            let Some(subject) = description.subject() else { continue };
            let earlier = by_subject.entry(subject).or_default();
            if description.is_answer && message.conversation.is_none() && self.groups.is_alone(place) {
                let found = earlier.iter().rev().take(SUBJECTS).find(|other| {
                    self.message(**other).is_some_and(|other| is_among_the_same(message, other))
                });
                if let Some(found) = found.copied() {
                    let number = message.documents.iter().find(|number| subject.contains(&plain(number)));
                    self.link_or_propose(found, place, number);
                }
            }
            earlier.push(place);
        }
    }

    fn link_or_propose(&mut self, earlier: usize, answer: usize, number: Option<&String>) {
        let Some(number) = number else {
            self.apart.push((earlier, answer, Because::SameSubject.into()));
            return;
        };
        let because = Because::SubjectAndNumber;
        match self.groups.join(earlier, answer, false) {
            Ok(()) => {
                let reason =
                    Reason { code: because.code(), detail: format!("{}: {number}", because.words()) };
                if let Some(reasons) = self.because.get_mut(answer) {
                    *reasons = Some(reason);
                }
            }
            Err(apart) => self.keep_apart(earlier, answer, apart),
        }
    }

    /// Proposes for a message that was passed on the conversation of what it repeats.
    fn propose_originals(&mut self) {
        let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, message) in self.messages.iter().enumerate() {
            for id in message.description.clues(ClueKind::MessageId) {
                by_id.entry(id).or_insert(place);
            }
        }
        for (place, message) in self.messages.iter().enumerate() {
            if message.conversation.is_some() {
                continue;
            }
            let repeated =
                message.description.clues(ClueKind::PassesOn).find_map(|id| by_id.get(id).copied());
            if let Some(original) =
                repeated.filter(|original| self.groups.of(*original) != self.groups.of(place))
            {
                self.apart.push((original, place, Because::PassesOn.into()));
            }
        }
    }

    fn arrangement(self) -> Arrangement {
        let mut numbers: BTreeMap<usize, u32> = BTreeMap::new();
        // New conversations are numbered in the order of the messages that are placed.
        for (place, message) in self.messages.iter().enumerate() {
            let group = self.groups.of(place);
            if message.conversation.is_none() && self.groups.conversations(group).next().is_none() {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                numbers.entry(group).or_insert(next);
            }
        }
        let conversation = |group: usize| match self.groups.conversations(group).next() {
            Some(known) => Conversation::Known(known.clone()),
            None => Conversation::New(numbers.get(&group).copied().unwrap_or(u32::MAX)),
        };
        let mut proposals: BTreeMap<usize, Vec<Proposal>> = BTreeMap::new();
        for (one, other, reason) in &self.apart {
            // Where both are new, the later one is the one to ask about.
            let (of, to) = match self.message(*other).is_some_and(|message| message.conversation.is_none()) {
                true => (*other, *one),
                false => (*one, *other),
            };
            if self.message(of).is_none_or(|message| message.conversation.is_some())
                || self.groups.of(of) == self.groups.of(to)
            {
                continue;
            }
            let proposal =
                Proposal { conversation: conversation(self.groups.of(to)), reason: reason.clone() };
            let all = proposals.entry(of).or_default();
            if all.len() < PROPOSALS && all.iter().all(|known| known.conversation != proposal.conversation) {
                all.push(proposal);
            }
        }
        let new = self.messages.iter().enumerate().filter(|(_, message)| message.conversation.is_none());
        let placements = new.map(|(place, _)| {
            let reason = self.because.get(place).cloned().flatten();
            let is_guess = |reason: &Reason| reason.code == Because::SubjectAndNumber.code();
            Placement {
                conversation: conversation(self.groups.of(place)),
                is_sure: !reason.as_ref().is_some_and(is_guess),
                reason: reason.unwrap_or_else(|| Because::Begins.into()),
                proposals: proposals.remove(&place).unwrap_or_default(),
            }
        });
        let placements = placements.collect();
        let mut merged = Vec::new();
        for group in 0..self.messages.len() {
            let mut all = self.groups.conversations(group);
            let Some(stays) = all.next() else { continue };
            merged.extend(all.map(|joins| (joins.clone(), stays.clone())));
        }
        Arrangement { placements, merged }
    }
}

/// Returns true if one may answer the other by their people and dates.
fn is_among_the_same(answer: &Placeable, earlier: &Placeable) -> bool {
    let (answer, earlier) = (&answer.description, &earlier.description);
    let between = answer.date.signed_duration_since(earlier.date);
    let of = |people: &[String], others: &[String]| people.iter().all(|person| others.contains(person));
    !answer.people.is_empty()
        && !earlier.people.is_empty()
        && (of(&answer.people, &earlier.people) || of(&earlier.people, &answer.people))
        && between >= TimeDelta::zero()
        && between <= TimeDelta::days(DAYS)
}

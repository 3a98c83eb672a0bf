//! Which documents a message is about, and whether that is certain.

use super::model::{Because, Description};
use crate::domain::phrases::plain;
use crate::domain::reason::Reason;
use crate::domain::status::named;
use std::collections::BTreeSet;

/// Characters of a number that is certain by itself: `12` stands in many subjects.
const CERTAIN: usize = 4;

named! {
    /// How a host came to a document.
    FoundBy, "way in which a document is found", {
        /// The message is a mail of ours with it.
        OwnMail = "own-mail",
        /// It answers a mail of ours with it.
        AnsweredMail = "answered-mail",
        /// Another message of its conversation is about it.
        Conversation = "conversation",
        /// It is one of the message's numbers.
        Number = "number",
    }
}

/// A document that a message may be about.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The partner whose document it is.
    pub partner: Option<String>,
    /// How the host came to it.
    pub found_by: FoundBy,
}

/// A document that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Place of the candidate in the list.
    pub candidate: usize,
    /// Why.
    pub reason: Reason,
    /// It is certain.
    pub is_sure: bool,
}

/// Finds the documents that a message of these partners is about, the most certain first, each once.
pub fn link(message: &Description, partners: &[String], candidates: &[Candidate]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (candidate, of) in candidates.iter().enumerate() {
        let is_theirs = of.partner.as_ref().is_some_and(|partner| partners.contains(partner));
        let is_others = of.partner.is_some() && !partners.is_empty() && !is_theirs;
        let found = match of.found_by {
            FoundBy::OwnMail => Some((Because::OurMail, true)),
            FoundBy::AnsweredMail => Some((Because::AnswersOurMail, true)),
            FoundBy::Number if is_others => None,
            FoundBy::Number => by_number(message, &of.number)
                .map(|because| (because, is_theirs && of.number.chars().count() >= CERTAIN)),
            FoundBy::Conversation if is_others => None,
            FoundBy::Conversation => Some((Because::SameConversation, false)),
        };
        if let Some((because, is_sure)) = found {
            let reason = Reason { code: because.code(), detail: because.words().to_owned() };
            links.push(Link { candidate, reason, is_sure });
        }
    }
    let key = |link: &Link| candidates.get(link.candidate).map(|of| (of.kind.as_str(), of.number.as_str()));
    let strength = |link: &Link| {
        candidates.get(link.candidate).map(|of| FoundBy::ALL.iter().position(|by| *by == of.found_by))
    };
    links.sort_by_key(|link| (!link.is_sure, strength(link), link.candidate));
    let mut seen = BTreeSet::new();
    links.retain(|link| seen.insert(key(link)));
    links
}

/// Returns where the message has a number.
fn by_number(message: &Description, number: &str) -> Option<Because> {
    let wanted = plain(number);
    let has = |text: &str| words(&plain(text), &wanted);
    if has(&message.base_subject) {
        return Some(Because::NumberInSubject);
    }
    message.numbers.iter().any(|known| plain(known) == wanted).then_some(Because::NumberInFileName)
}

/// Returns true if a text has these words, not within longer ones.
fn words(text: &str, wanted: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "-_/".contains(c));
    !wanted.is_empty()
        && text.match_indices(wanted).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let behind = text.get(at + found.len()..).and_then(|text| text.chars().next());
            !is_word(before) && !is_word(behind)
        })
}

//! What a message is found by: its ids, the threads of other programs, its subject.

use super::base_subject::base_subject;
use super::model::{Clue, ClueKind, Description, Direction, MailboxMessage};
use crate::domain::address::match_key;
use crate::domain::inbound::limits::{SUBJECT, bounded};
use base64::Engine as _;
use std::collections::BTreeSet;

/// Clues of a message.
const CLUES: usize = 200;
/// Message-IDs of each field that count, the newest: those nearest to the message.
const IDS: usize = 50;
/// People of a message.
const PEOPLE: usize = 100;
/// Words that may be a document's number.
const NUMBERS: usize = 50;
/// Characters of one.
const NUMBER: usize = 60;
/// Bytes of a Thread-Index that the first message of the conversation has; each answer adds five.
const THREAD_INDEX: usize = 22;

/// Describes a message. `own` has the keys of the addresses that our mail is sent from.
pub fn describe(message: &MailboxMessage, own: &BTreeSet<String>) -> Description {
    let base = base_subject(&message.subject);
    let mut clues = Clues::default();
    if let Some(id) = &message.message_id {
        clues.add(ClueKind::MessageId, id.clone());
    }
    let is_own = |address: &String| own.contains(&match_key(address));
    let direction = match message.authors.iter().any(is_own) {
        true => Direction::Outgoing,
        false => Direction::Incoming,
    };
    // What comes in and passes a mail of ours on is no answer to it.
    let is_about = !base.is_forward || direction == Direction::Outgoing;
    if let Some(mail) = message.own_mail.as_ref().filter(|_| is_about) {
        clues.add(ClueKind::OwnMail, format!("mail:{mail}"));
    }
    let named = |ids: &[String]| ids.iter().rev().take(IDS).cloned().collect::<Vec<_>>();
    let (answers, refers) = (named(&message.in_reply_to), named(&message.references));
    if base.is_forward {
        answers.into_iter().chain(refers).for_each(|id| clues.add(ClueKind::PassesOn, id));
    } else {
        answers.into_iter().for_each(|id| clues.add(ClueKind::Answers, id));
        refers.into_iter().for_each(|id| clues.add(ClueKind::Refers, id));
        if let Some(thread) = &message.gmail_thread {
            clues.add(ClueKind::GmailThread, format!("gmail:{thread}"));
        }
        if let Some(root) = message.thread_index.as_deref().and_then(thread_root) {
            clues.add(ClueKind::ThreadIndex, format!("outlook:{root}"));
        }
    }
    if !base.key.is_empty() {
        clues.add(ClueKind::Subject, format!("subject:{}", base.key));
    }
    let everyone = message.authors.iter().chain(&message.recipients).map(|address| match_key(address));
    let people: BTreeSet<String> =
        everyone.filter(|key| !key.is_empty() && !own.contains(key)).take(PEOPLE).collect();
    let mut numbers = Vec::new();
    let words =
        std::iter::once(&message.subject).chain(&message.file_names).flat_map(|text| numbers_of(text));
    for number in words {
        if numbers.len() < NUMBERS && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Description {
        direction,
        base_subject: base.text,
        is_answer: base.is_answer,
        is_forward: base.is_forward,
        people: people.into_iter().collect(),
        date: message.date,
        clues: clues.0,
        numbers,
    }
}

#[derive(Debug, Default)]
struct Clues(Vec<Clue>);

impl Clues {
    fn add(&mut self, kind: ClueKind, value: String) {
        let clue = Clue { kind, value: bounded(&value, SUBJECT).to_owned() };
        if self.0.len() < CLUES && !self.0.contains(&clue) {
            self.0.push(clue);
        }
    }
}

/// Returns the part of a Thread-Index that all messages of the conversation have, in hexadecimal digits.
fn thread_root(value: &str) -> Option<String> {
    let value: String = value.chars().filter(|c| !c.is_whitespace()).take(2_000).collect();
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(value.trim_end_matches('=').get(..28)?).ok()?;
    // 28 digits hold 21 bytes; the last of the 22 is left out on both sides.
    let root = bytes.get(..THREAD_INDEX - 1)?;
    Some(root.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the words of a text that have a digit and may be a document's number: `2026-0142`, `F/26/0042`, `RE-2026_7`.
fn numbers_of(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_alphanumeric() || "-_/.#".contains(c);
    let words = bounded(text, SUBJECT).split(move |c: char| !is_part(c));
    let words = words.flat_map(|word| {
        // The name of a file ends with its extension; either may be meant.
        let stem = word.rsplit_once('.').map(|(stem, _)| stem);
        [Some(word), stem].into_iter().flatten()
    });
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let fits = |word: &&str| {
        (2..=NUMBER).contains(&word.chars().count()) && word.chars().any(|c| c.is_ascii_digit())
    };
    words.filter(fits).map(str::to_owned).collect::<Vec<_>>().into_iter()
}

//! Receipts in no standard form: those that Exchange writes in its own format, and those of mobile telephones, Notes and old
//! programs, which are a sentence under a subject of their own. They prove what a disposition report proves, and no person
//! wrote them.
//!
//! A sentence alone proves nothing, and a word before the subject neither: both are needed, with a time; or the form itself, which repeats
//! the subject as a field and has a time, in whatever language.

use super::address;
use super::bounce_heuristics;
use super::fields;
use super::limits::{self, bounded};
use super::message::InboundMessage;
use super::model::{Class, RecipientReport};
use super::person;
use super::phrases::{self, NOT_READ, READ, READ_SUBJECTS};
use crate::domain::address::match_key;
use crate::domain::status::{EventKind, EventSource};

/// Characters of the longest receipt.
const LONGEST: usize = 1_200;
/// Lines of the longest one in a language that is not known.
const LINES: usize = 10;
/// Fields that the form repeats: to whom, subject, when it was sent.
const FIELDS: usize = 3;
/// Sentences beside them.
const SENTENCES: usize = 3;
/// Characters of a word that is no name of a receipt yet, such as `read`.
const WORD: usize = 8;

/// What a receipt proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The mail was shown.
    Displayed,
    /// The mail arrived; what became of it there is unknown, or it was deleted unread.
    Arrived,
}

/// Reads a receipt; none where the message is none.
pub(super) fn read(message: &InboundMessage) -> Option<RecipientReport> {
    let sender = message.sender.as_ref().filter(|sender| sender.address.contains('@'))?;
    if message.is_report || bounce_heuristics::is_from_daemon(message) || person::is_prefixed(message) {
        return None;
    }
    let proof = by_class(message)
        .or_else(|| by_mark(message))
        .or_else(|| by_words(message))
        .or_else(|| by_form(message))?;
    let text = message.text.trim();
    let words = if text.is_empty() { message.subject.as_str() } else { text };
    Some(RecipientReport {
        recipient: Some(sender.address.clone()),
        final_recipient: None,
        class: Class::Receipt,
        bounce_type: None,
        code: None,
        words: Some(bounded(words, limits::WORDS).to_owned()).filter(|words| !words.is_empty()),
        remote: None,
        kind: match proof {
            Proof::Displayed => EventKind::DispositionDisplayed,
            Proof::Arrived => EventKind::DispositionOther,
        },
        source: EventSource::DispositionReport,
    })
}

/// Recognises a receipt by Exchange's classes: `IPNRN` is a notification of receipt, `IPNNRN` one of the contrary.
fn by_class(message: &InboundMessage) -> Option<Proof> {
    let class = message.message_class.as_deref()?;
    if class.ends_with(".ipnrn") || class.ends_with("read receipt") {
        Some(Proof::Displayed)
    } else if class.ends_with(".ipnnrn") {
        Some(Proof::Arrived)
    } else {
        None
    }
}

/// Recognises a receipt by a mark in the header: Exchange's of a disposition report whose parts were lost, and the name of Notes' form.
fn by_mark(message: &InboundMessage) -> Option<Proof> {
    let holds = |name: &str, what: &str| {
        message.header.all(name).any(|value| value.to_ascii_lowercase().contains(what))
    };
    let is_marked = holds("content-class", "content-classes:mdn") || holds("x-notes-item", "return receipt");
    is_marked.then(|| proof_of(&phrases::plain(&[&message.subject, " ", &message.text].concat())))
}

fn by_words(message: &InboundMessage) -> Option<Proof> {
    let subject = phrases::plain(&message.subject);
    // `Read: subject`, `Return Receipt (displayed) - subject`, `Return Receipt`.
    let end = [":", "：", " (", " - "].iter().filter_map(|mark| subject.find(mark)).min();
    let before = subject.get(..end.unwrap_or(subject.len())).unwrap_or_default().trim_end();
    let is_subject = READ_SUBJECTS.is(before) || (NOT_READ.begins(before) && before.chars().count() <= 30);
    if !is_subject {
        return None;
    }
    let plain = short(message)?;
    let has_phrase = READ.is_in(&plain) || NOT_READ.is_in(&plain) || repeats_subject(message);
    // A receipt has a time, or names what it is.
    let is_sentence =
        has_phrase && (has_time(&plain) || (before.chars().count() > WORD && plain.contains(before)));
    (plain.is_empty() || is_sentence).then(|| proof_of(&format!("{before} {plain}")))
}

/// Recognises a receipt by its form: the subject repeated, at most two fields beside it, a sentence, a time; and nothing of the mail that
/// it answers, which a person's program would quote with our address in it.
fn by_form(message: &InboundMessage) -> Option<Proof> {
    let answers = ["in-reply-to", "references"].iter().any(|name| message.header.get(name).is_some());
    let plain = short(message)?;
    let ours = message.header.all("to").flat_map(address::all).map(|(_, address)| match_key(&address));
    if !answers || !repeats_subject(message) || ours.into_iter().any(|ours| plain.contains(&ours)) {
        return None;
    }
    let lines: Vec<&str> = message.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (repeated, others): (Vec<&str>, Vec<&str>) = lines.iter().partition(|line| is_field(line));
    let is_form = lines.len() <= LINES && repeated.len() <= FIELDS && (1..=SENTENCES).contains(&others.len());
    // Notes has the subject on a line by itself, and the time as a field.
    let stands_alone = others.iter().any(|line| is_subject(message, line));
    let has_when = others.iter().chain(repeated.iter().filter(|_| stands_alone)).any(|line| has_time(line));
    (is_form && has_when).then(|| proof_of(&plain))
}

fn proof_of(plain: &str) -> Proof {
    let before = plain.split_once(' ').map_or(plain, |(before, _)| before);
    if NOT_READ.is_in(plain) {
        Proof::Arrived
    } else if READ.is_in(plain) || READ_SUBJECTS.is(before) {
        Proof::Displayed
    } else {
        Proof::Arrived
    }
}

/// Returns the text in plain form, where it is short and quotes nothing.
fn short(message: &InboundMessage) -> Option<String> {
    let plain = phrases::plain(bounded(&message.text, 2 * LONGEST));
    let quotes = message.text.lines().take(200).any(|line| line.trim_start().starts_with('>'));
    (plain.chars().count() <= LONGEST && !quotes).then_some(plain)
}

fn is_field(line: &str) -> bool {
    fields::field(line).is_some_and(|(name, value)| name.len() <= 25 && value.starts_with([' ', '\t']))
        || line.split_once([':', '：']).is_some_and(|(name, value)| {
            name.chars().count() <= 25 && name.chars().all(|c| !c.is_numeric()) && !value.trim().is_empty()
        })
}

/// True if a text is the subject behind its first colon.
fn is_subject(message: &InboundMessage, text: &str) -> bool {
    let Some((_, behind)) = message.subject.split_once([':', '：']) else { return false };
    let behind = phrases::plain(behind.trim());
    behind.chars().count() >= 3 && phrases::plain(bounded(text, limits::SUBJECT)).trim() == behind
}

/// True if a line of the text is the subject, alone or as a field.
fn repeats_subject(message: &InboundMessage) -> bool {
    message.text.lines().take(50).any(|line| {
        is_subject(message, line)
            || line.split_once([':', '：']).is_some_and(|(_, value)| is_subject(message, value.trim()))
    })
}

/// True if a date or a time of day is in the text.
fn has_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_clock = |at: usize| at > 0 && digit(at - 1) && digit(at + 1) && digit(at + 2) && !digit(at + 3);
    let has_clock = memchr::memchr2_iter(b':', b'.', bytes).any(is_clock);
    let has_year = text
        .split(|c: char| !c.is_ascii_digit())
        .any(|number| number.len() == 4 && (number.starts_with("19") || number.starts_with("20")));
    has_clock || has_year
}

//! A person's mail about a report, distinguished from the report itself. A person who answers or forwards a bounce or a receipt has bounced
//! nothing, in whatever language their program marks that.
//!
//! A report is the message itself: its root is `multipart/report`, or a program sent it, by its address, its empty return path or a mark in
//! its header. A report in the mail of any other sender was put there.

use super::address;
use super::automatic;
use super::bounce_heuristics::{self, DaemonLikeness};
use super::fields::Fields;
use super::limits::{bounded, bounded_bytes};
use super::message::InboundMessage;
use super::phrases::{
    self, AUTOMATIC_SUBJECTS, DAEMON_NAMES, DAEMONS, FAILURE_SUBJECTS, NOT_READ, PERSON_PREFIXES,
    READ_SUBJECTS,
};
use super::quoted_reply;

/// Characters and words that a program puts before a subject at the most.
const PREFIX: usize = 20;
const PREFIX_WORDS: usize = 3;
/// Bytes of a text in which a forwarded report is looked for.
const TEXT: usize = 16 << 10;
/// Fields of a header that was copied into a text: from whom, to whom or when, subject.
const FIELDS: usize = 3;
/// Characters of their longest name.
const LABEL: usize = 25;
/// Local parts that people do not write from.
const NO_PERSONS: &[&str] =
    &["noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce", "bounces"];

/// Returns true if a person put the report into the message.
pub(super) fn encloses_report(message: &InboundMessage) -> bool {
    if message.is_report {
        return false;
    }
    match bounce_heuristics::likeness(message) {
        DaemonLikeness::Daemon => false,
        DaemonLikeness::Address | DaemonLikeness::Name => passes_on(message),
        DaemonLikeness::None => {
            !is_by_program(message) && (passes_on(message) || message.text.chars().any(char::is_alphanumeric))
        }
    }
}

/// Returns true if a person answered or forwarded: by the subject, by what they copied into the text, or by the report that they
/// attached.
pub(super) fn passes_on(message: &InboundMessage) -> bool {
    if is_prefixed(message) {
        return true;
    }
    let has_report_in_it =
        || message.returned.as_ref().is_some_and(is_of_a_report) || copies_a_report(&message.text);
    match bounce_heuristics::likeness(message) {
        DaemonLikeness::Daemon => false,
        DaemonLikeness::Address | DaemonLikeness::Name => has_report_in_it(),
        DaemonLikeness::None => {
            !is_by_program(message) && (prefixes_a_report(&message.subject) || has_report_in_it())
        }
    }
}

/// Repeats what it answers or passes on.
pub(super) fn quotes(message: &InboundMessage) -> bool {
    quoted_reply::of(&message.text).is_some_and(|answer| answer.quoted.is_some())
        || message.text.lines().any(|line| line.trim_start().starts_with('>'))
}

/// Returns true if the subject has one of the words before it that programs use in the languages that we know.
pub(super) fn is_prefixed(message: &InboundMessage) -> bool {
    PERSON_PREFIXES.begins(&phrases::plain(&message.subject))
}

/// Returns true for the subject of a message that is passed on, rather than answered.
pub(crate) fn is_passed_on(subject: &str) -> bool {
    phrases::FORWARD_PREFIXES.begins(&phrases::plain(subject))
}

/// Returns the subject behind a word or a few and a colon, in plain form: `İlt: subject`. Labels such as `[External]` may stand before.
pub(super) fn behind_prefix(plain: &str) -> Option<&str> {
    let mut rest = plain;
    while let Some(end) = rest.strip_prefix('[').and_then(|rest| rest.find(']')).filter(|end| *end <= 40) {
        rest = rest.get(end + 2..)?.trim_start();
    }
    let (word, behind) = rest.split_once([':', '：'])?;
    let word = word.trim_end();
    // `Re[2]`, `Aw (3)`.
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || "[]() ".contains(c));
    let is_word = (1..=PREFIX).contains(&word.chars().count())
        && word.split(' ').count() <= PREFIX_WORDS
        && word.chars().all(|c| c.is_alphabetic() || !c.is_ascii() || " ./-'".contains(c));
    let behind = behind.trim_start();
    (is_word && !behind.is_empty()).then_some(behind)
}

/// Returns true if some word and a colon stand before what begins as a report's or an automatic reply's subject.
fn prefixes_a_report(subject: &str) -> bool {
    let plain = phrases::plain(subject);
    if [&*FAILURE_SUBJECTS, &*AUTOMATIC_SUBJECTS].iter().any(|table| table.begins(&plain)) {
        return false;
    }
    let Some(behind) = behind_prefix(&plain) else { return false };
    let inner = behind.split_once([':', '：']).map(|(word, _)| word.trim_end());
    FAILURE_SUBJECTS.begins(behind)
        || AUTOMATIC_SUBJECTS.begins(behind)
        || inner.is_some_and(|inner| READ_SUBJECTS.is(inner) || NOT_READ.is(inner))
}

/// Returns true if a program sent it, whatever its name is.
fn is_by_program(message: &InboundMessage) -> bool {
    let local = message.sender.as_ref().map(|sender| address::local(&sender.address)).unwrap_or_default();
    message.has_null_return_path()
        || automatic::is_generated(message)
        || message.header.has("x-failed-recipients")
        || NO_PERSONS.iter().any(|known| local.starts_with(known))
}

/// Returns true for the header of a message that is itself a report.
fn is_of_a_report(header: &Fields) -> bool {
    let is_kind = |value: &str| value.trim_start().to_ascii_lowercase().starts_with("multipart/report");
    header.all("content-type").any(is_kind)
        || header.all("from").any(is_of_a_daemon)
        || header.all("return-path").any(|path| path.trim() == "<>")
}

/// Returns true for a value of a header that names a program which reports on mail.
fn is_of_a_daemon(value: &str) -> bool {
    let is_daemon = |(_, found): (usize, String)| {
        let local = address::local(&found);
        local.contains("daemon") || DAEMONS.begins(&local)
    };
    address::all(bounded(value, 1_000)).take(3).any(is_daemon)
        || DAEMON_NAMES.begins(phrases::plain(bounded(value, 100)).trim_matches(['"', '\'']))
}

/// Returns true if the header of a report was copied into the text: `From: Mail Delivery System <MAILER-DAEMON@…>`, `Subject: Undelivered …`, one
/// field below the other, whatever they are called there.
fn copies_a_report(text: &str) -> bool {
    let (mut fields, mut has_daemon, mut has_subject) = (0, false, false);
    for line in bounded_bytes(text, TEXT).lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || ">*|_".contains(c));
        let Some(value) = value_of(line) else {
            (fields, has_daemon, has_subject) = (0, false, false);
            continue;
        };
        fields += 1;
        if is_of_a_daemon(value) {
            has_daemon = true;
        } else {
            has_subject |= FAILURE_SUBJECTS.is_in(&phrases::plain(bounded(value, 300)));
        }
        if fields >= FIELDS && has_daemon && has_subject {
            return true;
        }
    }
    false
}

/// Returns the value of a line `Label: value`. An address is no label: `<a@b.example>: 550 unknown`.
fn value_of(line: &str) -> Option<&str> {
    let (label, value) = line.split_once([':', '：'])?;
    let is_label = label.chars().count() <= LABEL
        && label.chars().any(char::is_alphabetic)
        && !label.contains(['@', '<', '=', '/']);
    is_label.then(|| value.trim_matches([' ', '*']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_before_a_subject_is_found_in_any_language() {
        for (subject, behind) in [
            ("İlt: Undelivered Mail", Some("undelivered mail")),
            ("Doorgestuurd: x", Some("x")),
            ("TR : x", Some("x")),
            ("Re[2]: x", Some("x")),
            ("[EXTERNAL] [Ticket 1] Továbbítás: x", Some("x")),
            ("轉寄：退信", Some("退信")),
            ("إعادة توجيه: x", Some("x")),
            ("Chuyển tiếp: x", Some("x")),
            ("Our invoice of 12 May: paid", None),
            ("What we have sent you: x", None),
            ("Invoice", None),
            ("Fwd:", None),
            (": x", None),
            ("", None),
        ] {
            assert_eq!(behind_prefix(&phrases::plain(subject)), behind, "{subject}");
        }
    }
}

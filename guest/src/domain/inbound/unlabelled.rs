//! Bounces without a report in them: qmail's, Exim's, old Exchange's, those of carriers and of programs that nobody
//! remembers. What tells them from a person's mail is who they come from, what stands over them and what they say; one
//! of these alone proves nothing.

use super::address;
use super::code::{Enhanced, reply_code};
use super::delivery::{class_of_text, kind_of};
use super::fields::{self, Fields};
use super::judge::judge;
use super::letter::Letter;
use super::limits::{self, bounded, bounded_bytes};
use super::model::{Class, RecipientReport};
use super::phrases::{self, CAUSE_TABLE, DAEMON_NAMES, DAEMONS, FAILURE_SUBJECTS, FAILURES, ORIGINAL};
use super::{answer, automatic, person};
use crate::domain::status::EventSource;

/// Of an address that nobody writes to in a report: whom to ask.
const WHOM_TO_ASK: &[&str] = &[
    "postmaster",
    "mailer-daemon",
    "abuse",
    "helpdesk",
    "support",
    "hostmaster",
    "webmaster",
    "admin",
    "noc",
];

/// How much the sender looks like a program that reports on mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Like anybody.
    None,
    /// By the display name alone: parcels are delivered too.
    Name,
    /// By an address that people may write from as well, such as postmaster's.
    Address,
    /// By nothing else.
    Daemon,
}

/// How much the sender looks like a program that reports on mail.
pub(super) fn likeness(letter: &Letter) -> Likeness {
    if letter.is_report && !letter.delivery.is_empty() {
        return Likeness::Daemon;
    }
    let Some(sender) = &letter.sender else {
        return if letter.has_null_return_path() { Likeness::Daemon } else { Likeness::None };
    };
    let local = address::local(&sender.address);
    let name = sender.name.as_deref().map(phrases::plain).unwrap_or_default();
    let is_named = DAEMON_NAMES.is_in(&name);
    // `MAILER-DAEMON <>`: who can't be answered is no person.
    let has_no_address = !sender.address.contains('@');
    if local.contains("daemon") || name.contains("daemon") || (has_no_address && is_named) {
        Likeness::Daemon
    } else if DAEMONS.begins(&local) {
        Likeness::Address
    } else if is_named {
        Likeness::Name
    } else {
        Likeness::None
    }
}

/// A program that reports on mail sent this, by its address, its name, or the empty return path.
pub(super) fn is_from_daemon(letter: &Letter) -> bool {
    likeness(letter) > Likeness::None
}

/// What a bounce without a report says of each recipient; none where it is no bounce.
pub(super) fn read(letter: &Letter) -> Option<Vec<RecipientReport>> {
    let failed: Vec<String> = letter
        .header
        .all("x-failed-recipients")
        .flat_map(|value| address::all(value).map(|(_, address)| address).collect::<Vec<_>>())
        .take(limits::RECIPIENTS)
        .collect();
    if failed.is_empty() && !is_a_bounce(letter) {
        return None;
    }
    let class = class_of_text(letter);
    if class == Class::Delivered && failed.is_empty() && !is_from_daemon(letter) {
        return None;
    }
    let mut recipients = if failed.is_empty() { named(letter) } else { failed };
    dedup(&mut recipients);
    if recipients.is_empty() {
        return Some(vec![of(letter, None, class)]);
    }
    Some(recipients.into_iter().map(|recipient| of(letter, Some(recipient), class)).collect())
}

fn is_a_bounce(letter: &Letter) -> bool {
    let text = own_text(&letter.text);
    let plain = phrases::plain(bounded_bytes(text, 16 << 10));
    let by_subject = FAILURE_SUBJECTS.is_in(&phrases::plain(&letter.subject));
    let by_text = FAILURES.is_in(&plain);
    let has_code = Enhanced::find(text).is_some_and(|code| code.class != 2) || reply_code(text).is_some();
    let returns = returned(letter).is_some();
    let likeness = likeness(letter);
    if person::passes_on(letter) {
        // Some gateways answer as a person would; a person quotes.
        let quotes = answer::of(&letter.text).is_some_and(|answer| answer.quoted.is_some());
        return likeness >= Likeness::Address && by_text && (returns || has_code) && !quotes;
    }
    // Whom it is about, and what a server said; or the mail itself.
    let has_proof = || returns || (has_code && !named(letter).is_empty());
    match likeness {
        Likeness::Daemon => by_subject || by_text || (has_code && returns),
        Likeness::Address => {
            let pieces = [by_subject, by_text || CAUSE_TABLE.0.is_in(&plain), has_code, returns];
            pieces.into_iter().filter(|piece| *piece).count() >= 2
        }
        _ if automatic::is_marked(letter) || automatic::has_subject(letter) => false,
        _ if letter.has_null_return_path() => {
            (by_text || (by_subject && CAUSE_TABLE.0.is_in(&plain)))
                && (by_subject || has_code || returns)
                && !automatic::is_notice(letter)
        }
        Likeness::Name => (by_subject || by_text) && has_proof(),
        Likeness::None => {
            let conversation = ["list-id", "list-unsubscribe", "list-post", "in-reply-to", "references"];
            by_subject && by_text && has_proof() && !conversation.iter().any(|name| letter.header.has(name))
        }
    }
}

fn of(letter: &Letter, recipient: Option<String>, class: Class) -> RecipientReport {
    let words = said_of(letter, recipient.as_deref());
    let mut found = judge(None, words.as_deref().unwrap_or_default());
    if found.code.is_none() || found.cause.is_none() {
        let text = bounded(own_text(&letter.text), 4 * limits::WORDS);
        let wider = judge(None, &[text, " ", &letter.subject].concat());
        if found.cause.is_none() || (found.code.is_none() && wider.code.is_some()) {
            found = wider;
        }
    }
    RecipientReport {
        recipient,
        final_recipient: None,
        class,
        hardness: (class == Class::Bounce).then_some(found.hardness),
        kind: kind_of(class, &found),
        code: found.code,
        words,
        remote: None,
        source: EventSource::DeliveryReport,
    }
}

fn dedup(recipients: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    recipients.retain(|recipient| seen.insert(address::key(recipient)));
    recipients.truncate(limits::RECIPIENTS);
}

/// Addresses that the text is about: those that the returned message was for, else those that begin a line, else the
/// first.
fn named(letter: &Letter) -> Vec<String> {
    let returned = returned(letter).unwrap_or_default();
    let not_meant: Vec<String> = ["from", "to", "reply-to", "return-path"]
        .iter()
        .flat_map(|name| letter.header.all(name))
        .chain(["from", "sender", "return-path", "reply-to"].iter().flat_map(|name| returned.all(name)))
        .flat_map(|value| address::all(value).map(|(_, address)| address::key(&address)).collect::<Vec<_>>())
        .collect();
    let meant: Vec<String> = ["to", "cc", "bcc", "x-original-to", "delivered-to", "envelope-to"]
        .iter()
        .flat_map(|name| returned.all(name))
        .flat_map(|value| address::all(value).map(|(_, address)| address::key(&address)).collect::<Vec<_>>())
        .collect();
    let text = bounded_bytes(own_text(&letter.text), limits::TEXT);
    let (mut certain, mut leading, mut others) = (vec![], vec![], vec![]);
    for line in text.lines().filter(|line| !phrases::plain(bounded(line, 20)).starts_with("message-id")) {
        for (at, found) in address::all(line).take(20) {
            let key = address::key(&found);
            if not_meant.contains(&key) || WHOM_TO_ASK.contains(&address::local(&found).as_str()) {
                continue;
            }
            let before = line.get(..at).unwrap_or_default();
            if meant.contains(&key) {
                certain.push(found);
            } else if !before.chars().any(char::is_alphanumeric) {
                leading.push(found);
            } else {
                others.push(found);
            }
        }
        if certain.len() + leading.len() + others.len() > limits::RECIPIENTS {
            break;
        }
    }
    if !certain.is_empty() {
        return certain;
    }
    if !leading.is_empty() {
        return leading;
    }
    others.truncate(1);
    if others.is_empty() {
        let first = returned.any(&["x-original-to", "to"]).and_then(address::find);
        others.extend(first.filter(|first| !not_meant.contains(&address::key(first))));
    }
    others
}

/// The text up to where it repeats the message that it is about.
pub(super) fn own_text(text: &str) -> &str {
    let mut at = 0;
    let mut said = 0;
    for line in text.split_inclusive('\n') {
        let plain = phrases::plain(bounded(line, 80));
        let bare = plain.trim_start_matches(['-', '=', '*', '_', '>', '|', '#', ' ']);
        if said > 0 && ORIGINAL.begins(bare) {
            return text.get(..at).unwrap_or(text);
        }
        said += usize::from(bare.chars().any(char::is_alphanumeric));
        at += line.len();
    }
    text
}

/// Header of the message that was returned, in a part of its own or at the end of the text.
pub(super) fn returned(letter: &Letter) -> Option<Fields> {
    if letter.returned.is_some() {
        return letter.returned.clone();
    }
    let rest = letter.text.get(own_text(&letter.text).len()..)?;
    let mut at = 0;
    for line in rest.split_inclusive('\n').take(60) {
        let is_start = fields::field(line.trim_start_matches(['>', '|', ' '])).is_some_and(|(name, _)| {
            ["received", "return-path", "message-id", "from", "date", "to", "subject", "mime-version"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
        if is_start {
            let header = fields::header(rest.get(at..)?);
            return header.any(&["message-id", "subject", "to", "from"]).is_some().then_some(header);
        }
        at += line.len();
    }
    None
}

/// What the text for people says of a recipient: his paragraph, else the lines that give a reason, else all of it.
pub(super) fn said_of(letter: &Letter, recipient: Option<&str>) -> Option<String> {
    let text = bounded_bytes(own_text(&letter.text), limits::TEXT);
    let wanted = recipient.map(address::key).filter(|key| !key.is_empty());
    let about = wanted.and_then(|wanted| paragraph_about(text, &wanted));
    let reasons = || {
        let telling = |line: &&str| {
            reply_code(line).is_some()
                || Enhanced::find(line).is_some()
                || CAUSE_TABLE.0.is_in(&phrases::plain(bounded(line, 1_000)))
        };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(telling).take(20).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    };
    let all = || Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let said = about.or_else(reasons).or_else(all)?;
    Some(bounded(&said, limits::WORDS).to_owned())
}

/// The address that a server's own text says this one was made from, in the line that names it or in the next: Postfix's
/// `(expanded from <…>)`, Exim's `(generated from …)`. It is whom the mail was sent to, where the report has no
/// Original-Recipient.
pub(super) fn origin_of(letter: &Letter, last: &str) -> Option<String> {
    let text = bounded_bytes(own_text(&letter.text), limits::TEXT);
    let wanted = address::key(last);
    let mut lines = text.lines().skip_while(|line| !line.to_lowercase().contains(&wanted));
    let about = [lines.next()?, lines.next().unwrap_or_default()];
    about.into_iter().find_map(|line| {
        let plain = line.to_ascii_lowercase();
        let at = ["(expanded from", "generated from"]
            .iter()
            .find_map(|known| Some(plain.find(known)? + known.len()))?;
        let origin = address::find(line.get(at..)?)?;
        (address::key(&origin) != wanted).then_some(origin)
    })
}

/// From the line that names the recipient to the code that a server gave, or as far as the reason goes.
fn paragraph_about(text: &str, wanted: &str) -> Option<String> {
    let lines = text.lines().skip_while(|line| !line.to_lowercase().contains(wanted));
    let mut said: Vec<&str> = vec![];
    let mut reason = None;
    for line in lines.take(40) {
        let line = line.trim();
        if line.is_empty() {
            let found = judge(None, &said.join(" "));
            if found.code.is_some() {
                return Some(said.join("\n"));
            }
            if found.cause.is_some() && reason.is_none() {
                reason = Some(said.len());
            }
            continue;
        }
        // The next recipient's.
        let begins = address::all(line).next().filter(|(at, _)| *at <= 1);
        if !said.is_empty() && begins.is_some_and(|(_, other)| address::key(&other) != wanted) {
            break;
        }
        said.push(line);
    }
    let found = judge(None, &said.join(" "));
    if found.code.is_none()
        && let Some(reason) = reason
    {
        said.truncate(reason);
    }
    (found.cause.is_some() || found.code.is_some()).then(|| said.join("\n"))
}

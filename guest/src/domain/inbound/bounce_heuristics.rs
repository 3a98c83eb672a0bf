//! Bounces without a report in them: qmail's, Exim's, old Exchange's, those of carriers and of forgotten programs. They differ from a
//! person's mail by sender, subject and text; one of these alone proves nothing.

use super::address;
use super::bounce_reason::bounce_reason;
use super::class::{class_of_text, kind_of};
use super::code::{Enhanced, reply_code};
use super::fields::{self, Fields};
use super::limits::{self, bounded, bounded_bytes};
use super::message::InboundMessage;
use super::model::{Class, RecipientReport};
use super::phrases::{self, CAUSE_TABLE, DAEMON_NAMES, DAEMONS, FAILURE_SUBJECTS, FAILURES};
use super::{automatic, person, quoted_reply};
use crate::domain::address::match_key;
use crate::domain::status::EventSource;

/// Local parts that a report names only as a contact for questions.
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

/// The degree to which the sender looks like a program that reports on mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DaemonLikeness {
    /// Not at all.
    None,
    /// By the display name alone: parcels are delivered too.
    Name,
    /// By an address that people may write from as well, such as postmaster's.
    Address,
    /// By nothing else.
    Daemon,
}

/// Estimates how much the sender looks like a program that reports on mail.
pub(super) fn likeness(message: &InboundMessage) -> DaemonLikeness {
    if message.is_report && !message.delivery.is_empty() {
        return DaemonLikeness::Daemon;
    }
    let Some(sender) = &message.sender else {
        return if message.has_null_return_path() { DaemonLikeness::Daemon } else { DaemonLikeness::None };
    };
    let local = address::local(&sender.address);
    let name = sender.name.as_deref().map(phrases::plain).unwrap_or_default();
    let is_named = DAEMON_NAMES.is_in(&name);
    // `MAILER-DAEMON <>`: who can't be answered is no person.
    let has_no_address = !sender.address.contains('@');
    if local.contains("daemon") || name.contains("daemon") || (has_no_address && is_named) {
        DaemonLikeness::Daemon
    } else if DAEMONS.begins(&local) {
        DaemonLikeness::Address
    } else if is_named {
        DaemonLikeness::Name
    } else {
        DaemonLikeness::None
    }
}

/// Returns true if a program that reports on mail sent this, by its address, its name, or the empty return path.
pub(super) fn is_from_daemon(message: &InboundMessage) -> bool {
    likeness(message) > DaemonLikeness::None
}

/// Reads a bounce without a report, recipient by recipient; none where the message is no bounce.
pub(super) fn read(message: &InboundMessage) -> Option<Vec<RecipientReport>> {
    let failed: Vec<String> = message
        .header
        .all("x-failed-recipients")
        .flat_map(|value| address::all(value).map(|(_, address)| address).collect::<Vec<_>>())
        .take(limits::RECIPIENTS)
        .collect();
    if failed.is_empty() && !is_a_bounce(message) {
        return None;
    }
    let class = class_of_text(message);
    if class == Class::Delivered && failed.is_empty() && !is_from_daemon(message) {
        return None;
    }
    let mut recipients = if failed.is_empty() { named(message) } else { failed };
    dedup(&mut recipients);
    if recipients.is_empty() {
        return Some(vec![of(message, None, class)]);
    }
    Some(recipients.into_iter().map(|recipient| of(message, Some(recipient), class)).collect())
}

fn is_a_bounce(message: &InboundMessage) -> bool {
    let text = message.own_text();
    let plain = phrases::plain(bounded_bytes(text, 16 << 10));
    let by_subject = FAILURE_SUBJECTS.is_in(&phrases::plain(&message.subject));
    let by_text = FAILURES.is_in(&plain);
    let has_code = Enhanced::find(text).is_some_and(|code| code.class != 2) || reply_code(text).is_some();
    let returns = returned(message).is_some();
    let likeness = likeness(message);
    if person::passes_on(message) {
        // Some gateways answer as a person would; a person quotes.
        let quotes = quoted_reply::of(&message.text).is_some_and(|answer| answer.quoted.is_some());
        return likeness >= DaemonLikeness::Address && by_text && (returns || has_code) && !quotes;
    }
    // Whom it is about, and a server's words; or the mail itself.
    let has_proof = || returns || (has_code && !named(message).is_empty());
    match likeness {
        DaemonLikeness::Daemon => by_subject || by_text || (has_code && returns),
        DaemonLikeness::Address => {
            let pieces = [by_subject, by_text || CAUSE_TABLE.0.is_in(&plain), has_code, returns];
            pieces.into_iter().filter(|piece| *piece).count() >= 2
        }
        _ if automatic::is_marked(message) || automatic::has_subject(message) => false,
        _ if message.has_null_return_path() => {
            (by_text || (by_subject && CAUSE_TABLE.0.is_in(&plain)))
                && (by_subject || has_code || returns)
                && !automatic::is_notice(message)
        }
        DaemonLikeness::Name => (by_subject || by_text) && has_proof(),
        DaemonLikeness::None => {
            let conversation = ["list-id", "list-unsubscribe", "list-post", "in-reply-to", "references"];
            by_subject && by_text && has_proof() && !conversation.iter().any(|name| message.header.has(name))
        }
    }
}

fn of(message: &InboundMessage, recipient: Option<String>, class: Class) -> RecipientReport {
    let words = words_about(message, recipient.as_deref());
    let mut found = bounce_reason(None, words.as_deref().unwrap_or_default());
    if found.code.is_none() || found.cause.is_none() {
        let text = bounded(message.own_text(), 4 * limits::WORDS);
        let wider = bounce_reason(None, &[text, " ", &message.subject].concat());
        if found.cause.is_none() || (found.code.is_none() && wider.code.is_some()) {
            found = wider;
        }
    }
    RecipientReport {
        recipient,
        final_recipient: None,
        class,
        bounce_type: (class == Class::Bounce).then_some(found.bounce_type),
        kind: kind_of(class, &found),
        code: found.code,
        words,
        remote: None,
        source: EventSource::DeliveryReport,
    }
}

fn dedup(recipients: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    recipients.retain(|recipient| seen.insert(match_key(recipient)));
    recipients.truncate(limits::RECIPIENTS);
}

/// Finds the addresses that the text is about: those that the returned message was for, else those that begin a line, else the first.
fn named(message: &InboundMessage) -> Vec<String> {
    let returned = returned(message).unwrap_or_default();
    let not_meant: Vec<String> = ["from", "to", "reply-to", "return-path"]
        .iter()
        .flat_map(|name| message.header.all(name))
        .chain(["from", "sender", "return-path", "reply-to"].iter().flat_map(|name| returned.all(name)))
        .flat_map(|value| address::all(value).map(|(_, address)| match_key(&address)).collect::<Vec<_>>())
        .collect();
    let meant: Vec<String> = ["to", "cc", "bcc", "x-original-to", "delivered-to", "envelope-to"]
        .iter()
        .flat_map(|name| returned.all(name))
        .flat_map(|value| address::all(value).map(|(_, address)| match_key(&address)).collect::<Vec<_>>())
        .collect();
    let text = bounded_bytes(message.own_text(), limits::TEXT);
    let (mut certain, mut leading, mut others) = (vec![], vec![], vec![]);
    for line in text.lines().filter(|line| !phrases::plain(bounded(line, 20)).starts_with("message-id")) {
        for (at, found) in address::all(line).take(20) {
            let key = match_key(&found);
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
        others.extend(first.filter(|first| !not_meant.contains(&match_key(first))));
    }
    others
}

/// Returns the header of the message that was returned, in a part of its own or at the end of the text.
pub(super) fn returned(message: &InboundMessage) -> Option<Fields> {
    if message.returned.is_some() {
        return message.returned.clone();
    }
    let rest = message.text.get(message.own_text().len()..)?;
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

/// Returns the words of the text about a recipient: their paragraph, else the lines that give a reason, else all of it.
pub(super) fn words_about(message: &InboundMessage, recipient: Option<&str>) -> Option<String> {
    let text = bounded_bytes(message.own_text(), limits::TEXT);
    let wanted = recipient.map(match_key).filter(|key| !key.is_empty());
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
    let lines = about.or_else(reasons).or_else(all)?;
    Some(bounded(&lines, limits::WORDS).to_owned())
}

/// Finds the address that this one was made from, in the line of the server's text that names it or in the next: Postfix's `(expanded from
/// <…>)`, Exim's `(generated from …)`. It is whom the mail was sent to, where the report has no Original-Recipient.
pub(super) fn origin_of(message: &InboundMessage, last: &str) -> Option<String> {
    let text = bounded_bytes(message.own_text(), limits::TEXT);
    let wanted = match_key(last);
    let mut lines = text.lines().skip_while(|line| !line.to_lowercase().contains(&wanted));
    let about = [lines.next()?, lines.next().unwrap_or_default()];
    about.into_iter().find_map(|line| {
        let plain = line.to_ascii_lowercase();
        let at = ["(expanded from", "generated from"]
            .iter()
            .find_map(|known| Some(plain.find(known)? + known.len()))?;
        let origin = address::find(line.get(at..)?)?;
        (match_key(&origin) != wanted).then_some(origin)
    })
}

/// Returns the lines from the one that names the recipient to the code that a server gave, or as far as the reason goes.
fn paragraph_about(text: &str, wanted: &str) -> Option<String> {
    let following = text.lines().skip_while(|line| !line.to_lowercase().contains(wanted));
    let mut lines: Vec<&str> = vec![];
    let mut reason = None;
    for line in following.take(40) {
        let line = line.trim();
        if line.is_empty() {
            let found = bounce_reason(None, &lines.join(" "));
            if found.code.is_some() {
                return Some(lines.join("\n"));
            }
            if found.cause.is_some() && reason.is_none() {
                reason = Some(lines.len());
            }
            continue;
        }
        // The next recipient's.
        let begins = address::all(line).next().filter(|(at, _)| *at <= 1);
        if !lines.is_empty() && begins.is_some_and(|(_, other)| match_key(&other) != wanted) {
            break;
        }
        lines.push(line);
    }
    let found = bounce_reason(None, &lines.join(" "));
    if found.code.is_none()
        && let Some(reason) = reason
    {
        lines.truncate(reason);
    }
    (found.cause.is_some() || found.code.is_some()).then(|| lines.join("\n"))
}

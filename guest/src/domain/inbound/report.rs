//! The one question of this folder: what is this message? Asked of each reader in turn.

use super::letter::Letter;
use super::model::{Class, Hardness, RecipientReport, Refused, Report};
use super::{
    address, answer, automatic, conversation, delivery, disposition, feedback, limits, notification, person,
    receipt, unlabelled,
};
use crate::domain::status::{Event, EventKind, EventSource};
use chrono::{DateTime, FixedOffset};

/// Understands a message. `own_addresses` are those that our mail is sent from.
///
/// # Errors
/// [`Refused`]: it is beyond the [`limits`](super::limits).
pub fn read(raw: &[u8], own_addresses: &[String], now: DateTime<FixedOffset>) -> Result<Report, Refused> {
    let letter = Letter::read(raw)?;
    let (class, recipients) = classify(&letter);
    let is_report = !matches!(class, Class::Ordinary | Class::AutoReply);
    let about = conversation::about(&letter, is_report);
    let at = letter.date.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
    let at = at.filter(|at| *at <= now).unwrap_or(now);
    let answer = if is_report { None } else { answer::of(&letter.text) };
    let events = if is_report {
        recipients.iter().map(|recipient| event_of(recipient, at)).collect()
    } else {
        let words = answer.as_ref().map(|answer| limits::bounded(&answer.text, limits::WORDS).to_owned());
        let events = events_of_reply(&letter, class, own_addresses, &about, at).into_iter();
        events.map(|event| Event { words: words.clone(), ..event }).collect()
    };
    let is_hard = recipients.iter().any(|recipient| recipient.hardness == Some(Hardness::Hard));
    let hardness = (class == Class::Bounce).then_some(if is_hard { Hardness::Hard } else { Hardness::Soft });
    Ok(Report {
        class,
        hardness,
        message_id: letter.header.get("message-id").and_then(|id| conversation::ids(id).into_iter().next()),
        tokens: conversation::tokens(&letter, &about),
        about,
        answer,
        events,
        recipients,
        sender: letter.sender,
        date: letter.date,
        subject: letter.subject,
    })
}

fn classify(letter: &Letter) -> (Class, Vec<RecipientReport>) {
    // A person who forwards a report with all its parts is still a person.
    let has_report = !letter.delivery.is_empty() || letter.disposition.is_some() || letter.feedback.is_some();
    let by_person = match has_report {
        true => person::encloses_report(letter),
        false => person::is_prefixed(letter) && !letter.is_report && !unlabelled::is_from_daemon(letter),
    };
    if !by_person {
        if let Some(complaint) = feedback::read(letter) {
            return (Class::Complaint, vec![complaint]);
        }
        if letter.feedback.is_some() {
            return (Class::Ordinary, vec![]);
        }
        if let Some(disposition) = disposition::read(letter) {
            return (disposition.class, vec![disposition]);
        }
        let reported = notification::read(letter).unwrap_or_else(|| delivery::read(letter));
        if let Some(worst) = worst(&reported) {
            return (worst, reported);
        }
    }
    if let Some(receipt) = receipt::read(letter) {
        return (Class::Receipt, vec![receipt]);
    }
    // Whoever says in the header that he answers for a person is believed, unless he is a mail system by name.
    let is_reply = automatic::is_marked(letter) || automatic::has_subject(letter);
    let names_failed = letter.header.has("x-failed-recipients");
    let is_daemon = unlabelled::is_from_daemon(letter) && !automatic::begins_so(letter);
    let may_bounce = !is_reply || is_daemon || names_failed;
    let bounced = if may_bounce { unlabelled::read(letter) } else { None }.unwrap_or_default();
    if let Some(worst) = worst(&bounced) {
        return (worst, bounced);
    }
    if is_reply || automatic::is_notice(letter) {
        return (Class::AutoReply, vec![]);
    }
    (Class::Ordinary, vec![])
}

/// Of several recipients' fates: bounce, delay, relayed, delivered.
fn worst(recipients: &[RecipientReport]) -> Option<Class> {
    recipients.iter().map(|recipient| recipient.class).min_by_key(|class| match class {
        Class::Bounce => 0,
        Class::Delay => 1,
        Class::Relayed => 2,
        _ => 3,
    })
}

fn event_of(recipient: &RecipientReport, at: DateTime<FixedOffset>) -> Event {
    Event {
        recipient: recipient.recipient.clone(),
        kind: recipient.kind,
        at,
        source: recipient.source,
        code: recipient.code.clone(),
        words: recipient.words.clone(),
    }
}

/// An answer proves that a mail arrived, and a person's that it was read. Mail of our own proves nothing, and a list's
/// answers nobody.
fn events_of_reply(
    letter: &Letter,
    class: Class,
    own_addresses: &[String],
    about: &[String],
    at: DateTime<FixedOffset>,
) -> Vec<Event> {
    let Some(sender) = letter.sender.as_ref().filter(|sender| !sender.address.is_empty()) else {
        return vec![];
    };
    let is_own = own_addresses.iter().any(|own| address::key(own) == address::key(&sender.address));
    let to_reply_address = || {
        let recipients =
            ["to", "cc", "delivered-to", "x-original-to"].iter().flat_map(|name| letter.header.all(name));
        recipients.flat_map(address::all).any(|(_, address)| address::local(&address).starts_with("reply+"))
    };
    let answers = !about.is_empty() || to_reply_address();
    let kind = match class {
        Class::AutoReply => EventKind::AutoReply,
        _ if automatic::is_generated(letter) || unlabelled::is_from_daemon(letter) => return vec![],
        _ => EventKind::Replied,
    };
    if is_own || !answers {
        return vec![];
    }
    let recipient = Some(sender.address.clone());
    vec![Event { recipient, kind, at, source: EventSource::Reply, code: None, words: None }]
}

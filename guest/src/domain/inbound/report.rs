//! The one question of this folder: what is this message? Asked of each reader in turn.

use super::message::InboundMessage;
use super::model::{BounceType, Class, RecipientReport, Refused, Report};
use super::{
    address, arf, automatic, bounce_heuristics, conversation, dsn, limits, mdn, person, quoted_reply,
    receipt, ses_mail,
};
use crate::domain::address::match_key;
use crate::domain::status::{Event, EventKind, EventSource};
use chrono::{DateTime, FixedOffset};

/// Understands a message. `own_addresses` are those that our mail is sent from.
///
/// # Errors
/// [`Refused`]: it is beyond the [`limits`](super::limits).
pub fn read(raw: &[u8], own_addresses: &[String], now: DateTime<FixedOffset>) -> Result<Report, Refused> {
    let message = InboundMessage::read(raw)?;
    let (class, recipients) = classify(&message);
    let is_report = !matches!(class, Class::Ordinary | Class::AutoReply);
    let about = conversation::about(&message, is_report);
    let at = message.date.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
    let at = at.filter(|at| *at <= now).unwrap_or(now);
    let answer = if is_report { None } else { quoted_reply::of(&message.text) };
    let events = if is_report {
        recipients.iter().map(|recipient| event_of(recipient, at)).collect()
    } else {
        let words = answer.as_ref().map(|answer| limits::bounded(&answer.text, limits::WORDS).to_owned());
        let events = events_of_reply(&message, class, own_addresses, &about, at).into_iter();
        events.map(|event| Event { words: words.clone(), ..event }).collect()
    };
    let is_hard = recipients.iter().any(|recipient| recipient.bounce_type == Some(BounceType::Hard));
    let bounce_type =
        (class == Class::Bounce).then_some(if is_hard { BounceType::Hard } else { BounceType::Soft });
    Ok(Report {
        class,
        bounce_type,
        message_id: message.header.get("message-id").and_then(|id| conversation::ids(id).into_iter().next()),
        tokens: conversation::tokens(&message, &about),
        about,
        answer,
        events,
        recipients,
        sender: message.sender,
        date: message.date,
        subject: message.subject,
    })
}

fn classify(message: &InboundMessage) -> (Class, Vec<RecipientReport>) {
    // A person who forwards a report with all its parts is still a person.
    let has_report =
        !message.delivery.is_empty() || message.disposition.is_some() || message.feedback.is_some();
    let by_person = match has_report {
        true => person::encloses_report(message),
        false => {
            person::is_prefixed(message) && !message.is_report && !bounce_heuristics::is_from_daemon(message)
        }
    };
    if !by_person {
        if let Some(complaint) = arf::read(message) {
            return (Class::Complaint, vec![complaint]);
        }
        if message.feedback.is_some() {
            return (Class::Ordinary, vec![]);
        }
        if let Some(disposition) = mdn::read(message) {
            return (disposition.class, vec![disposition]);
        }
        let reported = ses_mail::read(message).unwrap_or_else(|| dsn::read(message));
        if let Some(worst) = worst(&reported) {
            return (worst, reported);
        }
    }
    if let Some(receipt) = receipt::read(message) {
        return (Class::Receipt, vec![receipt]);
    }
    // A header that marks an answer as a person's counts, unless the sender is a mail system by name.
    let is_reply = automatic::is_marked(message) || automatic::has_subject(message);
    let names_failed = message.header.has("x-failed-recipients");
    let is_daemon = bounce_heuristics::is_from_daemon(message) && !automatic::begins_so(message);
    let may_bounce = !is_reply || is_daemon || names_failed;
    let bounced = if may_bounce { bounce_heuristics::read(message) } else { None }.unwrap_or_default();
    if let Some(worst) = worst(&bounced) {
        return (worst, bounced);
    }
    if is_reply || automatic::is_notice(message) {
        return (Class::AutoReply, vec![]);
    }
    (Class::Ordinary, vec![])
}

/// Returns the worst of several recipients' results: bounce, delay, relayed, delivered.
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

/// Makes the events of a reply: an answer proves that a mail arrived, and a person's that it was read. Mail of our own proves nothing, and
/// a list's answers no one.
fn events_of_reply(
    message: &InboundMessage,
    class: Class,
    own_addresses: &[String],
    about: &[String],
    at: DateTime<FixedOffset>,
) -> Vec<Event> {
    let Some(sender) = message.sender.as_ref().filter(|sender| !sender.address.is_empty()) else {
        return vec![];
    };
    let is_own = own_addresses.iter().any(|own| match_key(own) == match_key(&sender.address));
    let to_reply_address = || {
        let recipients =
            ["to", "cc", "delivered-to", "x-original-to"].iter().flat_map(|name| message.header.all(name));
        recipients.flat_map(address::all).any(|(_, address)| address::local(&address).starts_with("reply+"))
    };
    let answers = !about.is_empty() || to_reply_address();
    let kind = match class {
        Class::AutoReply => EventKind::AutoReply,
        _ if automatic::is_generated(message) || bounce_heuristics::is_from_daemon(message) => return vec![],
        _ => EventKind::Replied,
    };
    if is_own || !answers {
        return vec![];
    }
    let recipient = Some(sender.address.clone());
    vec![Event { recipient, kind, at, source: EventSource::Reply, code: None, words: None }]
}

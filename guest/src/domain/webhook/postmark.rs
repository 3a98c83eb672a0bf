//! Postmark: one record a body. Our references are in its metadata; Postmark's own id is in its server's reply.
//!
//! <https://postmarkapp.com/developer/webhooks/webhooks-overview>

use super::field::{address, code, id, notice, opening, own_references, text, time, words};
use super::{Malformed, Notice, Reading, Reference};
use crate::domain::status::EventKind as K;
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Reading, Malformed> {
    if text(body, "RecordType").is_none() {
        return Err(Malformed::new("$.RecordType", "expected the type of the record"));
    }
    let mut reading = Reading::default();
    reading.add(one(body).map(|notice| vec![notice]));
    Ok(reading)
}

fn one(entry: &Value) -> Option<Notice> {
    let bounce = text(entry, "Type").unwrap_or_default();
    let (kind, recipient, at, said) = match text(entry, "RecordType")? {
        "Delivery" => (K::Delivered, "Recipient", "DeliveredAt", text(entry, "Details")),
        "Bounce" => {
            let kind = match bounce {
                // Still being tried.
                "Transient" => K::Delayed,
                "AutoResponder" => K::AutoReply,
                "SpamComplaint" => K::Complaint,
                // About a list, or a test: nothing became of the mail.
                "Subscribe" | "Unsubscribe" | "OpenRelayTest" | "ChallengeVerification" => return None,
                _ => K::Bounced,
            };
            (kind, "Email", "BouncedAt", text(entry, "Details").or_else(|| text(entry, "Description")))
        }
        "SpamComplaint" => (K::Complaint, "Email", "BouncedAt", None),
        "Open" => {
            let agent = text(entry, "UserAgent");
            (opening(agent, false), "Recipient", "ReceivedAt", agent)
        }
        "Click" => (K::Clicked, "Recipient", "ReceivedAt", None),
        _ => return None,
    };
    let mut references = entry.get("Metadata").map(own_references).unwrap_or_default();
    references.extend(id(entry, "MessageID").map(Reference::ProviderId));
    let mut notice = notice(id(entry, "ID"), references, address(entry, recipient), kind, time(entry, at)?);
    notice.event.words = said.and_then(words);
    if matches!(kind, K::Bounced | K::Delayed) {
        notice.event.code = notice.event.words.as_deref().and_then(enhanced).or_else(|| code(entry, "Type"));
    }
    let inactive = entry.get("Inactive").and_then(Value::as_bool).unwrap_or(false);
    notice.lasting = kind == K::Bounced && (inactive || matches!(bounce, "HardBounce" | "BadEmailAddress"));
    Some(notice)
}

/// The first enhanced status code (RFC 3463) of a server's words.
pub(super) fn enhanced(words: &str) -> Option<String> {
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        parts.len() == 3 && matches!(parts.first(), Some(&("2" | "4" | "5"))) && parts.iter().all(number)
    };
    words
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '#' | '-'))
        .take(60)
        .find(is_code)
        .map(str::to_owned)
}

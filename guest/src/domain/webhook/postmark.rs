//! Postmark: one record a body. Our references are in its metadata; Postmark's own id is in its server's reply.
//!
//! <https://postmarkapp.com/developer/webhooks/webhooks-overview>

use super::field::{address, click, code, id, notice, opening, own_references, text, time, words};
use super::{Malformed, Notice, Reading, Reference, refusal};
use crate::domain::inbound::{self, BounceType};
use crate::domain::status::EventKind as K;
use serde_json::Value;

/// What a type of bounce is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A fact, and how lasting a bounce is where the server's code and words do not decide it.
    Fact(K, BounceType),
    /// A bounce if the server's words are about one; Postmark could not classify it.
    ByWords,
    /// A bounce by which nothing became of the mail.
    Nothing,
}

/// Every type of the documentation (postmarkapp.com/developer/api/bounce-api, 2026-11-29).
const TYPES: &[(&str, Meaning)] = &[
    ("HardBounce", Meaning::Fact(K::Bounced, BounceType::Hard)),
    ("SoftBounce", Meaning::Fact(K::Bounced, BounceType::Soft)),
    ("BadEmailAddress", Meaning::Fact(K::Bounced, BounceType::Hard)),
    ("Blocked", Meaning::Fact(K::Bounced, BounceType::Soft)),
    ("SpamNotification", Meaning::Fact(K::Bounced, BounceType::Soft)),
    ("VirusNotification", Meaning::Fact(K::Bounced, BounceType::Soft)),
    ("DMARCPolicy", Meaning::Fact(K::Bounced, BounceType::Soft)),
    // Still being tried.
    ("Transient", Meaning::Fact(K::Delayed, BounceType::Soft)),
    ("DnsError", Meaning::Fact(K::Delayed, BounceType::Soft)),
    // A program answered: that its owner is away, or has another address now.
    ("AutoResponder", Meaning::Fact(K::AutoReply, BounceType::Soft)),
    ("AddressChange", Meaning::Fact(K::AutoReply, BounceType::Soft)),
    ("SpamComplaint", Meaning::Fact(K::Complaint, BounceType::Soft)),
    // Postmark took it and did not send it.
    ("ManuallyDeactivated", Meaning::Fact(K::Dropped, BounceType::Soft)),
    ("Unconfirmed", Meaning::Fact(K::Dropped, BounceType::Soft)),
    ("SMTPApiError", Meaning::Fact(K::Dropped, BounceType::Soft)),
    ("TemplateRenderingFailed", Meaning::Fact(K::Dropped, BounceType::Soft)),
    ("Unknown", Meaning::ByWords),
    // About a list, a test, or a mail that came in.
    ("Subscribe", Meaning::Nothing),
    ("Unsubscribe", Meaning::Nothing),
    ("OpenRelayTest", Meaning::Nothing),
    ("ChallengeVerification", Meaning::Nothing),
    ("InboundError", Meaning::Nothing),
];

pub(super) fn read(body: &Value) -> Result<Reading, Malformed> {
    if text(body, "RecordType").is_none() {
        return Err(Malformed::new("$.RecordType", "expected the type of the record"));
    }
    let mut reading = Reading::default();
    reading.add(one(body).map(|notice| vec![notice]));
    Ok(reading)
}

fn one(entry: &Value) -> Option<Notice> {
    let at = |name: &str| time(entry, name);
    let agent = text(entry, "UserAgent");
    let mut flag = BounceType::Soft;
    let (kind, recipient, at, details) = match text(entry, "RecordType")? {
        "Delivery" => (K::Delivered, "Recipient", at("DeliveredAt")?, text(entry, "Details")),
        "Bounce" => {
            let details = text(entry, "Details").or_else(|| text(entry, "Description"));
            let (kind, bounce_type) = bounce(text(entry, "Type")?, details.unwrap_or_default())?;
            flag = bounce_type;
            (kind, "Email", at("BouncedAt")?, details)
        }
        "SpamComplaint" => (K::Complaint, "Email", at("BouncedAt")?, None),
        "Open" => {
            let at = at("ReceivedAt")?;
            (opening(agent, false, at), "Recipient", at, agent)
        }
        "Click" => {
            let at = at("ReceivedAt")?;
            (click(agent, false, at)?, "Recipient", at, None)
        }
        // About a list, or a mail that came in.
        "SubscriptionChange" | "Inbound" => return None,
        _ => return None,
    };
    let mut references = entry.get("Metadata").map(own_references).unwrap_or_default();
    references.extend(id(entry, "MessageID").map(Reference::ProviderId));
    let mut notice = notice(id(entry, "ID"), references, address(entry, recipient), kind, at);
    notice.event.words = details.and_then(words);
    if matches!(kind, K::Bounced | K::Delayed) {
        let found = inbound::bounce_reason(None, notice.event.words.as_deref().unwrap_or_default()).code;
        notice.event.code = found.or_else(|| code(entry, "Type"));
    }
    // Postmark sends nothing more to the address.
    if entry.get("Inactive").and_then(Value::as_bool).unwrap_or(false) {
        flag = BounceType::Hard;
    }
    refusal::set_bounce_type(&mut notice, flag);
    Some(notice)
}

/// Classifies a bounce by its type; none where nothing became of the mail, or the type is not known.
fn bounce(name: &str, words: &str) -> Option<(K, BounceType)> {
    match TYPES.iter().find(|(known, _)| *known == name)?.1 {
        Meaning::Fact(kind, bounce_type) => Some((kind, bounce_type)),
        Meaning::ByWords => refusal::is_final_refusal(words).then_some((K::Bounced, BounceType::Soft)),
        Meaning::Nothing => None,
    }
}

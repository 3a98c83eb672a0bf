//! SendGrid's Event Webhook: an array of events, whose custom arguments stand among their own fields.
//!
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>

use super::field::{
    address, click, code, id, message_id, notice, opening, own_references, text, unix_time, words,
};
use super::{MOST_ENTRIES, Malformed, Notice, Reading, Reference, refusal};
use crate::domain::inbound::BounceType;
use crate::domain::status::EventKind as K;
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Reading, Malformed> {
    let entries = body.as_array().ok_or_else(|| Malformed::new("$", "expected a list of events"))?;
    if entries.len() > MOST_ENTRIES {
        return Err(Malformed::new("$", format!("more than {MOST_ENTRIES} events")));
    }
    let mut reading = Reading::default();
    for entry in entries {
        reading.add(one(entry).map(|notice| vec![notice]));
    }
    Ok(reading)
}

fn one(entry: &Value) -> Option<Notice> {
    let at = unix_time(entry, "timestamp")?;
    let agent = text(entry, "useragent");
    let flagged = |name: &str| entry.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = match text(entry, "event")? {
        "processed" => K::Accepted,
        "deferred" => K::Delayed,
        "delivered" => K::Delivered,
        "bounce" if text(entry, "type") == Some("expired") => K::Expired,
        // `bounce` and `blocked`.
        "bounce" => K::Bounced,
        // Whatever the reason: SendGrid's lists, spam, a package used up, a malformed header.
        "dropped" => K::Dropped,
        "open" => opening(agent, flagged("sg_machine_open"), at),
        "click" => click(agent, flagged("sg_machine_click"), at)?,
        "spamreport" => K::Complaint,
        // About lists and the account.
        "unsubscribe" | "group_unsubscribe" | "group_resubscribe" | "account_status_change" => return None,
        _ => return None,
    };
    let mut references = own_references(entry);
    // `<X-Message-Id>.<server>…`: the API's answer had what stands before the first dot.
    let own = id(entry, "sg_message_id");
    references.extend(own.and_then(|id| Some(Reference::ProviderId(id.split('.').next()?.to_owned()))));
    references.extend(message_id(entry, "smtp-id"));
    let mut notice = notice(id(entry, "sg_event_id"), references, address(entry, "email"), kind, at);
    let reason = match kind {
        K::Bounced | K::Expired | K::Dropped => text(entry, "reason"),
        K::Delayed => text(entry, "response").or_else(|| text(entry, "reason")),
        K::Delivered => text(entry, "response"),
        K::Opened | K::MachineOpen => agent,
        _ => None,
    };
    notice.event.words = reason.and_then(words);
    notice.event.code = code(entry, "status");
    refusal::set_bounce_type(&mut notice, flag(entry));
    Some(notice)
}

/// Returns the bounce type that SendGrid's own types stand for: `blocked` is a matter of this mail or of the sender's reputation, not of
/// the address.
fn flag(entry: &Value) -> BounceType {
    let is_bounce = text(entry, "type") == Some("bounce");
    match text(entry, "bounce_classification") {
        Some("Technical" | "Content" | "Reputation" | "Frequency or Volume Too High") => BounceType::Soft,
        // `Invalid Address`, `Mailbox Unavailable`, `Unclassified`.
        _ if is_bounce => BounceType::Hard,
        _ => BounceType::Soft,
    }
}

//! Complaints (RFC 5965): a recipient pressed "this is junk", and their provider reports it.

use super::address;
use super::fields::{Fields, blocks};
use super::limits;
use super::message::InboundMessage;
use super::model::{Class, RecipientReport};
use super::phrases::{self, COMPLAINT_SUBJECTS};
use crate::domain::status::{EventKind, EventSource};

/// Returns the fields of the report, in one block.
pub(super) fn fields(message: &InboundMessage) -> Option<Fields> {
    let mut all = Fields::default();
    for block in blocks(message.feedback.as_deref()?) {
        block.iter().for_each(|(name, value)| all.push(name, value));
    }
    Some(all)
}

/// Returns true if feedback of a type is a complaint. Reports on authentication have the same form and are none, and `not-spam`
/// is the contrary of one. Where no type is named it is one.
pub(super) fn is_complaint(feedback_type: &str) -> bool {
    let none = ["auth-failure", "not-spam", "dmarc", "dkim"];
    !none.iter().any(|it| feedback_type.trim().eq_ignore_ascii_case(it))
}

/// Reads a complaint; none where the message is none.
pub(super) fn read(message: &InboundMessage) -> Option<RecipientReport> {
    let Some(fields) = fields(message) else { return read_without_report(message) };
    let kind = fields.get("feedback-type").unwrap_or("abuse").to_ascii_lowercase();
    if !is_complaint(&kind) {
        return None;
    }
    let removed = fields.any(&["original-rcpt-to", "removal-recipient", "original-recipient"]);
    let returned =
        || message.returned.as_ref().and_then(|header| header.any(&["x-original-to", "delivered-to", "to"]));
    let remote = fields.any(&["reporting-mta", "user-agent"]);
    let remote = remote.map(|value| value.split_once(';').map_or(value, |(_, host)| host).trim());
    Some(RecipientReport {
        recipient: removed.and_then(address::of_field).or_else(|| returned().and_then(address::find)),
        final_recipient: None,
        class: Class::Complaint,
        bounce_type: None,
        code: None,
        words: Some(format!("Feedback-Type: {}", limits::bounded(&kind, 60))),
        remote: remote.map(|value| limits::bounded(value, limits::ADDRESS).to_owned()),
        kind: EventKind::Complaint,
        source: EventSource::DeliveryReport,
    })
}

/// Reads complaints without a report: Hotmail's, which are the mail itself under a subject of their own, and what Apple's mail program
/// sends when its user presses "unsubscribe".
fn read_without_report(message: &InboundMessage) -> Option<RecipientReport> {
    let returned = message.returned.as_ref();
    let is_complaint = returned.is_some() && COMPLAINT_SUBJECTS.begins(&phrases::plain(&message.subject));
    let recipient = if message.header.has("x-apple-unsubscribe") {
        message.sender.as_ref().map(|sender| sender.address.clone())
    } else if is_complaint {
        returned
            .and_then(|header| header.any(&["x-hmxmroriginalrecipient", "x-original-to", "to"]))
            .and_then(address::find)
    } else {
        return None;
    };
    Some(RecipientReport {
        recipient,
        final_recipient: None,
        class: Class::Complaint,
        bounce_type: None,
        code: None,
        words: Some(message.subject.clone()),
        remote: None,
        kind: EventKind::Complaint,
        source: EventSource::DeliveryReport,
    })
}

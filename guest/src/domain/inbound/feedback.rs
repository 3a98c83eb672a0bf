//! Complaints (RFC 5965): a recipient pressed "this is junk", and his provider tells.

use super::address;
use super::fields::{Fields, blocks};
use super::letter::Letter;
use super::limits;
use super::model::{Class, RecipientReport};
use super::phrases::{self, COMPLAINT_SUBJECTS};
use crate::domain::status::{EventKind, EventSource};

/// The fields of the report, in one block.
pub(super) fn fields(letter: &Letter) -> Option<Fields> {
    let mut all = Fields::default();
    for block in blocks(letter.feedback.as_deref()?) {
        block.iter().for_each(|(name, value)| all.push(name, value));
    }
    Some(all)
}

/// Whether feedback of a type is a complaint. Reports on authentication have the same form and are none, and `not-spam` is
/// the contrary of one. Where no type is named it is one.
pub(super) fn is_complaint(feedback_type: &str) -> bool {
    let none = ["auth-failure", "not-spam", "dmarc", "dkim"];
    !none.iter().any(|it| feedback_type.trim().eq_ignore_ascii_case(it))
}

/// What a complaint says; none where there is none.
pub(super) fn read(letter: &Letter) -> Option<RecipientReport> {
    let Some(fields) = fields(letter) else { return read_unlabelled(letter) };
    let kind = fields.get("feedback-type").unwrap_or("abuse").to_ascii_lowercase();
    if !is_complaint(&kind) {
        return None;
    }
    let removed = fields.any(&["original-rcpt-to", "removal-recipient", "original-recipient"]);
    let returned =
        || letter.returned.as_ref().and_then(|header| header.any(&["x-original-to", "delivered-to", "to"]));
    let remote = fields.any(&["reporting-mta", "user-agent"]);
    let remote = remote.map(|value| value.split_once(';').map_or(value, |(_, host)| host).trim());
    Some(RecipientReport {
        recipient: removed.and_then(address::of_field).or_else(|| returned().and_then(address::find)),
        final_recipient: None,
        class: Class::Complaint,
        hardness: None,
        code: None,
        words: Some(format!("Feedback-Type: {}", limits::bounded(&kind, 60))),
        remote: remote.map(|value| limits::bounded(value, limits::ADDRESS).to_owned()),
        kind: EventKind::Complaint,
        source: EventSource::DeliveryReport,
    })
}

/// Complaints without a report: Hotmail's, which are the mail itself under a subject of their own, and what Apple's mail
/// program sends when its user presses "unsubscribe".
fn read_unlabelled(letter: &Letter) -> Option<RecipientReport> {
    let returned = letter.returned.as_ref();
    let is_complaint = returned.is_some() && COMPLAINT_SUBJECTS.begins(&phrases::plain(&letter.subject));
    let recipient = if letter.header.has("x-apple-unsubscribe") {
        letter.sender.as_ref().map(|sender| sender.address.clone())
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
        hardness: None,
        code: None,
        words: Some(letter.subject.clone()),
        remote: None,
        kind: EventKind::Complaint,
        source: EventSource::DeliveryReport,
    })
}

//! Amazon SES: notifications and published events, as text in the envelope of SNS that the host has verified.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use super::field::{address, bare_address, code, id, notice, text, time, words};
use super::{MOST_ENTRIES, Malformed, Notice, Reading, Reference, refusal};
use crate::domain::inbound::BounceType;
use crate::domain::inbound::amazon::{self, Bounce, Complaint, Notification, entries};
use crate::domain::opening::{self, ReportedOpening};
use crate::domain::status::EventKind as K;
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Reading, Malformed> {
    let kind =
        text(body, "Type").ok_or_else(|| Malformed::new("$.Type", "expected the type of the envelope"))?;
    let mut reading = Reading::default();
    if kind != "Notification" {
        reading.add(None);
        return Ok(reading);
    }
    let message = text(body, "Message").ok_or_else(|| Malformed::new("$.Message", "expected a text"))?;
    // SES announces a new destination in plain words.
    let Ok(entry) = serde_json::from_str::<Value>(message) else {
        reading.add(None);
        return Ok(reading);
    };
    reading.add(notices(&Notification::new(entry), id(body, "MessageId")));
    Ok(reading)
}

/// Makes a notice for each recipient that the entry names.
fn notices(entry: &Notification, envelope: Option<String>) -> Option<Vec<Notice>> {
    let part = |name: &str| entry.part(name);
    let mail = entry.mail()?;
    let (kind, part) = match entry.event()? {
        "Send" => (K::Accepted, part("send")),
        "Delivery" => (K::Delivered, part("delivery")),
        "DeliveryDelay" => (K::Delayed, part("deliveryDelay")),
        "Bounce" => (K::Bounced, part("bounce")),
        "Complaint" => (K::Complaint, part("complaint")),
        "Reject" => (K::Dropped, part("reject")),
        "Rendering Failure" | "RenderingFailure" => (K::Dropped, part("failure")),
        "Open" => (K::Opened, part("open")),
        "Click" => (K::Clicked, part("click")),
        // About a list.
        "Subscription" => return None,
        _ => return None,
    };
    let empty = Value::Null;
    let part = part.unwrap_or(&empty);
    let (own_time, sent) = (time(part, "timestamp"), time(mail, "timestamp"));
    let at = own_time.or(sent)?;
    let user_agent = text(part, "userAgent");
    let seen = ReportedOpening { user_agent, is_flagged: false, sent: own_time.and(sent), at };
    let kind = match kind {
        K::Opened => opening::of_provider(seen),
        K::Clicked if opening::is_click_by_machine(seen) => return None,
        kind => kind,
    };
    let mut references: Vec<Reference> = message_ids(mail);
    references.extend(id(mail, "messageId").map(Reference::ProviderId));
    let event_id = id(part, "feedbackId").or(envelope);
    let new = |recipient, kind| notice(event_id.clone(), references.clone(), recipient, kind, at);
    let recipients = recipients(part, mail);
    if kind == K::Complaint {
        return complaints(part, recipients, new);
    }
    let whole = match kind {
        K::Delivered => text(part, "smtpResponse"),
        K::Dropped => text(part, "reason").or_else(|| text(part, "errorMessage")),
        K::Opened | K::MachineOpen => user_agent,
        _ => None,
    };
    let of = |(recipient, own): (Option<String>, &Value)| {
        let (kind, flag) = if kind == K::Bounced { bounce(part, own)? } else { (kind, BounceType::Soft) };
        let mut notice = new(recipient, kind);
        let diagnostic = text(own, "diagnosticCode").map(|it| it.strip_prefix("smtp;").unwrap_or(it));
        let subtype = || text(part, "bounceSubType").filter(|_| kind == K::Dropped);
        notice.event.words = diagnostic.or(whole).or_else(subtype).and_then(words);
        notice.event.code = code(own, "status");
        refusal::set_bounce_type(&mut notice, flag);
        Some(notice)
    };
    Some(recipients.into_iter().take(MOST_ENTRIES).filter_map(of).collect())
}

/// Classifies a bounce for one recipient, and how lasting it is by SES's own type.
fn bounce(part: &Value, own: &Value) -> Option<(K, BounceType)> {
    match amazon::bounce_of(part, own) {
        Bounce::Returned(bounce_type) => Some((K::Bounced, bounce_type)),
        Bounce::Expired => Some((K::Expired, BounceType::Soft)),
        Bounce::KeptBack => Some((K::Dropped, BounceType::Soft)),
        Bounce::Answered => Some((K::AutoReply, BounceType::Soft)),
        Bounce::Unknown => None,
    }
}

fn complaints(
    part: &Value,
    recipients: Vec<(Option<String>, &Value)>,
    new: impl Fn(Option<String>, K) -> Notice,
) -> Option<Vec<Notice>> {
    let mut addresses: Vec<String> = recipients.into_iter().filter_map(|(address, _)| address).collect();
    amazon::each_once(&mut addresses);
    let all = |kind| -> Vec<Notice> {
        addresses.iter().take(MOST_ENTRIES).map(|it| new(Some(it.clone()), kind)).collect()
    };
    match amazon::complaint_of(part, addresses.len()) {
        Complaint::Unwanted => Some(all(K::Complaint)),
        Complaint::OneOfSeveral => {
            let mut notice = new(None, K::Complaint);
            notice.event.words = words(&amazon::one_of(addresses.len()));
            Some(vec![notice])
        }
        Complaint::KeptBack => {
            let diagnostic = text(part, "complaintSubType").and_then(words);
            let mut notices = all(K::Dropped);
            notices.iter_mut().for_each(|notice| notice.event.words.clone_from(&diagnostic));
            Some(notices)
        }
        Complaint::Nothing => None,
    }
}

/// Returns the recipients that the part names, else the mail's only one; of several that nothing distinguishes, none.
fn recipients<'a>(part: &'a Value, mail: &'a Value) -> Vec<(Option<String>, &'a Value)> {
    for name in ["bouncedRecipients", "complainedRecipients", "delayedRecipients"] {
        if let Some(list) = part.get(name).and_then(Value::as_array) {
            return list.iter().filter_map(|it| Some((Some(address(it, "emailAddress")?), it))).collect();
        }
    }
    let addresses = |of: &'a Value, name: &str| -> Vec<(Option<String>, &'a Value)> {
        entries(of, name).filter_map(|it| Some((Some(bare_address(it.as_str()?)?), it))).collect()
    };
    let named = addresses(part, "recipients");
    if !named.is_empty() {
        return named;
    }
    let all = addresses(mail, "destination");
    let told_apart = part.get("userAgent").is_none() || all.len() == 1;
    if told_apart { all } else { Vec::new() }
}

/// Finds the Message-IDs: SES gives the mail one of its own; ours is among the headers it stored.
fn message_ids(mail: &Value) -> Vec<Reference> {
    let headers = entries(mail, "headers").take(200);
    let named =
        headers.filter(|it| text(it, "name").is_some_and(|name| name.eq_ignore_ascii_case("message-id")));
    let in_headers = named.filter_map(|it| super::field::message_id(it, "value"));
    let common = mail.get("commonHeaders").and_then(|it| super::field::message_id(it, "messageId"));
    let mut all: Vec<Reference> = in_headers.take(2).chain(common).collect();
    all.dedup();
    all
}

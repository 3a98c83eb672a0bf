//! Amazon SES: notifications and published events, as text in the envelope of SNS that the host has verified.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use super::field::{address, bare_address, code, id, notice, opening, text, time, words};
use super::{MOST_ENTRIES, Malformed, Notice, Reading, Reference};
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
    reading.add(notices(&entry, id(body, "MessageId")));
    Ok(reading)
}

/// One for each recipient that the entry names.
fn notices(entry: &Value, envelope: Option<String>) -> Option<Vec<Notice>> {
    let what = text(entry, "eventType").or_else(|| text(entry, "notificationType"))?;
    let (kind, part) = match what {
        "Send" => (K::Accepted, "send"),
        "Delivery" => (K::Delivered, "delivery"),
        "DeliveryDelay" => (K::Delayed, "deliveryDelay"),
        "Bounce" => (K::Bounced, "bounce"),
        "Complaint" => (K::Complaint, "complaint"),
        "Reject" | "Rendering Failure" => (K::Dropped, if what == "Reject" { "reject" } else { "failure" }),
        "Open" => (K::Opened, "open"),
        "Click" => (K::Clicked, "click"),
        _ => return None,
    };
    let mail = entry.get("mail")?;
    let empty = Value::Null;
    let part = entry.get(part).unwrap_or(&empty);
    let kind = match (kind, text(part, "userAgent")) {
        (K::Opened, agent) => opening(agent, false),
        (K::Clicked, Some(agent)) if crate::domain::opening::is_machine(agent) => return None,
        (kind, _) => kind,
    };
    let at = time(part, "timestamp").or_else(|| time(mail, "timestamp"))?;
    let permanent = text(part, "bounceType") == Some("Permanent");
    let mut references: Vec<Reference> = message_ids(mail);
    references.extend(id(mail, "messageId").map(Reference::ProviderId));
    let whole = match kind {
        K::Delivered => text(part, "smtpResponse"),
        K::Dropped => text(part, "reason").or_else(|| text(part, "errorMessage")),
        K::Opened | K::MachineOpen => text(part, "userAgent"),
        _ => None,
    };
    let event_id = id(part, "feedbackId").or(envelope);
    let of = |(recipient, own): (Option<String>, &Value)| {
        let mut notice = notice(event_id.clone(), references.clone(), recipient, kind, at);
        let said = text(own, "diagnosticCode").map(|it| it.strip_prefix("smtp;").unwrap_or(it));
        notice.event.words = said.or(whole).and_then(words);
        notice.event.code = code(own, "status");
        notice.lasting = kind == K::Bounced && permanent;
        notice
    };
    Some(recipients(part, mail).into_iter().take(MOST_ENTRIES).map(of).collect())
}

/// Those that the part names, else the mail's only one; several that nothing tells apart are not everybody.
fn recipients<'a>(part: &'a Value, mail: &'a Value) -> Vec<(Option<String>, &'a Value)> {
    for name in ["bouncedRecipients", "complainedRecipients", "delayedRecipients"] {
        if let Some(list) = part.get(name).and_then(Value::as_array) {
            return list.iter().filter_map(|it| Some((Some(address(it, "emailAddress")?), it))).collect();
        }
    }
    let addresses = |of: &'a Value, name: &str| -> Vec<(Option<String>, &'a Value)> {
        let list = of.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|it| Some((Some(bare_address(it.as_str()?)?), it))).collect()
    };
    let named = addresses(part, "recipients");
    if !named.is_empty() {
        return named;
    }
    let all = addresses(mail, "destination");
    let told_apart = part.get("userAgent").is_none() || all.len() == 1;
    if told_apart { all } else { Vec::new() }
}

/// SES gives the mail a Message-ID of its own; ours is in what it kept of the headers.
fn message_ids(mail: &Value) -> Vec<Reference> {
    let headers = mail.get("headers").and_then(Value::as_array).into_iter().flatten().take(200);
    let named =
        headers.filter(|it| text(it, "name").is_some_and(|name| name.eq_ignore_ascii_case("message-id")));
    let in_headers = named.filter_map(|it| super::field::message_id(it, "value"));
    let common = mail.get("commonHeaders").and_then(|it| super::field::message_id(it, "messageId"));
    let mut all: Vec<Reference> = in_headers.take(2).chain(common).collect();
    all.dedup();
    all
}

//! Mailgun: one event a body, beside the signature that the host has verified.
//!
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>

use super::field::{address, code, id, message_id, notice, opening, own_references, text, unix_time, words};
use super::{Malformed, Notice, Reading};
use crate::domain::status::EventKind as K;
use serde_json::Value;

pub(super) fn read(body: &Value) -> Result<Reading, Malformed> {
    let entry = body.get("event-data").filter(|entry| entry.is_object());
    let entry = entry.ok_or_else(|| Malformed::new("$.event-data", "expected an event"))?;
    let mut reading = Reading::default();
    reading.add(one(entry).map(|notice| vec![notice]));
    Ok(reading)
}

fn one(entry: &Value) -> Option<Notice> {
    let empty = Value::Null;
    let part = |name: &str| entry.get(name).unwrap_or(&empty);
    let (client, status) = (part("client-info"), part("delivery-status"));
    let for_good = text(entry, "severity") != Some("temporary");
    let kind = match text(entry, "event")? {
        "accepted" => K::Accepted,
        "delivered" => K::Delivered,
        // Its own list of addresses that bounced before: it has not even tried.
        "failed" if text(entry, "reason").is_some_and(|reason| reason.starts_with("suppress")) => K::Dropped,
        "failed" if text(entry, "reason") == Some("old") => K::Expired,
        "failed" if for_good => K::Bounced,
        "failed" => K::Delayed,
        "rejected" => K::Dropped,
        "opened" => opening(text(client, "user-agent"), text(client, "bot").is_some()),
        "clicked" if text(client, "bot").is_some() => return None,
        "clicked" => K::Clicked,
        "complained" => K::Complaint,
        _ => return None,
    };
    let mut references = own_references(part("user-variables"));
    let headers = part("message").get("headers").unwrap_or(&empty);
    references.extend(message_id(headers, "message-id"));
    let at = unix_time(entry, "timestamp")?;
    let mut notice = notice(id(entry, "id"), references, address(entry, "recipient"), kind, at);
    let said = match kind {
        K::Opened | K::MachineOpen => text(client, "user-agent"),
        K::Delivered | K::Bounced | K::Delayed | K::Dropped | K::Expired => {
            let reject = part("reject");
            text(status, "message")
                .or_else(|| text(status, "description"))
                .or_else(|| text(reject, "reason"))
                .or_else(|| text(entry, "reason"))
        }
        _ => None,
    };
    notice.event.words = said.and_then(words);
    notice.event.code = code(status, "enhanced-code").or_else(|| code(status, "code"));
    // Of the reply codes only those that are about the mailbox: 5.7.1 and the like are about the sender.
    let said = notice.event.words.as_deref().unwrap_or_default();
    let about_mailbox = |code: &str| code.starts_with("5.1.") && code != "5.1.7" && code != "5.1.8";
    notice.lasting = kind == K::Bounced
        && (notice.event.code.as_deref().is_some_and(about_mailbox)
            || said.split_whitespace().take(3).any(about_mailbox));
    Some(notice)
}

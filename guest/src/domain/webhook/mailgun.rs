//! Mailgun: one event a body, beside the signature that the host has verified.
//!
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-types>

use super::field::{
    address, click, code, id, message_id, notice, opening, own_references, text, unix_time, words,
};
use super::{Malformed, Notice, Reading, refusal};
use crate::domain::inbound::{self, BounceType};
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
    let at = unix_time(entry, "timestamp")?;
    let agent = text(client, "user-agent");
    let bot = text(client, "bot");
    let kind = match text(entry, "event")? {
        "accepted" => K::Accepted,
        "delivered" => K::Delivered,
        "failed" => failure(entry, status)?,
        "rejected" => K::Dropped,
        "opened" => opening(agent.or_else(|| bot.and_then(proxy)), bot.is_some_and(is_robot), at),
        "clicked" => click(agent, bot.is_some(), at)?,
        "complained" => K::Complaint,
        // About lists and mails that came in.
        "unsubscribed" | "stored" | "list_member_uploaded" | "list_member_upload_error" | "list_uploaded" => {
            return None;
        }
        _ => return None,
    };
    let mut references = own_references(part("user-variables"));
    let headers = part("message").get("headers").unwrap_or(&empty);
    references.extend(message_id(headers, "message-id"));
    let mut notice = notice(id(entry, "id"), references, address(entry, "recipient"), kind, at);
    let reason = match kind {
        K::Opened | K::MachineOpen => agent,
        K::Dropped => {
            server_words(status).or_else(|| text(part("reject"), "reason")).or_else(|| text(entry, "reason"))
        }
        K::Delivered | K::Bounced | K::Delayed | K::Expired => {
            server_words(status).or_else(|| text(entry, "reason"))
        }
        _ => None,
    };
    notice.event.words = reason.and_then(words);
    notice.event.code = code(status, "enhanced-code").or_else(|| code(status, "code"));
    let is_hard = text(entry, "reason") == Some("bounce");
    refusal::set_bounce_type(&mut notice, if is_hard { BounceType::Hard } else { BounceType::Soft });
    Some(notice)
}

/// Reads the words of the recipient's server.
fn server_words(status: &Value) -> Option<&str> {
    text(status, "message").or_else(|| text(status, "description"))
}

/// Classifies a failure, by its reason, its severity, and where neither decides by the server's code.
fn failure(entry: &Value, status: &Value) -> Option<K> {
    let code = code(status, "enhanced-code").or_else(|| code(status, "code"));
    match (text(entry, "reason"), text(entry, "severity")) {
        // Its own lists of addresses that bounced, complained or unsubscribed before: it has not even tried.
        (Some(reason), _) if reason.starts_with("suppress") => Some(K::Dropped),
        (Some("old"), _) => Some(K::Expired),
        // `bounce`, `generic`, `espblock`, `greylisted` and others.
        (_, Some("permanent")) => Some(K::Bounced),
        (_, Some("temporary")) => Some(K::Delayed),
        _ => match inbound::bounce_reason(code.as_deref(), server_words(status).unwrap_or_default())
            .code?
            .chars()
            .next()?
        {
            '5' => Some(K::Bounced),
            '4' => Some(K::Delayed),
            _ => None,
        },
    }
}

/// Finds the `User-Agent` of the image proxy that Mailgun names in `bot` instead.
fn proxy(bot: &str) -> Option<&'static str> {
    match bot {
        "gmail" => Some("GoogleImageProxy"),
        "yahoo" => Some("YahooMailProxy"),
        "outlook" => Some("OutlookImageProxy"),
        _ => None,
    }
}

/// True if a `bot` is none of the image proxies that fetch when their user opens the mail.
fn is_robot(bot: &str) -> bool {
    proxy(bot).is_none()
}

//! What Amazon SES reports through SNS when that is subscribed by mail: JSON, with an SMTP server's words in it.

use super::address;
use super::amazon::{self, Notification, entries, text};
use super::bounce_reason::bounce_reason;
use super::class::kind_of;
use super::code::Enhanced;
use super::dsn::without_type;
use super::limits;
use super::message::InboundMessage;
use super::model::{BounceType, Class, RecipientReport};
use super::provider_verdict::combined_bounce_type;
use crate::domain::status::{EventKind, EventSource};
use serde_json::Value;

fn notification(message: &InboundMessage) -> Option<Notification> {
    let sender = &message.sender.as_ref()?.address;
    let body = limits::bounded_bytes(message.text.trim_start(), limits::TEXT);
    if !is_amazons(sender) || !body.starts_with('{') {
        return None;
    }
    let first = |text: &str| serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok();
    // It is one line; servers break it where a line grows too long for them, in the middle of a text too.
    let json = first(body).or_else(|| first(&body.replace('\r', "").replace("!\n ", "").replace("\n ", "")));
    json.map(Notification::new)
}

/// True if an address is of Amazon's domain, and not of one that ends like it.
fn is_amazons(address: &str) -> bool {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    domain.is_some_and(|domain| domain == "amazonaws.com" || domain.ends_with(".amazonaws.com"))
}

/// Reads a notification, recipient by recipient, which may be none of them; none where the message is no notification.
pub(super) fn read(message: &InboundMessage) -> Option<Vec<RecipientReport>> {
    let notification = notification(message)?;
    let event = notification.event()?;
    let absent = Value::Null;
    let part = |name: &str| notification.part(name).unwrap_or(&absent);
    let found: Vec<_> = match event {
        "Bounce" => {
            let part = part("bounce");
            entries(part, "bouncedRecipients").filter_map(|it| bounced(part, it)).collect()
        }
        "Complaint" => complained(part("complaint")),
        "Delivery" => {
            let part = part("delivery");
            let words = text(part, "smtpResponse");
            let delivered = |to: &str| RecipientReport {
                code: words.and_then(Enhanced::find).map(|code| code.to_string()),
                words: words.and_then(bounded_words),
                ..report(to, Class::Delivered, EventKind::Delivered)
            };
            entries(part, "recipients").filter_map(Value::as_str).map(delivered).collect()
        }
        _ => return None,
    };
    Some(found.into_iter().take(limits::RECIPIENTS).collect())
}

/// Finds the Message-ID of the mail that a notification is about.
pub(super) fn message_id(message: &InboundMessage) -> Option<String> {
    let notification = notification(message)?;
    text(notification.mail()?.get("commonHeaders")?, "messageId").map(str::to_owned)
}

/// Reads a bounce for one recipient; none where its type is not known and no code came with it.
fn bounced(part: &Value, recipient: &Value) -> Option<RecipientReport> {
    let address = text(recipient, "emailAddress").unwrap_or_default();
    let words = text(recipient, "diagnosticCode").map(without_type).unwrap_or_default();
    let mut found = bounce_reason(text(recipient, "status"), words);
    let soft = |kind| RecipientReport {
        bounce_type: Some(BounceType::Soft),
        words: bounded_words(words),
        code: found.code.clone(),
        ..report(address, Class::Bounce, kind)
    };
    let flag = match amazon::bounce_of(part, recipient) {
        amazon::Bounce::Returned(flag) => flag,
        amazon::Bounce::Expired => return Some(soft(EventKind::Expired)),
        amazon::Bounce::KeptBack => {
            let subtype = || text(part, "bounceSubType").and_then(bounded_words);
            let words = bounded_words(words).or_else(subtype);
            return Some(RecipientReport { words, ..soft(EventKind::Dropped) });
        }
        amazon::Bounce::Answered => {
            return Some(report(address, Class::Delivered, EventKind::AutoReply));
        }
        amazon::Bounce::Unknown => return None,
    };
    found.bounce_type = combined_bounce_type(&found, flag);
    Some(RecipientReport {
        bounce_type: Some(found.bounce_type),
        words: bounded_words(words),
        code: found.code.clone(),
        ..report(address, Class::Bounce, kind_of(Class::Bounce, &found))
    })
}

/// Reads a complaint: of one recipient, of one of several, unnamed, or none at all.
fn complained(part: &Value) -> Vec<RecipientReport> {
    let addresses = entries(part, "complainedRecipients").filter_map(|it| text(it, "emailAddress"));
    let mut named: Vec<String> = addresses.filter_map(address::find).collect();
    amazon::each_once(&mut named);
    match amazon::complaint_of(part, named.len()) {
        amazon::Complaint::Unwanted => {
            named.iter().map(|to| report(to, Class::Complaint, EventKind::Complaint)).collect()
        }
        amazon::Complaint::OneOfSeveral => {
            let words = Some(amazon::one_of(named.len()));
            vec![RecipientReport { words, ..report("", Class::Complaint, EventKind::Complaint) }]
        }
        amazon::Complaint::KeptBack => {
            let kept_back = |to: &String| RecipientReport {
                bounce_type: Some(BounceType::Soft),
                words: text(part, "complaintSubType").and_then(bounded_words),
                ..report(to, Class::Bounce, EventKind::Dropped)
            };
            named.iter().map(kept_back).collect()
        }
        amazon::Complaint::Nothing => vec![],
    }
}

/// Bounds words; none where there are none.
fn bounded_words(words: &str) -> Option<String> {
    Some(limits::bounded(words.trim(), limits::WORDS).to_owned()).filter(|words| !words.is_empty())
}

fn report(address: &str, class: Class, kind: EventKind) -> RecipientReport {
    RecipientReport {
        recipient: address::find(address),
        final_recipient: None,
        class,
        bounce_type: None,
        code: None,
        words: None,
        remote: None,
        kind,
        source: EventSource::DeliveryReport,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_own_domain_is_amazons() {
        for (address, wanted) in [
            ("no-reply@sns.amazonaws.com", true),
            ("No-Reply@SNS.AmazonAWS.com", true),
            ("no-reply@amazonaws.com", true),
            ("no-reply@evilamazonaws.com", false),
            ("no-reply@sns.evilamazonaws.com", false),
            ("no-reply@amazonaws.com.evil.example", false),
            ("amazonaws.com", false),
            ("amazonaws.com@evil.example", false),
            ("no-reply@-amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(is_amazons(address), wanted, "{address}");
        }
    }

    fn understood(kind: &str, part: &str, what: &serde_json::Value) -> super::super::Report {
        let body = serde_json::json!({"notificationType": kind, part: what,
            "mail": {"commonHeaders": {"messageId": "<1@nord.example>"}}});
        let message = format!(
            "From: AWS Notifications <no-reply@sns.amazonaws.com>\r\nTo: office@nord.example\r\n\
             Subject: Amazon SES Email Event Notification\r\nMessage-ID: <n@sns.amazonaws.com>\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        );
        let now = chrono::DateTime::parse_from_rfc3339("2026-09-22T00:00:00Z").unwrap();
        super::super::read(message.as_bytes(), &["office@nord.example".to_owned()], now).unwrap()
    }

    #[test]
    fn a_bounce_is_what_its_type_and_its_code_say() {
        use EventKind::{AutoReply, Bounced, Dropped, Expired};
        use serde_json::json;
        let hard = Some(BounceType::Hard);
        let soft = Some(BounceType::Soft);
        let to = "jo@example.com";
        for (kind, subtype, recipient, class, fact, bounce_type) in [
            ("Transient", "General", json!({"emailAddress": to}), Class::Delivered, AutoReply, None),
            (
                "Transient",
                "General",
                json!({"emailAddress": to, "action": "failed", "status": "5.2.2"}),
                Class::Bounce,
                Bounced,
                soft,
            ),
            (
                "Transient",
                "General",
                json!({"emailAddress": to, "diagnosticCode": "smtp; 550 5.1.1 no such user"}),
                Class::Bounce,
                Bounced,
                hard,
            ),
            ("Transient", "CustomTimeoutExceeded", json!({"emailAddress": to}), Class::Bounce, Expired, soft),
            ("Permanent", "General", json!({"emailAddress": to}), Class::Bounce, Bounced, hard),
            (
                "Permanent",
                "General",
                json!({"emailAddress": to, "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}),
                Class::Bounce,
                Bounced,
                soft,
            ),
            (
                "Permanent",
                "OnAccountSuppressionList",
                json!({"emailAddress": to}),
                Class::Bounce,
                Dropped,
                soft,
            ),
            (
                "Permanent",
                "Suppressed",
                json!({"emailAddress": to, "status": "5.1.1"}),
                Class::Bounce,
                Dropped,
                soft,
            ),
        ] {
            let what =
                json!({"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [recipient]});
            let found = understood("Bounce", "bounce", &what);
            let kinds: Vec<_> = found.events.iter().map(|event| event.kind).collect();
            assert_eq!((found.class, kinds.as_slice()), (class, [fact].as_slice()), "{what}");
            assert_eq!(found.recipients[0].bounce_type, bounce_type, "{what}");
            assert_eq!(found.events[0].recipient.as_deref(), Some(to), "{what}");
        }
    }

    #[test]
    fn a_published_event_is_read_as_a_notification_is() {
        let body = r#"{"eventType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"General",
            "bouncedRecipients":[{"emailAddress":"jo@example.com"}]},"mail":{}}"#;
        let of = Notification::new(serde_json::from_str(body).unwrap());
        let recipients = entries(of.part("bounce").unwrap(), "bouncedRecipients").count();
        assert_eq!((of.event(), recipients), (Some("Bounce"), 1));
    }

    #[test]
    fn a_complaint_is_what_a_recipient_said() {
        use serde_json::{Value, json};
        let one = || json!([{"emailAddress": "jo@example.com"}]);
        let two = || json!([{"emailAddress": "jo@example.com"}, {"emailAddress": "mo@example.com"}]);
        for (subtype, feedback_type, to, class, named) in [
            (Value::Null, json!("abuse"), one(), Class::Complaint, Some("jo@example.com")),
            (Value::Null, Value::Null, one(), Class::Complaint, Some("jo@example.com")),
            (Value::Null, json!("abuse"), two(), Class::Complaint, None),
            (json!("OnAccountSuppressionList"), Value::Null, one(), Class::Bounce, Some("jo@example.com")),
        ] {
            let what = json!({"complaintSubType": subtype, "complaintFeedbackType": feedback_type,
                "complainedRecipients": to});
            let found = understood("Complaint", "complaint", &what);
            assert_eq!((found.class, found.recipients.len()), (class, 1), "{what}");
            assert_eq!(found.recipients[0].recipient.as_deref(), named, "{what}");
            assert_ne!(found.bounce_type, Some(BounceType::Hard), "{what}");
        }
        for feedback_type in ["not-spam", "auth-failure"] {
            let what = json!({"complaintFeedbackType": feedback_type, "complainedRecipients": one()});
            let found = understood("Complaint", "complaint", &what);
            assert_eq!((found.class, found.events.len()), (Class::Ordinary, 0), "{what}");
        }
    }
}

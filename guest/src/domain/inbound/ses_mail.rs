//! What Amazon SES reports through SNS when that is subscribed by mail: JSON, with an SMTP server's words in it.

use super::address;
use super::amazon;
use super::bounce_reason::bounce_reason;
use super::class::kind_of;
use super::code::Enhanced;
use super::dsn::without_type;
use super::flagged::combined_bounce_type;
use super::limits;
use super::message::InboundMessage;
use super::model::{BounceType, Class, RecipientReport};
use crate::domain::status::{EventKind, EventSource};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Notification {
    /// Of a published event it is called otherwise.
    #[serde(alias = "eventType")]
    notification_type: String,
    bounce: Bounce,
    complaint: Complaint,
    delivery: Delivery,
    mail: Mail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Bounce {
    bounce_type: String,
    bounce_sub_type: Option<String>,
    bounced_recipients: Vec<Recipient>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipient {
    email_address: String,
    action: Option<String>,
    status: Option<String>,
    diagnostic_code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Complaint {
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
    complained_recipients: Vec<Recipient>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Delivery {
    recipients: Vec<String>,
    smtp_response: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Mail {
    common_headers: CommonHeaders,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CommonHeaders {
    message_id: Option<String>,
}

fn notification(message: &InboundMessage) -> Option<Notification> {
    let sender = &message.sender.as_ref()?.address;
    let text = limits::bounded_bytes(message.text.trim_start(), limits::TEXT);
    if !is_amazons(sender) || !text.starts_with('{') {
        return None;
    }
    let first =
        |text: &str| serde_json::Deserializer::from_str(text).into_iter::<Notification>().next()?.ok();
    // It is one line; servers break it where a line grows too long for them, in the middle of a text too.
    first(text).or_else(|| first(&text.replace('\r', "").replace("!\n ", "").replace("\n ", "")))
}

/// True if an address is of Amazon's domain, and not of one that ends like it.
fn is_amazons(address: &str) -> bool {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    domain.is_some_and(|domain| domain == "amazonaws.com" || domain.ends_with(".amazonaws.com"))
}

/// Reads a notification, recipient by recipient, which may be none of them; none where the message is no notification.
pub(super) fn read(message: &InboundMessage) -> Option<Vec<RecipientReport>> {
    let of = notification(message)?;
    let found: Vec<_> = match of.notification_type.as_str() {
        "Bounce" => {
            let Bounce { bounce_type: kind, bounce_sub_type: subtype, bounced_recipients } = of.bounce;
            bounced_recipients
                .into_iter()
                .filter_map(|it| bounced(it, &kind, subtype.as_deref().unwrap_or_default()))
                .collect()
        }
        "Complaint" => complained(of.complaint),
        "Delivery" => {
            let words = of.delivery.smtp_response;
            let recipients = of.delivery.recipients.into_iter();
            let delivered = |to: String| RecipientReport {
                code: words.as_deref().and_then(Enhanced::find).map(|code| code.to_string()),
                words: words.as_deref().and_then(bounded_words),
                ..report(&to, Class::Delivered, EventKind::Delivered)
            };
            recipients.map(delivered).collect()
        }
        _ => return None,
    };
    Some(found.into_iter().take(limits::RECIPIENTS).collect())
}

/// Finds the Message-ID of the mail that a notification is about.
pub(super) fn message_id(message: &InboundMessage) -> Option<String> {
    notification(message)?.mail.common_headers.message_id
}

/// Reads a bounce for one recipient; none where its type is not known and no code came with it.
fn bounced(of: Recipient, kind: &str, subtype: &str) -> Option<RecipientReport> {
    let has_text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let is_bare = ![&of.action, &of.status, &of.diagnostic_code].into_iter().any(has_text);
    let words = of.diagnostic_code.as_deref().map(without_type).unwrap_or_default();
    let mut found = bounce_reason(of.status.as_deref(), words);
    let soft = |kind| RecipientReport {
        bounce_type: Some(BounceType::Soft),
        words: bounded_words(words),
        code: found.code.clone(),
        ..report(&of.email_address, Class::Bounce, kind)
    };
    let flag = match amazon::bounce(kind, subtype, is_bare) {
        amazon::Bounce::Returned(flag) => flag,
        amazon::Bounce::Expired => return Some(soft(EventKind::Expired)),
        amazon::Bounce::KeptBack => {
            let words = bounded_words(words).or_else(|| bounded_words(subtype));
            return Some(RecipientReport { words, ..soft(EventKind::Dropped) });
        }
        amazon::Bounce::Answered => {
            return Some(report(&of.email_address, Class::Delivered, EventKind::AutoReply));
        }
        amazon::Bounce::Unknown => return None,
    };
    found.bounce_type = combined_bounce_type(&found, flag);
    Some(RecipientReport {
        bounce_type: Some(found.bounce_type),
        words: bounded_words(words),
        code: found.code.clone(),
        ..report(&of.email_address, Class::Bounce, kind_of(Class::Bounce, &found))
    })
}

/// Reads a complaint: of one recipient, of one of several, unnamed, or none at all.
fn complained(of: Complaint) -> Vec<RecipientReport> {
    let (subtype, feedback_type) =
        (of.complaint_sub_type.unwrap_or_default(), of.complaint_feedback_type.unwrap_or_default());
    let addresses = of.complained_recipients.into_iter().filter_map(|it| address::find(&it.email_address));
    let mut named: Vec<String> = addresses.collect();
    named.sort_by_key(|address| address.to_lowercase());
    named.dedup_by_key(|address| address.to_lowercase());
    match amazon::complaint(&subtype, &feedback_type, named.len()) {
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
                words: bounded_words(&subtype),
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
        let of: Notification = serde_json::from_str(body).unwrap();
        assert_eq!((of.notification_type.as_str(), of.bounce.bounced_recipients.len()), ("Bounce", 1));
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

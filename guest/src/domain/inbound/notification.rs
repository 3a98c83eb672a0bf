//! What Amazon SES reports through SNS when that is subscribed by mail: JSON, with an SMTP server's words in it.

use super::address;
use super::code::Enhanced;
use super::delivery::{kind_of, without_type};
use super::judge::judge;
use super::letter::Letter;
use super::limits;
use super::model::{Class, Hardness, RecipientReport};
use crate::domain::status::{EventKind, EventSource};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Notification {
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
    bounced_recipients: Vec<Recipient>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipient {
    email_address: String,
    status: Option<String>,
    diagnostic_code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Complaint {
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

fn notification(letter: &Letter) -> Option<Notification> {
    let sender = &letter.sender.as_ref()?.address;
    let text = limits::bounded_bytes(letter.text.trim_start(), limits::TEXT);
    if !is_amazons(sender) || !text.starts_with('{') {
        return None;
    }
    let first =
        |text: &str| serde_json::Deserializer::from_str(text).into_iter::<Notification>().next()?.ok();
    // It is one line; servers break it where a line grows too long for them, in the middle of a text too.
    first(text).or_else(|| first(&text.replace('\r', "").replace("!\n ", "").replace("\n ", "")))
}

/// Whether an address is of Amazon's domain, and not of one that ends like it.
fn is_amazons(address: &str) -> bool {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    domain.is_some_and(|domain| domain == "amazonaws.com" || domain.ends_with(".amazonaws.com"))
}

/// What a notification says of each recipient; none where it is none.
pub(super) fn read(letter: &Letter) -> Option<Vec<RecipientReport>> {
    let of = notification(letter)?;
    let found: Vec<_> = match of.notification_type.as_str() {
        "Bounce" => {
            let is_permanent = of.bounce.bounce_type == "Permanent";
            of.bounce.bounced_recipients.into_iter().map(|it| bounced(it, is_permanent)).collect()
        }
        "Complaint" => {
            let recipients = of.complaint.complained_recipients.into_iter();
            recipients.map(|it| report(it.email_address, Class::Complaint, EventKind::Complaint)).collect()
        }
        "Delivery" => {
            let words = of.delivery.smtp_response;
            let recipients = of.delivery.recipients.into_iter();
            let delivered = |to| RecipientReport {
                code: words.as_deref().and_then(Enhanced::find).map(|code| code.to_string()),
                words: words.as_deref().map(|words| limits::bounded(words, limits::WORDS).to_owned()),
                ..report(to, Class::Delivered, EventKind::Delivered)
            };
            recipients.map(delivered).collect()
        }
        _ => return None,
    };
    (!found.is_empty()).then(|| found.into_iter().take(limits::RECIPIENTS).collect())
}

/// The Message-ID of the mail that a notification is about.
pub(super) fn message_id(letter: &Letter) -> Option<String> {
    notification(letter)?.mail.common_headers.message_id
}

fn bounced(of: Recipient, is_permanent: bool) -> RecipientReport {
    let words = of.diagnostic_code.as_deref().map(without_type).unwrap_or_default();
    let mut found = judge(of.status.as_deref(), words);
    if found.cause.is_none() && is_permanent {
        found.hardness = Hardness::Hard;
    }
    RecipientReport {
        hardness: Some(found.hardness),
        words: Some(limits::bounded(words, limits::WORDS).to_owned()).filter(|words| !words.is_empty()),
        code: found.code.clone(),
        ..report(of.email_address, Class::Bounce, kind_of(Class::Bounce, &found))
    }
}

fn report(address: String, class: Class, kind: EventKind) -> RecipientReport {
    RecipientReport {
        recipient: address::find(&address),
        final_recipient: None,
        class,
        hardness: None,
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
}

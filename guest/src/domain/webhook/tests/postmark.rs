//! Postmark.

use super::*;
use serde_json::json;

const OWN: &str = "883953f4-6105-42a2-a16a-77a8eac79483";

pub(super) fn body(kind: &str, more: Value) -> Value {
    let mut body = json!({
        "RecordType": kind, "ServerID": 23, "MessageStream": "outbound", "MessageID": OWN, "Tag": "",
        "Metadata": {"message-id": MESSAGE_ID},
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn each_record_is_the_fact_that_it_tells() {
    let bounce = |kind: &str, details: &str| {
        json!({"ID": 42, "Type": kind, "TypeCode": 1, "Email": "jo@example.com", "Details": details,
            "BouncedAt": "2026-09-21T14:13:20.1234567Z", "Inactive": kind == "HardBounce"})
    };
    let open = |agent: &str| json!({"Recipient": "jo@example.com", "ReceivedAt": "2026-09-21T14:13:20Z", "FirstOpen": true, "UserAgent": agent});
    let table = [
        (
            "Delivery",
            json!({"Recipient": "jo@example.com", "DeliveredAt": "2026-09-21T16:13:20+02:00", "Details": "250 OK"}),
            ("delivered", "", "250 OK", false),
        ),
        (
            "Bounce",
            bounce("HardBounce", "smtp;550 5.1.1 The account does not exist"),
            ("bounced", "5.1.1", "smtp;550 5.1.1 The account does not exist", true),
        ),
        ("Bounce", bounce("SoftBounce", "mailbox full"), ("bounced", "SoftBounce", "mailbox full", false)),
        ("Bounce", bounce("Transient", "4.4.1 no answer"), ("delayed", "4.4.1", "4.4.1 no answer", false)),
        ("Bounce", bounce("AutoResponder", "away"), ("auto-reply", "", "away", false)),
        ("Bounce", bounce("SpamComplaint", ""), ("complaint", "", "", false)),
        ("SpamComplaint", bounce("SpamComplaint", "x"), ("complaint", "", "", false)),
        ("Open", open("Thunderbird"), ("opened", "", "Thunderbird", false)),
        ("Open", open("Mozilla/5.0"), ("machine-open", "", "Mozilla/5.0", false)),
        (
            "Click",
            json!({"Recipient": "jo@example.com", "ReceivedAt": "2026-09-21T14:13:20Z", "OriginalLink": "https://a.example"}),
            ("clicked", "", "", false),
        ),
    ];
    for (kind, more, expected) in table {
        let body = body(kind, more);
        let notice = one(Provider::Postmark, &body);
        assert_eq!(summary(&notice), expected, "{body}");
        assert_eq!(notice.event.recipient.as_deref(), Some("jo@example.com"), "{body}");
        assert_eq!(notice.event.at.timestamp(), 1_790_000_000, "{body}");
        assert!(
            names_the_mail(&notice) && notice.references.contains(&Reference::ProviderId(OWN.into())),
            "{body}"
        );
    }
}

#[test]
fn what_is_not_about_a_mail_is_passed_over() {
    passed_over(Provider::Postmark, &body("SubscriptionChange", json!({"Recipient": "jo@example.com"})));
    passed_over(
        Provider::Postmark,
        &body("Bounce", json!({"Type": "Unsubscribe", "BouncedAt": "2026-09-21T14:13:20Z"})),
    );
    passed_over(Provider::Postmark, &body("Delivery", json!({"DeliveredAt": "yesterday"})));
    for text in ["{}", "[]", "7", "null"] {
        let error = read(Provider::Postmark, text).unwrap_err();
        assert!(error.to_string().starts_with("$.RecordType"), "{text}: {error}");
    }
}

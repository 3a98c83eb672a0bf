//! Amazon SES through SNS.

use super::*;
use serde_json::json;

const OWN: &str = "0102019a2f3c4d5e-1a2b3c4d-5e6f-4711-8000-abcdefabcdef-000000";

pub(super) fn body(kind: &str, part: &str, what: Value, destination: &[&str]) -> Value {
    let mail = json!({
        "timestamp": "2026-09-21T14:13:00.000Z", "messageId": OWN, "source": "office@nord.example",
        "destination": destination, "headersTruncated": false,
        "headers": [
            {"name": "From", "value": "office@nord.example"}, {"name": "Message-ID", "value": MESSAGE_ID},
        ],
        "commonHeaders": {"messageId": MESSAGE_ID, "subject": "Invoice 7"},
    });
    let message = json!({"eventType": kind, "mail": mail, part: what}).to_string();
    json!({
        "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:mail", "Message": message,
        "Timestamp": "2026-09-21T14:13:21.000Z", "SignatureVersion": "2", "Signature": "x",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/cert.pem",
    })
}

const TIME: &str = "2026-09-21T14:13:20.000Z";

#[test]
fn each_kind_of_event_is_the_fact_that_it_tells() {
    let bounce = |kind: &str, status: &str, words: &str| {
        json!({"bounceType": kind, "bounceSubType": "General", "timestamp": TIME, "feedbackId": "f-1",
            "bouncedRecipients": [{"emailAddress": "Jo <jo@example.com>", "action": "failed", "status": status,
                "diagnosticCode": format!("smtp; {words}")}]})
    };
    let table = [
        ("Send", "send", json!({}), ("accepted", "", "", false)),
        (
            "Delivery",
            "delivery",
            json!({"timestamp": TIME, "recipients": ["jo@example.com"], "smtpResponse": "250 2.6.0 OK"}),
            ("delivered", "", "250 2.6.0 OK", false),
        ),
        (
            "Bounce",
            "bounce",
            bounce("Permanent", "5.1.1", "550 5.1.1 user unknown"),
            ("bounced", "5.1.1", "550 5.1.1 user unknown", true),
        ),
        (
            "Bounce",
            "bounce",
            bounce("Transient", "5.2.2", "552 5.2.2 mailbox full"),
            ("bounced", "5.2.2", "552 5.2.2 mailbox full", false),
        ),
        (
            "DeliveryDelay",
            "deliveryDelay",
            json!({"timestamp": TIME, "delayType": "TransientCommunicationFailure",
                "delayedRecipients": [{"emailAddress": "jo@example.com", "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 later"}]}),
            ("delayed", "4.4.1", "421 4.4.1 later", false),
        ),
        (
            "Complaint",
            "complaint",
            json!({"timestamp": TIME, "complainedRecipients": [{"emailAddress": "jo@example.com"}],
                "complaintFeedbackType": "abuse"}),
            ("complaint", "", "", false),
        ),
        ("Reject", "reject", json!({"reason": "Bad content"}), ("dropped", "", "Bad content", false)),
        (
            "Open",
            "open",
            json!({"timestamp": TIME, "userAgent": "Thunderbird"}),
            ("opened", "", "Thunderbird", false),
        ),
        (
            "Open",
            "open",
            json!({"timestamp": TIME, "userAgent": "Mozilla/5.0"}),
            ("machine-open", "", "Mozilla/5.0", false),
        ),
        (
            "Click",
            "click",
            json!({"timestamp": TIME, "userAgent": "Firefox", "link": "https://a.example"}),
            ("clicked", "", "", false),
        ),
    ];
    for (kind, part, what, expected) in table {
        let body = body(kind, part, what, &["jo@example.com"]);
        let notice = one(Provider::Sns, &body);
        assert_eq!(summary(&notice), expected, "{body}");
        assert_eq!(notice.event.recipient.as_deref(), Some("jo@example.com"), "{body}");
        assert!(
            names_the_mail(&notice) && notice.references.contains(&Reference::ProviderId(OWN.into())),
            "{body}"
        );
    }
}

#[test]
fn an_opening_by_one_of_several_is_nobodys() {
    let to = ["jo@example.com", "mo@example.com"];
    let open = json!({"timestamp": TIME, "userAgent": "Thunderbird"});
    passed_over(Provider::Sns, &body("Open", "open", open, &to));
    let delivery = json!({"timestamp": TIME, "recipients": to});
    assert_eq!(reading(Provider::Sns, &body("Delivery", "delivery", delivery, &to)).notices.len(), 2);
}

#[test]
fn what_is_not_about_a_mail_is_passed_over() {
    passed_over(
        Provider::Sns,
        &json!({"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"}),
    );
    passed_over(
        Provider::Sns,
        &json!({"Type": "Notification", "Message": "Successfully validated SNS topic."}),
    );
    passed_over(Provider::Sns, &body("Subscription", "subscription", json!({}), &["jo@example.com"]));
    for (text, path) in [("{}", "$.Type"), ("{\"Type\":\"Notification\"}", "$.Message"), ("[", "$:")] {
        let error = read(Provider::Sns, text).unwrap_err();
        assert!(error.to_string().starts_with(path), "{text}: {error}");
    }
}

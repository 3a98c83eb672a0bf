//! SendGrid.

use super::*;
use serde_json::json;

pub(super) fn event(kind: &str, more: Value) -> Value {
    let mut event = json!({
        "email": "jo@example.com", "timestamp": 1_790_000_000, "event": kind, "category": ["invoices"],
        "sg_event_id": "ZGVsaXZlcmVkLTAtMTIzNA", "sg_message_id": "Bq7nLr2XQyWm.recvd-5c-12-1-66A.0",
        "smtp-id": "<01983f1a-0000-7000-8000-00000000002a@nord.example>",
        "message-id": MESSAGE_ID, "envelope-id": "01983f1b-0000-7000-8000-000000000001",
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

#[test]
fn each_kind_of_event_is_the_fact_that_it_tells() {
    let table = [
        ("processed", json!({}), ("accepted", "", "", false)),
        (
            "deferred",
            json!({"response": "451 try later", "attempt": "3"}),
            ("delayed", "", "451 try later", false),
        ),
        (
            "delivered",
            json!({"response": "250 2.0.0 OK  1790000000"}),
            ("delivered", "", "250 2.0.0 OK  1790000000", false),
        ),
        (
            "bounce",
            json!({"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"}),
            ("bounced", "5.1.1", "550 5.1.1 no such user", true),
        ),
        (
            "bounce",
            json!({"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 listed"}),
            ("bounced", "5.7.1", "550 5.7.1 listed", false),
        ),
        ("dropped", json!({"reason": "Bounced Address"}), ("dropped", "", "Bounced Address", false)),
        (
            "open",
            json!({"useragent": "Thunderbird", "sg_machine_open": false}),
            ("opened", "", "Thunderbird", false),
        ),
        (
            "open",
            json!({"useragent": "Mozilla/5.0", "sg_machine_open": true}),
            ("machine-open", "", "Mozilla/5.0", false),
        ),
        ("open", json!({"useragent": "Mozilla/5.0"}), ("machine-open", "", "Mozilla/5.0", false)),
        ("click", json!({"url": "https://portal.example/d"}), ("clicked", "", "", false)),
        ("spamreport", json!({}), ("complaint", "", "", false)),
    ];
    for (kind, more, expected) in table {
        let body = json!([event(kind, more)]);
        let notice = one(Provider::SendGrid, &body);
        assert_eq!(summary(&notice), expected, "{body}");
        assert_eq!(notice.id.as_deref(), Some("ZGVsaXZlcmVkLTAtMTIzNA"), "{body}");
        assert_eq!(notice.event.recipient.as_deref(), Some("jo@example.com"), "{body}");
        assert_eq!(notice.event.at.timestamp(), 1_790_000_000, "{body}");
        assert_eq!(
            notice.references,
            [
                Reference::Attempt("01983f1b-0000-7000-8000-000000000001".into()),
                Reference::MessageId(MESSAGE_ID.into()),
                Reference::ProviderId("Bq7nLr2XQyWm".into()),
                Reference::MessageId(MESSAGE_ID.into()),
            ],
            "{body}"
        );
    }
}

#[test]
fn what_is_not_about_a_mail_is_passed_over_and_costs_no_other_event() {
    let no_time = json!({"email": "jo@example.com", "event": "open"});
    let body = json!([
        event("unsubscribe", json!({})), event("group_resubscribe", json!({})), no_time, 7, null, "x", [],
        {"event": "account_status_change", "type": "compliance_suspend", "timestamp": 1_790_000_000},
        event("delivered", json!({"timestamp": -1})), event("delivered", json!({"timestamp": 1e300})),
        event("delivered", json!({})),
    ]);
    let reading = reading(Provider::SendGrid, &body);
    assert_eq!((reading.notices.len(), reading.passed_over), (1, 10));
}

#[test]
fn fields_of_strangers_are_kept_within_bounds() {
    let body = json!([event(
        "bounce",
        json!({
            "email": "x".repeat(400) + "@example.com", "reason": "é".repeat(9_000), "sg_event_id": "y".repeat(600),
            "status": "5.1.1 and more than a code", "envelope-id": "a b", "message-id": "no at sign",
        })
    )]);
    let notice = one(Provider::SendGrid, &body);
    assert_eq!(
        (notice.id.as_ref(), notice.event.recipient.as_ref(), notice.event.code.as_ref()),
        (None, None, None)
    );
    assert_eq!(notice.event.words.unwrap().chars().count(), 2_000);
    assert_eq!(notice.references.len(), 2);
}

//! Mailgun.

use super::*;
use serde_json::json;

pub(super) fn body(kind: &str, more: Value) -> Value {
    let mut event = json!({
        "event": kind, "id": "CPgfbmQMTCKtHW6uIWtuVe", "timestamp": 1_790_000_000.268_7, "log-level": "info",
        "recipient": "jo@example.com", "recipient-domain": "example.com", "tags": [], "campaigns": [],
        "user-variables": {}, "flags": {"is-test-mode": false},
        "message": {"headers": {
            "message-id": "01983f1a-0000-7000-8000-00000000002a@nord.example", "from": "office@nord.example",
            "to": "jo@example.com", "subject": "Invoice 7",
        }, "attachments": [], "size": 4_711},
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    json!({"signature": {"timestamp": "1790000000", "token": "t", "signature": "s"}, "event-data": event})
}

#[test]
fn each_kind_of_event_is_the_fact_that_it_tells() {
    let status =
        |code: u16, message: &str| json!({"code": code, "message": message, "attempt-no": 1, "tls": true});
    let client = |agent: &str, bot: &str| json!({"user-agent": agent, "bot": bot, "client-type": "browser"});
    let table = [
        ("accepted", json!({"method": "SMTP"}), ("accepted", "", "", false)),
        ("delivered", json!({"delivery-status": status(250, "OK")}), ("delivered", "250", "OK", false)),
        (
            "failed",
            json!({"severity": "permanent", "reason": "generic", "delivery-status": status(550, "5.1.1 unknown user")}),
            ("bounced", "550", "5.1.1 unknown user", true),
        ),
        (
            "failed",
            json!({"severity": "permanent", "reason": "generic", "delivery-status": status(550, "5.7.1 listed")}),
            ("bounced", "550", "5.7.1 listed", false),
        ),
        (
            "failed",
            json!({"severity": "temporary", "reason": "generic", "delivery-status": status(452, "try later")}),
            ("delayed", "452", "try later", false),
        ),
        (
            "failed",
            json!({"severity": "permanent", "reason": "suppress-bounce",
                "delivery-status": status(605, "Not delivering to previously bounced address")}),
            ("dropped", "605", "Not delivering to previously bounced address", false),
        ),
        (
            "failed",
            json!({"severity": "permanent", "reason": "old", "delivery-status": status(602, "Too old")}),
            ("expired", "602", "Too old", false),
        ),
        (
            "rejected",
            json!({"reject": {"reason": "Sandbox subdomains"}}),
            ("dropped", "", "Sandbox subdomains", false),
        ),
        ("opened", json!({"client-info": client("Thunderbird", "")}), ("opened", "", "Thunderbird", false)),
        (
            "opened",
            json!({"client-info": client("Mozilla/5.0 X", "apple")}),
            ("machine-open", "", "Mozilla/5.0 X", false),
        ),
        (
            "clicked",
            json!({"client-info": client("Firefox", ""), "url": "https://a.example"}),
            ("clicked", "", "", false),
        ),
        ("complained", json!({}), ("complaint", "", "", false)),
    ];
    for (kind, more, expected) in table {
        let body = body(kind, more);
        let notice = one(Provider::Mailgun, &body);
        assert_eq!(summary(&notice), expected, "{body}");
        assert!(names_the_mail(&notice), "{body}: {notice:?}");
        assert_eq!(notice.event.at.timestamp_millis(), 1_790_000_000_268, "{body}");
    }
}

#[test]
fn what_is_not_about_a_mail_is_passed_over() {
    passed_over(Provider::Mailgun, &body("unsubscribed", json!({})));
    passed_over(Provider::Mailgun, &body("clicked", json!({"client-info": {"bot": "generic"}})));
    let error = read(Provider::Mailgun, "{\"signature\":{}}").unwrap_err();
    assert_eq!(error.to_string(), "$.event-data: expected an event");
}

#[test]
fn variables_of_our_own_name_the_attempt() {
    let body =
        body("delivered", json!({"user-variables": {"envelope-id": "4711", "message-id": MESSAGE_ID}}));
    let notice = one(Provider::Mailgun, &body);
    assert_eq!(notice.references[0], Reference::Attempt("4711".into()));
}

//! Whatever a body is, there is an answer.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, json};

/// Names that the readers look for, so that garbage gets deep.
const NAMES: &[&str] = &[
    "event",
    "timestamp",
    "email",
    "reason",
    "event-data",
    "message",
    "headers",
    "message-id",
    "RecordType",
    "Type",
    "Message",
    "MessageID",
    "BouncedAt",
    "Metadata",
    "eventType",
    "mail",
    "bounce",
    "bouncedRecipients",
    "open",
    "userAgent",
    "delivery-status",
    "code",
    "severity",
    "envelope-id",
    "status",
    "destination",
    "emailAddress",
];
const VALUES: &[&str] = &[
    "open",
    "bounce",
    "delivered",
    "failed",
    "Bounce",
    "Open",
    "Notification",
    "2026-09-21T14:13:20Z",
    "<a@b>",
    "",
    "9999999999999999999999",
    "1790000000.9999999999",
    "-1",
    ".",
    "{\"eventType\":\"Open\",\"mail\":{}}",
    "é\u{0}\u{202e}",
];

fn garbage() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(VALUES).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((proptest::sample::select(NAMES), inner), 0..8).prop_map(|fields| {
                Value::Object(
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_a_reader_fail(body in garbage(), text in ".{0,200}") {
        for provider in Provider::ALL {
            for wrapped in [
                body.to_string(), text.clone(), json!([body]).to_string(), json!({"event-data": body}).to_string(),
                json!({"Type": "Notification", "Message": body.to_string()}).to_string(),
            ] {
                if let Ok(reading) = read(*provider, &wrapped) {
                    for notice in reading.notices {
                        prop_assert!(notice.event.words.as_ref().is_none_or(|it| it.chars().count() <= 2_000));
                        prop_assert!(notice.event.recipient.as_ref().is_none_or(|it| it.len() <= 320 && it.contains('@')));
                        prop_assert!(notice.references.len() <= 8);
                    }
                }
            }
        }
    }
}

#[test]
fn a_body_of_nothing_but_brackets_is_refused() {
    for (body, provider) in
        [("[".repeat(100_000), Provider::SendGrid), ("{\"a\":".repeat(50_000), Provider::Sns)]
    {
        assert!(read(provider, &body).is_err());
    }
}

#[test]
fn a_body_of_more_events_than_anybody_sends_is_refused() {
    let body = format!("[{}0]", "0,".repeat(10_000));
    let error = read(Provider::SendGrid, &body).unwrap_err();
    assert_eq!(error.to_string(), "$: more than 10000 events");
}

//! What passes of an answer.

use chrono::{TimeZone, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::super::response::{fields, seconds, without};
use super::TOKEN;

fn map(fields: &[(&str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).expect(name), HeaderValue::from_str(value).expect(value))
        })
        .collect()
}

#[test]
fn a_time_to_wait_comes_as_seconds_whatever_form_it_had() {
    let now = Utc.with_ymd_and_hms(2026, 11, 22, 9, 30, 0).single().expect("a time");
    for (value, expected) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("99999999999", Some(u32::MAX)),
        ("Sun, 22 Nov 2026 09:31:30 GMT", Some(90)),
        ("Sun, 22 Nov 2026 09:29:00 GMT", Some(0)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(seconds(value, now), expected, "{value:?}");
    }
    let reset = (now.timestamp() + 17).to_string();
    for (status, headers, expected) in [
        (429, map(&[("x-ratelimit-reset", &reset)]), Some("17")),
        (429, map(&[("x-ratelimit-reset", &reset), ("retry-after", "4")]), Some("4")),
        (202, map(&[("x-ratelimit-reset", &reset)]), None),
        (429, map(&[("x-ratelimit-reset", "soon")]), None),
    ] {
        let received = fields(status, &headers, None, now);
        let wait =
            received.iter().find(|header| header.name == "retry-after").map(|header| header.value.as_str());
        assert_eq!(wait, expected, "{status} {headers:?}");
    }
}

#[test]
fn few_fields_pass_and_none_with_the_token() {
    let headers = map(&[
        ("content-type", "application/json"),
        ("set-cookie", "session=1"),
        ("x-message-id", "abc"),
        ("request-id", "r-1"),
        ("www-authenticate", "Bearer"),
        ("location", &format!("https://a.test/?t={TOKEN}&u=1")),
        ("etag", &"e".repeat(9_000)),
    ]);
    let received = fields(200, &headers, Some(TOKEN), Utc::now());
    let received: Vec<(&str, &str)> = received.iter().map(|h| (h.name.as_str(), h.value.as_str())).collect();
    assert_eq!(
        received,
        [
            ("content-type", "application/json"),
            ("location", "https://a.test/?t=[...]&u=1"),
            ("request-id", "r-1"),
            ("x-message-id", "abc"),
        ]
    );
}

#[test]
fn a_secret_is_cut_out_wherever_and_however_often_it_stands() {
    for (text, expected) in [
        ("", ""),
        ("none", "none"),
        ("s3cr3t", "[...]"),
        ("as3cr3ts3cr3tb", "a[...][...]b"),
        ("s3cr3 t", "s3cr3 t"),
    ] {
        let cut = without(Some("s3cr3t"), text.as_bytes().to_vec());
        assert_eq!(String::from_utf8_lossy(&cut), expected, "{text}");
    }
}

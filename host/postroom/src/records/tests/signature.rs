//! What is signed is what the interface's page says, example included.

use crate::records::{RecordsKey, Signed};

const PAGE: &str = include_str!("../../../../../docs/records.md");
const KEY: &str = "5d1f0c9a7e3b4826915fd0ac83be4471";

#[test]
fn the_example_in_the_documentation_is_what_is_computed() {
    let key = RecordsKey::new(KEY).unwrap();
    let body = br#"{"id":"0b7c","kind":"status","at":"2026-11-23T10:00:02+01:00"}"#;
    let (timestamp, nonce) = (1_795_424_402, "019ab0c2-4b5e-7c11-9d3a-2f6f0f1c8e77");
    let signed = Signed { method: "POST", target: "/postroom/notices", timestamp, nonce, body };
    let (text, signature) = (signed.text(), signed.signature(&key));
    for part in [KEY, std::str::from_utf8(body).unwrap(), &text, &signature] {
        assert!(PAGE.contains(part), "docs/records.md has no\n{part}");
    }
}

#[test]
fn another_method_target_time_number_body_or_key_is_another_signature() {
    let key = RecordsKey::new(KEY).unwrap();
    let signed = Signed { method: "GET", target: "/a?b=c", timestamp: 1, nonce: "n", body: b"" };
    let first = signed.signature(&key);
    assert_eq!(first.len(), 64);
    for other in [
        Signed { method: "POST", ..signed },
        Signed { target: "/a?b=d", ..signed },
        Signed { timestamp: 2, ..signed },
        Signed { nonce: "m", ..signed },
        Signed { body: b" ", ..signed },
    ] {
        assert_ne!(other.signature(&key), first, "{other:?}");
    }
    assert_ne!(signed.signature(&RecordsKey::new(&KEY.replace('5', "6")).unwrap()), first);
}

#[test]
fn a_key_is_one_line_that_can_not_be_guessed() {
    assert!(RecordsKey::new(&format!(" {KEY}\n")).is_ok());
    let long = "x".repeat(2_000);
    for text in
        ["", "short", &KEY[1..], &KEY.replace('5', " "), &KEY.replace('5', "\n"), &long, &"é".repeat(20)]
    {
        let error = RecordsKey::new(text).unwrap_err().to_string();
        assert!(error.contains("openssl rand"), "{text:?}: {error}");
        assert!(text.is_empty() || !error.contains(text), "the key is in its error: {error}");
    }
    assert!(!format!("{:?}", RecordsKey::new(KEY).unwrap()).contains(KEY));
}

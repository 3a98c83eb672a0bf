//! What is signed is what the interface's page says, example included.

use crate::records::{RecordsKey, SignedNotice, SignedQuestion};

const PAGE: &str = include_str!("../../../../../docs/records.md");
const KEY: &str = "5d1f0c9a7e3b4826915fd0ac83be4471";
const STANDARD_KEY: &str = "whsec_NWQxZjBjOWE3ZTNiNDgyNjkxNWZkMGFjODNiZTQ0NzE=";

#[test]
fn the_examples_in_the_documentation_are_what_is_computed() {
    let key = RecordsKey::new(KEY).unwrap();
    let body = r#"{"id":"0b7c","kind":"status","at":"2026-11-23T10:00:02+01:00"}"#;
    let (timestamp, nonce) = (1_795_424_402, "019ab0c2-4b5e-7c11-9d3a-2f6f0f1c8e77");
    let notice = SignedNotice { id: "0b7c", timestamp, body }.signature(&key);
    let target = "/postroom/documents?query=open&limit=1";
    let question = SignedQuestion { method: "GET", target, timestamp, nonce, body: b"" };
    let (text, signature) = (question.text(), question.signature(&key));
    for part in [KEY, STANDARD_KEY, body, &notice, &text, &signature] {
        assert!(PAGE.contains(part), "docs/records.md has no\n{part}");
    }
    assert_eq!(
        SignedNotice { id: "0b7c", timestamp, body }.signature(&RecordsKey::new(STANDARD_KEY).unwrap()),
        notice
    );
}

/// The example of the specification of Standard Webhooks.
#[test]
fn a_notice_is_signed_as_other_libraries_sign() {
    let key = RecordsKey::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signed = SignedNotice {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: 1_614_265_330,
        body: r#"{"test": 2432232314}"#,
    };
    assert_eq!(signed.signature(&key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn another_id_time_body_or_key_is_another_signature_of_a_notice() {
    let key = RecordsKey::new(KEY).unwrap();
    let signed = SignedNotice { id: "n", timestamp: 1, body: "{}" };
    let first = signed.signature(&key);
    for other in [
        SignedNotice { id: "m", ..signed },
        SignedNotice { timestamp: 2, ..signed },
        SignedNotice { body: "{ }", ..signed },
    ] {
        assert_ne!(other.signature(&key), first, "{other:?}");
    }
    assert_ne!(signed.signature(&RecordsKey::new(&KEY.replace('5', "6")).unwrap()), first);
}

#[test]
fn another_method_target_time_nonce_body_or_key_is_another_signature_of_a_question() {
    let key = RecordsKey::new(KEY).unwrap();
    let signed = SignedQuestion { method: "GET", target: "/a?b=c", timestamp: 1, nonce: "n", body: b"" };
    let first = signed.signature(&key);
    assert_eq!(first.len(), 64);
    for other in [
        SignedQuestion { method: "POST", ..signed },
        SignedQuestion { target: "/a?b=d", ..signed },
        SignedQuestion { timestamp: 2, ..signed },
        SignedQuestion { nonce: "m", ..signed },
        SignedQuestion { body: b" ", ..signed },
    ] {
        assert_ne!(other.signature(&key), first, "{other:?}");
    }
    assert_ne!(signed.signature(&RecordsKey::new(&KEY.replace('5', "6")).unwrap()), first);
}

#[test]
fn a_standard_key_is_base64_of_enough_bytes() {
    for text in [
        "whsec_not base64 at all, and long enough",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS?",
    ] {
        let error = RecordsKey::new(text).unwrap_err().to_string();
        assert!(error.contains("base64") && !error.contains(text), "{text}: {error}");
    }
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

//! Whatever comes from outside is read without harm.

use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::json;

use crate::oauth::Grant;
use crate::oauth::authorization::{AuthorizationReply, LONGEST_QUERY, state_digest};
use crate::oauth::identity::{address_in, claims};
use crate::oauth::redaction::{Refusal, quotable};

proptest! {
    #[test]
    fn no_input_is_too_strange(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = AuthorizationReply::read(&text);
        let _ = claims(&text);
        let _ = Grant::unseal(&SecretString::from(text.clone()));
        let shown = quotable(&text, &[]);
        prop_assert!(shown.chars().count() <= 601 && !shown.chars().any(char::is_control));
        let words = Refusal::read(&bytes, &[]).words();
        prop_assert!(!words.chars().any(char::is_control));
        prop_assert_eq!(state_digest(&text), state_digest(&text));
    }

    #[test]
    fn a_long_token_never_shows(token in "[A-Za-z0-9_-]{40,200}", before in "[ .,:;a-z]{0,20}") {
        prop_assume!(token.bytes().any(|b| b.is_ascii_digit()));
        prop_assume!(token.bytes().any(|b| b.is_ascii_uppercase()));
        prop_assume!(token.bytes().any(|b| b.is_ascii_lowercase()));
        let shown = quotable(&format!("{before} {token} end"), &[]);
        prop_assert!(!shown.contains(&token), "{}", shown);
    }
}

#[test]
fn a_reply_says_each_thing_once_and_is_not_long() {
    assert!(AuthorizationReply::read("state=s&code=c&session_state=x&session_state=y").is_some());
    for twice in ["state", "code", "iss", "error", "error_description"] {
        assert!(AuthorizationReply::read(&format!("{twice}=a&{twice}=a")).is_none(), "{twice}");
    }
    assert!(AuthorizationReply::read(&"x".repeat(LONGEST_QUERY)).is_some());
    assert!(AuthorizationReply::read(&"x".repeat(LONGEST_QUERY + 1)).is_none());
}

#[test]
fn an_address_is_taken_from_where_providers_put_it_if_it_is_one() {
    let rows = [
        (json!({ "email": "ann@example.com" }), Some("ann@example.com")),
        (
            json!({ "mail": "ann@example.com", "userPrincipalName": "ann@x.onmicrosoft.com" }),
            Some("ann@example.com"),
        ),
        (
            json!({ "mail": null, "userPrincipalName": "ann@x.onmicrosoft.com" }),
            Some("ann@x.onmicrosoft.com"),
        ),
        (json!({ "preferred_username": "ann@example.com", "upn": "x" }), Some("ann@example.com")),
        (json!({ "emailAddress": " ann@example.com " }), Some("ann@example.com")),
        (json!({ "email": "ann" }), None),
        (json!({ "email": "ann@example.com\r\nBcc: eve@example.com" }), None),
        (json!({ "email": 17 }), None),
        (json!(["email"]), None),
        (json!(null), None),
    ];
    for (profile, address) in rows {
        assert_eq!(address_in(&profile).as_deref(), address, "{profile}");
    }
}

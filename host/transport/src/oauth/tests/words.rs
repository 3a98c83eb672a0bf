//! Words of providers: verbatim, but for what is secret.

use crate::oauth::redaction::{Refusal, quotable};

#[test]
fn what_an_administrator_needs_stays_and_what_is_a_token_goes() {
    let rows = [
        // Kept: codes, ids, times, names.
        ("Token has been expired or revoked.", "Token has been expired or revoked."),
        (
            "AADSTS700082: The refresh token has expired due to inactivity. Trace ID: \
             0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 Timestamp: 2026-11-23T12:15:52.1109695Z",
            "AADSTS700082: The refresh token has expired due to inactivity. Trace ID: \
             0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 Timestamp: 2026-11-23T12:15:52.1109695Z",
        ),
        (
            "Application with identifier '00000002-0000-0FF1-CE00-000000000000' was not found in the directory",
            "Application with identifier '00000002-0000-0FF1-CE00-000000000000' was not found in the directory",
        ),
        (
            "see https://developers.google.com/identity/protocols/oauth2#expiration",
            "see https://developers.google.com/identity/protocols/oauth2#expiration",
        ),
        (
            "client 407408718192-v8r5q9pc0dqd2b3ntm1lfbnb2v7rj1kq.apps.googleusercontent.com",
            "client 407408718192-v8r5q9pc0dqd2b3ntm1lfbnb2v7rj1kq.apps.googleusercontent.com",
        ),
        // Cut: tokens of Google, Microsoft, and anything of that kind.
        ("token ya29.a0Af is bad", "token […] is bad"),
        ("code 4/0AX4XfWh_aB3dE5fG7hI9jK1lM3nO5pQ7rS9 is bad", "code 4/[…] is bad"),
        ("refresh_token=1//0gAbCdEfGhIjKlMnOpQrStUvWxYz0123456", "[…]//[…]"),
        ("<eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJo.c2ln>", "<[…]>"),
        // In one line, whatever came.
        ("two\r\nlines\tand\u{0}a \u{1b}[31mcolour", "two lines and a [31mcolour"),
        ("", ""),
    ];
    for (text, quoted) in rows {
        let shown = quotable(text, &[]);
        if text.starts_with("refresh_token=") {
            assert!(!shown.contains("AbCdEf"), "{text}: {shown}");
        } else {
            assert_eq!(shown, quoted, "{text}");
        }
    }
}

#[test]
fn what_we_sent_is_cut_whatever_it_looks_like() {
    let secrets = ["hunter2hunter2".to_owned(), "abc".to_owned()];
    assert_eq!(quotable("no: hunter2hunter2, abc", &secrets), "no: […], abc");
}

#[test]
fn long_words_are_cut_at_a_character() {
    let shown = quotable(&"é ".repeat(5_000), &[]);
    assert_eq!(shown.chars().count(), 601);
    assert!(shown.ends_with('…'));
}

#[test]
fn refusals_are_read_in_every_form_there_is() {
    let rows = [
        (
            r#"{"error":"invalid_grant","error_description":"Bad Request"}"#,
            "invalid_grant: Bad Request",
            true,
        ),
        (r#"{"error":"invalid_grant"}"#, "invalid_grant", true),
        (
            r#"{"error":{"code":401,"message":"Request had invalid credentials.","status":"UNAUTHENTICATED"}}"#,
            "UNAUTHENTICATED: Request had invalid credentials.",
            true,
        ),
        (
            r#"{"error":{"code":"InvalidAuthenticationToken","message":"Access token is empty."}}"#,
            "InvalidAuthenticationToken: Access token is empty.",
            true,
        ),
        ("<html>no</html>", "<html>no</html>", false),
        ("", "", false),
        ("{}", "{}", false),
        (r#"{"error":17}"#, r#"{"error":17}"#, false),
    ];
    for (body, words, is_oauth) in rows {
        let refusal = Refusal::read(body.as_bytes(), &[]);
        assert_eq!(refusal.words(), words, "{body}");
        assert_eq!(refusal.as_answer().is_some(), is_oauth, "{body}");
    }
}

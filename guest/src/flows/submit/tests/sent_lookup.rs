//! Looking for a mail in doubt at the provider.

use super::*;
use chrono::TimeDelta;

fn look(transport: &str, seconds: i64, provider: &mut Provider) -> LookupResult {
    let search = Search { message_id: "<inv-1@nord.example>".into(), sender: None, attempted: now() };
    look_in_sent(&search, &route(transport), now() + TimeDelta::seconds(seconds), provider)
}

#[test]
fn a_mail_in_doubt_is_found_at_gmail_by_its_message_id() {
    let found = r#"{"messages":[{"id":"18c5f1","threadId":"18c5e0"}],"resultSizeEstimate":1}"#;
    let mut provider = Provider::answering([response(200, found)]);
    let LookupResult::Found(receipt) = look("gmail", 5, &mut provider) else { panic!() };
    assert_eq!(receipt.provider_id.as_deref(), Some("18c5f1"));
    assert_eq!(receipt.message_id.as_deref(), Some("<inv-1@nord.example>"));
    assert_eq!(
        provider.asked(),
        ["GET /gmail/v1/users/me/messages?maxResults=2&q=in%3Asent%20rfc822msgid%3Ainv-1%40nord.example"]
    );
}

#[test]
fn a_mail_whose_message_id_gmail_replaced_is_found_by_the_one_it_came_with() {
    let header = |name: &str, value: &str| {
        let json = serde_json::json!({ "payload": { "headers": [{ "name": name, "value": value }] } });
        response(200, &json.to_string())
    };
    let mut provider = Provider::answering([
        response(200, r#"{"resultSizeEstimate":0}"#),
        response(200, r#"{"messages":[{"id":"1","threadId":"t1"},{"id":"2","threadId":"t2"}]}"#),
        header("Subject", "another"),
        header("X-Google-Original-Message-ID", "<inv-1@nord.example>"),
        header("Message-ID", "<CA+new@mail.gmail.com>"),
    ]);
    let LookupResult::Found(receipt) = look("gmail", 5, &mut provider) else { panic!() };
    assert_eq!(receipt.provider_id.as_deref(), Some("2"));
    assert_eq!(receipt.message_id.as_deref(), Some("<CA+new@mail.gmail.com>"));
    assert!(provider.asked()[1].ends_with("q=in%3Asent%20after%3A1795336140"), "{:?}", provider.asked());
}

#[test]
fn what_is_not_there_was_not_sent_once_the_provider_had_time_to_file_it() {
    let draft = r#"{"value":[{"id":"AAMk","isDraft":true}]}"#;
    for (transport, responses) in [
        ("gmail", vec![response(200, "{}"), response(200, "{}")]),
        ("graph", vec![response(200, r#"{"value":[]}"#)]),
        ("graph", vec![response(200, draft)]),
    ] {
        for (seconds, expected) in
            [(-5, LookupResult::NotYet(60)), (599, LookupResult::NotYet(60)), (600, LookupResult::NotFound)]
        {
            let mut provider = Provider::answering(responses.clone());
            assert_eq!(look(transport, seconds, &mut provider), expected, "{transport} {seconds}");
            let deleted = provider.asked().iter().any(|it| it == "DELETE /v1.0/me/messages/AAMk");
            let is_left_over = seconds == 600 && responses[0].body == draft.as_bytes();
            assert_eq!(deleted, is_left_over, "{transport} {seconds}: {:?}", provider.asked());
        }
    }
}

#[test]
fn graph_finds_a_mail_in_any_folder_and_tells_it_from_a_draft() {
    let both =
        r#"{"value":[{"id":"AAMk1","isDraft":true},{"id":"AAMk2","isDraft":false,"conversationId":"c"}]}"#;
    let mut provider = Provider::answering([response(200, both)]);
    let LookupResult::Found(receipt) = look("graph", 5, &mut provider) else { panic!() };
    assert_eq!(receipt.provider_id.as_deref(), Some("AAMk2"));
    assert!(provider.asked()[0].starts_with("GET /v1.0/me/messages?$filter="), "{:?}", provider.asked());
}

#[test]
fn a_provider_that_can_not_tell_is_never_taken_for_a_no() {
    let scope = r#"{"error":{"code":403,"message":"Insufficient Permission","errors":[{"reason":"insufficientPermissions"}]}}"#;
    let mut many = response(200, "{}");
    let items: Vec<_> = (0..26).map(|id| serde_json::json!({ "id": id.to_string() })).collect();
    many.body = serde_json::json!({ "messages": items }).to_string().into_bytes();
    let rows = [
        ("gmail", vec![response(403, scope)]),
        ("gmail", vec![response(200, "not json")]),
        ("gmail", vec![response(200, "[]")]),
        ("gmail", vec![response(500, "")]),
        ("gmail", vec![response(200, "{}"), response(503, "")]),
        ("gmail", vec![response(200, "{}"), many]),
        (
            "gmail",
            vec![response(200, "{}"), response(200, r#"{"messages":[{"id":"1"}]}"#), response(500, "")],
        ),
        ("graph", vec![response(200, "{}")]),
        ("graph", vec![response(200, r#"{"value":{}}"#)]),
        ("graph", vec![WebResponse { truncated: true, ..response(200, r#"{"value":[]}"#) }]),
        ("graph", vec![response(403, r#"{"error":{"code":"ErrorAccessDenied","message":"no"}}"#)]),
        ("graph", vec![]),
        ("sendgrid", vec![]),
        ("smtp", vec![]),
        ("pigeon", vec![]),
    ];
    for (transport, responses) in rows {
        let what = format!("{transport} {responses:?}");
        let lookup = look(transport, 7_200, &mut Provider::answering(responses));
        assert!(matches!(lookup, LookupResult::CannotTell(_)), "{what}: {lookup:?}");
    }
    let mut provider =
        Provider::answering([response(401, r#"{"error":{"code":401,"message":"Invalid Credentials"}}"#)]);
    assert_eq!(look("gmail", 5, &mut provider), LookupResult::NeedsSignIn("Invalid Credentials".into()));
}

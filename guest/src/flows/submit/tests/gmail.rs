//! The Gmail API against its documented answers.

use super::*;

const SENT: &str = r#"{"id":"18c5f1","threadId":"18c5e0","labelIds":["SENT"]}"#;

fn google(status: u16, reason: &str, message: &str) -> WebResponse {
    let body = serde_json::json!({ "error": {
        "code": status, "message": message,
        "errors": [{ "domain": "global", "reason": reason, "message": message }],
    } });
    response(status, &body.to_string())
}

#[test]
fn a9_gmail_is_given_the_message_itself_with_its_blind_copies_in_a_header() {
    let metadata =
        r#"{"id":"18c5f1","payload":{"headers":[{"name":"Message-Id","value":"<CA+new@mail.gmail.com>"}]}}"#;
    let mut provider = Provider::answering([response(200, SENT), response(200, metadata)]);
    let outgoing = invoice();
    let submitted = send(outgoing.clone(), "gmail", &mut provider);
    assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted");
    assert_eq!(
        provider.asked(),
        [
            "POST /upload/gmail/v1/users/me/messages/send?uploadType=media",
            "GET /gmail/v1/users/me/messages/18c5f1?format=metadata&metadataHeaders=Message-ID",
        ]
    );
    let request = &provider.asked[0];
    assert_eq!((request.account.as_str(), request.authorize, request.range), ("office", true, None));
    assert!(request.headers.contains(&("content-type", "message/rfc822".into())));
    let [Piece::Message(chunks)] = request.body.as_slice() else { panic!("{:?}", request.body) };
    assert!(head(chunks).starts_with("Bcc: <archive@nord.example>\r\nDate: "), "{}", head(chunks));
    assert_eq!(chunks.len(), outgoing.chunks.len());
    let without = head(chunks).replacen("Bcc: <archive@nord.example>\r\n", "", 1);
    assert_eq!(without, head(&outgoing.chunks), "nothing else is changed");
    let receipt = submitted.receipt.unwrap();
    assert_eq!(receipt.message_id.as_deref(), Some("<CA+new@mail.gmail.com>"));
    assert_eq!(
        (receipt.provider_id.as_deref(), receipt.thread_id.as_deref()),
        (Some("18c5f1"), Some("18c5e0"))
    );
    assert_eq!(receipt.labels, ["SENT"]);
    assert_eq!(submitted.events[0].code.as_deref(), Some("HTTP 200"), "an HTTP status is no SMTP code");
}

#[test]
fn what_happens_after_gmail_took_a_mail_does_not_change_that_it_did() {
    let after = [
        Ok(google(403, "insufficientPermissions", "Request had insufficient authentication scopes.")),
        Ok(google(401, "authError", "Invalid Credentials")),
        Ok(response(200, "{")),
        Ok(response(200, r#"{"payload":{"headers":[{"name":"Message-ID","value":"<a>\r\nX: y"}]}}"#)),
        Err(lost(WebStage::WebResponse, Verdict::InDoubt)),
        Err(WebError::NeedsSignIn("invalid_grant".into())),
    ];
    for then in after {
        let mut provider =
            Provider { responses: [Ok(response(200, SENT)), then.clone()].into(), asked: vec![] };
        let submitted = send(invoice(), "gmail", &mut provider);
        assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted", "{then:?}");
        assert_eq!(submitted.receipt.unwrap().message_id, None, "{then:?}");
    }
}

#[test]
fn a9_gmails_answers_mean_what_its_documentation_says() {
    let later = "Transient(None) data deferred,deferred,deferred";
    let account = "AccountUnavailable(None) login deferred,deferred,deferred";
    let quota = "AccountUnavailable(None) data deferred,deferred,deferred";
    let rows = [
        (google(400, "badRequest", "Invalid attachment"), "Permanent data refused,refused,refused"),
        (
            google(400, "invalidArgument", "Invalid To header"),
            "Transient(None) recipient refused,deferred,deferred",
        ),
        (
            google(400, "invalidArgument", "Invalid Cc header"),
            "Transient(None) recipient deferred,refused,deferred",
        ),
        (google(400, "failedPrecondition", "Mail service not enabled"), account),
        (google(401, "authError", "Invalid Credentials"), "NeedsSignIn login deferred,deferred,deferred"),
        (google(403, "dailyLimitExceeded", "Daily Limit Exceeded"), quota),
        (google(403, "userRateLimitExceeded", "User Rate Limit Exceeded"), quota),
        (google(403, "rateLimitExceeded", "Rate Limit Exceeded"), quota),
        (google(403, "quotaExceeded", "Quota exceeded"), quota),
        (google(403, "domainPolicy", "The domain administrators have disabled Gmail apps."), account),
        (google(403, "accessNotConfigured", "Gmail API has not been used in project 1"), account),
        (
            google(403, "insufficientPermissions", "Insufficient Permission"),
            "NeedsSignIn login deferred,deferred,deferred",
        ),
        (google(403, "forbidden", "Delegation denied"), "Permanent sender refused,refused,refused"),
        (google(413, "uploadTooLarge", "Request is too large."), "Permanent data refused,refused,refused"),
        (google(429, "rateLimitExceeded", "User-rate limit exceeded."), quota),
        (google(500, "backendError", "Backend Error"), "InDoubt after-dot in-doubt,in-doubt,in-doubt"),
        (google(503, "backendError", "Service unavailable"), later),
        (response(200, "{}"), "InDoubt after-dot in-doubt,in-doubt,in-doubt"),
    ];
    for (said_by_gmail, expected) in rows {
        let text = String::from_utf8_lossy(&said_by_gmail.body).into_owned();
        let json = said_by_gmail.json();
        let mut provider = Provider::answering([said_by_gmail]);
        let submitted = send(invoice(), "gmail", &mut provider);
        assert_eq!(short(&submitted), expected, "{text}");
        assert_eq!(provider.asked.len(), 1, "{text}");
        if let Some(message) = json["error"]["message"].as_str() {
            assert_eq!(error_and_words(&submitted).1, Some(message), "{text}");
        }
    }
}

#[test]
fn gmail_names_the_wait_and_the_newer_form_of_its_errors_is_read_too() {
    let body = r#"{"error":{"code":429,"message":"Quota exceeded for quota metric 'Queries'","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"}]}}"#;
    let mut limited = response(429, body);
    limited.headers.push(("retry-after".into(), "120".into()));
    let submitted = send(invoice(), "gmail", &mut Provider::answering([limited]));
    assert_eq!(submitted.result, AttemptResult::AccountUnavailable(Some(120)));
    assert_eq!(error_and_words(&submitted).0, Some("RATE_LIMIT_EXCEEDED"));
    let Some(SubmitError::Api(failure)) = submitted.error else { panic!() };
    assert_eq!(
        failure.detail,
        "Gmail does not take the mail now: HTTP 429 RATE_LIMIT_EXCEEDED \"Quota exceeded for quota metric 'Queries'\""
    );
}

#[test]
fn a_mail_that_some_have_already_is_addressed_to_the_others_alone() {
    for (left, expected) in [
        (vec!["cc@kunde.example"], "Cc: <cc@kunde.example>\r\nDate: "),
        (
            vec!["E.Mueller@kunde.example"],
            "To: =?utf-8?Q?M=C3=BCller=2C_E=2E?= <e.mueller@kunde.example>\r\nDate: ",
        ),
        (
            vec!["archive@nord.example"],
            "To: undisclosed-recipients:;\r\nBcc: <archive@nord.example>\r\nDate: ",
        ),
    ] {
        let mut provider = Provider::answering([response(200, SENT)]);
        let outgoing =
            OutgoingMail { recipients: left.iter().map(|it| (*it).to_owned()).collect(), ..invoice() };
        send(outgoing, "gmail", &mut provider);
        let [Piece::Message(chunks)] = provider.asked[0].body.as_slice() else { panic!("{left:?}") };
        assert!(head(chunks).starts_with(expected), "{left:?}: {}", head(chunks));
        let (headers, _) = head(chunks).split_once("\r\n\r\n").unwrap();
        let named = headers.matches("@kunde.example").count() + headers.matches("archive@").count();
        assert_eq!(named, 1, "{left:?}: {headers}");
    }
}

#[test]
fn a_mail_too_large_for_gmail_is_refused_before_it_is_uploaded_with_the_numbers() {
    let mut provider = Provider::default();
    let submitted = send(OutgoingMail { size: 36_700_160, ..invoice() }, "gmail", &mut provider);
    assert_eq!(short(&submitted), "Permanent prepare unsent,unsent,unsent");
    let words = submitted.events[0].words.as_deref();
    assert_eq!(words, Some("Gmail takes at most 36700160 bytes: this mail has 36700189"));
    assert!(provider.asked.is_empty());
}

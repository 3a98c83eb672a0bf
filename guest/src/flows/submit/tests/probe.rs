//! The connection test of an API, against answers as the providers document them.

use crate::domain::delivery::Transport;
use crate::domain::status::{Stage, Verdict};
use crate::flows::submit::probe::probe_api;
use crate::flows::{Request, Web, WebError, WebFailure, WebResponse, WebStage};

struct ScriptedResponse(Result<WebResponse, WebError>);

impl Web for ScriptedResponse {
    fn call(&mut self, request: Request) -> Result<WebResponse, WebError> {
        assert_eq!((request.method, request.account.as_str()), ("GET", "office"));
        assert!(request.body.is_empty(), "a test sends nothing");
        self.0.clone()
    }
}

fn scripted(status: u16, body: &str) -> ScriptedResponse {
    ScriptedResponse(Ok(WebResponse { status, body: body.as_bytes().to_vec(), ..WebResponse::default() }))
}

#[test]
fn a8_an_account_that_works_is_named() {
    for (transport, body, words) in [
        (Transport::Gmail, r#"{"emailAddress":"nord@gmail.com"}"#, "signed in as nord@gmail.com"),
        (Transport::Graph, r#"{"mail":null,"userPrincipalName":"a@b.be"}"#, "signed in as a@b.be"),
        (Transport::SendGrid, r#"{"scopes":["alerts.read","mail.send"]}"#, "the key may send"),
    ] {
        let probe = probe_api("office", transport, &mut scripted(200, body)).expect("an API");
        assert_eq!(probe.failure, None, "{body}");
        assert_eq!(probe.steps.last(), Some(&(Stage::Login, words.to_owned())), "{body}");
    }
    assert_eq!(probe_api("office", Transport::Smtp, &mut scripted(200, "")), None);
}

#[test]
fn a8_what_fails_names_the_stage_and_quotes_the_provider() {
    let gone = r#"{"error":{"code":401,"message":"Invalid Credentials","status":"UNAUTHENTICATED"}}"#;
    let off = r#"{"error":{"code":403,"message":"Gmail API has not been used","errors":[{"reason":"accessNotConfigured"}]}}"#;
    let key = r#"{"errors":[{"field":null,"message":"authorization required"}]}"#;
    for (transport, status, body, stage, verdict, words) in [
        (Transport::Gmail, 401, gone, Stage::Login, Verdict::NeedsSignIn, "\"Invalid Credentials\""),
        (Transport::Gmail, 403, off, Stage::Login, Verdict::Permanent, "\"Gmail API has not been used\""),
        (Transport::SendGrid, 401, key, Stage::Login, Verdict::NeedsSignIn, "\"authorization required\""),
        (
            Transport::SendGrid,
            200,
            r#"{"scopes":["alerts.read"]}"#,
            Stage::Login,
            Verdict::Permanent,
            "mail.send",
        ),
        (Transport::Graph, 503, "busy", Stage::Data, Verdict::Transient, "\"busy\""),
        (Transport::Graph, 502, "", Stage::Data, Verdict::Transient, "HTTP 502"),
    ] {
        let probe = probe_api("office", transport, &mut scripted(status, body)).expect("an API");
        let failure = probe.failure.unwrap_or_else(|| panic!("{status} {body}: no failure"));
        assert_eq!((failure.stage, failure.verdict), (stage, verdict), "{body}: {}", failure.detail);
        assert!(failure.detail.contains(words), "{}", failure.detail);
    }
}

#[test]
fn a_permission_to_send_alone_is_no_failure() {
    let body = r#"{"error":{"code":403,"message":"Request had insufficient authentication scopes.",
        "errors":[{"reason":"insufficientPermissions"}]}}"#;
    let probe = probe_api("office", Transport::Gmail, &mut scripted(403, body)).expect("an API");
    assert_eq!(probe.failure, None);
}

#[test]
fn a_call_without_an_answer_fails_where_it_was() {
    for (stage, expected) in [
        (WebStage::Resolve, Stage::Resolve),
        (WebStage::Connect, Stage::Connect),
        (WebStage::Tls, Stage::Tls),
        (WebStage::Token, Stage::Login),
    ] {
        let failed = WebFailure {
            stage,
            verdict: Verdict::Transient,
            detail: "gmail.example: stage".into(),
            retry_after: None,
        };
        let mut web = ScriptedResponse(Err(WebError::Failed(failed)));
        let probe = probe_api("office", Transport::Gmail, &mut web).expect("an API");
        let failure = probe.failure.expect("a failure");
        assert_eq!((failure.stage, failure.verdict), (expected, Verdict::Transient));
    }
}

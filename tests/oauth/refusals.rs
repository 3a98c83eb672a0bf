//! What providers say no to, what the client makes of it, and that no answer can do harm.

use std::time::Duration;

use postroom::model::AllowList;
use postroom::transport::oauth::{Client, Error, Network, Provider, Purpose, Wanted, authorize_device};

use crate::server::{Browser, CLIENT, Manner, Once, SECRET, WEB_REDIRECT};
use crate::{TestHost, sign_in};

#[tokio::test]
async fn a_user_who_declines_is_quoted_in_the_providers_words() {
    let rows = [
        (Manner::Google, "access_denied: The user said no."),
        (Manner::Microsoft, "access_denied: AADSTS65004: User declined to consent to access the app."),
    ];
    for (manner, words) in rows {
        let host = TestHost::new(manner).await;
        host.server.behave(|behaviour| behaviour.declines = true);
        let (granted, page) = sign_in(&host.server.client(), Purpose::Send).await;
        assert_eq!(granted.unwrap_err(), Error::Declined(words.into()), "{manner:?}");
        assert!(!page.body.contains("65004") && !page.body.contains("said no"), "{page:?}");
    }
}

#[tokio::test]
async fn a_permission_that_the_user_took_away_is_named() {
    let scope = "https://www.googleapis.com/auth/gmail.send";
    let host = TestHost::new(Manner::Google).await;
    host.server.behave(|behaviour| behaviour.withheld = vec![scope.into()]);
    let (granted, _) = sign_in(&host.server.client(), Purpose::Send).await;
    assert_eq!(granted.unwrap_err(), Error::Incomplete(vec![scope.into()]));

    let host = TestHost::new(Manner::Microsoft).await;
    let scope = "https://graph.microsoft.com/Mail.Send";
    host.server.behave(|behaviour| behaviour.withheld = vec![scope.into()]);
    let (granted, _) = sign_in(&host.server.client(), Purpose::Send).await;
    assert_eq!(granted.unwrap_err(), Error::Incomplete(vec![scope.into()]));
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_is_none() {
    let host = TestHost::new(Manner::Google).await;
    // Google gives one only to those who ask for it twice over.
    let provider = Provider { parameters: Vec::new(), ..host.server.provider() };
    let (granted, _) = sign_in(&host.server.client_of(provider), Purpose::Send).await;
    assert_eq!(granted.unwrap_err(), Error::Unusable("Google gave no refresh token".into()));
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_for_the_operator_to_correct() {
    let network = || Network { allowed: AllowList::loopback(), ..Network::default() };
    for (manner, words) in [
        (Manner::Google, "invalid_client: Invalid client secret provided."),
        (Manner::Microsoft, "invalid_client: AADSTS7000215: Invalid client secret provided."),
    ] {
        let host = TestHost::new(manner).await;
        let wrong = Client::new(host.server.provider(), CLIENT, Some("yesterdays-secret".into()));
        let (granted, _) = sign_in(&wrong.network(network()), Purpose::Send).await;
        let Err(Error::Refused(text)) = granted else { panic!("{granted:?}") };
        assert!(text.starts_with(words), "{text}");
    }
    let host = TestHost::new(Manner::Strict).await;
    let wrong = Client::new(host.server.provider(), CLIENT, None).network(network());
    let (granted, _) = sign_in(&wrong, Purpose::Send).await;
    assert!(matches!(granted, Err(Error::Refused(_))), "{granted:?}");
}

#[tokio::test]
async fn the_server_of_these_tests_insists_on_what_the_standards_let_it_insist_on() {
    let host = TestHost::new(Manner::Strict).await;
    let good = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
        ("state", "0123456789012345678901234567890123456789012"),
        ("code_challenge", "0123456789012345678901234567890123456789012"),
        ("code_challenge_method", "S256"),
        ("scope", "openid email"),
    ];
    let ask = async |changed: &str, value: &str| {
        let mut url = host.server.origin().join("authorize").unwrap();
        let fields = good.map(|(name, usual)| (name, if name == changed { value } else { usual }));
        url.query_pairs_mut().extend_pairs(fields);
        let seen = Browser.fetch("GET", &url, None).await;
        (seen.status, seen.header("location").unwrap_or_default().to_owned())
    };
    let (status, location) = ask("", "").await;
    assert!(status == 302 && location.contains("code="), "{status} {location}");
    for redirect in [
        "https://evil.example.com/callback",
        "http://127.0.0.1:1/elsewhere",
        "http://127.0.0.1.evil.example.com:1/callback",
        "http://127.0.0.1:1/callback?more=1",
        "http://user@127.0.0.1:1/callback",
        "https://127.0.0.1:1/callback",
        "https://postroom.example.com/oauth/callback/",
    ] {
        let (status, location) = ask("redirect_uri", redirect).await;
        assert_eq!((status, location.as_str()), (400, ""), "{redirect}");
    }
    assert_eq!(ask("redirect_uri", WEB_REDIRECT).await.0, 302);
    assert_eq!(ask("client_id", "somebody").await.0, 400);
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("state", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "everything", "invalid_scope"),
    ] {
        let (status, location) = ask(name, value).await;
        assert!(status == 302 && location.contains(&format!("error={error}")), "{name}: {location}");
    }
}

/// What a client hears when the token endpoint answers in this way.
async fn error_of(once: Once) -> Error {
    let host = TestHost::new(Manner::Strict).await;
    host.server.behave(|behaviour| behaviour.once.push_back(once));
    sign_in(&host.server.client(), Purpose::Send).await.0.unwrap_err()
}

fn respond(status: u16, body: &str) -> Once {
    Once::Respond(status, "application/json", body.to_owned())
}

#[tokio::test]
async fn what_is_wrong_for_now_is_told_from_what_stays_wrong() {
    let detail = "127.0.0.1 answered 503 Service Unavailable: \"temporarily_unavailable: come back later\"";
    let busy = error_of(Once::Busy(503, 7)).await;
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(busy, Error::Unavailable { detail: detail.into(), retry_after });
    let rows = [
        (Once::Busy(429, 1), true),
        (respond(500, "<html>oops</html>"), true),
        (
            respond(
                400,
                r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error."}"#,
            ),
            true,
        ),
        (respond(400, r#"{"error":"server_error"}"#), true),
        (Once::HangUp, true),
        (respond(400, r#"{"error":"invalid_grant"}"#), false),
        (respond(400, r#"{"error":"invalid_scope"}"#), false),
        (
            respond(401, r#"{"error":"deleted_client","error_description":"The OAuth client was deleted."}"#),
            false,
        ),
        (respond(404, "<html>not here</html>"), false),
        (respond(400, ""), false),
        (respond(200, ""), false),
        (respond(200, "[]"), false),
        (respond(200, r#"{"access_token":"t","token_type":"mac","refresh_token":"r"}"#), false),
        (respond(200, r#"{"access_token":"a\nb","token_type":"bearer","refresh_token":"r"}"#), false),
        (respond(200, r#"{"access_token":17,"token_type":"bearer"}"#), false),
        (respond(200, &format!("{{\"x\":\"{}\"}}", "x".repeat(300_000))), false),
        (Once::Respond(200, "text/html", "<html>log in to this hotel's network</html>".into()), false),
        (Once::Redirect("http://127.0.0.1:1/steal".into()), false),
    ];
    for (once, is_transient) in rows {
        let error = error_of(once.clone()).await;
        assert_eq!(error.is_transient(), is_transient, "{once:?}: {error}");
    }
}

#[tokio::test]
async fn words_of_a_provider_are_quoted_without_the_tokens_in_them() {
    let token = "ya29.a0AfH6SMBx_Q-17";
    let long = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwcyJ9.c2ln";
    let trace = "Trace ID: 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 Timestamp: 2026-11-23 09:00:00Z";
    let body = format!(
        r#"{{"error":"invalid_grant","error_description":"{token} and {SECRET} and {long}, {trace}","access_token":"{long}"}}"#
    );
    let Error::SignIn(words) = error_of(respond(400, &body)).await else {
        panic!("not a matter of signing in")
    };
    assert_eq!(words, format!("invalid_grant: […] and […] and […], {trace}"));
    // Also where the answer can't be read, or isn't JSON.
    for once in [
        respond(200, &format!(r#"{{"access_token":["{long}"],"token_type":"bearer"}}"#)),
        respond(200, &format!(r#"{{"access_token":"t","token_type":"bearer","expires_in":"{long}"}}"#)),
        Once::Respond(500, "text/plain", format!("stack trace with {SECRET} and {long}")),
        Once::Respond(403, "text/plain", format!("stack trace with {SECRET} and {long}")),
    ] {
        let error = error_of(once.clone()).await;
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET) && !shown.contains(long), "{once:?}: {shown}");
    }
}

#[tokio::test]
async fn only_what_the_operator_allowed_is_asked_and_only_by_https() {
    let host = TestHost::new(Manner::Strict).await;
    let own = host.server.provider();
    let moved = |token: &str| {
        let mut provider = own.clone();
        provider.endpoints.device = Some(token.parse().unwrap());
        provider
    };
    let rows = [
        (own.clone(), AllowList::none(), "the operator has not allowed it"),
        (
            moved("http://192.0.2.1/device"),
            AllowList::everything(),
            "without TLS only a server on this machine",
        ),
        (moved("http://169.254.169.254/device"), AllowList::none(), "the operator has not allowed it"),
        (moved("https://10.0.0.1/device"), AllowList::loopback(), "the operator has not allowed it"),
        (moved("ftp://127.0.0.1/device"), AllowList::loopback(), "by HTTPS only"),
    ];
    for (provider, allowed, words) in rows {
        let url = provider.endpoints.device.clone().unwrap();
        let client = Client::new(provider, CLIENT, None).network(Network { allowed, ..Network::default() });
        let result = authorize_device(&client, &Wanted::new(Purpose::Send), |_| {}).await;
        let Err(Error::Setup(text)) = result else { panic!("{url}: {result:?}") };
        assert!(text.contains(words), "{url}: {text}");
    }
    assert!(host.server.asked().is_empty());
}

#[tokio::test]
async fn a_server_without_a_trusted_certificate_gets_no_secret() {
    // It speaks no TLS at all: the handshake fails before anything is sent.
    let host = TestHost::new(Manner::Strict).await;
    let mut provider = host.server.provider();
    let port = host.server.origin().port().unwrap();
    provider.endpoints.token = format!("https://127.0.0.1:{port}/token").parse().unwrap();
    let (granted, _) = sign_in(&host.server.client_of(provider), Purpose::Send).await;
    let error = granted.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("does not speak TLS here"), "{error}");
    assert!(host.server.asked().is_empty());
}

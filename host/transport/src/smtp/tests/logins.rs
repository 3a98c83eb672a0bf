//! AUTH with each mechanism, refusals in the server's words, and no secret anywhere.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::{
    Account, Failure, Mechanism, ProbeReport, Secret, Security, SmtpClient, Stage, Submitter,
    TEST_SUCCESSFUL, Verdict,
};
use super::server::{Peer, Server};
use super::{account, all_words, with_login};
use crate::BoxFuture;
use crate::tokens::{Bearer, Resource, TokenError, TokenSource, Tokens};

const PASSWORD: &str = "correct-horse-7";
const TOKEN: &str = "ya29.a0AfH6SMB-token";

fn with_password(port: u16, mechanism: Mechanism) -> Account {
    with_login(account(port, Security::None), Secret::password(PASSWORD), mechanism)
}

fn with_token(port: u16) -> Account {
    with_login(account(port, Security::None), Secret::token(TOKEN), Mechanism::Auto)
}

async fn probe(account: &Account) -> ProbeReport {
    let report = SmtpClient::default().probe(account).await;
    let words = format!("{report:?} {account:?}");
    for secret in [PASSWORD, TOKEN] {
        let encoded = STANDARD.encode(secret);
        assert!(
            !words.contains(secret) && !words.contains(encoded.trim_end_matches('=')),
            "a secret in {words}"
        );
    }
    report
}

fn refused(report: ProbeReport) -> Failure {
    let failure = report.failure.expect("a failure");
    assert_eq!(failure.stage, Stage::Login, "{failure}");
    failure
}

#[test]
fn a_good_connection_test_is_said_in_these_words() {
    assert_eq!(TEST_SUCCESSFUL, "SMTP test successful");
}

#[tokio::test]
async fn plain_is_preferred_and_sent_at_once() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["AUTH LOGIN PLAIN", "DSN"]).await;
        let line = peer.expect("AUTH PLAIN ", "235 2.7.0 Welcome\r\n").await;
        let sent = STANDARD.decode(&line["AUTH PLAIN ".len()..]).expect("base64");
        assert_eq!(String::from_utf8_lossy(&sent), format!("\0nora@nord.test\0{PASSWORD}"));
        peer.expect("QUIT", "221 bye\r\n").await;
    })
    .await;
    let report = probe(&with_password(server.port, Mechanism::Auto)).await;
    assert_eq!(report.failure, None);
    assert_eq!(report.capabilities, ["AUTH LOGIN PLAIN", "DSN"]);
    let stages: Vec<Stage> = report.steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Stage::Resolve, Stage::Connect, Stage::Greeting, Stage::Login]);
    assert!(report.steps[3].detail.contains("235 2.7.0 \"Welcome\""), "{:?}", report.steps[3]);
    server.finish().await;
}

#[tokio::test]
async fn login_answers_in_order_whatever_the_questions_are() {
    for (first, second) in
        [("VXNlcm5hbWU6", "UGFzc3dvcmQ6"), ("", ""), ("QmVudXR6ZXI=", "S2VubndvcnQ="), ("%%%", "%%%")]
    {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(&["AUTH=LOGIN"]).await;
            peer.expect("AUTH LOGIN", &format!("334 {first}\r\n")).await;
            peer.expect(&STANDARD.encode("nora@nord.test"), &format!("334 {second}\r\n")).await;
            peer.expect(&STANDARD.encode(PASSWORD), "235 ok\r\n").await;
            peer.drain().await;
        })
        .await;
        let report = probe(&with_password(server.port, Mechanism::Auto)).await;
        assert_eq!(report.failure, None, "{first:?}");
        server.finish().await;
    }
}

#[tokio::test]
async fn plain_is_repeated_for_a_server_that_overlooked_it() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["AUTH PLAIN"]).await;
        let line = peer.expect("AUTH PLAIN ", "334 \r\n").await;
        peer.expect(&line["AUTH PLAIN ".len()..], "235 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    assert_eq!(probe(&with_password(server.port, Mechanism::Plain)).await.failure, None);
    server.finish().await;
}

#[tokio::test]
async fn a_wrong_password_is_final_and_in_the_servers_words() {
    for (answer, verdict) in [
        ("535 5.7.8 Error: authentication failed: no luck\r\n", Verdict::Permanent),
        ("550 5.7.30 Basic authentication is not supported\r\n", Verdict::Permanent),
        ("454 4.7.0 Temporary authentication failure\r\n", Verdict::Transient),
        ("334 bW9yZQ==\r\n334 bW9yZQ==\r\n334 bW9yZQ==\r\n", Verdict::Permanent),
    ] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(&["AUTH PLAIN"]).await;
            peer.expect("AUTH PLAIN ", answer).await;
            peer.drain().await;
        })
        .await;
        let failure = refused(probe(&with_password(server.port, Mechanism::Auto)).await);
        assert_eq!(failure.verdict, verdict, "{answer:?}: {failure}");
        let reply = failure.reply.as_ref().expect("a reply");
        assert!(answer.contains(&reply.text) && failure.detail.contains(&reply.text), "{failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_token_goes_out_as_xoauth2_and_a_refusal_keeps_both_its_words() {
    let reason = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
    let server = Server::start(move |mut peer: Peer| async move {
        peer.welcome(&["AUTH PLAIN LOGIN XOAUTH2"]).await;
        let challenge = format!("334 {}\r\n", STANDARD.encode(reason));
        let line = peer.expect("AUTH XOAUTH2 ", &challenge).await;
        let sent = STANDARD.decode(&line["AUTH XOAUTH2 ".len()..]).expect("base64");
        assert_eq!(
            String::from_utf8_lossy(&sent),
            format!("user=nora@nord.test\x01auth=Bearer {TOKEN}\x01\x01")
        );
        assert_eq!(peer.line().await.as_deref(), Some(""), "an empty line asks for the refusal");
        peer.send("535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 Learn more\r\n").await;
        peer.drain().await;
    })
    .await;
    let failure = refused(probe(&with_token(server.port)).await);
    assert_eq!(failure.verdict, Verdict::Permanent, "{failure}");
    let reply = failure.reply.as_ref().expect("a reply");
    assert_eq!((reply.code, reply.text.as_str()), (535, "Username and Password not accepted.\nLearn more"));
    assert!(failure.detail.contains(reason), "{failure}");
    server.finish().await;
}

/// Gives out one token after another, the next when one was refused; an error when there is no more.
struct Row {
    tokens: Mutex<Vec<&'static str>>,
    end: TokenError,
}

impl Tokens for Row {
    fn token<'a>(
        &'a self,
        account: &'a str,
        resource: Resource,
    ) -> BoxFuture<'a, Result<Bearer, TokenError>> {
        assert_eq!((account, resource), ("a-17", Resource::Mail));
        let first = self.tokens.lock().expect("lock").first().copied();
        Box::pin(async move { first.map(Bearer::new).ok_or_else(|| self.end.clone()) })
    }

    fn rejected<'a>(&'a self, _: &'a str, _: Resource, bearer: &'a Bearer) -> BoxFuture<'a, ()> {
        self.tokens.lock().expect("lock").retain(|token| *token != bearer.expose());
        Box::pin(async {})
    }
}

fn with_tokens(port: u16, tokens: &[&'static str], end: TokenError) -> Account {
    let row = Row { tokens: Mutex::new(tokens.to_vec()), end };
    let source = TokenSource::new(Arc::new(row), "a-17", Resource::Mail);
    with_login(account(port, Security::None), Secret::tokens(source), Mechanism::Auto)
}

#[tokio::test]
async fn a_token_refused_before_its_time_is_replaced_on_the_same_connection() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["AUTH XOAUTH2"]).await;
        let stale = STANDARD.encode("user=nora@nord.test\x01auth=Bearer stale\x01\x01");
        peer.expect(&format!("AUTH XOAUTH2 {stale}"), "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n").await;
        peer.expect("", "535 5.7.8 no\r\n").await;
        let fresh = STANDARD.encode("user=nora@nord.test\x01auth=Bearer fresh\x01\x01");
        peer.expect(&format!("AUTH XOAUTH2 {fresh}"), "235 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let report = probe(&with_tokens(server.port, &["stale", "fresh"], TokenError::UnknownAccount)).await;
    assert_eq!(report.failure, None);
    server.finish().await;
}

#[tokio::test]
async fn a_missing_token_fails_the_login_and_says_whether_waiting_helps() {
    let later = TokenError::Transient { detail: "503 from the provider".into(), retry_after: Some(40) };
    for (error, verdict, wait) in [
        (TokenError::NeedsSignIn("invalid_grant".into()), Verdict::NeedsSignIn, None),
        (TokenError::UnknownAccount, Verdict::Permanent, None),
        (TokenError::Permanent("invalid_client".into()), Verdict::Permanent, None),
        (later, Verdict::Transient, Some(40)),
    ] {
        let server = Server::start(|mut peer: Peer| async move {
            peer.welcome(&["AUTH XOAUTH2"]).await;
            peer.drain().await;
        })
        .await;
        let failure = refused(probe(&with_tokens(server.port, &[], error.clone())).await);
        assert_eq!((failure.verdict, failure.retry_after), (verdict, wait), "{error:?}");
        assert!(failure.detail.contains(&error.to_string()), "{failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_that_goes_silent_after_the_reason_has_refused_all_the_same() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["AUTH XOAUTH2"]).await;
        peer.expect("AUTH XOAUTH2 ", "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n").await;
    })
    .await;
    let failure = refused(probe(&with_token(server.port)).await);
    assert_eq!(failure.verdict, Verdict::Permanent, "{failure}");
    assert_eq!(failure.reply.as_ref().map(|reply| reply.code), Some(334));
    assert!(failure.detail.contains(r#"{"status":"401"}"#), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn a_secret_that_the_server_repeats_is_cut_out() {
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(&["AUTH PLAIN LOGIN"]).await;
            let mut line = peer.line().await.expect("AUTH");
            if mechanism == Mechanism::Login {
                peer.send("334 VXNlcm5hbWU6\r\n").await;
                peer.line().await.expect("a user");
                peer.send("334 UGFzc3dvcmQ6\r\n").await;
                line = peer.line().await.expect("a password");
            }
            peer.send(format!("535 5.7.8 not understood: {line} ({PASSWORD})\r\n")).await;
            peer.drain().await;
        })
        .await;
        let failure = refused(probe(&with_password(server.port, mechanism)).await);
        let words = all_words(&failure);
        assert!(words.contains("not understood") && words.contains("[…]"), "{words}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_mechanism_that_is_not_offered_is_not_tried() {
    for (mechanism, offered, words) in [
        (
            Mechanism::Auto,
            &["AUTH CRAM-MD5 NTLM"][..],
            "needs PLAIN or LOGIN, the server offers CRAM-MD5, NTLM",
        ),
        (Mechanism::Login, &["AUTH PLAIN"], "needs LOGIN, the server offers PLAIN"),
        (Mechanism::Auto, &["DSN"], "the server offers no login at all"),
    ] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(offered).await;
            peer.drain().await;
        })
        .await;
        let failure = refused(probe(&with_password(server.port, mechanism)).await);
        assert_eq!(failure.verdict, Verdict::Permanent, "{failure}");
        assert!(failure.detail.contains(words), "{failure}");
        let lines = server.finish().await;
        assert!(lines.iter().all(|line| !line.starts_with("AUTH")), "{lines:?}");
    }
}

//! TLS: what is asked for is what happens, and what goes wrong is said so that one can act on it.

use super::super::{Account, Failure, ImapClient, Mailboxes, Security, Stage, Verdict};
use super::{PASSWORD, account, answer, certificates, send_capabilities, welcome};
use crate::tests::server::{Peer, Server};

async fn fails(account: &Account) -> Failure {
    let report = ImapClient::default().probe(account).await;
    assert!(!format!("{report:?}").contains(PASSWORD));
    report.failure.expect("a failure")
}

#[tokio::test]
async fn implicit_tls_and_starttls_lead_to_a_login() {
    for security in [Security::Tls, Security::StartTls] {
        let server = Server::start(move |mut peer: Peer| async move {
            let identity = certificates::good();
            if security == Security::Tls {
                assert!(peer.start_tls(&identity).await);
                welcome(&mut peer, "AUTH=PLAIN SASL-IR").await;
            } else {
                welcome(&mut peer, "STARTTLS LOGINDISABLED").await;
                answer(&mut peer, "STARTTLS", &[], "OK go").await;
                assert!(peer.start_tls(&identity).await);
                send_capabilities(&mut peer, "AUTH=PLAIN SASL-IR").await;
            }
            answer(&mut peer, "AUTHENTICATE PLAIN", &[], "OK [CAPABILITY IMAP4rev1] in").await;
            answer(&mut peer, "LIST", &["LIST () NIL INBOX"], "OK").await;
            answer(&mut peer, "LOGOUT", &["BYE"], "OK").await;
        })
        .await;
        let report = ImapClient::default().probe(&account(server.port, security)).await;
        assert_eq!(report.failure, None, "{security:?}");
        let tls = report.steps.iter().find(|step| step.stage == Stage::Tls).expect("a step");
        assert!(tls.detail.starts_with("TLS 1.3, "), "{}", tls.detail);
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_without_starttls_never_sees_the_password() {
    for greeting in ["* OK hi\r\n", "* PREAUTH come in\r\n"] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.send(greeting).await;
            if greeting.starts_with("* OK") {
                send_capabilities(&mut peer, "AUTH=PLAIN").await;
            }
            assert!(peer.drain().await.is_empty());
        })
        .await;
        let failure = fails(&account(server.port, Security::StartTls)).await;
        assert_eq!(failure.verdict, Verdict::Permanent, "{failure}");
        let lines = server.finish().await;
        assert!(lines.iter().all(|line| line.ends_with("CAPABILITY")), "{lines:?}");
    }
}

#[tokio::test]
async fn responses_injected_before_tls_are_refused() {
    let server = Server::start(|mut peer: Peer| async move {
        welcome(&mut peer, "STARTTLS").await;
        answer(&mut peer, "STARTTLS", &[], "OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN").await;
        peer.drain().await;
    })
    .await;
    let failure = fails(&account(server.port, Security::StartTls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("injects"), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn a_server_that_closes_the_connection_after_starttls_may_be_tried_again() {
    let server = Server::start(|mut peer: Peer| async move {
        welcome(&mut peer, "STARTTLS").await;
        answer(&mut peer, "STARTTLS", &[], "OK go").await;
    })
    .await;
    let failure = fails(&account(server.port, Security::StartTls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Transient), "{failure}");
    assert!(!failure.detail.contains("injects"), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn what_was_announced_before_tls_does_not_count_after_it() {
    let server = Server::start(|mut peer: Peer| async move {
        welcome(&mut peer, "STARTTLS AUTH=PLAIN").await;
        answer(&mut peer, "STARTTLS", &[], "OK go").await;
        assert!(peer.start_tls(&certificates::good()).await);
        send_capabilities(&mut peer, "LOGINDISABLED AUTH=XOAUTH2").await;
        peer.drain().await;
    })
    .await;
    let report = ImapClient::default().probe(&account(server.port, Security::StartTls)).await;
    let failure = report.failure.expect("no mechanism");
    assert_eq!(failure.stage, Stage::Login, "{failure}");
    assert!(failure.detail.contains("the server offers XOAUTH2"), "{failure}");
    assert_eq!(report.capabilities, ["IMAP4REV1", "LOGINDISABLED", "AUTH=XOAUTH2"]);
    server.finish().await;
}

#[tokio::test]
async fn certificate_faults_are_told_apart() {
    let cases = [
        ("unknown issuer", certificates::good(), false, "the certificate is not trusted"),
        ("expired", certificates::expired(), true, "the certificate expired on 2002-03-04"),
        ("another name", certificates::for_others(), true, "not for 127.0.0.1"),
    ];
    for (name, identity, trusted, words) in cases {
        let server = Server::start(move |mut peer: Peer| {
            let identity = identity.clone();
            async move { assert!(!peer.start_tls(&identity).await, "the client went on") }
        })
        .await;
        let mut account = account(server.port, Security::Tls);
        if !trusted {
            account.trusted_ca = Some(certificates::stranger());
        }
        let failure = fails(&account).await;
        assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{name}: {failure}");
        assert!(failure.detail.contains(words), "{name}: {failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_plain_server_is_recognised_when_tls_was_asked_for() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.send("* OK plain\r\n").await;
        peer.drain().await;
    })
    .await;
    let failure = fails(&account(server.port, Security::Tls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("does not speak TLS here"), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn a_login_without_security_needs_the_operators_permission() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.drain().await;
    })
    .await;
    let mut account = account(server.port, Security::None);
    account.allow_cleartext_login = false;
    let failure = fails(&account).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Prepare, Verdict::Permanent), "{failure}");
    assert!(server.finish().await.is_empty());
}

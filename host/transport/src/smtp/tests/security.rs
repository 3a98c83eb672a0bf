//! TLS: what is asked for is what happens, and what goes wrong is said so that one can act on it.

use super::super::{Account, Failure, Mechanism, Secret, Security, SmtpClient, Stage, Submitter, Verdict};
use super::server::{Peer, Server};
use super::{MESSAGE, SHORT, account, certificates, submission, with_login};

async fn fails(account: &Account) -> Failure {
    SmtpClient::default()
        .submit(account, &submission(&["one@west.test"], MESSAGE))
        .await
        .expect_err("a failure")
}

async fn accept_one(mut peer: Peer) {
    peer.expect("MAIL FROM:", "250 ok\r\n").await;
    peer.expect("RCPT TO:", "250 ok\r\n").await;
    peer.expect("DATA", "354 go\r\n").await;
    peer.message().await;
    peer.send("250 ok\r\n").await;
    peer.expect("QUIT", "221 bye\r\n").await;
}

#[tokio::test]
async fn implicit_tls_and_starttls_carry_a_mail() {
    for security in [Security::Tls, Security::StartTls] {
        let server = Server::start(move |mut peer: Peer| async move {
            let identity = certificates::good();
            if security == Security::Tls {
                assert!(peer.start_tls(&identity).await);
                peer.welcome(&["PIPELINING"]).await;
            } else {
                peer.welcome(&["STARTTLS", "PIPELINING"]).await;
                peer.expect("STARTTLS", "220 go\r\n").await;
                assert!(peer.start_tls(&identity).await);
                peer.hello(&["PIPELINING"]).await;
            }
            accept_one(peer).await;
        })
        .await;
        let client = SmtpClient::default();
        let sent = submission(&["one@west.test"], MESSAGE);
        client.submit(&account(server.port, security), &sent).await.expect("accepted");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_never_spoken_to_in_the_clear() {
    for extensions in [&["PIPELINING", "AUTH PLAIN"][..], &[]] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(extensions).await;
            peer.drain().await;
        })
        .await;
        let account = with_login(
            account(server.port, Security::StartTls),
            Secret::password("pw-4711"),
            Mechanism::Auto,
        );
        let failure = fails(&account).await;
        assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
        assert!(failure.detail.contains("does not offer STARTTLS"), "{failure}");
        let lines = server.finish().await;
        assert!(lines.iter().all(|line| line.starts_with("EHLO")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_helo_only_server_is_no_way_around_starttls() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.send("220 hi\r\n").await;
        peer.expect("EHLO", "500 no\r\n").await;
        peer.expect("HELO", "250 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let failure = fails(&account(server.port, Security::StartTls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn words_injected_before_tls_are_refused() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["STARTTLS"]).await;
        peer.expect("STARTTLS", "220 go\r\n250-evil.test\r\n250 AUTH PLAIN\r\n").await;
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
        peer.welcome(&["STARTTLS"]).await;
        peer.expect("STARTTLS", "220 go\r\n").await;
    })
    .await;
    let failure = fails(&account(server.port, Security::StartTls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Transient), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn what_was_announced_before_tls_does_not_count_after_it() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["STARTTLS", "AUTH PLAIN LOGIN", "PIPELINING"]).await;
        peer.expect("STARTTLS", "220 go\r\n").await;
        assert!(peer.start_tls(&certificates::good()).await);
        peer.hello(&["AUTH XOAUTH2"]).await;
        peer.drain().await;
    })
    .await;
    let account =
        with_login(account(server.port, Security::StartTls), Secret::password("pw-4711"), Mechanism::Auto);
    let report = SmtpClient::default().probe(&account).await;
    let failure = report.failure.expect("no mechanism");
    assert_eq!(failure.stage, Stage::Login, "{failure}");
    assert!(failure.detail.contains("needs PLAIN or LOGIN, the server offers XOAUTH2"), "{failure}");
    assert_eq!(report.capabilities, ["AUTH XOAUTH2"]);
    server.finish().await;
}

#[tokio::test]
async fn certificate_faults_are_told_apart() {
    let cases = [
        (
            "unknown issuer",
            certificates::good(),
            false,
            "the certificate is not trusted: its issuer is unknown",
        ),
        ("expired", certificates::expired(), true, "the certificate expired on 2002-03-04"),
        (
            "another name",
            certificates::for_others(),
            true,
            "the certificate is for mail.other.test, smtp.other.test, not for 127.0.0.1",
        ),
    ];
    for (name, identity, trusted, words) in cases {
        for security in [Security::Tls, Security::StartTls] {
            let identity = identity.clone();
            let server = Server::start(move |mut peer: Peer| {
                let identity = identity.clone();
                async move {
                    if security == Security::StartTls {
                        peer.welcome(&["STARTTLS"]).await;
                        peer.expect("STARTTLS", "220 go\r\n").await;
                    }
                    assert!(!peer.start_tls(&identity).await, "the client went on");
                }
            })
            .await;
            let mut account = account(server.port, security);
            if !trusted {
                // Any other authority: the test's own is not this one.
                account.trusted_ca = Some(certificates::stranger());
            }
            let failure = fails(&account).await;
            assert_eq!(
                (failure.stage, failure.verdict),
                (Stage::Tls, Verdict::Permanent),
                "{name}: {failure}"
            );
            assert!(failure.detail.contains(words), "{name}: {failure}");
            server.finish().await;
        }
    }
}

#[tokio::test]
async fn the_wrong_kind_of_port_is_recognised() {
    let plain = Server::start(|mut peer: Peer| async move {
        peer.send("220 plain.test ESMTP\r\n").await;
        peer.drain().await;
    })
    .await;
    let failure = fails(&account(plain.port, Security::Tls)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("does not speak TLS here"), "{failure}");
    plain.finish().await;

    let silent = Server::start(|mut peer: Peer| async move { peer.hang().await }).await;
    let mut waiting = account(silent.port, Security::StartTls);
    waiting.timeouts.opening.greeting = SHORT;
    let failure = fails(&waiting).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Greeting, Verdict::Transient), "{failure}");
    assert!(failure.detail.contains("implicit TLS"), "{failure}");
    silent.finish().await;

    let other = Server::start(|mut peer: Peer| async move {
        peer.send("SSH-2.0-OpenSSH_9.2p1\r\n").await;
        peer.drain().await;
    })
    .await;
    let failure = fails(&account(other.port, Security::None)).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Greeting, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("\"SSH-2.0-OpenSSH_9.2p1\""), "{failure}");
    other.finish().await;
}

#[tokio::test]
async fn an_unusable_certificate_of_the_account_is_said() {
    for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let server = Server::start(|mut peer: Peer| async move {
            peer.drain().await;
        })
        .await;
        let mut account = account(server.port, Security::Tls);
        account.trusted_ca = Some(pem.into());
        let failure = fails(&account).await;
        assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{pem:?}: {failure}");
        assert!(failure.detail.contains("the account's trusted certificate"), "{pem:?}: {failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_login_without_security_needs_the_operators_permission() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.drain().await;
    })
    .await;
    let mut account =
        with_login(account(server.port, Security::None), Secret::password("pw-4711"), Mechanism::Auto);
    account.allow_cleartext_login = false;
    let failure = fails(&account).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Prepare, Verdict::Permanent), "{failure}");
    let report = SmtpClient::default().probe(&account).await;
    assert_eq!(report.failure.map(|failure| failure.stage), Some(Stage::Prepare));
    assert!(report.steps.is_empty());
    assert!(server.finish().await.is_empty());
}

#[tokio::test]
async fn a_name_for_ehlo_cannot_carry_commands() {
    for name in ["", "a b", "nord.test\r\nMAIL FROM:<>", "é.test"] {
        let mut account = account(25, Security::None);
        account.helo = Some(name.into());
        let failure = fails(&account).await;
        assert_eq!(
            (failure.stage, failure.verdict),
            (Stage::Prepare, Verdict::Permanent),
            "{name:?}: {failure}"
        );
    }
}

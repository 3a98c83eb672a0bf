//! Connections that carry more than one mail, and those that died while they waited.

use std::time::Duration;

use super::super::{Acceptance, Mechanism};
use super::super::{Account, Failure, PoolLimits, Secret, Security, SmtpClient, Stage, Submitter, Verdict};
use super::server::{Peer, Server};
use super::{MESSAGE, account, submission, with_login};

const EXTENSIONS: &[&str] = &["PIPELINING", "AUTH PLAIN"];

async fn send(client: &SmtpClient, account: &Account) -> Result<Acceptance, Failure> {
    client.submit(account, &submission(&["one@west.test"], MESSAGE)).await
}

async fn accept_one(peer: &mut Peer) {
    peer.expect("MAIL FROM:", "250 ok\r\n").await;
    peer.expect("RCPT TO:", "250 ok\r\n").await;
    peer.expect("DATA", "354 go\r\n").await;
    peer.message().await;
    peer.send(format!("250 on connection {}\r\n", peer.number)).await;
}

/// Which connection took the mail.
fn number(result: Result<Acceptance, Failure>) -> String {
    result.map_or_else(|failure| failure.detail, |accepted| accepted.reply.text)
}

#[tokio::test]
async fn mails_of_one_account_share_a_connection_until_its_share_is_done() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        for _ in 0..2 - peer.number {
            accept_one(&mut peer).await;
        }
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::new(PoolLimits { transactions: 2, ..PoolLimits::default() });
    let account = account(server.port, Security::None);
    for expected in ["on connection 0", "on connection 0", "on connection 1"] {
        assert_eq!(number(send(&client, &account).await), expected);
    }
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn an_account_that_changed_does_not_ride_on_the_old_login() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        peer.expect("AUTH PLAIN", "235 ok\r\n").await;
        accept_one(&mut peer).await;
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::default();
    for (password, expected) in [("old-password", "on connection 0"), ("new-password", "on connection 1")] {
        let account =
            with_login(account(server.port, Security::None), Secret::password(password), Mechanism::Plain);
        assert_eq!(number(send(&client, &account).await), expected);
    }
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_connection_that_died_while_it_waited_is_replaced_unnoticed() {
    for closed in ["", "421 4.4.2 idle for too long\r\n"] {
        let left = std::sync::Arc::new(tokio::sync::Notify::new());
        let leaving = left.clone();
        let server = Server::start(move |mut peer: Peer| {
            let leaving = leaving.clone();
            async move {
                peer.welcome(EXTENSIONS).await;
                accept_one(&mut peer).await;
                if peer.number == 0 {
                    peer.send(closed).await;
                    drop(peer);
                    leaving.notify_one();
                } else {
                    peer.drain().await;
                }
            }
        })
        .await;
        let client = SmtpClient::default();
        let account = account(server.port, Security::None);
        assert_eq!(number(send(&client, &account).await), "on connection 0");
        left.notified().await;
        assert_eq!(number(send(&client, &account).await), "on connection 1", "{closed:?}");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_connection_that_dies_at_mail_is_replaced_once() {
    for words in ["", "421 4.4.2 too late\r\n"] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            if peer.number == 0 {
                accept_one(&mut peer).await;
            }
            // The second connection is as bad as the first: no third one may be tried.
            peer.expect("MAIL FROM:", words).await;
        })
        .await;
        let client = SmtpClient::default();
        let account = account(server.port, Security::None);
        assert_eq!(number(send(&client, &account).await), "on connection 0");
        let failure = send(&client, &account).await.expect_err("both died");
        assert_eq!((failure.stage, failure.verdict), (Stage::Sender, Verdict::Transient), "{failure}");
        let lines = server.finish().await;
        assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 2, "{lines:?}");
    }
}

#[tokio::test]
async fn what_was_begun_on_a_used_connection_is_not_begun_again() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Dies {
        AfterMail,
        AfterDot,
    }
    for dies in [Dies::AfterMail, Dies::AfterDot] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            accept_one(&mut peer).await;
            peer.expect("MAIL FROM:", "250 ok\r\n").await;
            if dies == Dies::AfterDot {
                peer.expect("RCPT TO:", "250 ok\r\n").await;
                peer.expect("DATA", "354 go\r\n").await;
                peer.message().await;
            }
        })
        .await;
        let client = SmtpClient::default();
        let account = account(server.port, Security::None);
        assert_eq!(number(send(&client, &account).await), "on connection 0");
        let failure = send(&client, &account).await.expect_err("died");
        let expected = match dies {
            Dies::AfterMail => (Stage::Recipient, Verdict::Transient),
            Dies::AfterDot => (Stage::AfterDot, Verdict::InDoubt),
        };
        assert_eq!((failure.stage, failure.verdict), expected, "{dies:?}: {failure}");
        let lines = server.finish().await;
        assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 1, "{dies:?}: {lines:?}");
    }
}

#[tokio::test]
async fn after_a_refusal_a_reset_goes_before_the_next_mail() {
    for extensions in [EXTENSIONS, &["DSN"][..]] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(extensions).await;
            peer.expect("MAIL FROM:", "550 5.7.1 not today\r\n").await;
            if extensions == EXTENSIONS {
                peer.expect("RCPT TO:", "503 no\r\n").await;
                peer.expect("DATA", "503 no\r\n").await;
            }
            peer.expect("RSET", "250 ok\r\n").await;
            accept_one(&mut peer).await;
            peer.drain().await;
        })
        .await;
        let client = SmtpClient::default();
        let account = account(server.port, Security::None);
        let failure = send(&client, &account).await.expect_err("refused");
        assert_eq!(failure.stage, Stage::Sender, "{failure}");
        assert_eq!(number(send(&client, &account).await), "on connection 0");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_connection_that_waits_too_long_is_told_goodbye() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        accept_one(&mut peer).await;
        peer.expect("QUIT", "221 bye\r\n").await;
    })
    .await;
    let client = SmtpClient::new(PoolLimits { idle: Duration::from_millis(40), ..PoolLimits::default() });
    assert_eq!(number(send(&client, &account(server.port, Security::None)).await), "on connection 0");
    assert_eq!(server.finish().await.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn no_more_connections_wait_than_may() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        accept_one(&mut peer).await;
        // Long enough for all three to be open at once.
        let end = peer.line().await;
        assert_eq!(end.as_deref(), Some("QUIT"));
        peer.send("221 bye\r\n").await;
    })
    .await;
    let client = SmtpClient::new(PoolLimits { per_account: 1, ..PoolLimits::default() });
    let account = account(server.port, Security::None);
    let (one, two, three) =
        tokio::join!(send(&client, &account), send(&client, &account), send(&client, &account));
    for result in [one, two, three] {
        result.expect("accepted");
    }
    client.close().await;
    let lines = server.finish().await;
    assert_eq!(lines.iter().filter(|line| *line == "QUIT").count(), 3, "{lines:?}");
}

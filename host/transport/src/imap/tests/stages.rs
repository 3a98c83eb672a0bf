//! A connection test, and where it ends when the server does what it should not.

use std::time::Duration;

use super::super::{ImapClient, MailboxError, Mailboxes, Security, Stage, Timeouts, Verdict};
use super::{LONG, PASSWORD, account, answer, command, logged_in, welcome};
use crate::tests::server::{Peer, Server};

#[tokio::test]
async fn a_connection_test_tells_each_stage_in_order_with_the_servers_words() {
    let server = Server::start(|mut peer: Peer| async move {
        welcome(&mut peer, "SASL-IR AUTH=PLAIN ID").await;
        answer(&mut peer, "AUTHENTICATE PLAIN ", &[], "OK Logged in").await;
        answer(&mut peer, "CAPABILITY", &["CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED"], "OK").await;
        let folders = ["LIST (\\HasNoChildren) \"/\" INBOX", "LIST (\\Sent) \"/\" \"Gesendet\""];
        answer(&mut peer, "LIST \"\" \"*\" RETURN (SPECIAL-USE)", &folders, "OK").await;
        answer(&mut peer, "LOGOUT", &["BYE see you"], "OK").await;
    })
    .await;
    let report = ImapClient::default().probe(&account(server.port, Security::None)).await;
    assert_eq!(report.failure, None);
    let stages: Vec<Stage> = report.steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Stage::Resolve, Stage::Connect, Stage::Greeting, Stage::Login, Stage::Folder]);
    assert_eq!(report.steps[2].detail, "the server greets: \"OK scripted.test ready\"");
    assert_eq!(report.steps[3].detail, "logged in as nora@nord.test by PLAIN: \"OK Logged in\"");
    assert_eq!(report.steps[4].detail, "2 folders; sent mails are kept in \"Gesendet\"");
    assert_eq!(report.capabilities, ["IMAP4REV1", "SPECIAL-USE", "LIST-EXTENDED"]);
    let lines = server.finish().await;
    assert!(lines.iter().all(|line| !line.contains(" ID ")), "{lines:?}");
}

/// Where a script stops answering, and what the account's owner is told.
#[tokio::test]
async fn a_server_that_falls_silent_is_left_at_the_stage_where_it_did() {
    let cases = [
        (0, Stage::Greeting, "no greeting"),
        (1, Stage::Greeting, "CAPABILITY was not answered"),
        (2, Stage::Login, "the login was not answered"),
        (3, Stage::Command, "listing the folders failed"),
    ];
    for (answers, stage, words) in cases {
        for hang_up in [false, true] {
            let server = Server::start(move |mut peer: Peer| async move {
                if answers > 0 {
                    peer.send("* OK hi\r\n").await;
                }
                if answers > 1 {
                    answer(&mut peer, "CAPABILITY", &["CAPABILITY SASL-IR AUTH=PLAIN"], "OK").await;
                }
                if answers > 2 {
                    answer(&mut peer, "AUTHENTICATE", &[], "OK [CAPABILITY IMAP4rev1] in").await;
                }
                if answers > 0 {
                    peer.line().await;
                }
                if !hang_up {
                    peer.hang().await;
                }
            })
            .await;
            let mut account = account(server.port, Security::None);
            if !hang_up {
                let limit = Duration::from_millis(150);
                account.timeouts = Timeouts::all(limit);
                account.timeouts.opening.resolve = LONG;
                account.timeouts.opening.connect = LONG;
            }
            let report = ImapClient::default().probe(&account).await;
            let failure = report.failure.expect("a failure");
            let case = format!("{answers} answers, hung up: {hang_up}: {failure}");
            assert_eq!((failure.stage, failure.verdict), (stage, Verdict::Transient), "{case}");
            assert!(failure.detail.contains(words), "{case}");
            let how = if hang_up { "the server closed the connection" } else { "no answer within 150 ms" };
            assert!(failure.detail.contains(how), "{case}");
            server.finish().await;
        }
    }
}

#[tokio::test]
async fn who_is_turned_away_hears_why() {
    let cases = [
        ("* BYE [UNAVAILABLE] too busy\r\n", Verdict::Transient, Some("UNAVAILABLE"), Some("too busy")),
        ("* BYE go away\r\n", Verdict::Transient, None, Some("go away")),
        ("* PREAUTH you are root\r\n", Verdict::Permanent, None, None),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", Verdict::Permanent, None, None),
        ("220 mail.test ESMTP\r\n", Verdict::Permanent, None, None),
    ];
    for (greeting, verdict, code, words) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.send(greeting).await;
            assert!(peer.drain().await.is_empty(), "the client went on after {greeting}");
        })
        .await;
        let report = ImapClient::default().probe(&account(server.port, Security::None)).await;
        let failure = report.failure.expect("a failure");
        assert_eq!((failure.stage, failure.verdict), (Stage::Greeting, verdict), "{greeting}: {failure}");
        assert_eq!(failure.code.as_deref(), code, "{greeting}");
        assert_eq!(failure.words.as_deref(), words, "{greeting}");
        assert!(failure.detail.contains(greeting.trim_end().trim_start_matches("* ")), "{failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_refused_command_keeps_the_servers_code_and_words() {
    let cases = [
        ("NO [OVERQUOTA] Mailbox ist voll", Verdict::Permanent, Some("OVERQUOTA"), "Mailbox ist voll"),
        ("NO [UNAVAILABLE] später", Verdict::Transient, Some("UNAVAILABLE"), "später"),
        ("NO try again later", Verdict::Transient, None, "try again later"),
        ("BAD what?", Verdict::Permanent, None, "what?"),
        ("NO", Verdict::Permanent, None, ""),
    ];
    for (status, verdict, code, words) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "").await;
            answer(&mut peer, "LIST", &[], status).await;
            peer.drain().await;
        })
        .await;
        let client = ImapClient::default();
        let failure = super::failed(client.folders(&account(server.port, Security::None)).await);
        assert_eq!((failure.stage, failure.verdict), (Stage::Command, verdict), "{status}: {failure}");
        assert_eq!(failure.code.as_deref(), code, "{status}");
        assert_eq!(failure.words.as_deref(), Some(words), "{status}");
        assert!(failure.detail.contains(&format!("\"{status}\"")), "{status}: {failure}");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_goodbye_in_the_middle_is_heard() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        command(&mut peer, "LIST").await;
        peer.send("* LIST () \"/\" INBOX\r\n* BYE [UNAVAILABLE] shutting down\r\n").await;
    })
    .await;
    let failure = super::failed(ImapClient::default().folders(&account(server.port, Security::None)).await);
    assert_eq!((failure.stage, failure.verdict), (Stage::Command, Verdict::Transient), "{failure}");
    assert_eq!(failure.words.as_deref(), Some("shutting down"));
    server.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told_from_one_that_may_not_be_opened() {
    let cases = [
        ("NO [NONEXISTENT] Mailbox doesn't exist: Gone", true),
        ("NO Unknown mailbox", true),
        ("NO [NOPERM] not yours", false),
        ("NO [UNAVAILABLE] later", false),
        ("BAD no", false),
    ];
    for (status, absent) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "").await;
            answer(&mut peer, "EXAMINE Gone", &[], status).await;
            peer.drain().await;
        })
        .await;
        let client = ImapClient::default();
        let state = client.state(&account(server.port, Security::None), "Gone").await;
        match state {
            Err(MailboxError::NoSuchFolder) => assert!(absent, "{status}"),
            Err(MailboxError::Failed(failure)) => {
                assert!(!absent && failure.stage == Stage::Folder, "{status}: {failure}");
            }
            other => panic!("{status}: {other:?}"),
        }
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_are_told_apart() {
    let port = postroom_providers::ClosedPort::new();
    let closed = account(port.number(), Security::None);
    let failure = ImapClient::default().probe(&closed).await.failure.expect("a failure");
    assert_eq!((failure.stage, failure.verdict), (Stage::Connect, Verdict::Transient), "{failure}");

    let mut wrong = closed.clone();
    wrong.host = "no host".into();
    let failure = ImapClient::default().probe(&wrong).await.failure.expect("a failure");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Permanent), "{failure}");

    let mut forbidden = closed;
    forbidden.allow_private = postroom_model::AllowList::none();
    let failure = ImapClient::default().probe(&forbidden).await.failure.expect("a failure");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Permanent), "{failure}");
    assert!(!format!("{failure:?}").contains(PASSWORD));
}

//! A wait by IDLE: what ends it, and servers that go silent.

use std::time::{Duration, Instant};

use super::super::super::{ImapClient, Noticed, Security, SyncMailboxes, Timeouts, Verdict, Waited};
use super::super::{LONG, SHORT, account, answer, command, failed, logged_in};
use super::{opened_with, session, uids, up_to_date, with_qresync};
use crate::tests::server::{Peer, Server};

/// Reads IDLE, and sends lines, `+` among them.
async fn idle(peer: &mut Peer, lines: &str) -> String {
    let (tag, line) = command(peer, "IDLE").await;
    assert_eq!(line, "IDLE");
    peer.send(lines).await;
    tag
}

/// Reads DONE, and completes the command.
async fn done(peer: &mut Peer, tag: &str, lines: &str) {
    assert_eq!(peer.line().await.as_deref(), Some("DONE"));
    peer.send(format!("{lines}{tag} OK done\r\n")).await;
}

#[tokio::test]
async fn a_change_ends_the_wait_wherever_in_idle_it_is_reported() {
    let nothing = Noticed::default();
    let arrived = Noticed { arrived: true, ..nothing.clone() };
    let cases = [
        ("* 4 EXISTS\r\n+ idling\r\n", "", arrived.clone()),
        ("+ idling\r\n* 4 EXISTS\r\n* 1 RECENT\r\n", "", arrived.clone()),
        (
            "* OK hello\r\n+ idling\r\n* OK still here\r\n* VANISHED 3,5\r\n",
            "* VANISHED 9\r\n",
            Noticed { vanished: uids("3,5,9"), ..nothing.clone() },
        ),
        ("+\r\n* 2 EXPUNGE\r\n", "* 4 EXISTS\r\n", Noticed { expunged: true, ..arrived.clone() }),
        ("+ idling\r\n* VANISHED what\r\n", "", Noticed { expunged: true, ..nothing.clone() }),
        ("+ idling\r\n* 2 FETCH (FLAGS (\\Seen))\r\n", "", nothing),
    ];
    for (lines, later, expected) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            with_qresync(&mut peer).await;
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            let tag = idle(&mut peer, lines).await;
            done(&mut peer, &tag, later).await;
            // The folder stays open, and the connection usable.
            up_to_date(&mut peer).await;
            answer(&mut peer, "UID SEARCH", &["SEARCH 1"], "OK").await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::Changed), "{lines}");
        assert_eq!(session.noticed(), expected, "{lines}");
        assert_eq!(session.uids("INBOX", 7, 1..=9).await, Ok(uids("1")));
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_silent_server_is_left_by_done_when_the_time_has_passed() {
    for (lines, later, expected) in [
        ("+ idling\r\n", "", Waited::Nothing),
        (
            "+ idling\r\n* OK still here\r\n* 0 RECENT\r\n+ \r\nnonsense\r\n* 4 EXI",
            "STS\r\n",
            Waited::Changed,
        ),
    ] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "IDLE").await;
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            let tag = idle(&mut peer, lines).await;
            done(&mut peer, &tag, later).await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let began = Instant::now();
        assert_eq!(session.wait("INBOX", SHORT).await, Ok(expected), "{lines}");
        assert!(began.elapsed() >= SHORT && began.elapsed() < LONG);
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_that_is_gone_after_its_silence_is_an_error_and_the_session_ends() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "IDLE").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        idle(&mut peer, "+ idling\r\n").await;
        assert_eq!(peer.drain().await, b"DONE\r\n");
    })
    .await;
    let mut account = account(server.port, Security::None);
    account.timeouts = Timeouts { command: SHORT, ..account.timeouts };
    let mut session = ImapClient::default().sync_session(&account).await.expect("a session");
    for _ in 0..2 {
        let failure = failed(session.wait("INBOX", SHORT).await);
        assert_eq!(failure.verdict, Verdict::Transient, "{failure}");
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_server_that_ends_the_wait_or_hangs_up_is_understood() {
    for (lines, expected) in [
        ("+ idling\r\nTAG OK enough\r\n", Some(Waited::Changed)),
        ("+ idling\r\n* BYE full\r\n", None),
        ("+ idling\r\n", None),
        ("", None),
        ("+ idling\r\nx9 OK\r\n", None),
    ] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "IDLE").await;
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            let (tag, _) = command(&mut peer, "IDLE").await;
            peer.send(lines.replace("TAG", &tag)).await;
            if expected.is_some() {
                peer.drain().await;
            }
        })
        .await;
        let mut session = session(server.port).await;
        let waited = session.wait("INBOX", LONG).await;
        assert_eq!(waited.clone().ok(), expected, "{lines}: {waited:?}");
        if expected.is_none() {
            failed(session.folders().await);
        }
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn without_idle_or_where_it_is_refused_nothing_is_waited_for() {
    let server = Server::start(|mut peer: Peer| async move {
        let capabilities = if peer.number == 0 { "" } else { "IDLE" };
        logged_in(&mut peer, capabilities).await;
        if peer.number == 1 {
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            answer(&mut peer, "IDLE", &[], "BAD unknown command").await;
        }
        peer.drain().await;
    })
    .await;
    for _ in 0..2 {
        let mut session = session(server.port).await;
        for _ in 0..2 {
            assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::CannotWait));
            assert!(!session.capabilities().idle);
        }
        session.close().await;
    }
    server.finish().await;
}

#[tokio::test]
async fn what_changed_between_the_look_and_the_wait_ends_the_wait_at_once() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "IDLE").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        answer(&mut peer, "LIST", &["4 EXISTS"], "OK").await;
        opened_with(&mut peer, "EXAMINE Sent", &[]).await;
        let state = ["4 EXISTS", "OK [UIDVALIDITY 7] ok", "OK [UIDNEXT 13] ok"];
        answer(&mut peer, "EXAMINE INBOX", &state, "OK").await;
        answer(&mut peer, "EXAMINE INBOX", &state, "OK").await;
        let tag = idle(&mut peer, "+ idling\r\n").await;
        done(&mut peer, &tag, "").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    session.changes("INBOX", None).await.expect("changes");
    session.folders().await.expect("folders");
    // Reported with another command, and not taken.
    assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::Changed));
    session.noticed();
    session.changes("Sent", None).await.expect("changes");
    // Seen when the folder is opened again.
    assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::Changed));
    session.changes("INBOX", None).await.expect("changes");
    assert_eq!(session.wait("INBOX", Duration::from_millis(1)).await, Ok(Waited::Nothing));
    session.close().await;
    server.finish().await;
}

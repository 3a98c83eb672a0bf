//! Servers that want to do harm, or fall over: each answer is bounded, and none is taken for another.

use proptest::prelude::*;

use super::super::super::notices::Notice;
use super::super::super::response::Response;
use super::super::super::{ImapClient, MailboxError, Place, Security, SyncMailboxes, SyncSession, Verdict};
use super::super::{LONG, account, answer, command, failed, logged_in, opened};
use super::{KNOWN, opened_with, session, with_qresync};
use crate::budget::SERVERS;
use crate::tests::server::{Peer, Server};

/// What is asked of a session, and the command that the folder being open leads to.
const REQUESTS: &[(&str, &str)] = &[
    ("folders", "LIST"),
    ("status", "STATUS"),
    ("changes", "EXAMINE INBOX (QRESYNC"),
    ("uids", "UID SEARCH"),
    ("envelopes", "UID FETCH"),
    ("flags", "UID FETCH"),
    ("message", "UID FETCH"),
    ("search", "UID SEARCH"),
    ("wait", "IDLE"),
];

async fn ask(session: &mut dyn SyncSession, request: &str) -> Result<(), MailboxError> {
    let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
    match request {
        "folders" => session.folders().await.map(drop),
        "status" => session.status("Sent").await.map(drop),
        "changes" => session.changes("INBOX", KNOWN).await.map(drop),
        "uids" => session.uids("INBOX", 7, 1..=9).await.map(drop),
        "envelopes" => session.envelopes("INBOX", 7, &[3]).await.map(drop),
        "flags" => session.flags("INBOX", 7, 1..=9).await.map(drop),
        "message" => session.message(&at, 0, 10).await.map(drop),
        "search" => session.search("INBOX", &[], None, 9).await.map(drop),
        _ => session.wait("INBOX", LONG).await.map(drop),
    }
}

/// Lets the folder be opened once, for those requests that need it.
async fn before(peer: &mut Peer, request: &str) {
    if !["folders", "status", "changes"].contains(&request) {
        opened(peer, "EXAMINE INBOX").await;
    }
}

#[tokio::test]
async fn a_connection_that_drops_at_any_command_is_an_error_and_no_short_answer() {
    let halves = ["", "* 1 FETCH (UID 3 FLAGS (\\Se", "* SEARCH 1 2", "* VANISHED 3\r\n* LIST ()"];
    for (request, expected) in REQUESTS {
        for half in halves {
            let server = Server::start(move |mut peer: Peer| async move {
                if peer.number == 0 {
                    with_qresync(&mut peer).await;
                    before(&mut peer, request).await;
                    command(&mut peer, expected).await;
                } else {
                    // QRESYNC might have been the reason: it was not.
                    logged_in(&mut peer, super::ALL).await;
                    command(&mut peer, "EXAMINE INBOX (CONDSTORE)").await;
                }
                peer.send(half).await;
            })
            .await;
            let mut session = session(server.port).await;
            let failure = failed(ask(&mut *session, request).await);
            assert_eq!(failure.verdict, Verdict::Transient, "{request} {half}: {failure}");
            // What is left of the answer is not taken for the next one.
            for (request, _) in REQUESTS {
                assert_eq!(failed(ask(&mut *session, request).await).verdict, Verdict::Transient);
            }
            session.close().await;
            server.finish().await;
        }
    }
}

#[tokio::test]
async fn a_session_that_can_not_be_opened_is_an_error() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, super::ALL).await;
        let (_, _) = command(&mut peer, "ENABLE QRESYNC").await;
        if peer.number == 1 {
            peer.send("* BYE too many sessions\r\n").await;
        }
    })
    .await;
    for _ in 0..2 {
        let opened = ImapClient::default().sync_session(&account(server.port, Security::None)).await;
        let Err(MailboxError::Failed(failure)) = opened else { panic!("a failure was expected") };
        assert_eq!(failure.verdict, Verdict::Transient, "{failure}");
    }
    server.finish().await;
}

#[tokio::test]
async fn an_answer_larger_than_the_question_ends_the_session() {
    let bomb = "* 1 FETCH (UID 3 BODY[] {4294967295}\r\n";
    let endless = format!("* VANISHED {}", "1,".repeat(5 << 20));
    let chatter = "* OK still here\r\n".repeat(100_001);
    let cases = [
        ("uids", "UID SEARCH", bomb.to_owned(), "announces 4294967295 bytes"),
        ("flags", "UID FETCH", bomb.to_owned(), "announces 4294967295 bytes"),
        ("envelopes", "UID FETCH", bomb.to_owned(), "announces 4294967295 bytes"),
        ("uids", "UID SEARCH", endless.clone(), "is longer than"),
        ("flags", "UID FETCH", endless.clone(), "is longer than"),
        ("status", "STATUS", endless.clone(), "is longer than"),
        ("wait", "IDLE", format!("+ idling\r\n{endless}"), "is longer than"),
        ("wait", "IDLE", format!("+ idling\r\n{chatter}"), "more than 100000 lines"),
        ("wait", "IDLE", chatter, "more than 100000 lines"),
        ("uids", "UID SEARCH", "* SEARCH 1\r\np999 OK\r\n".into(), "does not speak IMAP"),
    ];
    for (request, expected, words, reason) in cases {
        let server = Server::start(move |mut peer: Peer| {
            let words = words.clone();
            async move {
                logged_in(&mut peer, "IDLE").await;
                before(&mut peer, request).await;
                command(&mut peer, expected).await;
                peer.send(words).await;
                peer.drain().await;
            }
        })
        .await;
        let mut session = session(server.port).await;
        let failure = failed(ask(&mut *session, request).await);
        assert_eq!(failure.verdict, Verdict::Permanent, "{request}: {failure}");
        assert!(failure.detail.contains(reason), "{request}: {failure}");
        failed(ask(&mut *session, request).await);
        session.close().await;
        drop(server);
    }
}

#[tokio::test]
async fn more_uids_than_there_is_memory_for_are_messages_that_are_gone_without_a_uid() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        let (tag, _) = command(&mut peer, "LIST").await;
        // Uids that never touch, in 13 lines of 80,000: more than a million ranges.
        for line in 0..13u32 {
            let uids: Vec<String> =
                (0..80_000).map(|uid| (1 + 2 * (line * 80_000 + uid)).to_string()).collect();
            peer.send(format!("* VANISHED {}\r\n", uids.join(","))).await;
        }
        peer.send(format!("{tag} OK\r\n")).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    session.changes("INBOX", None).await.expect("changes");
    session.folders().await.expect("folders");
    let noticed = session.noticed();
    assert!(noticed.expunged);
    assert!((400_000..1_040_000).contains(&noticed.vanished.len()), "{}", noticed.vanished.len());
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn more_changes_than_an_answer_may_hold_leave_the_state_alone() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        if peer.number == 0 {
            command(&mut peer, "EXAMINE INBOX (QRESYNC").await;
            peer.send("* 1 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (70))\r\n".repeat(100_001)).await;
        } else {
            opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 90]"]).await;
            opened_with(&mut peer, "EXAMINE INBOX (QRESYNC", &["OK [HIGHESTMODSEQ 90]"]).await;
        }
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    for by in [super::super::super::ChangesBy::StateAlone, super::super::super::ChangesBy::Qresync] {
        let changes = session.changes("INBOX", KNOWN).await.expect("changes");
        assert_eq!((changes.by, changes.flags.len(), changes.vanished.len()), (by, 0, 0));
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_session_is_in_no_pool_and_its_client_may_be_gone() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        answer(&mut peer, "LIST", &["LIST () \"/\" INBOX"], "OK").await;
        answer(&mut peer, "LOGOUT", &["BYE"], "OK").await;
    })
    .await;
    let client = ImapClient::default();
    let mut session = client.sync_session(&account(server.port, Security::None)).await.expect("a session");
    client.close().await;
    drop(client);
    assert_eq!(session.folders().await.expect("folders").len(), 1);
    session.close().await;
    server.finish().await;
}

proptest! {
    #[test]
    fn no_notice_is_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let line = [b"* VANISHED (EARLIER) ", bytes.as_slice()].concat();
        let _ = Response::read(&line, &[], &mut SERVERS.reservation(1 << 20));
        let _ = Notice::read(b"VANISHED", &bytes);
        let _ = Notice::read(&bytes, b"");
    }
}

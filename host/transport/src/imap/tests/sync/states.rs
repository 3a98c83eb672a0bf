//! How a folder stands, also where a server does not say.

use super::super::super::{FolderState, MailboxError, Verdict};
use super::super::{answer, failed, logged_in};
use super::{opened_with, session, state, with_qresync};
use crate::tests::server::{Peer, Server};

#[tokio::test]
async fn a_state_is_asked_for_by_status_and_opens_nothing() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        let status = "STATUS \"gel&APY-scht\" (UIDVALIDITY 7 UIDNEXT 12 HIGHESTMODSEQ 90 MESSAGES 3)";
        let line = answer(&mut peer, "STATUS", &[status], "OK").await;
        assert_eq!(
            line,
            "STATUS \"gel&APY-scht\" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)".replace('"', "")
        );
        answer(&mut peer, "STATUS INBOX", &["STATUS INBOX (UIDVALIDITY 7 UIDNEXT 12 MESSAGES 3)"], "OK")
            .await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    assert_eq!(session.status("gelöscht").await, Ok(state(Some(90))));
    assert_eq!(session.status("inbox").await, Ok(state(None)));
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_status_that_lacks_a_number_or_is_of_another_folder_is_replaced_by_opening() {
    let cases: [&[&str]; 8] = [
        &["STATUS Sent (UIDVALIDITY 0 UIDNEXT 12 MESSAGES 3)"],
        &["STATUS Sent (UIDVALIDITY 7 UIDNEXT 0 MESSAGES 3)"],
        &["STATUS Sent (UIDVALIDITY 7 MESSAGES 3)"],
        &["STATUS Sent (UIDNEXT 12 MESSAGES 3)"],
        &["STATUS Sent (UIDVALIDITY 7 UIDNEXT 12 MESSAGES -3)"],
        &["STATUS Other (UIDVALIDITY 9 UIDNEXT 900 MESSAGES 1)"],
        &["STATUS Sent nonsense"],
        &[],
    ];
    for lines in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "").await;
            answer(&mut peer, "STATUS Sent", lines, "OK").await;
            opened_with(&mut peer, "EXAMINE Sent", &[]).await;
            // A folder that is open is asked by opening it anew.
            opened_with(&mut peer, "EXAMINE Sent", &[]).await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        for _ in 0..2 {
            assert_eq!(session.status("Sent").await, Ok(state(None)), "{lines:?}");
        }
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_refused_status_is_told_from_a_status_that_the_server_does_not_have() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        answer(&mut peer, "STATUS Gone", &[], "NO no such mailbox").await;
        answer(&mut peer, "STATUS Sent", &[], "BAD unknown command").await;
        opened_with(&mut peer, "EXAMINE Sent", &[]).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    assert_eq!(session.status("Gone").await, Err(MailboxError::NoSuchFolder));
    assert_eq!(session.status("Sent").await, Ok(state(None)));
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_missing_uidnext_is_one_above_the_last_uid_and_may_be_lower_than_before() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        for (uid_next, last) in [("[X]", "2 FETCH (UID 41)"), ("[UIDNEXT 0]", "2 FETCH (UID 30)")] {
            let lines = ["2 EXISTS", "OK [UIDVALIDITY 7]", &format!("OK {uid_next} hm")];
            answer(&mut peer, "EXAMINE INBOX", &lines, "OK").await;
            answer(&mut peer, "FETCH * (UID)", &[last], "OK").await;
        }
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    for uid_next in [42, 31] {
        let changes = session.changes("INBOX", None).await.expect("changes");
        let expected = FolderState { uid_validity: 7, uid_next, messages: 2, highest_modseq: None };
        assert_eq!(changes.state, expected);
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_folder_whose_uids_mean_nothing_is_not_followed() {
    let cases = [
        (["2 EXISTS", "OK [UIDVALIDITY 0]", "OK [UIDNEXT 5]"], "UIDVALIDITY 0"),
        (["2 EXISTS", "OK [UIDVALIDITY 7]", "OK [UIDNEXT 1]"], "messages without uids"),
        (["2 EXISTS", "OK [UIDVALIDITY -7]", "OK [UIDNEXT 5]"], "did not say how it stands"),
    ];
    for (lines, expected) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "").await;
            answer(&mut peer, "EXAMINE INBOX", &lines, "OK").await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let failure = failed(session.changes("INBOX", None).await);
        assert_eq!(failure.verdict, Verdict::Permanent);
        assert!(failure.detail.contains(expected), "{failure}");
        session.close().await;
        server.finish().await;
    }
}

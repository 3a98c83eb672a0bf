//! Which uids exist: what is not in the answer counts as gone, so that an answer must be one.

use super::super::super::{MailboxError, UidSet, Verdict};
use super::super::{answer, command, failed, logged_in};
use super::{opened_with, session, uids, up_to_date};
use crate::tests::server::{Peer, Server};

#[tokio::test]
async fn uids_are_listed_by_esearch_or_search_within_the_range() {
    let cases = [
        ("ESEARCH", "ESEARCH (TAG \"%\") UID ALL 2,4:5,9", "2,4:5,9"),
        ("ESEARCH", "ESEARCH (TAG \"%\") UID", ""),
        ("ESEARCH", "ESEARCH UID ALL 9:7", "7:9"),
        ("ESEARCH", "SEARCH 4 5", "4:5"),
        ("", "SEARCH 9 4 5 2 2", "2,4:5,9"),
        ("", "SEARCH", ""),
        ("", "SEARCH 0 1 4 400 (MODSEQ 99)", "4"),
    ];
    for (capabilities, found, expected) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, capabilities).await;
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            let (tag, line) = command(&mut peer, "UID SEARCH").await;
            let returned = if capabilities.is_empty() { "" } else { "RETURN (ALL) " };
            assert_eq!(line, format!("UID SEARCH {returned}UID 2:9"));
            peer.send(format!("* {}\r\n{tag} OK\r\n", found.replace('%', &tag))).await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let expected = UidSet::parse(expected).unwrap_or_default();
        assert_eq!(session.uids("INBOX", 7, 2..=9).await, Ok(expected), "{found}");
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn no_set_holds_nought_and_the_last_message_below_a_range_is_not_in_it() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        let line = answer(&mut peer, "UID SEARCH", &["SEARCH 1 11"], "OK").await;
        assert_eq!(line, "UID SEARCH UID 1:20");
        up_to_date(&mut peer).await;
        // `12:*` finds 11, the last message.
        let line = answer(&mut peer, "UID SEARCH", &["SEARCH 11"], "OK").await;
        assert_eq!(line, "UID SEARCH UID 12:*");
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    assert_eq!(session.uids("INBOX", 7, 0..=20).await, Ok(uids("1,11")));
    assert_eq!(session.uids("INBOX", 7, 12..=u32::MAX).await, Ok(UidSet::new()));
    #[expect(clippy::reversed_empty_ranges, reason = "nothing is asked for an empty range")]
    for range in [0..=0, 9..=3] {
        assert_eq!(session.uids("INBOX", 7, range).await, Ok(UidSet::new()));
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_search_without_an_answer_is_not_an_empty_folder() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "ESEARCH").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        // Nothing, something of another command, and something that is none.
        for lines in [&[][..], &["ESEARCH (TAG \"other\") UID ALL 1:5"], &["ESEARCH (TAG"]] {
            answer(&mut peer, "UID SEARCH", lines, "OK").await;
            let fetched = ["1 FETCH (UID 2 FLAGS ())", "2 FETCH (FLAGS (\\Seen) UID 4)", "3 FETCH (UID 99)"];
            let line = answer(&mut peer, "UID FETCH", &fetched, "OK").await;
            assert_eq!(line, "UID FETCH 1:9 (UID FLAGS)");
            up_to_date(&mut peer).await;
        }
        answer(&mut peer, "UID SEARCH", &[], "OK").await;
        answer(&mut peer, "UID FETCH", &[], "OK").await;
        up_to_date(&mut peer).await;
        answer(&mut peer, "UID SEARCH", &[], "NO not now").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    for _ in 0..3 {
        assert_eq!(session.uids("INBOX", 7, 1..=9).await, Ok(uids("2,4")));
    }
    assert_eq!(session.uids("INBOX", 7, 1..=9).await, Ok(UidSet::new()));
    failed(session.uids("INBOX", 7, 1..=9).await);
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_list_that_can_not_be_read_in_full_is_an_error() {
    for line in ["SEARCH 1 2 x 4", "SEARCH 1 4294967296", "ESEARCH UID ALL 1:3,*", "ESEARCH UID ALL (1 2)"] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "ESEARCH").await;
            opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
            answer(&mut peer, "UID SEARCH", &[line], "OK").await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let failure = failed(session.uids("INBOX", 7, 1..=9).await);
        assert_eq!(failure.verdict, Verdict::Permanent, "{line}: {failure}");
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_million_uids_are_listed_in_windows_and_stay_ranges() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        let state = ["1000000 EXISTS", "OK [UIDVALIDITY 7] ok", "OK [UIDNEXT 1000002] ok"];
        answer(&mut peer, "EXAMINE INBOX", &state, "OK").await;
        for (set, first, last) in [("1:500000", 1, 500_000), ("500001:1000000", 500_002, 1_000_000)] {
            let (tag, line) = command(&mut peer, "UID SEARCH").await;
            assert_eq!(line, format!("UID SEARCH UID {set}"));
            let uids: Vec<String> = (first..=last).map(|uid: u32| uid.to_string()).collect();
            peer.send(format!("* SEARCH {}\r\n{tag} OK\r\n", uids.join(" "))).await;
        }
        answer(&mut peer, "UID SEARCH UID 1000001:1500000", &["SEARCH 1000001"], "OK").await;
        answer(&mut peer, "UID SEARCH UID 1500001:*", &["SEARCH 1000001"], "OK").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let found = session.uids("INBOX", 7, 1..=u32::MAX).await.expect("uids");
    assert_eq!(found.to_string(), "1:500000,500002:1000001");
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn uids_of_another_validity_are_not_listed() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    assert_eq!(session.uids("INBOX", 6, 1..=9).await, Err(MailboxError::UidValidityChanged(7)));
    assert_eq!(session.flags("INBOX", 6, 1..=9).await, Err(MailboxError::UidValidityChanged(7)));
    assert_eq!(session.envelopes("INBOX", 6, &[1]).await, Err(MailboxError::UidValidityChanged(7)));
    session.close().await;
    server.finish().await;
}

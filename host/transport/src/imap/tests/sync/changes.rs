//! What changed in a folder since it was looked at, by each means and without it.

use super::super::super::{ChangesBy, FlagChange, MailboxError, Noticed, UidSet};
use super::super::{answer, command, logged_in};
use super::{ALL, KNOWN, opened_with, session, state, uids, up_to_date, with_qresync};
use crate::tests::server::{Peer, Server};

const QRESYNC: &str = "EXAMINE INBOX (QRESYNC (7 60))";

fn change(uid: u32, flags: &[&str], modseq: u64) -> FlagChange {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    FlagChange { uid, flags, modseq: Some(modseq) }
}

#[tokio::test]
async fn qresync_is_the_only_parameter_and_every_line_of_its_answer_counts() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        let lines = [
            "OK [HIGHESTMODSEQ 90] ok",
            "VANISHED (EARLIER) 3,5:6",
            "2 FETCH (UID 9 FLAGS (\\Seen $Paid) MODSEQ (88))",
            "VANISHED (EARLIER) 7",
            "1 FETCH (UID 4 FLAGS () MODSEQ (90))",
            "3 FETCH (FLAGS (\\Seen) MODSEQ (90))",
            "3 FETCH (UID 10 MODSEQ (90))",
        ];
        let line = opened_with(&mut peer, "EXAMINE", &lines).await;
        assert_eq!(line, QRESYNC);
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    assert!(session.capabilities().qresync);
    let changes = session.changes("INBOX", KNOWN).await.expect("changes");
    assert_eq!((changes.state, changes.by), (state(Some(90)), ChangesBy::Qresync));
    assert_eq!(changes.vanished, uids("3,5:7"));
    // A line without a uid or without flags says nothing of a message.
    assert_eq!(changes.flags, [change(4, &[], 90), change(9, &["\\Seen", "$Paid"], 88)]);
    assert_eq!(session.noticed(), Noticed::default());
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_refused_qresync_is_left_out_on_a_fresh_connection_for_the_rest_of_the_session() {
    for refusal in ["BAD unknown parameter", "NO [CANNOT] nope", ""] {
        let server = Server::start(move |mut peer: Peer| async move {
            if peer.number == 0 {
                with_qresync(&mut peer).await;
                let (tag, _) = command(&mut peer, QRESYNC).await;
                if !refusal.is_empty() {
                    peer.send(format!("{tag} {refusal}\r\n")).await;
                    assert!(peer.drain().await.is_empty(), "the connection was used again");
                }
                return;
            }
            logged_in(&mut peer, ALL).await;
            for _ in 0..2 {
                let line = opened_with(&mut peer, "EXAMINE", &["OK [HIGHESTMODSEQ 60] ok"]).await;
                assert_eq!(line, "EXAMINE INBOX (CONDSTORE)");
            }
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        for _ in 0..2 {
            let changes = session.changes("INBOX", KNOWN).await.expect("changes");
            assert_eq!((changes.state, changes.by), (state(Some(60)), ChangesBy::Condstore), "{refusal}");
        }
        assert!(!session.capabilities().qresync);
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_that_takes_no_parameter_at_all_is_asked_without_one() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "CONDSTORE").await;
        if peer.number == 0 {
            answer(&mut peer, "EXAMINE INBOX (CONDSTORE)", &[], "BAD too many arguments").await;
            assert!(peer.drain().await.is_empty(), "the connection was used again");
            return;
        }
        for _ in 0..2 {
            assert_eq!(opened_with(&mut peer, "EXAMINE", &[]).await, "EXAMINE INBOX");
        }
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    for _ in 0..2 {
        let changes = session.changes("INBOX", KNOWN).await.expect("changes");
        assert_eq!((changes.state, changes.by), (state(None), ChangesBy::StateAlone));
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_gone_costs_no_extension() {
    let server = Server::start(|mut peer: Peer| async move {
        if peer.number == 0 {
            with_qresync(&mut peer).await;
            answer(&mut peer, "EXAMINE Gone (QRESYNC", &[], "NO no such mailbox").await;
            return;
        }
        logged_in(&mut peer, ALL).await;
        answer(&mut peer, "EXAMINE Gone (CONDSTORE)", &[], "NO no such mailbox").await;
        answer(&mut peer, "ENABLE QRESYNC", &["ENABLED QRESYNC"], "OK").await;
        answer(&mut peer, "EXAMINE Gone (QRESYNC", &[], "NO [NONEXISTENT] no such mailbox").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    for _ in 0..2 {
        assert_eq!(session.changes("Gone", KNOWN).await, Err(MailboxError::NoSuchFolder));
        assert!(session.capabilities().qresync);
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn changed_flags_are_asked_for_by_condstore_only_where_the_sequence_moved() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "CONDSTORE").await;
        opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 60] ok"]).await;
        opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 90] ok"]).await;
        let changed = ["1 FETCH (UID 2 FLAGS (\\Answered) MODSEQ (70))", "VANISHED 5"];
        let line = answer(&mut peer, "UID FETCH", &changed, "OK").await;
        assert_eq!(line, "UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 60)");
        // The sequence of another time, and of another validity.
        opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 59] ok"]).await;
        opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [UIDVALIDITY 8]"]).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let unmoved = session.changes("INBOX", KNOWN).await.expect("changes");
    assert_eq!((unmoved.by, unmoved.flags.len()), (ChangesBy::Condstore, 0));
    let moved = session.changes("INBOX", KNOWN).await.expect("changes");
    assert_eq!((moved.by, moved.state), (ChangesBy::Condstore, state(Some(90))));
    assert_eq!(moved.flags, [change(2, &["\\Answered"], 70)]);
    assert_eq!(moved.vanished, uids("5"), "reported beside the answer");
    for _ in 0..2 {
        assert_eq!(session.changes("INBOX", KNOWN).await.expect("changes").by, ChangesBy::StateAlone);
    }
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn changed_flags_that_a_server_refuses_or_that_are_too_many_leave_the_state_alone() {
    for too_many in [false, true] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "CONDSTORE").await;
            opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 90] ok"]).await;
            if peer.number == 0 {
                let (tag, _) = command(&mut peer, "UID FETCH 1:*").await;
                if too_many {
                    peer.send("* 1 FETCH (UID 2 FLAGS (\\Answered) MODSEQ (70))\r\n".repeat(100_001)).await;
                }
                peer.send(format!("{tag} BAD what\r\n")).await;
            }
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let changes = session.changes("INBOX", KNOWN).await.expect("changes");
        assert_eq!((changes.by, changes.flags.len()), (ChangesBy::StateAlone, 0));
        assert_eq!(changes.state, state(Some(90)));
        assert_eq!(session.capabilities().condstore, too_many);
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_without_the_line_enabled_does_not_have_qresync() {
    for lines in [&[][..], &["ENABLED"], &["ENABLED CONDSTORE"], &["OK ENABLED QRESYNC"]] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, ALL).await;
            answer(&mut peer, "ENABLE QRESYNC", lines, "OK").await;
            opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &[]).await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        assert!(!session.capabilities().qresync && session.capabilities().condstore);
        assert_eq!(session.changes("INBOX", KNOWN).await.expect("changes").by, ChangesBy::StateAlone);
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_vanished_that_can_not_be_read_ends_the_use_of_qresync() {
    for garbled in ["VANISHED", "VANISHED (EARLIER)", "VANISHED (EARLIER) 3:*", "VANISHED (3,5)"] {
        let server = Server::start(move |mut peer: Peer| async move {
            if peer.number == 0 {
                with_qresync(&mut peer).await;
                let lines = ["OK [HIGHESTMODSEQ 90] ok", "VANISHED (EARLIER) 4", garbled];
                opened_with(&mut peer, QRESYNC, &lines).await;
                peer.drain().await;
                return;
            }
            logged_in(&mut peer, ALL).await;
            opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [HIGHESTMODSEQ 60] ok"]).await;
            peer.drain().await;
        })
        .await;
        let mut session = session(server.port).await;
        let changes = session.changes("INBOX", KNOWN).await.expect("changes");
        assert_eq!((changes.by, changes.vanished), (ChangesBy::Condstore, UidSet::new()), "{garbled}");
        session.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn messages_that_vanish_during_any_command_are_noticed_every_line_of_them() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        let found = ["VANISHED 3", "VANISHED 5:6", "ESEARCH UID ALL 1:2", "vanished 9,8"];
        answer(&mut peer, "NOOP", &["VANISHED 2"], "OK").await;
        answer(&mut peer, "UID SEARCH", &found, "OK").await;
        answer(&mut peer, "UID FETCH", &["VANISHED 20", "4 EXISTS", "1 FETCH (UID 1 FLAGS ())"], "OK").await;
        answer(&mut peer, "LIST", &["VANISHED 30", "LIST () \"/\" INBOX"], "OK").await;
        answer(&mut peer, "STATUS", &["VANISHED 40"], "OK").await;
        // The folder is opened for what STATUS lacks.
        opened_with(&mut peer, "EXAMINE Sent", &[]).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    session.changes("INBOX", None).await.expect("changes");
    assert_eq!(session.uids("INBOX", 7, 1..=9).await, Ok(uids("1:2")));
    assert_eq!(session.flags("INBOX", 7, 1..=9).await.expect("flags").len(), 1);
    session.folders().await.expect("folders");
    let noticed = session.noticed();
    assert_eq!(noticed, Noticed { vanished: uids("2:3,5:6,8:9,20,30"), expunged: false, arrived: true });
    assert_eq!(session.noticed(), Noticed::default());
    // Of a folder that is not open any more, nothing is returned.
    session.status("Sent").await.expect("a state");
    assert_eq!(session.noticed(), Noticed::default());
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn what_was_noticed_before_a_look_is_among_what_vanished() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        up_to_date(&mut peer).await;
        answer(&mut peer, "UID SEARCH", &["VANISHED 3", "SEARCH 1", "2 EXPUNGE"], "OK").await;
        opened_with(&mut peer, "EXAMINE INBOX", &["VANISHED 4"]).await;
        up_to_date(&mut peer).await;
        answer(&mut peer, "UID SEARCH", &["VANISHED 5", "SEARCH 1"], "OK").await;
        // Before CLOSED it is of the folder that was open, and the next one has other uids.
        opened_with(&mut peer, "EXAMINE Sent", &["VANISHED 8", "OK [CLOSED]", "VANISHED 6", "3 EXISTS"])
            .await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    session.changes("INBOX", None).await.expect("changes");
    session.uids("INBOX", 7, 1..=9).await.expect("uids");
    assert_eq!(session.changes("INBOX", None).await.expect("changes").vanished, uids("3:4"));
    session.uids("INBOX", 7, 1..=9).await.expect("uids");
    assert_eq!(session.changes("Sent", None).await.expect("changes").vanished, uids("6"));
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_report_that_everything_vanished_is_passed_on_as_one_range() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        let lines = ["OK [HIGHESTMODSEQ 90] ok", "VANISHED (EARLIER) 1:4294967295"];
        opened_with(&mut peer, QRESYNC, &lines).await;
        // The way to find out.
        up_to_date(&mut peer).await;
        let (tag, line) = command(&mut peer, "UID SEARCH").await;
        assert_eq!(line, "UID SEARCH RETURN (ALL) UID 1:11");
        peer.send(format!("* ESEARCH (TAG \"{tag}\") UID ALL 2,4,11\r\n{tag} OK\r\n")).await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let changes = session.changes("INBOX", KNOWN).await.expect("changes");
    assert_eq!(changes.vanished.ranges().collect::<Vec<_>>(), [1..=u32::MAX]);
    assert_eq!(session.uids("INBOX", 7, 1..=11).await, Ok(uids("2,4,11")));
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn nothing_vanishes_from_a_folder_with_another_validity() {
    let server = Server::start(|mut peer: Peer| async move {
        with_qresync(&mut peer).await;
        let lines = ["OK [HIGHESTMODSEQ 90]", "VANISHED (EARLIER) 1:9", "1 FETCH (UID 2 FLAGS ())"];
        let state = ["3 EXISTS", "OK [UIDVALIDITY 8] ok", "OK [UIDNEXT 12] ok"];
        answer(&mut peer, QRESYNC, &[&state[..], &lines].concat(), "OK opened").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let changes = session.changes("INBOX", KNOWN).await.expect("changes");
    assert_eq!((changes.by, changes.state.uid_validity), (ChangesBy::StateAlone, 8));
    assert!(changes.vanished.is_empty() && changes.flags.is_empty());
    session.close().await;
    server.finish().await;
}

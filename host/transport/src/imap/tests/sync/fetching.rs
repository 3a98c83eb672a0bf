//! Envelopes and flags, from servers that leave something out.

use chrono::DateTime;

use super::super::super::{
    Account, FlagChange, MemoryMailboxes, Place, Security, SyncMailboxes, SyncSession,
};
use super::super::{answer, command, failed, logged_in, login};
use super::{opened_with, session, up_to_date};
use crate::tests::server::{Peer, Server};

const HEADER: &str = "From: Nora <nora@nord.test>\r\nSubject: Rechnung\r\nThread-Index: AdPm\r\n qw==\r\n\
    Auto-Submitted: no\r\n";

/// Header fields of a message, and whether a program sent it.
const AUTOMATIC: &[(&str, bool)] = &[
    ("Auto-Submitted: no", false),
    ("Auto-Submitted: no (really)", false),
    ("Auto-Submitted: auto-replied; owner-email=\"a@b.test\"", true),
    ("AUTO-SUBMITTED: Auto-Generated", true),
    ("Precedence: bulk", true),
    ("Precedence: junk", true),
    ("Precedence: auto_reply", true),
    ("Precedence: first-class", false),
    ("X-Auto-Response-Suppress: All", true),
    ("List-Id: <list.test>", true),
    ("Subject: Auto-Submitted: auto-replied", false),
];

#[tokio::test]
async fn envelopes_come_with_what_conversations_are_found_by() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "CONDSTORE X-GM-EXT-1").await;
        opened_with(&mut peer, "EXAMINE INBOX", &["OK [HIGHESTMODSEQ 90]"]).await;
        let (tag, line) = command(&mut peer, "UID FETCH 3:5,9 (UID FLAGS INTERNALDATE RFC822.SIZE").await;
        assert!(line.contains(" MODSEQ BODY.PEEK[HEADER.FIELDS (Date Subject From "), "{line}");
        assert!(line.ends_with(" Content-Type)]<0.65536> X-GM-THRID)"), "{line}");
        let header = format!("{HEADER}\r\n");
        let report = "Content-Type: MULTIPART/Report; boundary=x\r\n\r\n";
        peer.send(format!(
            "* 1 FETCH (UID 3 X-GM-THRID 1278455344230334865 MODSEQ (88) FLAGS (\\Recent \\Seen) RFC822.SIZE 70 \
             BODY[HEADER.FIELDS (FROM)]<0> {{{}}}\r\n{header})\r\n* 2 FETCH (UID 5 MODSEQ (0) RFC822.SIZE -1 \
             BODY[HEADER.FIELDS (FROM)]<0> {{{}}}\r\n{report})\r\n* 3 FETCH (UID 9 FLAGS ())\r\n\
             * 4 FETCH (UID 77 BODY[HEADER.FIELDS (FROM)]<0> \"\")\r\n{tag} OK\r\n",
            header.len(),
            report.len()
        ))
        .await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    // 4 and 9 are left out, 77 was not asked for.
    let found = session.envelopes("INBOX", 7, &[9, 5, 3, 4]).await.expect("envelopes");
    let [report, letter] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((letter.envelope.uid, letter.envelope.subject.as_str()), (3, "Rechnung"));
    assert_eq!(letter.envelope.flags, ["\\Seen"]);
    assert_eq!((letter.modseq, letter.gmail_thread), (Some(88), Some(1_278_455_344_230_334_865)));
    assert_eq!(letter.thread_index.as_deref(), Some("AdPmqw=="));
    assert!(!letter.auto_submitted && !letter.is_report);
    assert_eq!((report.envelope.uid, report.envelope.size, report.modseq), (5, 0, None));
    assert!(report.is_report && report.thread_index.is_none() && report.gmail_thread.is_none());
    assert_ne!(letter.header_digest, report.header_digest);
    failed(session.envelopes("INBOX", 7, &[1; 1_001]).await);
    session.close().await;
    server.finish().await;
}

/// A session with an account in memory.
async fn in_memory(mailboxes: &MemoryMailboxes) -> Box<dyn SyncSession> {
    let account = Account::new("office", "mail.test", Security::Tls, login());
    mailboxes.sync_session(&account).await.expect("a session")
}

#[tokio::test]
async fn a_header_has_one_digest_however_it_is_ordered_and_folded() {
    let mailboxes = MemoryMailboxes::new();
    let same = [
        "Message-ID: <1@a>\r\nSubject: a b\r\nX-Other: 1\r\n\r\none",
        "subject: a\r\n b\r\nReceived: from x\r\nMESSAGE-ID:  <1@a> \r\n\r\nanother",
    ];
    let others = [
        "Message-ID: <1@a>\r\nSubject: ab\r\n\r\n",
        "Message-ID: <1@a>\r\nSubject: a b\r\nTo: c@d\r\n\r\n",
        "\r\n",
    ];
    for message in same.iter().chain(&others) {
        mailboxes.deliver("office", "INBOX", *message, DateTime::default());
    }
    let found = in_memory(&mailboxes).await.envelopes("INBOX", 1, &[1, 2, 3, 4, 5]).await.expect("envelopes");
    let digests: Vec<_> = found.iter().map(|message| message.header_digest).collect();
    assert_eq!(digests[0], digests[1]);
    for (place, digest) in digests.iter().enumerate().skip(1) {
        assert!(!digests[place + 1..].contains(digest));
    }
}

#[tokio::test]
async fn mails_of_programs_and_lists_are_marked() {
    let mailboxes = MemoryMailboxes::new();
    for (field, is_automatic) in AUTOMATIC {
        let uid = mailboxes.deliver("office", "INBOX", format!("{field}\r\n\r\nx"), DateTime::default());
        let found = in_memory(&mailboxes).await.envelopes("INBOX", 1, &[uid]).await.expect("an envelope");
        assert_eq!(found[0].auto_submitted, *is_automatic, "{field}");
    }
}

/// Uids of more messages than one answer may hold.
fn existing() -> String {
    let uids: Vec<String> = (2..=6_000).chain([8_000]).map(|uid: u32| uid.to_string()).collect();
    uids.join(" ")
}

#[tokio::test]
async fn flags_are_fetched_in_windows_and_only_those_that_were_sent_count() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "CONDSTORE").await;
        let state = ["6000 EXISTS", "OK [UIDVALIDITY 7]", "OK [UIDNEXT 9000]", "OK [HIGHESTMODSEQ 90]"];
        answer(&mut peer, "EXAMINE INBOX", &state, "OK").await;
        up_to_date(&mut peer).await;
        answer(&mut peer, "UID SEARCH UID 1:*", &[&format!("SEARCH {}", existing())], "OK").await;
        let lines = [
            "2 FETCH (UID 4 FLAGS (\\Seen \\recent) MODSEQ (80))",
            "1 FETCH (UID 2 FLAGS ())",
            "3 FETCH (UID 9)",
            "3 FETCH (FLAGS (\\Seen))",
            "3 FETCH (UID 5002 FLAGS ())",
        ];
        let line = answer(&mut peer, "UID FETCH", &lines, "OK").await;
        assert_eq!(line, "UID FETCH 2:5001 (UID FLAGS MODSEQ)");
        let line = answer(&mut peer, "UID FETCH", &["3 FETCH (UID 5007 FLAGS (a))"], "OK").await;
        assert_eq!(line, "UID FETCH 5002:8000 (UID FLAGS MODSEQ)");
        // What was expunged meanwhile is left out, and not refused.
        let line = answer(&mut peer, "UID FETCH", &[], "NO [EXPUNGEISSUED] some are gone").await;
        assert_eq!(line, "UID FETCH 5:9 (UID FLAGS MODSEQ)");
        answer(&mut peer, "UID FETCH", &[], "NO not now").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let found = session.flags("INBOX", 7, 0..=u32::MAX).await.expect("flags");
    let change = |uid, flags: &[&str], modseq| FlagChange {
        uid,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        modseq,
    };
    assert_eq!(found, [change(2, &[], None), change(4, &["\\Seen"], Some(80)), change(5_007, &["a"], None)]);
    assert_eq!(session.flags("INBOX", 7, 5..=9).await, Ok(vec![]));
    failed(session.flags("INBOX", 7, 5..=9).await);
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_folder_that_counts_no_changes_is_not_asked_for_them() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "CONDSTORE").await;
        opened_with(&mut peer, "EXAMINE INBOX (CONDSTORE)", &["OK [NOMODSEQ] none"]).await;
        let line = answer(&mut peer, "UID FETCH", &[], "OK").await;
        assert_eq!(line, "UID FETCH 1:9 (UID FLAGS)");
        let line = answer(&mut peer, "UID FETCH", &[], "OK").await;
        assert!(!line.contains("MODSEQ") && !line.contains("X-GM"), "{line}");
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    session.flags("INBOX", 7, 1..=9).await.expect("flags");
    assert_eq!(session.envelopes("INBOX", 7, &[1]).await, Ok(vec![]));
    session.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_session_reads_and_searches_as_any_connection_does() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        answer(
            &mut peer,
            "UID FETCH 3 (UID BODY.PEEK[]<2.4>)",
            &["1 FETCH (UID 3 BODY[]<2> \"text\")"],
            "OK",
        )
        .await;
        opened_with(&mut peer, "EXAMINE INBOX", &[]).await;
        answer(&mut peer, "UID SEARCH UID 1:9", &["SEARCH 4 2"], "OK").await;
        peer.drain().await;
    })
    .await;
    let mut session = session(server.port).await;
    let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
    assert_eq!(session.message(&at, 2, 4).await, Ok(b"text".to_vec()));
    assert_eq!(session.search("INBOX", &[], Some(10), 9).await.expect("found").uids, [4, 2]);
    session.close().await;
    server.finish().await;
}

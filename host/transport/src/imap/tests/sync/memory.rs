//! Sessions with mailboxes in memory behave as those over the network, with the faults that a test asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;
use proptest::prelude::*;

use super::super::super::{
    Account, ChangesBy, FlagChange, KnownFolder, MailboxError, Mailboxes, MemoryMailboxes, MemoryMode,
    MemoryServer, Noticed, Place, Security, SyncMailboxes, SyncSession, UidSet, Verdict, Waited,
};
use super::super::{LONG, SHORT, failed, login};
use super::uids;

fn in_memory() -> Account {
    Account::new("office", "mail.test", Security::Tls, login())
}

async fn open(mailboxes: &MemoryMailboxes) -> Box<dyn SyncSession> {
    mailboxes.sync_session(&in_memory()).await.expect("a session")
}

fn with_mode(mode: MemoryMode) -> Arc<MemoryMailboxes> {
    let mailboxes = MemoryMailboxes::new();
    mailboxes.set_server("office", MemoryServer { mode, ..MemoryServer::default() });
    for number in 1..=4 {
        let message = format!("Message-ID: <{number}@a>\r\nSubject: {number}\r\n\r\ntext");
        mailboxes.deliver("office", "INBOX", message, DateTime::default());
    }
    Arc::new(mailboxes)
}

/// Looks at INBOX, and returns what is known of it afterwards.
async fn look(session: &mut dyn SyncSession) -> KnownFolder {
    let state = session.changes("INBOX", None).await.expect("changes").state;
    KnownFolder { uid_validity: state.uid_validity, highest_modseq: state.highest_modseq }
}

fn seen(uid: u32, modseq: u64) -> FlagChange {
    FlagChange { uid, flags: vec!["\\Seen".into()], modseq: Some(modseq) }
}

#[tokio::test]
async fn each_mode_reports_what_such_a_server_does() {
    for mode in [MemoryMode::Qresync, MemoryMode::Condstore, MemoryMode::Plain] {
        let mailboxes = with_mode(mode);
        let mut session = open(&mailboxes).await;
        let known = look(&mut *session).await;
        assert_eq!(known.highest_modseq.is_some(), mode != MemoryMode::Plain);
        assert!(mailboxes.replace_flags("office", "INBOX", 2, &["\\Seen"]));
        let moved = mailboxes.move_message("office", "INBOX", 3, "Done").expect("a message");
        assert!(mailboxes.delete_message("office", "INBOX", 1));
        // In another session, so that nothing was noticed.
        let changes = open(&mailboxes).await.changes("INBOX", Some(known)).await.expect("changes");
        assert_eq!((changes.state.messages, changes.state.uid_next), (2, 5));
        let (by, vanished, flags) = match mode {
            MemoryMode::Qresync => (ChangesBy::Qresync, uids("1,3"), vec![seen(2, 6)]),
            MemoryMode::Condstore => (ChangesBy::Condstore, UidSet::new(), vec![seen(2, 6)]),
            MemoryMode::Plain => (ChangesBy::StateAlone, UidSet::new(), vec![]),
        };
        assert_eq!((changes.by, changes.vanished, changes.flags), (by, vanished.clone(), flags));
        // The session that had the folder open notices it with its next command.
        assert_eq!(session.uids("INBOX", 1, 1..=9).await, Ok(uids("2,4")));
        let expunged = mode != MemoryMode::Qresync;
        assert_eq!(session.noticed(), Noticed { vanished, expunged, arrived: false });
        assert_eq!(session.noticed(), Noticed::default());
        assert_eq!(session.envelopes("Done", 1, &[moved]).await.expect("one")[0].envelope.subject, "3");
        let at = Place { folder: "Done".into(), uid_validity: 1, uid: moved };
        assert_eq!(session.message(&at, 0, 12).await, Ok(b"Message-ID: ".to_vec()));
        let found = session.search("INBOX", &[], None, 1).await.expect("found");
        assert_eq!((found.uids, found.more), (vec![4], true));
        assert_eq!(session.status("Gone").await, Err(MailboxError::NoSuchFolder));
        assert_eq!(session.folders().await.expect("folders").len(), 3);
        session.close().await;
    }
}

#[tokio::test]
async fn another_numbering_and_a_lower_uidnext_are_seen_and_nothing_vanishes() {
    let mailboxes = with_mode(MemoryMode::Qresync);
    let mut session = open(&mailboxes).await;
    let known = look(&mut *session).await;
    mailboxes.delete_message("office", "INBOX", 1);
    mailboxes.renumber("office", "INBOX");
    let changes = session.changes("INBOX", Some(known)).await.expect("changes");
    assert_eq!(
        (changes.by, changes.state.uid_validity, changes.state.uid_next),
        (ChangesBy::StateAlone, 2, 4)
    );
    assert!(changes.vanished.is_empty());
    assert_eq!(session.uids("INBOX", 1, 1..=9).await, Err(MailboxError::UidValidityChanged(2)));
    assert_eq!(session.uids("INBOX", 2, 1..=9).await, Ok(uids("1:3")));

    let known = look(&mut *session).await;
    mailboxes.lower_uid_next("office", "INBOX", 2);
    assert_eq!(session.status("INBOX").await.map(|state| (state.uid_next, state.messages)), Ok((2, 1)));
    let changes = session.changes("INBOX", Some(known)).await.expect("changes");
    assert!(changes.vanished.is_empty() && changes.state.uid_validity == 2);
    assert_eq!(mailboxes.deliver("office", "INBOX", "Subject: new\r\n\r\n", DateTime::default()), 2);
}

#[tokio::test]
async fn a_connection_is_lost_with_the_command_that_a_test_chose() {
    let mailboxes = with_mode(MemoryMode::Qresync);
    let mut session = open(&mailboxes).await;
    mailboxes.fail_after("office", 3);
    assert!(session.folders().await.is_ok() && session.status("INBOX").await.is_ok());
    for _ in 0..2 {
        let failure = failed(session.uids("INBOX", 1, 1..=9).await);
        assert_eq!(failure.verdict, Verdict::Transient);
    }
    failed(session.wait("INBOX", SHORT).await);
    // Another session is opened as if nothing had been, or fails to be.
    assert!(open(&mailboxes).await.folders().await.is_ok());
    mailboxes.fail_after("office", 1);
    assert!(mailboxes.sync_session(&in_memory()).await.is_err());
    assert!(mailboxes.sync_session(&in_memory()).await.is_ok());
}

#[tokio::test]
async fn a_message_is_left_out_once() {
    let mailboxes = with_mode(MemoryMode::Plain);
    let mut session = open(&mailboxes).await;
    mailboxes.leave_out_once("office", "INBOX", 2);
    mailboxes.leave_out_once("office", "INBOX", 3);
    for expected in [&[1, 3][..], &[1, 2]] {
        let found = session.envelopes("INBOX", 1, &[1, 2]).await.expect("envelopes");
        assert_eq!(found.len(), expected.len().min(if expected[1] == 3 { 1 } else { 2 }));
    }
    for count in [3, 4] {
        assert_eq!(session.flags("INBOX", 1, 1..=9).await.expect("flags").len(), count);
    }
    assert_eq!(session.uids("INBOX", 1, 1..=9).await, Ok(uids("1:4")), "a list leaves nothing out");
}

#[tokio::test]
async fn a_server_may_report_everything_as_vanished_and_omit_sequences() {
    let mailboxes = with_mode(MemoryMode::Qresync);
    let known = Some(look(&mut *open(&mailboxes).await).await);
    let fault = MemoryServer { reports_all_vanished: true, ..MemoryServer::default() };
    mailboxes.set_server("office", fault);
    let mut session = open(&mailboxes).await;
    for _ in 0..2 {
        assert_eq!(session.changes("INBOX", known).await.expect("changes").vanished, uids("1:4"));
        assert_eq!(session.uids("INBOX", 1, 1..=9).await, Ok(uids("1:4")));
    }
    mailboxes.set_server("office", MemoryServer { omits_modseq: true, ..MemoryServer::default() });
    let mut session = open(&mailboxes).await;
    let changes = session.changes("INBOX", known).await.expect("changes");
    assert_eq!((changes.by, changes.state.highest_modseq), (ChangesBy::StateAlone, None));
    assert!(session.flags("INBOX", 1, 1..=9).await.expect("flags").iter().all(|one| one.modseq.is_none()));
    assert_eq!(session.envelopes("INBOX", 1, &[1]).await.expect("one")[0].modseq, None);
}

#[tokio::test]
async fn a_wait_ends_with_a_change_in_its_folder_alone() {
    let mailboxes = with_mode(MemoryMode::Qresync);
    let mut session = open(&mailboxes).await;
    look(&mut *session).await;
    mailboxes.deliver("office", "Sent", "Subject: x\r\n\r\n", DateTime::default());
    assert_eq!(session.wait("INBOX", SHORT).await, Ok(Waited::Nothing));
    let other = mailboxes.clone();
    let later = tokio::spawn(async move {
        tokio::time::sleep(SHORT).await;
        other.deliver("office", "Sent", "Subject: y\r\n\r\n", DateTime::default());
        other.deliver("office", "INBOX", "Subject: z\r\n\r\n", DateTime::default());
    });
    assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::Changed));
    later.await.expect("delivered");
    assert_eq!(session.noticed(), Noticed { arrived: true, ..Noticed::default() });
    // What changed while another folder was open.
    look(&mut *session).await;
    session.changes("Sent", None).await.expect("changes");
    mailboxes.replace_flags("office", "INBOX", 1, &["\\Seen"]);
    assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::Changed));

    mailboxes.set_server("office", MemoryServer { idle: false, ..MemoryServer::default() });
    let mut session = open(&mailboxes).await;
    assert!(!session.capabilities().idle);
    assert_eq!(session.wait("INBOX", LONG).await, Ok(Waited::CannotWait));
}

#[tokio::test]
async fn requests_and_sessions_see_the_same_mailbox() {
    let mailboxes = with_mode(MemoryMode::Qresync);
    let account = in_memory();
    let mut session = open(&mailboxes).await;
    assert_eq!(session.status("INBOX").await, mailboxes.state(&account, "INBOX").await);
    mailboxes.set_flags(&account, "INBOX", 1, &[1], &["\\Seen".into()], &[]).await.expect("set");
    let snapshot = mailboxes.snapshot("office");
    assert_eq!(snapshot["INBOX"][&1].1, ["\\Seen"]);
    assert_eq!(snapshot["INBOX"].len(), mailboxes.messages("office", "INBOX").len());
    mailboxes.fail_next(MailboxError::NeedsSignIn("expired".into()));
    assert_eq!(session.folders().await, Err(MailboxError::NeedsSignIn("expired".into())));
    assert!(session.folders().await.is_ok());
}

/// What happens to INBOX.
#[derive(Debug, Clone)]
enum Act {
    Deliver,
    Delete(u32),
    Move(u32),
    Flag(u32),
    Renumber,
    Fail(u32),
    Look,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::Deliver),
        2 => (1u32..12).prop_map(Act::Delete),
        2 => (1u32..12).prop_map(Act::Move),
        3 => (1u32..12).prop_map(Act::Flag),
        1 => Just(Act::Renumber),
        1 => (1u32..4).prop_map(Act::Fail),
        4 => Just(Act::Look),
    ];
    proptest::collection::vec(act, 0..40)
}

/// Flags by uid, as a client knows them that follows INBOX by what sessions report.
#[derive(Debug, Default)]
struct Follower {
    known: Option<KnownFolder>,
    flags: BTreeMap<u32, Vec<String>>,
}

impl Follower {
    async fn look(&mut self, session: &mut dyn SyncSession) -> Result<(), MailboxError> {
        let changes = session.changes("INBOX", self.known).await?;
        let mut flags = self.flags.clone();
        if self.known.is_none_or(|known| known.uid_validity != changes.state.uid_validity) {
            flags.clear();
        }
        let validity = changes.state.uid_validity;
        let mut changed = changes.flags;
        if changes.by == ChangesBy::StateAlone {
            changed = session.flags("INBOX", validity, 1..=u32::MAX).await?;
        }
        flags.extend(changed.into_iter().map(|change| (change.uid, change.flags)));
        flags.retain(|uid, _| !changes.vanished.contains(*uid));
        if changes.by != ChangesBy::Qresync {
            let existing = session.uids("INBOX", validity, 1..=u32::MAX).await?;
            flags.retain(|uid, _| existing.contains(*uid));
        }
        self.flags = flags;
        let highest_modseq = changes.state.highest_modseq;
        self.known = Some(KnownFolder { uid_validity: validity, highest_modseq });
        Ok(())
    }
}

proptest! {
    #[test]
    fn whatever_happens_what_is_reported_leads_to_the_same_mailbox(acts in acts(), mode in 0usize..3) {
        let mode = [MemoryMode::Qresync, MemoryMode::Condstore, MemoryMode::Plain][mode];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let mailboxes = with_mode(mode);
            let mut follower = Follower::default();
            let mut session = None;
            for act in acts.into_iter().chain([Act::Look, Act::Look]) {
                match act {
                    Act::Deliver => drop(mailboxes.deliver("office", "INBOX", "a: b\r\n\r\n", DateTime::default())),
                    Act::Delete(uid) => drop(mailboxes.delete_message("office", "INBOX", uid)),
                    Act::Move(uid) => drop(mailboxes.move_message("office", "INBOX", uid, "Sent")),
                    Act::Flag(uid) => drop(mailboxes.replace_flags("office", "INBOX", uid, &["\\Seen"])),
                    Act::Renumber => mailboxes.renumber("office", "INBOX"),
                    Act::Fail(after) => mailboxes.fail_after("office", after),
                    Act::Look => {
                        if session.is_none() {
                            session = mailboxes.sync_session(&in_memory()).await.ok();
                        }
                        if let Some(open) = &mut session && follower.look(&mut **open).await.is_err() {
                            session = None;
                        }
                    }
                }
            }
            mailboxes.fail_after("office", 0);
            follower.look(&mut *open(&mailboxes).await).await.expect("a look");
            let expected: BTreeMap<u32, Vec<String>> = mailboxes.snapshot("office")["INBOX"]
                .iter()
                .map(|(uid, (_, flags))| (*uid, flags.clone()))
                .collect();
            assert_eq!(follower.flags, expected, "{mode:?}");
        });
    }
}

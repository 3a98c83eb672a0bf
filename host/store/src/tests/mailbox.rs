//! The index of a mailbox as its synchronisation writes it: cursors, leases, places, and what stays of a message that moves.

use super::fixture::Fixture;
use super::mailbox_fixture::{LEASE, Mailbox, all, clue, cursor, message, now, searching, seen};
use crate::*;
use postroom_model::*;
use std::time::Duration;

pub(super) async fn one_program_at_a_time_follows_a_mailbox(store: Store) {
    let fixture = Fixture::open(store).await;
    let (store, account) = (&fixture.store, fixture.account.id);
    let (one, other) = (LeaseOwner::new("sync"), LeaseOwner::new("sync"));
    assert!(store.mailboxes_to_follow().await.unwrap().iter().any(|it| it.account == account));
    let first = store.claim_mailbox(&one, account, now(), LEASE).await.unwrap().unwrap();
    assert_eq!(store.claim_mailbox(&other, account, now(), LEASE).await.unwrap(), None);
    assert!(store.claim_mailbox(&one, account, now(), LEASE).await.unwrap().is_some(), "it has it already");
    let later = now() + chrono::Duration::minutes(5);
    let second = store.claim_mailbox(&other, account, later, LEASE).await.unwrap().unwrap();
    assert!(!store.renew_mailbox(&first, later, LEASE).await.unwrap(), "lost");
    assert!(store.renew_mailbox(&second, later, LEASE).await.unwrap());
    let lost = store.set_mailbox_folders(&first, &[seen("INBOX")], now()).await.unwrap_err();
    assert_eq!(lost, StoreError::MailboxLeaseLost(account.to_string()));
    store.release_mailbox(&first).await.unwrap();
    assert_eq!(
        store.claim_mailbox(&one, account, later, LEASE).await.unwrap(),
        None,
        "another one's is not released"
    );
    store.release_mailbox(&second).await.unwrap();
    assert!(store.claim_mailbox(&one, account, later, LEASE).await.unwrap().is_some());
    // A clock that went back an hour does not stop the mailbox for as long.
    let back = now() - chrono::Duration::hours(1);
    assert!(store.claim_mailbox(&other, account, back, LEASE).await.unwrap().is_some());
    let never = store.claim_mailbox(&one, AccountId::new(), now(), Duration::from_secs(1)).await.unwrap();
    assert_eq!(never, None);
}

pub(super) async fn a_cursor_moves_from_where_it_was_read_and_with_what_it_moved_over(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (store, folder) = (fixture.store.clone(), mailbox.inbox);
    mailbox.record(&[message(1), message(2)]).await;
    for wrong in [None, Some(cursor(2)), Some(FolderCursor { highest_modseq: None, ..cursor(3) })] {
        let moved =
            store.record_messages(&mailbox.lease, folder, wrong, cursor(9), &[message(8)]).await.unwrap_err();
        assert!(matches!(moved, StoreError::MailboxMoved(_)), "{moved}");
    }
    let other = FolderCursor { uid_validity: 8, ..cursor(3) };
    let moved =
        store.record_changes(&mailbox.lease, folder, other, other, &[], &[1..=9], now()).await.unwrap_err();
    assert!(matches!(moved, StoreError::MailboxMoved(_)), "{moved}");
    assert_eq!(store.indexed_uids(folder).await.unwrap(), [1..=2], "nothing was stored, and nothing left");
    let gone = IndexedMessage {
        conversation: ConversationChoice::Existing(ConversationId::from_number(5)),
        ..message(3)
    };
    let gone =
        store.record_messages(&mailbox.lease, folder, mailbox.cursor, cursor(4), &[message(4), gone]).await;
    assert!(matches!(gone, Err(StoreError::MailboxMoved(_))), "{gone:?}");
    let rows = store.mailbox_folders(fixture.account.id).await.unwrap();
    assert_eq!(rows.iter().find(|it| it.id == folder).unwrap().cursor, mailbox.cursor);
    let without = FolderCursor { highest_modseq: None, floor: 100, ..cursor(3) };
    store.record_messages(&mailbox.lease, folder, mailbox.cursor, without, &[]).await.unwrap();
    store.record_messages(&mailbox.lease, folder, Some(without), cursor(3), &[]).await.unwrap();
    let thief =
        store.claim_mailbox(&LeaseOwner::new("sync"), fixture.account.id, now() + LEASE * 2, LEASE).await;
    assert!(thief.unwrap().is_some());
    let lost = store.record_messages(&mailbox.lease, folder, Some(cursor(3)), cursor(9), &[message(8)]).await;
    assert_eq!(lost.unwrap_err(), StoreError::MailboxLeaseLost(fixture.account.id.to_string()));
    assert_eq!(store.indexed_uids(folder).await.unwrap(), [1..=2]);
}

pub(super) async fn a_message_seen_twice_is_one_and_a_similar_one_is_another(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let first = mailbox.record(&[message(1), IndexedMessage { uid: 2, ..message(1) }]).await;
    assert_eq!((first.added, first.known), (1, 1));
    assert_eq!(first.messages[0], first.messages[1]);
    let similar = IndexedMessage { identity: [9; 32], uid: 3, ..message(1) };
    let second = mailbox.record(&[similar]).await;
    assert_eq!((second.added, second.known), (1, 0), "all but the identity is the same");
    let again = mailbox.record(&[message(1), message(4)]).await;
    assert_eq!((again.added, again.known), (1, 1), "read once more after a lost connection");
    assert_eq!(fixture.store.indexed_uids(mailbox.inbox).await.unwrap(), [1..=4]);
    let user_store = fixture.user_store();
    let one = user_store.mailbox_message(first.messages[0].unwrap().0).await.unwrap();
    assert_eq!(one.places.iter().map(|it| it.uid).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(user_store.conversations(&all()).await.unwrap().len(), 3);
    // The same number is the same new conversation, within one call.
    let together = mailbox
        .record(&[IndexedMessage { conversation: ConversationChoice::New(5), ..message(6) }, message(5)])
        .await;
    assert_eq!(together.messages[0].unwrap().1, together.messages[1].unwrap().1);
}

pub(super) async fn a_message_that_moves_keeps_its_bookmark_and_conversation(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (id, conversation) = mailbox.add(message(1)).await;
    let user_store = fixture.user_store();
    user_store.bookmark(id, "Payment reminder", true).await.unwrap();
    user_store.add_note(conversation, "Els calls on Monday", now()).await.unwrap();
    user_store.assign(conversation, None, Some(fixture.lotte.id)).await.unwrap();
    assert_eq!(mailbox.vanish(1..=1).await.vanished, 1);
    let nowhere = user_store.mailbox_message(id).await.unwrap();
    assert!(nowhere.places.is_empty());
    assert_eq!(user_store.bookmarks(&[]).await.unwrap().len(), 1, "between two folders");
    let store = fixture.store.clone();
    let moved = IndexedMessage { uid: 77, ..message(1) };
    store.record_messages(&mailbox.lease, mailbox.archive, None, cursor(78), &[moved]).await.unwrap();
    let later = now() + chrono::Duration::days(30);
    assert_eq!(store.purge_unplaced(fixture.account.id, later).await.unwrap(), 0, "it is somewhere again");
    let bookmark = &user_store.bookmarks(&[fixture.account.id]).await.unwrap()[0];
    assert_eq!((bookmark.message, bookmark.conversation, bookmark.is_shared), (id, conversation, true));
    let there = user_store.conversation(conversation).await.unwrap();
    assert_eq!(there.messages[0].places[0].name, "Archive");
    assert_eq!((there.notes.len(), there.conversation.assignee), (1, Some(fixture.lotte.id)));
    // What left for good is purged, and takes what could not be opened any more with it.
    let at = cursor(78);
    store.record_changes(&mailbox.lease, mailbox.archive, at, at, &[], &[1..=100], now()).await.unwrap();
    assert_eq!(store.purge_unplaced(fixture.account.id, now() - chrono::Duration::days(7)).await.unwrap(), 0);
    assert_eq!(store.purge_unplaced(fixture.account.id, later).await.unwrap(), 1);
    assert_eq!(user_store.bookmarks(&[]).await.unwrap(), []);
    let gone = user_store.conversation(conversation).await.unwrap_err();
    assert_eq!(gone, StoreError::NotInMailbox { what: "conversation", id: conversation.to_string() });
    assert_eq!(user_store.search_messages(&searching("question")).await.unwrap(), []);
}

pub(super) async fn a_folder_that_is_numbered_anew_keeps_its_conversations(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let before = mailbox.record(&[message(1), message(2)]).await;
    let user_store = fixture.user_store();
    user_store.join(before.messages[0].unwrap().1, before.messages[1].unwrap().1).await.unwrap();
    let store = fixture.store.clone();
    store.restart_folder(&mailbox.lease, mailbox.inbox, now()).await.unwrap();
    assert_eq!(store.indexed_uids(mailbox.inbox).await.unwrap(), []);
    let anew = FolderCursor { uid_validity: 8, ..cursor(30) };
    let again = [IndexedMessage { uid: 21, ..message(2) }, IndexedMessage { uid: 20, ..message(1) }];
    let after = store.record_messages(&mailbox.lease, mailbox.inbox, None, anew, &again).await.unwrap();
    assert_eq!((after.added, after.known), (0, 2));
    let conversations = user_store.conversations(&all()).await.unwrap();
    assert_eq!((conversations.len(), conversations[0].messages), (1, 2));
    let never = store.restart_folder(&mailbox.lease, FolderId::from_number(99_999), now()).await.unwrap_err();
    assert!(matches!(never, StoreError::NotInMailbox { what: "folder", .. }), "{never}");
}

pub(super) async fn flags_and_folders_are_as_the_server_has_them(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    mailbox.record(&[message(1), message(2), message(3), message(5)]).await;
    let (store, user_store) = (fixture.store.clone(), fixture.user_store());
    assert_eq!(store.indexed_uids(mailbox.inbox).await.unwrap(), [1..=3, 5..=5]);
    assert_eq!(store.folder_counts(mailbox.inbox).await.unwrap(), FolderCounts { places: 4, unseen: 4 });
    let flags =
        |uid, flags: &[&str]| PlaceFlags { uid, flags: flags.iter().map(|it| (*it).to_owned()).collect() };
    let set =
        [flags(1, &["\\Seen"]), flags(2, &["\\seen", "\\Answered"]), flags(3, &[]), flags(44, &["\\Seen"])];
    let done = store
        .record_changes(&mailbox.lease, mailbox.inbox, cursor(6), cursor(7), &set, &[4..=4, 5..=9], now())
        .await
        .unwrap();
    assert_eq!(done, RecordedChanges { flags: 2, vanished: 1 });
    assert_eq!(store.folder_counts(mailbox.inbox).await.unwrap(), FolderCounts { places: 3, unseen: 1 });
    let unread = user_store.conversations(&ConversationFilter { unread: true, ..all() }).await.unwrap();
    assert_eq!(unread.iter().map(|it| it.unread).collect::<Vec<_>>(), [1]);
    store.note_folder_looked_at(&mailbox.lease, mailbox.inbox, Some(3), now()).await.unwrap();
    let healed = Healed { added: 1, removed: 2, flags: 3 };
    store.note_compared(&mailbox.lease, mailbox.inbox, now(), healed).await.unwrap();
    assert!(store.note_folder_fault(&mailbox.lease, mailbox.inbox, Some("no UIDNEXT")).await.unwrap());
    assert!(
        !store.note_folder_fault(&mailbox.lease, mailbox.inbox, Some("no UIDNEXT")).await.unwrap(),
        "once"
    );
    user_store.map_folder(mailbox.archive, Some("Old ones"), 2).await.unwrap();
    let listed = user_store.mailbox_folder_list(&[]).await.unwrap();
    let names: Vec<_> = listed.iter().map(|it| (it.folder.name.as_str(), it.mapped.as_deref())).collect();
    assert_eq!(names, [("Archive", Some("Old ones")), ("INBOX", None)]);
    let inbox = &listed[1];
    assert_eq!((inbox.indexed, inbox.unread, inbox.on_server, inbox.healed), (3, 1, Some(3), Some(healed)));
    assert_eq!((inbox.is_complete, inbox.fault.as_deref()), (true, Some("no UIDNEXT")));
    assert!(store.note_folder_fault(&mailbox.lease, mailbox.inbox, None).await.unwrap());
    // A folder that is not listed keeps its cursor for as long as it may come back.
    store.set_mailbox_folders(&mailbox.lease, &[seen("Archive")], now()).await.unwrap();
    assert_eq!(user_store.mailbox_folder_list(&[fixture.account.id]).await.unwrap().len(), 1);
    let back =
        store.set_mailbox_folders(&mailbox.lease, &[seen("INBOX"), seen("Archive")], now()).await.unwrap();
    assert!(
        back.iter().all(|it| !it.is_gone) && back.iter().any(|it| it.cursor == Some(cursor(7))),
        "{back:?}"
    );
    assert_eq!(back[0].mapped.as_deref(), Some("Old ones"));
    store.set_mailbox_folders(&mailbox.lease, &[seen("Archive")], now()).await.unwrap();
    store.set_mailbox_folders(&mailbox.lease, &[], now()).await.unwrap();
    let later = now() + chrono::Duration::days(1);
    assert_eq!(store.purge_unplaced(fixture.account.id, later).await.unwrap(), 4);
    assert_eq!(store.mailbox_folders(fixture.account.id).await.unwrap().len(), 1);
}

pub(super) async fn a_message_is_found_by_its_clues_with_what_is_known_of_it(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (store, account) = (fixture.store.clone(), fixture.account.id);
    let document = DocumentLink {
        kind: "invoice".into(),
        number: "F-1".into(),
        partner: Some("Maes".into()),
        reason: "Message-ID".into(),
        is_sure: true,
    };
    let first = IndexedMessage {
        clues: vec![clue("<a>"), clue("<b>")],
        partners: vec!["Maes".into()],
        documents: vec![document.clone()],
        mail: Some(mail.id),
        gmail_thread: Some(u64::MAX),
        ..message(1)
    };
    let (id, conversation) = mailbox.add(first).await;
    mailbox.record(&[IndexedMessage { clues: vec![clue("<b>")], ..message(2) }]).await;
    let found = store.related(account, &[clue("<b>"), clue("<a>"), clue("<c>")]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].clues, [clue("<b>")], "newest first");
    let known = &found[1];
    assert_eq!(
        (known.id, known.conversation, known.by_hand, known.mail),
        (id, conversation, false, Some(mail.id))
    );
    assert_eq!((&known.partners[..], &known.documents[..]), (&["Maes".to_owned()][..], &[document][..]));
    assert_eq!((known.base_subject.as_str(), known.gmail_thread), ("Question 1", Some(u64::MAX)));
    assert_eq!(known.clues.len(), 2);
    let other_kind = Clue { kind: "token".into(), ..clue("<a>") };
    assert_eq!(store.related(account, &[other_kind]).await.unwrap(), []);
    assert_eq!(store.related(fixture.theirs.id, &[clue("<a>")]).await.unwrap(), []);
    let ids = ["<1@ateliernord.example>".to_owned(), "<2@x>".to_owned()];
    let own = store.mail_of_message_id(fixture.company.id, account, &ids).await.unwrap();
    assert_eq!((own.len(), own[&ids[0]][0].mail), (1, mail.id));
    for (company, account) in [
        (fixture.next_door.id, account),
        (fixture.company.id, AccountId::new()),
        (fixture.company.id, fixture.theirs.id),
    ] {
        let of_others = store.mail_of_message_id(company, account, &ids).await.unwrap();
        assert!(of_others.is_empty(), "it left by another account");
    }
}

/// Places messages as the simplest rule does: with the one that is known by a Message-ID of theirs.
async fn place_by_ids(store: &SystemStore, account: AccountId, batch: &mut [IndexedMessage]) {
    let clues: Vec<Clue> = batch.iter().flat_map(|it| it.clues.clone()).collect();
    let known = store.related(account, &clues).await.unwrap();
    for message in batch {
        let ids: Vec<&Clue> = message.clues.iter().filter(|it| it.kind != "subject").collect();
        if let Some(relative) = known.iter().find(|it| it.clues.iter().any(|clue| ids.contains(&clue))) {
            message.conversation = ConversationChoice::Existing(relative.conversation);
        }
    }
}

pub(super) async fn no_subject_of_many_keeps_a_message_from_its_conversation(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (store, account) = (fixture.store.clone(), fixture.account.id);
    // Ten messages each, of which the next one answers the one before, and all have the same subject.
    let mut all_of_them: Vec<IndexedMessage> = (0..3_000_u32)
        .map(|number| {
            let (turn, conversation) = (number / 300, number % 300);
            let id = |turn: u32| clue(&format!("<{turn}.{conversation}@customer.example>"));
            let answered = turn.checked_sub(1).map(id);
            let subject = Clue { kind: "subject".into(), value: "invoice".into() };
            let clues = [Some(id(turn)), answered, Some(subject)].into_iter().flatten().collect();
            IndexedMessage { clues, ..message(number + 1) }
        })
        .collect();
    all_of_them.reverse();
    for batch in all_of_them.chunks_mut(200) {
        place_by_ids(&store, account, batch).await;
        mailbox.record(batch).await;
    }
    let mut counted = Vec::new();
    let mut after = None;
    loop {
        let page = ConversationFilter { after, ..all() };
        let page = fixture.user_store().conversations(&page).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.latest, last.id));
        counted.extend(page.iter().map(|it| it.messages));
    }
    assert_eq!((counted.len(), counted.iter().all(|messages| *messages == 10)), (300, true));
    let subject = Clue { kind: "subject".into(), value: "invoice".into() };
    let newest = store.related(account, std::slice::from_ref(&subject)).await.unwrap();
    assert_eq!(newest.len(), 20);
    assert_eq!(newest[0].message_id, "<3000@customer.example>", "newest first");
    // What a person decided about is found whatever its age.
    let oldest = store.related(account, &[clue("<0.0@customer.example>")]).await.unwrap();
    let oldest = oldest.last().unwrap().id;
    fixture.user_store().split(oldest).await.unwrap();
    let found = store.related(account, &[subject]).await.unwrap();
    assert_eq!((found.len(), found.last().unwrap().id, found.last().unwrap().by_hand), (20, oldest, true));
}

pub(super) async fn a_message_is_classified_once_and_only_people_are_unread(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (store, user_store) = (fixture.store.clone(), fixture.user_store());
    let new = |uid| IndexedMessage { kind: None, conversation: ConversationChoice::New(0), ..message(uid) };
    let recorded = mailbox.record(&[new(1), new(2)]).await;
    let conversation = recorded.messages[0].unwrap().1;
    let open = store.unclassified(fixture.account.id, 10).await.unwrap();
    assert_eq!(
        open.iter().map(|it| (it.uid, it.name.as_str())).collect::<Vec<_>>(),
        [(2, "INBOX"), (1, "INBOX")]
    );
    assert_eq!(user_store.set_done(conversation, false, true).await.unwrap(), Changed::Yes);
    store.set_kind(&mailbox.lease, open[1].id, "bounce", true).await.unwrap();
    assert!(user_store.conversation(conversation).await.unwrap().conversation.is_done);
    store.set_kind(&mailbox.lease, open[0].id, "message", false).await.unwrap();
    assert!(
        user_store.conversation(conversation).await.unwrap().conversation.is_done,
        "it was there when a person marked it done"
    );
    let later = ConversationChoice::Existing(conversation);
    let (later, _) = mailbox.add(IndexedMessage { conversation: later, ..new(6) }).await;
    store.set_kind(&mailbox.lease, later, "message", false).await.unwrap();
    let seen = user_store.conversation(conversation).await.unwrap().conversation;
    assert_eq!((seen.is_done, seen.messages, seen.unread), (false, 3, 2), "somebody wrote");
    assert_eq!(store.unclassified(fixture.account.id, 10).await.unwrap(), []);
    user_store.set_done(conversation, false, true).await.unwrap();
    let in_it =
        |uid| IndexedMessage { conversation: ConversationChoice::Existing(conversation), ..message(uid) };
    mailbox.record(&[IndexedMessage { is_quiet: true, ..in_it(3) }]).await;
    let old = IndexedMessage { date: Some(now() - chrono::Duration::days(900)), ..in_it(4) };
    mailbox.record(&[old]).await;
    assert!(user_store.conversation(conversation).await.unwrap().conversation.is_done);
    mailbox.record(&[in_it(7)]).await;
    assert!(!user_store.conversation(conversation).await.unwrap().conversation.is_done);
    let gone =
        store.set_kind(&mailbox.lease, IndexedMessageId::from_number(1), "message", false).await.unwrap_err();
    assert!(matches!(gone, StoreError::NotInMailbox { .. }), "{gone}");
}

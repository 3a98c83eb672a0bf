//! What people see of a mailbox and do with it.

use super::fixture::{Fixture, new_account, new_mail, parse};
use super::mailbox_fixture::{Mailbox, all, message, now, person, searching};
use crate::*;
use postroom_model::*;

fn ids(rows: &[ConversationRow]) -> Vec<ConversationId> {
    rows.iter().map(|row| row.id).collect()
}

fn found(messages: &[MailboxMessage]) -> Vec<IndexedMessageId> {
    messages.iter().map(|it| it.id).collect()
}

/// Gives Marc the account, too.
async fn with_marc(fixture: &Fixture) -> UserStore<'_> {
    fixture.admin().grant(fixture.account.id, fixture.marc.id).await.unwrap();
    fixture.store.user_store(&fixture.marc)
}

pub(super) async fn conversations_are_paged_newest_first_and_none_is_left_out(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let same_time = message(1).received;
    let many: Vec<IndexedMessage> = (1..=25)
        .map(|uid| IndexedMessage { date: Some(same_time), received: same_time, ..message(uid) })
        .collect();
    mailbox.record(&many).await;
    let future = IndexedMessage { date: Some(now() + chrono::Duration::days(900)), ..message(26) };
    let (last, _) = mailbox.add(future).await;
    let user_store = fixture.user_store();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = user_store.conversations(&ConversationFilter { limit: 10, after, ..all() }).await.unwrap();
        let Some(end) = page.last() else { break };
        after = Some((end.latest, end.id));
        seen.extend(ids(&page));
    }
    assert_eq!(seen.len(), 26);
    assert_eq!(seen, ids(&user_store.conversations(&all()).await.unwrap()));
    let last = user_store.mailbox_message(last).await.unwrap();
    assert_eq!(last.date, last.received, "a time that a stranger wrote keeps nothing on top for ever");
    let row = &user_store.conversations(&all()).await.unwrap()[0];
    assert_eq!((row.subject.as_str(), row.messages, row.unread), ("Question 26", 1, 1));
    assert_eq!(row.people.len(), 2);
    assert_eq!(fixture.admin().conversations(&all()).await.unwrap().len(), 26);
    for none in [
        ConversationFilter { before: Some(same_time), ..all() },
        ConversationFilter { assignee: Some(fixture.marc.id), ..all() },
        ConversationFilter { folder: Some(mailbox.archive), ..all() },
        ConversationFilter { bookmarked: true, ..all() },
        ConversationFilter { text: Some("!!".into()), ..all() },
        ConversationFilter { accounts: vec![fixture.theirs.id], ..all() },
        ConversationFilter { limit: 0, ..all() },
    ] {
        assert_eq!(user_store.conversations(&none).await.unwrap(), [], "{none:?}");
    }
    let inbox =
        ConversationFilter { folder: Some(mailbox.inbox), open_only: true, since: Some(same_time), ..all() };
    assert_eq!(user_store.conversations(&inbox).await.unwrap().len(), 26);
}

pub(super) async fn a_partner_s_conversations_are_those_of_all_their_addresses(store: Store) {
    let fixture = Fixture::open(store).await;
    // Sent before the mailbox was followed, and while it is.
    let to = |address: &str, partner: &str| {
        let mut mail = new_mail(fixture.account.id);
        mail.document.as_mut().unwrap().partner = partner.into();
        mail.recipients[0].party.address = address.into();
        mail.recipients
            .push(Recipient::new("cc", Party { name: None, address: "lotte@ateliernord.example".into() }));
        mail
    };
    fixture.enqueue(&to("els@customer.example", "Maes")).await.unwrap();
    let mut mailbox = Mailbox::of(&fixture).await;
    fixture.enqueue(&to("An@Customer.example", "Maes")).await.unwrap();
    let from = |uid, address: &str| IndexedMessage {
        people: vec![
            person(PersonRole::From, "", address),
            person(PersonRole::To, "", "office@ateliernord.example"),
        ],
        ..message(uid)
    };
    let recorded = mailbox
        .record(&[
            from(1, "ELS@customer.example"),
            from(2, "an@customer.example"),
            from(3, "stranger@example.org"),
            IndexedMessage {
                partners: vec!["Maes".into(), "Peeters".into()],
                ..from(4, "other@example.org")
            },
        ])
        .await;
    let conversation = |number: usize| recorded.messages[number].unwrap().1;
    let user_store = fixture.user_store();
    let of = |partner: &str| ConversationFilter { partner: Some(partner.into()), ..all() };
    let theirs = user_store.conversations(&of("Maes")).await.unwrap();
    assert_eq!(ids(&theirs), [conversation(3), conversation(1), conversation(0)]);
    assert_eq!(theirs[0].partners, ["Maes", "Peeters"], "one mail may belong to several");
    assert_eq!(ids(&user_store.conversations(&of("Peeters")).await.unwrap()), [conversation(3)]);
    assert_eq!(user_store.conversations(&of("maes")).await.unwrap(), []);
    let contact = ConversationFilter { address: Some("Stranger@EXAMPLE.org".into()), ..all() };
    assert_eq!(ids(&user_store.conversations(&contact).await.unwrap()), [conversation(2)]);
    let shared = ConversationFilter { known_partners_only: true, ..all() };
    assert_eq!(user_store.conversations(&shared).await.unwrap().len(), 3, "no mail of a stranger");
    assert_eq!(
        user_store
            .search_messages(&SearchFilter { known_partners_only: true, ..searching("question") })
            .await
            .unwrap()
            .len(),
        3
    );
    let contacts = user_store.partner_contacts("Maes").await.unwrap();
    let addresses: Vec<_> = contacts.iter().map(|it| (it.address.as_str(), it.by_hand)).collect();
    assert_eq!(
        addresses,
        [("An@Customer.example", false), ("els@customer.example", false)],
        "and no colleague"
    );
    // By hand: one that was removed does not come back with the next mail.
    user_store.add_contact("Maes", &parse("stranger@example.org"), Some("Sam")).await.unwrap();
    user_store.remove_contact("Maes", &parse("ELS@customer.example")).await.unwrap();
    fixture.enqueue(&to("els@customer.example", "Maes")).await.unwrap();
    let theirs = user_store.conversations(&of("Maes")).await.unwrap();
    assert_eq!(ids(&theirs), [conversation(3), conversation(2), conversation(1)]);
    let partners = fixture
        .store
        .partners_of(
            fixture.company.id,
            fixture.account.id,
            &["STRANGER@example.org".into(), "els@customer.example".into()],
        )
        .await
        .unwrap();
    assert_eq!(
        partners.into_iter().collect::<Vec<_>>(),
        [("STRANGER@example.org".to_owned(), vec!["Maes".to_owned()])]
    );
    let none = user_store.remove_contact("Maes", &parse("els@customer.example")).await.unwrap_err();
    assert!(matches!(none, StoreError::NotInMailbox { what: "contact", .. }), "{none}");
    user_store.add_contact("Maes", &parse("els@customer.example"), None).await.unwrap();
    assert_eq!(user_store.conversations(&of("Maes")).await.unwrap().len(), 4);
}

/// Rule A1 for completion: what one account wrote to is no other one's.
pub(super) async fn a1_a_contact_of_an_account_is_seen_by_its_users_alone(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.mail().await;
    assert_eq!(fixture.user_store().partner_contacts("Müller").await.unwrap().len(), 1);
    let marc = fixture.store.user_store(&fixture.marc);
    assert_eq!(marc.partner_contacts("Müller").await.unwrap(), []);
    assert!(marc.remove_contact("Müller", &parse("e@example.com")).await.is_err());
    fixture.user_store().add_contact("Müller", &parse("m@example.com"), None).await.unwrap();
    assert_eq!(
        marc.partner_contacts("Müller").await.unwrap().len(),
        1,
        "what a person entered is the company's"
    );
    assert_eq!(fixture.admin().partner_contacts("Müller").await.unwrap().len(), 2);
    let eve = fixture.store.user_store(&fixture.eve);
    assert_eq!(eve.partner_contacts("Müller").await.unwrap(), []);
}

/// Rule A1 for the names of partners: what one account wrote to is no partner in another one's mailbox.
pub(super) async fn a1_a_partner_of_an_account_has_no_name_in_another_mailbox(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.mail().await;
    let other = fixture.admin().add_account(&new_account("other")).await.unwrap().id;
    fixture.admin().grant(other, fixture.marc.id).await.unwrap();
    let mut mailbox = Mailbox::open(&fixture.store, other).await;
    let people = vec![person(PersonRole::From, "", "e@example.com")];
    mailbox.record(&[IndexedMessage { people, ..message(1) }]).await;
    let marc = fixture.store.user_store(&fixture.marc);
    let (store, address) = (fixture.store.clone(), ["e@example.com".to_owned()]);
    let of = ConversationFilter { partner: Some("Müller".into()), ..all() };
    let any = ConversationFilter { known_partners_only: true, ..all() };
    for filter in [&of, &any] {
        assert_eq!(marc.conversations(filter).await.unwrap(), [], "{filter:?}");
    }
    assert_eq!(marc.conversations(&all()).await.unwrap()[0].partners, [""; 0]);
    let clue = message(1).clues;
    assert_eq!(store.related(other, &clue).await.unwrap()[0].partners, [""; 0]);
    assert!(store.partners_of(fixture.company.id, other, &address).await.unwrap().is_empty());
    assert_eq!(store.partners_of(fixture.company.id, fixture.account.id, &address).await.unwrap().len(), 1);
    // What a person entered is the company's.
    fixture.user_store().add_contact("Müller", &parse("e@example.com"), None).await.unwrap();
    for filter in [&of, &any] {
        assert_eq!(marc.conversations(filter).await.unwrap()[0].partners, ["Müller"], "{filter:?}");
    }
    assert_eq!(store.partners_of(fixture.company.id, other, &address).await.unwrap().len(), 1);
}

pub(super) async fn what_two_people_change_at_once_one_of_them_learns_of_it(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (_, id) = mailbox.add(message(1)).await;
    let (lotte, marc) = (fixture.user_store(), with_marc(&fixture).await);
    assert_eq!(lotte.set_done(id, false, true).await.unwrap(), Changed::Yes);
    assert_eq!(marc.set_done(id, false, true).await.unwrap(), Changed::Meanwhile);
    assert_eq!(marc.set_done(id, true, false).await.unwrap(), Changed::Yes);
    assert_eq!(lotte.assign(id, None, Some(fixture.lotte.id)).await.unwrap(), Changed::Yes);
    assert_eq!(marc.assign(id, None, Some(fixture.marc.id)).await.unwrap(), Changed::Meanwhile);
    assert_eq!(marc.assign(id, Some(fixture.lotte.id), Some(fixture.marc.id)).await.unwrap(), Changed::Yes);
    for stranger in [fixture.eve.id, UserId::new()] {
        let refused = marc.assign(id, Some(fixture.marc.id), Some(stranger)).await.unwrap_err();
        assert_eq!(refused, StoreError::NoSuchUser(stranger.to_string()));
    }
    let mine = ConversationFilter { assignee: Some(fixture.marc.id), ..all() };
    assert_eq!(ids(&lotte.conversations(&mine).await.unwrap()), [id]);
    let until = now() + chrono::Duration::minutes(5);
    assert_eq!(lotte.set_answering(id, now(), Some(until)).await.unwrap(), None);
    let answering = marc.set_answering(id, now(), Some(until)).await.unwrap().unwrap();
    assert_eq!((answering.0, answering.1.timestamp_millis()), (fixture.lotte.id, until.timestamp_millis()));
    assert_eq!(marc.conversations(&all()).await.unwrap()[0].answering.unwrap().0, fixture.lotte.id);
    assert_eq!(marc.set_answering(id, until, Some(until)).await.unwrap(), None, "hers has ended");
    assert_eq!(marc.set_answering(id, now(), None).await.unwrap(), None);
    assert_eq!(marc.conversations(&all()).await.unwrap()[0].answering, None);
    let note = marc.add_note(id, "  Paid by card\u{0} ", now()).await.unwrap();
    let notes = lotte.conversation(id).await.unwrap().notes;
    assert_eq!((notes.len(), notes[0].id, notes[0].text.as_str()), (1, note, "Paid by card\u{fffd}"));
    for bad in ["", " \n", &"x".repeat(20_000)] {
        assert!(matches!(marc.add_note(id, bad, now()).await, Err(StoreError::Invalid { .. })));
    }
    // A user who is removed is no assignee, and their notes stay.
    fixture.admin().remove_user(fixture.marc.id).await.unwrap();
    let seen = lotte.conversation(id).await.unwrap();
    assert_eq!((seen.conversation.assignee, seen.notes[0].user), (None, None));
}

pub(super) async fn d9_what_is_private_is_in_no_list_count_subject_or_search_of_others(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let secret = IndexedMessage { subject: "Salary of Zoe".into(), ..message(9) };
    let (secret, conversation) = mailbox.add(secret).await;
    let next = IndexedMessage { conversation: ConversationChoice::Existing(conversation), ..message(3) };
    let (public, _) = mailbox.add(next).await;
    let (lotte, marc) = (fixture.user_store(), with_marc(&fixture).await);
    lotte.bookmark(secret, "Salary", true).await.unwrap();
    assert_eq!(marc.conversation(conversation).await.unwrap().messages.len(), 2);
    lotte.set_message_private(secret, true, now()).await.unwrap();
    let row = &marc.conversations(&all()).await.unwrap()[0];
    assert_eq!((row.messages, row.unread, row.subject.as_str()), (1, 1, "Question 3"));
    assert_eq!(row.latest, marc.mailbox_message(public).await.unwrap().date);
    assert_eq!(found(&marc.conversation(conversation).await.unwrap().messages), [public]);
    assert_eq!(marc.search_messages(&searching("salary")).await.unwrap(), []);
    assert_eq!(marc.bookmarks(&[]).await.unwrap(), []);
    assert_eq!(
        marc.mailbox_folder_list(&[]).await.unwrap().iter().map(|it| (it.indexed, it.unread)).max(),
        Some((1, 1))
    );
    assert!(marc.mailbox_message(secret).await.is_err());
    assert!(marc.set_message_private(secret, false, now()).await.is_err());
    assert!(marc.split(secret).await.is_err());
    let with = ConversationFilter { text: Some("salary".into()), ..all() };
    assert_eq!(marc.conversations(&with).await.unwrap(), [], "no word tells that it is there");
    let hers = &lotte.conversations(&with).await.unwrap()[0];
    assert_eq!((hers.messages, hers.subject.as_str()), (2, "Question 3"));
    assert_eq!(found(&lotte.search_messages(&searching("salary")).await.unwrap()), [secret]);
    assert_eq!(lotte.mailbox_folder_list(&[]).await.unwrap().iter().map(|it| it.indexed).max(), Some(2));
    assert_eq!(
        fixture.admin().conversations(&all()).await.unwrap()[0].messages,
        2,
        "an administrator sees all"
    );
    // The whole conversation.
    lotte.assign(conversation, None, Some(fixture.marc.id)).await.unwrap();
    lotte.set_conversation_private(conversation, true, now()).await.unwrap();
    assert_eq!(marc.conversations(&all()).await.unwrap(), []);
    let gone = marc.conversation(conversation).await.unwrap_err();
    assert_eq!(gone, StoreError::NotInMailbox { what: "conversation", id: conversation.to_string() });
    assert!(marc.mailbox_message(public).await.is_err());
    assert_eq!(marc.search_messages(&searching("question")).await.unwrap(), []);
    assert_eq!(
        marc.mailbox_folder_list(&[]).await.unwrap().iter().map(|it| (it.indexed, it.unread)).max(),
        Some((0, 0))
    );
    assert_eq!(lotte.conversation(conversation).await.unwrap().conversation.assignee, None);
    // A message that is taken out of it stays private, and the rules of conversations put nothing private elsewhere.
    let own = lotte.split(public).await.unwrap();
    assert!(marc.conversation(own).await.is_err());
    let (_, other) = mailbox.add(message(20)).await;
    let store = fixture.store.clone();
    assert!(!store.merge_conversations(&mailbox.lease, conversation, other).await.unwrap());
    assert!(matches!(lotte.join(own, other).await, Err(StoreError::Invalid { .. })));
    // A user who is removed takes no veil away.
    fixture.admin().remove_user(fixture.lotte.id).await.unwrap();
    assert_eq!(ids(&marc.conversations(&all()).await.unwrap()), [other]);
    fixture.admin().set_conversation_private(own, false, now()).await.unwrap();
    assert_eq!(marc.conversations(&all()).await.unwrap().len(), 2);
    let log = fixture.admin().audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
    let private: Vec<_> = log.iter().filter(|it| it.action == "privacy").collect();
    assert_eq!(private.len(), 3);
    assert!(log.iter().all(|it| !format!("{it:?}").contains("Salary")), "{log:?}");
}

pub(super) async fn d9_what_a_server_finds_of_the_private_and_the_erased_is_hidden(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let stranger = IndexedMessage {
        people: vec![person(PersonRole::From, "Zoe", "zoe@stranger.example")],
        ..message(4)
    };
    let recorded = mailbox.record(&[message(1), message(2), message(3), stranger]).await;
    let (account, inbox) = (fixture.account.id, mailbox.inbox);
    let (lotte, marc) = (fixture.user_store(), with_marc(&fixture).await);
    let all_uids = [1, 2, 3, 4, 9];
    assert_eq!(marc.hidden_places(account, inbox, 7, &all_uids).await.unwrap(), [0_u32; 0]);
    lotte.set_message_private(recorded.messages[0].unwrap().0, true, now()).await.unwrap();
    lotte.set_conversation_private(recorded.messages[1].unwrap().1, true, now()).await.unwrap();
    assert_eq!(marc.hidden_places(account, inbox, 7, &all_uids).await.unwrap(), [1, 2]);
    assert_eq!(
        marc.hidden_places(account, inbox, 7, &[2, 3]).await.unwrap(),
        [2],
        "of those that were asked"
    );
    assert_eq!(lotte.hidden_places(account, inbox, 7, &all_uids).await.unwrap(), [0_u32; 0], "they are hers");
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    fixture.admin().erase(&parse("zoe@stranger.example"), now()).await.unwrap();
    for user_store in [&lotte, &marc] {
        let hidden = user_store.hidden_places(account, inbox, 7, &all_uids).await.unwrap();
        assert!(hidden.contains(&4), "what was erased is nobody's");
    }
    let numbered_anew = marc.hidden_places(account, inbox, 8, &all_uids).await.unwrap_err();
    assert!(matches!(numbered_anew, StoreError::MailboxMoved(_)), "{numbered_anew}");
    for wrong in [fixture.theirs.id, AccountId::new()] {
        let refused = marc.hidden_places(wrong, inbox, 7, &all_uids).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotInMailbox { what: "folder", .. }), "{refused}");
    }
}

pub(super) async fn d10_what_people_split_and_join_the_rules_leave_alone(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let new = |uid| IndexedMessage { conversation: ConversationChoice::New(0), ..message(uid) };
    let recorded = mailbox.record(&[new(1), new(2), new(3)]).await;
    let (first, together) = recorded.messages[0].unwrap();
    let proposal = |to| IndexedMessage {
        proposals: vec![Proposal { conversation: to, reason: "the same subject".into() }],
        ..message(4)
    };
    let (proposed, own) = mailbox.add(proposal(together)).await;
    let (lotte, store) = (fixture.user_store(), fixture.store.clone());
    let seen = lotte.mailbox_message(proposed).await.unwrap();
    assert_eq!(seen.proposals, [Proposal { conversation: together, reason: "the same subject".into() }]);
    lotte.join(own, together).await.unwrap();
    let seen = lotte.mailbox_message(proposed).await.unwrap();
    assert_eq!((seen.conversation, seen.by_hand, seen.proposals.len()), (together, true, 0));
    assert!(lotte.conversation(own).await.is_err());
    let split = lotte.split(first).await.unwrap();
    assert_ne!(split, together);
    let row = lotte.conversation(split).await.unwrap();
    assert_eq!((row.messages.len(), row.messages[0].by_hand), (1, true));
    assert_eq!(lotte.split(first).await.unwrap(), split, "it is one already");
    assert!(!store.merge_conversations(&mailbox.lease, split, together).await.unwrap());
    assert!(!store.merge_conversations(&mailbox.lease, together, split).await.unwrap());
    let (_, other) = mailbox.add(message(5)).await;
    lotte.add_note(other, "a note", now()).await.unwrap();
    assert!(!store.merge_conversations(&mailbox.lease, other, together).await.unwrap(), "nor from outside");
    lotte.join(other, together).await.unwrap();
    let all_of_it = lotte.conversation(together).await.unwrap();
    assert_eq!((all_of_it.messages.len(), all_of_it.notes.len()), (4, 1));
    assert!(all_of_it.messages.is_sorted_by_key(|it| it.date), "oldest first");
    let gone = store.merge_conversations(&mailbox.lease, other, together).await.unwrap_err();
    assert!(matches!(gone, StoreError::MailboxMoved(_)), "{gone}");
    // Two accounts stay two.
    let mut next_door = Mailbox::open(&store, fixture.theirs.id).await;
    let (_, theirs) = next_door.add(message(1)).await;
    assert!(matches!(lotte.join(theirs, together).await, Err(StoreError::NotInMailbox { .. })));
    assert!(store.merge_conversations(&mailbox.lease, theirs, together).await.is_err());
}

pub(super) async fn conversations_that_become_one_lose_nothing_that_people_did(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (lotte, store) = (fixture.user_store(), fixture.store.clone());
    let recorded = mailbox.record(&(1..=6).map(message).collect::<Vec<_>>()).await;
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|number: usize| recorded.messages[number].unwrap().1);
    let state = async |id| {
        let seen = lotte.conversation(id).await.unwrap().conversation;
        (seen.is_done, seen.assignee)
    };
    // One that is open keeps the whole open, from whichever side; and somebody's work stays theirs.
    lotte.set_done(a, false, true).await.unwrap();
    lotte.assign(b, None, Some(fixture.lotte.id)).await.unwrap();
    assert!(store.merge_conversations(&mailbox.lease, b, a).await.unwrap());
    assert_eq!(state(a).await, (false, Some(fixture.lotte.id)));
    lotte.set_done(c, false, true).await.unwrap();
    assert!(store.merge_conversations(&mailbox.lease, c, d).await.unwrap());
    assert_eq!(state(d).await, (false, None));
    lotte.set_done(e, false, true).await.unwrap();
    lotte.set_done(f, false, true).await.unwrap();
    with_marc(&fixture).await;
    lotte.assign(e, None, Some(fixture.marc.id)).await.unwrap();
    lotte.assign(f, None, Some(fixture.lotte.id)).await.unwrap();
    lotte.join(e, f).await.unwrap();
    assert_eq!(state(f).await, (true, Some(fixture.lotte.id)));
}

pub(super) async fn the_rules_join_no_conversations_of_two_partners(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let store = fixture.store.clone();
    let of = |uid, partners: &[&str]| IndexedMessage {
        partners: partners.iter().map(|it| (*it).to_owned()).collect(),
        ..message(uid)
    };
    let recorded = mailbox
        .record(&[of(1, &["Maes"]), of(2, &["Peeters"]), of(3, &[]), of(4, &["Maes", "Peeters"])])
        .await;
    let [maes, peeters, nobody, both] =
        [0, 1, 2, 3].map(|number: usize| recorded.messages[number].unwrap().1);
    assert!(!store.merge_conversations(&mailbox.lease, maes, peeters).await.unwrap());
    assert!(store.merge_conversations(&mailbox.lease, nobody, maes).await.unwrap());
    assert!(!store.merge_conversations(&mailbox.lease, peeters, maes).await.unwrap());
    assert!(store.merge_conversations(&mailbox.lease, both, maes).await.unwrap(), "they share one");
    fixture.user_store().join(peeters, maes).await.unwrap();
}

pub(super) async fn a_bookmark_is_its_user_s_or_shared(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (id, conversation) = mailbox.add(message(1)).await;
    let (lotte, marc) = (fixture.user_store(), with_marc(&fixture).await);
    let own = lotte.bookmark(id, " Mine ", false).await.unwrap();
    let shared = fixture.admin().bookmark(id, "ours").await.unwrap();
    let names = |bookmarks: Vec<Bookmark>| bookmarks.into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(lotte.bookmarks(&[]).await.unwrap()), ["Mine", "ours"]);
    assert_eq!(names(marc.bookmarks(&[]).await.unwrap()), ["ours"]);
    assert_eq!(names(fixture.admin().bookmarks(&[fixture.account.id]).await.unwrap()), ["ours"]);
    let marked = ConversationFilter { bookmarked: true, ..all() };
    assert_eq!(ids(&marc.conversations(&marked).await.unwrap()), [conversation]);
    assert!(marc.remove_bookmark(own).await.is_err());
    assert!(fixture.admin().remove_bookmark(own).await.is_err());
    marc.remove_bookmark(shared).await.unwrap();
    assert_eq!(marc.conversations(&marked).await.unwrap(), []);
    for bad in ["", "  ", &"x".repeat(201)] {
        assert!(matches!(lotte.bookmark(id, bad, true).await, Err(StoreError::Invalid { .. })));
    }
    lotte.remove_bookmark(own).await.unwrap();
    assert!(lotte.remove_bookmark(own).await.is_err());
}

//! Searching a mailbox, and taking messages out of its index: by an erasure, by retention, with their account.

use super::dump::everything;
use super::fixture::{Fixture, parse};
use super::mailbox_fixture::{Mailbox, all, message, now, person, searching};
use crate::*;
use postroom_model::*;
use sqlx::Row as _;

const PERSON: &str = "jan.peeters@example.com";

async fn count(store: &UserStore<'_>, text: &str) -> usize {
    store.search_messages(&searching(text)).await.unwrap().len()
}

pub(super) async fn words_are_found_in_subjects_people_files_and_numbers(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let file = MessageFile {
        name: "Plan-2e verdieping.pdf".into(),
        media_type: "application/pdf".into(),
        size: 10,
        section: "2".into(),
    };
    let document = DocumentLink {
        kind: "invoice".into(),
        number: "F-2026-0815".into(),
        partner: None,
        reason: "subject".into(),
        is_sure: false,
    };
    let one = IndexedMessage {
        subject: "Façade à rénover: late fee".into(),
        files: vec![file.clone()],
        documents: vec![document.clone()],
        body_text: Some("nobody opted in".into()),
        ..message(1)
    };
    let (id, _) = mailbox.add(one).await;
    mailbox.add(IndexedMessage { subject: "Fee, and it is not late".into(), ..message(2) }).await;
    let user_store = fixture.user_store();
    for (text, messages) in [
        ("facade", 1),
        ("FAÇADE renov", 1),
        ("faca", 1),
        ("faca renover", 0),
        ("late fee", 2),
        ("\"late fee\"", 1),
        ("\u{201e}late fee\u{201c} rénover", 1),
        ("verdieping", 1),
        ("F-2026-0815", 1),
        ("2026-08", 1),
        ("0815 2026", 1),
        ("els maes", 2),
        ("els@customer.example", 2),
        ("els customer peeters", 0),
        ("opted", 0),
        ("pdf fee late plan", 1),
        ("renover late", 1),
        ("\"renover els\"", 0),
        ("", 0),
    ] {
        assert_eq!(count(&user_store, text).await, messages, "{text}");
    }
    let found = &user_store.search_messages(&searching("verdieping")).await.unwrap()[0];
    assert_eq!((found.id, &found.files[..], &found.documents[..]), (id, &[file][..], &[document][..]));
    let newest = user_store.search_messages(&SearchFilter { limit: 1, ..searching("fee") }).await.unwrap();
    assert_eq!(newest[0].subject, "Fee, and it is not late");
    let narrow = SearchFilter { folder: Some(mailbox.archive), ..searching("fee") };
    assert_eq!(user_store.search_messages(&narrow).await.unwrap(), []);
    let narrow =
        SearchFilter { before: Some(newest[0].date), folder: Some(mailbox.inbox), ..searching("fee") };
    assert_eq!(user_store.search_messages(&narrow).await.unwrap().len(), 1);
    let filter = ConversationFilter { text: Some("late fee".into()), ..all() };
    assert_eq!(user_store.conversations(&filter).await.unwrap().len(), 2);
}

pub(super) async fn no_search_is_syntax_of_a_database(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    mailbox.add(message(1)).await;
    let user_store = fixture.user_store();
    let before = everything(&fixture.store).await;
    let long = "x ".repeat(50_000);
    for text in [
        "\"",
        "\"\"\"",
        "'",
        "''",
        "' or 1=1 --",
        "*",
        "a*b",
        "^a",
        "NOT a",
        "a NOT",
        "AND",
        "OR OR",
        "NEAR(a b, 2)",
        "subject:a",
        "{subject people}: a",
        "- a",
        "a & | ! <->",
        "!a",
        "'a':*",
        ":*",
        "a:A",
        "\\",
        "\\'",
        "a\\",
        "\0",
        "a\0b",
        "%",
        "_",
        "$1",
        "?",
        "); drop table mailbox_messages; --",
        "\u{202e}abc",
        "\u{1f4e6}",
        "ﷺ",
        "İ",
        "ẞ",
        &long,
        "\u{301}",
        "a\u{301}\u{301}",
        "x'00'",
    ] {
        let _ = count(&user_store, text).await;
        let filter = ConversationFilter { text: Some(text.into()), ..all() };
        user_store.conversations(&filter).await.unwrap();
        let filter = ConversationFilter { partner: Some(text.into()), address: Some(text.into()), ..all() };
        assert_eq!(user_store.conversations(&filter).await.unwrap(), []);
        assert_eq!(user_store.partner_contacts(text).await.unwrap(), []);
    }
    super::dump::assert_same(&before, &everything(&fixture.store).await, "a search");
    // And what strangers write is stored and found, whatever it is.
    for (uid, text) in
        [(2, "' \" \\ \0 subject:x *"), (3, &*"wörd ".repeat(60_000)), (4, "İstanbul ẞ ﷺ \u{202e}")]
    {
        let hostile = IndexedMessage {
            subject: text.into(),
            base_subject: text.into(),
            message_id: text.into(),
            people: vec![person(PersonRole::From, text, text), person(PersonRole::Cc, text, text)],
            files: vec![MessageFile {
                name: text.into(),
                media_type: text.into(),
                size: u64::MAX,
                section: text.into(),
            }],
            flags: vec![text.into()],
            size: u64::MAX,
            clues: vec![Clue { kind: text.into(), value: text.into() }],
            partners: vec![text.into()],
            documents: vec![
                DocumentLink {
                    kind: text.into(),
                    number: text.into(),
                    partner: Some(text.into()),
                    reason: text.into(),
                    is_sure: false
                };
                2
            ],
            kind: Some(text.into()),
            thread_index: Some(text.into()),
            reason: Some(text.into()),
            body_text: Some(text.into()),
            ..message(uid)
        };
        let (id, conversation) = mailbox.add(hostile).await;
        assert!(user_store.mailbox_message(id).await.is_ok());
        assert!(user_store.conversation(conversation).await.is_ok());
    }
    for text in ["subject x", "word", "istanbul", "ss"] {
        assert_eq!(count(&user_store, text).await, 1, "{text}");
    }
}

pub(super) async fn bodies_are_searched_where_that_is_wanted_and_forgotten_where_it_is_not(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let (user_store, account, store) = (fixture.user_store(), fixture.account.id, fixture.store.clone());
    mailbox.add(message(1)).await;
    assert!(!store.indexes_bodies(account).await.unwrap());
    assert_eq!(store.without_body(account, 10).await.unwrap(), []);
    user_store.set_index_bodies(account, true, now()).await.unwrap();
    assert!(store.indexes_bodies(account).await.unwrap());
    mailbox.add(IndexedMessage { body_text: Some("The zebra crossing".into()), ..message(2) }).await;
    let missing = store.without_body(account, 10).await.unwrap();
    assert_eq!(missing.iter().map(|it| it.uid).collect::<Vec<_>>(), [1]);
    assert!(store.record_body(&mailbox.lease, missing[0].id, "A zebra, and a giraffe").await.unwrap());
    assert_eq!(store.without_body(account, 10).await.unwrap(), []);
    assert_eq!((count(&user_store, "zebra").await, count(&user_store, "giraffe question").await), (2, 1));
    user_store.set_index_bodies(account, false, now()).await.unwrap();
    assert_eq!((count(&user_store, "zebra").await, count(&user_store, "question").await), (0, 2));
    assert!(!store.record_body(&mailbox.lease, missing[0].id, "zebra").await.unwrap());
    assert_eq!(count(&user_store, "zebra").await, 0);
    let log = fixture.admin().audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
    let log: Vec<_> =
        log.iter().filter_map(|it| it.detail.as_deref()).filter(|it| it.contains("bodies")).collect();
    assert_eq!(log, ["bodies of office: not indexed", "bodies of office: indexed"]);
    let foreign = user_store.set_index_bodies(fixture.theirs.id, true, now()).await.unwrap_err();
    assert_eq!(foreign, StoreError::NoSuchAccount(fixture.theirs.id.to_string()));
}

/// Four messages with the person, and one without.
async fn with_person(fixture: &Fixture, mailbox: &mut Mailbox) -> IndexedMessageId {
    fixture.user_store().set_index_bodies(fixture.account.id, true, now()).await.unwrap();
    fixture.user_store().add_contact("Peeters", &parse(PERSON), Some("Jan Peeters")).await.unwrap();
    let from = IndexedMessage {
        people: vec![person(PersonRole::Cc, "Jan Peeters", "\"Jan.Peeters\"@EXAMPLE.com")],
        ..message(1)
    };
    let named = IndexedMessage { subject: format!("Delivery failed: {PERSON}"), ..message(2) };
    let in_body = IndexedMessage { body_text: Some(format!("Ask <{PERSON}> about it")), ..message(3) };
    let in_file = MessageFile {
        name: format!("{PERSON}.vcf"),
        media_type: "text/vcard".into(),
        size: 1,
        section: "2".into(),
    };
    let with_file = IndexedMessage { files: vec![in_file], ..message(4) };
    let other = IndexedMessage {
        people: vec![person(PersonRole::From, "", "ajan.peeters@example.com")],
        conversation: ConversationChoice::New(1),
        ..message(5)
    };
    let recorded = mailbox.record(&[from, named, in_body, with_file, other]).await;
    let (id, conversation) = recorded.messages[4].unwrap();
    fixture.user_store().add_note(conversation, &format!("{PERSON} called"), now()).await.unwrap();
    id
}

pub(super) async fn an_erased_person_is_taken_out_of_the_index_and_does_not_come_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let left = with_person(&fixture, &mut mailbox).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let erased = fixture.admin().erase(&parse(PERSON), now()).await.unwrap();
    assert_eq!(erased.messages, 4, "{erased:?}");
    let user_store = fixture.user_store();
    let conversations = user_store.conversations(&all()).await.unwrap();
    assert_eq!((conversations.len(), conversations[0].messages), (1, 1));
    assert_eq!(conversations[0].subject, "Question 5");
    assert!(user_store.mailbox_message(left).await.is_ok());
    assert_eq!((count(&user_store, "delivery").await, count(&user_store, "ask").await), (0, 0));
    assert_eq!(user_store.partner_contacts("Peeters").await.unwrap(), []);
    let dump = everything(&fixture.store).await;
    let rows = dump.values().flatten().filter(|row| row.replace("ajan.peeters", "").contains("jan.peeters"));
    assert_eq!(rows.collect::<Vec<_>>(), Vec::<&String>::new());
    // The server has them still: neither a comparison nor a move brings them back.
    assert_eq!(fixture.store.indexed_uids(mailbox.inbox).await.unwrap(), [1..=5]);
    let again = mailbox.record(&[IndexedMessage { uid: 9, ..message(1) }]).await;
    assert_eq!((again.added, again.withheld, again.messages), (0, 1, vec![None]));
    assert_eq!(user_store.conversations(&all()).await.unwrap().len(), 1);
    // A later message of theirs is another matter.
    let later = IndexedMessage { people: vec![person(PersonRole::From, "", PERSON)], ..message(10) };
    assert_eq!(mailbox.record(&[later]).await.added, 1);
}

pub(super) async fn retention_takes_old_messages_out_of_the_index(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    let fresh = now();
    mailbox.record(&[message(1), IndexedMessage { received: fresh, date: None, ..message(2) }]).await;
    let before = now() + chrono::Duration::days(10);
    fixture.store.apply_retention(before).await.unwrap();
    let user_store = fixture.user_store();
    assert_eq!(user_store.conversations(&all()).await.unwrap().len(), 2, "without a limit");
    fixture.admin().set_retention(Some(20)).await.unwrap();
    fixture.store.apply_retention(before).await.unwrap();
    assert_eq!(user_store.conversations(&all()).await.unwrap().len(), 1);
    assert_eq!(count(&user_store, "question").await, 1);
    assert_eq!(fixture.store.indexed_uids(mailbox.inbox).await.unwrap(), [1..=2], "no comparison misses it");
    let log = fixture.admin().audit(&AuditFilter { limit: 1, ..AuditFilter::default() }).await.unwrap();
    assert!(log[0].detail.as_deref().unwrap().starts_with("1 messages of mailboxes"), "{log:?}");
}

pub(super) async fn an_account_or_company_that_is_removed_takes_its_index_with_it(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    with_person(&fixture, &mut mailbox).await;
    let mut next_door = Mailbox::open(&fixture.store, fixture.theirs.id).await;
    next_door.record(&[message(1)]).await;
    fixture.admin().remove_account(fixture.account.id).await.unwrap();
    assert_eq!(fixture.admin().conversations(&all()).await.unwrap(), []);
    let lost =
        fixture.store.renew_mailbox(&mailbox.lease, now(), super::mailbox_fixture::LEASE).await.unwrap();
    assert!(!lost);
    let words = async |wanted: i64| {
        let key = if fixture.store.dialect == crate::schema::dialect::Dialect::Sqlite {
            "rowid"
        } else {
            "message"
        };
        let sql = sqlx::AssertSqlSafe(format!("select count({key}) as many from mailbox_words"));
        let row = sqlx::query(sql).fetch_one(&fixture.store.pool).await.unwrap();
        assert_eq!(row.try_get::<i64, _>("many").unwrap(), wanted);
    };
    words(1).await;
    fixture.store.remove_company(fixture.next_door.id).await.unwrap();
    words(0).await;
    let left = everything(&fixture.store).await;
    for table in [
        "mailboxes",
        "mailbox_folders",
        "mailbox_messages",
        "conversations",
        "mailbox_places",
        "mailbox_clues",
    ] {
        assert_eq!(left[table], Vec::<String>::new(), "{table}");
    }
}

#[tokio::test]
async fn what_an_erasure_takes_out_of_the_index_is_in_no_byte_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fixture = Fixture::open(Store::open(&Location::file(&path)).await.unwrap()).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    with_person(&fixture, &mut mailbox).await;
    let rare = IndexedMessage {
        subject: "Quartzite".into(),
        body_text: Some("xylophonist".into()),
        people: vec![person(PersonRole::From, "", PERSON)],
        ..message(30)
    };
    mailbox.add(rare).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let found = |word: &str| {
        let files =
            std::fs::read_dir(folder.path()).unwrap().map(|it| std::fs::read(it.unwrap().path()).unwrap());
        let word = word.as_bytes();
        files.into_iter().any(|bytes| bytes.to_ascii_lowercase().windows(word.len()).any(|it| it == word))
    };
    assert!(found("quartzite") && found("xylophonist"), "the test can find it");
    fixture.admin().erase(&parse(PERSON), now()).await.unwrap();
    assert!(fixture.store.scrub().await.unwrap());
    assert!(!found("quartzite") && !found("xylophonist"));
}

/// A backup has the index, and it is searched as before.
#[tokio::test]
async fn the_index_of_a_mailbox_comes_back_with_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fixture = Fixture::open(Store::open(&Location::file(&path)).await.unwrap()).await;
    let mut mailbox = Mailbox::of(&fixture).await;
    mailbox.record(&(1..=40).map(message).collect::<Vec<_>>()).await;
    mailbox.vanish(1..=10).await;
    fixture.store.purge_unplaced(fixture.account.id, now() + chrono::Duration::days(1)).await.unwrap();
    let backup = folder.path().join("backup");
    fixture.store.back_up(&backup).await.unwrap();
    let place = Location::file(folder.path().join("restored.db"));
    place.restore(&backup, Restoring::default()).await.unwrap();
    let restored = Store::open(&place).await.unwrap();
    let user_store = restored.user_store(&fixture.lotte);
    assert_eq!(count(&user_store, "question").await, 30);
    let owner = LeaseOwner::new("sync");
    let claimed = restored
        .system()
        .claim_mailbox(&owner, fixture.account.id, now(), super::mailbox_fixture::LEASE)
        .await;
    assert!(claimed.unwrap().is_some(), "the lease of the other store is none here");
    restored.scrub().await.unwrap();
    assert_eq!(count(&user_store, "question 7").await, 0);
    assert_eq!(count(&user_store, "\"question 11\"").await, 1);
}

//! What the records are told: with every fact or not at all, in order, once per id, and for no company without records.

use super::fixture::{Fixture, at, completion, event, new_attempt, new_mail, parse};
use crate::*;
use postroom_model::{CompanyId, RecordsPlace, SecretKind, SecretOwner};
use std::time::Duration;

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

fn erp() -> RecordsPlace {
    RecordsPlace::Erp {
        url: parse("https://erp.example/postroom/"),
        allow_private: "10.0.0.0/8".parse().unwrap(),
        trusted_ca: None,
        timeout: None,
    }
}

async fn with_records(store: Store) -> Fixture {
    let fixture = Fixture::open(store).await;
    fixture.admin().set_records(Some(&erp())).await.unwrap();
    fixture
}

fn notice(id: &str, number: &str, status: &str) -> Notice {
    Notice {
        id: id.to_owned(),
        mail: None,
        document: Some(DocumentRef {
            kind: "invoice".into(),
            number: number.into(),
            partner: "Müller".into(),
        }),
        partner: None,
        recipient: Some("E@Example.com".into()),
        kind: NoticeKind::Status { status: status.to_owned(), label: "In transit".into() },
        reason: Some("250 2.0.0 queued \0 \u{1f4e6}".into()),
        at: at("2026-11-23T10:00:02+01:00"),
    }
}

async fn settle(
    store: &SystemStore,
    change: &StatusChange,
    notices: &[Notice],
    next: Option<chrono::DateTime<chrono::FixedOffset>>,
) {
    let looked = ReviewedStatusChange { change: change.clone(), notices: notices.to_vec(), next };
    store.record_status_changes(&[looked]).await.unwrap();
}

async fn came(store: &SystemStore, company: CompanyId, id: &str, telling: NotificationResult) {
    store.record_notifications(company, &[(id.to_owned(), telling)]).await.unwrap();
}

async fn ids_due(store: &SystemStore, company: CompanyId) -> Vec<String> {
    let due = store.notices_due(company, now(), 100).await.unwrap();
    due.into_iter().map(|it| it.notice.id).collect()
}

pub(super) async fn a_status_change_is_added_with_every_fact_of_a_company_that_has_records_and_of_no_other(
    store: Store,
) {
    let fixture = Fixture::open(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    let before = fixture.mail().await.id;
    store.add_events(before, &[event("queued")]).await.unwrap();
    assert_eq!(store.records_due(now()).await.unwrap(), [], "no records");
    assert_eq!(fixture.admin().records().await.unwrap(), None);
    fixture.admin().set_records(Some(&erp())).await.unwrap();
    assert_eq!(fixture.admin().records().await.unwrap().map(|it| it.place), Some(erp()));
    assert_eq!(store.status_changes(company, now(), 10).await.unwrap(), [], "what was before is not told");

    let mail = fixture.mail().await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(store));
    let lease = Duration::from_secs(60);
    store.claim(&lease_owner, fixture.account.id, Pace::default(), 9, now(), lease).await.unwrap();
    let attempt = journal.begin(mail.id, &new_attempt(fixture.account.id), &lease_owner).await.unwrap();
    assert_eq!(store.status_changes(company, now(), 10).await.unwrap(), [], "an attempt changes no status");
    let accepted = event("accepted");
    let sent = Some(StateChange::of(&lease_owner, QueueState::Sent));
    journal
        .finish(attempt, &completion(AttemptResult::Accepted), std::slice::from_ref(&accepted), sent)
        .await
        .unwrap();
    let found = store.status_changes(company, now(), 10).await.unwrap();
    let [change] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (change.mail, &change.rcpt_to, &change.events),
        (mail.id, &mail.message.rcpt_to, &vec![accepted.clone()])
    );
    assert_eq!((&change.document, change.last_notified.len()), (&mail.document, 0));
    assert_eq!(store.records_due(now()).await.unwrap(), [company]);

    // Others come during the review: it stays due. A fact that is known is no news.
    store.add_events(mail.id, &[event("delivered")]).await.unwrap();
    let mut notified = notice("n1", "F-2026-001", "in-transit");
    notified.mail = Some(mail.id);
    settle(store, change, &[notified.clone()], None).await;
    let again = store.status_changes(company, now(), 10).await.unwrap();
    assert_eq!((again[0].version, again[0].events.len()), (change.version + 1, 2));
    let known = LastNotified { recipient: "E@Example.com".into(), status: "in-transit".into(), times: 1 };
    assert_eq!(again[0].last_notified, [known]);
    store.add_events(mail.id, &[event("delivered")]).await.unwrap();
    let later = now() + chrono::Duration::days(25);
    settle(store, &again[0], &[], Some(later)).await;
    assert_eq!(store.status_changes(company, now(), 10).await.unwrap(), []);
    assert_eq!(store.status_changes(company, later, 10).await.unwrap().len(), 1, "looked at again, later");
    store.add_events(mail.id, &[event("opened")]).await.unwrap();
    assert_eq!(
        store.status_changes(company, now(), 10).await.unwrap().len(),
        1,
        "a status change does not wait for that"
    );

    // Next door has no records.
    let theirs = new_mail(fixture.theirs.id);
    store.user_store(&fixture.eve).enqueue(std::slice::from_ref(&theirs), &Order::default()).await.unwrap();
    store.add_events(theirs.id, &[event("accepted")]).await.unwrap();
    assert_eq!(store.status_changes(fixture.next_door.id, now(), 10).await.unwrap(), []);
    assert!(!store.notify(fixture.next_door.id, &notice("n1", "1", "read")).await.unwrap(), "nobody to tell");

    // Without records what waited is forgotten, and what was told is not.
    came(store, company, "n1", NotificationResult::Delivered).await;
    assert!(store.notify(company, &notice("n2", "1", "read")).await.unwrap());
    fixture.admin().set_records(None).await.unwrap();
    assert_eq!(store.status_changes(company, later, 10).await.unwrap(), []);
    let left = fixture.admin().notices(&NoticeFilter { limit: 9, ..NoticeFilter::default() }).await.unwrap();
    assert_eq!(left.iter().map(|it| it.notice.id.as_str()).collect::<Vec<_>>(), ["n1"]);
}

pub(super) async fn notices_are_told_in_order_for_each_document_and_once_per_id(store: Store) {
    let fixture = with_records(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    for (id, number) in [("a1", "A"), ("b1", "B"), ("a2", "A"), ("a1", "C"), ("b2", "B")] {
        let new = store.notify(company, &notice(id, number, "in-transit")).await.unwrap();
        assert_eq!(new, (id, number) != ("a1", "C"), "{id}");
    }
    assert_eq!(ids_due(store, company).await, ["a1", "b1"]);
    let first = store.notices_due(company, now(), 1).await.unwrap();
    let mut expected = notice("a1", "A", "in-transit");
    expected.reason = Some("250 2.0.0 queued \u{fffd} \u{1f4e6}".into());
    assert_eq!((&first[0].notice, first[0].tries), (&expected, 0));
    came(store, company, "a1", NotificationResult::Delivered).await;
    assert_eq!(ids_due(store, company).await, ["b1", "a2"]);
    // One that has to wait holds up its own document and no other.
    came(
        store,
        company,
        "b1",
        NotificationResult::Later(now() + chrono::Duration::hours(1), "500 oh".into()),
    )
    .await;
    assert_eq!(ids_due(store, company).await, ["a2"]);
    came(store, company, "a2", NotificationResult::Refused("422 never".into())).await;
    assert_eq!(ids_due(store, company).await, Vec::<String>::new());
    let open = NoticeFilter { open: true, limit: 9, ..NoticeFilter::default() };
    let listed = fixture.admin().notices(&open).await.unwrap();
    let listed: Vec<_> =
        listed.iter().map(|it| (it.notice.id.as_str(), it.state, it.tries, it.words.as_deref())).collect();
    let wanted = [
        ("b2", NoticeState::Waiting, 0, None),
        ("a2", NoticeState::Refused, 1, Some("422 never")),
        ("b1", NoticeState::Waiting, 1, Some("500 oh")),
    ];
    assert_eq!(listed, wanted);
    assert_eq!(fixture.admin().notify_again().await.unwrap(), 3);
    assert_eq!(ids_due(store, company).await, ["b1", "a2"]);
    // What was told stays told.
    came(store, company, "a1", NotificationResult::Later(now(), "late".into())).await;
    let subject = NoticeFilter { document: Some("A".into()), limit: 9, ..NoticeFilter::default() };
    let subject = fixture.admin().notices(&subject).await.unwrap();
    assert_eq!(
        subject.iter().map(|it| it.state).collect::<Vec<_>>(),
        [NoticeState::Waiting, NoticeState::Delivered]
    );

    let address = Notice {
        document: None,
        partner: Some("Bakkerij".into()),
        kind: NoticeKind::Address { name: Some("Jo".into()) },
        reason: None,
        ..notice("address", "", "")
    };
    let payment = Notice {
        kind: NoticeKind::Payment { amount: "121.00".into(), currency: "EUR".into() },
        ..notice("payment", "P", "")
    };
    for one in [&address, &payment] {
        assert!(store.notify(company, one).await.unwrap());
        assert!(!store.notify(company, one).await.unwrap(), "the same id again");
    }
    let due = store.notices_due(company, now(), 100).await.unwrap();
    assert!(due.iter().any(|it| it.notice == address), "{due:?}");
    assert!(due.iter().any(|it| it.notice.kind == payment.kind), "{due:?}");
}

pub(super) async fn one_lease_owner_notifies_a_company_at_a_time_and_a_dead_one_leaves_nothing(store: Store) {
    let fixture = with_records(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    store.notify(company, &notice("n", "1", "read")).await.unwrap();
    let (one, two) = (LeaseOwner::new("worker"), LeaseOwner::new("worker"));
    let lease = Duration::from_secs(60);
    let hold = async |lease_owner: &LeaseOwner, at| {
        store.lease_records(company, lease_owner, at, lease).await.unwrap()
    };
    assert!(hold(&one, now()).await);
    assert!(hold(&one, now()).await, "its own");
    assert!(!hold(&two, now()).await, "somebody else's");
    assert_eq!(store.records_due(now()).await.unwrap(), []);
    let later = now() + chrono::Duration::seconds(61);
    assert_eq!(store.records_due(later).await.unwrap(), [company], "the lease has ended");
    assert!(hold(&two, later).await);
    // An owner that has lost it changes nothing.
    store.release_records(company, &one, &Pause::Until(later, "late".into())).await.unwrap();
    assert_eq!(fixture.admin().records().await.unwrap().unwrap().tries, 0);
    let pause = Pause::Until(now() + chrono::Duration::minutes(1), "no answer".into());
    store.release_records(company, &two, &pause).await.unwrap();
    assert_eq!(store.records_due(now()).await.unwrap(), [], "it did not answer");
    let row = fixture.admin().records().await.unwrap().unwrap();
    assert_eq!((row.tries, row.words.as_deref()), (1, Some("no answer")));
    assert!(hold(&one, later).await);
    store.release_records(company, &one, &Pause::None).await.unwrap();
    assert_eq!(fixture.admin().records().await.unwrap().unwrap().tries, 0);
    assert_eq!(store.records_due(now()).await.unwrap(), [company]);
    assert!(!store.lease_records(fixture.next_door.id, &one, now(), lease).await.unwrap(), "no records");
}

pub(super) async fn a_person_is_erased_in_notices_too_and_a_company_takes_them_with_it(store: Store) {
    let fixture = with_records(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    store.lend_pseudonym_key(vec![7; 32].into());
    let mail = fixture.mail().await;
    let words = Some("<E@Example.com>: no such user".to_owned());
    let notified =
        Notice { mail: Some(mail.id), reason: words.clone(), ..notice("delivered", "1", "failed") };
    let address = |id: &str| Notice {
        document: None,
        kind: NoticeKind::Address { name: Some("Erika Muster".into()) },
        ..notice(id, "", "")
    };
    for one in [&notified, &address("known"), &address("waiting")] {
        store.notify(company, one).await.unwrap();
    }
    came(store, company, "known", NotificationResult::Delivered).await;
    came(store, company, "delivered", NotificationResult::Later(now(), "e@example.com is nobody".into()))
        .await;
    fixture.admin().erase(&parse("e@example.com"), now()).await.unwrap();
    let all = NoticeFilter { limit: 9, ..NoticeFilter::default() };
    let left = fixture.admin().notices(&all).await.unwrap();
    assert_eq!(left.len(), 2, "an address that nobody heard of is withdrawn: {left:?}");
    let text = format!("{left:?}").to_lowercase();
    for word in ["e@example.com", "erika"] {
        assert!(!text.contains(word), "{word} is in {text}");
    }

    let owner = SecretOwner::Company(company);
    let key = |owner| SealedSecret {
        owner,
        kind: SecretKind::RecordsKey,
        keys: vec![WrappedKey { master_key: "k".into(), wrapped_key: vec![1] }],
        sealed: vec![2],
        version: 0,
    };
    store.begin_master_key("k").await.unwrap();
    store.put_sealed(&key(owner), None, None).await.unwrap();
    assert_eq!(store.sealed(owner, SecretKind::RecordsKey).await.unwrap().map(|it| it.owner), Some(owner));
    let stranger = SecretOwner::Company(fixture.next_door.id);
    assert_eq!(store.sealed(stranger, SecretKind::RecordsKey).await.unwrap(), None);
    store.remove_company(company).await.unwrap();
    for table in ["records", "status_changes", "notices", "secrets"] {
        let sql = format!("select count(*) from {table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&store.pool).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let gone = StoreError::NoSuchCompany(company.to_string());
    assert_eq!(store.put_sealed(&key(owner), None, None).await.unwrap_err(), gone);
    assert_eq!(fixture.admin().set_records(Some(&erp())).await.unwrap_err(), gone);
}

//! What is erased occurs nowhere any more, and every count is as it was; what is old enough is emptied, and nothing else.

use super::fixture::{Fixture, at, completion, event, new_attempt, new_mail, parse};
use crate::*;
use chrono::Duration;
use std::collections::BTreeMap;

const PERSON: &str = "Jan.Peeters@example.com";
const NAME: &str = "Jan Peeters";

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

fn to_person(fixture: &Fixture, number: &str) -> NewMail {
    let mut mail = new_mail(fixture.account.id);
    let document = mail.document.as_mut().unwrap();
    document.number = number.to_owned();
    document.partner = NAME.into();
    mail.subject = format!("For {NAME}");
    mail.recipients[0].party = Party { name: Some(NAME.into()), address: PERSON.into() };
    mail.message.rcpt_to[0] = PERSON.into();
    mail.message.pieces.push(Piece::Text(format!("To: {NAME} <{PERSON}>")));
    mail
}

async fn counts(fixture: &Fixture) -> (Vec<Count>, BTreeMap<String, usize>) {
    let filter = Filter { limit: 1_000, ..Filter::default() };
    let mut documents = BTreeMap::new();
    for listed in fixture.admin().listed(&filter).await.unwrap() {
        *documents.entry(listed.mail.document.unwrap().number).or_default() += 1;
    }
    (fixture.admin().counts(None).await.unwrap(), documents)
}

/// Everything in the database, as text.
async fn everything(store: &Store) -> String {
    let mut all = String::new();
    for sql in [
        "select coalesce(subject, '') || coalesce(partner, '') || recipients || rcpt_to || coalesce(from_name, '') from mails",
        "select coalesce(recipient, '') || coalesce(words, '') from events",
        "select coalesce(detail, '') from attempts",
        "select coalesce(reason, '') from outbox",
        "select address_key || address || coalesce(words, '') from suppressions",
        "select actor || coalesce(detail, '') from audit",
        "select name from files",
    ] {
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&store.pool).await.unwrap();
        all.extend(rows);
    }
    all
}

/// Sent, failed, waiting, held and in doubt, with everything that servers say about a person.
async fn history(fixture: &Fixture) -> Vec<MailId> {
    let mails: Vec<NewMail> = ["1", "2", "3", "4", "5"].iter().map(|it| to_person(fixture, it)).collect();
    fixture.user_store().enqueue(&mails, &Order::default()).await.unwrap();
    let ids: Vec<MailId> = mails.iter().map(|it| it.id).collect();
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let lease = std::time::Duration::from_secs(60);
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 50, now(), lease).await.unwrap();
    let words = Some(format!("<{}>: no such user, {NAME}", PERSON.to_lowercase()));
    for (mail, result, queue_state) in [
        (ids[0], AttemptResult::Accepted, QueueState::Sent),
        (ids[1], AttemptResult::Permanent, QueueState::Failed { reason: words.clone().unwrap() }),
        (
            ids[4],
            AttemptResult::InDoubt { interrupted: false },
            QueueState::InDoubt { reason: words.clone().unwrap() },
        ),
    ] {
        let attempt = journal.begin(mail, &new_attempt(fixture.account.id), &lease_owner).await.unwrap();
        let notified =
            Event { recipient: Some(PERSON.to_uppercase()), words: words.clone(), ..event("refused") };
        let completion = Completion { detail: words.clone(), ..completion(result) };
        let settle = Some(StateChange::of(&lease_owner, queue_state));
        journal.finish(attempt, &completion, &[notified], settle).await.unwrap();
    }
    let held = QueueState::Held { cause: WaitReason::User, reason: format!("{PERSON} is not written to") };
    journal.change_state(ids[3], &lease_owner, held).await.unwrap();
    fixture.store.release_leases("worker", now()).await.unwrap();
    let new = NewSuppression {
        address: PERSON.into(),
        kind: SuppressionKind::HardBounce,
        since: now(),
        mail: Some(ids[1]),
        code: Some("5.1.1".into()),
        words,
        source: "smtp".into(),
    };
    fixture.store.suppress(fixture.company.id, &new).await.unwrap();
    ids
}

pub(super) async fn an_erased_person_occurs_nowhere_and_every_count_stays(store: Store) {
    let fixture = Fixture::open(store).await;
    let ids = history(&fixture).await;
    let mut other = new_mail(fixture.account.id);
    other.message.rcpt_to = vec!["ajan.peeters@example.com".into()];
    fixture.enqueue(&other).await.unwrap();
    let before = counts(&fixture).await;
    let address = parse(PERSON);
    let admin = fixture.admin();
    let refused = admin.erase(&address, now()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Invalid { what: "erase", .. }), "without a key: {refused}");
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    for own in ["lotte@ateliernord.example", "office@ateliernord.example"] {
        let refused = admin.erase(&parse(own), now()).await.unwrap_err();
        assert!(refused.to_string().contains("change or remove"), "{refused}");
    }
    let erased = admin.erase(&address, now()).await.unwrap();
    assert_eq!((erased.mails, erased.suppressions, erased.left.len()), (5, 1, 0), "{erased:?}");
    let cancelled: Vec<String> = [ids[2], ids[3]].iter().map(ToString::to_string).collect();
    assert_eq!(erased.cancelled, cancelled, "what had certainly not left");
    let all = everything(&fixture.store).await;
    for word in [PERSON, NAME, &PERSON.to_lowercase(), &PERSON.to_uppercase()] {
        assert!(!all.replace("ajan.peeters@example.com", "").contains(word), "{word} is in {all}");
    }
    let after = counts(&fixture).await;
    assert_eq!(after.1, before.1, "by document");
    let total = |counts: &[Count]| counts.iter().map(|it| it.mails).sum::<u64>();
    assert_eq!(total(&after.0), total(&before.0));
    let of = |state: &str| after.0.iter().find(|it| it.state == state).map(|it| it.mails);
    let wanted = [("sent", Some(1)), ("failed", Some(1)), ("cancelled", Some(3)), ("ready", Some(1))];
    for (state, mails) in wanted {
        assert_eq!(of(state), mails, "{state}");
    }
    let stored = fixture.store.mail(ids[0]).await.unwrap();
    assert_eq!(stored.mail.message.rcpt_to, [erased.pseudonym.clone(), "lotte@ateliernord.example".into()]);
    assert_eq!(stored.events[0].recipient.as_ref(), Some(&erased.pseudonym));
    assert_eq!((stored.mail.files.len(), stored.mail.message.pieces.len()), (0, 0));
    assert_eq!(fixture.store.mail(other.id).await.unwrap().mail.message, other.message, "somebody else's");
    // It holds on, in any spelling, until a person releases it.
    let spelled = [PERSON.to_uppercase()];
    assert_eq!(fixture.store.suppressed(fixture.company.id, &spelled).await.unwrap().len(), 1);
    assert_eq!(fixture.store.release(fixture.company.id, PERSON, "lotte", now()).await.unwrap(), 1);
    assert_eq!(fixture.store.suppressed(fixture.company.id, &spelled).await.unwrap(), []);
    let again = admin.erase(&address, now()).await.unwrap();
    assert_eq!((again.mails, again.cancelled.len()), (0, 0), "and again: {again:?}");
}

pub(super) async fn nothing_is_erased_while_a_mail_is_leaving(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    fixture.enqueue(&to_person(&fixture, "1")).await.unwrap();
    let (lease_owner, lease) = (LeaseOwner::new("worker"), std::time::Duration::from_secs(60));
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 50, now(), lease).await.unwrap();
    let busy = fixture.admin().erase(&parse(PERSON), now()).await.unwrap_err();
    assert!(busy.is_transient() && busy.to_string().contains("leaving"), "{busy}");
    assert!(everything(&fixture.store).await.contains(PERSON), "all or nothing");
}

pub(super) async fn mails_that_ended_long_ago_lose_their_content_and_no_others(store: Store) {
    let fixture = Fixture::open(store).await;
    let ids = history(&fixture).await;
    let before = counts(&fixture).await;
    let events = fixture.store.mail(ids[0]).await.unwrap().events;
    let in_days = |days: i64| now() + Duration::days(days);
    assert_eq!(fixture.store.apply_retention(in_days(9_999)).await.unwrap(), 0, "kept for ever");
    assert!(fixture.admin().set_retention(Some(0)).await.is_err());
    fixture.admin().set_retention(Some(30)).await.unwrap();
    assert_eq!(fixture.admin().retention().await.unwrap(), Some(30));
    assert_eq!(fixture.store.apply_retention(in_days(29)).await.unwrap(), 0, "not yet");
    assert_eq!(fixture.store.apply_retention(in_days(31)).await.unwrap(), 2, "the one sent, the one failed");
    assert_eq!(fixture.store.apply_retention(in_days(31)).await.unwrap(), 0, "once");
    assert_eq!(counts(&fixture).await, before);
    let emptied = fixture.store.mail(ids[0]).await.unwrap();
    let mail = &emptied.mail;
    assert_eq!((mail.subject.as_str(), mail.files.len(), mail.message.pieces.len()), ("", 0, 0));
    assert_eq!((&mail.from.name, &mail.recipients[0].party.name), (&None, &None));
    assert_eq!(mail.message.rcpt_to[0], PERSON, "each address has a status");
    assert_eq!((emptied.events, emptied.attempts.len()), (events, 1));
    assert!(mail.message.message_id.starts_with("sha256:"), "{}", mail.message.message_id);
    assert_eq!(fixture.store.mail(ids[2]).await.unwrap().mail.files.len(), 2, "it waits to be sent");
    let (lease_owner, lease) = (LeaseOwner::new("command"), std::time::Duration::from_secs(60));
    let gone = fixture.user_store().take(&lease_owner, ids[1], now(), lease).await.unwrap_err();
    assert!(gone.to_string().contains("content was removed"), "{gone}");
    // What other mails carry stays; what no mail carries goes.
    let stored = "select count(*) from contents";
    let count: i64 = sqlx::query_scalar(stored).fetch_one(&fixture.store.pool).await.unwrap();
    assert_eq!(count, 1);
    for id in &ids[2..] {
        fixture.user_store().apply_command(*id, MailCommand::Cancel, now()).await.unwrap();
    }
    assert_eq!(fixture.store.apply_retention(in_days(32)).await.unwrap(), 3);
    let count: i64 = sqlx::query_scalar(stored).fetch_one(&fixture.store.pool).await.unwrap();
    assert_eq!(count, 0);
    let log = fixture.admin().audit(&AuditFilter { limit: 1, ..AuditFilter::default() }).await.unwrap();
    assert_eq!((log[0].actor.as_str(), log[0].action.as_str()), ("retention", "emptied"));
    assert_eq!(at("2026-11-23T10:00:00.123456+01:00"), mail.created, "dates stay");
}

#[tokio::test]
async fn what_was_erased_is_in_no_byte_of_the_file_or_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fixture = Fixture::open(Store::open(&Location::file(&path)).await.unwrap()).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    history(&fixture).await;
    let found = |word: &str| {
        let (mut places, word) = (Vec::new(), word.to_lowercase());
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap().path();
            let bytes = std::fs::read(&file).unwrap().to_ascii_lowercase();
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                places.push(file);
            }
        }
        places
    };
    assert!(!found(PERSON).is_empty(), "the test can find it");
    fixture.admin().erase(&parse(PERSON), now()).await.unwrap();
    assert!(fixture.store.scrub().await.unwrap());
    for word in [PERSON, NAME] {
        assert_eq!(found(word), Vec::<std::path::PathBuf>::new(), "{word}");
    }
}

//! Mails that are claimed by the program that enqueued them.

use super::fixture::{Fixture, LEASE, at, completion, event, new_attempt, new_mail, parse};
use super::matrix::now;
use crate::*;
use std::collections::BTreeMap;

/// Reads what this program knows of mails, and hands it over.
async fn known(fixture: &Fixture, ids: &[MailId]) -> BTreeMap<MailId, Mail> {
    let mut connection = fixture.store.pool.acquire().await.unwrap();
    fixture.store.recent.as_they_are(&mut connection, ids).await.unwrap()
}

pub(super) async fn a_mail_that_was_enqueued_here_is_claimed_as_it_would_be_read(store: Store) {
    let fixture = Fixture::open(store).await;
    let before = fixture.mail().await;
    let _claiming = fixture.store.claiming();
    let mut zeros = new_mail(fixture.account.id);
    zeros.subject = "a zero \0 is not stored".to_owned();
    let mut fine = new_mail(fixture.account.id);
    fine.created = at("2026-11-23T10:00:00.123456789+01:00");
    for mail in [&zeros, &fine] {
        fixture.enqueue(mail).await.unwrap();
    }
    let pace = Pace::default();
    let claimed = fixture
        .store
        .claim_with_mails(&fixture.lease_owner, fixture.account.id, pace, 10, now(), LEASE)
        .await
        .unwrap();
    let mut ids = vec![before.id, zeros.id, fine.id];
    ids.sort_unstable();
    assert_eq!(claimed.ids, ids);
    // What is not stored as it came is read, and what was enqueued before a worker claimed.
    assert_eq!(claimed.known.keys().collect::<Vec<_>>(), [&fine.id]);
    let read = fixture.store.mails(&ids).await.unwrap();
    assert_eq!(fixture.store.claimed_mails(claimed).await.unwrap(), read);
}

pub(super) async fn a_mail_is_handed_over_once_and_while_a_worker_claims(store: Store) {
    let fixture = Fixture::open(store).await;
    let claiming = fixture.store.claiming();
    let (first, second) = (fixture.mail().await, fixture.mail().await);
    assert_eq!(known(&fixture, &[first.id]).await[&first.id].mail, first);
    assert_eq!(known(&fixture, &[first.id]).await.len(), 0);
    drop(claiming);
    assert_eq!(known(&fixture, &[second.id]).await.len(), 0);
    let third = fixture.mail().await;
    let _claiming = fixture.store.claiming();
    assert_eq!(known(&fixture, &[third.id]).await.len(), 0, "no worker claimed when it was enqueued");
}

pub(super) async fn what_happened_to_a_mail_since_it_was_enqueued_is_read(store: Store) {
    let fixture = Fixture::open(store).await;
    let _claiming = fixture.store.claiming();
    let (attempted, relayed) = (fixture.mail().await, fixture.mail().await);
    let mut erased = new_mail(fixture.account.id);
    let person = "gone@example.com".to_owned();
    erased.recipients = vec![Recipient::new("to", Party { name: None, address: person.clone() })];
    erased.message.rcpt_to = vec![person.clone()];
    fixture.enqueue(&erased).await.unwrap();
    let attempt = fixture.begin(attempted.id, &new_attempt(fixture.account.id)).await.unwrap();
    fixture.finish(attempt, &completion(AttemptResult::Transient(None)), &[]).await;
    fixture.store.add_events(relayed.id, &[event("relayed")]).await.unwrap();
    assert_eq!(known(&fixture, &[attempted.id, relayed.id]).await.len(), 0);
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    fixture.admin().erase(&parse(&person), now()).await.unwrap();
    assert_eq!(known(&fixture, &[erased.id]).await.len(), 0);
}

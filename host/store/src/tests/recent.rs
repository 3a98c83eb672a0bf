//! Mails that are claimed by the program that enqueued them.

use super::fixture::{Fixture, at, completion, event, new_attempt, new_mail, parse};
use crate::*;

/// Changes a mail in the store alone, which shows in a mail that is read back.
async fn changed_behind_it(fixture: &Fixture, mail: &NewMail) {
    let statement = sqlx::query("update mails set subject = 'changed behind it' where id = $1");
    let statement = statement.bind(mail.id.to_string());
    fixture.store.write_one(statement).await.unwrap();
}

pub(super) async fn a_mail_that_was_enqueued_here_is_claimed_as_it_would_be_read(store: Store) {
    let fixture = Fixture::open(store).await;
    let before = fixture.mail().await;
    let claiming = fixture.store.claiming();
    let mut zeros = new_mail(fixture.account.id);
    zeros.subject = "a zero \0 is not stored".to_owned();
    let mut fine = new_mail(fixture.account.id);
    fine.created = at("2026-11-23T10:00:00.123456789+01:00");
    for mail in [&zeros, &fine] {
        fixture.enqueue(mail).await.unwrap();
    }
    for mail in [&before, &fine, &zeros] {
        let claimed = fixture.store.claimed_mails(&[mail.id]).await.unwrap();
        assert_eq!(claimed, fixture.store.mails(&[mail.id]).await.unwrap());
        assert_eq!(claimed.len(), 1);
    }
    drop(claiming);
}

pub(super) async fn a_mail_that_was_enqueued_here_is_not_read_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let claiming = fixture.store.claiming();
    let (first, second) = (fixture.mail().await, fixture.mail().await);
    changed_behind_it(&fixture, &first).await;
    let claimed = fixture.store.claimed_mails(&[first.id, second.id]).await.unwrap();
    assert_eq!(claimed.iter().map(|it| it.mail.clone()).collect::<Vec<_>>(), [first.clone(), second]);
    // Handed over once.
    let again = fixture.store.claimed_mails(&[first.id]).await.unwrap();
    assert_eq!(again[0].mail.subject, "changed behind it");
    let third = fixture.mail().await;
    drop(claiming);
    changed_behind_it(&fixture, &third).await;
    let claimed = fixture.store.claimed_mails(&[third.id]).await.unwrap();
    assert_eq!(claimed[0].mail.subject, "changed behind it", "no worker claims any more");
}

pub(super) async fn what_happened_to_a_mail_since_it_was_enqueued_is_read(store: Store) {
    let fixture = Fixture::open(store).await;
    let _claiming = fixture.store.claiming();
    let (attempted, relayed, erased) = (fixture.mail().await, fixture.mail().await, fixture.mail().await);
    let attempt = fixture.begin(attempted.id, &new_attempt(fixture.account.id)).await.unwrap();
    fixture.finish(attempt, &completion(AttemptResult::Transient(None)), &[]).await;
    fixture.store.add_events(relayed.id, &[event("relayed")]).await.unwrap();
    let ids = [attempted.id, relayed.id];
    let claimed = fixture.store.claimed_mails(&ids).await.unwrap();
    assert_eq!(claimed, fixture.store.mails(&ids).await.unwrap());
    assert_eq!((claimed[0].attempts.len(), claimed[1].events.len()), (1, 1));
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let now = chrono::Local::now().fixed_offset();
    fixture.admin().erase(&parse(&erased.message.rcpt_to[0]), now).await.unwrap();
    let claimed = fixture.store.claimed_mails(&[erased.id]).await.unwrap();
    assert_eq!(claimed, fixture.store.mails(&[erased.id]).await.unwrap());
    assert_ne!(claimed[0].mail.message.rcpt_to, erased.message.rcpt_to);
}

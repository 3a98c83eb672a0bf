//! Batches: found by a name, seen by those who may use their account, counted, and held or cancelled as one.

use super::fixture::{Fixture, LEASE, completion, new_account, new_mail, parse};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset};
use postroom_model::Name;
use std::collections::BTreeSet;

fn now() -> DateTime<FixedOffset> {
    "2026-11-30T10:00:00+01:00".parse().unwrap()
}

fn invoice(fixture: &Fixture, number: &str) -> NewMail {
    let mut mail = new_mail(fixture.account.id);
    mail.document.as_mut().unwrap().number = number.to_owned();
    NewMail { revision: Some("1".into()), created: now(), ..mail }
}

/// Mails of a batch, `F-0` and so on.
async fn filled(fixture: &Fixture, name: &Name, count: usize) -> (BatchId, Vec<MailId>) {
    let batch = fixture.user_store().open_batch(fixture.account.id, name, now()).await.unwrap();
    let mails: Vec<NewMail> = (0..count).map(|number| invoice(fixture, &format!("F-{number}"))).collect();
    let order = Order { batch: Some(batch), ..Order::default() };
    let enqueued = fixture.user_store().enqueue(&mails, &order).await.unwrap();
    (batch, enqueued.into_iter().map(Enqueued::id).collect())
}

/// Takes a mail, makes one attempt, and puts the mail there.
async fn ended(fixture: &Fixture, mail: MailId, result: AttemptResult, queue_state: QueueState) {
    let attempt = fixture.attempt(mail).await;
    let settle = Some(StateChange::of(&fixture.lease_owner, queue_state));
    fixture.journal.finish(attempt, &completion(result), &[], settle).await.unwrap();
}

fn failed() -> QueueState {
    QueueState::Failed { reason: "refused".into() }
}

pub(super) async fn a_batch_is_one_account_s_and_is_found_by_its_name_in_any_case(store: Store) {
    let fixture = Fixture::open(store).await;
    let name: Name = parse("November, Straße");
    let (batch, _) = filled(&fixture, &name, 2).await;
    let again =
        fixture.user_store().open_batch(fixture.account.id, &parse("NOVEMBER, straße"), now()).await.unwrap();
    assert_eq!(again, batch, "it is joined");
    let spare = fixture.admin().add_account(&new_account("spare")).await.unwrap();
    let marc = fixture.store.user_store(&fixture.marc);
    fixture.admin().grant(spare.id, fixture.marc.id).await.unwrap();
    fixture.admin().grant(spare.id, fixture.lotte.id).await.unwrap();
    // Another account's batch of the same name is another one.
    let other = marc.open_batch(spare.id, &name, now()).await.unwrap();
    assert_ne!(other, batch);
    let called = |found: Result<Vec<Batch>, StoreError>| -> Vec<BatchId> {
        found.unwrap().iter().map(|it| it.id).collect()
    };
    for text in ["november, straße", " November, Straße ", "NOVEMBER, STRAßE"] {
        assert_eq!(called(fixture.user_store().batches_called(text).await), [other, batch], "{text}");
        assert_eq!(called(fixture.admin().batches_called(text).await), [other, batch], "{text}");
        assert_eq!(called(marc.batches_called(text).await), [other], "{text}");
        let eve = fixture.store.user_store(&fixture.eve);
        assert_eq!(called(eve.batches_called(text).await), [], "{text}");
        let next_door = fixture.store.company_store(fixture.next_door.id);
        assert_eq!(called(next_door.batches_called(text).await), [], "{text}");
    }
    assert_eq!(called(fixture.user_store().batches_called(&batch.to_string()).await), [batch], "by its id");
    assert_eq!(called(marc.batches_called(&batch.to_string()).await), []);
    // One without mails is not worth a row.
    let (listed, counts) = fixture.user_store().batches(None, 10).await.unwrap().remove(0);
    assert_eq!((listed.id, listed.user.as_deref(), counts.all()), (batch, Some("lotte"), 2));
    assert_eq!((listed.account_name.as_str(), listed.name.as_str()), ("office", name.as_str()));
    assert_eq!(marc.batches(None, 10).await.unwrap(), []);
    fixture.admin().remove_user(fixture.lotte.id).await.unwrap();
    let (listed, _) = fixture.admin().batches(None, 10).await.unwrap().remove(0);
    assert_eq!(listed.user, None, "a user who is gone");
}

pub(super) async fn many_who_open_a_batch_of_one_name_at_once_open_one(store: Store) {
    let fixture = Fixture::open(store).await;
    let opened = (0..8).map(|_| {
        let (store, user, account) = (fixture.store.clone(), fixture.lotte.clone(), fixture.account.id);
        tokio::spawn(
            async move { store.user_store(&user).open_batch(account, &parse("november"), now()).await },
        )
    });
    let mut batches = BTreeSet::new();
    for task in opened.collect::<Vec<_>>() {
        batches.insert(task.await.unwrap().unwrap());
    }
    assert_eq!(batches.len(), 1);
}

pub(super) async fn a_batch_is_counted_by_where_its_mails_are_and_what_was_sent_again_once(store: Store) {
    let fixture = Fixture::open(store).await;
    let name: Name = parse("november");
    let (batch, mails) = filled(&fixture, &name, 8).await;
    let later = now() + Duration::days(900);
    let waits = |cause| QueueState::Ready { due: later, waits: Some((cause, "later".into())) };
    let transient = AttemptResult::Transient(None);
    ended(&fixture, mails[0], transient, waits(WaitReason::Account)).await;
    ended(&fixture, mails[1], transient, waits(WaitReason::Wait)).await;
    ended(&fixture, mails[2], AttemptResult::Accepted, QueueState::Sent).await;
    ended(&fixture, mails[3], AttemptResult::Permanent, failed()).await;
    ended(&fixture, mails[4], transient, QueueState::InDoubt { reason: "who knows".into() }).await;
    fixture.user_store().apply_command(mails[5], MailCommand::Hold, now()).await.unwrap();
    fixture.user_store().apply_command(mails[6], MailCommand::Cancel, now()).await.unwrap();
    let wanted = BatchCounts {
        to_be_sent: 2,
        held: 1,
        waits_for_account: 1,
        sent: 1,
        failed: 1,
        in_doubt: 1,
        cancelled: 1,
    };
    assert_eq!(fixture.user_store().batches(None, 10).await.unwrap()[0].1, wanted);
    assert_eq!(fixture.admin().batches(None, 10).await.unwrap()[0].1, wanted);
    let in_state = |counts: &[Count], state: &str| -> u64 {
        counts.iter().filter(|it| it.state == state).map(|it| it.mails).sum()
    };
    // What failed is asked for again under the same name: the batch has eight documents, as before.
    let again = [invoice(&fixture, "F-3")];
    let order = Order { batch: Some(batch), ..Order::default() };
    let enqueued = fixture.user_store().enqueue(&again, &order).await.unwrap();
    assert_eq!(enqueued, [Enqueued::New(again[0].id)]);
    let counts = fixture.user_store().batches(None, 10).await.unwrap()[0].1;
    assert_eq!(counts, BatchCounts { to_be_sent: 3, failed: 0, ..wanted });
    let counts = fixture.user_store().counts(Some(batch)).await.unwrap();
    assert_eq!(in_state(&counts, "failed"), 0, "{counts:?}");
    let all = fixture.user_store().counts(None).await.unwrap();
    assert_eq!(in_state(&all, "failed"), 1, "the outbox has both: {all:?}");
    // Asked for again in another batch, it is counted in both.
    let (other, _) = filled(&fixture, &parse("december"), 0).await;
    ended(&fixture, again[0].id, AttemptResult::Permanent, failed()).await;
    let third = [invoice(&fixture, "F-3")];
    let order = Order { batch: Some(other), ..Order::default() };
    fixture.user_store().enqueue(&third, &order).await.unwrap();
    let batches = fixture.user_store().batches(None, 10).await.unwrap();
    let counts: Vec<(&str, u64, u64)> =
        batches.iter().map(|(of, it)| (of.name.as_str(), it.to_be_sent, it.failed)).collect();
    assert_eq!(counts, [("december", 1, 0), ("november", 2, 1)]);
    assert_eq!(fixture.user_store().batches(None, 1).await.unwrap().len(), 1);
}

pub(super) async fn a_word_about_a_half_sent_batch_changes_what_has_not_left_and_says_the_rest(store: Store) {
    let fixture = Fixture::open(store).await;
    let (_, mails) = filled(&fixture, &parse("november"), 5).await;
    ended(&fixture, mails[0], AttemptResult::Accepted, QueueState::Sent).await;
    // In a worker's hands at this moment, and one whose last bytes left before its worker fell silent.
    let at = chrono::Local::now().fixed_offset();
    let worker = LeaseOwner::new("worker");
    let user_store = fixture.user_store();
    assert!(user_store.take(&worker, mails[1], at, LEASE).await.unwrap().is_ok());
    let attempt = fixture.attempt(mails[2]).await;
    fixture.journal.release(attempt, &fixture.lease_owner, at).await.unwrap();
    sqlx::query("update outbox set due = 0 where mail = $1")
        .bind(mails[2].to_string())
        .execute(&fixture.store.pool)
        .await
        .unwrap();
    let results = user_store.apply_commands(&mails, MailCommand::Hold, at).await.unwrap();
    let found: Vec<(bool, &str)> = results.iter().map(|it| (it.changed, it.row.label(at))).collect();
    assert_eq!(
        found,
        [(false, "sent"), (false, "sending"), (false, "in doubt"), (true, "held"), (true, "held")]
    );
    let results = user_store.apply_commands(&mails[3..], MailCommand::Release, at).await.unwrap();
    assert!(results.iter().all(|it| it.changed && it.row.label(at) == "queued"), "{results:?}");
    let results = user_store.apply_commands(&mails, MailCommand::Cancel, at).await.unwrap();
    let found: Vec<(bool, &str)> = results.iter().map(|it| (it.changed, it.row.label(at))).collect();
    // Who cancels what is in doubt was told so before.
    assert_eq!(
        found,
        [(false, "sent"), (false, "sending"), (true, "cancelled"), (true, "cancelled"), (true, "cancelled")]
    );
    assert_eq!(user_store.apply_commands(&[], MailCommand::Cancel, at).await.unwrap(), []);
}

pub(super) async fn a_word_about_mails_is_about_all_of_them_or_none(store: Store) {
    let fixture = Fixture::open(store).await;
    let (_, mails) = filled(&fixture, &parse("november"), 2).await;
    let eve = fixture.store.user_store(&fixture.eve);
    let theirs = new_mail(fixture.theirs.id);
    eve.enqueue(std::slice::from_ref(&theirs), &Order::default()).await.unwrap();
    for other in [theirs.id, MailId::new()] {
        let named = [mails[0], other, mails[1]];
        for refused in [
            fixture.user_store().apply_commands(&named, MailCommand::Cancel, now()).await,
            fixture.admin().apply_commands(&named, MailCommand::Cancel, now()).await,
        ] {
            assert_eq!(refused, Err(StoreError::NoSuchMail(other.to_string())));
        }
    }
    let rows = fixture.user_store().outbox_rows(&mails).await.unwrap();
    assert!(rows.values().all(|row| matches!(row.queue_state, QueueState::Ready { .. })), "{rows:?}");
    // Named twice, it is one mail.
    let results = fixture
        .user_store()
        .apply_commands(&[mails[1], mails[0], mails[1]], MailCommand::Hold, now())
        .await
        .unwrap();
    assert_eq!(results.iter().filter(|it| it.changed).count(), 3);
}

pub(super) async fn a_word_about_a_batch_decides_no_doubt_and_keeps_the_times_that_were_asked_for(
    store: Store,
) {
    let fixture = Fixture::open(store).await;
    let name: Name = parse("november");
    let (batch, mails) = filled(&fixture, &name, 4).await;
    let doubt = || QueueState::InDoubt { reason: "who knows".into() };
    ended(&fixture, mails[0], AttemptResult::InDoubt { interrupted: false }, doubt()).await;
    let results = fixture.user_store().apply_commands(&mails, MailCommand::CancelAll, now()).await.unwrap();
    let changed: Vec<bool> = results.iter().map(|it| it.changed).collect();
    assert_eq!(changed, [false, true, true, true]);
    assert_eq!(results[0].row.queue_state, doubt(), "a person decides, by its id");
    assert!(fixture.user_store().apply_command(mails[0], MailCommand::Cancel, now()).await.unwrap().changed);
    // What was to be sent tomorrow is held today, and goes tomorrow.
    let tomorrow = now() + Duration::days(1);
    let later = [invoice(&fixture, "F-8"), invoice(&fixture, "F-9")];
    let order = Order { batch: Some(batch), send_at: Some(tomorrow), ..Order::default() };
    fixture.user_store().enqueue(&later[..1], &order).await.unwrap();
    fixture.user_store().enqueue(&later[1..], &Order { send_at: None, ..order }).await.unwrap();
    let later = later.map(|mail| mail.id);
    let due = |results: &MailCommandResult| match &results.row.queue_state {
        QueueState::Ready { due, .. } => due.timestamp_millis(),
        other => panic!("{other:?}"),
    };
    let untouched =
        fixture.user_store().apply_commands(&later, MailCommand::ReleaseAll, now()).await.unwrap();
    assert!(untouched.iter().all(|it| !it.changed), "they were not held: {untouched:?}");
    fixture.user_store().apply_commands(&later, MailCommand::Hold, now()).await.unwrap();
    let released = fixture.user_store().apply_commands(&later, MailCommand::ReleaseAll, now()).await.unwrap();
    assert!(released.iter().all(|it| it.changed), "{released:?}");
    assert_eq!(
        released.iter().map(due).collect::<Vec<_>>(),
        [tomorrow.timestamp_millis(), now().timestamp_millis()]
    );
    // One by itself goes when its user says so.
    fixture.user_store().apply_command(later[0], MailCommand::Hold, now()).await.unwrap();
    assert_eq!(
        due(&fixture.user_store().apply_command(later[0], MailCommand::Release, now()).await.unwrap()),
        now().timestamp_millis()
    );
    // What may have left since a backup is released by its id alone.
    sqlx::query("update outbox set state = 'held', cause = 'user', reason = 'restored', restored = $1 where mail = $2")
        .bind(now().to_rfc3339())
        .bind(later[1].to_string())
        .execute(&fixture.store.pool)
        .await
        .unwrap();
    let results =
        fixture.user_store().apply_commands(&later[1..], MailCommand::ReleaseAll, now()).await.unwrap();
    assert!(
        !results[0].changed && matches!(results[0].row.queue_state, QueueState::Held { .. }),
        "{results:?}"
    );
    assert!(fixture.user_store().apply_command(later[1], MailCommand::Release, now()).await.unwrap().changed);
}

pub(super) async fn an_id_names_that_batch_whatever_others_are_called(store: Store) {
    let fixture = Fixture::open(store).await;
    let (batch, _) = filled(&fixture, &parse("november"), 1).await;
    let (other, _) = filled(&fixture, &parse(&batch.to_string()), 1).await;
    let found = fixture.user_store().batches_called(&batch.to_string()).await.unwrap();
    assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), [batch]);
    let only = fixture.user_store().batches(Some(other), 10).await.unwrap();
    assert_eq!(only.iter().map(|(it, _)| it.id).collect::<Vec<_>>(), [other]);
}

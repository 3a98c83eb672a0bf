//! The daily limit of an account: nothing is refused, nothing waits longer than it must, and a day never holds more.

use super::fixture::{Fixture, LEASE, completion, event, new_attempt, new_mail};
use crate::attempts::completion::Finishing;
use crate::attempts::lifecycle::{Beginning, begin, finish};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset};

fn now() -> DateTime<FixedOffset> {
    "2026-11-27T10:00:00+01:00".parse().unwrap()
}

/// Mails of one recipient each.
async fn queued(fixture: &Fixture, count: usize) -> Vec<MailId> {
    let mails: Vec<NewMail> = (0..count)
        .map(|_| {
            let mut mail = NewMail { created: now(), ..new_mail(fixture.account.id) };
            mail.message.rcpt_to.truncate(1);
            mail
        })
        .collect();
    fixture.user_store().enqueue(&mails, &Order::default()).await.unwrap();
    mails.into_iter().map(|mail| mail.id).collect()
}

fn limit(per_day: u32) -> Pace {
    Pace { per_day: Some(per_day), ..Pace::default() }
}

async fn claim(
    fixture: &Fixture,
    lease_owner: &LeaseOwner,
    per_day: u32,
    at: DateTime<FixedOffset>,
) -> Vec<MailId> {
    fixture.store.claim(lease_owner, fixture.account.id, limit(per_day), 50, at, LEASE).await.unwrap()
}

/// A mail in hand leaves at this time.
async fn leaves(fixture: &Fixture, lease_owner: &LeaseOwner, mail: MailId, at: DateTime<FixedOffset>) {
    let millis = at.timestamp_millis().try_into().unwrap();
    let random = uuid::Uuid::new_v4().into_bytes();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, random[..10].try_into().unwrap());
    let id: AttemptId = id.into_uuid().to_string().parse().unwrap();
    let attempt = NewAttempt { started: at, ..new_attempt(fixture.account.id) };
    let mut transaction = fixture.store.write().await.unwrap();
    let beginning = Beginning { id, mail, attempt: &attempt, lease_owner };
    begin(&mut transaction, &[beginning]).await.unwrap();
    let (completion, events) = (completion(AttemptResult::Accepted), [event("accepted")]);
    finish(
        &mut transaction,
        &Default::default(),
        &[Finishing { id, completion: &completion, events: &events }],
    )
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    GroupCommitWriter::new(&fixture.store).change_state(mail, lease_owner, QueueState::Sent).await.unwrap();
}

pub(super) async fn a_full_day_puts_mails_off_and_the_oldest_makes_room_for_the_next(store: Store) {
    let fixture = Fixture::open(store).await;
    let (mails, lease_owner) = (queued(&fixture, 6).await, LeaseOwner::new("worker"));
    assert_eq!(claim(&fixture, &lease_owner, 3, now()).await, mails[..3]);
    for (minute, mail) in (0..).zip(&mails[..3]) {
        leaves(&fixture, &lease_owner, *mail, now() + Duration::minutes(minute)).await;
    }
    assert_eq!(
        fixture.user_store().sent_in_a_day(fixture.account.id, now() + Duration::hours(1)).await.unwrap(),
        3
    );
    let later = now() + Duration::minutes(5);
    assert_eq!(claim(&fixture, &lease_owner, 3, later).await, []);
    assert_eq!(fixture.store.due(later).await.unwrap(), [], "nobody looks again before there is room");
    for (minute, mail) in (0..).zip(&mails[3..]) {
        let row = fixture.store.outbox_row(*mail).await.unwrap();
        let until = now() + Duration::hours(24) + Duration::minutes(minute);
        let why = "the account's daily limit of 3 recipients is reached".to_owned();
        assert_eq!(
            row.queue_state,
            QueueState::Ready { due: until, waits: Some((WaitReason::Wait, why)) },
            "{minute}"
        );
        assert_eq!(row.label(later), "waiting");
    }
    let oldest_leaves = now() + Duration::hours(24);
    assert_eq!(claim(&fixture, &lease_owner, 3, oldest_leaves - Duration::milliseconds(1)).await, []);
    assert_eq!(claim(&fixture, &lease_owner, 3, oldest_leaves).await, mails[3..4]);
    // Another account of the same store is not slowed down, and without a limit this one is not either.
    let all = now() + Duration::hours(25);
    let unlimited = fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 50, all, LEASE);
    assert_eq!(unlimited.await.unwrap(), mails[4..]);
}

pub(super) async fn what_is_in_hand_counts_and_puts_nothing_off(store: Store) {
    let fixture = Fixture::open(store).await;
    let (mails, lease_owner) = (queued(&fixture, 5).await, LeaseOwner::new("worker"));
    let taken = claim(&fixture, &lease_owner, 3, now()).await;
    assert_eq!(taken, mails[..3]);
    assert_eq!(claim(&fixture, &LeaseOwner::new("worker"), 3, now()).await, [], "all of it is in hand");
    let row = fixture.store.outbox_row(mails[3]).await.unwrap();
    assert_eq!(row.label(now()), "queued", "it may come back: nothing is put off because of it");
    let again = QueueState::Ready { due: now() + Duration::hours(1), waits: None };
    GroupCommitWriter::new(&fixture.store).change_state(mails[0], &lease_owner, again).await.unwrap();
    assert_eq!(claim(&fixture, &LeaseOwner::new("worker"), 3, now()).await, mails[3..4]);
    // A mail to more people than a day has leaves when nothing else did, and not before.
    let second = Fixture {
        account: fixture.admin().add_account(&super::fixture::new_account("second")).await.unwrap(),
        ..fixture
    };
    second.admin().grant(second.account.id, second.lotte.id).await.unwrap();
    let mut large = NewMail { created: now(), ..new_mail(second.account.id) };
    large.message.rcpt_to = (0..9).map(|it| format!("{it}@example.com")).collect();
    second.enqueue(&large).await.unwrap();
    let small = queued(&second, 1).await;
    assert_eq!(claim(&second, &lease_owner, 3, now()).await, [large.id]);
    leaves(&second, &lease_owner, large.id, now()).await;
    assert_eq!(claim(&second, &lease_owner, 3, now() + Duration::hours(1)).await, []);
    assert_eq!(claim(&second, &lease_owner, 3, now() + Duration::hours(24)).await, small);
}

pub(super) async fn days_of_mails_leave_day_by_day_each_once(store: Store) {
    let fixture = Fixture::open(store).await;
    let (mails, lease_owner) = (queued(&fixture, 70).await, LeaseOwner::new("worker"));
    let (mut left, mut at, mut asked) = (Vec::new(), now(), 0);
    while left.len() < mails.len() && at < now() + Duration::days(5) {
        while !fixture.store.due(at).await.unwrap().is_empty() {
            asked += 1;
            let taken = claim(&fixture, &lease_owner, 20, at).await;
            for mail in taken {
                leaves(&fixture, &lease_owner, mail, at).await;
                left.push((mail, at));
                at += Duration::seconds(1);
            }
        }
        at += Duration::minutes(30);
    }
    let mut sent: Vec<MailId> = left.iter().map(|(mail, _)| *mail).collect();
    assert_eq!(sent, mails, "oldest first");
    sent.dedup();
    assert_eq!(sent.len(), 70);
    for (_, from) in &left {
        let day = left.iter().filter(|(_, at)| (*from..*from + Duration::hours(24)).contains(at)).count();
        assert!(day <= 20, "{day} in the day from {from}");
    }
    let took = left[69].1 - now();
    assert!(took < Duration::hours(76), "70 mails at 20 a day took {took}");
    assert!(asked < 120, "asked {asked} times: put off, not asked for again and again");
}

pub(super) async fn a_clock_gone_back_leaves_no_account_without_room(store: Store) {
    let fixture = Fixture::open(store).await;
    let (mails, lease_owner) = (queued(&fixture, 2).await, LeaseOwner::new("worker"));
    assert_eq!(claim(&fixture, &lease_owner, 1, now()).await, mails[..1]);
    leaves(&fixture, &lease_owner, mails[0], now()).await;
    // What left after this is of another time: a year is not waited for.
    let before = now() - Duration::days(365);
    let early = NewMail { created: before, ..new_mail(fixture.account.id) };
    fixture.enqueue(&early).await.unwrap();
    assert_eq!(claim(&fixture, &lease_owner, 2, before).await, [early.id]);
}

//! A clock that went back, and a store that another version took further: what a worker finds at its start.

use super::fixture::{Fixture, LEASE, at, new_mail};
use crate::*;
use chrono::Duration;

pub(super) async fn a_clock_that_went_back_leaves_no_mail_behind_and_wakes_none_that_sleeps(store: Store) {
    let fixture = Fixture::open(store).await;
    let (now, back) = (at("2026-11-27T10:00:00+01:00"), at("2026-11-20T10:00:00+01:00"));
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let mail = |send_at| {
        let mail = NewMail { created: now, ..new_mail(fixture.account.id) };
        let order = Order { send_at, ..Order::default() };
        let user_store = fixture.user_store();
        async move {
            user_store.enqueue(std::slice::from_ref(&mail), &order).await.unwrap();
            mail.id
        }
    };
    let (fresh, leased, retried) = (mail(None).await, mail(None).await, mail(None).await);
    let scheduled = mail(Some(now + Duration::days(3))).await;
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 9, now, LEASE).await.unwrap();
    let waits = |due| QueueState::Ready { due, waits: Some((WaitReason::Wait, "later".to_owned())) };
    journal.change_state(fresh, &lease_owner, QueueState::Ready { due: now, waits: None }).await.unwrap();
    journal.change_state(retried, &lease_owner, waits(now + Duration::hours(4))).await.unwrap();
    assert_eq!(fixture.store.repair_due_times(now).await.unwrap(), 0, "the clock is right");
    assert_eq!(
        fixture.store.repair_due_times(now - Duration::minutes(5)).await.unwrap(),
        0,
        "machines differ"
    );
    let due = |mail| {
        let store = fixture.store.clone();
        async move {
            match store.outbox_row(mail).await.unwrap().queue_state {
                QueueState::Ready { due, .. } => due,
                other => panic!("{other:?}"),
            }
        }
    };
    // By a day: a wait that may be one is left alone.
    assert_eq!(fixture.store.repair_due_times(now - Duration::days(1)).await.unwrap(), 2);
    assert_eq!(due(retried).await, now + Duration::hours(4));
    assert_eq!(
        fixture.store.repair_due_times(back).await.unwrap(),
        3,
        "those of the day before, and the wait"
    );
    for mail in [fresh, leased, retried] {
        assert_eq!(due(mail).await, back, "{mail}");
    }
    assert_eq!(due(scheduled).await, now + Duration::days(3), "somebody wished it so");
    assert_eq!(fixture.store.repair_due_times(back).await.unwrap(), 0);
    let other = LeaseOwner::new("worker");
    let taken =
        fixture.store.claim(&other, fixture.account.id, Pace::default(), 9, back, LEASE).await.unwrap();
    assert_eq!(taken, [fresh, leased, retried]);
}

pub(super) async fn a_program_goes_on_until_a_migration_says_that_it_must_know_it(store: Store) {
    store.check_version().await.unwrap();
    let known = crate::schema::migrations::KNOWN;
    for (least, check_version) in [(known - 1, true), (known, true), (known + 1, false)] {
        sqlx::query("update compatibility set least = $1").bind(least).execute(&store.pool).await.unwrap();
        match store.check_version().await {
            Ok(()) => assert!(check_version, "{least}"),
            Err(error) => {
                assert_eq!(error, StoreError::SchemaNewer { found: least, known });
                assert!(
                    !check_version && error.to_string().contains("install that version"),
                    "{least}: {error}"
                );
            }
        }
    }
}

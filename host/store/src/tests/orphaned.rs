//! An account that is removed while its mails wait: none of them waits for ever, and each says why.

use super::fixture::{Fixture, LEASE, at, completion, event, new_attempt, new_mail};
use crate::*;

async fn queue_state(fixture: &Fixture, mail: MailId) -> QueueState {
    fixture.store.outbox_row(mail).await.unwrap().queue_state
}

fn is_held_for_good(queue_state: &QueueState) -> bool {
    matches!(queue_state, QueueState::Held { cause: WaitReason::Account, reason }
        if reason.starts_with("its account \"office\" was removed: send the document again"))
}

pub(super) async fn mails_of_a_removed_account_are_held_and_say_so(store: Store) {
    let fixture = Fixture::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let mut mails = Vec::new();
    for send_at in [None, Some(at("2999-01-01T10:00:00+01:00"))] {
        let mail = new_mail(fixture.account.id);
        let order = Order { send_at, ..Order::default() };
        fixture.user_store().enqueue(std::slice::from_ref(&mail), &order).await.unwrap();
        mails.push(mail.id);
    }
    let by_hand = fixture.mail().await.id;
    fixture.user_store().apply_command(by_hand, MailCommand::Hold, now).await.unwrap();
    let cancelled = fixture.mail().await.id;
    fixture.user_store().apply_command(cancelled, MailCommand::Cancel, now).await.unwrap();
    let theirs = new_mail(fixture.theirs.id);
    fixture
        .store
        .user_store(&fixture.eve)
        .enqueue(std::slice::from_ref(&theirs), &Order::default())
        .await
        .unwrap();
    assert_eq!(fixture.admin().remove_account(fixture.account.id).await.unwrap(), 2);
    for mail in &mails {
        let found = queue_state(&fixture, *mail).await;
        assert!(is_held_for_good(&found), "{found:?}");
    }
    assert!(matches!(queue_state(&fixture, by_hand).await, QueueState::Held { cause: WaitReason::User, .. }));
    assert_eq!(queue_state(&fixture, cancelled).await, QueueState::Cancelled);
    assert!(matches!(queue_state(&fixture, theirs.id).await, QueueState::Ready { .. }), "another company's");
    // Released it would wait for ever: the word is refused, and the mail still says why. Cancelled it can be.
    for mail in [mails[0], by_hand] {
        assert!(!fixture.admin().apply_command(mail, MailCommand::Release, now).await.unwrap().changed);
    }
    let taken = fixture.admin().take(&LeaseOwner::new("command"), mails[0], now, LEASE).await;
    assert!(matches!(&taken, Err(StoreError::Invalid { what: "mail", .. })), "by nobody: {taken:?}");
    assert!(is_held_for_good(&queue_state(&fixture, mails[0]).await));
    assert!(fixture.admin().apply_command(mails[0], MailCommand::Cancel, now).await.unwrap().changed);
    let held = fixture.admin().audit(&AuditFilter { limit: 100, ..AuditFilter::default() }).await.unwrap();
    let held = held.iter().filter(|it| it.action == "held" && it.actor == "administrator");
    assert_eq!(held.count(), 2);
}

pub(super) async fn a_mail_in_hand_when_its_account_is_removed_ends_as_its_lease_owner_reports(store: Store) {
    let fixture = Fixture::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let mut mails = Vec::new();
    for _ in 0..4 {
        mails.push(fixture.mail().await.id);
    }
    let taken =
        fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 9, now, LEASE).await.unwrap();
    assert_eq!(taken, mails);
    let [sent, waits, fresh, doubt] = [mails[0], mails[1], mails[2], mails[3]];
    let mut attempts = Vec::new();
    for mail in [sent, waits, doubt] {
        attempts.push(journal.begin(mail, &new_attempt(fixture.account.id), &lease_owner).await.unwrap());
    }
    for attempt in [attempts[0], attempts[2]] {
        journal.release(attempt, &lease_owner, now).await.unwrap();
    }
    let held = fixture.admin().remove_account(fixture.account.id).await.unwrap();
    assert_eq!(held, 2, "those whose last bytes had not left");
    let shut = journal.release(attempts[1], &lease_owner, now).await;
    assert_eq!(shut, Err(StoreError::AttemptClosed(attempts[1].to_string())), "nothing leaves any more");
    let settled = Some(StateChange::of(&lease_owner, QueueState::Sent));
    let accepted = completion(AttemptResult::Accepted);
    journal.finish(attempts[0], &accepted, &[event("accepted")], settled).await.unwrap();
    assert_eq!(queue_state(&fixture, sent).await, QueueState::Sent);
    journal.finish(attempts[1], &completion(AttemptResult::Transient(None)), &[], None).await.unwrap();
    journal.change_state(waits, &lease_owner, QueueState::Ready { due: now, waits: None }).await.unwrap();
    assert!(is_held_for_good(&queue_state(&fixture, waits).await));
    let begun = journal.begin(fresh, &new_attempt(fixture.account.id), &lease_owner).await;
    assert_eq!(begun, Err(StoreError::LeaseLost(fresh.to_string())));
    assert!(is_held_for_good(&queue_state(&fixture, fresh).await));
    // News about one in doubt is kept, and no worker waits for it.
    journal
        .finish(
            attempts[2],
            &completion(AttemptResult::InDoubt { interrupted: false }),
            &[event("in-doubt")],
            None,
        )
        .await
        .unwrap();
    journal
        .change_state(doubt, &lease_owner, QueueState::InDoubt { reason: "nobody knows".into() })
        .await
        .unwrap();
    fixture.store.add_events(doubt, &[event("delivered")]).await.unwrap();
    assert!(matches!(queue_state(&fixture, doubt).await, QueueState::InDoubt { .. }));
    assert_eq!(fixture.store.due(now + chrono::Duration::days(1)).await.unwrap(), []);
}

pub(super) async fn what_was_held_for_a_setting_goes_on_with_another(store: Store) {
    let fixture = Fixture::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let mail = fixture.mail().await.id;
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 1, now, LEASE).await.unwrap();
    let reason = "mail of the account is sent by the user's own mail program".to_owned();
    journal
        .change_state(mail, &lease_owner, QueueState::Held { cause: WaitReason::Account, reason })
        .await
        .unwrap();
    fixture.admin().update_account(&fixture.account).await.unwrap();
    let found = queue_state(&fixture, mail).await;
    assert!(matches!(found, QueueState::Ready { waits: None, .. }), "{found:?}");
}

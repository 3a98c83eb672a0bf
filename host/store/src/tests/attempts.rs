//! Steps of an attempt that meet at the same moment, and what its maker reports when it was decided on meanwhile.

use super::fixture::{Fixture, LEASE, completion, new_attempt};
use super::interleavings::{Tries, tries};
use crate::*;
use chrono::Duration;

/// What ends a holder's work at the very moment at which its last bytes are to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Claim,
    Take,
    Cancel,
    Hold,
    Erase,
    RemoveAccount,
}

/// Statements that meet in the database, not in turn: on PostgreSQL both are under way at once.
pub(super) async fn who_takes_and_who_releases_at_the_same_moment_agree_on_what_left(store: Store) {
    store.lend_pseudonym_key(vec![7; 32].into());
    let rounds = match tries() {
        Tries::All => 200,
        Tries::Some(count) => count / 10,
    };
    let all = [Ends::Claim, Ends::Take, Ends::Cancel, Ends::Hold, Ends::Erase, Ends::RemoveAccount];
    for ends in all {
        for round in 0..rounds {
            let fixture = Fixture::open(store.clone()).await;
            meet(&fixture, ends, round).await;
            store.remove_company(fixture.company.id).await.unwrap();
            store.remove_company(fixture.next_door.id).await.unwrap();
        }
    }
}

async fn meet(fixture: &Fixture, ends: Ends, round: u64) {
    let mail = fixture.mail().await.id;
    let attempt = fixture.attempt(mail).await;
    let later = chrono::Local::now().fixed_offset() + Duration::seconds(61);
    let Fixture { store, journal, lease_owner, account, .. } = fixture;
    let other = LeaseOwner::new("worker");
    let ending = async {
        // Now one is a little earlier, now the other.
        tokio::time::sleep(std::time::Duration::from_micros(round * 97 % 1_500)).await;
        match ends {
            // On PostgreSQL a row that another transaction writes at this moment is left for the next look.
            Ends::Claim => {
                while store
                    .claim(&other, account.id, Pace::default(), 9, later, LEASE)
                    .await
                    .unwrap()
                    .is_empty()
                {}
            }
            Ends::Take => drop(fixture.user_store().take(&other, mail, later, LEASE).await.unwrap().unwrap()),
            Ends::Cancel => {
                drop(fixture.user_store().apply_command(mail, MailCommand::Cancel, later).await.unwrap())
            }
            Ends::Hold => {
                drop(fixture.user_store().apply_command(mail, MailCommand::Hold, later).await.unwrap())
            }
            Ends::Erase => {
                drop(fixture.admin().erase(&"e@example.com".parse().unwrap(), later).await.unwrap());
            }
            Ends::RemoveAccount => drop(fixture.admin().remove_account(account.id).await.unwrap()),
        }
    };
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_micros(round * 61 % 1_500)).await;
        journal.release(attempt, lease_owner, later).await
    };
    let ((), released) = tokio::join!(ending, releasing);
    let result =
        |of: &Mail| of.attempts.iter().map(|it| it.completion.as_ref().map(|it| it.result)).next().flatten();
    let before = store.mail(mail).await.unwrap();
    match &released {
        Ok(()) => assert_eq!(
            result(&before),
            Some(AttemptResult::InDoubt { interrupted: true }),
            "{ends:?}, {round}"
        ),
        Err(StoreError::AttemptClosed(_)) => {
            assert_eq!(result(&before), Some(AttemptResult::Withdrawn), "{ends:?}, {round}");
        }
        Err(error) => panic!("{ends:?}, {round}: {error}"),
    }
    let doubtful = matches!(before.outbox.queue_state, QueueState::InDoubt { .. });
    match ends {
        Ends::Cancel | Ends::Hold | Ends::RemoveAccount => {
            assert_eq!(doubtful, released.is_ok(), "{before:?}")
        }
        Ends::Claim | Ends::Take => assert_eq!(before.outbox.lease_owner.as_deref(), Some(other.as_str())),
        Ends::Erase => assert_eq!(before.outbox.queue_state, QueueState::Cancelled),
    }
    // The former holder's word, when it wakes: a server took the mail, or it was not let.
    let settled = Some(StateChange::of(lease_owner, QueueState::Sent));
    let (reported, settled) = match released {
        Ok(()) => (AttemptResult::Accepted, settled),
        Err(_) => (AttemptResult::Transient(None), None),
    };
    let alarm = journal.finish(attempt, &completion(reported), &[], settled).await.unwrap();
    assert_eq!(alarm, None, "{ends:?}, {round}");
    let after = store.mail(mail).await.unwrap();
    if reported == AttemptResult::Accepted {
        assert_eq!(after.outbox.queue_state, QueueState::Sent, "{ends:?}, {round}");
        assert_eq!(result(&after), Some(AttemptResult::Accepted));
    } else {
        assert_eq!(after.outbox.queue_state, before.outbox.queue_state, "{ends:?}, {round}");
    }
}

pub(super) async fn a_report_that_contradicts_the_decision_is_an_alarm_and_changes_nothing(store: Store) {
    let fixture = Fixture::open(store).await;
    let taken = AttemptResult::Accepted;
    let refused = AttemptResult::Permanent;
    for (decided, reported, is_alarm) in [
        (AttemptResult::Withdrawn, taken, true),
        (AttemptResult::Withdrawn, refused, false),
        (AttemptResult::Withdrawn, AttemptResult::InDoubt { interrupted: false }, false),
        (AttemptResult::NotFound, taken, true),
        (AttemptResult::NotFound, AttemptResult::Transient(Some(7)), false),
        (AttemptResult::Found, refused, true),
        (AttemptResult::Found, taken, false),
        (AttemptResult::Accepted, refused, true),
        (AttemptResult::Permanent, AttemptResult::PartlyAccepted(None), true),
    ] {
        let mail = fixture.mail().await.id;
        let attempt = fixture.attempt(mail).await;
        fixture.finish(attempt, &completion(decided), &[]).await;
        let settled = Some(StateChange::of(&fixture.lease_owner, QueueState::Sent));
        let alarm_given = fixture.journal.finish(attempt, &completion(reported), &[], settled).await.unwrap();
        let alarm = Contradiction { mail, attempt, decided, reported };
        assert_eq!(alarm_given, is_alarm.then_some(alarm), "{decided}, then {reported}");
        let stored = fixture.store.mail(mail).await.unwrap();
        assert_eq!(stored.attempts[0].completion.as_ref().map(|it| it.result), Some(decided));
        let log = fixture.admin().audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
        let noted =
            log.iter().any(|it| it.action == "contradicted" && it.mail.as_deref() == Some(&mail.to_string()));
        assert_eq!(noted, is_alarm, "{decided}, then {reported}: {log:?}");
        if is_alarm {
            assert_ne!(stored.outbox.queue_state, QueueState::Sent, "{decided}, then {reported}");
        }
        fixture.user_store().apply_command(mail, MailCommand::Cancel, stored.mail.created).await.unwrap();
    }
}

pub(super) async fn a_decision_is_about_the_result_that_was_read(store: Store) {
    let fixture = Fixture::open(store).await;
    let Fixture { journal, lease_owner, .. } = &fixture;
    let doubt = AttemptResult::InDoubt { interrupted: false };
    let mail = fixture.mail().await.id;
    let attempt = fixture.attempt(mail).await;
    fixture.finish(attempt, &completion(doubt), &[]).await;
    let found = completion(AttemptResult::Found);
    let stale = StoreError::AttemptDecided(attempt.to_string());
    for (what, who, from) in [
        ("another result", lease_owner.clone(), AttemptResult::NeedsSignIn),
        ("another doubt", lease_owner.clone(), AttemptResult::InDoubt { interrupted: true }),
        ("another holder", LeaseOwner::new("command"), doubt),
    ] {
        let refused = journal.decide(attempt, &who, from, &found, &[]).await;
        assert_eq!(refused, Err(stale.clone()), "{what}");
    }
    let open = journal.begin(mail, &new_attempt(fixture.account.id), lease_owner).await;
    assert_eq!(open, Err(StoreError::AttemptOpen(mail.to_string())), "nothing begins beside a doubt");
    journal.decide(attempt, lease_owner, doubt, &found, &[]).await.unwrap();
    assert_eq!(journal.decide(attempt, lease_owner, doubt, &found, &[]).await, Err(stale), "it is decided");
}

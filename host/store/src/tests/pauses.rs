//! An account that can't send: paused once however many mails heard it, put right at once, and slower from then on.

use super::fixture::{Fixture, LEASE, completion, event, new_attempt, new_mail};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset, Local, SubsecRound as _};

fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// What an attempt says whose login was refused.
pub(super) fn wrong_password(started: DateTime<FixedOffset>) -> NewAccountPause {
    NewAccountPause {
        cause: PauseCause::Fault,
        period: None,
        seconds: 900,
        reason: "535 5.7.8 not accepted".into(),
        started,
        longest: None,
    }
}

pub(super) async fn an_account_is_paused_once_and_each_try_in_vain_makes_it_longer(store: Store) {
    let fixture = Fixture::open(store).await;
    let (company, account) = (fixture.company.id, fixture.account.id);
    let begun = now().trunc_subsecs(0);
    let pause = |started, at| {
        let store = fixture.store.clone();
        async move {
            let new = wrong_password(started);
            store.pause_account(company, account, &new, at).await.unwrap().unwrap()
        }
    };
    let first = pause(begun, begun).await;
    assert_eq!((first.tries, (first.until - begun).num_seconds()), (1, 900));
    // Three more were under way.
    for _ in 0..3 {
        let same = pause(begun, begun + Duration::seconds(2)).await;
        assert_eq!((same.tries, same.until), (1, first.until));
    }
    let mut at = first.until;
    for (tries, seconds) in [(2, 1800), (3, 3600), (4, 7200), (5, 14_400), (6, 14_400)] {
        let later = pause(at, at).await;
        assert_eq!((later.tries, (later.until - at).num_seconds()), (tries, seconds));
        assert_eq!(later.since.timestamp(), first.since.timestamp(), "it is one fault");
        at = later.until;
    }
    fixture.store.resume_account(company, account, at).await.unwrap();
    assert_eq!(fixture.store.account_pause(company, account).await.unwrap(), None);
    // An attempt from before it was put right has nothing to say any more.
    let new = wrong_password(at - Duration::seconds(1));
    assert_eq!(fixture.store.pause_account(company, account, &new, at).await.unwrap(), None);
    let again = pause(at + Duration::seconds(1), at + Duration::seconds(1)).await;
    assert_eq!(again.tries, 1);
}

pub(super) async fn mails_of_an_account_that_was_put_right_go_on_at_once(store: Store) {
    let fixture = Fixture::open(store).await;
    let (company, account) = (fixture.company.id, fixture.account.id);
    let mails = [new_mail(account), new_mail(account), new_mail(account)];
    for mail in &mails {
        fixture.enqueue(mail).await.unwrap();
    }
    let lease_owner = LeaseOwner::new("worker");
    let taken = fixture.store.claim(&lease_owner, account, Pace::default(), 3, now(), LEASE).await.unwrap();
    let pause = fixture.store.pause_account(company, account, &wrong_password(now()), now()).await.unwrap();
    let until = pause.unwrap().until;
    let waits = |cause| QueueState::Ready { due: until, waits: Some((cause, "why".into())) };
    for (mail, cause) in taken.iter().zip([WaitReason::Account, WaitReason::Account, WaitReason::Wait]) {
        fixture.journal.change_state(*mail, &lease_owner, waits(cause)).await.unwrap();
    }
    assert!(fixture.store.due(now()).await.unwrap().is_empty());
    fixture.store.resume_account(company, account, now()).await.unwrap();
    let soon = now() + Duration::seconds(1);
    let claimed = fixture.store.claim(&lease_owner, account, Pace::default(), 9, soon, LEASE).await.unwrap();
    assert_eq!(claimed, taken[..2], "what waits for something else goes on waiting");
    // A change of the account ends a pause, too.
    fixture.store.pause_account(company, account, &wrong_password(soon), soon).await.unwrap().unwrap();
    fixture.admin().update_account(&fixture.account).await.unwrap();
    assert_eq!(fixture.store.account_pause(company, account).await.unwrap(), None);
}

pub(super) async fn what_left_before_a_refusal_is_the_pace_from_then_on(store: Store) {
    let fixture = Fixture::open(store).await;
    let (company, account) = (fixture.company.id, fixture.account.id);
    let quota = |period| NewAccountPause {
        cause: PauseCause::Quota,
        period: Some(period),
        ..wrong_password(now() + Duration::days(1))
    };
    let refused = async |period| {
        fixture.store.pause_account(company, account, &quota(period), now()).await.unwrap();
        fixture.store.learned_pace(company, account, now()).await.unwrap()
    };
    assert_eq!(refused(LimitPeriod::Day).await, None, "nothing left: another program used it up");
    let recipients = new_mail(account).message.rcpt_to.len();
    let mails = 20_usize.div_ceil(recipients);
    for _ in 0..mails {
        let mail = new_mail(account);
        fixture.enqueue(&mail).await.unwrap();
        let lease_owner = LeaseOwner::new("worker");
        fixture.store.claim(&lease_owner, account, Pace::default(), 1, now(), LEASE).await.unwrap();
        let attempt = fixture.journal.begin(mail.id, &new_attempt(account), &lease_owner).await.unwrap();
        let sent = Some(StateChange::of(&lease_owner, QueueState::Sent));
        let accepted = completion(AttemptResult::Accepted);
        fixture.journal.finish(attempt, &accepted, &[event("accepted")], sent).await.unwrap();
    }
    let learned = refused(LimitPeriod::Day).await.unwrap();
    assert_eq!(learned.per_day, u32::try_from(mails * recipients).ok());
    assert_eq!(refused(LimitPeriod::Hour).await.unwrap().per_minute, None, "less than one in a minute");
    let known = Pace { per_minute: Some(30), connections: Some(3), per_day: Some(40) };
    let pace = LearnedPace::within(Some(learned), known);
    assert_eq!(pace, Pace { per_day: learned.per_day, ..known });
    let large = LearnedPace::within(Some(learned), Pace { per_day: Some(500), ..known });
    assert_eq!(large.per_day, Some(125), "another program used the rest up");
    let month = now() + Duration::days(31);
    assert_eq!(fixture.store.learned_pace(company, account, month).await.unwrap(), None);
    fixture.admin().set_pace(account, Pace::default()).await.unwrap();
    assert_eq!(fixture.store.learned_pace(company, account, now()).await.unwrap(), None);
}

//! The ledger as a queue: once per intent, one holder at a time, at the account's pace, nothing lost with a holder.

use super::fixture::{Fixture, LEASE, completion, event, new_account, new_attempt, new_mail};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset};

fn now() -> DateTime<FixedOffset> {
    "2026-11-27T10:00:00+01:00".parse().unwrap()
}

/// An invoice with a revision: an intent.
fn invoice(fixture: &Fixture, number: &str) -> NewMail {
    let mut mail = new_mail(fixture.account.id);
    mail.document.as_mut().unwrap().number = number.to_owned();
    NewMail { revision: Some("1".into()), created: now(), ..mail }
}

async fn queued(fixture: &Fixture, count: usize) -> Vec<MailId> {
    let mails: Vec<NewMail> = (0..count).map(|number| invoice(fixture, &number.to_string())).collect();
    let stored = fixture.user_store().enqueue(&mails, &Order::default()).await.unwrap();
    stored.into_iter().map(Enqueued::id).collect()
}

pub(super) async fn f3_the_same_question_twice_is_one_mail_and_again_is_another(store: Store) {
    let fixture = Fixture::open(store).await;
    let first = invoice(&fixture, "1");
    assert_eq!(fixture.user_store().asked_before(&[&first]).await.unwrap(), [AskedBefore::No]);
    assert_eq!(fixture.enqueue(&first).await.unwrap(), Enqueued::New(first.id));
    let same = invoice(&fixture, "1");
    assert_eq!(fixture.enqueue(&same).await.unwrap(), Enqueued::Existing(first.id));
    assert_eq!(fixture.user_store().asked_before(&[&same]).await.unwrap(), [AskedBefore::As(first.id)]);
    let again = Order { again: true, ..Order::default() };
    let stored = fixture.user_store().enqueue(std::slice::from_ref(&same), &again).await.unwrap();
    assert_eq!(stored, [Enqueued::New(same.id)]);
    assert_eq!(fixture.store.mail(same.id).await.unwrap().resend, 1);
    let third = invoice(&fixture, "1");
    assert_eq!(fixture.enqueue(&third).await.unwrap(), Enqueued::Existing(same.id), "the latest of them");
    let mut changed = invoice(&fixture, "1");
    changed.revision = Some("2".into());
    let mut reminder = invoice(&fixture, "1");
    reminder.use_case = "reminder-1".into();
    let mut elsewhere = invoice(&fixture, "1");
    elsewhere.message.rcpt_to = vec!["other@example.com".into()];
    for other in [changed, reminder, elsewhere, invoice(&fixture, "2")] {
        assert_eq!(fixture.enqueue(&other).await.unwrap(), Enqueued::New(other.id));
    }
    // In one batch, too.
    let twice = [invoice(&fixture, "3"), invoice(&fixture, "3")];
    let stored = fixture.user_store().enqueue(&twice, &Order::default()).await.unwrap();
    assert_eq!(stored, [Enqueued::New(twice[0].id), Enqueued::Existing(twice[0].id)]);
}

pub(super) async fn more_who_work_at_once_than_there_are_connections_all_come_to_an_end(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 64).await;
    let read = fixture.store.mails(&mails).await.unwrap();
    assert_eq!(read.iter().map(|mail| mail.mail.id).collect::<Vec<_>>(), mails, "in the order asked for");
    for mail in &mails {
        fixture.take(*mail).await;
    }
    let work = mails.into_iter().map(|id| {
        let (lease_owner, journal) = (fixture.lease_owner.clone(), fixture.journal.clone());
        let (store, company, account) = (fixture.store.clone(), fixture.company.id, fixture.account.id);
        tokio::spawn(async move {
            let mail = store.mail(id).await?;
            assert_eq!(store.suppressed(company, &mail.mail.message.rcpt_to).await?, []);
            let attempt = journal.begin(id, &new_attempt(account), &lease_owner).await?;
            journal.finish(attempt, &completion(AttemptResult::Accepted), &[], None).await?;
            store.account(company, account).await?;
            store.outbox_row(id).await
        })
    });
    // A task that held a connection and waited for a second one would wait for ten seconds, and fail.
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
}

pub(super) async fn f3_many_who_ask_the_same_at_once_get_one_mail(store: Store) {
    let fixture = Fixture::open(store).await;
    let asked = (0..8).map(|_| {
        let (store, user, mail) = (fixture.store.clone(), fixture.lotte.clone(), invoice(&fixture, "1"));
        tokio::spawn(async move { store.user_store(&user).enqueue(&[mail], &Order::default()).await })
    });
    let (mut new, mut mails) = (0, std::collections::BTreeSet::new());
    for task in asked.collect::<Vec<_>>() {
        let stored = task.await.unwrap().unwrap()[0];
        new += usize::from(matches!(stored, Enqueued::New(_)));
        mails.insert(stored.id());
    }
    assert_eq!((new, mails.len()), (1, 1));
}

pub(super) async fn no_two_holders_have_a_mail_and_a_dead_ones_come_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 40).await;
    let due = [Due { company: fixture.company.id, account: fixture.account.id }];
    assert_eq!(fixture.store.due(now()).await.unwrap(), due);
    let claims = (0..8).map(|_| {
        let (store, account) = (fixture.store.clone(), fixture.account.id);
        let claim = async move {
            store.claim(&LeaseOwner::new("worker"), account, Pace::default(), 7, now(), LEASE).await
        };
        tokio::spawn(claim)
    });
    let mut taken = Vec::new();
    for task in claims.collect::<Vec<_>>() {
        taken.extend(task.await.unwrap().unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, mails, "all of them, each once");
    assert_eq!(fixture.store.due(now()).await.unwrap(), []);
    assert_eq!(fixture.store.outbox_row(mails[0]).await.unwrap().label(now()), "sending");
    // A minute later no owner has extended the lease.
    let later = now() + Duration::seconds(61);
    assert_eq!(fixture.store.due(later).await.unwrap(), due);
    let lease_owner = LeaseOwner::new("worker");
    let back = fixture
        .store
        .claim(&lease_owner, fixture.account.id, Pace::default(), 50, later, LEASE)
        .await
        .unwrap();
    assert_eq!(back.len(), 40);
    fixture.store.extend(&lease_owner, later + Duration::seconds(50), LEASE).await.unwrap();
    assert_eq!(fixture.store.due(later + Duration::seconds(70)).await.unwrap(), []);
    assert_eq!(fixture.store.release_leases("worker", later).await.unwrap(), 40);
    assert_eq!(fixture.store.due(later).await.unwrap(), due);
}

pub(super) async fn a_pace_slows_down_and_loses_nothing(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 100).await;
    let pace = Pace { per_minute: Some(30), ..Pace::default() };
    let mut taken = Vec::new();
    for second in 0..61 {
        let at = now() + Duration::seconds(second);
        let lease_owner = LeaseOwner::new("worker");
        taken.extend(
            fixture.store.claim(&lease_owner, fixture.account.id, pace, 50, at, LEASE * 60).await.unwrap(),
        );
    }
    assert!((30..=32).contains(&taken.len()), "{} in a minute", taken.len());
    assert_eq!(taken, mails[..taken.len()], "oldest first");
    // A clock that went back does not stop the account for as long as it went back.
    let before = now() - Duration::days(1);
    fixture.store.release_leases("worker", before).await.unwrap();
    let lease_owner = LeaseOwner::new("worker");
    let mut seconds = 0;
    let none = loop {
        let at = before + Duration::seconds(seconds);
        let got = fixture.store.claim(&lease_owner, fixture.account.id, pace, 50, at, LEASE).await.unwrap();
        if !got.is_empty() || seconds > 300 {
            break got.is_empty();
        }
        seconds += 1;
    };
    assert!(!none && seconds <= 61, "{seconds} s");
    assert_eq!(
        fixture.store.pace(fixture.account.id).await.unwrap(),
        Pace::default(),
        "counting is not setting"
    );
    fixture.admin().set_pace(fixture.account.id, pace).await.unwrap();
    assert_eq!(fixture.store.pace(fixture.account.id).await.unwrap(), pace);
}

pub(super) async fn the_journal_writes_many_at_once_and_refuses_each_by_itself(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 30).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let account = fixture.account.id;
    let claimed =
        fixture.store.claim(&lease_owner, account, Pace::default(), 29, now(), LEASE).await.unwrap();
    let begun = mails.iter().map(|mail| {
        let (journal, lease_owner, mail) = (journal.clone(), lease_owner.clone(), *mail);
        tokio::spawn(async move { (mail, journal.begin(mail, &new_attempt(account), &lease_owner).await) })
    });
    let mut attempts = Vec::new();
    for task in begun.collect::<Vec<_>>() {
        match task.await.unwrap() {
            (mail, Ok(attempt)) => attempts.push((mail, attempt)),
            (mail, Err(error)) => {
                assert!(!claimed.contains(&mail));
                assert_eq!(error, StoreError::LeaseLost(mail.to_string()));
            }
        }
    }
    assert_eq!(attempts.len(), 29, "the one that was not claimed did not take others with it");
    let (mail, attempt) = attempts[0];
    let open = journal.begin(mail, &new_attempt(account), &lease_owner).await.unwrap_err();
    assert_eq!(open, StoreError::AttemptOpen(mail.to_string()));
    journal.release(attempt, &lease_owner, now()).await.unwrap();
    assert_eq!(fixture.store.mail(mail).await.unwrap().attempts[0].released, Some(now()));
    let given = Some(StateChange::of(&lease_owner, QueueState::Sent));
    journal.finish(attempt, &completion(AttemptResult::Accepted), &[event("accepted")], given).await.unwrap();
    let stored = fixture.store.mail(mail).await.unwrap();
    assert_eq!(
        (stored.outbox.queue_state.clone(), stored.outbox.lease_owner.clone()),
        (QueueState::Sent, None)
    );
    assert_eq!(stored.events, [event("accepted")]);
    // An owner that was taken for dead can't release: the mail was taken over, and that closed the attempt.
    let (mail, attempt) = attempts[1];
    let other = LeaseOwner::new("worker");
    let later = now() + Duration::seconds(61);
    fixture.store.claim(&other, account, Pace::default(), 50, later, LEASE).await.unwrap();
    let shut = journal.release(attempt, &lease_owner, now()).await.unwrap_err();
    assert_eq!(shut, StoreError::AttemptClosed(attempt.to_string()));
    // And what that holder says of the mail changes nothing any more.
    journal.change_state(mail, &lease_owner, QueueState::Sent).await.unwrap();
    assert_eq!(fixture.store.outbox_row(mail).await.unwrap().lease_owner.as_deref(), Some(other.as_str()));
    let lost = fixture.store.record_give_up(mail, &lease_owner, &[event("expired")]).await.unwrap_err();
    assert_eq!(lost, StoreError::LeaseLost(mail.to_string()));
    assert_eq!(fixture.store.mail(mail).await.unwrap().events, []);
    fixture.store.record_give_up(mail, &other, &[event("expired")]).await.unwrap();
    assert_eq!(fixture.store.mail(mail).await.unwrap().events, [event("expired")]);
}

pub(super) async fn what_is_said_of_one_mail_at_once_counts_in_its_order(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = || QueueState::Held { cause: WaitReason::User, reason: "why".into() };
    let (one, two) = tokio::join!(
        journal.change_state(mails[0], &lease_owner, held()),
        journal.change_state(mails[0], &lease_owner, QueueState::Cancelled)
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(fixture.store.outbox_row(mails[0]).await.unwrap().queue_state, held());
    // A server's answer comes before the state that the lease owner sets.
    let attempt = journal.begin(mails[1], &new_attempt(fixture.account.id), &lease_owner).await.unwrap();
    let (accepted, sent) =
        (completion(AttemptResult::Accepted), StateChange::of(&lease_owner, QueueState::Sent));
    let (one, two) = tokio::join!(
        journal.change_state(mails[1], &lease_owner, held()),
        journal.finish(attempt, &accepted, &[], Some(sent))
    );
    assert_eq!((one, two), (Ok(()), Ok(None)));
    assert_eq!(fixture.store.outbox_row(mails[1]).await.unwrap().queue_state, QueueState::Sent);
}

pub(super) async fn what_failed_for_everybody_is_sent_again_when_it_is_asked_for_again(store: Store) {
    let fixture = Fixture::open(store).await;
    let ended = async |result, queue_state: QueueState, number: &str| {
        let mut mail = new_mail(fixture.account.id);
        mail.revision = Some("1".into());
        mail.document.as_mut().unwrap().number = number.to_owned();
        fixture.enqueue(&mail).await.unwrap();
        let lease_owner = LeaseOwner::new("worker");
        fixture
            .store
            .claim(&lease_owner, fixture.account.id, Pace::default(), 9, now(), LEASE)
            .await
            .unwrap();
        let attempt = new_attempt(fixture.account.id);
        let attempt = fixture.journal.begin(mail.id, &attempt, &lease_owner).await.unwrap();
        let settle = Some(StateChange::of(&lease_owner, queue_state));
        fixture.journal.finish(attempt, &completion(result), &[event("deferred")], settle).await.unwrap();
        mail
    };
    let failed = || QueueState::Failed { reason: "refused".into() };
    for (number, result, queue_state, again) in [
        ("F-1", AttemptResult::Permanent, failed(), true),
        ("F-2", AttemptResult::PartlyAccepted(None), failed(), false),
        ("F-3", AttemptResult::Accepted, QueueState::Sent, false),
        ("F-4", AttemptResult::Transient(None), QueueState::Cancelled, false),
    ] {
        let first = ended(result, queue_state, number).await;
        let same = NewMail { id: MailId::new(), ..first.clone() };
        let known = if again { AskedBefore::Failed(first.id) } else { AskedBefore::As(first.id) };
        assert_eq!(fixture.user_store().asked_before(&[&same]).await.unwrap(), [known], "{number}");
        let order = Order::default();
        let stored = fixture.user_store().enqueue(std::slice::from_ref(&same), &order).await.unwrap();
        let wanted = if again { Enqueued::New(same.id) } else { Enqueued::Existing(first.id) };
        assert_eq!(stored, [wanted], "{number}");
        // Once: the new one has not failed.
        let third = NewMail { id: MailId::new(), ..first.clone() };
        let stored = fixture.user_store().enqueue(std::slice::from_ref(&third), &order).await.unwrap();
        assert_eq!(stored, [Enqueued::Existing(if again { same.id } else { first.id })], "{number}");
    }
}

pub(super) async fn who_took_a_mail_in_doubt_and_fell_silent_hides_no_doubt_from_a_person(store: Store) {
    let fixture = Fixture::open(store).await;
    for (number, word) in [MailCommand::Hold, MailCommand::Cancel].into_iter().enumerate() {
        let new = invoice(&fixture, &format!("D-{number}"));
        fixture.enqueue(&new).await.unwrap();
        let mail = new.id;
        let journal = GroupCommitWriter::new(&fixture.store);
        let (first, second) = (LeaseOwner::new("worker"), LeaseOwner::new("worker"));
        let claim = async |lease_owner: &LeaseOwner, at| {
            fixture.store.claim(lease_owner, fixture.account.id, Pace::default(), 1, at, LEASE).await.unwrap()
        };
        assert_eq!(claim(&first, now()).await, [mail]);
        let attempt = journal.begin(mail, &new_attempt(fixture.account.id), &first).await.unwrap();
        journal.release(attempt, &first, now()).await.unwrap();
        // The second one takes it over, and sleeps before it says that the mail is in doubt.
        assert_eq!(claim(&second, now() + Duration::hours(1)).await, [mail]);
        let result =
            fixture.user_store().apply_command(mail, word, now() + Duration::hours(2)).await.unwrap();
        assert!(
            !result.changed && matches!(result.row.queue_state, QueueState::InDoubt { .. }),
            "{result:?}"
        );
        // Who knows it decides.
        let result = fixture
            .user_store()
            .apply_command(mail, MailCommand::Cancel, now() + Duration::hours(2))
            .await
            .unwrap();
        assert_eq!((result.changed, result.row.queue_state), (true, QueueState::Cancelled));
    }
}

pub(super) async fn what_has_left_is_nobodys_to_take(store: Store) {
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    journal.change_state(mails[0], &lease_owner, QueueState::Sent).await.unwrap();
    fixture
        .user_store()
        .apply_command(mails[1], MailCommand::Cancel, now() + Duration::hours(1))
        .await
        .unwrap();
    for (mail, queue_state) in [(mails[0], QueueState::Sent), (mails[1], QueueState::Cancelled)] {
        let command = LeaseOwner::new("command");
        let taken = fixture.user_store().take(&command, mail, now(), LEASE).await.unwrap().unwrap();
        assert_eq!(taken.queue_state, queue_state);
        // A person who comes while that command sleeps is told the truth.
        let result = fixture
            .user_store()
            .apply_command(mail, MailCommand::Hold, now() + Duration::hours(2))
            .await
            .unwrap();
        assert_eq!((result.changed, result.row.queue_state), (false, queue_state));
    }
}

pub(super) async fn what_waits_for_its_account_goes_on_with_it(store: Store) {
    use postroom_model::AccountState;
    let fixture = Fixture::open(store).await;
    let mails = queued(&fixture, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = |cause| QueueState::Held { cause, reason: "why".into() };
    journal.change_state(mails[0], &lease_owner, held(WaitReason::Account)).await.unwrap();
    journal.change_state(mails[1], &lease_owner, held(WaitReason::User)).await.unwrap();
    fixture.admin().set_account_state(fixture.account.id, &AccountState::Ready).await.unwrap();
    let label = |row: OutboxRow| row.label(chrono::Local::now().fixed_offset() + Duration::seconds(1));
    assert_eq!(label(fixture.store.outbox_row(mails[0]).await.unwrap()), "queued");
    assert_eq!(label(fixture.store.outbox_row(mails[1]).await.unwrap()), "held");
}

pub(super) async fn a_logo_is_kept_once_however_many_mails_carry_it(store: Store) {
    let fixture = Fixture::open(store).await;
    queued(&fixture, 5).await;
    let other = fixture.admin().add_account(&new_account("other")).await.unwrap();
    fixture.admin().grant(other.id, fixture.lotte.id).await.unwrap();
    let mail = new_mail(other.id);
    fixture.enqueue(&mail).await.unwrap();
    let row =
        sqlx::query("select count(*) as many from contents").fetch_one(&fixture.store.pool).await.unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, "many"), 1);
    assert_eq!(fixture.store.mail(mail.id).await.unwrap().mail.files, mail.files);
}

//! The ledger as a queue: once per intent, one holder at a time, at the account's pace, nothing lost with a holder.

use super::office::{LEASE, Office, event, new_account, new_attempt, new_mail, outcome};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset};

fn now() -> DateTime<FixedOffset> {
    "2026-11-27T10:00:00+01:00".parse().unwrap()
}

/// An invoice with a revision: an intent.
fn invoice(office: &Office, number: &str) -> NewMail {
    let mut mail = new_mail(office.account.id);
    mail.document.as_mut().unwrap().number = number.to_owned();
    NewMail { revision: Some("1".into()), created: now(), ..mail }
}

async fn queued(office: &Office, count: usize) -> Vec<MailId> {
    let mails: Vec<NewMail> = (0..count).map(|number| invoice(office, &number.to_string())).collect();
    let kept = office.user_store().enqueue(&mails, &Order::default()).await.unwrap();
    kept.into_iter().map(Enqueued::id).collect()
}

pub(super) async fn f3_the_same_question_twice_is_one_mail_and_again_is_another(store: Store) {
    let office = Office::open(store).await;
    let first = invoice(&office, "1");
    assert_eq!(office.user_store().asked_before(&[&first]).await.unwrap(), [AskedBefore::No]);
    assert_eq!(office.enqueue(&first).await.unwrap(), Enqueued::New(first.id));
    let same = invoice(&office, "1");
    assert_eq!(office.enqueue(&same).await.unwrap(), Enqueued::Before(first.id));
    assert_eq!(office.user_store().asked_before(&[&same]).await.unwrap(), [AskedBefore::As(first.id)]);
    let again = Order { again: true, ..Order::default() };
    let kept = office.user_store().enqueue(std::slice::from_ref(&same), &again).await.unwrap();
    assert_eq!(kept, [Enqueued::New(same.id)]);
    assert_eq!(office.store.mail(same.id).await.unwrap().resend, 1);
    let third = invoice(&office, "1");
    assert_eq!(office.enqueue(&third).await.unwrap(), Enqueued::Before(same.id), "the latest of them");
    let mut changed = invoice(&office, "1");
    changed.revision = Some("2".into());
    let mut reminder = invoice(&office, "1");
    reminder.use_case = "reminder-1".into();
    let mut elsewhere = invoice(&office, "1");
    elsewhere.message.rcpt_to = vec!["other@example.com".into()];
    for other in [changed, reminder, elsewhere, invoice(&office, "2")] {
        assert_eq!(office.enqueue(&other).await.unwrap(), Enqueued::New(other.id));
    }
    // In one batch, too.
    let twice = [invoice(&office, "3"), invoice(&office, "3")];
    let kept = office.user_store().enqueue(&twice, &Order::default()).await.unwrap();
    assert_eq!(kept, [Enqueued::New(twice[0].id), Enqueued::Before(twice[0].id)]);
}

pub(super) async fn more_who_work_at_once_than_there_are_connections_all_come_to_an_end(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 64).await;
    let read = office.store.mails(&mails).await.unwrap();
    assert_eq!(read.iter().map(|mail| mail.mail.id).collect::<Vec<_>>(), mails, "in the order asked for");
    for mail in &mails {
        office.take(*mail).await;
    }
    let work = mails.into_iter().map(|id| {
        let (lease_owner, journal) = (office.lease_owner.clone(), office.journal.clone());
        let (store, company, account) = (office.store.clone(), office.company.id, office.account.id);
        tokio::spawn(async move {
            let mail = store.mail(id).await?;
            assert_eq!(store.suppressed(company, &mail.mail.message.rcpt_to).await?, []);
            let attempt = journal.begin(id, &new_attempt(account), &lease_owner).await?;
            journal.finish(attempt, &outcome(AttemptResult::Accepted), &[], None).await?;
            store.account(company, account).await?;
            store.outbox_row(id).await
        })
    });
    // Whoever held a connection and waited for a second one would wait for ten seconds, and fail.
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
}

pub(super) async fn f3_many_who_ask_the_same_at_once_get_one_mail(store: Store) {
    let office = Office::open(store).await;
    let asked = (0..8).map(|_| {
        let (store, user, mail) = (office.store.clone(), office.lotte.clone(), invoice(&office, "1"));
        tokio::spawn(async move { store.user_store(&user).enqueue(&[mail], &Order::default()).await })
    });
    let (mut new, mut mails) = (0, std::collections::BTreeSet::new());
    for task in asked.collect::<Vec<_>>() {
        let kept = task.await.unwrap().unwrap()[0];
        new += usize::from(matches!(kept, Enqueued::New(_)));
        mails.insert(kept.id());
    }
    assert_eq!((new, mails.len()), (1, 1));
}

pub(super) async fn no_two_holders_have_a_mail_and_a_dead_ones_come_back(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 40).await;
    let due = [Due { company: office.company.id, account: office.account.id }];
    assert_eq!(office.store.due(now()).await.unwrap(), due);
    let claims = (0..8).map(|_| {
        let (store, account) = (office.store.clone(), office.account.id);
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
    assert_eq!(office.store.due(now()).await.unwrap(), []);
    assert_eq!(office.store.outbox_row(mails[0]).await.unwrap().label(now()), "sending");
    // A minute later nobody has said that they still work at them.
    let later = now() + Duration::seconds(61);
    assert_eq!(office.store.due(later).await.unwrap(), due);
    let lease_owner = LeaseOwner::new("worker");
    let back =
        office.store.claim(&lease_owner, office.account.id, Pace::default(), 50, later, LEASE).await.unwrap();
    assert_eq!(back.len(), 40);
    office.store.extend(&lease_owner, later + Duration::seconds(50), LEASE).await.unwrap();
    assert_eq!(office.store.due(later + Duration::seconds(70)).await.unwrap(), []);
    assert_eq!(office.store.release_leases("worker", later).await.unwrap(), 40);
    assert_eq!(office.store.due(later).await.unwrap(), due);
}

pub(super) async fn a_pace_slows_down_and_loses_nothing(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 100).await;
    let pace = Pace { per_minute: Some(30), ..Pace::default() };
    let mut taken = Vec::new();
    for second in 0..61 {
        let at = now() + Duration::seconds(second);
        let lease_owner = LeaseOwner::new("worker");
        taken.extend(
            office.store.claim(&lease_owner, office.account.id, pace, 50, at, LEASE * 60).await.unwrap(),
        );
    }
    assert!((30..=32).contains(&taken.len()), "{} in a minute", taken.len());
    assert_eq!(taken, mails[..taken.len()], "oldest first");
    // A clock that went back does not stop the account for as long as it went back.
    let before = now() - Duration::days(1);
    office.store.release_leases("worker", before).await.unwrap();
    let lease_owner = LeaseOwner::new("worker");
    let mut seconds = 0;
    let none = loop {
        let at = before + Duration::seconds(seconds);
        let got = office.store.claim(&lease_owner, office.account.id, pace, 50, at, LEASE).await.unwrap();
        if !got.is_empty() || seconds > 300 {
            break got.is_empty();
        }
        seconds += 1;
    };
    assert!(!none && seconds <= 61, "{seconds} s");
    assert_eq!(
        office.store.pace(office.account.id).await.unwrap(),
        Pace::default(),
        "counting is not setting"
    );
    office.admin().set_pace(office.account.id, pace).await.unwrap();
    assert_eq!(office.store.pace(office.account.id).await.unwrap(), pace);
}

pub(super) async fn the_journal_writes_many_at_once_and_refuses_each_by_itself(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 30).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::of(&office.store));
    let account = office.account.id;
    let claimed = office.store.claim(&lease_owner, account, Pace::default(), 29, now(), LEASE).await.unwrap();
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
    assert_eq!(office.store.mail(mail).await.unwrap().attempts[0].released, Some(now()));
    let given = Some(StateChange::of(&lease_owner, QueueState::Sent));
    journal.finish(attempt, &outcome(AttemptResult::Accepted), &[event("accepted")], given).await.unwrap();
    let kept = office.store.mail(mail).await.unwrap();
    assert_eq!((kept.outbox.queue_state.clone(), kept.outbox.lease_owner.clone()), (QueueState::Sent, None));
    assert_eq!(kept.events, [event("accepted")]);
    // Whoever was taken for dead can't release: the mail was taken over, and that closed the attempt.
    let (mail, attempt) = attempts[1];
    let other = LeaseOwner::new("worker");
    let later = now() + Duration::seconds(61);
    office.store.claim(&other, account, Pace::default(), 50, later, LEASE).await.unwrap();
    let shut = journal.release(attempt, &lease_owner, now()).await.unwrap_err();
    assert_eq!(shut, StoreError::AttemptClosed(attempt.to_string()));
    // And what that holder says of the mail changes nothing any more.
    journal.settle(mail, &lease_owner, QueueState::Sent).await.unwrap();
    assert_eq!(office.store.outbox_row(mail).await.unwrap().lease_owner.as_deref(), Some(other.as_str()));
    let lost = office.store.record_give_up(mail, &lease_owner, &[event("expired")]).await.unwrap_err();
    assert_eq!(lost, StoreError::LeaseLost(mail.to_string()));
    assert_eq!(office.store.mail(mail).await.unwrap().events, []);
    office.store.record_give_up(mail, &other, &[event("expired")]).await.unwrap();
    assert_eq!(office.store.mail(mail).await.unwrap().events, [event("expired")]);
}

pub(super) async fn what_is_said_of_one_mail_at_once_counts_in_its_order(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::of(&office.store));
    office.store.claim(&lease_owner, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = || QueueState::Held { cause: WaitReason::User, reason: "why".into() };
    let (one, two) = tokio::join!(
        journal.settle(mails[0], &lease_owner, held()),
        journal.settle(mails[0], &lease_owner, QueueState::Cancelled)
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(office.store.outbox_row(mails[0]).await.unwrap().queue_state, held());
    // A server's answer comes before what somebody says who puts the mail down.
    let attempt = journal.begin(mails[1], &new_attempt(office.account.id), &lease_owner).await.unwrap();
    let (accepted, sent) =
        (outcome(AttemptResult::Accepted), StateChange::of(&lease_owner, QueueState::Sent));
    let (one, two) = tokio::join!(
        journal.settle(mails[1], &lease_owner, held()),
        journal.finish(attempt, &accepted, &[], Some(sent))
    );
    assert_eq!((one, two), (Ok(()), Ok(None)));
    assert_eq!(office.store.outbox_row(mails[1]).await.unwrap().queue_state, QueueState::Sent);
}

pub(super) async fn what_failed_for_everybody_is_sent_again_when_it_is_asked_for_again(store: Store) {
    let office = Office::open(store).await;
    let ended = async |result, queue_state: QueueState, number: &str| {
        let mut mail = new_mail(office.account.id);
        mail.revision = Some("1".into());
        mail.document.as_mut().unwrap().number = number.to_owned();
        office.enqueue(&mail).await.unwrap();
        let lease_owner = LeaseOwner::new("worker");
        office.store.claim(&lease_owner, office.account.id, Pace::default(), 9, now(), LEASE).await.unwrap();
        let attempt = new_attempt(office.account.id);
        let attempt = office.journal.begin(mail.id, &attempt, &lease_owner).await.unwrap();
        let settle = Some(StateChange::of(&lease_owner, queue_state));
        office.journal.finish(attempt, &outcome(result), &[event("deferred")], settle).await.unwrap();
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
        assert_eq!(office.user_store().asked_before(&[&same]).await.unwrap(), [known], "{number}");
        let order = Order::default();
        let kept = office.user_store().enqueue(std::slice::from_ref(&same), &order).await.unwrap();
        let wanted = if again { Enqueued::New(same.id) } else { Enqueued::Before(first.id) };
        assert_eq!(kept, [wanted], "{number}");
        // Once: the new one has not failed.
        let third = NewMail { id: MailId::new(), ..first.clone() };
        let kept = office.user_store().enqueue(std::slice::from_ref(&third), &order).await.unwrap();
        assert_eq!(kept, [Enqueued::Before(if again { same.id } else { first.id })], "{number}");
    }
}

pub(super) async fn who_took_a_mail_in_doubt_and_fell_silent_hides_no_doubt_from_a_person(store: Store) {
    let office = Office::open(store).await;
    for (number, word) in [MailCommand::Hold, MailCommand::Cancel].into_iter().enumerate() {
        let new = invoice(&office, &format!("D-{number}"));
        office.enqueue(&new).await.unwrap();
        let mail = new.id;
        let journal = GroupCommitWriter::of(&office.store);
        let (first, second) = (LeaseOwner::new("worker"), LeaseOwner::new("worker"));
        let claim = async |lease_owner: &LeaseOwner, at| {
            office.store.claim(lease_owner, office.account.id, Pace::default(), 1, at, LEASE).await.unwrap()
        };
        assert_eq!(claim(&first, now()).await, [mail]);
        let attempt = journal.begin(mail, &new_attempt(office.account.id), &first).await.unwrap();
        journal.release(attempt, &first, now()).await.unwrap();
        // The second one takes it over, and sleeps before it says that the mail is in doubt.
        assert_eq!(claim(&second, now() + Duration::hours(1)).await, [mail]);
        let said = office.user_store().apply_command(mail, word, now() + Duration::hours(2)).await.unwrap();
        assert!(!said.changed && matches!(said.row.queue_state, QueueState::InDoubt { .. }), "{said:?}");
        // Who knows it decides.
        let said = office
            .user_store()
            .apply_command(mail, MailCommand::Cancel, now() + Duration::hours(2))
            .await
            .unwrap();
        assert_eq!((said.changed, said.row.queue_state), (true, QueueState::Cancelled));
    }
}

pub(super) async fn what_has_left_is_nobodys_to_take(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::of(&office.store));
    office.store.claim(&lease_owner, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    journal.settle(mails[0], &lease_owner, QueueState::Sent).await.unwrap();
    office
        .user_store()
        .apply_command(mails[1], MailCommand::Cancel, now() + Duration::hours(1))
        .await
        .unwrap();
    for (mail, queue_state) in [(mails[0], QueueState::Sent), (mails[1], QueueState::Cancelled)] {
        let command = LeaseOwner::new("command");
        let taken = office.user_store().take(&command, mail, now(), LEASE).await.unwrap().unwrap();
        assert_eq!(taken.queue_state, queue_state);
        // A person who comes while that command sleeps is told the truth.
        let said = office
            .user_store()
            .apply_command(mail, MailCommand::Hold, now() + Duration::hours(2))
            .await
            .unwrap();
        assert_eq!((said.changed, said.row.queue_state), (false, queue_state));
    }
}

pub(super) async fn what_waits_for_its_account_goes_on_with_it(store: Store) {
    use postroom_model::AccountState;
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::of(&office.store));
    office.store.claim(&lease_owner, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = |cause| QueueState::Held { cause, reason: "why".into() };
    journal.settle(mails[0], &lease_owner, held(WaitReason::Account)).await.unwrap();
    journal.settle(mails[1], &lease_owner, held(WaitReason::User)).await.unwrap();
    office.admin().set_account_state(office.account.id, &AccountState::Ready).await.unwrap();
    let label = |row: OutboxRow| row.label(chrono::Local::now().fixed_offset() + Duration::seconds(1));
    assert_eq!(label(office.store.outbox_row(mails[0]).await.unwrap()), "queued");
    assert_eq!(label(office.store.outbox_row(mails[1]).await.unwrap()), "held");
}

pub(super) async fn a_logo_is_kept_once_however_many_mails_carry_it(store: Store) {
    let office = Office::open(store).await;
    queued(&office, 5).await;
    let other = office.admin().add_account(&new_account("other")).await.unwrap();
    office.admin().grant(other.id, office.lotte.id).await.unwrap();
    let mail = new_mail(other.id);
    office.enqueue(&mail).await.unwrap();
    let row =
        sqlx::query("select count(*) as many from contents").fetch_one(&office.store.pool).await.unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, "many"), 1);
    assert_eq!(office.store.mail(mail.id).await.unwrap().mail.files, mail.files);
}

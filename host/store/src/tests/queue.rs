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
    let kept = office.acting().keep(&mails, &Order::default()).await.unwrap();
    kept.into_iter().map(Kept::id).collect()
}

pub(super) async fn f3_the_same_question_twice_is_one_mail_and_again_is_another(store: Store) {
    let office = Office::open(store).await;
    let first = invoice(&office, "1");
    assert_eq!(office.acting().asked_before(&[&first]).await.unwrap(), [AskedBefore::No]);
    assert_eq!(office.keep(&first).await.unwrap(), Kept::New(first.id));
    let same = invoice(&office, "1");
    assert_eq!(office.keep(&same).await.unwrap(), Kept::Before(first.id));
    assert_eq!(office.acting().asked_before(&[&same]).await.unwrap(), [AskedBefore::As(first.id)]);
    let again = Order { again: true, ..Order::default() };
    let kept = office.acting().keep(std::slice::from_ref(&same), &again).await.unwrap();
    assert_eq!(kept, [Kept::New(same.id)]);
    assert_eq!(office.store.mail(same.id).await.unwrap().resend, 1);
    let third = invoice(&office, "1");
    assert_eq!(office.keep(&third).await.unwrap(), Kept::Before(same.id), "the latest of them");
    let mut changed = invoice(&office, "1");
    changed.revision = Some("2".into());
    let mut reminder = invoice(&office, "1");
    reminder.use_case = "reminder-1".into();
    let mut elsewhere = invoice(&office, "1");
    elsewhere.message.rcpt_to = vec!["other@example.com".into()];
    for other in [changed, reminder, elsewhere, invoice(&office, "2")] {
        assert_eq!(office.keep(&other).await.unwrap(), Kept::New(other.id));
    }
    // In one batch, too.
    let twice = [invoice(&office, "3"), invoice(&office, "3")];
    let kept = office.acting().keep(&twice, &Order::default()).await.unwrap();
    assert_eq!(kept, [Kept::New(twice[0].id), Kept::Before(twice[0].id)]);
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
        let (holder, journal) = (office.holder.clone(), office.journal.clone());
        let (store, company, account) = (office.store.clone(), office.company.id, office.account.id);
        tokio::spawn(async move {
            let mail = store.mail(id).await?;
            assert_eq!(store.suppressed(company, &mail.mail.message.rcpt_to).await?, []);
            let attempt = journal.begin(id, &new_attempt(account), &holder).await?;
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
        tokio::spawn(async move { store.acting(&user).keep(&[mail], &Order::default()).await })
    });
    let (mut new, mut mails) = (0, std::collections::BTreeSet::new());
    for task in asked.collect::<Vec<_>>() {
        let kept = task.await.unwrap().unwrap()[0];
        new += usize::from(matches!(kept, Kept::New(_)));
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
            store.claim(&Holder::new("worker"), account, Pace::default(), 7, now(), LEASE).await
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
    let holder = Holder::new("worker");
    let back =
        office.store.claim(&holder, office.account.id, Pace::default(), 50, later, LEASE).await.unwrap();
    assert_eq!(back.len(), 40);
    office.store.extend(&holder, later + Duration::seconds(50), LEASE).await.unwrap();
    assert_eq!(office.store.due(later + Duration::seconds(70)).await.unwrap(), []);
    assert_eq!(office.store.give_back("worker", later).await.unwrap(), 40);
    assert_eq!(office.store.due(later).await.unwrap(), due);
}

pub(super) async fn a_pace_slows_down_and_loses_nothing(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 100).await;
    let pace = Pace { per_minute: Some(30), ..Pace::default() };
    let mut taken = Vec::new();
    for second in 0..61 {
        let at = now() + Duration::seconds(second);
        let holder = Holder::new("worker");
        taken.extend(office.store.claim(&holder, office.account.id, pace, 50, at, LEASE * 60).await.unwrap());
    }
    assert!((30..=32).contains(&taken.len()), "{} in a minute", taken.len());
    assert_eq!(taken, mails[..taken.len()], "oldest first");
    // A clock that went back does not stop the account for as long as it went back.
    let before = now() - Duration::days(1);
    office.store.give_back("worker", before).await.unwrap();
    let holder = Holder::new("worker");
    let mut seconds = 0;
    let none = loop {
        let at = before + Duration::seconds(seconds);
        let got = office.store.claim(&holder, office.account.id, pace, 50, at, LEASE).await.unwrap();
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
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    let account = office.account.id;
    let claimed = office.store.claim(&holder, account, Pace::default(), 29, now(), LEASE).await.unwrap();
    let begun = mails.iter().map(|mail| {
        let (journal, holder, mail) = (journal.clone(), holder.clone(), *mail);
        tokio::spawn(async move { (mail, journal.begin(mail, &new_attempt(account), &holder).await) })
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
    let open = journal.begin(mail, &new_attempt(account), &holder).await.unwrap_err();
    assert_eq!(open, StoreError::AttemptOpen(mail.to_string()));
    journal.release(attempt, &holder, now()).await.unwrap();
    assert_eq!(office.store.mail(mail).await.unwrap().attempts[0].released, Some(now()));
    let given = Some(Settlement::of(&holder, Standing::Sent));
    journal.finish(attempt, &outcome(AttemptResult::Accepted), &[event("accepted")], given).await.unwrap();
    let kept = office.store.mail(mail).await.unwrap();
    assert_eq!((kept.outbox.standing.clone(), kept.outbox.holder.clone()), (Standing::Sent, None));
    assert_eq!(kept.events, [event("accepted")]);
    // Whoever was taken for dead can't release: the mail was taken over, and that closed the attempt.
    let (mail, attempt) = attempts[1];
    let other = Holder::new("worker");
    let later = now() + Duration::seconds(61);
    office.store.claim(&other, account, Pace::default(), 50, later, LEASE).await.unwrap();
    let shut = journal.release(attempt, &holder, now()).await.unwrap_err();
    assert_eq!(shut, StoreError::AttemptClosed(attempt.to_string()));
    // And what that holder says of the mail changes nothing any more.
    journal.settle(mail, &holder, Standing::Sent).await.unwrap();
    assert_eq!(office.store.outbox_row(mail).await.unwrap().holder.as_deref(), Some(other.as_str()));
    let lost = office.store.keep_give_up(mail, &holder, &[event("expired")]).await.unwrap_err();
    assert_eq!(lost, StoreError::LeaseLost(mail.to_string()));
    assert_eq!(office.store.mail(mail).await.unwrap().events, []);
    office.store.keep_give_up(mail, &other, &[event("expired")]).await.unwrap();
    assert_eq!(office.store.mail(mail).await.unwrap().events, [event("expired")]);
}

pub(super) async fn what_is_said_of_one_mail_at_once_counts_in_its_order(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    office.store.claim(&holder, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = || Standing::Held { cause: Cause::User, reason: "why".into() };
    let (one, two) = tokio::join!(
        journal.settle(mails[0], &holder, held()),
        journal.settle(mails[0], &holder, Standing::Cancelled)
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(office.store.outbox_row(mails[0]).await.unwrap().standing, held());
    // A server's answer comes before what somebody says who puts the mail down.
    let attempt = journal.begin(mails[1], &new_attempt(office.account.id), &holder).await.unwrap();
    let (accepted, sent) = (outcome(AttemptResult::Accepted), Settlement::of(&holder, Standing::Sent));
    let (one, two) = tokio::join!(
        journal.settle(mails[1], &holder, held()),
        journal.finish(attempt, &accepted, &[], Some(sent))
    );
    assert_eq!((one, two), (Ok(()), Ok(None)));
    assert_eq!(office.store.outbox_row(mails[1]).await.unwrap().standing, Standing::Sent);
}

pub(super) async fn what_failed_for_everybody_is_sent_again_when_it_is_asked_for_again(store: Store) {
    let office = Office::open(store).await;
    let ended = async |result, standing: Standing, number: &str| {
        let mut mail = new_mail(office.account.id);
        mail.revision = Some("1".into());
        mail.document.as_mut().unwrap().number = number.to_owned();
        office.keep(&mail).await.unwrap();
        let holder = Holder::new("worker");
        office.store.claim(&holder, office.account.id, Pace::default(), 9, now(), LEASE).await.unwrap();
        let attempt = new_attempt(office.account.id);
        let attempt = office.journal.begin(mail.id, &attempt, &holder).await.unwrap();
        let settle = Some(Settlement::of(&holder, standing));
        office.journal.finish(attempt, &outcome(result), &[event("deferred")], settle).await.unwrap();
        mail
    };
    let failed = || Standing::Failed { reason: "refused".into() };
    for (number, result, standing, again) in [
        ("F-1", AttemptResult::Permanent, failed(), true),
        ("F-2", AttemptResult::PartlyAccepted(None), failed(), false),
        ("F-3", AttemptResult::Accepted, Standing::Sent, false),
        ("F-4", AttemptResult::Transient(None), Standing::Cancelled, false),
    ] {
        let first = ended(result, standing, number).await;
        let same = NewMail { id: MailId::new(), ..first.clone() };
        let known = if again { AskedBefore::Failed(first.id) } else { AskedBefore::As(first.id) };
        assert_eq!(office.acting().asked_before(&[&same]).await.unwrap(), [known], "{number}");
        let order = Order::default();
        let kept = office.acting().keep(std::slice::from_ref(&same), &order).await.unwrap();
        let wanted = if again { Kept::New(same.id) } else { Kept::Before(first.id) };
        assert_eq!(kept, [wanted], "{number}");
        // Once: the new one has not failed.
        let third = NewMail { id: MailId::new(), ..first.clone() };
        let kept = office.acting().keep(std::slice::from_ref(&third), &order).await.unwrap();
        assert_eq!(kept, [Kept::Before(if again { same.id } else { first.id })], "{number}");
    }
}

pub(super) async fn who_took_a_mail_in_doubt_and_fell_silent_hides_no_doubt_from_a_person(store: Store) {
    let office = Office::open(store).await;
    for (number, word) in [Word::Hold, Word::Cancel].into_iter().enumerate() {
        let new = invoice(&office, &format!("D-{number}"));
        office.keep(&new).await.unwrap();
        let mail = new.id;
        let journal = Journal::of(&office.store);
        let (first, second) = (Holder::new("worker"), Holder::new("worker"));
        let claim = async |holder: &Holder, at| {
            office.store.claim(holder, office.account.id, Pace::default(), 1, at, LEASE).await.unwrap()
        };
        assert_eq!(claim(&first, now()).await, [mail]);
        let attempt = journal.begin(mail, &new_attempt(office.account.id), &first).await.unwrap();
        journal.release(attempt, &first, now()).await.unwrap();
        // The second one takes it over, and sleeps before it says that the mail is in doubt.
        assert_eq!(claim(&second, now() + Duration::hours(1)).await, [mail]);
        let said = office.acting().say(mail, word, now() + Duration::hours(2)).await.unwrap();
        assert!(!said.changed && matches!(said.row.standing, Standing::InDoubt { .. }), "{said:?}");
        // Who knows it decides.
        let said = office.acting().say(mail, Word::Cancel, now() + Duration::hours(2)).await.unwrap();
        assert_eq!((said.changed, said.row.standing), (true, Standing::Cancelled));
    }
}

pub(super) async fn what_has_left_is_nobodys_to_take(store: Store) {
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    office.store.claim(&holder, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    journal.settle(mails[0], &holder, Standing::Sent).await.unwrap();
    office.acting().say(mails[1], Word::Cancel, now() + Duration::hours(1)).await.unwrap();
    for (mail, standing) in [(mails[0], Standing::Sent), (mails[1], Standing::Cancelled)] {
        let command = Holder::new("command");
        let taken = office.acting().take(&command, mail, now(), LEASE).await.unwrap().unwrap();
        assert_eq!(taken.standing, standing);
        // A person who comes while that command sleeps is told the truth.
        let said = office.acting().say(mail, Word::Hold, now() + Duration::hours(2)).await.unwrap();
        assert_eq!((said.changed, said.row.standing), (false, standing));
    }
}

pub(super) async fn what_waits_for_its_account_goes_on_with_it(store: Store) {
    use postroom_model::AccountState;
    let office = Office::open(store).await;
    let mails = queued(&office, 2).await;
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    office.store.claim(&holder, office.account.id, Pace::default(), 2, now(), LEASE).await.unwrap();
    let held = |cause| Standing::Held { cause, reason: "why".into() };
    journal.settle(mails[0], &holder, held(Cause::Account)).await.unwrap();
    journal.settle(mails[1], &holder, held(Cause::User)).await.unwrap();
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
    office.keep(&mail).await.unwrap();
    let row =
        sqlx::query("select count(*) as many from contents").fetch_one(&office.store.pool).await.unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, "many"), 1);
    assert_eq!(office.store.mail(mail.id).await.unwrap().mail.files, mail.files);
}

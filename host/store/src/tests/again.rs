//! What failed for all recipients, asked for again: decided by the transaction that the new mail enters by.

use super::fixture::{Fixture, completion, new_account, new_mail, parse};
use crate::*;
use chrono::{DateTime, FixedOffset};

fn now() -> DateTime<FixedOffset> {
    "2026-11-30T10:00:00+01:00".parse().unwrap()
}

fn invoice(fixture: &Fixture, number: &str, revision: &str) -> NewMail {
    let mut mail = new_mail(fixture.account.id);
    mail.document.as_mut().unwrap().number = number.to_owned();
    NewMail { revision: Some(revision.into()), created: now(), ..mail }
}

fn again(of: &NewMail) -> Again {
    Again { of: of.id, mail: NewMail { id: MailId::new(), ..of.clone() } }
}

async fn enqueue(user_store: UserStore<'_>, mail: &NewMail) {
    let order = Order { again: true, ..Order::default() };
    user_store.enqueue(std::slice::from_ref(mail), &order).await.unwrap();
}

async fn ended(fixture: &Fixture, mail: MailId, result: AttemptResult, queue_state: QueueState) {
    let attempt = fixture.attempt(mail).await;
    let settle = Some(StateChange::of(&fixture.lease_owner, queue_state));
    fixture.journal.finish(attempt, &completion(result), &[], settle).await.unwrap();
}

async fn fails(fixture: &Fixture, mail: MailId) {
    ended(fixture, mail, AttemptResult::Permanent, QueueState::Failed { reason: "refused".into() }).await;
}

/// Asks for one mail again; gives the answer, which the rule for display must have given, too.
async fn asked(user_store: UserStore<'_>, of: &NewMail) -> Result<MailId, NotAgain> {
    let shown = user_store.not_again(&[of.id]).await.unwrap();
    let again = again(of);
    let answer =
        user_store.enqueue_again(std::slice::from_ref(&again), &Order::default()).await.unwrap().remove(0);
    match answer {
        Ok(id) => {
            assert_eq!(id, again.mail.id);
            assert!(shown.values().all(|not| matches!(not, NotAgain::Repeated(_))), "{shown:?}");
            assert_eq!(user_store.mail(id).await.unwrap().mail.message.rcpt_to, of.message.rcpt_to);
        }
        Err(not) => {
            assert_eq!(shown, [(of.id, not)].into());
            assert!(
                matches!(user_store.mail(again.mail.id).await, Err(StoreError::NoSuchMail(_))),
                "{not:?}"
            );
        }
    }
    answer
}

pub(super) async fn what_failed_for_everybody_is_asked_for_again_once(store: Store) {
    let fixture = Fixture::open(store).await;
    let user_store = fixture.user_store();
    let first = invoice(&fixture, "F-1", "1");
    enqueue(user_store, &first).await;
    assert_eq!(asked(user_store, &first).await, Err(NotAgain::Left), "it waits");
    fails(&fixture, first.id).await;
    let second = asked(user_store, &first).await.unwrap();
    assert_eq!(user_store.mail(second).await.unwrap().resend, 1);
    assert_eq!(asked(user_store, &first).await, Err(NotAgain::Other(second)));
    // Failed again: either of them is sent again, and of both at once one.
    fails(&fixture, second).await;
    let shown = user_store.not_again(&[first.id, second]).await.unwrap();
    assert_eq!(shown, [(first.id, NotAgain::Repeated(second))].into());
    let both = [again(&first), Again { of: second, mail: again(&first).mail }];
    let ping = user_store.enqueue_again(&both, &Order::default()).await.unwrap();
    assert_eq!(ping, [Ok(both[0].mail.id), Err(NotAgain::Other(both[0].mail.id))]);
    // An earlier one that left, or may have, forbids it, too.
    ended(&fixture, both[0].mail.id, AttemptResult::Accepted, QueueState::Sent).await;
    let late = NewMail { id: MailId::new(), ..first.clone() };
    enqueue(user_store, &late).await;
    fails(&fixture, late.id).await;
    assert_eq!(asked(user_store, &late).await, Err(NotAgain::Other(both[0].mail.id)));
    // It left for one of two.
    let partly = invoice(&fixture, "F-2", "1");
    enqueue(user_store, &partly).await;
    let failed = QueueState::Failed { reason: "for one".into() };
    ended(&fixture, partly.id, AttemptResult::PartlyAccepted(None), failed).await;
    assert_eq!(asked(user_store, &partly).await, Err(NotAgain::Left));
    // What is not the mail again does not enter in its name.
    let other = invoice(&fixture, "F-3", "1");
    enqueue(user_store, &other).await;
    fails(&fixture, other.id).await;
    let mut to_another = again(&other);
    to_another.mail.message.rcpt_to = vec!["other@example.com".into()];
    let refused = user_store.enqueue_again(&[again(&other), to_another], &Order::default()).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    assert_eq!(user_store.not_again(&[other.id]).await.unwrap(), [].into(), "nothing entered");
    assert_eq!(user_store.enqueue_again(&[], &Order::default()).await.unwrap(), []);
}

pub(super) async fn a_later_revision_forbids_it_whether_it_left_or_failed(store: Store) {
    let fixture = Fixture::open(store).await;
    let user_store = fixture.user_store();
    let old: Vec<NewMail> = (0..4).map(|number| invoice(&fixture, &format!("F-{number}"), "1")).collect();
    for mail in &old {
        enqueue(user_store, mail).await;
        fails(&fixture, mail.id).await;
    }
    // Corrected, to another recipient, and for another purpose; another kind of document has the number, too.
    let corrected = invoice(&fixture, "F-0", "2");
    let mut to_another = invoice(&fixture, "F-1", "1");
    to_another.message.rcpt_to = vec!["other@example.com".into()];
    let mut reminder = invoice(&fixture, "F-2", "1");
    reminder.use_case = "reminder-1".into();
    let mut quote = invoice(&fixture, "F-2", "1");
    quote.document.as_mut().unwrap().kind = "quote".into();
    for mail in [&corrected, &to_another, &reminder, &quote] {
        enqueue(user_store, mail).await;
    }
    assert_eq!(asked(user_store, &old[0]).await, Err(NotAgain::Other(corrected.id)));
    assert_eq!(asked(user_store, &old[1]).await, Err(NotAgain::Other(to_another.id)));
    fails(&fixture, corrected.id).await;
    fails(&fixture, to_another.id).await;
    assert_eq!(
        asked(user_store, &old[0]).await,
        Err(NotAgain::Failed(corrected.id)),
        "the outdated revision"
    );
    assert_eq!(asked(user_store, &old[1]).await, Err(NotAgain::Failed(to_another.id)));
    assert!(asked(user_store, &corrected).await.is_ok());
    assert!(asked(user_store, &old[2]).await.is_ok());
    // A colleague's account: that it is so, and not which mail; whether it left or failed.
    let spare = fixture.admin().add_account(&new_account("spare")).await.unwrap();
    fixture.admin().grant(spare.id, fixture.marc.id).await.unwrap();
    let marc = fixture.store.user_store(&fixture.marc);
    let theirs = NewMail { account: spare.id, ..invoice(&fixture, "F-3", "2") };
    enqueue(marc, &theirs).await;
    assert_eq!(asked(user_store, &old[3]).await, Err(NotAgain::Elsewhere));
    let theirs_fails =
        sqlx::query("update outbox set state = 'failed' where mail = $1").bind(theirs.id.to_string());
    theirs_fails.execute(&fixture.store.pool).await.unwrap();
    assert_eq!(asked(user_store, &old[3]).await, Err(NotAgain::Elsewhere));
    // What the user does not see is what is not there.
    for not_theirs in [&old[3], &NewMail { id: MailId::new(), ..old[3].clone() }] {
        assert_eq!(asked(marc, not_theirs).await, Err(NotAgain::Unknown));
    }
    // Another company's documents of the same number are none of ours.
    let ours = invoice(&fixture, "F-5", "1");
    enqueue(user_store, &ours).await;
    fails(&fixture, ours.id).await;
    let next_door = NewMail { account: fixture.theirs.id, ..invoice(&fixture, "F-5", "2") };
    enqueue(fixture.store.user_store(&fixture.eve), &next_door).await;
    assert!(asked(user_store, &ours).await.is_ok());
}

pub(super) async fn what_was_emptied_since_it_was_shown_does_not_come_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let user_store = fixture.user_store();
    let mails = ["F-1", "F-2"].map(|number| invoice(&fixture, number, "1"));
    for mail in &mails {
        enqueue(user_store, mail).await;
        fails(&fixture, mail.id).await;
    }
    let created = mails.each_ref().map(again);
    assert_eq!(user_store.not_again(&mails.each_ref().map(|it| it.id)).await.unwrap(), [].into());
    // While a person is asked, a recipient is erased.
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    fixture.admin().erase(&parse("e@example.com"), now()).await.unwrap();
    let ping = user_store.enqueue_again(&created, &Order::default()).await.unwrap();
    assert_eq!(ping, [Err(NotAgain::Emptied); 2]);
    let found = user_store.listed(&Filter { limit: 10, ..Filter::default() }).await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let addresses = found.iter().flat_map(|it| &it.mail.recipients).map(|it| it.party.address.as_str());
    assert_eq!(addresses.filter(|address| *address == "e@example.com").count(), 0);
    assert_eq!(asked(user_store, &mails[0]).await, Err(NotAgain::Emptied));
}

pub(super) async fn of_many_who_send_one_mail_again_at_once_one_does_and_the_others_know_it(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = invoice(&fixture, "F-1", "1");
    enqueue(fixture.user_store(), &mail).await;
    fails(&fixture, mail.id).await;
    let asked = (0..6).map(|_| {
        let (store, user, again) = (fixture.store.clone(), fixture.lotte.clone(), again(&mail));
        tokio::spawn(async move { store.user_store(&user).enqueue_again(&[again], &Order::default()).await })
    });
    let mut ping = Vec::new();
    for task in asked.collect::<Vec<_>>() {
        ping.extend(task.await.unwrap().unwrap());
    }
    let entered: Vec<MailId> = ping.iter().filter_map(|it| it.ok()).collect();
    assert_eq!(entered.len(), 1, "{ping:?}");
    let lost = ping.iter().filter(|it| **it == Err(NotAgain::Other(entered[0]))).count();
    assert_eq!(lost, 5, "{ping:?}");
}

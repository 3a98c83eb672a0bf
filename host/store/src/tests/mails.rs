//! Mails, attempts and facts: kept before, during and after.

use super::fixture::{Fixture, completion, event, new_account, new_attempt, new_mail};
use crate::*;
use postroom_model::*;

pub(super) async fn a_kept_mail_comes_back_byte_for_byte(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await;
    let stored = fixture.user_store().mail(mail.id).await.unwrap();
    assert_eq!(stored.mail, mail);
    assert_eq!((stored.company, stored.user), (fixture.company.id, Some(fixture.lotte.id)));
    assert_eq!((stored.attempts.len(), stored.events.len()), (0, 0));
    let test = NewMail { document: None, files: Vec::new(), ..new_mail(fixture.account.id) };
    fixture.enqueue(&test).await.unwrap();
    assert_eq!(fixture.store.mail(test.id).await.unwrap().mail, test);
    let taken = StoreError::Taken { what: "a mail", name: mail.id.to_string() };
    assert_eq!(fixture.enqueue(&mail).await.unwrap_err(), taken);
    let mut relative = new_mail(fixture.account.id);
    relative.files[0].place = FilePlace::Disk("invoice.pdf".into());
    assert!(matches!(fixture.enqueue(&relative).await, Err(StoreError::Invalid { what: "file", .. })));
    let error = fixture.store.mail(relative.id).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchMail(relative.id.to_string()), "nothing of it was kept");
    fixture.admin().remove_user(fixture.lotte.id).await.unwrap();
    assert_eq!(fixture.store.mail(mail.id).await.unwrap().user, None);
}

pub(super) async fn a11_the_mails_of_an_account_are_listed_newest_first(store: Store) {
    let fixture = Fixture::open(store).await;
    let other = fixture.admin().add_account(&new_account("other")).await.unwrap();
    fixture.admin().grant(other.id, fixture.lotte.id).await.unwrap();
    fixture.enqueue(&new_mail(other.id)).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, fixture.mail().await.id);
    }
    let account = fixture.account.id;
    let user_store = fixture.user_store();
    let listed = |mails: Vec<MailSummary>| mails.into_iter().map(|mail| mail.id).collect::<Vec<_>>();
    assert_eq!(listed(user_store.sent(account, None, 1_000_000).await.unwrap()), ids);
    assert_eq!(listed(user_store.sent(account, None, 2).await.unwrap()), ids[..2]);
    assert_eq!(listed(user_store.sent(account, Some(ids[1]), 2).await.unwrap()), ids[2..4]);
    assert_eq!(listed(user_store.sent(account, Some(ids[4]), 2).await.unwrap()), []);
    let newest = &user_store.sent(account, None, 1).await.unwrap()[0];
    let mail = new_mail(account);
    assert_eq!((&newest.subject, &newest.recipients), (&mail.subject, &mail.recipients));
    assert_eq!((newest.user, &newest.document), (Some(fixture.lotte.id), &mail.document));
}

pub(super) async fn an_attempt_is_on_disk_before_it_is_made(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let attempt = fixture.attempt(mail).await;
    // As another program sees it, which knows nothing but the disk.
    let open = fixture.store.open_attempts().await.unwrap();
    assert_eq!(open, [OpenAttempt { company: fixture.company.id, mail, attempt }]);
    let stored = fixture.store.mail(mail).await.unwrap().attempts;
    assert_eq!((stored.len(), stored[0].id, &stored[0].completion), (1, attempt, &None));
    assert_eq!((stored[0].account_name.as_str(), stored[0].transport.as_str()), ("office", "smtp"));
    let done = completion(AttemptResult::Transient(Some(120)));
    fixture.finish(attempt, &done, &[event("deferred")]).await;
    let stored = fixture.store.mail(mail).await.unwrap();
    assert_eq!(stored.attempts[0].completion.as_ref(), Some(&done));
    assert_eq!(stored.events, [event("deferred")]);
    assert_eq!(fixture.store.open_attempts().await.unwrap(), []);
    for result in [
        AttemptResult::Accepted,
        AttemptResult::PartlyAccepted(None),
        AttemptResult::PartlyAccepted(Some(u32::MAX)),
        AttemptResult::Transient(None),
        AttemptResult::Permanent,
        AttemptResult::NeedsSignIn,
        AttemptResult::InDoubt { interrupted: false },
        AttemptResult::InDoubt { interrupted: true },
        AttemptResult::NotFound,
        AttemptResult::Found,
        AttemptResult::Withdrawn,
    ] {
        let done = Completion { stage: None, detail: None, provider_ids: Vec::new(), ..completion(result) };
        let mail = fixture.mail().await.id;
        let attempt = fixture.attempt(mail).await;
        for _ in 0..2 {
            fixture.finish(attempt, &done, &[]).await;
        }
        assert_eq!(fixture.store.mail(mail).await.unwrap().attempts[0].completion, Some(done));
    }
}

pub(super) async fn nobody_sends_while_an_attempt_is_open(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    fixture.take(mail).await;
    let mut begun = Vec::new();
    for _ in 0..8 {
        let (journal, lease_owner) = (fixture.journal.clone(), fixture.lease_owner.clone());
        let attempt = new_attempt(fixture.account.id);
        begun.push(tokio::spawn(async move { journal.begin(mail, &attempt, &lease_owner).await }));
    }
    let mut attempts = Vec::new();
    for task in begun {
        match task.await.unwrap() {
            Ok(attempt) => attempts.push(attempt),
            Err(error) => assert_eq!(error, StoreError::AttemptOpen(mail.to_string())),
        }
    }
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    fixture.finish(attempts[0], &completion(AttemptResult::Transient(None)), &[]).await;
    fixture.attempt(mail).await;
    assert_eq!(fixture.store.mail(mail).await.unwrap().attempts.len(), 2);
}

pub(super) async fn what_came_of_an_attempt_is_kept_though_access_was_revoked(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let attempt = fixture.attempt(mail).await;
    fixture.admin().revoke(fixture.account.id, fixture.lotte.id).await.unwrap();
    fixture.finish(attempt, &completion(AttemptResult::Accepted), &[event("accepted")]).await;
    fixture.store.add_events(mail, &[event("delivered")]).await.unwrap();
    assert_eq!(fixture.store.mail(mail).await.unwrap().events, [event("accepted"), event("delivered")]);
    let error = fixture.user_store().mail(mail).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchMail(mail.to_string()));
}

pub(super) async fn a13_a_fallback_is_an_attempt_of_its_own_by_the_companys_fallback_account(store: Store) {
    let fixture = Fixture::open(store).await;
    let relay = fixture.admin().add_account(&new_account("relay")).await.unwrap();
    let mail = fixture.mail().await.id;
    let attempt = NewAttempt { transport: "sendgrid".into(), fallback: true, ..new_attempt(relay.id) };
    let error = fixture.begin(mail, &attempt).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(relay.id.to_string()), "it is not the fallback yet");
    let fallback = Fallback { account: Some(relay.id), ..Fallback::default() };
    fixture.admin().update_company(&Company { fallback, ..fixture.company.clone() }).await.unwrap();
    let own = fixture.attempt(mail).await;
    fixture.finish(own, &completion(AttemptResult::Transient(None)), &[]).await;
    fixture.begin(mail, &attempt).await.unwrap();
    let stored = fixture.user_store().mail(mail).await.unwrap().attempts;
    let by = |attempt: &Attempt| (attempt.account_name.clone(), attempt.transport.clone(), attempt.fallback);
    let wanted =
        [("office".to_owned(), "smtp".to_owned(), false), ("relay".to_owned(), "sendgrid".to_owned(), true)];
    assert_eq!(stored.iter().map(by).collect::<Vec<_>>(), wanted);
    // The fallback sends for those who may use the mail's own account; its own mails stay as they were.
    assert!(fixture.user_store().sent(relay.id, None, 10).await.is_err());
}

pub(super) async fn facts_are_a_set(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let same = event("delivered");
    let others = [
        Event { recipient: None, ..same.clone() },
        Event { recipient: Some("lotte@ateliernord.example".into()), ..same.clone() },
        Event { words: None, ..same.clone() },
        Event { code: None, words: Some("2.0.0queued as 4711".into()), ..same.clone() },
        Event { source: "webhook".into(), ..same.clone() },
    ];
    for _ in 0..2 {
        fixture.store.add_events(mail, &[same.clone(), same.clone()]).await.unwrap();
        fixture.store.add_events(mail, &others).await.unwrap();
    }
    let mut wanted = vec![same];
    wanted.extend(others);
    assert_eq!(fixture.store.mail(mail).await.unwrap().events, wanted);
    let missing = MailId::new();
    let error = fixture.store.add_events(missing, &wanted).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchMail(missing.to_string()));
}

pub(super) async fn what_strangers_write_is_kept_within_bounds(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut mail = new_mail(fixture.account.id);
    mail.subject = "a\0b'; drop table mails; -- \u{202e}".into();
    mail.recipients[0].party.name = Some("\0\"\\".into());
    mail.message.pieces = vec![Piece::Text("\0\r\n".into())];
    fixture.enqueue(&mail).await.unwrap();
    let attempt = fixture.attempt(mail.id).await;
    let words = format!("550 \0{}", "é".repeat(100_000));
    let done = Completion { detail: Some(words.clone()), ..completion(AttemptResult::Permanent) };
    let hostile = Event { words: Some(words), kind: "\0".into(), ..event("refused") };
    fixture.finish(attempt, &done, &[hostile.clone(), hostile]).await;
    let stored = fixture.user_store().mail(mail.id).await.unwrap();
    assert_eq!(stored.mail.subject, "a\u{fffd}b'; drop table mails; -- \u{202e}");
    assert_eq!(stored.mail.recipients, mail.recipients, "JSON keeps what text can't");
    assert_eq!(stored.mail.message.pieces, mail.message.pieces);
    assert_eq!(stored.events.len(), 1);
    let words = stored.events[0].words.as_ref().unwrap();
    assert!(words.starts_with("550 \u{fffd}é") && words.chars().count() == 16 * 1024, "{}", words.len());
}

pub(super) async fn many_at_once_lose_nothing(store: Store) {
    let fixture = Fixture::open(store).await;
    let mut tasks = Vec::new();
    for _ in 0..40 {
        let (store, user, account) = (fixture.store.clone(), fixture.lotte.clone(), fixture.account.id);
        let (lease_owner, journal) = (fixture.lease_owner.clone(), fixture.journal.clone());
        tasks.push(tokio::spawn(async move {
            let (user_store, mail) = (store.user_store(&user), new_mail(account));
            let until = chrono::Local::now().fixed_offset() + chrono::Duration::seconds(60);
            let order = Order { lease: Some((lease_owner.clone(), until)), ..Order::default() };
            user_store.enqueue(std::slice::from_ref(&mail), &order).await.unwrap();
            let attempt = journal.begin(mail.id, &new_attempt(account), &lease_owner).await.unwrap();
            let accepted = completion(AttemptResult::Accepted);
            journal.finish(attempt, &accepted, &[event("accepted")], None).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let sent = fixture.user_store().sent(fixture.account.id, None, 100).await.unwrap();
    assert_eq!(sent.len(), 40);
    for mail in sent {
        assert_eq!(fixture.store.mail(mail.id).await.unwrap().events, [event("accepted")]);
    }
}

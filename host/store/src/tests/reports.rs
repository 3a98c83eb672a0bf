//! Finding the mail that a report names, and addresses that are no longer written to.

use super::fixture::{Fixture, at, completion};
use crate::*;

fn hard(address: &str, since: &str, mail: Option<MailId>) -> NewSuppression {
    NewSuppression {
        address: address.to_owned(),
        kind: SuppressionKind::HardBounce,
        since: at(since),
        mail,
        code: Some("5.1.1".into()),
        words: Some("550 5.1.1 no such user".into()),
        source: "delivery-report".into(),
    }
}

pub(super) async fn a_report_finds_its_mail_by_attempt_and_by_every_message_id(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await;
    let attempt = fixture.attempt(mail.id).await;
    let mut done = completion(AttemptResult::Accepted);
    done.provider_ids.push(("message-id".into(), "<given@provider.example>".into()));
    for _ in 0..2 {
        fixture.finish(attempt, &done, &[]).await;
    }
    let store = &fixture.store;
    assert_eq!(store.mail_of_attempt(attempt).await.unwrap(), Some(mail.id));
    assert_eq!(store.mail_of_attempt(AttemptId::new()).await.unwrap(), None);
    for id in [mail.message.message_id.as_str(), "<given@provider.example>"] {
        assert_eq!(store.mails_of_message(id).await.unwrap(), [mail.id], "{id}");
    }
    for id in ["<18f0>", "", "<1@ATELIERNORD.example>", "'; drop table mails; --", "\0"] {
        assert_eq!(store.mails_of_message(id).await.unwrap(), [], "{id:?}");
    }
    let reported = store.reported(mail.id).await.unwrap();
    assert_eq!((reported.company, reported.account), (fixture.company.id, fixture.account.id));
    assert_eq!(reported.rcpt_to, mail.message.rcpt_to);
    let unknown = MailId::new();
    assert_eq!(store.reported(unknown).await.unwrap_err(), StoreError::NoSuchMail(unknown.to_string()));
}

pub(super) async fn a_dead_address_is_not_written_to_until_somebody_releases_it(store: Store) {
    let fixture = Fixture::open(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    let mail = fixture.mail().await.id;
    let ask = async |address: &str| store.suppressed(company, &[address.to_owned()]).await.unwrap();
    assert_eq!(ask("e@example.com").await, []);
    let first = hard("E@Example.com", "2026-11-23T10:00:00+01:00", Some(mail));
    assert!(store.suppress(company, &first).await.unwrap());
    assert!(!store.suppress(company, &first).await.unwrap(), "the same report again");
    let later = hard("e@example.com", "2026-11-24T10:00:00+01:00", None);
    assert!(!store.suppress(company, &later).await.unwrap(), "the first evidence stays");
    for address in ["e@example.com", " E@EXAMPLE.COM "] {
        let found = ask(address).await;
        assert_eq!(found.len(), 1, "{address}");
        assert_eq!(
            (found[0].since, found[0].mail.as_deref()),
            (first.since, Some(mail.to_string().as_str()))
        );
        assert_eq!(found[0].words.as_deref(), Some("550 5.1.1 no such user"));
    }
    assert_eq!(store.suppressed(fixture.next_door.id, &["e@example.com".into()]).await.unwrap(), []);
    // A batch asks for all whom it goes to.
    let many: Vec<String> = (0..70_000).map(|number| format!("{}@example.com", number % 69_000)).collect();
    assert_eq!(store.suppressed(company, &many).await.unwrap(), []);
    assert_eq!(
        store.suppressed(company, &[many, vec!["e@example.com".into()]].concat()).await.unwrap().len(),
        1
    );
    let complaint = NewSuppression { kind: SuppressionKind::Complaint, ..later.clone() };
    assert!(store.suppress(company, &complaint).await.unwrap());
    assert_eq!(ask("e@example.com").await.len(), 2);
    let when = at("2026-11-25T10:00:00+01:00");
    assert_eq!(store.release(company, "E@example.com", "lotte", when).await.unwrap(), 2);
    assert_eq!(store.release(company, "e@example.com", "lotte", when).await.unwrap(), 0);
    assert_eq!(ask("e@example.com").await, []);
    assert!(!store.suppress(company, &first).await.unwrap(), "what is older than the release does not count");
    assert_eq!(ask("e@example.com").await, []);
    let all = store.suppressions(company).await.unwrap();
    assert_eq!(all.len(), 2, "released ones remain visible");
    assert!(all.iter().all(|it| it.released.as_ref().is_some_and(|it| it.by == "lotte" && it.at == when)));
    let again = hard("e@example.com", "2026-11-26T10:00:00+01:00", None);
    assert!(store.suppress(company, &again).await.unwrap(), "it bounced again");
    assert_eq!(ask("e@example.com").await[0].since, again.since);
    let nobodys = postroom_model::CompanyId::new();
    assert!(matches!(store.suppress(nobodys, &first).await, Err(StoreError::NoSuchCompany(_))));
}

pub(super) async fn spellings_of_one_address_are_one_and_words_are_bounded(store: Store) {
    let fixture = Fixture::open(store).await;
    let (store, company) = (&fixture.store, fixture.company.id);
    let words = "x\0".repeat(50_000);
    let mut new = hard("jörg@bücher.example", "2026-11-23T10:00:00+01:00", None);
    new.words = Some(words);
    assert!(store.suppress(company, &new).await.unwrap());
    let found = store.suppressed(company, &["JÖRG@xn--bcher-kva.example".into()]).await.unwrap();
    assert_eq!(found[0].words.as_ref().map(|words| words.chars().count()), Some(2_000));
}

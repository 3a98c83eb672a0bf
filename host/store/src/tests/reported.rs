//! Which mail a report is about, and what a pixel is judged by.

use super::fixture::{Fixture, completion, event, new_account, new_mail};
use crate::*;

pub(super) async fn a_report_finds_the_mail_that_its_account_submitted_and_no_other(store: Store) {
    let fixture = Fixture::open(store).await;
    let other = fixture.admin().add_account(&new_account("other")).await.unwrap();
    let mut mail = new_mail(fixture.account.id);
    mail.message.message_id = format!("<{}@ateliernord.example>", mail.id);
    fixture.enqueue(&mail).await.unwrap();
    let message_id = ReportedAs::MessageId(mail.message.message_id.clone());
    let find =
        async |account, called: &ReportedAs| fixture.store.reported_mail(account, called).await.unwrap();
    assert_eq!(find(fixture.account.id, &message_id).await, None, "nothing was submitted yet");
    let attempt = fixture.attempt(mail.id).await;
    let reply = Event { words: Some("Ok 0102019a2f3c4d5e-000000".into()), ..event("accepted") };
    fixture.finish(attempt, &completion(AttemptResult::Accepted), &[reply]).await;
    for called in [
        message_id,
        ReportedAs::Attempt(attempt),
        ReportedAs::ProviderId("18f0".into()),
        ReportedAs::ProviderId("0102019a2f3c4d5e-000000".into()),
    ] {
        assert_eq!(find(fixture.account.id, &called).await, Some(mail.id), "{called:?}");
        assert_eq!(find(other.id, &called).await, None, "{called:?}: another account");
    }
    for called in [
        ReportedAs::MessageId(format!("<{}@elsewhere.example>", mail.id)),
        ReportedAs::MessageId("<1@ateliernord.example>".into()),
        ReportedAs::MessageId("\0'; drop table mails; --".into()),
        ReportedAs::Attempt(AttemptId::new()),
        ReportedAs::ProviderId("\0".into()),
    ] {
        assert_eq!(find(fixture.account.id, &called).await, None, "{called:?}");
    }
}

pub(super) async fn a_pixel_is_judged_by_when_the_mail_left_and_what_is_known(store: Store) {
    let fixture = Fixture::open(store).await;
    assert_eq!(fixture.store.tracked(MailId::new()).await.unwrap(), None);
    let mail = fixture.mail().await;
    let tracked = fixture.store.tracked(mail.id).await.unwrap().unwrap();
    assert_eq!((tracked.company, &tracked.rcpt_to), (fixture.company.id, &mail.message.rcpt_to));
    assert_eq!((tracked.sent, tracked.openings), (None, 0));
    let attempt = fixture.attempt(mail.id).await;
    let done = completion(AttemptResult::Accepted);
    fixture.finish(attempt, &done, &[event("accepted")]).await;
    let opened = Event { source: "pixel".into(), ..event("opened") };
    fixture.store.add_events(mail.id, &[opened.clone(), opened]).await.unwrap();
    let tracked = fixture.store.tracked(mail.id).await.unwrap().unwrap();
    assert_eq!((tracked.sent, tracked.openings), (Some(done.finished), 1));
}

pub(super) async fn c4_how_an_opening_is_checked_is_remembered_for_each_mail(store: Store) {
    let fixture = Fixture::open(store).await;
    for check in [OpenCheck::Off, OpenCheck::Pixel, OpenCheck::Provider] {
        let mail = NewMail { open_check: check, ..new_mail(fixture.account.id) };
        fixture.enqueue(&mail).await.unwrap();
        assert_eq!(fixture.store.mail(mail.id).await.unwrap().mail.open_check, check, "in the same commit");
    }
    fixture.store.ping().await.unwrap();
}

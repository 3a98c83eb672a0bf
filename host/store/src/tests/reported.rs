//! Which mail a report is about, and what a pixel is judged by.

use super::office::{Office, event, new_account, new_mail, outcome};
use crate::*;

pub(super) async fn a_report_finds_the_mail_that_its_account_submitted_and_no_other(store: Store) {
    let office = Office::open(store).await;
    let other = office.admin().add_account(&new_account("other")).await.unwrap();
    let mut mail = new_mail(office.account.id);
    mail.message.message_id = format!("<{}@ateliernord.example>", mail.id);
    office.enqueue(&mail).await.unwrap();
    let message_id = ReportedAs::MessageId(mail.message.message_id.clone());
    let find =
        async |account, called: &ReportedAs| office.store.reported_mail(account, called).await.unwrap();
    assert_eq!(find(office.account.id, &message_id).await, None, "nothing was submitted yet");
    let attempt = office.attempt(mail.id).await;
    let reply = Event { words: Some("Ok 0102019a2f3c4d5e-000000".into()), ..event("accepted") };
    office.finish(attempt, &outcome(AttemptResult::Accepted), &[reply]).await;
    for called in [
        message_id,
        ReportedAs::Attempt(attempt),
        ReportedAs::ProviderId("18f0".into()),
        ReportedAs::ProviderId("0102019a2f3c4d5e-000000".into()),
    ] {
        assert_eq!(find(office.account.id, &called).await, Some(mail.id), "{called:?}");
        assert_eq!(find(other.id, &called).await, None, "{called:?}: another account");
    }
    for called in [
        ReportedAs::MessageId(format!("<{}@elsewhere.example>", mail.id)),
        ReportedAs::MessageId("<1@ateliernord.example>".into()),
        ReportedAs::MessageId("\0'; drop table mails; --".into()),
        ReportedAs::Attempt(AttemptId::new()),
        ReportedAs::ProviderId("\0".into()),
    ] {
        assert_eq!(find(office.account.id, &called).await, None, "{called:?}");
    }
}

pub(super) async fn a_pixel_is_judged_by_when_the_mail_left_and_what_is_known(store: Store) {
    let office = Office::open(store).await;
    assert_eq!(office.store.tracked(MailId::new()).await.unwrap(), None);
    let mail = office.mail().await;
    let tracked = office.store.tracked(mail.id).await.unwrap().unwrap();
    assert_eq!((tracked.company, &tracked.rcpt_to), (office.company.id, &mail.message.rcpt_to));
    assert_eq!((tracked.sent, tracked.openings), (None, 0));
    let attempt = office.attempt(mail.id).await;
    let done = outcome(AttemptResult::Accepted);
    office.finish(attempt, &done, &[event("accepted")]).await;
    let opened = Event { source: "pixel".into(), ..event("opened") };
    office.store.add_events(mail.id, &[opened.clone(), opened]).await.unwrap();
    let tracked = office.store.tracked(mail.id).await.unwrap().unwrap();
    assert_eq!((tracked.sent, tracked.openings), (Some(done.finished), 1));
}

pub(super) async fn c4_how_an_opening_is_checked_is_remembered_for_each_mail(store: Store) {
    let office = Office::open(store).await;
    for check in [OpenCheck::Off, OpenCheck::Pixel, OpenCheck::Provider] {
        let mail = NewMail { open_check: check, ..new_mail(office.account.id) };
        office.enqueue(&mail).await.unwrap();
        assert_eq!(office.store.mail(mail.id).await.unwrap().mail.open_check, check, "in the same commit");
    }
    office.store.answers().await.unwrap();
}

//! Who did what is on record, once, in the words of whoever did it; and the record stays.

use super::office::{Office, at, new_mail};
use crate::accounts::AccountState;
use crate::store::*;

/// Newest last: actor, action and detail.
async fn log(office: &Office) -> Vec<(String, String, String)> {
    let filter = AuditFilter { limit: 1_000, ..AuditFilter::default() };
    let mut entries = office.admin().audit(&filter).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|it| (it.actor, it.action, it.detail.unwrap_or_default())).collect()
}

pub(super) async fn whoever_asks_holds_releases_or_cancels_is_on_record(store: Store) {
    let office = Office::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let mail = NewMail { revision: Some("1".into()), ..new_mail(office.account.id) };
    office.keep(&mail).await.unwrap();
    let same = NewMail { id: MailId::new(), ..mail.clone() };
    assert_eq!(office.keep(&same).await.unwrap(), Kept::Before(mail.id), "nothing was added, here neither");
    let again = Order { again: true, ..Order::default() };
    office.acting().keep(std::slice::from_ref(&same), &again).await.unwrap();
    office.acting().say(mail.id, Word::Hold, now).await.unwrap();
    office.admin().grant(office.account.id, office.marc.id).await.unwrap();
    let marc = office.store.acting(&office.marc);
    let twice = marc.say(mail.id, Word::Hold, now).await.unwrap();
    assert!(!twice.changed, "it is held already");
    marc.say(mail.id, Word::Release, now).await.unwrap();
    office.acting().set_answer(mail.id, false).await.unwrap();
    office.acting().say(mail.id, Word::Cancel, now).await.unwrap();
    office.acting().note_sent_again(same.id, now).await.unwrap();
    office.admin().note_export().await.unwrap();
    let wanted = [
        ("lotte", "asked", "invoice F-2026-001, new"),
        ("lotte", "asked-again", "invoice F-2026-001, new"),
        ("lotte", "held", ""),
        ("marc", "released", ""),
        ("lotte", "answered-fallback", "no"),
        ("lotte", "cancelled", ""),
        ("lotte", "sent-again", ""),
        ("administrator", "exported", ""),
    ];
    let wanted = wanted.map(|(who, what, why)| (who.to_owned(), what.to_owned(), why.to_owned()));
    assert_eq!(log(&office).await, wanted);
    let of_marc = AuditFilter { actor: Some(office.marc.login.clone()), limit: 10, ..AuditFilter::default() };
    let found = office.admin().audit(&of_marc).await.unwrap();
    assert_eq!((found.len(), found[0].recipients, found[0].at), (1, Some(2), now));
    assert_eq!(found[0].mail, Some(mail.id.to_string()));
    let later = AuditFilter { since: Some(now + chrono::Duration::days(36_500)), limit: 10, actor: None };
    assert_eq!(office.admin().audit(&later).await.unwrap(), []);
    let theirs = office.store.administer(office.next_door.id);
    assert_eq!(theirs.audit(&AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap(), []);
}

pub(super) async fn what_the_machinery_does_to_mails_and_accounts_is_on_record(store: Store) {
    let office = Office::open(store).await;
    let mail = office.mail().await.id;
    let now = at("2026-11-27T10:00:00+01:00");
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    let lease = std::time::Duration::from_secs(60);
    office.store.claim(&holder, office.account.id, Pace::default(), 1, now, lease).await.unwrap();
    let standing = Standing::Held { cause: Cause::Account, reason: "e@example.com can't be reached".into() };
    journal.settle(mail, &holder, standing.clone()).await.unwrap();
    journal.settle(mail, &Holder::new("worker"), standing).await.unwrap();
    let expired = AccountState::NeedsSignIn { reason: "expired".into(), since: now };
    let (company, account) = (office.company.id, office.account.id);
    office.store.set_account_state(company, account, &expired).await.unwrap();
    office.store.set_account_state(company, account, &expired).await.unwrap();
    let compromised = AccountState::Compromised { by: "Lotte".into(), since: now };
    office.admin().set_account_state(account, &compromised).await.unwrap();
    office.store.set_account_state(company, account, &AccountState::Ready).await.unwrap();
    let found = log(&office).await;
    let wanted = [
        ("lotte", "asked", "invoice F-2026-001, new"),
        ("worker", "held", "account"),
        ("worker", "account-state", "office: ready, now needs-sign-in"),
        ("administrator", "account-state", "office: needs-sign-in, now compromised"),
    ];
    let wanted = wanted.map(|(who, what, why)| (who.to_owned(), what.to_owned(), why.to_owned()));
    assert_eq!(found, wanted);
    assert!(!format!("{found:?}").contains("e@example.com"), "no recipient is named: {found:?}");
}

pub(super) async fn nothing_is_taken_out_of_the_record_and_a_failed_change_leaves_none(store: Store) {
    let office = Office::open(store).await;
    office.mail().await;
    for sql in ["update audit set actor = 'eve'", "delete from audit", "update audit set detail = null"] {
        let refused = sqlx::query(sql).execute(&office.store.pool).await.unwrap_err().to_string();
        assert!(refused.contains("only added to"), "{sql}: {refused}");
    }
    let good = new_mail(office.account.id);
    let twice = [good.clone(), good];
    office.acting().keep(&twice, &Order::default()).await.unwrap_err();
    assert_eq!(log(&office).await.len(), 1, "all or none, and of none no record");
    office.store.remove_company(office.company.id).await.unwrap();
    let left: i64 =
        sqlx::query_scalar("select count(*) from audit").fetch_one(&office.store.pool).await.unwrap();
    assert_eq!(left, 0, "it goes with its company");
}

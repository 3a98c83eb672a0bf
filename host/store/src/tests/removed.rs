//! An account that is removed while its mails wait: none of them waits for ever, and each says why.

use super::office::{LEASE, Office, at, event, new_attempt, new_mail, outcome};
use crate::*;

async fn standing(office: &Office, mail: MailId) -> Standing {
    office.store.outbox_row(mail).await.unwrap().standing
}

fn is_held_for_good(standing: &Standing) -> bool {
    matches!(standing, Standing::Held { cause: Cause::Account, reason }
        if reason.starts_with("its account \"office\" was removed: send the document again"))
}

pub(super) async fn mails_of_a_removed_account_are_held_and_say_so(store: Store) {
    let office = Office::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let mut mails = Vec::new();
    for send_at in [None, Some(at("2999-01-01T10:00:00+01:00"))] {
        let mail = new_mail(office.account.id);
        let order = Order { send_at, ..Order::default() };
        office.acting().keep(std::slice::from_ref(&mail), &order).await.unwrap();
        mails.push(mail.id);
    }
    let by_hand = office.mail().await.id;
    office.acting().say(by_hand, Word::Hold, now).await.unwrap();
    let cancelled = office.mail().await.id;
    office.acting().say(cancelled, Word::Cancel, now).await.unwrap();
    let theirs = new_mail(office.theirs.id);
    office.store.acting(&office.eve).keep(std::slice::from_ref(&theirs), &Order::default()).await.unwrap();
    assert_eq!(office.admin().remove_account(office.account.id).await.unwrap(), 2);
    for mail in &mails {
        let found = standing(&office, *mail).await;
        assert!(is_held_for_good(&found), "{found:?}");
    }
    assert!(matches!(standing(&office, by_hand).await, Standing::Held { cause: Cause::User, .. }));
    assert_eq!(standing(&office, cancelled).await, Standing::Cancelled);
    assert!(matches!(standing(&office, theirs.id).await, Standing::Ready { .. }), "another company's");
    // Released it would wait for ever: the word is refused, and the mail still says why. Cancelled it can be.
    for mail in [mails[0], by_hand] {
        assert!(!office.admin().say(mail, Word::Release, now).await.unwrap().changed);
    }
    let taken = office.admin().take(&Holder::new("command"), mails[0], now, LEASE).await;
    assert!(matches!(&taken, Err(StoreError::Invalid { what: "mail", .. })), "by nobody: {taken:?}");
    assert!(is_held_for_good(&standing(&office, mails[0]).await));
    assert!(office.admin().say(mails[0], Word::Cancel, now).await.unwrap().changed);
    let held = office.admin().audit(&AuditFilter { limit: 100, ..AuditFilter::default() }).await.unwrap();
    let held = held.iter().filter(|it| it.action == "held" && it.actor == "administrator");
    assert_eq!(held.count(), 2);
}

pub(super) async fn a_mail_in_hand_when_its_account_is_removed_ends_where_its_holder_says(store: Store) {
    let office = Office::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    let mut mails = Vec::new();
    for _ in 0..4 {
        mails.push(office.mail().await.id);
    }
    let taken = office.store.claim(&holder, office.account.id, Pace::default(), 9, now, LEASE).await.unwrap();
    assert_eq!(taken, mails);
    let [sent, waits, fresh, doubt] = [mails[0], mails[1], mails[2], mails[3]];
    let mut attempts = Vec::new();
    for mail in [sent, waits, doubt] {
        attempts.push(journal.begin(mail, &new_attempt(office.account.id), &holder).await.unwrap());
    }
    for attempt in [attempts[0], attempts[2]] {
        journal.release(attempt, &holder, now).await.unwrap();
    }
    let held = office.admin().remove_account(office.account.id).await.unwrap();
    assert_eq!(held, 2, "those whose last bytes had not left");
    let shut = journal.release(attempts[1], &holder, now).await;
    assert_eq!(shut, Err(StoreError::AttemptClosed(attempts[1].to_string())), "nothing leaves any more");
    let settled = Some(Settlement::of(&holder, Standing::Sent));
    let accepted = outcome(AttemptResult::Accepted);
    journal.finish(attempts[0], &accepted, &[event("accepted")], settled).await.unwrap();
    assert_eq!(standing(&office, sent).await, Standing::Sent);
    journal.finish(attempts[1], &outcome(AttemptResult::Transient(None)), &[], None).await.unwrap();
    journal.settle(waits, &holder, Standing::Ready { due: now, waits: None }).await.unwrap();
    assert!(is_held_for_good(&standing(&office, waits).await));
    let begun = journal.begin(fresh, &new_attempt(office.account.id), &holder).await;
    assert_eq!(begun, Err(StoreError::LeaseLost(fresh.to_string())));
    assert!(is_held_for_good(&standing(&office, fresh).await));
    // News about one in doubt is kept, and nobody is made to wait for it.
    journal
        .finish(
            attempts[2],
            &outcome(AttemptResult::InDoubt { interrupted: false }),
            &[event("in-doubt")],
            None,
        )
        .await
        .unwrap();
    journal.settle(doubt, &holder, Standing::InDoubt { reason: "nobody knows".into() }).await.unwrap();
    office.store.add_events(doubt, &[event("delivered")]).await.unwrap();
    assert!(matches!(standing(&office, doubt).await, Standing::InDoubt { .. }));
    assert_eq!(office.store.due(now + chrono::Duration::days(1)).await.unwrap(), []);
}

pub(super) async fn what_was_held_for_a_setting_goes_on_with_another(store: Store) {
    let office = Office::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let (holder, journal) = (Holder::new("worker"), Journal::of(&office.store));
    let mail = office.mail().await.id;
    office.store.claim(&holder, office.account.id, Pace::default(), 1, now, LEASE).await.unwrap();
    let reason = "mail of the account is sent by the user's own mail program".to_owned();
    journal.settle(mail, &holder, Standing::Held { cause: Cause::Account, reason }).await.unwrap();
    office.admin().update_account(&office.account).await.unwrap();
    let found = standing(&office, mail).await;
    assert!(matches!(found, Standing::Ready { waits: None, .. }), "{found:?}");
}

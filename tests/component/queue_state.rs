//! Where a mail stands in the outbox is part of its status: what waits is under way, what was withdrawn is not, and what may
//! have left is neither.

use crate::stored_message::{Enqueued, now};
use chrono::Duration;
use postroom::contract::tracking::{Status, Timeline};
use postroom::outbox::timeline;
use postroom::store::{Event, MailCommand};

const ELS: &str = "els@customer.example";
const JAN: &str = "jan@customer.example";

/// What happens to a mail before its status is asked for.
#[derive(Debug, Clone, Copy)]
enum Then {
    Hold,
    Release,
    Cancel,
    /// This fact, of this recipient.
    Fact(&'static str, &'static str),
    /// The store came back from a backup.
    Restored,
}

async fn after(then: &[Then], days: i64) -> Timeline {
    let stored = Enqueued::new(&[ELS, JAN]).await;
    // The worker has released its lease: a leased mail is not held or withdrawn.
    assert_eq!(stored.store.release_leases("worker", now()).await.unwrap(), 1, "{then:?}");
    for it in then {
        let word = match it {
            Then::Hold => MailCommand::Hold,
            Then::Release => MailCommand::Release,
            Then::Cancel => MailCommand::Cancel,
            Then::Fact(kind, recipient) => {
                let fact = Event {
                    recipient: Some((*recipient).to_owned()),
                    kind: (*kind).to_owned(),
                    at: now(),
                    source: "smtp".to_owned(),
                    code: None,
                    words: Some("the server's words".to_owned()),
                };
                stored.store.add_events(stored.mail, &[fact]).await.unwrap();
                continue;
            }
            Then::Restored => {
                stored.store.mark_restored(now(), false).await.unwrap();
                continue;
            }
        };
        let admin = stored.store.company_store(stored.company.id);
        assert!(admin.apply_command(stored.mail, word, now()).await.unwrap().changed, "{it:?} of {then:?}");
    }
    let mail = stored.store.mail(stored.mail).await.unwrap();
    let then = now() + Duration::days(days) + Duration::minutes(1);
    timeline(&stored.host.company_plugin, &mail, then).await.unwrap()
}

#[tokio::test]
async fn where_a_mail_stands_is_part_of_its_status() {
    use Status::{Failed, InTransit, Unknown};
    use Then::{Cancel, Fact, Hold, Release, Restored};
    for (then, els, jan, reason) in [
        (&[][..], InTransit, InTransit, "waiting to be sent"),
        (&[Hold], InTransit, InTransit, "held by administrator"),
        (&[Hold, Release], InTransit, InTransit, "waiting to be sent"),
        (&[Fact("deferred", ELS), Hold], InTransit, InTransit, "held by administrator"),
        (&[Cancel], Failed, Failed, "cancelled before it left"),
        (&[Fact("deferred", ELS), Cancel], Failed, Failed, "cancelled before it left"),
        // What a server was given is not withdrawn by a word, and what may have left is not said to have stayed.
        (&[Fact("accepted", ELS), Cancel], InTransit, Failed, "cancelled before it left"),
        (&[Fact("in-doubt", ELS), Cancel], Unknown, Failed, "cancelled before it left"),
        (&[Fact("refused", ELS)], Failed, InTransit, "the server's words"),
        (&[Restored], Unknown, Unknown, "nothing is known of it yet"),
        (&[Restored, Cancel], Unknown, Unknown, "nothing is known of it yet"),
        (&[Restored, Release], InTransit, InTransit, "waiting to be sent"),
    ] {
        let shown = after(then, 0).await;
        let found: Vec<Status> = shown.recipients.iter().map(|it| it.status).collect();
        assert_eq!(found, [els, jan], "{then:?}: {shown:?}");
        assert!(shown.reason.detail.contains(reason), "{then:?}: {:?}", shown.reason);
    }
}

#[tokio::test]
async fn a_mail_that_waits_does_not_grow_silent_and_one_that_left_does() {
    use Then::{Fact, Hold};
    for (then, els) in [
        (&[][..], Status::InTransit),
        (&[Hold], Status::InTransit),
        (&[Fact("deferred", ELS), Hold], Status::InTransit),
        (&[Fact("accepted", ELS)], Status::Unknown),
    ] {
        let shown = after(then, 30).await;
        assert_eq!(shown.recipients[0].status, els, "{then:?}: {shown:?}");
    }
    let before = after(&[], -1).await;
    assert_eq!(before.status, Status::Unknown, "before it was made: {before:?}");
}

/// Rule A3: the copy has a status of its own, and the mail's is that of whom it was written to.
#[tokio::test]
async fn what_becomes_of_the_blind_copy_to_ourselves_is_shown_and_makes_no_mail_fail() {
    const OWN: &str = "lotte@ateliernord.example";
    let fact = |recipient: &str, kind: &str, source: &str| Event {
        recipient: Some(recipient.to_owned()),
        kind: kind.to_owned(),
        at: now(),
        source: source.to_owned(),
        code: Some("5.4.4".to_owned()),
        words: Some("the remote words".to_owned()),
    };
    use Status::{Delivered, Failed, InTransit};
    for (kind, source) in
        [("refused", "smtp"), ("bounced", "webhook"), ("bounced", "delivery-report"), ("expired", "host")]
    {
        for (facts, els, copy, whole) in [
            (vec![fact(ELS, "accepted", "smtp"), fact(OWN, kind, source)], InTransit, Failed, InTransit),
            (vec![fact(ELS, "delivered", "webhook"), fact(OWN, kind, source)], Delivered, Failed, Delivered),
            (vec![fact(ELS, kind, source), fact(OWN, "delivered", "webhook")], Failed, Delivered, Failed),
            (vec![fact(ELS, kind, source), fact(OWN, kind, source)], Failed, Failed, Failed),
        ] {
            let stored = Enqueued::with_own_copy(&[OWN, ELS], Some(OWN)).await;
            stored.store.add_events(stored.mail, &facts).await.unwrap();
            let mail = stored.store.mail(stored.mail).await.unwrap();
            let shown =
                timeline(&stored.host.company_plugin, &mail, now() + Duration::minutes(1)).await.unwrap();
            let rows: Vec<_> = shown.recipients.iter().map(|it| (it.recipient.as_str(), it.status)).collect();
            assert_eq!(rows, [(OWN, copy), (ELS, els)], "{facts:?}");
            assert_eq!(shown.status, whole, "{facts:?}");
            assert_eq!(shown.reason, shown.recipients[1].reason, "{facts:?}");
            assert!(
                shown.recipients[0].reason.detail.starts_with("blind copy to the user who made the mail: "),
                "{shown:?}"
            );
        }
    }
    // A mail to oneself alone is no copy of anything.
    let stored = Enqueued::with_own_copy(&[OWN], Some(OWN)).await;
    stored.store.add_events(stored.mail, &[fact(OWN, "bounced", "webhook")]).await.unwrap();
    let mail = stored.store.mail(stored.mail).await.unwrap();
    let shown = timeline(&stored.host.company_plugin, &mail, now() + Duration::minutes(1)).await.unwrap();
    assert_eq!(shown.status, Failed);
    assert_eq!(shown.recipients.len(), 1);
}

//! Who is not written to any more, on which evidence; and who never is suppressed.

use super::*;
use crate::domain::webhook::Reference;

const MIA: &str = "Mia@shop.example";
const NOAH: &str = "noah@shop.example";
const OURS: &str = "desk@us.example";
const STRANGER: &str = "boss@elsewhere.example";

fn at() -> DateTime<FixedOffset> {
    "2026-11-27T09:00:00+01:00".parse().unwrap()
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

/// Asks about a mail to these.
fn asked<T>(to: &[&str], ask: impl FnOnce(&Parties<'_>) -> T) -> T {
    let (to, own) = (texts(to), texts(&[OURS, "lena@us.example"]));
    ask(&Parties::new(&to, &own))
}

fn addresses(of: impl IntoIterator<Item = Suppression>) -> Vec<String> {
    of.into_iter().map(|it| it.address).collect()
}

fn event(kind: EventKind, source: EventSource, to: Option<&str>, code: &str, words: &str) -> Event {
    Event {
        recipient: to.map(str::to_owned),
        kind,
        at: at(),
        source,
        code: Some(code.to_owned()),
        words: Some(words.to_owned()),
    }
}

fn claimed(class: Class, bounce_type: Option<BounceType>, to: Option<&str>) -> ClaimedRecipient {
    ClaimedRecipient {
        recipient: to.map(str::to_owned),
        final_recipient: None,
        class,
        bounce_type,
        code: Some("5.1.1".into()),
        words: Some("no such user".into()),
    }
}

fn report(recipients: Vec<ClaimedRecipient>) -> Claim {
    let kind = EventKind::Bounced;
    let fact = |of: &ClaimedRecipient| {
        event(kind, EventSource::DeliveryReport, of.recipient.as_deref(), "5.1.1", "no such user")
    };
    let events = recipients.iter().map(fact).collect();
    let class = recipients.first().map_or(Class::Ordinary, |of| of.class);
    Claim { class, recipients, about: vec![], tokens: vec![], events }
}

#[test]
fn a_refusal_for_good_while_a_mail_was_submitted_suppresses_its_recipient() {
    use EventKind as K;
    use EventSource::{Api, DeliveryReport, Smtp};
    for (kind, source, to, code, words, wanted) in [
        (K::Refused, Smtp, Some("mia@SHOP.example"), "5.1.1", "user unknown", &[MIA][..]),
        (K::Refused, Smtp, Some(NOAH), "550", "no such user here", &[NOAH]),
        (K::Refused, Smtp, Some(MIA), "5.7.1", "blocked using list.example", &[]),
        (K::Refused, Smtp, Some(MIA), "5.2.2", "mailbox full", &[]),
        (K::Refused, Smtp, None, "5.1.1", "user unknown", &[]),
        (K::Refused, Smtp, Some(STRANGER), "5.1.1", "user unknown", &[]),
        (K::Refused, Smtp, Some(OURS), "5.1.1", "user unknown", &[]),
        (K::Refused, Api, Some(MIA), "5.1.1", "user unknown", &[]),
        (K::Bounced, DeliveryReport, Some(MIA), "5.1.1", "user unknown", &[]),
        (K::Deferred, Smtp, Some(MIA), "4.1.1", "user unknown", &[]),
        (K::Accepted, Smtp, Some(MIA), "2.0.0", "queued; user unknown", &[]),
    ] {
        let events = [event(kind, source, to, code, words)];
        let found = asked(&[MIA, NOAH, OURS], |mail| of_events(&events, mail));
        assert_eq!(addresses(found), texts(wanted), "{kind} {source} {to:?} {words}");
    }
}

#[test]
fn a_report_suppresses_whom_it_calls_dead_and_whoever_complains() {
    use Class::{AutoReply, Bounce, Complaint, Delay, Delivered, Receipt};
    let hard = Some(BounceType::Hard);
    for (class, bounce_type, wanted) in [
        (Bounce, hard, Some((SuppressionKind::HardBounce, "delivery-report"))),
        (Bounce, Some(BounceType::Soft), None),
        (Bounce, None, None),
        (Complaint, None, Some((SuppressionKind::Complaint, "complaint"))),
        (Delay, hard, None),
        (Delivered, None, None),
        (Receipt, hard, None),
        (AutoReply, None, None),
    ] {
        let claim = report(vec![claimed(class, bounce_type, Some("mia@shop.example"))]);
        let found = asked(&[MIA], |mail| of_report(&claim, Some(TraceKind::MessageId), mail));
        let kinds: Vec<_> = found.iter().map(|it| (it.kind, it.source)).collect();
        assert_eq!(kinds, wanted.into_iter().collect::<Vec<_>>(), "{class} {bounce_type:?}");
        let all_shown = found
            .iter()
            .all(|it| it.address == MIA && it.since == at() && it.code.as_deref() == Some("5.1.1"));
        assert!(all_shown, "{found:?}");
    }
}

#[test]
fn a_message_id_proves_nothing_about_one_of_several() {
    use TraceKind::{EnvelopeId, MessageId, ReturnAddress};
    let hard = |to| report(vec![claimed(Class::Bounce, Some(BounceType::Hard), to)]);
    for (proof, to, named, wanted) in [
        (Some(MessageId), &[MIA][..], Some(MIA), &[MIA][..]),
        (Some(MessageId), &[MIA, NOAH], Some(MIA), &[]),
        (Some(MessageId), &[MIA, OURS], Some(MIA), &[]),
        (None, &[MIA, NOAH], Some(MIA), &[]),
        (Some(EnvelopeId), &[MIA, NOAH], Some(MIA), &[MIA]),
        (Some(ReturnAddress), &[MIA, NOAH], Some(NOAH), &[NOAH]),
        (Some(ReturnAddress), &[MIA, NOAH], Some(STRANGER), &[]),
        (Some(ReturnAddress), &[MIA, OURS], Some("DESK@us.example"), &[]),
        (Some(ReturnAddress), &[MIA], None, &[MIA]),
        (Some(ReturnAddress), &[MIA, NOAH], None, &[]),
        (Some(ReturnAddress), &[OURS], None, &[]),
        (Some(ReturnAddress), &[], Some(MIA), &[]),
    ] {
        let found = asked(to, |mail| of_report(&hard(named), proof, mail));
        assert_eq!(addresses(found), texts(wanted), "{proof:?} {to:?} {named:?}");
    }
}

#[test]
fn where_a_mail_was_forwarded_its_recipient_is_not_dead() {
    for (last, wanted) in [(STRANGER, &[][..]), ("MIA@shop.example", &[MIA])] {
        let mut of = claimed(Class::Bounce, Some(BounceType::Hard), Some(MIA));
        of.final_recipient = Some(last.to_owned());
        let claim = report(vec![of.clone()]);
        let found = asked(&[MIA, NOAH], |mail| of_report(&claim, Some(TraceKind::ReturnAddress), mail));
        assert_eq!(addresses(found), texts(wanted), "{last}");
        // A recipient who complains has read it.
        let claim = report(vec![ClaimedRecipient { class: Class::Complaint, ..of }]);
        let found = asked(&[MIA, NOAH], |mail| of_report(&claim, Some(TraceKind::ReturnAddress), mail));
        assert_eq!(addresses(found), [MIA], "{last}");
    }
}

#[test]
fn a_huge_report_gives_each_recipient_once() {
    let hard = |to: &str| claimed(Class::Bounce, Some(BounceType::Hard), Some(to));
    let mut all: Vec<_> = (0..100_000).map(|number| hard(&format!("{number}@elsewhere.example"))).collect();
    all.extend((0..10_000).map(|_| hard("MIA@shop.example")));
    all.push(ClaimedRecipient { class: Class::Complaint, ..hard(MIA) });
    all[100_000].words = Some("é".repeat(100_000));
    let claim = report(all);
    let found = asked(&[MIA, NOAH], |mail| of_report(&claim, Some(TraceKind::ReturnAddress), mail));
    let kinds: Vec<_> = found.iter().map(|it| (it.address.as_str(), it.kind)).collect();
    assert_eq!(kinds, [(MIA, SuppressionKind::HardBounce), (MIA, SuppressionKind::Complaint)]);
    let words = found[0].words.as_ref().map(|words| words.chars().count());
    assert_eq!(words, Some(limits::WORDS));
}

#[test]
fn a_notice_suppresses_where_it_is_lasting_or_a_complaint() {
    use EventKind as K;
    for (kind, lasting, to, wanted) in [
        (K::Bounced, true, Some("mia@shop.example"), Some((MIA, SuppressionKind::HardBounce))),
        (K::Dropped, true, Some(MIA), Some((MIA, SuppressionKind::HardBounce))),
        (K::Bounced, false, Some(MIA), None),
        (K::Opened, false, Some(MIA), None),
        (K::Complaint, false, Some(MIA), Some((MIA, SuppressionKind::Complaint))),
        (K::Complaint, true, Some(MIA), Some((MIA, SuppressionKind::Complaint))),
        (K::Complaint, false, Some(STRANGER), None),
        (K::Bounced, true, Some(OURS), None),
        (K::Bounced, true, Some(""), None),
        (K::Bounced, true, None, None),
    ] {
        let event = event(kind, EventSource::Webhook, to, "5.1.1", "no such user");
        let references = vec![Reference::Attempt("0193a".into())];
        let notice = Notice { id: None, references, event, lasting };
        let found = asked(&[MIA, OURS], |mail| of_notice(&notice, mail));
        let found = found.as_ref().map(|it| (it.address.as_str(), it.kind));
        assert_eq!(found, wanted, "{kind} {lasting} {to:?}");
    }
}

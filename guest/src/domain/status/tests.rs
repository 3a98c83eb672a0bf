//! The fold, row by row and property by property.

use super::event::{Event, EventKind as K, EventSource};
use super::*;
use crate::domain::language::Language;
use crate::domain::reason::Reason;
use chrono::{DateTime, FixedOffset, TimeDelta};
use proptest::prelude::*;

fn day(n: i64) -> DateTime<FixedOffset> {
    let start: DateTime<FixedOffset> = "2026-11-22T09:30:00+01:00".parse().unwrap();
    start + TimeDelta::days(n)
}

fn event(kind: K, at: i64) -> Event {
    Event { recipient: None, kind, at: day(at), source: EventSource::Host, code: None, words: None }
}

fn about(address: &str, kind: K, at: i64) -> Event {
    Event { recipient: Some(address.into()), ..event(kind, at) }
}

fn one(events: &[Event], now: i64) -> RecipientStatus {
    fold(&["eva@example.be".to_owned()], events, day(now)).recipients.remove(0)
}

#[test]
fn each_kind_of_fact_alone_proves_its_status() {
    let rows = [
        ("queued", Status::InTransit),
        ("accepted", Status::InTransit),
        ("stored", Status::Delivered),
        ("deferred", Status::InTransit),
        ("refused", Status::Failed),
        ("unsent", Status::Failed),
        ("in-doubt", Status::Unknown),
        ("handed-over", Status::Unknown),
        ("relayed", Status::InTransit),
        ("delayed", Status::InTransit),
        ("delivered", Status::Delivered),
        ("expired", Status::Failed),
        ("bounced", Status::Failed),
        ("dropped", Status::Failed),
        ("disposition-displayed", Status::Read),
        ("disposition-deleted", Status::Failed),
        ("disposition-other", Status::Delivered),
        ("auto-reply", Status::Delivered),
        ("machine-open", Status::Delivered),
        ("opened", Status::Read),
        ("clicked", Status::Read),
        ("replied", Status::Read),
        ("portal-visit", Status::Read),
        ("complaint", Status::Delivered),
    ];
    assert_eq!(rows.len(), K::ALL.len());
    for (name, expected) in rows {
        let row = one(&[event(K::named(name).unwrap(), 0)], 1);
        assert_eq!(row.status, expected, "{name}");
        assert_eq!(row.evidence.map(|e| e.kind.name()), Some(name));
        assert_eq!(row.complained, name == "complaint");
    }
}

#[test]
fn facts_together_prove_what_the_rules_say() {
    type Case = (&'static str, &'static [(K, i64)], Status, Option<K>);
    let rows: &[Case] = &[
        ("nothing is known", &[], Status::Unknown, None),
        (
            "a bounce beats an earlier delivery",
            &[(K::Delivered, 1), (K::Bounced, 2)],
            Status::Failed,
            Some(K::Bounced),
        ),
        (
            "a bounce beats a later delivery",
            &[(K::Bounced, 1), (K::Delivered, 2)],
            Status::Failed,
            Some(K::Bounced),
        ),
        (
            "a later bounce does not un-read",
            &[(K::Opened, 1), (K::Bounced, 2)],
            Status::Read,
            Some(K::Opened),
        ),
        (
            "a machine's open does not read",
            &[(K::Accepted, 0), (K::MachineOpen, 1)],
            Status::Delivered,
            Some(K::MachineOpen),
        ),
        (
            "relayed is not delivered",
            &[(K::Accepted, 0), (K::Relayed, 1)],
            Status::InTransit,
            Some(K::Relayed),
        ),
        ("a delay may end in failure", &[(K::Delayed, 1), (K::Expired, 2)], Status::Failed, Some(K::Expired)),
        (
            "a delay may end in arrival",
            &[(K::Delayed, 1), (K::Delivered, 2)],
            Status::Delivered,
            Some(K::Delivered),
        ),
        (
            "greylisted, then taken",
            &[(K::Deferred, 0), (K::Accepted, 1)],
            Status::InTransit,
            Some(K::Accepted),
        ),
        (
            "in doubt outdates the attempts before it",
            &[(K::Queued, 0), (K::Deferred, 1), (K::InDoubt, 2)],
            Status::Unknown,
            Some(K::InDoubt),
        ),
        (
            "in doubt, then tried again",
            &[(K::InDoubt, 0), (K::Deferred, 1)],
            Status::InTransit,
            Some(K::Deferred),
        ),
        ("in doubt, then found", &[(K::InDoubt, 1), (K::Accepted, 1)], Status::InTransit, Some(K::Accepted)),
        (
            "in doubt, but delivered",
            &[(K::Delivered, 1), (K::InDoubt, 2)],
            Status::Delivered,
            Some(K::Delivered),
        ),
        (
            "wrong password, then the fallback",
            &[(K::Unsent, 0), (K::Accepted, 1)],
            Status::InTransit,
            Some(K::Accepted),
        ),
        (
            "refused, then taken at the second try",
            &[(K::Refused, 0), (K::Accepted, 1)],
            Status::InTransit,
            Some(K::Accepted),
        ),
        (
            "taken, then refused further on",
            &[(K::Accepted, 0), (K::Refused, 1)],
            Status::Failed,
            Some(K::Refused),
        ),
        (
            "refused, then queued again",
            &[(K::Refused, 0), (K::Queued, 1)],
            Status::InTransit,
            Some(K::Queued),
        ),
        (
            "a bounce is not outdated by an acceptance",
            &[(K::Bounced, 0), (K::Accepted, 1)],
            Status::Failed,
            Some(K::Bounced),
        ),
        ("a complaint does not un-read", &[(K::Opened, 1), (K::Complaint, 2)], Status::Read, Some(K::Opened)),
        (
            "handed over, though it was queued",
            &[(K::Queued, 0), (K::HandedOver, 1)],
            Status::Unknown,
            Some(K::HandedOver),
        ),
        ("handed over, and answered", &[(K::HandedOver, 0), (K::Replied, 3)], Status::Read, Some(K::Replied)),
    ];
    for (what, facts, status, evidence) in rows {
        let events: Vec<_> = facts.iter().map(|(kind, at)| event(*kind, *at)).collect();
        let row = one(&events, 5);
        assert_eq!((row.status, row.evidence.map(|e| e.kind)), (*status, *evidence), "{what}");
    }
}

#[test]
fn the_labels_are_the_five_words() {
    for (language, words) in [
        (Language::Nl, ["Onbekend", "Onderweg", "Bezorgd", "Mislukt", "Gelezen"]),
        (Language::Fr, ["Inconnu", "En transit", "Remis", "Échec", "Lu"]),
        (Language::En, ["Unknown", "In transit", "Delivered", "Failed", "Read"]),
        (Language::De, ["Unbekannt", "Unterwegs", "Zugestellt", "Fehlgeschlagen", "Gelesen"]),
    ] {
        let labels: Vec<_> = Status::ALL.iter().map(|status| status.label(language)).collect();
        assert_eq!(labels, words, "{language}");
    }
}

#[test]
fn in_transit_becomes_unknown_after_25_days_and_news_brings_it_back() {
    let mut events = vec![event(K::Accepted, 0)];
    let almost = day(25) - TimeDelta::seconds(1);
    let to = ["eva@example.be".to_owned()];
    assert_eq!(fold(&to, &events, almost).status, Status::InTransit);
    let silent = one(&events, 25);
    assert_eq!(silent.status, Status::Unknown);
    assert_eq!(
        silent.reason.detail,
        "no news for 25 days; last known: taken by the sending server, arrival not reported yet"
    );
    assert_eq!(silent.reason.code, "no-news");
    assert_eq!(silent.evidence.unwrap().kind, K::Accepted);
    events.push(event(K::Delayed, 26));
    assert_eq!(one(&events, 26).status, Status::InTransit);
    assert_eq!(one(&events, 51).status, Status::Unknown);
    events.push(event(K::Delivered, 60));
    assert_eq!(one(&events, 400).status, Status::Delivered);
}

#[test]
fn a_stamp_from_the_future_does_not_keep_a_mail_in_transit_for_ever() {
    let events = [event(K::Accepted, 0), event(K::Relayed, 300_000)];
    assert_eq!(one(&events, 30).status, Status::Unknown);
    assert_eq!(one(&events[1..], 30).status, Status::InTransit);
}

#[test]
fn the_reason_quotes_the_remote_server() {
    let mut bounce = event(K::Bounced, 2);
    bounce.code = Some("5.1.1".into());
    bounce.words = Some("<eva@example.be>: Recipient address rejected:\r\nUser unknown".into());
    let row = one(&[event(K::Dropped, 1), bounce], 3);
    assert_eq!(
        row.reason.detail,
        "returned as undeliverable (5.1.1): \"<eva@example.be>: Recipient address rejected:  User unknown\""
    );
    let handed = one(&[event(K::HandedOver, 0)], 3);
    assert_eq!(handed.reason.detail, "handed to your mail program");
    let mut long = event(K::Bounced, 0);
    long.words = Some("é".repeat(100_000));
    assert_eq!(one(&[long], 1).reason.detail.chars().count(), 501 + "returned as undeliverable: \"\"".len());
}

#[test]
fn what_to_do_about_a_refusal_has_a_code_of_its_own() {
    let mut refused = event(K::Refused, 0);
    refused.code = Some("5.7.25".into());
    refused.words = Some("no PTR record".into());
    let row = one(&[refused.clone()], 1);
    let advice = row.advice.unwrap();
    assert_eq!((row.reason.code, advice.code), ("refused", "advice-reverse-dns"));
    assert!(row.reason.detail.ends_with(&format!("; {}", advice.detail)), "{}", row.reason.detail);
    // Without words of a server there is nothing to advise on.
    refused.words = Some(" ".into());
    assert_eq!(one(&[refused], 1).advice, None);
    assert_eq!(one(&[], 1).advice, None);
    let doubt = Event { source: EventSource::Api, ..event(K::InDoubt, 0) };
    assert_eq!(one(&[doubt], 1).reason.code, "in-doubt-api");
    assert_eq!(one(&[event(K::InDoubt, 0)], 1).reason.code, "in-doubt");
}

#[test]
fn a_message_fails_with_any_recipient_and_otherwise_holds_what_holds_for_all() {
    type Case = (&'static [(&'static str, K)], Status, &'static str, &'static str);
    let to: Vec<String> = ["a@x.be", "b@x.be", "c@x.be"].map(String::from).to_vec();
    let rows: &[Case] = &[
        (
            &[("a@x.be", K::Opened), ("b@x.be", K::Bounced)],
            Status::Failed,
            "bounced",
            "1 of 3 recipients: returned as undeliverable",
        ),
        (
            &[("a@x.be", K::Opened), ("b@x.be", K::Stored), ("c@x.be", K::Replied)],
            Status::Delivered,
            "stored",
            "1 of 3 recipients: taken by the recipient's own server",
        ),
        (
            &[("a@x.be", K::Opened), ("b@x.be", K::Stored)],
            Status::Unknown,
            "nothing-known",
            "1 of 3 recipients: nothing is known of it yet",
        ),
        (
            &[("a@x.be", K::Opened), ("b@x.be", K::Clicked), ("c@x.be", K::Replied)],
            Status::Read,
            "opened",
            "3 of 3 recipients: opened by a person",
        ),
    ];
    for (facts, status, code, detail) in rows {
        let events: Vec<_> = facts.iter().map(|(who, kind)| about(who, *kind, 0)).collect();
        let timeline = fold(&to, &events, day(1));
        let reason = Reason { code, detail: (*detail).to_owned() };
        assert_eq!((timeline.status, timeline.reason), (*status, reason), "{facts:?}");
    }
    assert_eq!(fold(&[], &[event(K::Opened, 0)], day(1)).status, Status::Unknown);
}

#[test]
fn an_address_is_recognised_in_any_case_and_a_stranger_changes_nothing() {
    let events = [about("EVA@Example.BE", K::Opened, 0), about("someone@else.be", K::Bounced, 0)];
    assert_eq!(one(&events, 1).status, Status::Read);
    let garbage = fold(&["@@ \u{0}".to_owned(), String::new()], &[about("\u{ff}", K::Opened, 0)], day(0));
    assert_eq!(garbage.status, Status::Unknown);
}

#[test]
fn names_are_read_back_and_others_refused() {
    for kind in K::ALL {
        assert_eq!(K::named(kind.name()), Ok(*kind));
    }
    let refused = EventSource::named("gossip").unwrap_err().to_string();
    assert!(refused.starts_with("there is no event source \"gossip\": use one of smtp, api, "), "{refused}");
}

prop_compose! {
    fn any_event()(
        who in prop_oneof![Just(None), Just(Some("eva@example.be")), Just(Some("Jan@Example.be")), Just(Some("x@y.z"))],
        kind in proptest::sample::select(K::ALL),
        source in proptest::sample::select(EventSource::ALL),
        hours in -100i64..1500,
        west in any::<bool>(),
        code in proptest::option::of("[245]\\.[0-9]\\.[0-9]"),
        words in proptest::option::of(".{0,12}"),
    ) -> Event {
        let at = day(0) + TimeDelta::hours(hours);
        let at = if west { at.with_timezone(&FixedOffset::west_opt(5 * 3600).unwrap()) } else { at };
        Event { recipient: who.map(String::from), kind, at, source, code, words }
    }
}

fn two() -> Vec<String> {
    vec!["EVA@example.be".into(), "jan@example.be".into()]
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        (events, shuffled) in prop::collection::vec(any_event(), 0..12).prop_flat_map(|events| {
            let twice: Vec<_> = events.iter().chain(events.iter()).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        }),
        hours in 0i64..1600,
    ) {
        let now = day(0) + TimeDelta::hours(hours);
        prop_assert_eq!(fold(&two(), &events, now), fold(&two(), &shuffled, now));
        prop_assert_eq!(outstanding(&two(), &events), outstanding(&two(), &shuffled));
    }

    #[test]
    fn nothing_lowers_read(
        events in prop::collection::vec(any_event(), 0..12),
        more in prop::collection::vec(any_event(), 0..12),
        later in 0i64..100_000,
    ) {
        let before = fold(&two(), &events, day(70));
        let all: Vec<_> = events.into_iter().chain(more).collect();
        let after = fold(&two(), &all, day(70 + later));
        for (before, after) in before.recipients.iter().zip(&after.recipients) {
            prop_assert!(before.status != Status::Read || after.status == Status::Read);
            prop_assert!(!before.complained || after.complained);
        }
    }

    #[test]
    fn time_alone_only_turns_in_transit_into_unknown(
        events in prop::collection::vec(any_event(), 0..12),
        later in 0i64..100_000,
    ) {
        let before = fold(&two(), &events, day(70));
        let after = fold(&two(), &events, day(70 + later));
        for (before, after) in before.recipients.iter().zip(&after.recipients) {
            let aged = before.status == Status::InTransit && after.status == Status::Unknown;
            prop_assert!(before.status == after.status || aged, "{:?} -> {:?}", before, after);
        }
    }

    #[test]
    fn the_evidence_is_one_of_the_facts_and_says_what_the_status_says(
        events in prop::collection::vec(any_event(), 0..12),
        hours in 0i64..1600,
    ) {
        for row in fold(&two(), &events, day(0) + TimeDelta::hours(hours)).recipients {
            let Some(evidence) = row.evidence else {
                prop_assert_eq!(row.status, Status::Unknown);
                continue;
            };
            prop_assert!(events.contains(&evidence));
            let proven = super::fold::proves(evidence.kind);
            let aged = row.status == Status::Unknown && proven == Status::InTransit;
            prop_assert!(proven == row.status || aged);
        }
    }

    #[test]
    fn who_is_outstanding_has_neither_arrived_nor_been_refused_by_a_server(
        events in prop::collection::vec(any_event(), 0..12),
    ) {
        let open = outstanding(&two(), &events);
        for row in fold(&two(), &events, day(0)).recipients {
            if open.contains(&row.recipient) {
                let kind = row.evidence.map(|e| e.kind);
                prop_assert!(matches!(kind, None | Some(K::Queued | K::Deferred | K::Unsent)), "{:?}", kind);
            }
        }
    }
}

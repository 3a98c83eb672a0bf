//! Which traces count for which message, and for whom a fact holds.

use super::*;
use crate::domain::address::match_key;
use crate::domain::inbound::{self, Class, Token, TokenPlace, limits};
use crate::domain::status::{Event, EventKind, EventSource};
use chrono::{DateTime, FixedOffset};

const MIA: &str = "Mia@shop.example";
const NOAH: &str = "noah@shop.example";
const OURS: &str = "desk@us.example";
const STRANGER: &str = "boss@elsewhere.example";

fn now() -> DateTime<FixedOffset> {
    "2026-11-27T09:00:00+01:00".parse().unwrap()
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

fn token(place: TokenPlace, value: &str) -> Token {
    Token { value: value.to_owned(), place }
}

fn claim(class: Class) -> Claim {
    Claim { class, recipients: vec![], about: vec![], tokens: vec![], events: vec![] }
}

/// A fact about an address, as its report names that.
fn claim_of(kind: EventKind, source: EventSource, named: Option<&str>, last: Option<&str>) -> Claim {
    let own = |text: &str| text.to_owned();
    let class = if source == EventSource::Reply { Class::Ordinary } else { Class::Bounce };
    let of = ClaimedRecipient {
        recipient: named.map(own),
        final_recipient: last.map(own),
        class,
        bounce_type: None,
        code: None,
        words: None,
    };
    let recipients = if source == EventSource::Reply { vec![] } else { vec![of] };
    let event =
        Event { recipient: named.map(own), kind, at: now(), source, code: None, words: Some("said".into()) };
    Claim { recipients, events: vec![event], ..claim(class) }
}

/// Whom the facts are about, and their words.
fn about(claim: &Claim, to: &[&str]) -> Vec<(String, String)> {
    let (to, own) = (texts(to), texts(&[OURS, "lena@us.example"]));
    let facts = facts(claim, &Parties::new(&to, &own)).into_iter();
    facts.map(|fact| (fact.recipient.unwrap(), fact.words.unwrap_or_default())).collect()
}

#[test]
fn traces_come_the_most_reliable_first_and_each_once() {
    let claim = Claim {
        about: texts(&["<1@us.example>", "<2@us.example>", "<1@us.example>", " "]),
        tokens: vec![
            token(TokenPlace::EnvelopeId, " 0193a "),
            token(TokenPlace::Header, "reply+x@us.example"),
            token(TokenPlace::MessageId, "<1@us.example>"),
            token(TokenPlace::RecipientAddress, "bounce+x@us.example"),
            token(TokenPlace::ReturnPath, "bounce+x@us.example"),
        ],
        ..claim(Class::Bounce)
    };
    let found: Vec<_> = traces(&claim).into_iter().map(|it| (it.kind.name(), it.value)).collect();
    let wanted = [
        ("return-address", "reply+x@us.example"),
        ("return-address", "bounce+x@us.example"),
        ("envelope-id", "0193a"),
        ("message-id", "<1@us.example>"),
        ("message-id", "<2@us.example>"),
    ];
    assert_eq!(found, wanted.map(|(kind, value)| (kind, value.to_owned())));
}

#[test]
fn what_every_recipient_sees_proves_no_bounce() {
    for class in Class::ALL {
        let claim = Claim {
            tokens: vec![token(TokenPlace::RecipientAddress, "reply+x@us.example")],
            ..claim(*class)
        };
        let wanted: &[Purpose] = match class {
            Class::Ordinary | Class::AutoReply => &[Purpose::Reply],
            Class::Receipt => &[Purpose::Bounce, Purpose::Reply],
            _ => &[Purpose::Bounce],
        };
        assert_eq!(traces(&claim)[0].purposes, wanted, "{class}");
    }
}

#[test]
fn traces_are_bounded_whatever_a_report_names() {
    let many = |of: &str| (0..100_000).map(|number| format!("<{number}{of}>")).collect::<Vec<_>>();
    let places = [TokenPlace::EnvelopeId, TokenPlace::ReturnPath, TokenPlace::Header];
    let tokens = places.iter().flat_map(|place| many("@t").into_iter().map(|it| token(*place, &it)));
    let claim = Claim { tokens: tokens.collect(), about: many("@us.example"), ..claim(Class::Bounce) };
    let found = traces(&claim);
    for kind in TraceKind::ALL {
        assert_eq!(found.iter().filter(|it| it.kind == *kind).count(), 50, "{kind}");
    }
}

#[test]
fn a_fact_is_about_the_recipient_that_its_address_means_as_the_mail_spells_it() {
    use EventKind as K;
    use EventSource::{DeliveryReport, DispositionReport, Reply};
    let forwarded = format!("{STRANGER}: said");
    for (what, claim, to, wanted) in [
        (
            "by name",
            claim_of(K::Bounced, DeliveryReport, Some("MIA@SHOP.example."), None),
            &[MIA][..],
            Some((MIA, "said")),
        ),
        (
            "in quotes",
            claim_of(K::Bounced, DeliveryReport, Some("\"mia\"@shop.example"), None),
            &[MIA],
            Some((MIA, "said")),
        ),
        ("nobody named", claim_of(K::Bounced, DeliveryReport, None, None), &[MIA], Some((MIA, "said"))),
        (
            "nobody named, a copy to us",
            claim_of(K::Bounced, DeliveryReport, None, None),
            &[OURS, MIA],
            Some((MIA, "said")),
        ),
        ("nobody named, of several", claim_of(K::Bounced, DeliveryReport, None, None), &[MIA, NOAH], None),
        (
            "nobody named, none but us",
            claim_of(K::Bounced, DeliveryReport, None, None),
            &[OURS],
            Some((OURS, "said")),
        ),
        (
            "by the last address",
            claim_of(K::Bounced, DeliveryReport, Some("x@alias.example"), Some("noah@shop.example")),
            &[MIA, NOAH],
            Some((NOAH, "said")),
        ),
        (
            "forwarded",
            claim_of(K::Bounced, DeliveryReport, Some(MIA), Some(STRANGER)),
            &[MIA, NOAH],
            Some((MIA, forwarded.as_str())),
        ),
        (
            "a stranger, not reached",
            claim_of(K::Delayed, DeliveryReport, Some(STRANGER), None),
            &[MIA],
            Some((STRANGER, "said")),
        ),
        (
            "a stranger, of several",
            claim_of(K::Bounced, DeliveryReport, Some(STRANGER), None),
            &[MIA, NOAH],
            Some((STRANGER, "said")),
        ),
        (
            "a stranger reached, of one",
            claim_of(K::Delivered, DeliveryReport, Some(STRANGER), None),
            &[MIA],
            Some((MIA, forwarded.as_str())),
        ),
        (
            "a stranger reached, of several",
            claim_of(K::Delivered, DeliveryReport, Some(STRANGER), None),
            &[MIA, NOAH],
            Some((STRANGER, "said")),
        ),
        (
            "deleted at a stranger's",
            claim_of(K::DispositionDeleted, DispositionReport, Some(STRANGER), None),
            &[MIA],
            Some((STRANGER, "said")),
        ),
        (
            "shown to a stranger",
            claim_of(K::DispositionDisplayed, DispositionReport, Some(STRANGER), None),
            &[MIA],
            Some((MIA, forwarded.as_str())),
        ),
        (
            "an answer",
            claim_of(K::Replied, Reply, Some("mia@shop.example"), None),
            &[MIA, NOAH],
            Some((MIA, "said")),
        ),
        (
            "a colleague's answer",
            claim_of(K::Replied, Reply, Some("olga@SHOP.example"), None),
            &[MIA],
            Some((MIA, "olga@SHOP.example: said")),
        ),
        (
            "a colleague of two",
            claim_of(K::Replied, Reply, Some("olga@shop.example"), None),
            &[MIA, NOAH],
            None,
        ),
        ("a stranger's answer", claim_of(K::Replied, Reply, Some(STRANGER), None), &[MIA], None),
        ("of a mail to nobody", claim_of(K::Bounced, DeliveryReport, None, None), &[], None),
    ] {
        let wanted: Vec<_> =
            wanted.into_iter().map(|(to, words)| (to.to_owned(), words.to_owned())).collect();
        assert_eq!(about(&claim, to), wanted, "{what}");
    }
}

#[test]
fn words_that_name_the_other_address_are_left_as_they_are_and_all_are_bounded() {
    let mut claim = claim_of(EventKind::Bounced, EventSource::DeliveryReport, Some(MIA), Some(STRANGER));
    claim.events[0].words = Some("<BOSS@elsewhere.example>: unknown".into());
    assert_eq!(about(&claim, &[MIA])[0].1, "<BOSS@elsewhere.example>: unknown");
    claim.events[0].words = None;
    assert_eq!(about(&claim, &[MIA])[0].1, STRANGER);
    claim.events[0].words = Some("é".repeat(limits::WORDS));
    assert_eq!(about(&claim, &[MIA])[0].1.chars().count(), limits::WORDS);
}

#[test]
fn spellings_of_one_address_are_one_and_others_are_not() {
    for (one, other) in [
        ("Zoë@BÜRO.example", "zoë@xn--bro-hoa.example"),
        ("<mia@shop.example>", " MIA@shop.example. "),
        ("a..b@B\u{fc}ro.example", "A..B@xn--bro-hoa.example"),
    ] {
        assert_eq!(match_key(one), match_key(other), "{one}");
    }
    for (one, other) in [
        ("mia@shop.example", "mia@shop.example.evil.example"),
        ("mia+x@shop.example", "mia@shop.example"),
        ("\"mia boss\"@shop.example", "mia@shop.example"),
        ("", "@"),
    ] {
        assert_ne!(match_key(one), match_key(other), "{one}");
    }
}

/// A report of a hundred thousand strangers, about a mail to as many.
#[test]
fn a_huge_report_gives_no_more_facts_than_a_report_has() {
    let one = claim_of(EventKind::Bounced, EventSource::DeliveryReport, Some(STRANGER), None);
    let mut claim = claim(Class::Bounce);
    for number in 0..100_000 {
        let address = Some(format!("{number}@elsewhere.example"));
        claim.recipients.push(ClaimedRecipient { recipient: address.clone(), ..one.recipients[0].clone() });
        claim.events.push(Event { recipient: address, ..one.events[0].clone() });
    }
    let to: Vec<String> = (0..10_000).map(|number| format!("{number}@shop.example")).collect();
    assert_eq!(facts(&claim, &Parties::new(&to, &[])).len(), limits::RECIPIENTS);
}

#[test]
fn a_message_as_it_came_leads_to_its_mail() {
    let raw = "From: MAILER-DAEMON@mx.example\r\nTo: bounce+abc@us.example\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\
         Original-Envelope-Id: 0193a-1\r\n\r\nFinal-Recipient: rfc822; mia@shop.example\r\nAction: failed\r\n\
         Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <0193a@us.example>\r\n\r\n--b--\r\n";
    let claim = Claim::from(inbound::read(raw.as_bytes(), &[], now()).unwrap());
    let found: Vec<_> = traces(&claim).into_iter().map(|it| (it.kind, it.value)).collect();
    assert_eq!(
        found,
        [
            (TraceKind::ReturnAddress, "bounce+abc@us.example".to_owned()),
            (TraceKind::EnvelopeId, "0193a-1".to_owned()),
            (TraceKind::MessageId, "<0193a@us.example>".to_owned()),
        ]
    );
    let facts = about(&claim, &[MIA, NOAH]);
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].0, MIA);
}

//! What is taken from a message besides its class: facts, tokens, conversation, answer.

use super::{fixture, now, understood};
use crate::domain::inbound::{Class, TokenPlace, read};
use crate::domain::status::{EventKind, EventSource};

#[test]
fn each_recipient_of_a_report_has_a_fact_of_his_own() {
    let found = understood(&fixture("two-recipients"));
    let facts: Vec<_> =
        found.events.iter().map(|it| (it.recipient.as_deref().unwrap(), it.kind, it.source)).collect();
    let report = EventSource::DeliveryReport;
    assert_eq!(
        facts,
        [
            ("jan@customer.example", EventKind::Delivered, report),
            ("els+news@customer.example", EventKind::Bounced, report)
        ]
    );
    let failed = &found.recipients[1];
    assert_eq!(failed.final_recipient.as_deref(), Some("els@forwarded.example"));
    assert_eq!(failed.remote.as_deref(), Some("mx.forwarded.example"));
    assert_eq!(failed.words.as_deref(), Some("550 5.1.1 no such user"));
    assert_eq!(found.events[1].code.as_deref(), Some("5.1.1"));
}

#[test]
fn facts_have_the_kind_that_the_status_is_folded_from() {
    for (name, kind, source) in [
        ("postfix-dsn-failed-511", EventKind::Bounced, EventSource::DeliveryReport),
        ("postfix-expired", EventKind::Expired, EventSource::DeliveryReport),
        ("exim-retry-timeout", EventKind::Expired, EventSource::DeliveryReport),
        ("postfix-dsn-delayed-441", EventKind::Delayed, EventSource::DeliveryReport),
        ("postfix-dsn-relayed-200", EventKind::Relayed, EventSource::DeliveryReport),
        ("postfix-dsn-delivered-200", EventKind::Delivered, EventSource::DeliveryReport),
        ("dovecot-refusal", EventKind::DispositionDeleted, EventSource::DispositionReport),
        ("read-receipt", EventKind::DispositionDisplayed, EventSource::DispositionReport),
        ("outlook-not-read", EventKind::DispositionOther, EventSource::DispositionReport),
        ("dovecot-vacation", EventKind::AutoReply, EventSource::Reply),
        ("reply-about-a-failure", EventKind::Replied, EventSource::Reply),
        ("complaint", EventKind::Complaint, EventSource::DeliveryReport),
    ] {
        let found = understood(&fixture(name));
        assert_eq!(found.events.first().map(|it| (it.kind, it.source)), Some((kind, source)), "{name}");
    }
}

#[test]
fn the_texts_that_may_be_the_hosts_tokens_are_found_where_they_stand() {
    let found = understood(&fixture("postfix-dsn-failed-511"));
    let has = |place, value: &str| found.tokens.iter().any(|it| it.place == place && it.value == value);
    assert!(has(TokenPlace::EnvelopeId, "env-unk-1795303695"), "{:?}", found.tokens);
    assert!(has(TokenPlace::RecipientAddress, "sender@erp.test"), "{:?}", found.tokens);
    assert!(has(TokenPlace::ReturnPath, "sender@erp.test"), "{:?}", found.tokens);
    assert!(has(TokenPlace::MessageId, "<unk-1795303695@erp.test>"), "{:?}", found.tokens);
}

#[test]
fn mail_of_our_own_is_nobodys_answer() {
    let raw = b"From: office@ateliernord.example\r\nTo: x@customer.example\r\nIn-Reply-To: <1@ateliernord.example>\r\n\r\nHello\r\n";
    assert_eq!(understood(raw).events, []);
    let theirs = read(raw, &[], now()).unwrap();
    assert_eq!(theirs.events.len(), 1);
    let list = b"From: news@x.example\r\nList-Id: <n.x.example>\r\nIn-Reply-To: <1@ateliernord.example>\r\n\r\nHello\r\n";
    assert_eq!(understood(list).events, [], "a list answers nobody");
}

#[test]
fn an_answer_is_apart_from_what_it_quotes() {
    for (body, text, quoted) in [
        ("Thanks!\n\n> Hello\n> there\n", "Thanks!", Some("> Hello\n> there")),
        ("Thanks!\n\nOn Mon, Lotte wrote:\n> Hello\n", "Thanks!", Some("On Mon, Lotte wrote:\n> Hello")),
        (
            "Dank.\n\n-----Oorspronkelijk bericht-----\nVan: x\n",
            "Dank.",
            Some("-----Oorspronkelijk bericht-----\nVan: x"),
        ),
        ("> Is it paid?\nYes.\n", "> Is it paid?\nYes.", None),
        ("> only a quotation\n", "> only a quotation", None),
        ("Yes.\n", "Yes.", None),
    ] {
        let raw = format!("From: a@b.example\r\nSubject: Re: x\r\n\r\n{body}");
        let answer = understood(raw.as_bytes()).answer.unwrap();
        assert_eq!((answer.text.as_str(), answer.quoted.as_deref()), (text, quoted), "{body:?}");
    }
}

#[test]
fn a_report_from_the_future_is_stamped_with_now() {
    let raw = String::from_utf8(fixture("gmail-unknown")).unwrap();
    let dated = understood(raw.as_bytes()).events[0].at;
    assert_eq!(dated.to_rfc3339(), "2026-11-23T10:00:05+01:00");
    for date in ["Mon, 23 Nov 2099 10:00:05 +0100", "yesterday", ""] {
        let raw = raw.replace("Mon, 23 Nov 2026 10:00:05 +0100", date);
        assert_eq!(understood(raw.as_bytes()).events[0].at, now(), "{date}");
    }
}

#[test]
fn scripts_and_character_sets_are_decoded() {
    // "out of office" in Japanese: ISO-2022-JP, as Japanese programs still write it.
    let raw = b"From: a@b.example\r\nSubject: =?ISO-2022-JP?B?GyRCSVQ6XxsoQg==?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B5Y2KCf\x1b(B\r\n";
    let found = understood(raw);
    assert_eq!((found.subject.as_str(), found.class), ("不在", Class::AutoReply));
    assert_eq!(found.answer.unwrap().text, "休暇中");
}

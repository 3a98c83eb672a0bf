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
fn an_answers_words_are_evidence() {
    let raw = "From: a@b.example\r\nIn-Reply-To: <1@ateliernord.example>\r\nSubject: Re: x\r\n\r\nPaid today.\r\n\r\n> Is it?\r\n";
    assert_eq!(understood(raw.as_bytes()).events[0].words.as_deref(), Some("Paid today."));
}

#[test]
fn bodies_of_any_charset_are_decoded() {
    for (charset, body, wanted) in [
        ("; charset=iso-2022-kr", &b"\x1b$)C\x0e@Z5?\x0f"[..], "자동"),
        ("; charset=hz-gb-2312", b"~{WT6/~}", "自动"),
        ("; charset=utf-7", b"Gr+APYA3w-e", "Größe"),
        ("; charset=cp932", b"\x8e\xa9\x93\xae", "自動"),
        ("", b"\x1b$B5Y2KCf\x1b(B", "休暇中"),
        ("", b"Gr\xf6\xdfe", "Größe"),
        ("; charset=x-unknown", b"Gr\xf6\xdfe", "Größe"),
        ("; charset=us-ascii", "Größe".as_bytes(), "Größe"),
        ("; charset=utf-8", b"R\xe9ponse", "Réponse"),
    ] {
        let head = format!("From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain{charset}\r\n\r\n");
        let found = understood(&[head.as_bytes(), body, b"\r\n"].concat());
        assert_eq!(found.answer.unwrap().text, wanted, "{charset}");
    }
    let encoded = b"From: a@b.example\r\nContent-Type: text/plain; charset=hz-gb-2312\r\nContent-Transfer-Encoding: base64\r\n\r\nfntXVDYvfn0=\r\n";
    assert_eq!(understood(encoded).answer.unwrap().text, "自动");
    let html = b"From: a@b.example\r\nContent-Type: text/html; charset=iso-2022-kr\r\n\r\n<p>\x1b$)C\x0e@Z5?\x0f</p>\r\n";
    assert_eq!(understood(html).answer.unwrap().text, "자동");
}

#[test]
fn headers_that_programs_write_against_the_rules_are_read() {
    for (subject, charset, wanted) in [
        (&b"=?utf-8?Q?Autom=C3?= =?UTF-8?Q?=A1tica?="[..], "utf-8", "Automática"),
        (b"=?utf-8?B?QXV0b23D?=\r\n =?utf-8?B?oXRpY2E=?=", "utf-8", "Automática"),
        (b"R\xe9ponse automatique", "utf-8", "Réponse automatique"),
        ("Réponse automatique".as_bytes(), "iso-8859-1", "Réponse automatique"),
        (b"P\xf8ijato", "iso-8859-2", "Přijato"),
        (b"\x1b$BIT:_\x1b(B", "iso-2022-jp", "不在"),
    ] {
        let tail =
            format!("\r\nFrom: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\nx\r\n");
        let found = understood(&[b"Subject: ", subject, tail.as_bytes()].concat());
        assert_eq!(found.subject, wanted);
    }
    let raw =
        b"From: =?utf-8?Q?M=C3?=\r\n =?utf-8?Q?=BCller=2C_E=2E?= <e@f.example>\r\nSubject: x\r\n\r\nx\r\n";
    let sender = understood(raw).sender.unwrap();
    assert_eq!((sender.name.as_deref(), sender.address.as_str()), (Some("Müller, E."), "e@f.example"));
    let raw = b"From: \"M\xfcller\" <e@f.example>\r\nSubject: x\r\n\r\nx\r\n";
    assert_eq!(understood(raw).sender.unwrap().name.as_deref(), Some("Müller"));
}

#[test]
fn addresses_beyond_ascii_are_those_of_the_mail() {
    let raw = "From: MAILER-DAEMON@relay.example\r\nContent-Type: multipart/report; report-type=global-delivery-status; boundary=frontier\r\n\r\n\
        --frontier\r\nContent-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Reporting-MTA: dns; relay.example\r\n\r\nOriginal-Recipient: utf-8;j=C3=B6rg@b=C3=BCcher.example\r\n\
        Final-Recipient: utf-8; j\\x{f6}rg@xn--bcher-kva.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--frontier--\r\n";
    let found = understood(raw.as_bytes());
    let [of] = found.recipients.as_slice() else { panic!("{found:?}") };
    assert_eq!((of.recipient.as_deref(), of.final_recipient.as_deref()), (Some("jörg@bücher.example"), None));
}

#[test]
fn scripts_and_character_sets_are_decoded() {
    // "out of office" in Japanese: ISO-2022-JP, as Japanese programs still write it.
    let raw = b"From: a@b.example\r\nSubject: =?ISO-2022-JP?B?GyRCSVQ6XxsoQg==?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B5Y2KCf\x1b(B\r\n";
    let found = understood(raw);
    assert_eq!((found.subject.as_str(), found.class), ("不在", Class::AutoReply));
    assert_eq!(found.answer.unwrap().text, "休暇中");
}

/// A report without Original-Recipient names the address that a mail ended at; the text of some servers names the one it was made from.
#[test]
fn the_address_that_a_failed_one_was_made_from_is_read_from_the_servers_text() {
    for (text, origin) in [
        ("<ana@home.example> (expanded from <orders@shop.example>): host mx.home.example said: 550 no", true),
        ("  ana@home.example\n    (generated from orders@shop.example)\n    550 no such user", true),
        ("  ana@home.example\n    (ultimately generated from Orders@shop.example)\n    550 no", true),
        (
            "<ana@home.example>: host mx.home.example said: 550 (expanded from rules of ana@home.example)",
            false,
        ),
        ("<ana@home.example>: 550 no such user", false),
        ("other@home.example (generated from orders@shop.example)\n\n\n<ana@home.example>: 550 no", false),
    ] {
        let raw = format!(
            "From: MAILER-DAEMON@shop.example\r\nSubject: Undelivered Mail\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; shop.example\r\n\r\nFinal-Recipient: rfc822; ana@home.example\r\n\
             Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        );
        let found = &understood(raw.as_bytes()).recipients[0];
        let named = found.recipient.as_deref().unwrap().to_lowercase();
        let expected = if origin { "orders@shop.example" } else { "ana@home.example" };
        assert_eq!(named, expected, "{text}");
        assert_eq!(found.final_recipient.as_deref(), origin.then_some("ana@home.example"), "{text}");
    }
}

//! Reading what comes in, with the real plugin and a real store: what it is, which mail it is about, and what is not
//! believed.

use crate::stored_message::{Enqueued, MESSAGE_ID, now};
use crate::test_host::{TestHost, shipped};
use postroom::contract::inbound::{BounceType, InboundError, MessageContent};
use postroom::contract::tracking::Status;
use postroom::engine::{EngineError, Files};
use postroom::inbound::{MatchedBy, Taken};
use postroom::outbox::{suppress_refused, timeline};
use postroom::return_address::{KeyId, Keys, Purpose, ReturnAddresses};
use postroom::store::{Event, MailId};
use postroom_tests::fixtures;
use secrecy::SecretSlice;

const ELS: &str = "els.peeters@customer.example";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures::path(&format!("reports/{name}.eml"))).unwrap()
}

fn by(taken: &Taken) -> Option<MatchedBy> {
    taken.matched.as_ref().map(|matched| matched.by)
}

#[tokio::test]
async fn the_component_says_what_every_fixture_is() {
    let host = TestHost::new(shipped());
    let table = String::from_utf8(std::fs::read(fixtures::path("reports/expected.tsv")).unwrap()).unwrap();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let origin = MessageContent::Bytes(fixture(cells[0]));
        let report =
            host.company_plugin.classify(&Files::default(), &origin, &[], "2026-11-27T09:00:00+01:00").await;
        let report = report.unwrap().unwrap();
        let class = report.kind.as_str();
        assert_eq!(class, cells[1], "{line}");
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[tokio::test]
async fn a_bounce_reaches_the_timeline_once_and_keeps_the_dead_address_from_being_written_to() {
    let stored = Enqueued::new(&["Els.Peeters@customer.example"]).await;
    let raw = fixture("gmail-unknown");
    let taken = stored.take(raw.clone()).await;
    assert_eq!(by(&taken), Some(MatchedBy::MessageId));
    assert_eq!(taken.suppressed, ["Els.Peeters@customer.example"]);
    let events = stored.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].recipient.as_deref(), Some("Els.Peeters@customer.example"), "as the mail was sent");
    assert_eq!((events[0].kind.as_str(), events[0].code.as_deref()), ("bounced", Some("5.1.1")));
    let again = stored.take(raw).await;
    assert_eq!(again.suppressed, Vec::<String>::new());
    assert_eq!(stored.events().await, events, "the same report twice is one fact");
    let shown = stored.store.suppressions(stored.company.id).await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].mail, Some(stored.mail.to_string()));
    assert!(shown[0].words.as_deref().is_some_and(|words| words.contains("does not exist")), "{shown:?}");
}

/// A recipient knows the mail's Message-ID, and could forge a report about another recipient.
#[tokio::test]
async fn a_report_that_only_names_a_message_id_suppresses_nobody_where_several_know_it() {
    let keys = [(KeyId(1), SecretSlice::from(vec![7; 32]))];
    let ours = ReturnAddresses::new("reply.example", Keys::new(KeyId(1), keys).unwrap());
    for name in ["gmail-unknown", "complaint"] {
        let stored = Enqueued::new(&["Els.Peeters@customer.example", "jan@customer.example"]).await;
        let raw = fixture(name);
        let taken = stored.take(raw.clone()).await;
        assert_eq!((by(&taken), taken.events.len()), (Some(MatchedBy::MessageId), 1), "{name}");
        assert_eq!((taken.suppressed, stored.suppressed().await), (vec![], vec![]), "{name}");
        let return_path = ours.mint(Purpose::Bounce, stored.company.id, stored.mail);
        let with_token = [format!("Delivered-To: {return_path}\r\n").into_bytes(), raw].concat();
        let taken = stored.take_with(with_token, Some(&ours)).await;
        assert_eq!(by(&taken), Some(MatchedBy::ReturnAddress), "{name}");
        assert_eq!(taken.suppressed, ["Els.Peeters@customer.example"], "{name}");
    }
}

#[tokio::test]
async fn a_report_is_matched_by_the_attempts_id_where_nothing_was_returned() {
    let stored = Enqueued::new(&[ELS]).await;
    let raw = format!(
        "From: MAILER-DAEMON@relay.example\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; relay.example\r\nOriginal-Envelope-Id: {}\r\n\r\n\
         Final-Recipient: rfc822; elsewhere@forwarded.example\r\nOriginal-Recipient: rfc822; {ELS}\r\n\
         Action: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\r\n\r\n--b--\r\n",
        stored.attempt
    );
    let taken = stored.take(raw.into_bytes()).await;
    assert_eq!(by(&taken), Some(MatchedBy::EnvelopeId));
    assert_eq!(taken.report.bounce_type, Some(BounceType::Soft));
    assert_eq!(stored.suppressed().await, Vec::<String>::new(), "a full mailbox is written to again");
    assert_eq!(stored.events().await[0].recipient.as_deref(), Some(ELS));
}

/// A report that a mail server sends about this recipient.
fn failed(fields: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n\
         {fields}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {MESSAGE_ID}\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn where_a_mail_was_forwarded_its_recipient_is_not_dead() {
    const OTHER: &str = "els@forwarded.example";
    for (fields, rcpt_to) in [
        (format!("Original-Recipient: rfc822; {ELS}\r\nFinal-Recipient: rfc822; {OTHER}"), &[ELS][..]),
        (
            format!("Original-Recipient: rfc822; {ELS}\r\nFinal-Recipient: rfc822; {OTHER}"),
            &[ELS, "jan@customer.example"],
        ),
    ] {
        let stored = Enqueued::new(rcpt_to).await;
        let taken = stored.take(failed(&fields)).await;
        assert_eq!((taken.suppressed, stored.suppressed().await), (vec![], vec![]), "{fields}");
        let [fact] = &stored.events().await[..] else { panic!("{fields}") };
        assert_eq!((fact.recipient.as_deref(), fact.kind.as_str()), (Some(ELS), "bounced"), "{fields}");
        assert_eq!(fact.words.as_deref(), Some("els@forwarded.example: 550 5.1.1 no such user"), "{fields}");
    }
    let stored = Enqueued::new(&[ELS]).await;
    let taken = stored
        .take(failed(&format!("Original-Recipient: rfc822; {ELS}\r\nFinal-Recipient: rfc822; {ELS}")))
        .await;
    assert_eq!(taken.suppressed, [ELS]);
}

/// The plugin does not have the key that the pseudonym was made by: the host names the recipient as the mail does.
#[tokio::test]
async fn a_report_after_an_erasure_is_about_the_pseudonym() {
    let stored = Enqueued::new(&[ELS]).await;
    stored.store.lend_pseudonym_key(vec![7; 32].into());
    let admin = stored.store.company_store(stored.company.id);
    let erased = admin.erase(&ELS.parse().unwrap(), now()).await.unwrap();
    let taken = stored.take(failed(&format!("Final-Recipient: rfc822; {}", ELS.to_uppercase()))).await;
    assert_eq!(taken.suppressed, std::slice::from_ref(&erased.pseudonym));
    let about: Vec<_> = stored.events().await.into_iter().map(|event| event.recipient).collect();
    assert_eq!(about, [Some(erased.pseudonym)]);
}

/// Whom the mail was forwarded to without a word of it, a member of a list, or anybody: it is not known what it says of those who
/// were written to.
#[tokio::test]
async fn a_report_about_another_address_is_shown_with_it_and_nothing_follows_for_the_recipients() {
    const OTHER: &str = "ina@elsewhere.example";
    for rcpt_to in [
        &[ELS][..],
        &[ELS, "lotte@ateliernord.example"],
        &[ELS, "jan@customer.example", "an@customer.example"],
    ] {
        for action in ["failed", "delayed"] {
            let stored = Enqueued::new(rcpt_to).await;
            let raw = String::from_utf8(failed(&format!("Final-Recipient: rfc822; {OTHER}"))).unwrap();
            let raw = raw.replace("Action: failed", &format!("Action: {action}"));
            for _ in 0..2 {
                let taken = stored.take(raw.clone().into_bytes()).await;
                assert_eq!((taken.suppressed, stored.suppressed().await), (vec![], vec![]), "{rcpt_to:?}");
            }
            let mail = stored.store.mail(stored.mail).await.unwrap();
            let [fact] = &mail.events[..] else { panic!("{rcpt_to:?} {:?}", mail.events) };
            assert_eq!(fact.recipient.as_deref(), Some(OTHER), "{rcpt_to:?}");
            assert_eq!(fact.words.as_deref(), Some("550 5.1.1 no such user"), "{rcpt_to:?}");
            let shown = timeline(&stored.host.company_plugin, &mail, now()).await.unwrap();
            let statuses: Vec<Status> = shown.recipients.iter().map(|it| it.status).collect();
            assert_eq!(statuses, vec![Status::InTransit; rcpt_to.len()], "{rcpt_to:?} {shown:?}");
        }
    }
}

#[tokio::test]
async fn a_blind_copy_to_ourselves_that_comes_back_suppresses_nobody() {
    for own in ["lotte@ateliernord.example", "office@ateliernord.example"] {
        let stored = Enqueued::new(&[own]).await;
        let taken = stored.take(failed(&format!("Final-Recipient: rfc822; {own}"))).await;
        assert_eq!((by(&taken), taken.events.len()), (Some(MatchedBy::MessageId), 1), "{own}");
        assert_eq!((taken.suppressed, stored.suppressed().await), (vec![], vec![]), "{own}");
    }
}

#[tokio::test]
async fn a_report_is_matched_by_the_return_address_that_was_signed_and_by_no_other() {
    let stored = Enqueued::new(&[ELS]).await;
    let addresses = |key: u8| {
        let keys = [(KeyId(1), SecretSlice::from(vec![key; 32]))];
        ReturnAddresses::new("reply.example", Keys::new(KeyId(1), keys).unwrap())
    };
    let ours = addresses(7);
    let bounce = |to: String| {
        let text = format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@relay.example\r\nTo: {to}\r\nSubject: failure notice\r\n\r\n\
             Hi. This is the qmail-send program.\r\n\r\n<{ELS}>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n"
        );
        text.into_bytes()
    };
    let signed = ours.mint(Purpose::Bounce, stored.company.id, stored.mail);
    for (what, to) in [
        ("another key", addresses(8).mint(Purpose::Bounce, stored.company.id, stored.mail)),
        ("the address for people", ours.mint(Purpose::Reply, stored.company.id, stored.mail)),
        ("another company", ours.mint(Purpose::Bounce, postroom::model::CompanyId::new(), stored.mail)),
        ("a mail that is not there", ours.mint(Purpose::Bounce, stored.company.id, MailId::new())),
        ("no token", "office@ateliernord.example".to_owned()),
    ] {
        let taken = stored.take_with(bounce(to), Some(&ours)).await;
        assert_eq!((by(&taken), taken.report.kind.as_str()), (None, "bounce"), "{what}");
    }
    assert_eq!(stored.events().await, []);
    let taken = stored.take_with(bounce(signed.to_uppercase()), Some(&ours)).await;
    assert_eq!(by(&taken), Some(MatchedBy::ReturnAddress));
    assert_eq!(stored.suppressed().await, [ELS]);
    let answer = format!(
        "From: {ELS}\r\nTo: {}\r\nSubject: Hello\r\n\r\nThanks!\r\n",
        ours.mint(Purpose::Reply, stored.company.id, stored.mail)
    );
    let taken = stored.take_with(answer.into_bytes(), Some(&ours)).await;
    assert_eq!((by(&taken), taken.events.len()), (Some(MatchedBy::ReturnAddress), 1));
    assert_eq!(taken.events[0].kind, "replied");
}

#[tokio::test]
async fn a_report_that_names_nothing_of_ours_or_a_stranger_is_not_believed() {
    let stored = Enqueued::new(&["jan@customer.example", "an@customer.example"]).await;
    let forged = String::from_utf8(fixture("gmail-unknown")).unwrap().replace(ELS, "jan@customer.example");
    let taken = stored.take(forged.replace(MESSAGE_ID, "<guessed@ateliernord.example>").into_bytes()).await;
    assert_eq!((by(&taken), taken.report.kind.as_str()), (None, "bounce"));
    assert_eq!((stored.events().await, stored.suppressed().await), (vec![], vec![]));
    // Ours, but about an address that the mail was not sent to.
    let taken = stored.take(fixture("gmail-unknown")).await;
    assert_eq!(by(&taken), Some(MatchedBy::MessageId));
    let about: Vec<_> = stored.events().await.into_iter().map(|event| event.recipient).collect();
    assert_eq!((about, stored.suppressed().await), (vec![Some(ELS.to_owned())], vec![]));
}

#[tokio::test]
async fn a_complaint_suppresses_and_a_vacation_or_an_answer_never_does() {
    let stored = Enqueued::new(&[ELS]).await;
    for (name, kind) in [
        ("vacation-rfc3834", Some("auto-reply")),
        ("reply-about-a-failure", Some("replied")),
        ("quoting-a-bounce", None),
        ("forwarded-bounce", None),
        ("read-receipt", Some("disposition-displayed")),
        ("outlook-not-read", Some("disposition-other")),
    ] {
        let taken = stored.take(fixture(name)).await;
        let kinds: Vec<&str> = taken.events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, kind.into_iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(stored.suppressed().await, Vec::<String>::new(), "{name}");
    }
    let taken = stored.take(fixture("complaint")).await;
    assert_eq!(taken.suppressed, [ELS]);
}

#[tokio::test]
async fn a_refusal_at_submission_is_heeded_by_what_the_server_said() {
    let stored = Enqueued::new(&[ELS]).await;
    let mail = stored.store.mail(stored.mail).await.unwrap();
    let apply = async |event: &Event| {
        let events = std::slice::from_ref(event);
        suppress_refused(&stored.store, &stored.host.company_plugin, &mail, events).await.unwrap()
    };
    let evidence = |kind: &str, code: &str, words: &str| Event {
        recipient: Some(ELS.to_owned()),
        kind: kind.to_owned(),
        at: now(),
        source: "smtp".to_owned(),
        code: Some(code.to_owned()),
        words: Some(words.to_owned()),
    };
    for soft in [
        evidence("refused", "5.7.1", "blocked using zen.example"),
        evidence("refused", "5.1.8", "sender domain does not exist"),
        evidence("deferred", "4.1.1", "user unknown"),
        evidence("accepted", "2.0.0", "queued; user unknown"),
    ] {
        assert_eq!(apply(&soft).await, Vec::<String>::new(), "{soft:?}");
    }
    let hard = evidence("refused", "5.1.1", "user unknown");
    let stranger = Event { recipient: Some("ceo@other.example".into()), ..hard.clone() };
    assert_eq!(apply(&stranger).await, Vec::<String>::new(), "no recipient of the mail");
    assert_eq!(apply(&hard).await, [ELS]);
    assert_eq!(stored.suppressed().await, [ELS]);
}

#[tokio::test]
async fn hostile_messages_stay_within_the_limits_of_the_sandbox() {
    let host = TestHost::new(shipped());
    let ask = async |raw: Vec<u8>| {
        host.company_plugin
            .classify(&Files::default(), &MessageContent::Bytes(raw), &[], "2026-11-27T09:00:00+01:00")
            .await
    };
    let large = ask(vec![b'x'; (32 << 20) + 1]).await;
    assert!(matches!(large, Err(EngineError::TooLarge { .. })), "{large:?}");
    for (what, raw) in [
        ("depth", b"Content-Type: message/rfc822\r\n\r\n".repeat(100_000)),
        ("boundaries", b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(100_000)),
    ] {
        let refused = ask(raw).await.unwrap();
        assert!(matches!(refused, Err(InboundError::Refused(_))), "{what}: {refused:?}");
    }
    for (what, piece) in [
        ("a long line", "x"),
        ("addresses", "<a@b.example>: 550 5.1.1 no such user\r\n"),
        ("at signs", "@"),
        ("headers", "X-A: b\r\n"),
        ("encoded", "=?utf-8?q?=41?= "),
    ] {
        let head = "From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n";
        for gap in ["", "\r\n"] {
            let raw = format!("{head}{gap}{}", piece.repeat((8 << 20) / piece.len()));
            let answer = ask(raw.into_bytes()).await;
            assert!(matches!(answer, Ok(Ok(_))), "{what}: {answer:?}");
        }
    }
    // Every fixture, cut at a few places and with bytes turned round.
    for entry in std::fs::read_dir(fixtures::path("reports")).unwrap() {
        let raw = std::fs::read(entry.unwrap().path()).unwrap();
        for part in 1..6 {
            let mut cut = raw[..raw.len() * part / 6].to_vec();
            let at = cut.len() / 2;
            cut[at] ^= 0x80;
            assert!(matches!(ask(cut).await, Ok(Ok(_))));
        }
    }
    let wrong = host
        .company_plugin
        .classify(&Files::default(), &MessageContent::Bytes(vec![]), &[], "now")
        .await
        .unwrap();
    assert!(matches!(wrong, Err(InboundError::Argument(_))), "{wrong:?}");
}

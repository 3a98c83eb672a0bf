//! Servers that hang or hang up: the report comes in time, names the stage, and says what it means for the next
//! attempt. Only after the final dot is it unknown whether the mail left.

use crate::plugin::company_plugin;
use crate::program::{Program, Written};
use crate::samples::{invoice, pdf};
use crate::servers::SENDER;
use postroom::contract::delivery::SubmitError;
use postroom::contract::tracking::Status;
use postroom::contract::transport::{Failure, Stage, Verdict};
use postroom::contract::types::Address;
use postroom::model::AllowList;
use postroom::outbox::{Attempt, Draft, Sent};
use postroom::transport::attachments::AttachmentSource;
use postroom::transport::smtp::{Account, Login, Mechanism, Secret, Security, Timeouts};
use postroom_tests::scripted::{At, How, server};
use std::time::{Duration, Instant};

const NOW: &str = "2026-11-22T09:30:00+01:00";
const LIMIT: Duration = Duration::from_millis(700);

const POINTS: [(At, Stage); 10] = [
    (At::Greeting, Stage::Greeting),
    (At::Ehlo, Stage::Greeting),
    (At::StartTls, Stage::Tls),
    (At::Handshake, Stage::Tls),
    (At::Login, Stage::Login),
    (At::Sender, Stage::Sender),
    (At::Recipient, Stage::Recipient),
    (At::Data, Stage::Data),
    (At::Body, Stage::Data),
    (At::Dot, Stage::AfterDot),
];

/// Extensions of a server that misbehaves at this point: STARTTLS where that is the point.
fn extensions(at: At) -> &'static [&'static str] {
    match at {
        At::StartTls | At::Handshake => &["PIPELINING", "STARTTLS"],
        _ => &["PIPELINING", "AUTH PLAIN LOGIN"],
    }
}

fn account(port: u16, at: At) -> Account {
    let starttls = extensions(at).contains(&"STARTTLS");
    let security = if starttls { Security::StartTls } else { Security::None };
    let login = Login {
        user: SENDER.to_owned(),
        secret: Secret::password("not-the-one-of-postfix"),
        mechanism: Mechanism::Auto,
    };
    Account {
        port,
        login: Some(login),
        allow_private: AllowList::loopback(),
        allow_cleartext_login: true,
        timeouts: Timeouts::all(LIMIT),
        ..Account::new("office", "127.0.0.1", security)
    }
}

/// One attempt through the plugin, as an embedding program makes it.
async fn attempt(account: Account, pdf_size: usize) -> Sent {
    let company_plugin = company_plugin(account);
    let sender = Address { name: Some("Atelier Nord".to_owned()), address: SENDER.to_owned() };
    let mut draft =
        Draft::of_file(&invoice(), sender, "an-attempt".to_owned(), NOW.to_owned()).expect("a draft");
    draft.overrides.to = Some("box-a@west.test; box-b@west.test".to_owned());
    let source = AttachmentSource::from_bytes(pdf(9, pdf_size));
    draft.attach_source("invoice.pdf".to_owned(), "application/pdf", "pdf", source);
    let ready = draft.compose(&company_plugin).await.expect("a mail");
    let attempt = Attempt {
        account: "office".to_owned(),
        now: NOW.to_owned(),
        envelope_id: Some("an-attempt".to_owned()),
        notify_delivered: false,
    };
    ready.send(&company_plugin, &attempt).await.expect("an outcome")
}

fn failure(sent: &Sent) -> &Failure {
    match &sent.submitted.error {
        Some(SubmitError::Failed(failed)) => &failed.failure,
        other => panic!("a failure was expected, not {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_or_closes_at_any_stage_is_reported_in_time() {
    let mut running = Vec::new();
    for how in [How::Hangs, How::Closes] {
        for (at, stage) in POINTS {
            let port = server(at, how, extensions(at));
            // More than the buffers between the two hold, where the body is what hangs.
            let size = if at == At::Body { 20_000_000 } else { 4_000 };
            let begun = Instant::now();
            let one = tokio::spawn(async move { (attempt(account(port, at), size).await, begun.elapsed()) });
            running.push((at, how, stage, one));
        }
    }
    for (at, how, stage, one) in running {
        let (sent, took) = one.await.expect("an attempt");
        let failure = failure(&sent);
        let (verdict, status, kind) = match at {
            At::Dot => (Verdict::InDoubt, Status::Unknown, "in-doubt"),
            _ => (Verdict::Transient, Status::InTransit, "deferred"),
        };
        assert_eq!((failure.stage, failure.verdict), (stage, verdict), "{at:?} {how:?}: {}", failure.detail);
        assert_eq!(sent.timeline.status, status, "{at:?} {how:?}: {:?}", sent.timeline);
        assert!(
            sent.submitted.settlement.events.iter().all(|e| e.kind == kind),
            "{at:?} {how:?}: {:?}",
            sent.submitted.settlement.events
        );
        assert_eq!(sent.timeline.recipients.len(), 2, "{at:?} {how:?}");
        let in_doubt = sent.submitted.settlement.outcome == "in-doubt";
        assert_eq!(in_doubt, at == At::Dot, "{at:?} {how:?}: {:?}", sent.submitted.settlement.outcome);
        assert!(took < Duration::from_secs(20), "{at:?} {how:?} took {took:?}");
        let shown = format!("{sent:?}");
        assert!(!shown.contains("not-the-one-of-postfix"), "{at:?} {how:?} gives the password away: {shown}");
    }
}

#[test]
fn the_program_says_in_doubt_when_the_server_closes_after_the_dot() {
    let program = Program::new(&Written::bare(server(At::Dot, How::Closes, &["PIPELINING", "8BITMIME"])));
    program.put("invoice.pdf", &pdf(10, 4_000));
    let run = program.send(&invoice(), "box-a@west.test", &["--pdf", "invoice.pdf", "--json"]);
    run.assert(6, &["stage after-dot"]);
    let report = run.json();
    assert_eq!(report["status"], "unknown", "{}", run.output());
    assert_eq!(report["events"][0]["kind"], "in-doubt", "{}", run.output());
    let run = program.send(&invoice(), "box-a@west.test", &["--pdf", "invoice.pdf"]);
    run.assert(6, &["Unknown"]);
}

#[test]
fn the_program_gives_up_on_a_silent_server_and_says_that_trying_again_may_help() {
    let begun = Instant::now();
    let program =
        Program::new(&Written { timeout: 1, ..Written::bare(server(At::Greeting, How::Hangs, &[])) });
    program.put("invoice.pdf", &pdf(11, 4_000));
    let run = program.send(&invoice(), "box-a@west.test", &["--pdf", "invoice.pdf"]);
    run.assert(5, &["stage greeting", "no answer within 1 s", "In transit"]);
    program.test_connection(&[]).assert(5, &["stage greeting", "no answer within 1 s"]);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_refusal_at_any_stage_is_shown_in_the_servers_words() {
    const WORDS: &str = "554 5.7.1 <office@east.test> not from you, see http://east.test/why";
    let cases = [
        (At::Greeting, "stage greeting", "in-transit"),
        (At::Sender, "stage sender", "in-transit"),
        (At::Recipient, "stage recipient", "failed"),
        (At::Data, "stage data", "failed"),
        (At::Dot, "stage data", "failed"),
    ];
    for (at, stage, status) in cases {
        let program = Program::new(&Written::bare(server(at, How::Replies(WORDS), &["ENHANCEDSTATUSCODES"])));
        program.put("invoice.pdf", &pdf(12, 4_000));
        let run = program.send(&invoice(), "box-a@west.test", &["--pdf", "invoice.pdf", "--json"]);
        run.assert(4, &[stage, "554 5.7.1", "<office@east.test> not from you, see http://east.test/why"]);
        // What is about the account judges no mail.
        assert_eq!(run.json()["status"], status, "{at:?}: {}", run.output());
    }
}

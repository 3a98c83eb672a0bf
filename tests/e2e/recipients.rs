//! What servers say of single recipients, and what becomes of the others.

use crate::mailbox::{arrived, the_one};
use crate::program::{Program, Run, Written};
use crate::samples::{invoice, pdf};
use crate::servers::{GREYLISTED, SMALL_SIZE, servers};
use serde_json::Value;

fn program(account: &Written<'_>) -> Program {
    let program = Program::new(account);
    program.put("invoice.pdf", &pdf(2, 3_000));
    program
}

const PDF: &[&str] = &["--pdf", "invoice.pdf", "--json"];

/// What the report says of one recipient.
fn of(run: &Run, address: &str) -> Value {
    let report = run.json();
    let rows = report["recipients"].as_array().cloned().unwrap_or_default();
    rows.into_iter()
        .find(|r| r["recipient"] == address)
        .unwrap_or_else(|| panic!("no {address} in {}", run.output()))
}

#[test]
fn a_refused_recipient_does_not_hold_back_the_others() {
    for (port, to) in
        [(servers().starttls, "box-beside@west.test"), (servers().old, "box-beside-lock-step@west.test")]
    {
        let all = format!("unknown-one@west.test, {to}, unknown-two@west.test");
        let run = program(&Written { port, ..Written::starttls() }).send(&invoice(), &all, PDF);
        run.assert(4, &["refused (5.1.1)"]);
        assert_eq!(of(&run, to)["status"], "in-transit", "{}", run.output());
        for refused in ["unknown-one@west.test", "unknown-two@west.test"] {
            let row = of(&run, refused);
            assert_eq!(row["status"], "failed", "{}", run.output());
            assert_eq!(row["evidence"]["kind"], "refused", "{}", run.output());
            let words = row["evidence"]["words"].as_str().unwrap_or_default();
            assert!(words.contains("User unknown in virtual mailbox table"), "{}", run.output());
        }
        the_one(to);
    }
}

#[test]
fn where_every_recipient_is_refused_the_mail_failed_for_each() {
    let run =
        program(&Written::starttls()).send(&invoice(), "unknown-one@west.test, unknown-two@west.test", PDF);
    run.assert(4, &["stage recipient", "550 5.1.1"]);
    assert_eq!(run.json()["error"]["failed"]["verdict"], "permanent", "{}", run.output());
    for refused in ["unknown-one@west.test", "unknown-two@west.test"] {
        assert_eq!(of(&run, refused)["status"], "failed", "{}", run.output());
    }
}

#[test]
fn a_greylisted_mail_is_in_transit_and_goes_through_at_the_second_attempt() {
    let program = program(&Written::starttls());
    let to = "greylisted-alone@west.test";
    let run = program.send(&invoice(), to, PDF);
    run.assert(5, &["451 4.7.1", GREYLISTED]);
    let row = of(&run, to);
    assert_eq!(
        (&row["status"], &row["evidence"]["kind"]),
        (&"in-transit".into(), &"deferred".into()),
        "{}",
        run.output()
    );
    assert_eq!(run.json()["error"]["failed"]["retry_after"], 60, "{}", run.output());
    let again = program.send(&invoice(), to, PDF);
    again.assert(0, &[]);
    assert_eq!(of(&again, to)["evidence"]["kind"], "accepted", "{}", again.output());
    the_one(to);
}

#[test]
fn a_greylisted_recipient_waits_while_the_other_has_the_mail() {
    let run =
        program(&Written::starttls()).send(&invoice(), "box-early@west.test, greylisted-late@west.test", PDF);
    run.assert(5, &[GREYLISTED]);
    assert_eq!(of(&run, "box-early@west.test")["evidence"]["kind"], "accepted", "{}", run.output());
    assert_eq!(of(&run, "greylisted-late@west.test")["evidence"]["kind"], "deferred", "{}", run.output());
    the_one("box-early@west.test");
}

#[test]
fn what_is_larger_than_the_server_takes_is_refused_before_it_is_sent() {
    let program = program(&Written { port: servers().small, ..Written::starttls() });
    let to = "box-small@west.test";
    program.put("large.pdf", &pdf(3, usize::try_from(SMALL_SIZE).expect("a size")));
    let run = program.send(&invoice(), to, &["--pdf", "large.pdf", "--json"]);
    run.assert(4, &[&SMALL_SIZE.to_string()]);
    assert_eq!(run.json()["error"]["failed"]["stage"], "prepare", "{}", run.output());
    assert_eq!(of(&run, to)["status"], "failed", "{}", run.output());
    program.put("tiny.json", TINY.as_bytes());
    program.send(&program.path("tiny.json"), to, &["--without-document"]).assert(0, &[]);
    let messages = arrived(to);
    assert_eq!(messages.len(), 1, "the large one arrived too");
}

#[test]
fn a_mailbox_outside_ascii_gets_its_mail_where_the_server_takes_smtputf8() {
    let to = "zoë@west.test";
    let run = program(&Written::starttls()).send(&invoice(), to, PDF);
    run.assert(0, &[]);
    assert_eq!(of(&run, to)["status"], "in-transit", "{}", run.output());
    let message = the_one(to);
    assert!(
        String::from_utf8_lossy(&message).contains("zoë@west.test"),
        "{}",
        String::from_utf8_lossy(&message)
    );
    let run = program(&Written { port: servers().old, ..Written::starttls() }).send(&invoice(), to, PDF);
    run.assert(4, &["SMTPUTF8"]);
    assert_eq!(run.json()["error"]["failed"]["stage"], "prepare", "{}", run.output());
}

/// A document whose mail is small.
const TINY: &str = r#"{
  "kind": "other", "number": "1", "issue_date": "2026-11-20", "currency": "EUR", "language": "en",
  "seller": { "name": "Atelier Nord" }, "buyer": { "name": "Small & Co" }, "lines": []
}"#;

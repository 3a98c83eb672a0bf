//! Many documents at once: a row each before anything is sent, one separate mail each, the same as single ones would be.

use crate::home::Home;
use crate::mailbox::{arrived, arrived_all};
use crate::plugin::project;
use crate::samples::{months_ahead, pdf};
use crate::servers::servers;
use mail_parser::MessageParser;
use serde_json::Value;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The sample invoice with this number, to this contact.
pub(crate) fn invoice(number: &str, to: &str) -> Value {
    let sample = project().join("tests/fixtures/documents/invoice.json");
    let text = std::fs::read_to_string(sample).expect("the sample invoice");
    let mut invoice: Value = serde_json::from_str(&text).expect("JSON");
    invoice["number"] = number.into();
    let contact = invoice["buyer"]["contacts"][0].clone();
    invoice["buyer"]["contacts"] = vec![contact].into();
    invoice["buyer"]["contacts"][0]["email"] = to.into();
    invoice
}

/// A folder of invoices with their PDFs: `F-0001` and so on.
pub(crate) fn invoices(home: &Home, folder: &str, count: usize, to: impl Fn(usize) -> String) -> PathBuf {
    let path = home.folder().join(folder);
    std::fs::create_dir_all(&path).expect("a folder");
    for number in 1..=count {
        let name = format!("F-{number:04}");
        let invoice = invoice(&name, &to(number)).to_string();
        std::fs::write(path.join(&name).with_extension("json"), invoice).expect("an invoice");
        std::fs::write(path.join(&name).with_extension("pdf"), pdf(number as u64, 8_000)).expect("a PDF");
    }
    path
}

/// A home whose account `company_plugin` sends through Postfix without TLS, and has no mailbox; its store in a file, or there.
pub(crate) fn plain_home(store: Option<&str>) -> Home {
    let home = store.map_or_else(Home::new, Home::at);
    let port = servers().plain;
    home.add_smtp("office", port, &["--no-login"]);
    home.ok(&["account", "set", "office", "--security", "none", "--port", &port.to_string()]);
    home
}

/// The Message-IDs in a mailbox, each as often as it is there.
pub(crate) fn message_ids(mailbox: &str) -> Vec<String> {
    let id = |message: &Vec<u8>| {
        let text = String::from_utf8_lossy(message);
        let line = text.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:"));
        line.expect("a Message-ID").split_once(':').expect("a field").1.trim().to_owned()
    };
    arrived(mailbox).iter().map(id).collect()
}

#[test]
fn b6_many_documents_leave_as_one_separate_mail_each() {
    let home = plain_home(None);
    let folder = invoices(&home, "november", 25, |number| format!("box-bulk-{}@west.test", number % 5));
    let folder = folder.display().to_string();
    let run = home.run(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"]);
    run.assert(0, &[]);
    assert_eq!(run.json()["states"]["sent"], 25, "{}", run.output());
    for mailbox in 0..5 {
        let messages = arrived_all(&format!("box-bulk-{mailbox}@west.test"), 5);
        for message in messages {
            let message = MessageParser::default().parse(&message).expect("a message");
            let subject = message.subject().expect("a subject");
            let number: usize = subject.split("F-").nth(1).expect("a number")[..4].parse().expect("one");
            assert_eq!(number % 5, mailbox, "another customer's document: {subject}");
        }
    }
    // The same again: nothing is sent, and each row says why.
    let again = home.run(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"]);
    again.assert(0, &[]);
    let rows = again.json()["rows"].as_array().expect("rows").clone();
    assert!(rows.iter().all(|row| row["verdict"] == "left-out" && row["before"].is_string()), "{rows:?}");
    let timeline = home.ok(&["timeline", "F-0007", "--user", "lotte", "--json"]).json();
    assert_eq!(timeline.as_array().map(Vec::len), Some(1), "{timeline}");
    assert_eq!((&timeline[0]["label"], &timeline[0]["number"]), (&"In transit".into(), &"F-0007".into()));
}

#[test]
fn f5_a_row_that_can_not_be_sent_says_why_and_does_not_stop_the_others() {
    let home = plain_home(None);
    let folder = invoices(&home, "mixed", 4, |number| format!("box-mixed-{number}@west.test"));
    std::fs::write(folder.join("F-0002.json"), "{\"kind\": \"invoice\"").expect("a broken document");
    std::fs::write(folder.join("F-0003.json"), invoice("F-0003", "nobody at all").to_string()).expect("one");
    std::fs::remove_file(folder.join("F-0004.pdf")).expect("no PDF");
    let folder = folder.display().to_string();
    let check = home.run(&["send-bulk", &folder, "--user", "lotte", "--check", "--json"]);
    check.assert(3, &[]);
    let report = check.json();
    let rows = report["rows"].as_array().expect("rows");
    let wanted =
        [("sendable", ""), ("fixable", "document"), ("fixable", "recipient"), ("fixable", "attachment")];
    for (row, (verdict, field)) in rows.iter().zip(wanted) {
        assert_eq!(row["verdict"], verdict, "{row}");
        if !field.is_empty() {
            assert!(
                row["problems"].as_array().expect("problems").iter().any(|it| it["field"] == field),
                "{row}"
            );
        }
    }
    assert_eq!(rows[0]["to"][0]["address"], "box-mixed-1@west.test");
    assert!(rows[0]["size"].as_u64() > Some(8_000) && rows[0]["template"] == "invoice/new", "{}", rows[0]);
    let sent = home.run(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"]);
    sent.assert(3, &[]);
    assert_eq!(sent.json()["states"]["sent"], 1, "{}", sent.output());
    assert_eq!(arrived("box-mixed-1@west.test").len(), 1);
}

/// A resolver that knows no name, and how often it was asked.
fn empty_resolver() -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("its address");
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = &mut question[..length];
            // An answer, and there is no such name.
            answer[2..4].copy_from_slice(&[0x81, 0x83]);
            let _ = socket.send_to(answer, from);
        }
    });
    (address, asked)
}

#[test]
fn f5_what_the_senders_domain_lacks_is_noted_asked_for_once_and_stops_nothing() {
    let home = plain_home(None);
    let folder = invoices(&home, "domains", 3, |number| format!("box-domains-{number}@west.test"));
    let folder = folder.display().to_string();
    let (resolver, asked) = empty_resolver();
    let bulk = |more: &[&str]| {
        let run = home.run(&[&["send-bulk", &folder, "--user", "lotte", "--json"], more].concat());
        run.assert(0, &[]);
        run.json()
    };
    let notes = |row: &Value| row["notes"].to_string();
    let silent = bulk(&["--check"]);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody is asked unless somebody wants it");
    assert!(!notes(&silent["rows"][0]).contains("SPF record"), "{silent}");
    let checked = bulk(&["--check", &format!("--dns={resolver}")]);
    for row in checked["rows"].as_array().expect("rows") {
        let all = ["SPF", "DMARC", "MX"].iter().all(|it| notes(row).contains(it));
        assert!(all && row["verdict"] == "sendable", "{row}");
    }
    let questions = asked.load(Ordering::Relaxed);
    assert!((3..12).contains(&questions), "of one domain, once: {questions}");
    let sent = bulk(&["--yes", &format!("--dns={resolver}")]);
    assert_eq!(sent["states"]["sent"], 3, "{sent}");
}

#[test]
fn b6_a_mail_of_a_batch_is_the_one_that_a_single_send_makes() {
    let home = plain_home(None);
    let folder = invoices(&home, "same", 1, |_| "box-same@west.test".to_owned());
    home.ok(&["send-bulk", &folder.display().to_string(), "--user", "lotte", "--yes", "--json"]);
    let document = folder.join("F-0001.json").display().to_string();
    let pdf = folder.join("F-0001.pdf").display().to_string();
    home.ok(&["send", &document, "--pdf", &pdf, "--user", "lotte", "--again", "--json"]);
    let end = Instant::now() + Duration::from_secs(20);
    let messages = loop {
        let messages = arrived("box-same@west.test");
        if messages.len() > 1 {
            break messages;
        }
        assert!(Instant::now() < end, "the second does not arrive");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(messages.len(), 2);
    // What follows from time and identity apart, byte for byte.
    let plain = |message: &Vec<u8>| {
        let text = String::from_utf8_lossy(message).into_owned();
        let body = &text[text.find("\r\nFrom: ").map_or(0, |at| at)..];
        let boundary = |line: &&str| line.starts_with("--") || line.contains("boundary=");
        let own = |line: &&str| {
            let lower = line.to_ascii_lowercase();
            ["date:", "message-id:", "content-id:"].iter().any(|name| lower.starts_with(name))
        };
        body.lines().filter(|it| !boundary(it) && !own(it)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(plain(&messages[0]), plain(&messages[1]));
}

#[test]
fn what_is_queued_leaves_with_a_worker_unless_it_is_held_or_cancelled() {
    let home = plain_home(None);
    let folder = invoices(&home, "queued", 3, |number| format!("box-queued-{number}@west.test"));
    let folder = folder.display().to_string();
    let queued = home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]).json();
    assert_eq!(queued["queued"], 3);
    let listed = home.ok(&["outbox", "--json"]).json();
    let id = |number: &str| {
        let mails = listed["mails"].as_array().expect("mails");
        let mail = mails.iter().find(|mail| mail["number"] == number).expect("one of that number");
        mail["mail"].as_str().expect("an id").to_owned()
    };
    home.ok(&["outbox", "hold", &id("F-0002")]);
    home.ok(&["outbox", "cancel", &id("F-0003")]);
    let worked = home.ok(&["worker", "--drain", "--json"]).json();
    assert_eq!(worked["sent"], 1, "{worked}");
    assert_eq!(arrived("box-queued-1@west.test").len(), 1);
    home.ok(&["outbox", "release", &id("F-0002")]);
    home.ok(&["worker", "--drain"]);
    assert_eq!(arrived("box-queued-2@west.test").len(), 1);
    home.run(&["outbox", "release", &id("F-0003")]).assert(4, &["cancelled"]);
    home.run(&["resume", &id("F-0003"), "--user", "lotte"]).assert(3, &["cancelled"]);
    // At a time: not before.
    let later = home.ok(&[
        "send-bulk",
        &folder,
        "--number",
        "F-0001",
        "--again",
        "--at",
        &months_ahead(),
        "--user",
        "lotte",
        "--yes",
        "--json",
    ]);
    assert_eq!(later.json()["queued"], 1, "{}", later.output());
    assert_eq!(home.ok(&["worker", "--drain", "--json"]).json()["sent"], 0);
    let listed = home.ok(&["outbox", "--json"]).json();
    assert_eq!(listed["mails"][0]["state"], "scheduled", "{listed}");
}

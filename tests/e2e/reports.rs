//! What comes back by mail, from a real Postfix: the remote server's refusal, the report of a delivery, of a mail passed on,
//! the reader's receipt; and nothing at all, for 25 days.

use crate::bulk::invoices;
use crate::home::Home;
use crate::mailbox::arrived;
use crate::servers::{UNKNOWN_THERE, servers};
use chrono::{Duration, Local};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

/// A home whose account has its own address in a mailbox that can be read as files.
struct MailboxHome {
    home: Home,
    address: String,
    maildir: PathBuf,
}

impl MailboxHome {
    fn new(mailbox: &str) -> Self {
        let home = Home::new();
        let (port, address) = (servers().plain.to_string(), format!("{mailbox}@west.test"));
        home.add_smtp("office", servers().plain, &["--no-login"]);
        home.ok(&["account", "set", "office", "--security", "none", "--port", &port, "--address", &address]);
        Self { home, address, maildir: servers().maildir(mailbox) }
    }

    /// Sends an invoice of this number to an address, and asks for a report.
    fn send(&self, number: usize, to: &str) -> Value {
        let folder = invoices(&self.home, &format!("to-{number}"), number, |_| to.to_owned());
        let document = folder.join(format!("F-{number:04}.json")).display().to_string();
        let pdf = folder.join(format!("F-{number:04}.pdf")).display().to_string();
        let words =
            ["send", document.as_str(), "--user", "lotte", "--pdf", &pdf, "--notify-delivered", "--json"];
        let run = self.home.ok(&words);
        assert_eq!(run.json()["status"], "in-transit", "{}", run.output());
        run.json()
    }

    /// Reads the maildir until a mail has this status, and gives what is known of it.
    fn until(&self, number: usize, label: &str) -> Value {
        let end = Instant::now() + std::time::Duration::from_secs(30);
        let maildir = self.maildir.display().to_string();
        loop {
            if self.maildir.join("new").exists() {
                self.home.run(&["track", "--maildir", &maildir, "--json"]).assert(0, &[]);
            }
            let status = self.status(number, &[]);
            if status["label"] == label {
                return status;
            }
            assert!(Instant::now() < end, "F-{number:04} is not {label}: {status}");
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
    }

    fn status(&self, number: usize, more: &[&str]) -> Value {
        let number = format!("F-{number:04}");
        let words = ["timeline", number.as_str(), "--user", "lotte", "--json"];
        self.home.ok(&[&words[..], more].concat()).json()[0].clone()
    }
}

/// The latest fact of this kind on a timeline.
fn fact<'a>(status: &'a Value, kind: &str) -> &'a Value {
    let events = status["events"].as_array().expect("events");
    events.iter().rev().find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {status}"))
}

#[test]
fn the_remote_servers_refusal_comes_back_and_is_on_the_timeline_in_its_own_words() {
    let reported = MailboxHome::new("box-bounces");
    reported.send(1, "unknown-els@async.test");
    let status = reported.until(1, "Failed");
    let bounced = fact(&status, "bounced");
    assert_eq!(
        (&bounced["code"], &bounced["recipient"]),
        (&"5.1.1".into(), &"unknown-els@async.test".into())
    );
    assert_eq!(bounced["source"], "delivery-report");
    assert!(bounced["words"].as_str().is_some_and(|words| words.contains(UNKNOWN_THERE)), "{bounced}");
    let reason = status["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("5.1.1") && reason.contains(UNKNOWN_THERE), "{reason}");
    // No mail goes there again unasked.
    let listed = reported.home.ok(&["suppressions", "--json"]).json();
    assert_eq!(listed[0]["address"], "unknown-els@async.test", "{listed}");
    // A full mailbox is no dead address.
    reported.send(2, "full-jan@async.test");
    let status = reported.until(2, "Failed");
    assert_eq!(fact(&status, "bounced")["code"], "5.2.2");
    let listed = reported.home.ok(&["suppressions", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn a_report_of_a_delivery_is_delivered_and_one_of_a_mail_passed_on_is_not() {
    let reported = MailboxHome::new("box-delivered");
    reported.send(1, "box-reported@west.test");
    let status = reported.until(1, "Delivered");
    assert_eq!(fact(&status, "delivered")["source"], "delivery-report");
    // The remote server reports nothing: what is known is that it has the mail.
    reported.send(2, "els@async.test");
    let end = Instant::now() + std::time::Duration::from_secs(30);
    let status = loop {
        let status = reported.until(2, "In transit");
        if status["events"].as_array().expect("events").iter().any(|event| event["kind"] == "relayed") {
            break status;
        }
        assert!(Instant::now() < end, "no report of it: {status}");
        std::thread::sleep(std::time::Duration::from_millis(300));
    };
    assert_eq!(fact(&status, "relayed")["source"], "delivery-report");
    // After 25 days without a report the status can't be found out any more, and an action says so.
    for (days, label) in [(24, "In transit"), (26, "Unknown")] {
        let then = (Local::now() + Duration::days(days)).to_rfc3339();
        let status = reported.status(2, &["--as-of", &then]);
        assert_eq!(status["label"], label, "after {days} days: {status}");
        let delivered = reported.status(1, &["--as-of", &then]);
        assert_eq!(delivered["label"], "Delivered", "what arrived remains so: {delivered}");
    }
    let then = (Local::now() + Duration::days(26)).to_rfc3339();
    let updated = reported.home.ok(&["update-status", "F-0002", "--user", "lotte", "--as-of", &then]);
    updated.assert(0, &["can no longer be retrieved", "Unknown"]);
}

#[test]
fn the_readers_receipt_is_read_and_a_forged_one_changes_nothing() {
    let reported = MailboxHome::new("box-receipts");
    let sent = reported.send(1, "box-reader@west.test");
    let id = sent["message_id"].as_str().expect("a Message-ID").to_owned();
    let message = arrived("box-reader@west.test").remove(0);
    assert!(String::from_utf8_lossy(&message).contains(&id), "it arrived as {id}");
    let forged = receipt(&reported.address, "<somebody.elses@east.test>");
    submit("box-reader@west.test", &reported.address, &forged);
    let maildir = reported.maildir.display().to_string();
    arrived(&reported.address);
    reported.home.run(&["track", "--maildir", &maildir, "--json"]).assert(0, &["receipt"]);
    assert_eq!(reported.status(1, &[])["label"], "In transit", "a receipt for another mail");
    submit("box-reader@west.test", &reported.address, &receipt(&reported.address, &id));
    let status = reported.until(1, "Read");
    assert_eq!(fact(&status, "disposition-displayed")["source"], "disposition-report");
}

/// A receipt as a mail program makes it (RFC 8098).
fn receipt(to: &str, of: &str) -> String {
    format!(
        "From: Reader <box-reader@west.test>\r\nTo: <{to}>\r\nSubject: Read: Invoice\r\n\
         Message-ID: <receipt.{}@west.test>\r\nDate: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=\"parts\"\r\n\r\n\
         --parts\r\nContent-Type: text/plain\r\n\r\nThe message was displayed.\r\n\
         --parts\r\nContent-Type: message/disposition-notification\r\n\r\n\
         Reporting-UA: reader.west.test; Reader 1.0\r\nFinal-Recipient: rfc822; box-reader@west.test\r\n\
         Original-Message-ID: {of}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--parts--\r\n",
        uuid::Uuid::now_v7().simple(),
        Local::now().to_rfc2822(),
    )
}

/// Hands a message to Postfix, as another server does.
fn submit(from: &str, to: &str, message: &str) {
    let stream = TcpStream::connect(("127.0.0.1", servers().plain)).expect("Postfix listens");
    let mut reader = BufReader::new(stream);
    let mut ask = |command: Option<String>, wanted: &str| {
        if let Some(command) = command {
            reader.get_mut().write_all(command.as_bytes()).expect("it leaves");
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("an answer");
            assert!(line.starts_with(wanted), "{wanted} was expected, came {line}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    };
    ask(None, "220");
    ask(Some("EHLO reader.west.test\r\n".to_owned()), "250");
    ask(Some(format!("MAIL FROM:<{from}>\r\n")), "250");
    ask(Some(format!("RCPT TO:<{to}>\r\n")), "250");
    ask(Some("DATA\r\n".to_owned()), "354");
    ask(Some(format!("{message}.\r\n")), "250");
    ask(Some("QUIT\r\n".to_owned()), "221");
}

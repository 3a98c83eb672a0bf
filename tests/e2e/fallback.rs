//! Rule A13: mail leaves by SendGrid when the account's own system is down, once, visibly; and never for a refusal.

use crate::home::{API_KEY, Home, sendgrid};
use crate::servers::{SENDER, servers};
use postroom_providers::ClosedPort;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A port that counts who comes, and hangs up.
fn counting() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream: TcpStream = stream;
            let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
            let _ = stream.read(&mut [0; 16]);
        }
    });
    (port, count)
}

#[test]
fn a13_the_mail_leaves_through_the_fallback_within_the_patience_once_and_the_timeline_says_so() {
    let sendgrid = sendgrid();
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    home.fall_back_to(&sendgrid.url(), "automatic", "3s");
    let begun = Instant::now();
    let run = home.send("office", "box-a13@west.test", &["--wait", "60s"]);
    run.assert(0, &[]);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    let report = run.json();
    let attempts = report["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 2, "{}", run.output());
    assert_eq!((&attempts[0]["account"], &attempts[0]["fallback"]), (&"office".into(), &false.into()));
    assert_eq!((&attempts[1]["account"], &attempts[1]["fallback"]), (&"spare".into(), &true.into()));
    let sent = sendgrid.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["from"]["email"], "spare@mailer.test");
    assert_eq!(sent[0]["reply_to"]["email"], SENDER, "answers go to the original address");
    let mail = report["mail"].as_str().expect("an id");
    let shown = home.ok(&["account", "sent", "office", "--user", "lotte", "--mail", mail]);
    shown.assert(0, &["spare (fallback)", "accepted", "In transit"]);
    home.ok(&["resume", mail, "--user", "lotte"]);
    assert_eq!(sendgrid.sent().len(), 1, "once");
}

#[test]
fn a13_a_login_that_fails_falls_back() {
    let sendgrid = sendgrid();
    let home = Home::new();
    home.put("password", b"not-the-password");
    home.add_smtp("office", servers().starttls, &[]);
    home.fall_back_to(&sendgrid.url(), "automatic", "0s");
    let run = home.send("office", "box-a13-login@west.test", &[]);
    run.assert(0, &["535 5.7.8"]);
    let report = run.json();
    assert_eq!(
        (&report["attempts"][0]["stage"], &report["attempts"][1]["account"]),
        (&"login".into(), &"spare".into())
    );
    assert_eq!(sendgrid.sent().len(), 1);
}

#[test]
fn a13_a_refused_recipient_does_not_fall_back() {
    let sendgrid = sendgrid();
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    home.fall_back_to(&sendgrid.url(), "automatic", "0s");
    let run = home.send("office", "nobody@west.test", &["--wait", "5s"]);
    run.assert(4, &["550 5.1.1"]);
    assert_eq!(run.json()["status"], "failed", "{}", run.output());
    assert!(sendgrid.sent().is_empty(), "{}", run.output());
}

#[test]
fn a13_the_user_is_asked_and_his_answer_counts() {
    let sendgrid = sendgrid();
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    home.fall_back_to(&sendgrid.url(), "ask", "0s");
    let run = home.send("office", "box-ask@west.test", &[]);
    run.assert(5, &["may it leave through spare?"]);
    assert!(sendgrid.sent().is_empty());
    let mail = run.json()["mail"].as_str().expect("an id").to_owned();
    let run = home.run(&["resume", &mail, "--user", "lotte", "--fallback", "no"]);
    run.assert(5, &["it is tried again at"]);
    assert!(sendgrid.sent().is_empty(), "no is no");
    home.ok(&["resume", &mail, "--user", "lotte", "--fallback", "yes"]);
    assert_eq!(sendgrid.sent().len(), 1);
}

#[test]
fn a13_off_is_off() {
    let sendgrid = sendgrid();
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    home.fall_back_to(&sendgrid.url(), "off", "0s");
    home.send("office", "box-off@west.test", &["--wait", "2s"]).assert(5, &["it is tried again at"]);
    assert!(sendgrid.sent().is_empty());
}

#[test]
fn a13_the_credentials_of_a_compromised_account_are_never_tried() {
    let sendgrid = sendgrid();
    let (port, visits) = counting();
    let home = Home::new();
    home.add_smtp("office", port, &["--imap-host", "localhost", "--imap-port", &port.to_string()]);
    home.fall_back_to(&sendgrid.url(), "automatic", "2h");
    home.ok(&["account", "mark-compromised", "office", "--by", "Lotte"]);
    let run = home.send("office", "box-compromised@west.test", &[]);
    run.assert(0, &[]);
    assert_eq!(run.json()["attempts"][0]["account"], "spare", "at once, whatever the patience");
    assert_eq!(sendgrid.sent().len(), 1);
    for words in [&["account", "test", "office"][..], &["account", "folders", "office"]] {
        home.run(words).assert(4, &["marked compromised by Lotte"]);
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0, "nothing knocked at the account's own server");
    home.ok(&["account", "set", "office", "--clear-mark"]);
    home.run(&["account", "test", "office"]);
    assert!(visits.load(Ordering::SeqCst) > 0, "the mark is gone");
}

#[test]
fn a13_the_fallback_can_be_tested_without_breaking_the_account() {
    let sendgrid = sendgrid();
    let (port, visits) = counting();
    let home = Home::new();
    home.add_smtp("office", port, &[]);
    let words = ["account", "test-fallback", "office", "--user", "lotte", "--to", "box-test@west.test"];
    home.run(&words).assert(3, &["the company has no fallback"]);
    home.fall_back_to(&sendgrid.url(), "automatic", "30m");
    home.ok(&words).assert(0, &["mail would leave through spare after 1800 s"]);
    let sent = sendgrid.sent();
    assert_eq!((sent.len(), &sent[0]["reply_to"]["email"]), (1, &SENDER.into()));
    assert_eq!(visits.load(Ordering::SeqCst), 0);
    let account = home.ok(&["account", "show", "office", "--json"]).json();
    assert_eq!(account["account"]["state"]["state"], "ready");
}

#[test]
fn a_key_that_the_fallback_refuses_is_told_without_the_key() {
    let sendgrid = sendgrid();
    sendgrid.access.set(API_KEY, postroom_providers::TokenState::Revoked);
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    home.fall_back_to(&sendgrid.url(), "automatic", "0s");
    let run = home.send("office", "box-key@west.test", &[]);
    assert!(matches!(run.code, 4 | 5), "{}", run.output());
    assert!(!run.output().contains(API_KEY), "{}", run.output());
    assert!(sendgrid.sent().is_empty());
}

//! `resume --failed` where something happened since: a correction, an earlier mail that left, a word to stop, several accounts.

use crate::batches::send_through;
use crate::bulk::{invoice, invoices, plain_home};
use crate::home::Home;
use crate::mailbox::arrived_all;
use crate::program::ended;
use crate::servers::servers;
use postroom_tests::scripted::{At, How, notifying_server, server, wait_for};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What the rows of `resume --failed --json` say: number, verdict and whether the mail is in the outbox, sorted.
fn verdicts(out: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rows = out["rows"].as_array().expect("rows").iter();
    let mut rows: Vec<_> =
        rows.map(|row| (text(&row["number"]), text(&row["verdict"]), row["sent_as"].is_string())).collect();
    rows.sort_unstable();
    rows
}

fn verdict(number: &str, verdict: &str, is_in_the_outbox: bool) -> (String, String, bool) {
    (number.to_owned(), verdict.to_owned(), is_in_the_outbox)
}

/// Sends a document of a folder by itself.
fn send(home: &Home, folder: &Path, number: &str, code: i32) {
    let of = |ending: &str| folder.join(number).with_extension(ending).display().to_string();
    let words =
        ["send", &of("json"), "--user", "lotte", "--account", "office", "--pdf", &of("pdf"), "--json"];
    home.run(&words).assert(code, &[]);
}

/// A server that refuses every mail for good.
fn refusing() -> u16 {
    server(At::Dot, How::Replies("554 5.6.0 no such content here"), &[])
}

#[test]
fn an_outdated_revision_that_failed_is_left_out_and_every_failed_mail_has_a_row() {
    let home = plain_home(None);
    let folder = invoices(&home, "revised", 2, |number| format!("box-revised-{number}@west.test"));
    send_through(&home, refusing());
    send(&home, &folder, "F-0001", 4);
    send(&home, &folder, "F-0002", 4);
    // The first is corrected, the second goes to another recipient, and both fail again.
    let mut corrected = invoice("F-0001", "box-revised-1@west.test");
    corrected["due_date"] = "2027-02-28".into();
    std::fs::write(folder.join("F-0001.json"), corrected.to_string()).expect("an invoice");
    let to_another = invoice("F-0002", "box-revised-3@west.test").to_string();
    std::fs::write(folder.join("F-0002.json"), to_another).expect("an invoice");
    send(&home, &folder, "F-0001", 4);
    send(&home, &folder, "F-0002", 4);
    send_through(&home, servers().plain);
    let resume = ["resume", "--failed", "--user", "lotte"];
    home.run(&resume).assert(2, &["2 of 4 failed mails would be sent again", "failed, too: resume that one"]);
    let resumed = home.ok(&[&resume[..], &["--yes", "--json"]].concat()).json();
    let wanted = [
        verdict("F-0001", "again", true),
        verdict("F-0001", "left-out", false),
        verdict("F-0002", "again", true),
        verdict("F-0002", "left-out", false),
    ];
    assert_eq!(verdicts(&resumed), wanted);
    assert_eq!(resumed["states"]["sent"], 2, "{resumed}");
    for number in [1, 3] {
        let message = arrived_all(&format!("box-revised-{number}@west.test"), 1).remove(0);
        let text = String::from_utf8_lossy(&message).into_owned();
        assert_eq!(text.lines().filter(|line| line.starts_with("Date: ")).count(), 1, "{text}");
    }
}

#[test]
fn a_mail_that_failed_after_an_earlier_one_left_says_that_it_was_the_earlier_one() {
    let home = plain_home(None);
    let folder = invoices(&home, "earlier", 1, |_| "box-earlier@west.test".to_owned());
    send(&home, &folder, "F-0001", 0);
    send_through(&home, refusing());
    let all = folder.display().to_string();
    home.run(&["send-bulk", &all, "--user", "lotte", "--yes", "--again", "--json"]).assert(4, &[]);
    send_through(&home, servers().plain);
    let resumed = home.ok(&["resume", "--failed", "--user", "lotte", "--yes"]);
    assert!(resumed.output().contains("an earlier mail of it is sent"), "{}", resumed.output());
    assert!(!resumed.output().contains("left for some"), "{}", resumed.output());
    assert_eq!(arrived_all("box-earlier@west.test", 1).len(), 1);
}

#[test]
fn ctrl_c_stops_what_is_sent_again_for_every_account_and_the_rows_say_so() {
    let home = plain_home(None);
    home.add_smtp("second", servers().plain, &["--no-login"]);
    let folders = [("first", "office"), ("other", "second")].map(|(name, account)| {
        let folder = invoices(&home, name, 1, |_| format!("box-stopped-{name}@west.test"));
        let number = format!("{name}-1");
        let document = invoice(&number, &format!("box-stopped-{name}@west.test")).to_string();
        std::fs::write(folder.join("F-0001.json"), document).expect("an invoice");
        (folder.display().to_string(), account, number)
    });
    let through = |port: u16| {
        for account in ["office", "second"] {
            home.ok(&["account", "set", account, "--security", "none", "--port", &port.to_string()]);
        }
    };
    through(refusing());
    for (folder, account, _) in &folders {
        let bulk = ["send-bulk", folder, "--user", "lotte", "--account", account, "--yes", "--json"];
        home.run(&bulk).assert(4, &[]);
    }
    // The server keeps the first account's mail waiting, whichever account that is.
    let (port, reached) = notifying_server(At::Greeting, How::Hangs, &[]);
    through(port);
    for account in ["office", "second"] {
        home.ok(&["account", "set", account, "--timeout", "4"]);
    }
    let words = ["resume", "--failed", "--user", "lotte", "--yes", "--json"];
    let program = home.start(&words);
    wait_for(&reached);
    let asked = Command::new("kill").args(["-INT", &program.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
    let run = ended(program, &words);
    run.assert(5, &["what is in hand is finished first"]);
    let out = run.json();
    assert_eq!(out["stopped"], true, "{out}");
    let mut found: Vec<(String, bool)> =
        verdicts(&out).into_iter().map(|(_, verdict, is)| (verdict, is)).collect();
    found.sort_unstable();
    assert_eq!(found, [("again".to_owned(), true), ("not-sent".to_owned(), false)], "{out}");
    assert_eq!(out["batches"].as_array().map(Vec::len), Some(1), "{out}");
    // The other one is sent by the next run, and the first by its worker.
    through(servers().plain);
    let resumed = home.run(&words);
    let sent: Vec<_> =
        verdicts(&resumed.json()).into_iter().filter(|(_, verdict, _)| verdict == "again").collect();
    assert_eq!(sent.len(), 1, "{}", resumed.output());
}

#[test]
fn two_accounts_have_a_batch_each_that_is_named_by_its_id() {
    let home = plain_home(None);
    home.add_smtp("second", servers().plain, &["--no-login"]);
    let through = |port: u16| {
        for account in ["office", "second"] {
            home.ok(&["account", "set", account, "--security", "none", "--port", &port.to_string()]);
        }
    };
    through(refusing());
    for (name, account) in [("one", "office"), ("two", "second")] {
        let folder = invoices(&home, name, 1, |_| format!("box-each-{name}@west.test"));
        let document = invoice(name, &format!("box-each-{name}@west.test")).to_string();
        std::fs::write(folder.join("F-0001.json"), document).expect("an invoice");
        let folder = folder.display().to_string();
        home.run(&["send-bulk", &folder, "--user", "lotte", "--account", account, "--yes"]).assert(4, &[]);
    }
    through(servers().plain);
    let resumed = home.ok(&["resume", "--failed", "--user", "lotte", "--yes"]);
    let hints: Vec<String> =
        resumed.output().lines().filter(|line| line.contains("outbox --batch")).map(str::to_owned).collect();
    assert_eq!(hints.len(), 2, "{}", resumed.output());
    for hint in hints {
        let id = hint.split("--batch ").nth(1).and_then(|it| it.split('`').next()).expect("an id").to_owned();
        let listed = home.ok(&["outbox", "--batch", &id, "--all", "--json"]).json();
        assert_eq!(listed["mails"].as_array().map(Vec::len), Some(1), "{listed}");
    }
    for name in ["one", "two"] {
        arrived_all(&format!("box-each-{name}@west.test"), 1);
    }
}

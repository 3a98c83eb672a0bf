//! kill -9 at any moment: nothing is lost, nothing is sent twice, and what can't be known is said. Counted at the
//! receiving mailbox by Message-ID.

use crate::bulk::{invoices, message_ids, plain_home};
use crate::home::Home;
use crate::samples::pdf;
use crate::servers::servers;
use postroom_tests::scripted::{At, How, notifying_server, wait_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Child;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Mails, and times that the program is killed: the whole test, or a shorter run of the same.
fn measure() -> (usize, usize) {
    match std::env::var("POSTROOM_KILLS").ok().and_then(|text| text.parse().ok()) {
        Some(kills) => (1_000, kills),
        None => (150, 15),
    }
}

pub(crate) fn kill(mut child: Child) {
    child.kill().expect("a running program");
    child.wait().expect("its end");
}

/// Pseudo-random milliseconds, the same in every run.
fn pause(round: usize, most: u64) -> Duration {
    let mut state = (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    Duration::from_millis((state >> 33) % most)
}

/// Everything in the outbox, by Message-ID: the state, and why.
fn standings(home: &Home) -> BTreeMap<String, (String, String)> {
    let listed = home.ok(&["outbox", "--all", "--limit", "10000", "--json"]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mails = listed["mails"].as_array().expect("mails").iter();
    mails.map(|it| (text(&it["message_id"]), (text(&it["state"]), text(&it["why"])))).collect()
}

/// Each mail is there once; one in doubt, with the reason, at most once. Gives how many are in doubt.
pub(crate) fn assert_once(home: &Home, mailbox: &str, count: usize) -> usize {
    let standings = standings(home);
    assert_eq!(standings.len(), count, "mails in the outbox");
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for id in message_ids(mailbox) {
        *times.entry(id).or_default() += 1;
    }
    for id in times.keys() {
        assert!(standings.contains_key(id), "{id} is nobody's");
    }
    let mut in_doubt = 0;
    for (id, (state, why)) in &standings {
        let there = times.get(id).copied().unwrap_or(0);
        match state.as_str() {
            "sent" => assert_eq!(there, 1, "{id} was sent"),
            "in doubt" => {
                in_doubt += 1;
                assert!(there <= 1 && !why.is_empty(), "{id}: {there} times, in doubt: {why}");
            }
            _ => panic!("{id} is {state}: {why}"),
        }
    }
    in_doubt
}

#[test]
fn killed_at_any_moment_a_bulk_ends_with_every_mail_once() {
    let (count, kills) = measure();
    let home = plain_home(None);
    let mailbox = "box-killed@west.test";
    let folder = invoices(&home, "killed", count, |_| mailbox.to_owned()).display().to_string();
    let words = ["send-bulk", folder.as_str(), "--user", "lotte", "--yes", "--json"];
    for round in 0..kills {
        let child = home.start(&words);
        std::thread::sleep(Duration::from_millis(120) + pause(round, 900));
        kill(child);
    }
    let last = home.run(&words);
    assert!([0, 6].contains(&last.code), "{}", last.output());
    let in_doubt = assert_once(&home, mailbox, count);
    eprintln!("{count} mails, {kills} kills: {in_doubt} in doubt");
    let timeline = home.ok(&["timeline", "F-0001", "--user", "lotte", "--json"]).json();
    let label = timeline[0]["label"].as_str();
    assert!(matches!(label, Some("In transit" | "Unknown")), "{timeline}");
}

/// A home whose account sends to a server that falls silent at this point, and one mail in its outbox; and what tells
/// that it came there.
fn silent_at(at: At, mailbox: &str, pdf_size: usize) -> (Home, Receiver<()>) {
    let home = Home::new();
    let (port, reached) = notifying_server(at, How::Hangs, &["PIPELINING", "8BITMIME"]);
    home.add_smtp("office", port, &["--no-login"]);
    home.ok(&["account", "set", "office", "--security", "none", "--port", &port.to_string()]);
    let folder = invoices(&home, "one", 1, |_| mailbox.to_owned());
    std::fs::write(folder.join("F-0001.pdf"), pdf(9, pdf_size)).expect("a PDF");
    let folder = folder.display().to_string();
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    (home, reached)
}

#[test]
fn killed_before_the_last_bytes_left_a_mail_is_sent_again_and_after_them_it_is_in_doubt() {
    for (at, mailbox, in_doubt) in [
        (At::Greeting, "box-killed-greeting@west.test", false),
        (At::Recipient, "box-killed-recipient@west.test", false),
        // Larger than what the connection holds: the last bytes have not left.
        (At::Body, "box-killed-body@west.test", false),
        (At::Dot, "box-killed-dot@west.test", true),
    ] {
        let size = if at == At::Body { 4_900_000 } else { 8_000 };
        let (home, reached) = silent_at(at, mailbox, size);
        let child = home.start(&["worker"]);
        wait_for(&reached);
        kill(child);
        // From here on the account's server works.
        home.ok(&["account", "set", "office", "--port", &servers().plain.to_string()]);
        let worked = home.ok(&["worker", "--drain", "--json"]).json();
        let standings = standings(&home);
        let (id, (state, why)) = standings.iter().next().expect("the mail");
        if in_doubt {
            assert_eq!((worked["sent"].as_u64(), state.as_str()), (Some(0), "in doubt"), "{at:?}: {worked}");
            assert!(!why.is_empty(), "{at:?}");
            // A person's word, and it leaves.
            let listed = home.ok(&["outbox", "--json"]).json();
            let mail = listed["mails"][0]["mail"].as_str().expect("an id").to_owned();
            home.run(&["resume", &mail, "--user", "lotte", "--send-again", "--wait", "70s"]).assert(0, &[]);
        } else {
            assert_eq!(
                (worked["sent"].as_u64(), state.as_str()),
                (Some(1), "sent"),
                "{at:?}: {worked} {why}"
            );
        }
        assert_eq!(message_ids(mailbox), std::slice::from_ref(id), "{at:?}");
    }
}

//! kill -9 at any moment: nothing is lost, nothing is sent twice, and what can't be known is said. Counted at the
//! receiving mailbox by Message-ID.

use crate::bulk::{invoices, message_ids, plain_home};
use crate::home::Home;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Child;
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
    assert!([0, 6].contains(&last.code), "{}", last.said());
    let in_doubt = assert_once(&home, mailbox, count);
    eprintln!("{count} mails, {kills} kills: {in_doubt} in doubt");
    let timeline = home.ok(&["timeline", "F-0001", "--user", "lotte", "--json"]).json();
    let status = timeline[0]["status"].as_str();
    assert!(matches!(status, Some("In transit" | "Unknown")), "{timeline}");
}

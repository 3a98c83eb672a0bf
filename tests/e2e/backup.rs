//! A backup that is taken while a worker sends, and a store that comes back from it: nothing is sent twice, and who asked
//! for what is on record. Counted at the receiving mailbox by Message-ID.

use crate::bulk::{invoices, message_ids, plain_home};
use crate::killed::kill;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const MAILS: usize = 200;

fn times(mailbox: &str) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for id in message_ids(mailbox) {
        *times.entry(id).or_default() += 1;
    }
    times
}

#[test]
fn a_backup_taken_while_a_worker_sends_comes_back_and_sends_nothing_twice() {
    let home = plain_home(None);
    let mailbox = "box-backup@west.test";
    let folder = invoices(&home, "backup", MAILS, |_| mailbox.to_owned()).display().to_string();
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    let worker = home.start(&["worker", "--in-hand", "8"]);
    let state = |name: &str| {
        let listed = home.ok(&["outbox", "--json"]).json();
        let counts = listed["counts"].as_array().expect("counts").clone();
        counts.iter().filter(|it| it["state"] == name).filter_map(|it| it["mails"].as_u64()).sum::<u64>()
    };
    let end = Instant::now() + Duration::from_secs(120);
    while state("sent") == 0 {
        assert!(Instant::now() < end, "nothing was sent");
    }
    let backup = home.folder().join("backup.db").display().to_string();
    let taken = home.ok(&["backup", &backup, "--json"]).json();
    home.run(&["backup", &backup]).assert(3, &["already is a file"]);
    let refused = home.run(&["restore", &backup, "--replace"]);
    refused.assert(5, &["a worker is at the store"]);
    while state("ready") > 0 {
        assert!(Instant::now() < end, "mails are still to be sent");
        std::thread::sleep(Duration::from_millis(300));
    }
    kill(worker);
    let sent = times(mailbox);
    assert_eq!((sent.len(), sent.values().max()), (MAILS, Some(&1)), "each of them once");
    home.run(&["restore", &backup]).assert(3, &["--replace"]);
    let restored = home.ok(&["restore", &backup, "--replace", "--json"]).json();
    assert_eq!(restored["taken"], taken["taken"]);
    let held = restored["held"].as_u64().expect("a number");
    assert!(held > 0 && held < MAILS as u64, "taken under way: {restored}");
    // Nothing of it is sent now: by a worker, the same batch, or a single document.
    home.ok(&["worker", "--drain"]);
    home.run(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"]);
    assert_eq!((state("held"), state("ready")), (held, 0));
    let listed = home.ok(&["outbox", "--limit", "1000", "--json"]).json();
    let mail = &listed["mails"][0];
    assert!(mail["why"].as_str().is_some_and(|why| why.contains("came back from the backup")), "{mail}");
    let id = mail["mail"].as_str().expect("an id");
    home.run(&["resume", id, "--user", "lotte"]).assert(6, &["may have left since", "outbox release"]);
    assert_eq!(times(mailbox), sent, "nothing left a second time");
    home.ok(&["outbox", "--user", "lotte", "cancel", id]);
    let log = home.ok(&["audit", "--limit", "10", "--json"]).json();
    let done: Vec<_> = log.as_array().expect("rows").iter().map(|it| (&it["actor"], &it["action"])).collect();
    assert_eq!(done[0], (&"lotte".into(), &"cancelled".into()), "{log}");
    assert_eq!(done[1], (&"administrator".into(), &"restored".into()), "{log}");
    assert_eq!(done[2], (&"lotte".into(), &"asked".into()), "{log}");
    eprintln!("{MAILS} mails, backup under way: {held} held after coming back");
}

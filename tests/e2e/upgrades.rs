//! Programs of two versions at one store: a later one has brought it further. Where that one only added something, the
//! earlier goes on; where it changed what there is, the earlier stops before it touches anything, and says why.

use crate::bulk::{invoices, message_ids, plain_home};
use crate::home::Home;
use crate::killed::{assert_once, kill};
use crate::mailbox::arrived_all;
use crate::program::ended;
use crate::samples::months_ahead;
use postroom_cluster::Cluster;
use std::process::Child;
use std::time::{Duration, Instant};

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(250));
    }
}

fn left(home: &Home) -> u64 {
    let listed = home.ok(&["outbox", "--json"]).json();
    let counts = listed["counts"].as_array().expect("counts").iter();
    counts.filter(|it| it["state"] == "ready").filter_map(|it| it["mails"].as_u64()).sum()
}

#[test]
fn workers_go_on_beside_a_later_version_that_adds_and_stop_for_one_that_changes() {
    let cluster = Cluster::start();
    let home = plain_home(Some(&cluster.database("upgraded")));
    let mailbox = "box-upgraded@west.test";
    let folder = invoices(&home, "batch", 60, |_| mailbox.to_owned()).display().to_string();
    let queue = |more: &[&str]| {
        let words = ["send-bulk", folder.as_str(), "--user", "lotte", "--queue", "--yes", "--json"];
        home.run(&[&words[..], more].concat())
    };
    queue(&[]).assert(0, &[]);
    let running: Vec<Child> = (0..2).map(|_| home.start(&["worker", "--in-hand", "8"])).collect();
    std::thread::sleep(Duration::from_millis(400));
    // A later version has a migration that only adds.
    let noted = "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
                 values (9001, 'later', now(), true, '\\x00', 0)";
    cluster.execute("upgraded", &["alter table outbox add column later text", noted]);
    let beside = home.start(&["worker", "--in-hand", "8"]);
    wait_until("all of it has left", || left(&home) == 0);
    kill(beside);
    arrived_all(mailbox, 60);
    assert_eq!(assert_once(&home, mailbox, 60), 0);
    // It changes what there is.
    queue(&["--number", "F-0001", "--again", "--at", &months_ahead()]).assert(0, &[]);
    cluster.execute("upgraded", &["update compatibility set least = 9001"]);
    for worker in running {
        let run = ended(worker, &["worker"]);
        run.assert(1, &["a later version of this program", "9001", "install that version"]);
    }
    let before = message_ids(mailbox).len();
    for words in [
        &["worker", "--drain"][..],
        &["outbox", "--json"],
        &["send-bulk", &folder, "--user", "lotte", "--again", "--yes", "--json"],
    ] {
        home.run(words).assert(1, &["a later version of this program", "install that version"]);
    }
    assert_eq!(message_ids(mailbox).len(), before);
    // Nothing was touched: the version that knows it finds everything as it was.
    cluster.execute("upgraded", &["update compatibility set least = 1"]);
    assert_eq!(left(&home), 1);
}

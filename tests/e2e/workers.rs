//! Workers on one PostgreSQL: they share the work, and killing one, or the database, costs nothing.

use crate::bulk::{invoices, plain_home};
use crate::home::Home;
use crate::killed::{assert_once, kill};
use postroom_cluster::Cluster;
use std::process::Child;
use std::time::{Duration, Instant};

/// A home whose store is in PostgreSQL, and a batch in its outbox.
fn queued(cluster: &Cluster, database: &str, mailbox: &str, count: usize) -> Home {
    let home = plain_home(Some(&cluster.database(database)));
    let folder = invoices(&home, "batch", count, |_| mailbox.to_owned()).display().to_string();
    let queued = home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    assert_eq!(queued.json()["queued"], count, "{}", queued.output());
    home
}

fn worker(home: &Home) -> Child {
    home.start(&["worker", "--in-hand", "32"])
}

/// Waits until nothing is left to be sent.
fn drained(home: &Home) {
    let end = Instant::now() + Duration::from_secs(150);
    loop {
        let listed = home.ok(&["outbox", "--json"]).json();
        let left = listed["counts"].as_array().expect("counts").iter();
        let left: u64 = left.filter(|it| it["state"] == "ready").filter_map(|it| it["mails"].as_u64()).sum();
        if left == 0 {
            return;
        }
        assert!(Instant::now() < end, "{left} mails are still to be sent");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn one_of_two_then_of_four_workers_is_killed_and_every_mail_is_there_once() {
    let cluster = Cluster::start();
    for (workers, mailbox) in [(2, "box-two-workers@west.test"), (4, "box-four-workers@west.test")] {
        let home = queued(&cluster, &format!("workers_{workers}"), mailbox, 120);
        let mut at_work: Vec<Child> = (0..workers).map(|_| worker(&home)).collect();
        std::thread::sleep(Duration::from_millis(700));
        kill(at_work.remove(0));
        drained(&home);
        at_work.into_iter().for_each(kill);
        let in_doubt = assert_once(&home, mailbox, 120);
        eprintln!("{workers} workers, one killed: {in_doubt} of 120 in doubt");
    }
}

#[test]
fn a_database_that_is_restarted_under_load_loses_and_doubles_nothing() {
    let cluster = Cluster::start();
    let mailbox = "box-restarted@west.test";
    let home = queued(&cluster, "restarted", mailbox, 120);
    let at_work: Vec<Child> = (0..2).map(|_| worker(&home)).collect();
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(400));
        cluster.stop();
        std::thread::sleep(Duration::from_millis(300));
        cluster.again();
    }
    drained(&home);
    at_work.into_iter().for_each(kill);
    let in_doubt = assert_once(&home, mailbox, 120);
    eprintln!("database restarted three times: {in_doubt} of 120 in doubt");
}

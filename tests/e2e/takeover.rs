//! A program that stops during an attempt, and goes on after another has taken the mail or ended it: what a server
//! took is counted, and no mail is taken twice.

use crate::bulk::invoices;
use crate::gated::{Gated, Wait};
use crate::home::Home;
use crate::killed::kill;
use crate::program::ended;
use postroom_cluster::Cluster;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// What happens to the mail while its worker is stopped, for longer than its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    Cancel,
    Hold,
    Erase,
    Resume,
    SecondWorker,
    AccountRemoved,
}

const ALL: [Meanwhile; 6] = [
    Meanwhile::Cancel,
    Meanwhile::Hold,
    Meanwhile::Erase,
    Meanwhile::Resume,
    Meanwhile::SecondWorker,
    Meanwhile::AccountRemoved,
];

/// A home whose account sends to this server.
fn home_at(server: &Gated, store: Option<&str>) -> Home {
    let home = store.map_or_else(Home::new, Home::at);
    home.add_smtp("office", server.port, &["--no-login"]);
    home.ok(&["account", "set", "office", "--security", "none", "--port", &server.port.to_string()]);
    home
}

/// Puts one mail to this recipient into the outbox; gives its id.
fn queue(home: &Home, folder: &str, recipient: &str) -> String {
    let folder = invoices(home, folder, 1, |_| recipient.to_owned()).display().to_string();
    let again = ["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--again", "--json"];
    home.ok(&again);
    let listed = home.ok(&["outbox", "--json"]).json();
    listed["mails"][0]["mail"].as_str().expect("an id").to_owned()
}

fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success(), "kill {name}");
}

/// Waits until a mail is in one of these states; gives it.
fn await_state(home: &Home, mail: &str, states: &[&str]) -> String {
    let end = Instant::now() + Duration::from_secs(90);
    loop {
        let listed = home.ok(&["outbox", "--all", "--limit", "1000", "--json"]).json();
        let found = listed["mails"].as_array().expect("mails").iter().find(|it| it["mail"] == mail);
        let state = found.and_then(|it| it["state"].as_str()).expect("the mail's state").to_owned();
        if states.contains(&state.as_str()) {
            return state;
        }
        assert!(Instant::now() < end, "the mail {mail} is {state}, not one of {states:?}");
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Lets a worker finish what it has in hand.
fn finish(worker: Child) {
    signal("-TERM", &worker);
    let run = ended(worker, &["worker"]);
    assert!(!run.output().contains("alarm"), "{}", run.output());
}

/// A worker is stopped at this point of its conversation; its lease ends; something happens; it wakes.
fn stopped(wait: Wait, meanwhile: Meanwhile, store: Option<&str>) {
    let recipient = "jan@customer.example";
    let server = Gated::start(wait);
    let home = home_at(&server, store);
    let mail = queue(&home, "one", recipient);
    let worker = home.start(&["worker"]);
    server.await_waiting(recipient);
    signal("-STOP", &worker);
    // No list shows any more that a program works at it.
    await_state(&home, &mail, &["queued"]);
    let left = wait == Wait::AfterDot;
    let what = format!("{meanwhile:?}, stopped {wait:?}");
    match meanwhile {
        Meanwhile::Cancel | Meanwhile::Hold => {
            let word = if meanwhile == Meanwhile::Cancel { "cancel" } else { "hold" };
            let run = home.run(&["outbox", "--user", "lotte", word, &mail]);
            if left { run.assert(4, &["it is in doubt"]) } else { run.assert(0, &[]) }
        }
        Meanwhile::Erase => {
            let erased = home.ok(&["erase", recipient, "--yes", "--json"]).json();
            let certain = erased["cancelled"].as_array().expect("mails").len();
            assert_eq!(certain, usize::from(!left), "{what}: {erased}");
        }
        Meanwhile::Resume => {
            let run = home.run(&["resume", &mail, "--user", "lotte"]);
            run.assert(if left { 6 } else { 0 }, &[]);
        }
        Meanwhile::SecondWorker => {
            let second = home.start(&["worker", "--drain"]);
            let run = ended(second, &["worker", "--drain"]);
            assert_eq!(run.code, 0, "{what}: {}", run.output());
        }
        Meanwhile::AccountRemoved => drop(home.ok(&["account", "remove", "office", "--yes"])),
    }
    server.let_go(recipient);
    signal("-CONT", &worker);
    finish(worker);
    let state = await_state(&home, &mail, &["sent", "cancelled", "held", "in doubt"]);
    let (taken, wanted) = match meanwhile {
        // A server's reply ends the doubt, whichever program got it.
        _ if left => (1, "sent"),
        Meanwhile::Cancel | Meanwhile::Erase => (0, "cancelled"),
        Meanwhile::Hold | Meanwhile::AccountRemoved => (0, "held"),
        Meanwhile::Resume | Meanwhile::SecondWorker => (1, "sent"),
    };
    assert_eq!((server.taken(recipient), state.as_str()), (taken, wanted), "{what}");
    let printed = home.run(&["timeline", "F-0001", "--user", "lotte", "--json"]).output();
    if left {
        assert!(!printed.contains("before it left"), "{what}: {printed}");
    }
    if meanwhile == Meanwhile::Erase {
        assert!(!printed.contains(recipient), "{what}: {printed}");
    }
}

#[test]
fn a_worker_that_wakes_after_its_lease_sends_nothing_that_was_taken_or_ended_meanwhile() {
    let cluster = Cluster::start();
    let cases = [Wait::BeforeData, Wait::AfterDot].into_iter().flat_map(|wait| ALL.map(|it| (wait, it)));
    // A file has one worker at a time: a second one needs PostgreSQL.
    let store = |number: usize, it: Meanwhile| {
        (it == Meanwhile::SecondWorker || number.is_multiple_of(2))
            .then(|| cluster.database(&format!("stopped_{number}")))
    };
    let cases: Vec<_> = cases.enumerate().map(|(number, (wait, it))| (wait, it, store(number, it))).collect();
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .map(|(wait, it, store)| (wait, it, scope.spawn(|| stopped(*wait, *it, store.as_deref()))))
            .collect();
        let ended = running.into_iter().map(|(wait, it, thread)| (wait, it, thread.join()));
        ended.filter_map(|(wait, it, end)| end.err().map(|_| format!("{it:?}, stopped {wait:?}"))).collect()
    });
    assert!(failed.is_empty(), "{failed:?}: see above");
}

/// The program with a clock that is wrong by so much (`+1h`), as another machine's may be.
fn start_with_clock(home: &Home, by: &str, words: &[&str]) -> Child {
    home.start_under(&["faketime", "--exclude-monotonic", "-f", by], words)
}

#[test]
fn a_clock_that_is_an_hour_ahead_or_behind_doubles_and_loses_nothing() {
    let cluster = Cluster::start();
    let recipient = "jan@customer.example";
    for (by, database) in [("+1h", "ahead"), ("-1h", "behind")] {
        let server = Gated::start(Wait::BeforeData);
        let home = home_at(&server, Some(&cluster.database(database)));
        let mail = queue(&home, "one", recipient);
        let first = home.start(&["worker"]);
        server.await_waiting(recipient);
        // To the one ahead every lease has ended. To the one behind this one ends further ahead than any lease can: it is taken for
        // one that a clock left behind, and the mail is due anew.
        let run = ended(start_with_clock(&home, by, &["worker", "--drain"]), &["worker", "--drain"]);
        assert_eq!(run.code, 0, "{by}: {}", run.output());
        server.let_go(recipient);
        await_state(&home, &mail, &["sent"]);
        finish(first);
        assert_eq!(server.taken(recipient), 1, "{by}");
    }
    // A program that is killed an hour ahead leaves a lease that ends in an hour: it is brought back.
    let server = Gated::start(Wait::BeforeData);
    let home = home_at(&server, Some(&cluster.database("left")));
    let mail = queue(&home, "one", recipient);
    let ahead = start_with_clock(&home, "+1h", &["worker"]);
    server.await_waiting(recipient);
    kill(ahead);
    let run = ended(home.start(&["worker", "--drain"]), &["worker", "--drain"]);
    assert_eq!((run.code, server.taken(recipient)), (0, 1), "{}", run.output());
    await_state(&home, &mail, &["sent"]);
}

#[test]
fn a_worker_of_another_pid_namespace_with_the_same_host_name_is_not_taken_for_dead() {
    let recipient = "jan@customer.example";
    let server = Gated::start(Wait::BeforeData);
    let home = home_at(&server, None);
    let mail = queue(&home, "one", recipient);
    let worker =
        home.start_under(&["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"], &["worker"]);
    server.await_waiting(recipient);
    // Its process id is another program's here, or none's.
    let run = home.run(&["resume", &mail, "--user", "lotte"]);
    run.assert(5, &["is being sent by somebody else"]);
    server.let_go(recipient);
    await_state(&home, &mail, &["sent"]);
    assert_eq!(server.taken(recipient), 1);
    kill(worker);
}

/// Times that a mail is taken from a living worker at the moment of its 354: the whole test, or a shorter run of it.
fn tries() -> usize {
    std::env::var("POSTROOM_TAKEOVERS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

#[test]
fn whoever_takes_a_mail_at_the_moment_of_its_354_and_its_worker_send_it_once() {
    let server = Gated::start(Wait::BeforeData);
    let home = home_at(&server, None);
    let worker = home.start(&["worker"]);
    let (mut by_worker, mut by_command, mut in_doubt) = (0, 0, 0);
    // How long a command takes to get to the mail, as learned from the tries before.
    let mut arrives = Duration::from_millis(400);
    for number in 0..tries() {
        let recipient = format!("jan-{number}@customer.example");
        let mail = queue(&home, &format!("try-{number}"), &recipient);
        server.await_waiting(&recipient);
        let begun = Instant::now();
        // To a clock that is ahead every lease has ended: it takes the mail from a worker that is alive.
        let words = ["resume", mail.as_str(), "--user", "lotte"];
        let command = start_with_clock(&home, "+1h", &words);
        let spread = Duration::from_micros(number as u64 * 7_919 % 60_000);
        std::thread::sleep(arrives.saturating_sub(Duration::from_millis(30)) + spread);
        server.let_go(&recipient);
        let let_go = begun.elapsed();
        let run = ended(command, &words);
        let state = await_state(&home, &mail, &["sent", "in doubt"]);
        let taken = server.taken(&recipient);
        assert_eq!(taken, 1, "try {number}, {state}: {}", run.output());
        let attempts = home.mail("office", &mail)["attempts"].as_array().map(Vec::len);
        match (state.as_str(), attempts) {
            // The command came first, and the worker's attempt was closed: the server spoke too late for a race.
            ("sent", Some(2)) => {
                by_command += 1;
                arrives = let_go.saturating_sub(Duration::from_millis(5));
            }
            // The worker came first: the server spoke too early.
            ("sent", _) => {
                by_worker += 1;
                arrives = let_go + Duration::from_millis(5);
            }
            _ => in_doubt += 1,
        }
    }
    finish(worker);
    // Enough of them to come from both sides to the moment, wherever a machine's first guess is.
    if tries() >= 100 {
        let sides = (by_worker + in_doubt, by_command);
        assert!(sides.0 > 0 && sides.1 > 0, "the moment was not met from both sides: {sides:?}");
    }
    eprintln!(
        "{} tries, 0 doubled: {by_worker} by the worker, {by_command} by the command, {in_doubt} in doubt",
        tries()
    );
}

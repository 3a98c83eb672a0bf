//! A store that takes nothing more: no room, no right to write. The error names the file and what to do, nothing leaves that
//! can't be written down, and once the store is repaired the same command goes on, every mail once.

use crate::bulk::{invoices, message_ids, plain_home};
use crate::home::Home;
use crate::killed::{assert_once, kill};
use crate::mailbox::arrived_all;
use crate::program::{Run, command, ended};
use postroom_cluster::Cluster;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A limit on the size of every file, as a full disk is one: kilobytes. Less than a batch writes, more than a start does, and
/// than the plugin's memory takes, which is a file too.
const KILOBYTES: u32 = 2048;

/// Mails of a batch that does not fit.
const COUNT: usize = 240;

/// What the shell says first: the soft limit alone, so that it can be raised while the program runs.
const FULL: &str = r#"trap "" XFSZ; ulimit -S -f "$1"; shift; exec "$@""#;

/// The program behind another one that takes something from it.
fn behind(home: &Home, first: &[&str], words: &[&str]) -> Child {
    let plain = command(home.folder(), words);
    let mut command = Command::new(first[0]);
    command.args(&first[1..]).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(home.folder()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// The program on a disk with no more room than this.
fn with_room(home: &Home, kilobytes: u32, words: &[&str]) -> Child {
    // POSIX counts in blocks of 512 bytes.
    behind(home, &["sh", "-c", FULL, "sh", &(2 * kilobytes).to_string()], words)
}

/// The program without root's right to write what its mode forbids.
fn bound_by_modes(home: &Home, words: &[&str]) -> Run {
    let root = fs::metadata("/proc/self").expect("this process").uid() == 0;
    let child = match root {
        true => {
            let bounds = "--bounding-set=-dac_override,-dac_read_search,-fowner";
            behind(home, &["setpriv", bounds, "--"], words)
        }
        false => home.start(words),
    };
    ended(child, words)
}

fn store_of(home: &Home) -> PathBuf {
    home.folder().join("data/postroom/postroom.db")
}

/// Lines that a running program writes to standard error.
struct Stderr(mpsc::Receiver<String>);

impl Stderr {
    fn of(child: &mut Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().expect("its words"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self(lines)
    }

    /// Reads until a line contains this.
    fn until(&mut self, words: &'static str) -> String {
        let (mut printed, end) = (String::new(), Instant::now() + Duration::from_secs(60));
        while let Ok(line) = self.0.recv_timeout(end.saturating_duration_since(Instant::now())) {
            printed.push_str(&line);
            printed.push('\n');
            if line.contains(words) {
                return printed;
            }
        }
        panic!("\"{words}\" is not said: {printed}");
    }
}

fn in_state(home: &Home, state: &str) -> u64 {
    let listed = home.ok(&["outbox", "--json"]).json();
    let counts = listed["counts"].as_array().expect("counts").iter();
    counts.filter(|it| it["state"] == state).filter_map(|it| it["mails"].as_u64()).sum()
}

fn waiting(home: &Home) -> u64 {
    in_state(home, "ready")
}

fn drained(home: &Home) {
    let end = Instant::now() + Duration::from_secs(90);
    while waiting(home) > 0 {
        assert!(Instant::now() < end, "{} mails are still to be sent", waiting(home));
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Mails in a mailbox, once none has arrived for some seconds: what a server has taken is not there at once.
fn settled(mailbox: &str) -> usize {
    let end = Instant::now() + Duration::from_secs(60);
    let (mut count, mut since) = (message_ids(mailbox).len(), Instant::now());
    while since.elapsed() < Duration::from_secs(3) {
        assert!(Instant::now() < end, "mails go on arriving in {mailbox}");
        std::thread::sleep(Duration::from_millis(250));
        let now = message_ids(mailbox).len();
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    count
}

fn assert_each_once(mailbox: &str, count: usize) {
    arrived_all(mailbox, count);
    let mut ids = message_ids(mailbox);
    assert_eq!(ids.len(), count, "mails in {mailbox}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "different ones in {mailbox}");
}

/// With room again a worker sends what is left. A server's answer that could not be written down is in doubt, and its mail is not
/// sent again.
fn assert_the_rest_is_sent_once(home: &Home, mailbox: &str, count: usize) {
    home.ok(&["worker", "--drain", "--json"]);
    let (sent, end) = (in_state(home, "sent"), Instant::now() + Duration::from_secs(20));
    while (message_ids(mailbox).len() as u64) < sent && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    let in_doubt = assert_once(home, mailbox, count);
    assert!(in_doubt <= 16, "more than was in hand: {in_doubt}");
}

#[test]
fn a_full_disk_stops_the_queueing_with_the_files_name_and_the_same_command_goes_on() {
    let home = plain_home(None);
    let mailbox = "box-full-queue@west.test";
    // More than twice what there is room for: what the first run leaves over has no room in the second one either, which
    // would otherwise enter it all and wait for room to keep what was sent.
    let count = 640;
    let folder = invoices(&home, "full", count, |_| mailbox.to_owned()).display().to_string();
    let words = ["send-bulk", folder.as_str(), "--user", "lotte", "--queue", "--yes", "--json"];
    let store = store_of(&home).display().to_string();
    let run = ended(with_room(&home, KILOBYTES, &words), &words);
    run.assert(7, &["the disk of the store takes nothing more", "whether it is full", &store]);
    let entered = waiting(&home);
    assert!([0, 25, 75, 175].contains(&entered), "whole groups enter the outbox, or none of one: {entered}");
    // One that sends while it queues is told the same.
    let bulk = ["send-bulk", folder.as_str(), "--user", "lotte", "--yes", "--json"];
    ended(with_room(&home, KILOBYTES, &bulk), &bulk).assert(7, &["takes nothing more", &store]);
    let queued = home.ok(&words).json();
    assert!(queued["queued"].as_u64() >= Some(1), "{queued}");
    assert_the_rest_is_sent_once(&home, mailbox, count);
}

#[test]
fn a_disk_that_fills_up_under_a_worker_stops_it_and_with_room_it_goes_on_where_it_was() {
    let home = plain_home(None);
    let mailbox = "box-full-worker@west.test";
    let folder = invoices(&home, "full", COUNT, |_| mailbox.to_owned()).display().to_string();
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    // Half a megabyte more than what is there.
    let folder = fs::read_dir(store_of(&home).parent().expect("a folder")).expect("its files");
    let largest =
        folder.flatten().filter_map(|file| Some(file.metadata().ok()?.len())).max().expect("a file");
    let room = u32::try_from(largest / 1024).expect("a small file").max(KILOBYTES) + 512;
    let mut worker = with_room(&home, room, &["worker"]);
    let printed = Stderr::of(&mut worker).until("(the store is");
    let name = store_of(&home).display().to_string();
    assert!(printed.contains("takes nothing more") && printed.contains(&name), "{printed}");
    // No attempt begins any more: it could not be recorded.
    let before = settled(mailbox);
    std::thread::sleep(Duration::from_secs(2));
    let left = message_ids(mailbox).len();
    assert_eq!(left, before, "mails left without a record");
    assert!(left < COUNT, "the disk was not full before the end");
    set_room(&worker, "unlimited");
    drained(&home);
    kill(worker);
    assert_each_once(mailbox, COUNT);
    assert_eq!(assert_once(&home, mailbox, COUNT), 0, "what was in hand got its result");
}

/// Sets the size that no file of a running program may exceed.
fn set_room(program: &Child, bytes: &str) {
    let (id, limit) = (program.id().to_string(), format!("--fsize={bytes}:unlimited"));
    let set = Command::new("prlimit").args(["--pid", &id, &limit]).status();
    assert!(set.expect("prlimit runs").success());
}

fn ask_to_stop(program: &Child) {
    let asked = Command::new("kill").args(["-TERM", &program.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
}

#[test]
fn a_disk_that_fills_up_under_a_batch_is_told_and_who_asks_twice_to_stop_does_not_wait() {
    let home = plain_home(None);
    let mailbox = "box-full-batch@west.test";
    let folder = invoices(&home, "full", COUNT, |_| mailbox.to_owned()).display().to_string();
    home.ok(&["account", "pace", "office", "--per-minute", "1200"]);
    let mut batch = with_room(&home, 1 << 20, &["send-bulk", &folder, "--user", "lotte", "--yes"]);
    let end = Instant::now() + Duration::from_secs(60);
    while waiting(&home) + in_state(&home, "sent") + in_state(&home, "sending") < COUNT as u64 {
        assert!(Instant::now() < end, "the batch does not enter the outbox");
        std::thread::sleep(Duration::from_millis(100));
    }
    set_room(&batch, &(1024 * KILOBYTES).to_string());
    let mut words = Stderr::of(&mut batch);
    let name = store_of(&home).display().to_string();
    let printed = words.until("(the store is");
    assert!(printed.contains("takes nothing more") && printed.contains(&name), "{printed}");
    ask_to_stop(&batch);
    words.until("ask once more to end at once");
    assert!(batch.try_wait().expect("its state").is_none(), "what is in hand waits for room");
    ask_to_stop(&batch);
    words.until("ended at once");
    assert_eq!(batch.wait().expect("its end").code(), Some(130));
    assert_the_rest_is_sent_once(&home, mailbox, COUNT);
}

/// Takes the right to write from a file or a folder, and gives it back at the end.
struct WithoutWriting<'a>(&'a Path, u32);

impl<'a> WithoutWriting<'a> {
    fn of(path: &'a Path, mode: u32) -> Self {
        let before = fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
        Self(path, before)
    }
}

impl Drop for WithoutWriting<'_> {
    fn drop(&mut self) {
        let _ = fs::set_permissions(self.0, fs::Permissions::from_mode(self.1));
        // What was made beside the file meanwhile has the mode that it had.
        for beside in ["db-wal", "db-shm"] {
            let _ = fs::set_permissions(self.0.with_extension(beside), fs::Permissions::from_mode(0o600));
        }
    }
}

#[test]
fn a_store_that_may_not_be_written_sends_nothing_and_says_whose_right_is_missing() {
    let home = plain_home(None);
    let mailbox = "box-read-only@west.test";
    let folder = invoices(&home, "modes", 3, |_| mailbox.to_owned()).display().to_string();
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    let store = store_of(&home);
    let name = store.display().to_string();
    for (path, mode) in [(store.as_path(), 0o400), (store.parent().expect("a folder"), 0o500)] {
        // The store in one file: what is beside it could be written all the same.
        let backup = format!("before-{mode:o}.db");
        home.ok(&["backup", &backup]);
        home.ok(&["restore", &backup, "--replace", "--resume-all"]);
        let _taken = WithoutWriting::of(path, mode);
        for words in [
            &["worker", "--drain", "--json"][..],
            &["send-bulk", &folder, "--user", "lotte", "--again", "--queue", "--yes", "--json"],
        ] {
            let run = bound_by_modes(&home, words);
            run.assert(7, &["the store can't be written", "the right to write the file", &name]);
        }
    }
    assert_eq!(waiting(&home), 3, "nothing left, and nothing was added");
    assert_eq!(bound_by_modes(&home, &["worker", "--drain", "--json"]).json()["sent"], 3);
    assert_each_once(mailbox, 3);
}

#[test]
fn every_command_that_writes_ends_alike_where_the_store_takes_nothing() {
    let home = plain_home(None);
    let folder = invoices(&home, "modes", 1, |_| "box-modes@west.test".to_owned()).display().to_string();
    let queued = home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]).json();
    assert_eq!(queued["queued"], 1);
    let listed = home.ok(&["outbox", "--json"]).json();
    let mail = listed["mails"][0]["mail"].as_str().expect("an id").to_owned();
    let store = store_of(&home);
    let name = store.display().to_string();
    let _taken = WithoutWriting::of(&store, 0o400);
    let _folder = WithoutWriting::of(store.parent().expect("a folder"), 0o500);
    let bulk = format!("send-bulk {folder} --user lotte --again --yes");
    for words in [
        bulk.as_str(),
        "worker --drain",
        "serve --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0",
        "outbox --user lotte hold MAIL",
        "outbox --user lotte release MAIL",
        "outbox --user lotte cancel MAIL",
        "resume MAIL --user lotte",
        "erase jan@customer.example --yes",
        "suppressions add jan@customer.example",
        "suppressions release jan@customer.example",
        "company add Beta",
        "company set --fallback off",
        "company remove --yes",
        "user add marc --address marc@east.test",
        "user set lotte --name Lotte",
        "account set office --display-name Office",
        "account settings office --user lotte --display-name Office",
        "account pace office --per-minute 3",
        "account grant office lotte",
        "account revoke office lotte",
        "account permit office --allow-private localhost",
        "account mark-compromised office",
        "account remove office --yes",
        "account folders office --assign sent=Sent",
        "key rotate",
        "key retire",
        "key rotate-links",
    ] {
        let words: Vec<&str> =
            words.split(' ').map(|word| if word == "MAIL" { mail.as_str() } else { word }).collect();
        bound_by_modes(&home, &words).assert(7, &["the right to write the file", &name]);
    }
}

#[test]
fn a_postgresql_that_takes_no_writes_holds_workers_up_and_loses_nothing() {
    let cluster = Cluster::start();
    let home = plain_home(Some(&cluster.database("read_only")));
    let mailbox = "box-read-only-server@west.test";
    let folder = invoices(&home, "batch", 120, |_| mailbox.to_owned()).display().to_string();
    home.ok(&["account", "pace", "office", "--per-minute", "900"]);
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--json"]);
    let mut worker = home.start(&["worker", "--in-hand", "16"]);
    message_ids(mailbox);
    let reload = "select pg_reload_conf()";
    cluster.execute("read_only", &["alter system set default_transaction_read_only = on", reload]);
    let printed = Stderr::of(&mut worker).until("(the store is");
    assert!(
        printed.contains("read-only transaction") && printed.contains("the role in PostgreSQL"),
        "{printed}"
    );
    let before = settled(mailbox);
    let refused =
        home.run(&["send-bulk", &folder, "--user", "lotte", "--again", "--queue", "--yes", "--json"]);
    refused.assert(7, &["the store can't be written", "read_only"]);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(message_ids(mailbox).len(), before, "mails left without a record");
    assert!(before < 120, "it was not read-only before the end");
    let writable = "set default_transaction_read_only = off";
    cluster.execute("read_only", &[writable, "alter system reset default_transaction_read_only", reload]);
    drained(&home);
    kill(worker);
    assert_each_once(mailbox, 120);
    assert_eq!(assert_once(&home, mailbox, 120), 0);
}

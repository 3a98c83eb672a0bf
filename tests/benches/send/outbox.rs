//! Postroom with its durable outbox, as people run it: a store from nothing, a company, an account, and then either
//! `send-bulk`, which makes every invoice, checks it, puts it into the outbox and sends it; or `send-bulk --queue` and
//! afterwards `worker --drain`, of which the worker counts. As with the others the time does not include the start of the
//! program where the program tells its own: `send-bulk` does, the worker's is that of its process.
//!
//! The command line is linked into this program, as in the benchmark of composing.

use anyhow::{Context as _, ensure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Commands of the program that this one passes on.
pub(crate) const COMMANDS: [&str; 5] = ["company", "user", "account", "send-bulk", "worker"];

/// How it went.
pub(crate) struct Ran {
    took: Duration,
    /// Peak of its memory in bytes, where the system tells.
    peak: Option<u64>,
}

/// A home of the program, with a store from nothing.
pub(crate) struct Home<'a> {
    plugin: &'a Path,
    case: &'a Path,
    folder: PathBuf,
    store: OsString,
}

/// Sends so many.
pub(crate) fn run(
    plugin: &Path,
    folder: &Path,
    port: u16,
    connections: usize,
    count: usize,
    part: Part,
) -> anyhow::Result<Ran> {
    let home = Home::new(plugin, folder, &folder.join("home"))?;
    let documents = home.folder.join("documents");
    std::fs::create_dir_all(&documents)?;
    for number in 1..=count {
        let document = super::case::document_file(folder, number);
        std::fs::copy(&document, documents.join(document.file_name().unwrap_or_default()))?;
    }
    home.furnish(port, connections)?;
    if part == Part::Whole {
        let ran = home.send_bulk(&documents, false)?;
        let printed: serde_json::Value = serde_json::from_str(&ran.printed)?;
        let seconds = printed["seconds"].as_f64().context("send-bulk does not say how long it took")?;
        return Ok(Ran { took: Duration::from_secs_f64(seconds), peak: ran.peak });
    }
    home.send_bulk(&documents, true)?;
    let ran = home.work()?;
    Ok(Ran { took: ran.took, peak: ran.peak })
}

/// A program that has ended.
pub(crate) struct Ended {
    pub(crate) took: Duration,
    pub(crate) peak: Option<u64>,
    printed: String,
}

impl<'a> Home<'a> {
    /// An empty one. What it sends lies in the other folder.
    pub(crate) fn new(plugin: &'a Path, case: &'a Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let store = folder.join("postroom.db").into();
        Ok(Self { plugin, case, folder: folder.to_owned(), store })
    }

    /// The same with its store in this database.
    pub(crate) fn with_store(self, url: String) -> Self {
        Self { store: url.into(), ..self }
    }

    /// A company, a user, and an account at the server.
    pub(crate) fn furnish(&self, port: u16, connections: usize) -> anyhow::Result<()> {
        let settings = self.case.join("company.toml").display().to_string();
        let (port, connections) = (port.to_string(), connections.to_string());
        let sender = super::case::SENDER;
        self.run(&["company", "add", "Atelier Nord", "--settings", &settings])?;
        self.run(&["user", "add", "lotte", "--address", sender.1, "--name", sender.0])?;
        self.run(&[
            "account",
            "add",
            "office",
            "--address",
            sender.1,
            "--host",
            "localhost",
            "--security",
            "none",
            "--port",
            &port,
            "--no-login",
            "--user",
            "lotte",
        ])?;
        self.run(&[
            "account",
            "permit",
            "office",
            "--allow-private",
            "127.0.0.1",
            "--allow-private",
            "localhost",
        ])?;
        self.run(&["account", "pace", "office", "--connections", &connections])?;
        Ok(())
    }

    /// Sends the documents of a folder, or only puts them into the outbox.
    pub(crate) fn send_bulk(&self, documents: &Path, queue: bool) -> anyhow::Result<Ended> {
        let (documents, files) =
            (documents.display().to_string(), self.case.join("pdf").display().to_string());
        let mut words =
            vec!["send-bulk", &documents, "--user", "lotte", "--account", "office", "--files", &files];
        words.extend(["--yes", "--json"]);
        words.extend(queue.then_some("--queue"));
        self.run(&words)
    }

    /// Sends what is in the outbox.
    pub(crate) fn work(&self) -> anyhow::Result<Ended> {
        self.run(&["worker", "--drain", "--json"])
    }

    /// Bytes of the store's files.
    pub(crate) fn disk(&self) -> anyhow::Result<u64> {
        let mut all = 0;
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("postroom.db") {
                all += entry.metadata()?.len();
            }
        }
        Ok(all)
    }

    /// Runs the program.
    fn run(&self, words: &[&str]) -> anyhow::Result<Ended> {
        let (report, printed) = (self.folder.join("time"), self.folder.join("said"));
        let program = std::env::current_exe()?;
        // GNU time tells the peak of a process that has ended; without it there is none.
        let timed = Path::new("/usr/bin/time").is_file();
        let mut command = if timed {
            let mut command = Command::new("/usr/bin/time");
            command.args(["-f", "%M", "-o"]).arg(&report).arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(words)
            .arg("--plugin")
            .arg(self.plugin)
            .arg("--cache")
            .arg(self.folder.with_file_name("cache"));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.env("POSTROOM_STORE", &self.store);
        command.env("HOME", &self.folder).env_remove("XDG_CONFIG_HOME");
        command.stdout(std::fs::File::create(&printed)?).stderr(Stdio::inherit());
        let begun = Instant::now();
        let status = command.status()?;
        let took = begun.elapsed();
        let words = words.join(" ");
        let printed = std::fs::read_to_string(printed).unwrap_or_default();
        ensure!(
            status.success(),
            "postroom {words}: {status}: {}",
            printed.chars().take(2000).collect::<String>()
        );
        let report = std::fs::read_to_string(report).ok();
        let peak = report.filter(|_| timed).and_then(|text| text.trim().parse::<u64>().ok());
        Ok(Ended { took, peak: peak.map(|kilobytes| kilobytes * 1024), printed })
    }
}

/// The numbers of a run, as a program in another language would say them.
pub(crate) fn report(ran: &Ran, part: Part) -> anyhow::Result<serde_json::Value> {
    let made_with = match part {
        Part::Whole => "Postroom, durable: send-bulk",
        Part::Worker => "Postroom, durable: the worker's part of it",
    };
    let nanoseconds = u64::try_from(ran.took.as_nanos()).context("too long")?;
    Ok(serde_json::json!({ "made_with": made_with, "nanoseconds": nanoseconds, "peak": ran.peak }))
}

/// What of a run is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// The sending.
    Worker,
}

//! Postroom with its durable outbox, as people run it: a store from nothing, a company, an account, `send-bulk` that puts
//! every invoice into the outbox, `worker --drain` that sends them. What counts is from the start of the two processes
//! to their ends, for each apart and together.
//!
//! The command line is linked into this program, as in the benchmark of composing.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Commands of the program that this one passes on.
pub(crate) const COMMANDS: [&str; 5] = ["company", "user", "account", "send-bulk", "worker"];

/// How long each part took.
pub(crate) struct Times {
    /// Composing, checking, and entering the outbox.
    pub(crate) queued: Duration,
    /// Sending.
    pub(crate) sent: Duration,
    /// Peak of the worker's memory in bytes, where the system tells.
    pub(crate) peak: Option<u64>,
}

/// A home of the program.
struct Home<'a> {
    plugin: &'a Path,
    cache: PathBuf,
    folder: PathBuf,
}

/// Sends so many.
pub(crate) fn run(
    plugin: &Path,
    folder: &Path,
    port: u16,
    connections: usize,
    count: usize,
) -> anyhow::Result<Times> {
    let home = Home { plugin, cache: folder.join("cache"), folder: folder.join("home") };
    if home.folder.exists() {
        std::fs::remove_dir_all(&home.folder)?;
    }
    let documents = home.folder.join("documents");
    std::fs::create_dir_all(&documents)?;
    for number in 1..=count {
        let name = format!("{number:04}.json");
        std::fs::copy(folder.join("documents").join(&name), documents.join(&name))?;
    }
    let path = |path: &Path| path.display().to_string();
    let (settings, files) = (path(&folder.join("company.toml")), path(&folder.join("pdf")));
    let (port, connections) = (port.to_string(), connections.to_string());
    let sender = super::case::SENDER;
    home.run(&["company", "add", "Atelier Nord", "--settings", &settings])?;
    home.run(&["user", "add", "lotte", "--address", sender.1, "--name", sender.0])?;
    home.run(&[
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
    home.run(&[
        "account",
        "permit",
        "office",
        "--allow-private",
        "127.0.0.1",
        "--allow-private",
        "localhost",
    ])?;
    home.run(&["account", "pace", "office", "--connections", &connections])?;
    let (queued, _) = home.run(&[
        "send-bulk",
        &path(&documents),
        "--user",
        "lotte",
        "--account",
        "office",
        "--files",
        &files,
        "--yes",
        "--queue",
        "--json",
    ])?;
    let (sent, peak) = home.run(&["worker", "--drain", "--json"])?;
    Ok(Times { queued, sent, peak })
}

impl Home<'_> {
    /// Runs the program; its time, and its peak of memory.
    fn run(&self, words: &[&str]) -> anyhow::Result<(Duration, Option<u64>)> {
        let (report, said) = (self.folder.join("time"), self.folder.join("said"));
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
        command.args(words).arg("--plugin").arg(self.plugin).arg("--cache").arg(&self.cache);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.env("POSTROOM_STORE", self.folder.join("postroom.db"));
        command.env("HOME", &self.folder).env_remove("XDG_CONFIG_HOME");
        command.stdout(std::fs::File::create(&said)?).stderr(Stdio::inherit());
        let begun = Instant::now();
        let status = command.status()?;
        let took = begun.elapsed();
        let words = words.join(" ");
        let said = std::fs::read_to_string(said).unwrap_or_default();
        ensure!(
            status.success(),
            "postroom {words}: {status}: {}",
            said.chars().take(2000).collect::<String>()
        );
        let report = std::fs::read_to_string(report).ok();
        let peak = report.filter(|_| timed).and_then(|text| text.trim().parse::<u64>().ok());
        Ok((took, peak.map(|kilobytes| kilobytes * 1024)))
    }
}

/// The numbers of a run, as a program in another language would say them.
pub(crate) fn said(times: &Times, part: Part) -> anyhow::Result<serde_json::Value> {
    let took = match part {
        Part::Both => times.queued + times.sent,
        Part::Worker => times.sent,
    };
    let made_with = match part {
        Part::Both => "Postroom, durable: send-bulk, then worker",
        Part::Worker => "Postroom, durable: the worker's part of it",
    };
    let nanoseconds = u64::try_from(took.as_nanos()).context("too long")?;
    Ok(serde_json::json!({ "made_with": made_with, "nanoseconds": nanoseconds, "peak": times.peak }))
}

/// What of a run is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Both,
    /// The sending.
    Worker,
}

//! `cargo xtask bench mailbox`: a mailbox of 50,000 messages on a private Dovecot, from the first connection to questions to its index,
//! beside Python's imaplib and npm's imapflow, which fetch the same messages in the same run.
//!
//! This program is the one that measures, and started by itself with a word one that is measured (`measure`) or the command line.

#![allow(clippy::float_arithmetic)] // times and ratios

mod case;
mod dovecot;
mod home;
mod measured;
mod peer;
mod proxy;
mod report;

use anyhow::{Context as _, bail, ensure};
use dovecot::Dovecot;
use home::Home;
use peer::Peer;
use report::Report;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// Messages of the mailbox.
const MESSAGES: usize = 50_000;
/// New messages that arrive later.
const NEW: usize = 100;

/// Mailboxes at the server.
const MANY: &str = "many";
const FEW: &str = "few";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => {
            measured::run(arguments.get(1).map_or("", String::as_str))?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(word) if home::COMMANDS.contains(&word) => return Ok(::postroom_cli::main()),
        _ => {}
    }
    let (mut json, mut messages) = (false, MESSAGES);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--messages" => messages = rest.next().context("--messages takes a number")?.parse()?,
            // Cargo itself adds this.
            "--bench" => {}
            other => bail!("no such option {other}: there are --json and --messages NUMBER"),
        }
    }
    ensure!(messages >= 1_000, "at least 1,000 messages");
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let plugin =
        path("POSTROOM_PLUGIN").context("POSTROOM_PLUGIN is not set: run `cargo xtask bench mailbox`")?;
    let folder = path("POSTROOM_BENCH_FOLDER").unwrap_or_else(|| std::env::temp_dir().join("postroom-bench"));
    let peers = [
        ("imapflow", "POSTROOM_BENCH_MAILBOX_NODE", "mailbox-node/fetch.mjs"),
        ("imaplib", "POSTROOM_BENCH_MAILBOX_PYTHON", "mailbox-python/fetch.py"),
    ];
    let peers = peers.map(|(name, variable, script)| Peer {
        name,
        interpreter: path(variable),
        script: folder.join("peers").join(script),
    });
    let report = run(&folder.join("mailbox"), &plugin, &peers, messages)?;
    if json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    Ok(ExitCode::SUCCESS)
}

fn run(folder: &Path, plugin: &Path, peers: &[Peer], messages: usize) -> anyhow::Result<Report> {
    let server = Dovecot::new()?;
    let few = messages / 5;
    let now = SystemTime::now();
    let written = case::write(&server.maildir(MANY), messages, now)?;
    case::write(&server.maildir(FEW), few, now)?;
    eprintln!(
        "{} messages in the inbox and {} in Sent, {} conversations, {} MB",
        written.inbox,
        written.sent,
        written.conversations,
        written.bytes >> 20
    );
    server.start()?;

    // Compiles the plugin.
    let home = Home::new(&folder.join("few"), plugin, server.port, FEW)?;
    home.measure("load")?;
    let few_peak = home.measure("sync")?["peak"].as_u64();

    // Everybody once with a server that remembers nothing of the messages but their uids, and once with one that does.
    let mut fetched = Vec::new();
    for peer in peers {
        let twice = || {
            // The first one that ever opens the folders has the server give out uids.
            server.forget(MANY)?;
            let cold = peer.run(server.port, MANY, messages)?;
            anyhow::Ok([cold, peer.run(server.port, MANY, messages)?])
        };
        let twice = twice().map_err(|error| format!("{error:#}"));
        fetched.push((peer.name, twice));
    }
    let sync = |home: &Home| -> anyhow::Result<Value> {
        let found = home.measure("sync")?;
        ensure!(found["indexed"] == messages, "{} of {messages} messages are indexed", found["indexed"]);
        Ok(found)
    };
    server.forget(MANY)?;
    let cold = sync(&Home::new(&folder.join("cold"), plugin, server.port, MANY)?)?;
    let home = Home::new(&folder.join("warm"), plugin, server.port, MANY)?;
    let before = home.disk()?;
    let warm = sync(&home)?;
    let index_bytes = home.disk()?.saturating_sub(before);
    let rate = |of: &Value| -> anyhow::Result<f64> {
        Ok(messages as f64 / (of["until_indexed_ms"].as_f64().context("no time")? / 1e3))
    };
    let first_page = |of: &Value| of["first_page_ms"].as_f64().context("no first page");

    let questions = home.measure("questions")?;
    let found = questions["conversations"].as_u64().and_then(|count| usize::try_from(count).ok());
    ensure!(
        found == Some(written.conversations),
        "{found:?} conversations instead of {}",
        written.conversations
    );

    // The messages of the last 30 days are read, a hundred at each look: what arrives later does not wait for them.
    while home.measure("sync")?["read"].as_u64() > Some(0) {}
    case::deliver(&server.maildir(MANY), messages, NEW)?;
    server.own()?;
    let new = home.measure("sync")?;
    ensure!(new["indexed"] == NEW, "{} of {NEW} new messages are indexed", new["indexed"]);

    let (port, commands) = proxy::start(server.port)?;
    home.set_port(port)?;
    home.measure("sync")?;

    Ok(Report {
        messages,
        few,
        cold: rate(&cold)?,
        warm: rate(&warm)?,
        first_page_ms: [first_page(&cold)?, first_page(&warm)?],
        peers: fetched,
        questions,
        new_ms: new["until_indexed_ms"].as_f64().context("no time")?,
        new_read_ms: new["milliseconds"].as_f64().context("no time")?,
        idle_commands: commands.of_folders() as f64 / 2.0,
        idle_listed: commands.listed(),
        index_bytes,
        peak: warm["peak"].as_u64(),
        few_peak,
    })
}

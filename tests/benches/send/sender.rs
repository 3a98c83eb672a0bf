//! Senders, each a program that is started with the server's address and reports how long it took.

use super::outbox::{self, Part};
use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::SystemTime;

/// A program that sends.
#[derive(Debug, Clone)]
pub(crate) enum Sender {
    /// Ourselves, without outbox.
    Postroom {
        /// The plugin.
        plugin: PathBuf,
    },
    /// Ourselves, with the durable outbox.
    Outbox {
        /// The plugin.
        plugin: PathBuf,
        /// What of the run counts.
        part: Part,
    },
    /// A program in another language.
    Peer {
        /// What runs it.
        interpreter: PathBuf,
        /// The program.
        script: PathBuf,
    },
}

/// How a run went.
#[derive(Debug, Clone)]
pub(crate) struct SendResult {
    /// Libraries and their versions.
    pub(crate) made_with: String,
    /// Mails a second.
    pub(crate) rate: f64,
    /// From the start of the process to the first acceptance, in milliseconds, where it tells.
    pub(crate) first: Option<f64>,
    /// Peak of its memory in bytes, where it tells.
    pub(crate) peak: Option<u64>,
    /// Bytes of all messages.
    pub(crate) bytes: u64,
}

impl Sender {
    /// Sends so many mails; the server says whether they came.
    pub(crate) fn run(
        &self,
        folder: &Path,
        sink: &mut Sink,
        connections: usize,
        count: usize,
    ) -> anyhow::Result<SendResult> {
        let report = match self {
            Self::Outbox { plugin, part } => {
                outbox::report(&outbox::run(plugin, folder, sink.port, connections, count, *part)?, *part)?
            }
            Self::Postroom { plugin } => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("postroom").arg(plugin);
                started(command, folder, sink.port, connections, count)?
            }
            Self::Peer { interpreter, script } => {
                let mut command = Command::new(interpreter);
                command.arg(script);
                started(command, folder, sink.port, connections, count)?
            }
        };
        let came = sink.take()?;
        let faults = came["faults"].as_array().cloned().unwrap_or_default();
        ensure!(faults.is_empty(), "{} faults, the first: {}", faults.len(), faults[0]);
        ensure!(came["mails"].as_u64() == Some(count as u64), "of {count} mails came {}", came["mails"]);
        // One that says goodbye overlaps with its successor.
        ensure!(
            came["connections"].as_u64() <= Some(2 * connections as u64),
            "connections: {}",
            came["connections"]
        );
        let nanoseconds = report["nanoseconds"].as_u64().context("it does not say how long it took")?;
        Ok(SendResult {
            made_with: report["made_with"].as_str().unwrap_or("?").to_owned(),
            rate: count as f64 / (nanoseconds as f64 / 1e9),
            first: report["first"].as_u64().map(|nanoseconds| nanoseconds as f64 / 1e6),
            peak: report["peak"].as_u64(),
            bytes: came["bytes"].as_u64().unwrap_or_default(),
        })
    }
}

/// Runs a program to its end; what it said.
fn started(
    mut command: Command,
    folder: &Path,
    port: u16,
    connections: usize,
    count: usize,
) -> anyhow::Result<Value> {
    command.arg(folder).args([port.to_string(), connections.to_string(), count.to_string()]);
    let begun = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    command.arg(begun.as_nanos().to_string());
    let ran = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(ran.status.success(), "{:?}: {}", command.get_program(), ran.status);
    let report = String::from_utf8_lossy(&ran.stdout).into_owned();
    serde_json::from_str(&report).with_context(|| format!("it said \"{report}\""))
}

/// The server's process.
pub(crate) struct Sink {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Sink {
    /// Starts a server at such a distance.
    pub(crate) fn start(round_trip: u64) -> anyhow::Result<Self> {
        let program: OsString = std::env::current_exe()?.into();
        let mut child = Command::new(program)
            .args(["sink", &round_trip.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the server has no standard input and output");
        };
        let mut sink = Self { child, orders, answers: BufReader::new(answers), port: 0 };
        sink.port = sink.line()?.trim().parse().context("the server does not say its port")?;
        Ok(sink)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What came since this was asked last.
    pub(crate) fn take(&mut self) -> anyhow::Result<Value> {
        writeln!(self.orders, "take")?;
        self.orders.flush()?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

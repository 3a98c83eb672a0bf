//! Programs in other languages that fetch the same mailbox.

use super::dovecot::PASSWORD;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One of them.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What runs it; none: it is not installed here.
    pub(crate) interpreter: Option<PathBuf>,
    pub(crate) script: PathBuf,
}

/// A fetch of the whole mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) made_with: String,
    /// Messages a second.
    pub(crate) rate: f64,
}

impl Peer {
    /// Fetches every message of a mailbox, with its login.
    pub(crate) fn run(&self, port: u16, mailbox: &str, messages: usize) -> anyhow::Result<Fetched> {
        let interpreter = self.interpreter.as_ref().context("not installed here")?;
        let mut command = Command::new(interpreter);
        command.arg(&self.script).args([&port.to_string(), mailbox, PASSWORD]);
        let ran = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        ensure!(ran.status.success(), "{}: {}", self.name, ran.status);
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let found: Value =
            serde_json::from_str(&text).with_context(|| format!("{} printed \"{text}\"", self.name))?;
        ensure!(
            found["messages"] == messages,
            "{} fetched {} of {messages} messages",
            self.name,
            found["messages"]
        );
        let nanoseconds = found["nanoseconds"].as_f64().context("it does not say how long it took")?;
        Ok(Fetched {
            made_with: found["made_with"].as_str().unwrap_or(self.name).to_owned(),
            rate: messages as f64 / (nanoseconds / 1e9),
        })
    }
}

//! A home of the program, with a store from nothing: a company, a user, an account whose mailbox is at the server, and partners with
//! their addresses. The command line is linked into this program; what is measured runs in processes of its own.

use super::case::OWN;
use super::dovecot::PASSWORD;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Commands of the program that this one passes on.
pub(crate) const COMMANDS: [&str; 3] = ["company", "user", "account"];

/// The home.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    plugin: PathBuf,
}

impl Home {
    /// Makes one for a mailbox.
    pub(crate) fn new(folder: &Path, plugin: &Path, port: u16, mailbox: &str) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let home = Self { folder: folder.to_owned(), plugin: plugin.to_owned() };
        std::fs::write(folder.join("password"), format!("{PASSWORD}\n"))?;
        home.command(&["company", "add", "Atelier Nord"])?;
        home.command(&["user", "add", "lotte", "--address", OWN.1, "--name", OWN.0])?;
        let account = "account add office --host localhost --security none --port 25 --no-login --imap-host localhost \
                       --imap-security none --imap-password-file password --user lotte";
        let port = port.to_string();
        let mut words: Vec<&str> = account.split_ascii_whitespace().collect();
        words.extend(["--address", OWN.1, "--imap-port", &port, "--imap-login", mailbox]);
        home.command(&words)?;
        home.command(&[
            "account",
            "permit",
            "office",
            "--allow-private",
            "127.0.0.1",
            "--allow-private",
            "localhost",
            "--allow-cleartext-login",
            "true",
        ])?;
        home.measure("contacts")?;
        Ok(home)
    }

    /// Reaches the server by another port.
    pub(crate) fn set_port(&self, port: u16) -> anyhow::Result<()> {
        self.command(&["account", "set", "office", "--imap-port", &port.to_string()])
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

    /// Runs a part of the measuring in a process of its own, and returns what it found.
    pub(crate) fn measure(&self, part: &str) -> anyhow::Result<Value> {
        let output = self.program(&["measure", part])?.stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "{part}: {}", output.status);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text).with_context(|| format!("{part} printed \"{text}\""))
    }

    fn command(&self, words: &[&str]) -> anyhow::Result<()> {
        let mut command = self.program(words)?;
        command.arg("--plugin").arg(&self.plugin).arg("--cache").arg(self.folder.with_file_name("cache"));
        let status = command.stdout(Stdio::null()).status()?;
        ensure!(status.success(), "postroom {}: {status}", words.join(" "));
        Ok(())
    }

    fn program(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        command.env("POSTROOM_STORE", self.folder.join("postroom.db")).env("POSTROOM_PLUGIN", &self.plugin);
        command.env("HOME", &self.folder).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        Ok(command)
    }
}

//! A program in another language that makes the same mail: told how many to make, it answers with their times.

use super::Contender;
use super::case::Case;
use anyhow::{Context as _, bail, ensure};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Libraries and their versions.
    pub(crate) made_with: String,
    message: u64,
    html: u64,
}

impl Peer {
    /// Starts `script`, a path under the folder of peers that `cargo xtask bench` has prepared.
    pub(crate) fn start(
        case: &Case,
        name: &'static str,
        interpreter: &Path,
        script: &str,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(interpreter)
            .arg(case.folder.join("peers").join(script))
            .arg(&case.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {}", interpreter.display()))?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("{name} has no standard input and output");
        };
        let answers = BufReader::new(answers);
        let mut peer = Self { name, child, orders, answers, made_with: String::new(), message: 0, html: 0 };
        let answer = peer.answer()?;
        peer.made_with =
            answer["made_with"].as_str().context("does not say what it is made with")?.to_owned();
        peer.message = answer["message"].as_u64().context("does not say how long its message is")?;
        peer.html = answer["html"].as_u64().context("does not say how long its HTML is")?;
        Ok(peer)
    }

    /// Fails unless its message is about as long as ours: it would not be the same work.
    pub(crate) fn did_the_same(&self, message: usize, html: usize) -> anyhow::Result<()> {
        for (what, ours, theirs) in [("message", message, self.message), ("HTML", html, self.html)] {
            let ours = ours as u64;
            let near = ours.abs_diff(theirs) * 20 <= ours;
            ensure!(
                near,
                "the {what} of {} has {theirs} bytes and ours {ours}: not the same work",
                self.name
            );
        }
        Ok(())
    }

    fn answer(&mut self) -> anyhow::Result<serde_json::Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("{} does not answer", self.name))
    }
}

impl Contender for Peer {
    fn run(&mut self, times: u32) -> anyhow::Result<Vec<u64>> {
        writeln!(self.orders, "{times}")?;
        self.orders.flush()?;
        Ok(serde_json::from_value(self.answer()?)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It waits for an order: there is nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

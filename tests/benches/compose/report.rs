//! Medians, ratios and goals, as a table and as JSON.

use super::Contender;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A contender and the times of its mails.
pub(crate) struct Timed<'c> {
    contender: &'c mut dyn Contender,
    per_round: u32,
    times: Vec<u64>,
}

impl<'c> Timed<'c> {
    pub(crate) fn new(contender: &'c mut dyn Contender, per_round: u32) -> Self {
        Self { contender, per_round, times: Vec::new() }
    }

    /// Makes the mails of a round; those of the warm-up are more, and are not counted.
    pub(crate) fn round(&mut self, warm_up: bool) -> anyhow::Result<()> {
        if warm_up {
            self.contender.run(self.per_round * 10)?;
        } else {
            self.times.extend(self.contender.run(self.per_round)?);
        }
        Ok(())
    }

    /// Median in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        median as f64 / 1e6
    }
}

/// All of it, in milliseconds.
pub(crate) struct Report {
    pub(crate) component: f64,
    pub(crate) native: f64,
    pub(crate) nodemailer: Option<f64>,
    pub(crate) python: Option<f64>,
    pub(crate) cold_start: f64,
    /// Of nodemailer and of Python: libraries and versions.
    pub(crate) made_with: [Option<String>; 2],
    /// Bytes of the message.
    pub(crate) message: usize,
}

impl Report {
    /// One object. What was not there to be measured is null.
    pub(crate) fn json(&self) -> Value {
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        let ratio = |peer: f64| rounded(peer / self.component);
        json!({
            "native_ratio": rounded(self.component / self.native),
            "nodemailer_ratio": self.nodemailer.map(ratio),
            "python_ratio": self.python.map(ratio),
            "cold_start_ms": rounded(self.cold_start),
            "component_ms": rounded(self.component),
            "native_ms": rounded(self.native),
            "nodemailer_ms": self.nodemailer.map(rounded),
            "python_ms": self.python.map(rounded),
            "message_bytes": self.message,
        })
    }

    /// For people, in the form of the project's README.
    pub(crate) fn table(&self) -> String {
        let (component, native) = (self.component, self.native);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut out = format!("A message of {} bytes, on a machine of {cores} cores.\n\n", self.message);
        let mut row = |cells: [&str; 4]| {
            let [what, median, ratio, goal] = cells;
            let _ = writeln!(out, "| {what:<50} | {median:>8} | {ratio:<22} | {goal:<13} |");
        };
        row(["composing one mail", "median", "", "goal"]);
        row(["---", "---:", "---", "---"]);
        row(["Postroom in its sandbox, limits on", &milliseconds(component), "", ""]);
        let ratio = format!("sandbox {:.2} × native", component / native);
        row(["the same code native", &milliseconds(native), &ratio, "at most 1.5 ×"]);
        let peers = [
            ("nodemailer, nunjucks, Node", self.nodemailer, "at least 16 ×"),
            ("jinja2, email, Python", self.python, "at least 30 ×"),
        ];
        for ((name, time, goal), made_with) in peers.into_iter().zip(&self.made_with) {
            let what = made_with.as_deref().unwrap_or(name);
            let ratio = time.map(|time| format!("{:.1} × the sandbox", time / component));
            let time = time.map(milliseconds);
            let missing = "not installed here";
            row([what, time.as_deref().unwrap_or("-"), ratio.as_deref().unwrap_or(missing), goal]);
        }
        let what = "a process from its start to its end, for one mail";
        row([what, &milliseconds(self.cold_start), "", "at most 50 ms"]);
        out
    }
}

fn milliseconds(time: f64) -> String {
    if time < 1.0 { format!("{time:.3} ms") } else { format!("{time:.1} ms") }
}

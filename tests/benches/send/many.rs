//! Very many mails that wait: what they take on disk, and whether the last of them leaves as fast as the first and takes no
//! more memory than a thousand do.

use super::case;
use super::outbox::Home;
use super::sender::Sink;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Connections to the server.
const CONNECTIONS: usize = 16;

/// How it went.
pub(crate) struct Many {
    pub(crate) count: usize,
    /// Until all were checked, composed, and in the outbox.
    queued: Duration,
    /// Bytes of the store with all of them waiting.
    disk: u64,
    /// Until all were sent.
    sent: Duration,
    /// Peaks of memory: of the worker, and of one with a thousand mails.
    peak: Option<u64>,
    few_peak: Option<u64>,
    /// Mails a second, of the first tenth and of the last.
    first: f64,
    last: f64,
}

/// Puts so many into the outbox, and sends them. `written`: how many invoices the folder has.
pub(crate) fn run(
    plugin: &Path,
    folder: &Path,
    sink: &mut Sink,
    written: usize,
    count: usize,
) -> anyhow::Result<Many> {
    let few = Home::new(plugin, folder, &folder.join("few"))?;
    few.furnish(sink.port(), CONNECTIONS)?;
    few.send_bulk(&folder.join("documents"), true)?;
    let few_peak = few.work()?.peak;
    sink.take()?;
    let case = folder.join("many");
    case::write_many(folder, &case, written, count)?;
    let home = Home::new(plugin, &case, &folder.join("many-home"))?;
    home.furnish(sink.port(), CONNECTIONS)?;
    let queued = home.send_bulk(&case.join("documents"), true)?.took;
    let disk = home.disk()?;
    let worked = home.work()?;
    let came = sink.take()?;
    ensure!(came["mails"].as_u64() == Some(count as u64), "of {count} mails came {}", came["mails"]);
    ensure!(came["faults"].as_array().is_some_and(Vec::is_empty), "{}", came["faults"]);
    let thousands: Vec<u64> =
        came["thousands"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let tenth = thousands.len() / 10;
    let (end, before) = (thousands.last(), thousands.iter().rev().nth(tenth));
    let of_tenth = |milliseconds: u64| (tenth * 1000) as f64 * 1000.0 / milliseconds.max(1) as f64;
    let begin = thousands.get(tenth.saturating_sub(1));
    std::fs::remove_dir_all(&case)?;
    Ok(Many {
        count,
        queued,
        disk,
        sent: worked.took,
        peak: worked.peak,
        few_peak,
        first: of_tenth(*begin.context("fewer than ten thousand mails")?),
        last: of_tenth(end.context("no mail")? - before.context("fewer than ten thousand mails")?),
    })
}

impl Many {
    /// One object.
    pub(crate) fn json(&self) -> Value {
        json!({
            "mails": self.count,
            "queued_seconds": self.queued.as_secs_f64(),
            "bytes_on_disk": self.disk,
            "sent_seconds": self.sent.as_secs_f64(),
            "peak_bytes": self.peak,
            "peak_bytes_with_few": self.few_peak,
            "first_tenth_per_second": self.first.round(),
            "last_tenth_per_second": self.last.round(),
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let rate = |took: Duration| (self.count as f64 / took.as_secs_f64()).round();
        let memory = match (self.peak, self.few_peak) {
            (Some(many), Some(few)) => {
                let (many, few) = (many as f64 / 1e6, few as f64 / 1e6);
                let met = if many <= few * 1.1 { "met" } else { "NOT MET" };
                format!("{many:.0} MB, with a thousand mails {few:.0} MB, at most 10 % more: {met}")
            }
            _ => "not known here".to_owned(),
        };
        let disk = self.disk as f64 / 1e9;
        let small = if disk <= 1.0 { "met" } else { "NOT MET" };
        format!(
            "\n{} mails: into the outbox at {} a second, sent at {} a second\n\
             the last tenth of them: {:.0} a second, the first {:.0}\n\
             waiting they take {disk:.2} GB on disk, for 100,000 at most 1 GB: {small}\n\
             memory of the worker: {memory}\n",
            self.count,
            rate(self.queued),
            rate(self.sent),
            self.last,
            self.first,
        )
    }
}

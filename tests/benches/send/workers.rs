//! Workers that share a store in PostgreSQL: a thousand invoices to a server 20 ms away, each worker with four connections.
//!
//! All of them, the database and the server are on this machine, so what is seen is how little they stand in each
//! other's way, as long as there is a processor for each.

use super::outbox::Home;
use super::sender::Sink;
use anyhow::{Context as _, ensure};
use postroom_cluster::Cluster;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

/// Connections of each.
const CONNECTIONS: usize = 4;

/// So many workers, and how many mails they sent in a second.
pub(crate) type Rates = Vec<(usize, f64)>;

/// Sends as many invoices as the folder has, by one worker, two, and four.
pub(crate) fn run(plugin: &Path, folder: &Path, round_trip: u64, count: usize) -> anyhow::Result<Rates> {
    let cluster = Cluster::start();
    let mut sink = Sink::start(round_trip)?;
    let mut rates = Rates::new();
    for workers in [1, 2, 4] {
        let home = Home::new(plugin, folder, &folder.join("workers"))?;
        let home = home.with_store(cluster.database(&format!("workers_{workers}")));
        home.furnish(sink.port(), CONNECTIONS)?;
        home.send_bulk(&folder.join("documents"), true)?;
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let works: Vec<_> = (0..workers).map(|_| scope.spawn(|| home.work())).collect();
            for work in works {
                work.join().ok().context("a worker fell over")??;
            }
            anyhow::Ok(())
        })?;
        let took = begun.elapsed().as_secs_f64();
        let came = sink.take()?;
        ensure!(came["mails"].as_u64() == Some(count as u64), "of {count} mails came {}", came["mails"]);
        ensure!(came["faults"].as_array().is_some_and(Vec::is_empty), "{}", came["faults"]);
        rates.push((workers, count as f64 / took));
    }
    Ok(rates)
}

/// One object for each.
pub(crate) fn as_json(rates: &Rates) -> Value {
    let one =
        |(workers, rate): &(usize, f64)| json!({ "workers": workers, "mails_per_second": rate.round() });
    rates.iter().map(one).collect()
}

/// For people.
pub(crate) fn text(rates: &Rates) -> String {
    let mut out = "\nworkers on PostgreSQL, four connections each, 20 ms away:\n".to_owned();
    for (workers, rate) in rates {
        let _ = writeln!(out, "{workers}: {rate:.0} mails a second");
    }
    out
}

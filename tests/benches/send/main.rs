//! `cargo xtask bench send`: a thousand invoices with their PDFs to one server, by Postroom and by what a programmer
//! would use in Node and in Python, one after the other in this one run.
//!
//! This program is the one who measures, and started by itself with a word the server (`sink`) or the sender
//! (`postroom`): each is a process of its own.

#![allow(clippy::float_arithmetic)] // times and ratios

mod case;
mod distance;
mod many;
mod outbox;
mod postroom;
mod report;
mod sender;
mod sink;
mod workers;

use anyhow::{Context as _, bail};
use outbox::Part;
use report::{DJANGO, DURABLE, NODE, OURS, Report, Row, WORKER};
use sender::{Sender, Sink};
use std::path::PathBuf;
use std::process::ExitCode;

/// Mails of the rows that goals are measured by.
const MAILS: usize = 1000;

/// Mails that wait at the same time, in the end. None with `--queued 0`.
const MANY: usize = 100_000;

/// Who sends over how many connections, and every how many-th of the mails: a slow peer sends fewer.
const NEAR: &[(&str, usize, usize)] = &[
    (OURS, 1, 1),
    (OURS, 4, 1),
    (OURS, 16, 1),
    (DURABLE, 4, 1),
    (WORKER, 4, 1),
    (DURABLE, 16, 1),
    (WORKER, 16, 1),
    (NODE, 1, 4),
    (NODE, 4, 4),
    (NODE, 16, 4),
    (NODE, 20, 1),
    (DJANGO, 1, 4),
    (DJANGO, 4, 4),
];

/// The same at a distance.
const FAR: &[(&str, usize, usize)] = &[
    (OURS, 1, 4),
    (OURS, 4, 1),
    (OURS, 16, 1),
    (WORKER, 4, 1),
    (WORKER, 16, 1),
    (NODE, 1, 10),
    (NODE, 4, 5),
    (NODE, 16, 2),
    (NODE, 20, 2),
    (DJANGO, 1, 10),
    (DJANGO, 4, 5),
];

/// Milliseconds of a round trip at a distance.
const ROUND_TRIP: u64 = 20;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("sink") => {
            sink::run(&arguments.split_off(1))?;
            return Ok(ExitCode::SUCCESS);
        }
        Some("postroom") => {
            postroom::run(&arguments.split_off(1))?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(word) if outbox::COMMANDS.contains(&word) => return Ok(::postroom_cli::main()),
        _ => {}
    }
    let (mut json, mut mails, mut queued, mut only, mut scale) = (false, MAILS, MANY, None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--mails" => mails = rest.next().context("--mails takes a number")?.parse()?,
            "--queued" => queued = rest.next().context("--queued takes a number")?.parse()?,
            "--workers" => scale = true,
            "--only" => only = Some(rest.next().context("--only takes a name")?.clone()),
            // Cargo itself adds this.
            "--bench" => {}
            other => bail!(
                "no such option {other}: there are --json, --mails NUMBER, --queued NUMBER, --workers and --only NAME"
            ),
        }
    }
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let plugin =
        path("POSTROOM_PLUGIN").context("POSTROOM_PLUGIN is not set: run `cargo xtask bench send`")?;
    let folder = path("POSTROOM_BENCH_FOLDER").unwrap_or_else(|| std::env::temp_dir().join("postroom-bench"));
    let peers = folder.join("peers");
    let folder = folder.join("send");
    case::write(&folder, mails)?;
    let peer = |variable: &str, script: &str| {
        path(variable).map(|interpreter| Sender::Peer { interpreter, script: peers.join(script) })
    };
    let senders = [
        (OURS, Some(Sender::Postroom { plugin: plugin.clone() })),
        (DURABLE, Some(Sender::Outbox { plugin: plugin.clone(), part: Part::Whole })),
        (WORKER, Some(Sender::Outbox { plugin: plugin.clone(), part: Part::Worker })),
        (NODE, peer("POSTROOM_BENCH_SEND_NODE", "send-node/send.mjs")),
        (DJANGO, peer("POSTROOM_BENCH_SEND_DJANGO", "send-django/send.py")),
    ];

    let mut report = Report { rows: Vec::new(), many: None, workers: Vec::new() };
    for (round_trip, plan) in [(0, NEAR), (ROUND_TRIP, FAR)] {
        let mut sink = Sink::start(round_trip)?;
        if let (0, Some((_, Some(ours)))) = (round_trip, senders.first()) {
            // The first process may have to compile the plugin, and brings the files into memory.
            ours.run(&folder, &mut sink, 16, mails)?;
        }
        for (who, connections, share) in plan {
            if only.as_ref().is_some_and(|only| !who.starts_with(only.as_str())) {
                continue;
            }
            let sender = senders.iter().find(|(name, _)| name == who).and_then(|(_, sender)| sender.as_ref());
            let mails = (mails / share).max(1);
            let result = match sender {
                Some(sender) => {
                    sender.run(&folder, &mut sink, *connections, mails).map_err(|e| format!("{e:#}"))
                }
                None => Err("not installed here".to_owned()),
            };
            report.rows.push(Row { who, connections: *connections, round_trip, mails, result });
        }
    }
    if queued > 0 {
        report.many = Some(many::run(&plugin, &folder, &mut Sink::start(0)?, mails, queued)?);
    }
    if scale {
        report.workers = workers::run(&plugin, &folder, ROUND_TRIP, mails)?;
    }
    if json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    Ok(ExitCode::SUCCESS)
}

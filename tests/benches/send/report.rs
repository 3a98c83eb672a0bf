//! Rates, ratios and goals, as a table and as JSON.

use super::many::Many;
use super::sender::SendResult;
use super::workers::{self, Rates};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One row: who, how, and how it went; or why not.
pub(crate) struct Row {
    pub(crate) who: &'static str,
    pub(crate) connections: usize,
    pub(crate) round_trip: u64,
    pub(crate) mails: usize,
    pub(crate) result: Result<SendResult, String>,
}

/// A ratio that is to be reached.
struct Goal {
    what: &'static str,
    name: &'static str,
    who: &'static str,
    ours: (usize, u64),
    theirs: (&'static str, usize, u64),
    least: f64,
}

/// Postroom without outbox; with it; and the worker's part of that.
pub(crate) const OURS: &str = "postroom";
pub(crate) const DURABLE: &str = "postroom-durable";
pub(crate) const WORKER: &str = "postroom-worker";
pub(crate) const NODE: &str = "nodemailer";
pub(crate) const DJANGO: &str = "django";

const GOALS: &[Goal] = &[
    Goal {
        what: "with the durable outbox, against nodemailer's pool of 20",
        name: "nodemailer_ratio",
        who: DURABLE,
        ours: (16, 0),
        theirs: (NODE, 20, 0),
        least: 15.0,
    },
    Goal {
        what: "with the durable outbox, against Django",
        name: "django_ratio",
        who: DURABLE,
        ours: (16, 0),
        theirs: (DJANGO, 1, 0),
        least: 30.0,
    },
    Goal {
        what: "20 ms away, one connection each, against nodemailer",
        name: "distant_1_ratio",
        who: OURS,
        ours: (1, 20),
        theirs: (NODE, 1, 20),
        least: 1.8,
    },
    Goal {
        what: "20 ms away, 4 connections each, against nodemailer",
        name: "distant_4_ratio",
        who: OURS,
        ours: (4, 20),
        theirs: (NODE, 4, 20),
        least: 1.8,
    },
    Goal {
        what: "20 ms away, 16 connections each, against nodemailer",
        name: "distant_16_ratio",
        who: OURS,
        ours: (16, 20),
        theirs: (NODE, 16, 20),
        least: 1.8,
    },
];

/// Longest time from the start of the process to the first acceptance, in milliseconds.
const FIRST: f64 = 50.0;

/// Most that the outbox may cost, as a share of the time without.
const DURABILITY: f64 = 0.1;

pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) many: Option<Many>,
    pub(crate) workers: Rates,
}

impl Report {
    fn rate(&self, who: &str, connections: usize, round_trip: u64) -> Option<f64> {
        let of = |row: &&Row| (row.who, row.connections, row.round_trip) == (who, connections, round_trip);
        self.rows.iter().find(of)?.result.as_ref().ok().map(|result| result.rate)
    }

    fn ratio(&self, goal: &Goal) -> Option<f64> {
        let (who, connections, round_trip) = goal.theirs;
        let ours = self.rate(goal.who, goal.ours.0, goal.ours.1)?;
        Some(ours / self.rate(who, connections, round_trip)?)
    }

    /// What the outbox costs, as a share of the time without.
    fn durability(&self) -> Option<f64> {
        Some(self.rate(OURS, 16, 0)? / self.rate(DURABLE, 16, 0)? - 1.0)
    }

    /// The shortest time to the first acceptance: the others had a colder machine.
    fn first(&self) -> Option<f64> {
        let near = self.rows.iter().filter(|row| row.round_trip == 0);
        near.filter_map(|row| row.result.as_ref().ok()?.first).min_by(f64::total_cmp)
    }

    /// One object. What was not there to be measured is null.
    pub(crate) fn json(&self) -> Value {
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        let rows = self.rows.iter().map(|row| {
            let result = row.result.as_ref().ok();
            json!({
                "who": row.who,
                "connections": row.connections,
                "round_trip_ms": row.round_trip,
                "mails": row.mails,
                "made_with": result.map(|it| it.made_with.clone()),
                "mails_per_second": result.map(|it| rounded(it.rate)),
                "peak_bytes": result.and_then(|it| it.peak),
                "message_bytes": result.map(|it| it.bytes / row.mails.max(1) as u64),
                "missing": row.result.as_ref().err(),
            })
        });
        let mut all = json!({ "rows": rows.collect::<Vec<_>>(), "first_ms": self.first().map(rounded) });
        all["many"] = self.many.as_ref().map(Many::json).into();
        all["workers"] = workers::as_json(&self.workers);
        all["durability_cost"] = self.durability().map(rounded).into();
        for goal in GOALS {
            all[goal.name] = self.ratio(goal).map(rounded).into();
        }
        all
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut out =
            format!("On a machine of {cores} cores, which the server shares with whoever sends.\n\n");
        let mut line = |cells: [&str; 6]| {
            let [who, connections, far, rate, peak, size] = cells;
            let _ = writeln!(
                out,
                "| {who:<52} | {connections:>11} | {far:>10} | {rate:>7} | {peak:>6} | {size:>7} |"
            );
        };
        line(["who", "connections", "round trip", "mails/s", "memory", "a mail"]);
        line(["---", "---:", "---:", "---:", "---:", "---:"]);
        for row in &self.rows {
            let (connections, far) = (row.connections.to_string(), format!("{} ms", row.round_trip));
            match &row.result {
                Ok(it) => {
                    let peak = it.peak.map_or_else(String::new, |bytes| format!("{} MB", bytes / 1_000_000));
                    let size = format!("{} KB", it.bytes / row.mails.max(1) as u64 / 1000);
                    line([&it.made_with, &connections, &far, &format!("{:.1}", it.rate), &peak, &size]);
                }
                Err(why) => line([&format!("{}: {why}", row.who), &connections, &far, "-", "", ""]),
            }
        }
        let _ = writeln!(out);
        for goal in GOALS {
            let Some(ratio) = self.ratio(goal) else { continue };
            let met = if ratio >= goal.least { "met" } else { "NOT MET" };
            let _ = writeln!(out, "{}: {ratio:.1} ×, at least {} ×: {met}", goal.what, goal.least);
        }
        if let Some(cost) = self.durability() {
            let met = if cost <= DURABILITY { "met" } else { "NOT MET" };
            let _ = writeln!(out, "the durable outbox: {:.0} % more time, at most 10 %: {met}", cost * 100.0);
        }
        if let Some(first) = self.first() {
            let met = if first <= FIRST { "met" } else { "NOT MET" };
            let _ = writeln!(
                out,
                "start of the process to the first 250: {first:.0} ms, at most {FIRST} ms: {met}"
            );
        }
        out.extend(self.many.as_ref().map(Many::text));
        if !self.workers.is_empty() {
            out.push_str(&workers::text(&self.workers));
        }
        out
    }
}

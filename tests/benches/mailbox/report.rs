//! Rates, times and goals, as a table and as JSON.

use super::peer::Fetched;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) messages: usize,
    pub(crate) few: usize,
    /// Messages a second, of a server that has to read every file, and of one that remembers its headers.
    pub(crate) cold: f64,
    pub(crate) warm: f64,
    pub(crate) first_page_ms: [f64; 2],
    /// Name, cold and warm.
    pub(crate) peers: Vec<(&'static str, Result<[Fetched; 2], String>)>,
    /// Of the questions to the index.
    pub(crate) questions: Value,
    pub(crate) new_ms: f64,
    pub(crate) new_read_ms: f64,
    pub(crate) idle_commands: f64,
    pub(crate) idle_listed: String,
    pub(crate) index_bytes: u64,
    pub(crate) peak: Option<u64>,
    pub(crate) few_peak: Option<u64>,
}

/// A figure and what it is to be.
struct Figure {
    name: &'static str,
    what: String,
    value: Option<f64>,
    unit: &'static str,
    /// It is to be at most so much; or at least.
    most: Option<f64>,
    least: Option<f64>,
}

impl Figure {
    fn verdict(&self) -> Option<bool> {
        let value = self.value?;
        match (self.most, self.least) {
            (Some(most), _) => Some(value <= most),
            (_, Some(least)) => Some(value >= least),
            _ => None,
        }
    }
}

const MEGABYTE: f64 = 1024.0 * 1024.0;

impl Report {
    fn figures(&self) -> Vec<Figure> {
        let figure = |name, what: &str, value, unit| Figure {
            name,
            what: what.to_owned(),
            value,
            unit,
            most: None,
            least: None,
        };
        let most = |name, what: &str, value, unit, most| Figure {
            most: Some(most),
            ..figure(name, what, value, unit)
        };
        let least = |name, what: &str, value, unit, least| Figure {
            least: Some(least),
            ..figure(name, what, value, unit)
        };
        let question = |name: &str| self.questions[name].as_f64();
        let mut all = vec![
            most(
                "first_page_ms",
                "first usable page, the server remembers headers",
                Some(self.first_page_ms[1]),
                "ms",
                2_000.0,
            ),
            most(
                "first_page_cold_ms",
                "first usable page, it does not",
                Some(self.first_page_ms[0]),
                "ms",
                2_000.0,
            ),
            figure("rate", "first synchronisation, messages a second", Some(self.warm), "/s"),
            figure("rate_cold", "first synchronisation, the server reads every file", Some(self.cold), "/s"),
        ];
        for (name, result) in &self.peers {
            let rates = result.as_ref().ok();
            let (rate, ratio, cold): (_, _, _) = match *name {
                "imapflow" => ("imapflow_rate", "imapflow_ratio", "imapflow_cold_ratio"),
                _ => ("imaplib_rate", "imaplib_ratio", "imaplib_cold_ratio"),
            };
            let made_with = rates.map_or_else(|| (*name).to_owned(), |[_, warm]| warm.made_with.clone());
            all.push(figure(
                rate,
                &format!("{made_with}, messages a second"),
                rates.map(|[_, warm]| warm.rate),
                "/s",
            ));
            let what = format!("our rate, as a multiple of {name}'s");
            let value = rates.map(|[_, warm]| self.warm / warm.rate);
            all.push(match *name {
                "imapflow" => least(ratio, &what, value, "×", 3.0),
                _ => figure(ratio, &what, value, "×"),
            });
            let what = "the same where the server reads every file".to_owned();
            all.push(figure(cold, &what, rates.map(|[cold, _]| self.cold / cold.rate), "×"));
        }
        let memory = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64 / MEGABYTE);
        let growth = self.peak.zip(self.few_peak).map(|(many, few)| many as f64 / few as f64);
        all.extend([
            most("partner_page_ms", "page of a partner, median", question("partner_page_ms"), "ms", 20.0),
            most(
                "partner_page_p95_ms",
                "page of a partner, 95th percentile",
                question("partner_page_p95_ms"),
                "ms",
                20.0,
            ),
            most("search_ms", "search in the index, median", question("search_ms"), "ms", 10.0),
            most(
                "search_p95_ms",
                "search in the index, 95th percentile",
                question("search_p95_ms"),
                "ms",
                10.0,
            ),
            most(
                "new_ms",
                "100 new messages until they are indexed, with the login",
                Some(self.new_ms),
                "ms",
                1_000.0,
            ),
            figure("new_read_ms", "and until they are read", Some(self.new_read_ms), "ms"),
            most(
                "idle_commands",
                "commands for a folder in which nothing changed",
                Some(self.idle_commands),
                "",
                1.0,
            ),
            most("index_mb", "index on disk, without bodies", memory(Some(self.index_bytes)), "MB", 15.0),
            most("peak_mb", "peak of memory", memory(self.peak), "MB", 60.0),
            most(
                "peak_growth",
                &format!("peak, as a multiple of that with {} messages", self.few),
                growth,
                "×",
                1.1,
            ),
        ]);
        all
    }

    /// One object.
    pub(crate) fn json(&self) -> Value {
        let mut all = Map::new();
        all.insert("messages".to_owned(), json!(self.messages));
        let mut missed = Vec::new();
        for figure in self.figures() {
            all.insert(figure.name.to_owned(), json!(figure.value));
            if figure.verdict() == Some(false) {
                missed.push(figure.name);
            }
        }
        all.insert("idle_session".to_owned(), json!(self.idle_listed));
        all.insert("missed".to_owned(), json!(missed));
        Value::Object(all)
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{} messages\n", self.messages);
        for figure in self.figures() {
            let value =
                figure.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} {}", figure.unit));
            let goal = match (figure.most, figure.least) {
                (Some(most), _) => format!("≤ {most}"),
                (_, Some(least)) => format!("≥ {least}"),
                _ => String::new(),
            };
            let verdict = match figure.verdict() {
                Some(true) => "met",
                Some(false) => "missed",
                None => "",
            };
            let _ = writeln!(text, "{:<58} {value:>14}  {goal:<8} {verdict}", figure.what);
        }
        let _ = writeln!(text, "commands of a look in which nothing changed: {}", self.idle_listed);
        for (name, result) in &self.peers {
            if let Err(why) = result {
                let _ = writeln!(text, "without {name}: {why}");
            }
        }
        text
    }
}

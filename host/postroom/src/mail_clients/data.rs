//! The data: what clients support, how many people use them, and what is accepted.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A feature and what each client does with it.
#[derive(Debug, Deserialize)]
pub(super) struct Feature {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) signs: Vec<String>,
    /// One word a client, in the order of the clients: `y`, `a`, `n` or `u`, then the numbers of notes.
    support: String,
    #[serde(default)]
    notes: BTreeMap<String, String>,
}

/// A client.
#[derive(Debug, Deserialize)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: String,
}

/// The degree to which a client supports a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Degree {
    Full,
    Partly,
    Not,
    Unknown,
}

#[derive(Debug, Deserialize)]
struct Caniemail {
    date: String,
    source: String,
    clients: Vec<Client>,
    features: Vec<Feature>,
}

/// People who use a family of clients, in hundredths of a percent of all mails opened.
#[derive(Debug, Deserialize)]
pub(super) struct Family {
    pub(super) name: String,
    /// Ids of clients, or beginnings that end with a dot.
    pub(super) clients: Vec<String>,
    pub(super) share: u32,
}

#[derive(Debug, Deserialize)]
struct Shares {
    date: String,
    source: String,
    families: Vec<Family>,
}

/// A feature that the shipped layout uses although some clients lack it.
#[derive(Debug, Deserialize)]
pub(super) struct Accepted {
    pub(super) feature: String,
    /// Nothing is lost wherever it is used; otherwise in the shipped layout, by what stands beside it there.
    #[serde(default)]
    pub(super) anywhere: bool,
    /// Signs of a use that is not accepted.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    pub(super) reason: String,
}

const CANIEMAIL: &str = include_str!("data/caniemail.json");
const SHARES: &str = include_str!("data/shares.json");
const ACCEPTED: &str = include_str!("data/accepted.json");

/// Reads data once. It is part of the program, and a test reads it: where it is none, nothing is known.
fn caniemail() -> &'static Caniemail {
    static READ: OnceLock<Caniemail> = OnceLock::new();
    READ.get_or_init(|| {
        let none =
            Caniemail { date: String::new(), source: String::new(), clients: vec![], features: vec![] };
        serde_json::from_str(CANIEMAIL).unwrap_or(none)
    })
}

fn shares() -> &'static Shares {
    static READ: OnceLock<Shares> = OnceLock::new();
    READ.get_or_init(|| {
        let none = Shares { date: String::new(), source: String::new(), families: vec![] };
        serde_json::from_str(SHARES).unwrap_or(none)
    })
}

/// Returns every feature.
pub(super) fn features() -> &'static [Feature] {
    &caniemail().features
}

/// Returns what is accepted.
pub(super) fn accepted() -> &'static [Accepted] {
    static READ: OnceLock<Vec<Accepted>> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_str(ACCEPTED).unwrap_or_default())
}

/// Finds the family that a client belongs to, where a figure is known.
pub(super) fn family_of(client: &str) -> Option<&'static Family> {
    let is_of = |family: &&Family| {
        family
            .clients
            .iter()
            .any(|own| own == client || own.ends_with('.') && client.starts_with(own.as_str()))
    };
    shares().families.iter().find(is_of)
}

impl Feature {
    /// Lists every client with what it does, and the notes about that.
    pub(super) fn by_client(&self) -> impl Iterator<Item = (&'static Client, Degree, Vec<&str>)> {
        caniemail().clients.iter().zip(self.support.split(' ')).map(|(client, word)| {
            let degree = match word.chars().next() {
                Some('y') => Degree::Full,
                Some('a') => Degree::Partly,
                Some('n') => Degree::Not,
                _ => Degree::Unknown,
            };
            let numbers = word.get(1..).unwrap_or_default().split(',');
            (
                client,
                degree,
                numbers.filter_map(|number| self.notes.get(number).map(String::as_str)).collect(),
            )
        })
    }
}

/// The source of data, and the day that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Date {
    /// What it says.
    pub what: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// Day or month.
    pub date: &'static str,
}

/// Sources and dates of the data.
pub fn dates() -> [Date; 2] {
    let (support, shares) = (caniemail(), shares());
    [
        Date { what: "support", source: &support.source, date: &support.date },
        Date { what: "shares", source: &shares.source, date: &shares.date },
    ]
}

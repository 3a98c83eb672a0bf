//! The plan of `templates/plan.toml`, and the test that holds every text to it: what one language has and another leaves out is a fault
//! that no reader of one language alone can see.

use super::super::engine::TextSet;
use super::super::shipped;
use crate::domain::kind::Purpose;
use crate::domain::language::{Language, Locale};
use crate::domain::settings::Overrides;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The statements, requests and offers of each purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    every_subject: BTreeSet<String>,
    every_body: BTreeSet<String>,
    groups: BTreeMap<String, BTreeSet<String>>,
    purposes: BTreeMap<String, Entry>,
}

/// The plan of one purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "says")]
    statement: String,
    #[serde(default)]
    asks: BTreeSet<String>,
    #[serde(default)]
    offers: BTreeSet<String>,
    #[serde(default)]
    subject: BTreeSet<String>,
    #[serde(default)]
    groups: BTreeSet<String>,
    #[serde(default)]
    body: BTreeSet<String>,
}

impl Plan {
    /// Reads the plan.
    pub(super) fn read() -> Self {
        toml::from_str(include_str!("../../../../../templates/plan.toml")).unwrap()
    }

    fn entry(&self, purpose: Purpose) -> &Entry {
        self.purposes.get(&purpose.to_string()).unwrap_or_else(|| panic!("no plan for {purpose}"))
    }

    /// Returns the fields of a purpose's subject or body.
    pub(super) fn fields(&self, purpose: Purpose, file: &str) -> BTreeSet<String> {
        let entry = self.entry(purpose);
        if file == "subject.txt" {
            return &self.every_subject | &entry.subject;
        }
        let groups = entry.groups.iter().flat_map(|name| self.groups[name].iter().cloned());
        groups.chain(&self.every_body | &entry.body).collect()
    }
}

/// Returns every text of a purpose: the four languages, and the regions that have one of their own.
pub(super) fn texts(purpose: Purpose, file: &str) -> Vec<(Locale, String)> {
    let (folder, end) = (format!("{purpose}/"), format!("/{file}"));
    let tags = shipped::catalogue().filter_map(|name| name.strip_prefix(&folder)?.strip_suffix(&end));
    tags.map(|tag| Locale::exactly(tag).unwrap())
        .map(|locale| (locale, shipped::path(purpose, locale, file)))
        .collect()
}

#[test]
fn every_language_uses_the_fields_of_the_plan_and_no_region_adds_one() {
    let (plan, texts_of) = (Plan::read(), TextSet::new(Overrides::default()));
    for purpose in Purpose::all() {
        for file in ["subject.txt", "body.txt"] {
            let planned = plan.fields(purpose, file);
            let all = texts(purpose, file);
            for language in Language::ALL {
                assert!(
                    all.iter().any(|(locale, _)| *locale == Locale::of(language)),
                    "{purpose} {language} {file}"
                );
            }
            for (locale, name) in all {
                let used = texts_of.undeclared(&name, true).unwrap();
                let used: BTreeSet<String> = used.into_iter().filter(|field| field.contains('.')).collect();
                let added: Vec<_> = used.difference(&planned).collect();
                assert!(added.is_empty(), "{name} says what the plan does not: {added:?}");
                if locale.region.is_none() {
                    let left: Vec<_> = planned.difference(&used).collect();
                    assert!(left.is_empty(), "{name} leaves out what the plan has: {left:?}");
                }
            }
        }
    }
}

#[test]
fn the_plan_has_every_purpose_once_and_asks_for_payment_where_the_layout_does() {
    let plan = Plan::read();
    let all: Vec<String> = Purpose::all().map(|purpose| purpose.to_string()).collect();
    for name in plan.purposes.keys() {
        assert!(all.contains(name), "nothing looks for the plan of {name}");
    }
    for purpose in Purpose::all() {
        let entry = plan.entry(purpose);
        assert!(entry.statement.ends_with('.'), "{purpose}");
        assert!(!entry.asks.is_empty() || !entry.offers.is_empty(), "{purpose} leads nowhere");
        // A statement shows how to pay, too, and leaves it to the reader what they pay of it.
        let shows = purpose.asks_for_payment() && purpose.to_string() != "statement/new";
        assert_eq!(entry.asks.contains("payment"), shows, "{purpose}");
    }
}

//! Which features of a page clients lack, whom that concerns, and what is accepted.

use super::data::{self, Degree};
use super::usage::Usage;
use serde::Serialize;
use std::collections::BTreeMap;

/// A feature in use that clients lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Support {
    /// Its name at caniemail: `css-max-width`.
    pub feature: &'static str,
    /// For people: `max-width`.
    #[serde(skip)]
    pub title: &'static str,
    /// Clients that lack it.
    #[serde(rename = "clients")]
    pub lacking: Vec<Lacking>,
    /// Mails opened with clients of these families, in hundredths of a percent of all: the most that this concerns.
    pub share: u32,
    /// Why nothing is lost, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<&'static str>,
    /// Why nothing is lost in the shipped layout, where this is another use.
    #[serde(skip)]
    pub hint: Option<&'static str>,
}

/// A client that lacks a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// For people: `Gmail (web)`.
    pub client: &'static str,
    /// `not` or `partly`.
    pub degree: &'static str,
    /// What caniemail notes about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<&'static str>,
    /// Mails opened with clients of its family, in hundredths of a percent of all; none where no figure is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<u32>,
    #[serde(skip)]
    family: Option<&'static str>,
}

/// Features of a page that a client lacks, by name. What is not used more often than `beside` uses it is as shipped.
pub(super) fn of(usage: &Usage, beside: Option<&Usage>) -> Vec<Support> {
    let used = data::features().iter().filter(|feature| usage.count(&feature.slug) > 0);
    let lacking = used.filter_map(|feature| {
        let lacking: Vec<Lacking> = feature
            .by_client()
            .filter_map(|(client, degree, notes)| {
                let degree = match degree {
                    Degree::Not => "not",
                    Degree::Partly => "partly",
                    Degree::Full | Degree::Unknown => return None,
                };
                let family = data::family_of(&client.id);
                let (share, family) = (family.map(|it| it.share), family.map(|it| it.name.as_str()));
                Some(Lacking { client: &client.name, degree, notes, share, family })
            })
            .collect();
        if lacking.is_empty() {
            return None;
        }
        let row = data::accepted().iter().find(|row| row.feature == feature.slug && !usage.is_exception(row));
        let as_shipped =
            beside.is_none_or(|beside| usage.count(&feature.slug) <= beside.count(&feature.slug));
        let holds = row.is_some_and(|row| row.anywhere || as_shipped);
        let reason = row.map(|row| row.reason.as_str());
        let families: BTreeMap<_, _> =
            lacking.iter().map(|it| (it.family, it.share.unwrap_or_default())).collect();
        Some(Support {
            feature: &feature.slug,
            title: &feature.title,
            share: families.values().sum(),
            lacking,
            accepted: reason.filter(|_| holds),
            hint: reason.filter(|_| !holds),
        })
    });
    lacking.collect()
}

impl Support {
    /// Describes the clients that lack it, in words.
    pub fn description(&self) -> String {
        let of = |degree: &str| {
            let names = self.lacking.iter().filter(|it| it.degree == degree).map(|it| it.client);
            names.collect::<Vec<_>>().join(", ")
        };
        let parts = [("not in", of("not")), ("partly in", of("partly"))];
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let lacking = parts.map(|(how, names)| format!("{how} {names}")).collect::<Vec<_>>().join("; ");
        format!("{lacking} ({} of mails opened at most)", percent(self.share))
    }
}

/// Hundredths of a percent for people.
pub fn percent(hundredths: u32) -> String {
    match hundredths {
        0 => "under 0.1 %".to_owned(),
        1..10 => format!("0.{hundredths:02} %"),
        _ => format!("{}.{} %", hundredths / 100, hundredths % 100 / 10),
    }
}

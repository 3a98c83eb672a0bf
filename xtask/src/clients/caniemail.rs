//! The data that caniemail.com publishes, as far as it is used.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The whole file.
#[derive(Debug, Deserialize)]
pub(super) struct Published {
    last_update_date: String,
    nicenames: Names,
    pub(super) data: Vec<Feature>,
}

#[derive(Debug, Deserialize)]
struct Names {
    family: BTreeMap<String, String>,
    platform: BTreeMap<String, String>,
}

/// A feature and what every version of every client does with it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Feature {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) category: String,
    pub(super) keywords: Option<String>,
    pub(super) last_test_date: String,
    stats: BTreeMap<String, BTreeMap<String, Versions>>,
    pub(super) notes_by_num: Option<BTreeMap<String, String>>,
}

/// Versions in the order of the file, the newest last: dates and numbers stand side by side, so nothing else tells.
#[derive(Debug, Clone)]
struct Versions(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Versions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Versions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("versions of a client")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Versions, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Versions(all))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Reads the file.
pub(super) fn read(text: &str) -> anyhow::Result<Published> {
    serde_json::from_str(text).context("this is not caniemail's published data")
}

impl Published {
    /// Day of the data, `2026-05-13`.
    pub(super) fn date(&self) -> &str {
        self.last_update_date.get(..10).unwrap_or(&self.last_update_date)
    }

    /// Clients with at least so many tested features, `family.platform`, sorted.
    pub(super) fn clients(&self, tested: usize, without: &[&str]) -> Vec<String> {
        let ids: BTreeSet<String> = self.data.iter().flat_map(Feature::clients).collect();
        let count = |id: &str| self.data.iter().filter(|feature| feature.newest(id).is_some()).count();
        ids.into_iter().filter(|id| !without.contains(&id.as_str()) && count(id) >= tested).collect()
    }

    /// Name of a client for people: `Gmail (web)`.
    pub(super) fn name_of(&self, id: &str) -> String {
        let (family, platform) = id.split_once('.').unwrap_or((id, ""));
        let family = self.nicenames.family.get(family).map_or(family, String::as_str);
        let platform = match platform {
            "desktop-webmail" => "web",
            "mobile-webmail" => "mobile web",
            other => self.nicenames.platform.get(other).map_or(other, String::as_str),
        };
        match platform.strip_prefix(family) {
            Some(_) => platform.to_owned(),
            None => format!("{family} ({platform})"),
        }
    }
}

impl Feature {
    fn clients(&self) -> impl Iterator<Item = String> {
        self.stats.iter().flat_map(|(family, platforms)| {
            platforms.keys().map(move |platform| format!("{family}.{platform}"))
        })
    }

    fn newest(&self, id: &str) -> Option<&str> {
        let (family, platform) = id.split_once('.')?;
        self.stats.get(family)?.get(platform)?.0.last().map(|(_, support)| support.as_str())
    }

    /// What a client's newest version does: `y`, `a` (partly), `n` or `u` (unknown), then the numbers of its notes.
    pub(super) fn support(&self, id: &str) -> anyhow::Result<String> {
        let Some(newest) = self.newest(id) else { return Ok("u".to_owned()) };
        let mut words = newest.split_whitespace();
        let degree = match words.next() {
            Some(degree @ ("y" | "a" | "n" | "u")) => degree,
            _ => bail!("{}: {id} is \"{newest}\"", self.slug),
        };
        let notes: Vec<&str> = words.filter_map(|word| word.strip_prefix('#')).collect();
        Ok(format!("{degree}{}", notes.join(",")))
    }
}

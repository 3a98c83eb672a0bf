//! The fixed words of the layout in one language: labels, greeting, closing.

use super::fault::{Rule, TemplateFault};
use crate::domain::language::Locale;
use std::collections::BTreeMap;

/// Words by key. An override needs to name only those that it changes.
#[derive(Debug)]
pub(super) struct Words {
    path: String,
    words: BTreeMap<String, String>,
}

/// Words about tax: they are those of the issuer's country, in the reader's language.
const TAX: [&str; 4] = ["net_total", "tax", "vat_at", "vat_identifier"];

impl Words {
    /// Returns the path of a locale's words.
    pub(super) fn path(locale: Locale) -> String {
        format!("layout/{locale}/words.json")
    }

    /// Reads levels, path and source, from the lowest to the highest; a key that the lowest does not have is an error.
    pub(super) fn read<'a>(levels: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, TemplateFault> {
        let mut path = None;
        let mut words: BTreeMap<String, String> = BTreeMap::new();
        for (name, source) in levels {
            let read: BTreeMap<String, String> =
                serde_json::from_str(source).map_err(|error| TemplateFault {
                    name: name.to_owned(),
                    line: u32::try_from(error.line()).ok().filter(|l| *l > 0),
                    detail: format!("not a JSON object of texts: {error}"),
                    rule: Rule::Syntax,
                })?;
            if path.is_some()
                && let Some(unknown) = read.keys().find(|key| !words.contains_key(*key))
            {
                let line = source.lines().position(|l| l.contains(&format!("\"{unknown}\"")));
                return Err(TemplateFault {
                    name: name.to_owned(),
                    line: line.and_then(|l| u32::try_from(l + 1).ok()),
                    detail: format!("there is no word \"{unknown}\""),
                    rule: Rule::UnknownField,
                });
            }
            path.get_or_insert(name);
            words.extend(read);
        }
        Ok(Self { path: path.unwrap_or("layout").to_owned(), words })
    }

    /// Replaces the words about tax by those of `issuer`.
    pub(super) fn taxed_as(&self, issuer: &Self) -> Self {
        let tax = TAX.iter().filter_map(|key| issuer.words.get_key_value(*key));
        let tax = tax.map(|(key, word)| (key.clone(), word.clone()));
        Self { path: self.path.clone(), words: self.words.clone().into_iter().chain(tax).collect() }
    }

    /// Writes the words without ß.
    pub(super) fn with_ss(mut self) -> Self {
        self.words.values_mut().for_each(|word| *word = word.replace('ß', "ss"));
        self
    }

    /// Returns the word of a key.
    pub(super) fn get(&self, key: &str) -> Result<&str, TemplateFault> {
        let found = self.words.get(key).map(String::as_str);
        found.ok_or_else(|| TemplateFault::new(&self.path, format!("the word \"{key}\" is missing")))
    }

    /// Returns the word of a key with its `{…}` filled in.
    pub(super) fn fill(&self, key: &str, placeholder: &str, value: &str) -> Result<String, TemplateFault> {
        Ok(self.get(key)?.replace(placeholder, value))
    }

    /// Returns all keys.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }
}

//! The fixed words of the layout in one language: labels, greeting, closing.

use super::fault::TemplateFault;
use crate::domain::language::Language;
use std::collections::BTreeMap;

/// Words by key. An override needs to name only those that it changes.
#[derive(Debug)]
pub(super) struct Words {
    path: String,
    words: BTreeMap<String, String>,
}

impl Words {
    /// Path of a language's words.
    pub(super) fn path(language: Language) -> String {
        format!("layout/{language}/words.json")
    }

    /// Reads levels from the lowest to the highest; a key that the lowest does not have is an error.
    pub(super) fn read<'a>(path: &str, levels: impl Iterator<Item = &'a str>) -> Result<Self, TemplateFault> {
        let mut words: BTreeMap<String, String> = BTreeMap::new();
        for (depth, source) in levels.enumerate() {
            let read: BTreeMap<String, String> =
                serde_json::from_str(source).map_err(|error| TemplateFault {
                    name: path.to_owned(),
                    line: u32::try_from(error.line()).ok().filter(|l| *l > 0),
                    detail: format!("not a JSON object of texts: {error}"),
                    rule: "syntax",
                })?;
            if depth > 0
                && let Some(unknown) = read.keys().find(|key| !words.contains_key(*key))
            {
                let line = source.lines().position(|l| l.contains(&format!("\"{unknown}\"")));
                return Err(TemplateFault {
                    name: path.to_owned(),
                    line: line.and_then(|l| u32::try_from(l + 1).ok()),
                    detail: format!("there is no word \"{unknown}\""),
                    rule: "unknown-field",
                });
            }
            words.extend(read);
        }
        Ok(Self { path: path.to_owned(), words })
    }

    /// The word of a key.
    pub(super) fn get(&self, key: &str) -> Result<&str, TemplateFault> {
        let found = self.words.get(key).map(String::as_str);
        found.ok_or_else(|| TemplateFault::new(&self.path, format!("the word \"{key}\" is missing")))
    }

    /// The word of a key with its `{…}` filled in.
    pub(super) fn fill(&self, key: &str, placeholder: &str, value: &str) -> Result<String, TemplateFault> {
        Ok(self.get(key)?.replace(placeholder, value))
    }

    /// All keys.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }
}

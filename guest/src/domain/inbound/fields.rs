//! Blocks of `Name: value` lines: the groups of a report, and the header of a message that was returned.

use super::limits;

/// Fields of one block, in order. Names in lower case, values unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Returns the first value of a field, trimmed; none where it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Returns the value of the first of these fields that the header has.
    pub(crate) fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Returns true if there is a field of this name, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(it, _)| it == name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns every name and value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn push(&mut self, name: &str, value: &str) {
        if self.0.len() < limits::FIELDS {
            let value = limits::bounded(value.trim(), limits::FIELD);
            self.0.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }

    fn continue_last(&mut self, line: &str) {
        if let Some((_, value)) = self.0.last_mut()
            && value.len() < limits::FIELD
        {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(limits::bounded(line.trim(), limits::FIELD));
        }
    }
}

/// Splits a line into the name and value of a field, if it is one.
pub(crate) fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = |b: u8| b.is_ascii_graphic();
    ((1..=60).contains(&name.len()) && name.bytes().all(is_name)).then_some((name, value))
}

/// Splits a text into its blocks, with empty lines between them. A line that is no field is passed over: servers write all sorts of things
/// into their reports.
pub(super) fn blocks(text: &str) -> Vec<Fields> {
    let mut blocks = vec![];
    let mut open = Fields::default();
    for line in text.lines().take(20_000) {
        if line.trim().is_empty() {
            if !open.is_empty() {
                blocks.push(std::mem::take(&mut open));
            }
            if blocks.len() > limits::RECIPIENTS {
                return blocks;
            }
        } else if line.starts_with([' ', '\t']) && field(line.trim_start()).is_none_or(|_| !open.is_empty()) {
            open.continue_last(line);
        } else if let Some((name, value)) = field(line.trim_start()) {
            open.push(name, value);
        } else {
            open.continue_last(line);
        }
    }
    if !open.is_empty() {
        blocks.push(open);
    }
    blocks
}

/// Reads the header at the beginning of a text.
pub(crate) fn header(text: &str) -> Fields {
    blocks(limits::bounded_bytes(text.trim_start(), 4 * limits::TEXT)).into_iter().next().unwrap_or_default()
}

//! Where in a JSON text something is: paths, and the line that a path leads to.

use super::super::error::{line_of, shortened};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(field: &str) -> Self {
        Step::Field(field.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// Writes a path, `$.lines[3].quantity`; a field whose name is no plain word is quoted in brackets.
pub(super) fn written(path: &[Step]) -> String {
    let mut text = String::from("$");
    for step in path {
        let plain =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // Writing to a String can't fail.
        let _ = match step {
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Field(name) if plain(name) => write!(text, ".{}", shortened(name, 60)),
            Step::Field(name) => write!(text, "[{:?}]", shortened(name, 60)),
        };
    }
    text
}

/// Returns the line of the value that a path leads to, or of the innermost value around it that exists.
pub(super) fn line(text: &str, path: &[Step]) -> Option<u32> {
    let (value, _) = innermost(text, path)?;
    // Raw values are slices of the text itself.
    let offset = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(line_of(text, offset))
}

/// Returns the value that a path leads to, as it is written.
pub(super) fn value<'t>(text: &'t str, path: &[Step]) -> Option<&'t str> {
    innermost(text, path).filter(|(_, steps)| *steps == path.len()).map(|(value, _)| value)
}

/// Returns the innermost value on a path that exists, and how many steps lead to it.
fn innermost<'t>(text: &'t str, path: &[Step]) -> Option<(&'t str, usize)> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for (steps, step) in path.iter().enumerate() {
        match Inside(step).deserialize(&mut serde_json::Deserializer::from_str(value.get())) {
            Ok(Some(inner)) => value = inner,
            _ => return Some((value.get(), steps)),
        }
    }
    Some((value.get(), path.len()))
}

/// One step into a value, keeping nothing of what lies beside it: the text may hold millions of fields.
struct Inside<'s>(&'s Step);

impl<'t> DeserializeSeed<'t> for Inside<'_> {
    type Value = Option<&'t RawValue>;

    fn deserialize<D: Deserializer<'t>>(self, from: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            Step::Field(_) => from.deserialize_map(self),
            Step::Index(_) => from.deserialize_seq(self),
        }
    }
}

impl<'t> Visitor<'t> for Inside<'_> {
    type Value = Option<&'t RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = fields.next_key::<String>()? {
            if matches!(self.0, Step::Field(wanted) if *wanted == name) {
                found = Some(fields.next_value()?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut index = 0;
        while let Some(entry) = entries.next_element::<&RawValue>()? {
            if *self.0 == Step::Index(index) {
                found = Some(entry);
            }
            index += 1;
        }
        Ok(found)
    }
}

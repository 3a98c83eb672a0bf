//! Where in a JSON text something is: paths, and the line that a path leads to.

use super::super::error::{line_of, shortened};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write;

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

/// `$.lines[3].quantity`; a field whose name is no plain word is quoted in brackets.
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

/// The line of the value that a path leads to, or of the innermost value around it that exists.
pub(super) fn line(text: &str, path: &[Step]) -> Option<u32> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for step in path {
        let inner = match step {
            Step::Field(name) => serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get())
                .ok()
                .and_then(|fields| fields.get(name).copied()),
            Step::Index(index) => serde_json::from_str::<Vec<&RawValue>>(value.get())
                .ok()
                .and_then(|entries| entries.get(*index).copied()),
        };
        match inner {
            Some(inner) => value = inner,
            None => break,
        }
    }
    // Raw values are slices of the text itself.
    let offset = (value.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(line_of(text, offset))
}

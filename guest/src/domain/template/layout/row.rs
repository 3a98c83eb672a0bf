//! A label and its value, as facts, totals and payment details show them.

use crate::domain::template::record::Record;
use minijinja::value::Value;

const ROW: &[&str; 3] = &["label", "value", "strong"];

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) strong: bool,
}

impl Row {
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), strong: false }
    }

    pub(super) fn strong(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { strong: true, ..Self::new(label, value) }
    }

    pub(super) fn value(self) -> Value {
        Record::value("row", ROW, [self.label.into(), self.value.into(), self.strong.into()])
    }
}

//! A label and its value, as facts, totals and payment details show them.

use crate::domain::template::record::Record;
use crate::domain::template::unbroken::stays_on_one_line;
use minijinja::value::Value;

const ROW: &[&str; 3] = &["label", "value", "strong"];
const FACT: &[&str; 3] = &["label", "value", "below"];
/// Characters that fit beside each other on the narrowest telephone.
const BESIDE: usize = 26;

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

    /// Makes a fact of the row: below its label stands a number that would be broken beside it.
    pub(super) fn fact(self) -> Value {
        let length = self.label.chars().count() + self.value.chars().count();
        let is_below = length > BESIDE && stays_on_one_line(&self.value) && !self.value.contains(' ');
        Record::value("fact", FACT, [self.label.into(), self.value.into(), is_below.into()])
    }
}

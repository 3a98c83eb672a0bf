//! A fixed set of named values: cheap to build, and strict: asking for a name that it does not have is an
//! error that lists those it has.

use minijinja::value::{Enumerator, Object, Value};
use minijinja::{Error, ErrorKind};
use std::sync::Arc;

/// Named values.
#[derive(Debug)]
pub(super) struct Record<const N: usize> {
    what: &'static str,
    fields: &'static [&'static str; N],
    values: [Value; N],
}

impl<const N: usize> Record<N> {
    /// Makes a record called `what` in errors; values in the order of the fields.
    pub(super) fn value(what: &'static str, fields: &'static [&'static str; N], values: [Value; N]) -> Value {
        Value::from_object(Self { what, fields, values })
    }
}

/// Compares character by character, from the first: names are short and most of them differ at once, and the sandbox's own comparison is a
/// call.
fn same(name: &str, key: &str) -> bool {
    name.len() == key.len() && name.bytes().eq(key.bytes())
}

/// Makes a value that is an error as soon as it is used.
pub(super) fn unknown(what: &str, field: &str, fields: &[&str]) -> Value {
    Value::from(Error::new(
        ErrorKind::UndefinedError,
        format!("\"{what}\" has no field \"{field}\": it has {}", fields.join(", ")),
    ))
}

impl<const N: usize> Object for Record<N> {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.fields.iter().position(|f| same(f, key)).and_then(|i| self.values.get(i));
        Some(found.cloned().unwrap_or_else(|| unknown(self.what, key, self.fields)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(self.fields)
    }
}

/// The names a template begins with; the last is found first. An unknown one is left to the engine, which has functions too.
#[derive(Debug, Clone)]
pub(super) struct Root(pub(super) Vec<(&'static str, Value)>);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().rev().find(|(name, _)| same(name, key)).map(|(_, value)| value.clone())
    }
}

//! Values that may be absent or `null`, and texts that stand for something.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Deserialises a value, or its default for `null`.
pub(in super::super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// Returns true if nothing in it is worth writing.
pub(in super::super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Deserialises a text that `read` accepts; `expected` names what that is.
pub(in super::super) fn text<'de, D: Deserializer<'de>, T>(
    from: D,
    expected: &'static str,
    read: fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    from.deserialize_str(Text { expected, read })
}

struct Text<T> {
    expected: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| {
            let found = super::super::error::shortened(text, 40);
            E::custom(format_args!("expected {}, found {found:?}", self.expected))
        })
    }
}

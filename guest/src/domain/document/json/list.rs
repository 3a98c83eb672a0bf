//! Lists, bounded while they are read, and `null` for an empty one.

use super::super::limits::{MAX_ENTRIES, MAX_LINES};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// The lines of the document.
pub(in super::super) fn lines<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_option(List { most: MAX_LINES, of: PhantomData })
}

/// Any other list.
pub(in super::super) fn short<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_option(List { most: MAX_ENTRIES, of: PhantomData })
}

/// How the message of a list beyond its bound begins: the one fault of JSON that is a refusal.
pub(super) const TOO_MANY: &str = "too many entries";

struct List<T> {
    most: usize,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            if list.len() == self.most {
                return Err(A::Error::custom(format_args!("{TOO_MANY}: at most {}", self.most)));
            }
            list.push(entry);
        }
        Ok(list)
    }
}

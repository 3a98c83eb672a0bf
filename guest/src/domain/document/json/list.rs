//! Lists, bounded while they are read, and `null` for an empty one.

use super::super::limits::{MAX_ENTRIES, MAX_LINES};
use super::object::Object;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// Deserialises the lines of the document.
pub(in super::super) fn lines<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    objects_up_to(MAX_LINES, from)
}

/// Deserialises any other list of objects.
pub(in crate::domain) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    objects_up_to(MAX_ENTRIES, from)
}

fn objects_up_to<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    most: usize,
    from: D,
) -> Result<Vec<T>, D::Error> {
    let list: List<Object<T>, T> = List { most, of: PhantomData, keep: |object| object.0 };
    from.deserialize_option(list)
}

/// Deserialises a list of texts.
pub(in crate::domain) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_option(List { most: MAX_ENTRIES, of: PhantomData::<String>, keep: |text| text })
}

/// How the message of a list beyond its bound begins: the one fault of JSON that is a refusal.
pub(super) const TOO_MANY: &str = "too many entries";

/// A list of `E` as it is read, of `T` as it is kept.
struct List<E, T> {
    most: usize,
    of: PhantomData<E>,
    keep: fn(E) -> T,
}

impl<'de, E: Deserialize<'de>, T> Visitor<'de> for List<E, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<F: Error>(self) -> Result<Self::Value, F> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element::<E>()? {
            if list.len() == self.most {
                return Err(A::Error::custom(format_args!("{TOO_MANY}: at most {}", self.most)));
            }
            list.push((self.keep)(entry));
        }
        Ok(list)
    }
}

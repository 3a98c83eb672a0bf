//! Fields of the business system's own, for texts of its own: few, short, and by names that a template can write.

use super::super::limits::{MAX_OWN, MAX_OWN_NAME};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most fields that are `null`.
const MOST_EMPTY: usize = 10 * MAX_OWN;

type Own = BTreeMap<String, String>;

/// Deserialises texts by name, or `null`; one that is `null` is left out.
pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Own, D::Error> {
    Ok(Option::<Texts>::deserialize(from)?.map(|texts| texts.0).unwrap_or_default())
}

struct Texts(Own);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(OwnFields).map(Texts)
    }
}

struct OwnFields;

impl<'de> Visitor<'de> for OwnFields {
    type Value = Own;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Own, A::Error> {
        let mut own = Own::new();
        let mut empty = BTreeSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if !is_name(&name) {
                let found = super::super::error::shortened(&name, 40);
                return Err(A::Error::custom(format_args!(
                    "expected a name of at most {MAX_OWN_NAME} letters, digits and underscores that does not begin with a digit, found {found:?}"
                )));
            }
            let text = fields.next_value::<Option<String>>()?;
            if own.contains_key(&name) || empty.contains(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            match text {
                // A spreadsheet has a column for what few of its rows have.
                None if empty.len() < MOST_EMPTY => drop(empty.insert(name)),
                Some(text) if own.len() < MAX_OWN => drop(own.insert(name, text)),
                _ => {
                    return Err(A::Error::custom(format_args!(
                        "{}: at most {MAX_OWN}",
                        super::list::TOO_MANY
                    )));
                }
            }
        }
        Ok(own)
    }
}

/// True for a name that a template can write after a point.
fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    first && name.len() <= MAX_OWN_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

//! Dates as `YYYY-MM-DD`, and nothing else.

use super::super::value;
use super::optional;
use chrono::NaiveDate;
use serde::{Deserializer, Serializer};

pub(in super::super) fn serialize<S: Serializer>(date: &NaiveDate, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(date)
}

pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    optional::text(from, value::DATE, value::date)
}

/// A date, or `null`.
pub(in super::super) mod optional_date {
    use super::*;
    use serde::Deserialize;

    struct Date(NaiveDate);
    impl<'de> Deserialize<'de> for Date {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            super::deserialize(from).map(Date)
        }
    }

    pub(in super::super::super) fn serialize<S: Serializer>(
        date: &Option<NaiveDate>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => to.collect_str(date),
            None => to.serialize_none(),
        }
    }

    pub(in super::super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<NaiveDate>, D::Error> {
        Ok(Option::<Date>::deserialize(from)?.map(|date| date.0))
    }
}

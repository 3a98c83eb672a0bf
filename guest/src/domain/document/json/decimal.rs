//! Decimals, written as strings and read from strings or numbers. A number is read from its own text, never
//! through a float: `0.10` stays `0.10`.

use super::super::limits::{MAX_DIGITS, MAX_INTEGER_DIGITS};
use super::super::value::{self, DecimalFault};
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::value::RawValue;

pub(in super::super) fn serialize<S: Serializer>(decimal: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(decimal)
}

pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let raw = <&RawValue>::deserialize(from)?;
    of(raw).map_err(|fault| D::Error::custom(message(fault, raw)))
}

/// A decimal, or `null`.
pub(in super::super) mod optional_decimal {
    use super::*;

    pub(in super::super::super) fn serialize<S: Serializer>(
        decimal: &Option<Decimal>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match decimal {
            Some(decimal) => to.collect_str(decimal),
            None => to.serialize_none(),
        }
    }

    pub(in super::super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Decimal>, D::Error> {
        match Option::<&RawValue>::deserialize(from)? {
            Some(raw) => of(raw).map(Some).map_err(|fault| D::Error::custom(message(fault, raw))),
            None => Ok(None),
        }
    }
}

/// Reads the decimal in a string or a number.
fn of(raw: &RawValue) -> Result<Decimal, DecimalFault> {
    let text = raw.get();
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(plain) if plain.contains('\\') => {
            value::decimal(&serde_json::from_str::<String>(text).map_err(|_| DecimalFault::Form)?)
        }
        Some(plain) => value::decimal(plain),
        None => match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => scientific(digits, exponent),
            None => value::decimal(text),
        },
    }
}

/// Reads a JSON number with an exponent, as some writers give a very small or large one.
fn scientific(digits: &str, exponent: &str) -> Result<Decimal, DecimalFault> {
    let mut decimal = value::decimal(digits)?;
    let exponent: i32 = exponent.parse().map_err(|_| DecimalFault::Form)?;
    if decimal.is_zero() {
        return Ok(decimal);
    }
    let power = exponent.unsigned_abs();
    if exponent > 0 {
        if power as usize > MAX_INTEGER_DIGITS {
            return Err(DecimalFault::TooLarge);
        }
        let factor = Decimal::from_i128_with_scale(10i128.pow(power), 0);
        decimal = decimal.checked_mul(factor).ok_or(DecimalFault::TooLarge)?;
    } else {
        let scale = decimal.scale().saturating_add(power);
        decimal.set_scale(scale).map_err(|_| DecimalFault::TooPrecise)?;
    }
    // The same bounds as for a decimal without an exponent.
    value::decimal(&decimal.to_string())
}

fn message(fault: DecimalFault, raw: &RawValue) -> String {
    let found = super::super::error::shortened(raw.get(), 40);
    match fault {
        DecimalFault::Form => format!("{fault} (a string or a number), found {found}"),
        _ => format!("{fault}, found {found}"),
    }
}

const _: () = assert!(MAX_INTEGER_DIGITS <= MAX_DIGITS, "10^n must fit in a decimal");

//! Values that know how their reader writes them: money, dates and decimal numbers.

use super::format;
use crate::domain::document::Money;
use crate::domain::language::Locale;
use chrono::NaiveDate;
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An amount of money, printed as its reader writes it. False where it is zero.
#[derive(Debug)]
pub(super) struct Amount {
    pub(super) money: Money,
    pub(super) locale: Locale,
}

impl Object for Amount {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "amount" => Some(Value::from_object(Number { value: self.money.amount, locale: self.locale })),
            "currency" => Some(Value::from(self.money.currency.code())),
            _ => None,
        }
    }
    fn is_true(self: &Arc<Self>) -> bool {
        !self.money.amount.is_zero()
    }
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.money.amount.cmp(&other.money.amount))
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::money(self.money, self.locale))
    }
}

/// A decimal number, printed as its reader writes it. False where it is zero.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) value: Decimal,
    pub(super) locale: Locale,
}

impl Object for Number {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn is_true(self: &Arc<Self>) -> bool {
        !self.value.is_zero()
    }
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.value.cmp(&other.downcast_ref::<Self>()?.value))
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::number(self.value, self.locale))
    }
}

/// A date, printed in its long form.
#[derive(Debug)]
pub(super) struct Date {
    pub(super) date: NaiveDate,
    pub(super) locale: Locale,
}

impl Object for Date {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.date.cmp(&other.downcast_ref::<Self>()?.date))
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::long_date(self.date, self.locale))
    }
}

pub(super) fn amount(money: Option<Money>, locale: Locale) -> Value {
    money.map_or_else(none, |money| Value::from_object(Amount { money, locale }))
}

pub(super) fn decimal(value: Option<Decimal>, locale: Locale) -> Value {
    value.map_or_else(none, |value| Value::from_object(Number { value, locale }))
}

pub(super) fn date(date: Option<NaiveDate>, locale: Locale) -> Value {
    date.map_or_else(none, |date| Value::from_object(Date { date, locale }))
}

pub(super) fn text(text: Option<&str>) -> Value {
    text.map_or_else(none, Value::from)
}

pub(super) fn none() -> Value {
    Value::from(())
}

/// Reads a number that a template passes to `number` or `plural`: ours, an integer, or digits as text.
pub(super) fn to_decimal(value: &Value) -> Result<Decimal, Error> {
    if let Some(number) = value.downcast_object_ref::<Number>() {
        return Ok(number.value);
    }
    if let Some(amount) = value.downcast_object_ref::<Amount>() {
        return Ok(amount.money.amount);
    }
    let digits = value.to_string();
    Decimal::from_str(&digits).map_err(|_| wrong(value, "a number"))
}

/// Makes the error for a value of another sort than a filter takes.
pub(super) fn wrong(value: &Value, wanted: &str) -> Error {
    if value.is_none() { absent() } else { invalid(format!("expected {wanted}, found {}", value.kind())) }
}

/// The error where a value is printed that does not exist.
pub(super) const ABSENT: &str = "there is no such value for every document: guard it with {% if … %}";

/// Makes the error for printing a value that the document does not have.
pub(super) fn absent() -> Error {
    invalid(ABSENT.to_owned())
}

fn invalid(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

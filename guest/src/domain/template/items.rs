//! The document's lines in a layout: two columns at every width, so that a telephone shows them as a desk does. What a line is,
//! with its quantity and price below, and what it comes to.

use super::body::push_escaped;
use super::fault::TemplateFault;
use super::format::{long_date, money, number};
use super::record::Record;
use super::render::RenderRequest;
use super::value::none;
use super::words::Words;
use crate::domain::document::{Document, Line, Money};
use crate::domain::kind::DocumentKind;
use minijinja::value::Value;
use rust_decimal::Decimal;
use std::borrow::Cow;

const ITEM: &[&str; 5] = &["name", "small", "detail", "value", "sum"];
const COLUMNS: &[&str; 2] = &["name", "value"];

/// Which columns the table has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    quantity: bool,
    pub(super) amount: bool,
}

impl Columns {
    /// A column is shown where a line has something for it.
    pub(super) fn of(lines: &[Line]) -> Self {
        Self {
            quantity: lines.iter().any(|l| l.quantity.is_some()),
            amount: lines.iter().any(|l| l.net_amount.or(l.balance).is_some()),
        }
    }

    /// Their headings. At the right stand amounts, else quantities; none where there are neither.
    pub(super) fn value(self, words: &Words) -> Result<Value, TemplateFault> {
        let value = match (self.amount, self.quantity) {
            (true, _) => Value::from(words.get("amount")?),
            (false, true) => Value::from(words.get("quantity")?),
            (false, false) => none(),
        };
        Ok(Record::value("columns", COLUMNS, [Value::from(words.get("description")?), value]))
    }
}

/// A line as both layouts show it.
pub(super) fn item(
    document: &Document,
    line: &Line,
    columns: Columns,
    request: &RenderRequest<'_>,
    words: &Words,
) -> Result<Value, TemplateFault> {
    let locale = request.locale;
    let price = |amount: Option<Decimal>| {
        let amount = amount.map(|amount| Money { amount, currency: document.currency });
        amount.map(|m| money(m, locale)).unwrap_or_default()
    };
    let mut quantity = line.quantity.map(|q| number(q, locale)).unwrap_or_default();
    if let Some(unit) = line.unit.as_deref().and_then(unit_symbol).filter(|_| !quantity.is_empty()) {
        quantity.push('\u{a0}');
        quantity.push_str(unit);
    }
    // The lines of a statement are documents, of which something may be paid; those of an invoice add up to its totals.
    let lists_documents = matches!(document.kind, DocumentKind::Statement | DocumentKind::Reminder);
    let balance = line.balance.filter(|_| lists_documents);
    let (price, amount) = (price(line.unit_price), price(balance.or(line.net_amount)));
    let whole = match balance {
        Some(_) => amount.clone(),
        None => sum(&quantity, &price, &amount),
    };
    let detail = line.description.as_deref().filter(|d| d.trim() != line.name.trim());
    let mut detail = detail.map(|detail| clipped(detail, 240));
    if let Some(facts) = facts(line, request, words)? {
        detail = Some(match detail {
            Some(own) => format!("{facts} · {own}").into(),
            None => facts.into(),
        });
    }
    let each = if columns.amount { sum(&quantity, &price, "") } else { price.clone() };
    Ok(Record::value(
        "line",
        ITEM,
        [
            Value::from(&*clipped(&line.name, 160)),
            Value::from_safe_string(small(&each, detail.as_deref())),
            detail.as_deref().map_or_else(none, Value::from),
            Value::from(if columns.amount { &*amount } else { &*quantity }),
            Value::from(whole),
        ],
    ))
}

/// What a line of a statement says of the document that it is about: number, day, total and due date, each where it is given and not said
/// beside it.
fn facts(line: &Line, request: &RenderRequest<'_>, words: &Words) -> Result<Option<String>, TemplateFault> {
    if line.date.or(line.due_date).is_none() && line.document.is_none() && line.balance.is_none() {
        return Ok(None);
    }
    let locale = request.locale;
    let mut facts = Vec::new();
    if let Some(number) = line.document.as_deref().filter(|number| !line.name.contains(number)) {
        facts.push(clipped(number, 80).into_owned());
    }
    facts.extend(line.date.map(|date| long_date(date, locale)));
    let currency = request.document.currency;
    if let Some(amount) = line.net_amount.filter(|net| line.balance.is_some_and(|left| left != *net)) {
        let (total, colon) = (words.get("total")?, words.get("colon")?);
        facts.push(format!("{total}{colon} {}", money(Money { amount, currency }, locale)));
    }
    if let Some(due) = line.due_date {
        facts.push(words.fill("due_on", "{date}", &long_date(due, locale))?);
    }
    Ok((!facts.is_empty()).then(|| facts.join(" · ")))
}

/// What stands below a line's name, in HTML: quantity and price, then the detail.
fn small(each: &str, detail: Option<&str>) -> String {
    let mut small = String::with_capacity(each.len() + detail.map_or(0, |detail| detail.len() + 24));
    push_escaped(&mut small, each);
    if let Some(detail) = detail {
        if !each.is_empty() {
            small.push_str("<br>");
        }
        small.push_str("<bdi>");
        push_escaped(&mut small, detail);
        small.push_str("</bdi>");
    }
    small
}

/// `2 × € 605,00 = € 1.210,00`, or as much of it as there is.
fn sum(quantity: &str, price: &str, amount: &str) -> String {
    let mut sum = String::with_capacity(quantity.len() + price.len() + amount.len() + 8);
    sum.push_str(quantity);
    if !quantity.is_empty() && !price.is_empty() {
        sum.push_str(" × ");
    }
    if !quantity.is_empty() || amount.is_empty() {
        sum.push_str(price);
    }
    if !quantity.is_empty() && !amount.is_empty() {
        sum.push_str(" = ");
    }
    sum.push_str(amount);
    sum
}

/// Units whose symbol is the same in every language (UN/ECE Rec 20); others are left to the document itself.
fn unit_symbol(code: &str) -> Option<&'static str> {
    Some(match code {
        "KGM" => "kg",
        "GRM" => "g",
        "TNE" => "t",
        "LTR" => "l",
        "MTR" => "m",
        "CMT" => "cm",
        "MMT" => "mm",
        "KMT" | "KTM" => "km",
        "MTK" => "m²",
        "MTQ" => "m³",
        "HUR" => "h",
        "MIN" => "min",
        "KWH" => "kWh",
        _ => return None,
    })
}

fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    let line = match is_one_line(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    if line.len() <= most {
        return line;
    }
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()).into(),
        None => line,
    }
}

/// True for words with one space between them, as nearly all texts are; false where that would take a closer
/// look: beyond ASCII, white space begins with one of four bytes.
fn is_one_line(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        if byte < b' ' || (byte == b' ' && before == b' ') || matches!(byte, 0xc2 | 0xe1..=0xe3) {
            return false;
        }
        before = byte;
    }
    before != b' '
}

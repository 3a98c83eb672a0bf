//! The document's lines in a layout: two columns at every width, so that a telephone shows them as a desktop does. What a line is, with its
//! quantity and price below, and what it comes to.

use super::fault::TemplateFault;
use super::format::{long_date, money, number};
use super::record::Record;
use super::request::RenderRequest;
use super::value::none;
use super::words::Words;
use crate::domain::document::{Line, Money};
use crate::domain::html::push_escaped;
use crate::domain::kind::DocumentKind;
use minijinja::value::Value;
use rust_decimal::Decimal;
use std::borrow::Cow;

const ITEM: &[&str; 5] = &["name", "small", "detail", "value", "sum"];
const COLUMNS: &[&str; 2] = &["name", "value"];

/// The columns of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    quantity: bool,
    pub(super) amount: bool,
}

impl Columns {
    /// Finds the columns that have something to show in at least one line.
    pub(super) fn of(lines: &[Line]) -> Self {
        Self {
            quantity: lines.iter().any(|l| l.quantity.is_some()),
            amount: lines.iter().any(|l| l.net_amount.or(l.balance).is_some()),
        }
    }

    /// Makes the headings of the columns. At the right stand amounts, else quantities; none where there are neither.
    pub(super) fn value(self, words: &Words) -> Result<Value, TemplateFault> {
        let value = self.heading(words)?.map_or_else(none, Value::from);
        Ok(Record::value("columns", COLUMNS, [Value::from(words.get("description")?), value]))
    }

    fn heading(self, words: &Words) -> Result<Option<&str>, TemplateFault> {
        Ok(match (self.amount, self.quantity) {
            (true, _) => Some(words.get("amount")?),
            (false, true) => Some(words.get("quantity")?),
            (false, false) => None,
        })
    }
}

/// The lines of the document that a layout shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// How many, from the first.
    pub(super) lines: usize,
    /// One by one, too: for a layout of the company's own.
    pub(super) each: bool,
}

/// The document's lines as the shipped layouts show them. Made at once: as loops of the layouts they cost nearly a tenth of a mail.
pub(super) struct Lines {
    /// The rows of a table.
    pub(super) html: String,
    /// The entries of a list.
    pub(super) text: String,
    /// One by one, where that is asked for; none elsewhere.
    pub(super) each: Value,
}

/// Makes the lines that are shown.
pub(super) fn lines(
    request: &RenderRequest<'_>,
    words: &Words,
    shown: Shown,
    columns: Columns,
) -> Result<Lines, TemplateFault> {
    let has_value = columns.heading(words)?.is_some_and(|heading| !heading.is_empty());
    let (mut html, mut text) =
        (String::with_capacity(512 * shown.lines), String::with_capacity(128 * shown.lines));
    let mut each = shown.each.then(Vec::new);
    for line in &request.document.lines[..shown.lines] {
        let item = Item::of(line, columns, request, words)?;
        item.push_row(&mut html, has_value);
        item.push_entry(&mut text);
        if let Some(each) = &mut each {
            each.push(item.value());
        }
    }
    // The layouts end the last line.
    html.pop();
    text.pop();
    Ok(Lines { html, text, each: each.map_or_else(none, Value::from) })
}

/// What the layouts show of a line.
struct Item<'a> {
    name: Cow<'a, str>,
    /// Below the name in a table: what one costs, and how many there are where the column does not show it.
    each: String,
    detail: Option<Cow<'a, str>>,
    /// What stands at the right of a table.
    value: String,
    /// All of it in one line.
    sum: String,
}

impl<'a> Item<'a> {
    fn of(
        line: &'a Line,
        columns: Columns,
        request: &RenderRequest<'_>,
        words: &Words,
    ) -> Result<Self, TemplateFault> {
        let (locale, document) = (request.locale, request.document.as_ref());
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
        let detail = line.description.as_deref().filter(|d| d.trim() != line.name.trim());
        let mut detail = detail.map(|detail| clipped(detail, 240));
        if let Some(facts) = facts(line, request, words)? {
            detail = Some(match detail {
                Some(own) => format!("{facts} · {own}").into(),
                None => facts.into(),
            });
        }
        let sum = match balance {
            Some(_) => amount.clone(),
            None => joined(&quantity, &price, &amount),
        };
        let (each, value) = match columns.amount {
            true => (joined(&quantity, &price, ""), amount),
            false => (price, quantity),
        };
        Ok(Self { name: clipped(&line.name, 160), each, detail, value, sum })
    }

    /// Appends a row of the table in `layout/mail.html`.
    fn push_row(&self, html: &mut String, has_value: bool) {
        html.push_str(
            "<tr valign=\"top\"><td class=\"l\" style=\"padding:9px 12px 9px 0;border-bottom:1px solid #e6eaee;\
             word-break:break-word\"><bdi>",
        );
        // A slash is escaped as well, as the engine does in a name that a layout prints.
        for (at, part) in self.name.split('/').enumerate() {
            html.push_str(if at > 0 { "&#x2f;" } else { "" });
            push_escaped(html, part);
        }
        html.push_str("</bdi>");
        if !self.each.is_empty() || self.detail.is_some() {
            html.push_str("<br><span class=\"m\" style=\"font-size:13px;color:#5b6773\">");
            self.push_small(html);
            html.push_str("</span>");
        }
        html.push_str("</td>");
        if has_value {
            html.push_str(
                "<td class=\"l\" align=\"right\" style=\"padding:9px 0;border-bottom:1px solid #e6eaee\">",
            );
            push_escaped(html, &self.value);
            html.push_str("</td>");
        }
        html.push_str("</tr>\n");
    }

    /// Appends what stands below the name, in HTML: quantity and price, then the detail.
    fn push_small(&self, html: &mut String) {
        push_escaped(html, &self.each);
        if let Some(detail) = &self.detail {
            if !self.each.is_empty() {
                html.push_str("<br>");
            }
            html.push_str("<bdi>");
            push_escaped(html, detail);
            html.push_str("</bdi>");
        }
    }

    /// Appends an entry of the list in `layout/mail.txt`, with what the line comes to and its detail below.
    fn push_entry(&self, text: &mut String) {
        text.push_str("- ");
        text.push_str(&self.name);
        let below = [Some(self.sum.as_str()), self.detail.as_deref()].into_iter().flatten();
        for below in below.filter(|below| !below.is_empty()) {
            text.push_str("\n  ");
            text.push_str(below);
        }
        text.push('\n');
    }

    /// Makes the line for a layout that loops.
    fn value(&self) -> Value {
        let mut small = String::new();
        self.push_small(&mut small);
        Record::value(
            "line",
            ITEM,
            [
                Value::from(&*self.name),
                Value::from_safe_string(small),
                self.detail.as_deref().map_or_else(none, Value::from),
                Value::from(self.value.as_str()),
                Value::from(self.sum.as_str()),
            ],
        )
    }
}

/// Describes the document that a line of a statement is about: number, day, total and due date, each where it is given and not shown beside
/// it.
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

/// Joins quantity, price and amount, `2 × € 605,00 = € 1.210,00`, or as much of it as there is.
fn joined(quantity: &str, price: &str, amount: &str) -> String {
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

/// Returns the symbol of a unit that has one for all languages (UN/ECE Rec 20); others are left to the document itself.
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

//! The amount that a mail shows first, under the name of what it means to its reader, and when it is due.

use crate::domain::document::{Document, Money, PaymentMethod};
use crate::domain::kind::{DocumentKind as K, UseCase as U};
use crate::domain::template::body::unbroken;
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::format::{long_date, money, number};
use crate::domain::template::record::Record;
use crate::domain::template::request::RenderRequest;
use crate::domain::template::words::Words;
use chrono::NaiveDate;
use minijinja::value::Value;
use rust_decimal::Decimal;

const HEADLINE: &[&str; 3] = &["label", "value", "size"];
const DUE: &[&str; 2] = &["text", "late"];

/// The payment that a mail asks of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain::template) enum Demand {
    /// Asks for nothing: the document is paid, is paid by itself, or is not theirs to pay.
    Nothing,
    /// Asks to transfer what is open.
    Transfer,
    /// Asks to leave it in the account that a direct debit collects from.
    Collection,
}

impl Demand {
    /// Derives what a mail asks for, from its purpose and from how its document is paid.
    pub(in crate::domain::template) fn of(request: &RenderRequest<'_>) -> Self {
        let d = request.document.as_ref();
        let is_paid = d.owed().is_some_and(|owed| owed.amount.is_zero());
        if !request.purpose.asks_for_payment() || d.is_self_billed() || is_paid {
            return Self::Nothing;
        }
        match d.payment_method() {
            PaymentMethod::Transfer => Self::Transfer,
            // What is reminded of was not collected.
            PaymentMethod::DirectDebit if request.purpose.reminds_of_payment() => Self::Nothing,
            PaymentMethod::DirectDebit => Self::Collection,
            PaymentMethod::Card | PaymentMethod::Cash | PaymentMethod::Clearing => Self::Nothing,
        }
    }
}

/// The amount that stands first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headline {
    pub(super) label: String,
    pub(super) value: String,
    /// True for what the reader is asked to pay, which needs no label in a list of mails.
    pub(super) is_asked: bool,
    /// What the amount is of.
    pub(super) money: Money,
}

impl Headline {
    pub(super) fn value(self) -> Value {
        // So that it fits the narrowest screens, where nothing can break it.
        let size = match self.value.chars().count() {
            0..=12 => 32,
            13..=16 => 24,
            17..=22 => 19,
            _ => 16,
        };
        Record::value("amount", HEADLINE, [self.label.into(), self.value.into(), Value::from(size)])
    }
}

/// Returns the amount that stands first. None of a cancelled document, and of those that are about goods.
pub(super) fn headline(
    request: &RenderRequest<'_>,
    words: &Words,
    demand: Demand,
) -> Result<Option<Headline>, TemplateFault> {
    let d = request.document.as_ref();
    if request.purpose.use_case() == U::Cancelled
        || matches!(d.kind, K::DeliveryNote | K::RequestForQuotation)
    {
        return Ok(None);
    }
    let owed = asked(request).filter(|owed| !owed.amount.is_zero());
    let found = match (demand, owed) {
        (_, owed) if d.kind == K::Statement => match in_favour(d) {
            Some(favour) => Some(("in_favour", favour)),
            // Of a balance that is due in parts, those that are late.
            None if owed.is_some() && owed != d.owed() => owed.map(|late| ("overdue", late)),
            None => owed.or_else(|| d.owed()).map(|balance| ("balance", balance)),
        },
        (Demand::Transfer, Some(owed)) => Some(("open", owed)),
        (Demand::Collection, Some(owed)) => Some(("to_collect", owed)),
        (Demand::Nothing, Some(owed)) if request.purpose.reminds_of_payment() => {
            Some((if d.owed() == Some(owed) { "balance" } else { "overdue" }, owed))
        }
        _ => match in_favour(d) {
            Some(favour) => Some(("in_favour", favour)),
            None => {
                d.total().map(|total| (if is_paid(request) { "paid" } else { "total" }, d.as_read(total)))
            }
        },
    };
    let Some((key, of)) = found else { return Ok(None) };
    Ok(Some(Headline {
        label: words.get(key)?.to_owned(),
        value: money(of, request.locale),
        is_asked: key == "open",
        money: of,
    }))
}

/// Returns true for the thanks for the whole of an invoice, and for a receipt: what stands first is that it is paid.
pub(super) fn is_paid(request: &RenderRequest<'_>) -> bool {
    let d = request.document.as_ref();
    let owes_nothing = in_favour(d).is_none() && d.owed().is_some_and(|owed| owed.amount.is_zero());
    match (request.purpose.kind(), request.purpose.use_case()) {
        (K::Invoice, U::ThankYou) => owes_nothing,
        (K::Receipt, use_case) => use_case != U::Cancelled,
        _ => false,
    }
}

/// Returns what the mail is about: a reminder of a document in parts those that are late, else all that is owed.
pub(in crate::domain::template) fn asked(request: &RenderRequest<'_>) -> Option<Money> {
    match request.purpose.reminds_of_payment() {
        true => request.document.overdue(request.today),
        false => request.document.owed(),
    }
}

/// Returns the day on which the amount that is asked for is due. Several parts have none in common, unless what is asked for is what is
/// late of them: its first. Nor has a statement whose invoices are not listed.
pub(in crate::domain::template) fn due_date(request: &RenderRequest<'_>) -> Option<NaiveDate> {
    let (d, today) = (request.document.as_ref(), request.today);
    d.due_date.filter(|date| match d.is_in_parts() {
        true => *date < today && d.late(today) == asked(request),
        false => d.kind != K::Statement,
    })
}

/// Returns what is in the reader's favour, of the documents that can have such an amount.
pub(super) fn in_favour(d: &Document) -> Option<Money> {
    let can_have = matches!(d.kind, K::Invoice | K::Reminder | K::Statement | K::CreditNote);
    d.in_favour().filter(|_| can_have)
}

/// When the amount is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) text: String,
    /// The day has passed.
    pub(super) is_late: bool,
}

impl Due {
    pub(super) fn value(self) -> Value {
        Record::value("due", DUE, [self.text.into(), self.is_late.into()])
    }
}

/// Writes when the amount is due, in days from today, or that the document no longer holds.
pub(super) fn due(
    request: &RenderRequest<'_>,
    words: &Words,
    demand: Demand,
) -> Result<Option<Due>, TemplateFault> {
    let d = request.document.as_ref();
    if request.purpose.use_case() == U::Cancelled {
        let key = if matches!(d.kind, K::Quote | K::Reminder | K::RequestForQuotation) {
            "withdrawn"
        } else {
            "void"
        };
        return Ok(Some(Due { text: words.get(key)?.to_owned(), is_late: true }));
    }
    let Some(date) = due_date(request) else { return Ok(None) };
    let written = long_date(date, request.locale);
    match demand {
        Demand::Nothing => Ok(None),
        Demand::Collection if date < request.today => Ok(None),
        Demand::Collection => {
            Ok(Some(Due { text: words.fill("collected_on", "{date}", &written)?, is_late: false }))
        }
        Demand::Transfer => {
            let mut text = when_due(request, words, date, &written)?;
            let days = days_until(request, date);
            if days > 0 && d.kind != K::Reminder {
                // What is wrapped at a middle dot leaves it hanging at the end of the line.
                let in_days = unbroken(&counted(request, words, days, ["due_in_one", "due_in"])?);
                text = format!("{text} ({in_days})");
            }
            Ok(Some(Due { text, is_late: days < 0 }))
        }
    }
}

/// Writes when a transfer is due on `date`, which is `written` so: by which day, today, or for how long it has been late.
pub(in crate::domain::template) fn when_due(
    request: &RenderRequest<'_>,
    words: &Words,
    date: NaiveDate,
    written: &str,
) -> Result<String, TemplateFault> {
    match days_until(request, date) {
        // It reminds of what was due long ago.
        0.. if request.document.kind == K::Reminder => words.fill("pay_on", "{date}", written),
        days @ ..0 => counted(request, words, days, ["overdue_one", "overdue_by"]),
        0 => words.get("due_today").map(str::to_owned),
        _ => words.fill("due_on", "{date}", written),
    }
}

fn days_until(request: &RenderRequest<'_>, date: NaiveDate) -> i64 {
    date.signed_duration_since(request.today).num_days()
}

/// Writes a number of days, by the word for one of them or for several.
fn counted(
    request: &RenderRequest<'_>,
    words: &Words,
    days: i64,
    [one, several]: [&str; 2],
) -> Result<String, TemplateFault> {
    match days.abs() {
        1 => words.get(one).map(str::to_owned),
        n => words.fill(several, "{n}", &number(Decimal::from(n), request.locale)),
    }
}

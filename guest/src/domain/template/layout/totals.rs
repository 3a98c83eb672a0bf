//! The sums below the lines, so that they lead from the lines to the amount at the top: what was taken off or added, VAT per
//! rate, rounding, what was paid already.

use super::amount::{asked, in_favour, is_paid};
use super::row::Row;
use crate::domain::document::{Document, Money, PaymentMethod};
use crate::domain::kind::{DocumentKind as K, UseCase as U};
use crate::domain::language::{Language, Locale};
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::format::{money, number};
use crate::domain::template::request::RenderRequest;
use crate::domain::template::words::Words;
use rust_decimal::Decimal;

/// Makes the rows, in the order in which they are added up.
pub(super) fn rows(request: &RenderRequest<'_>, words: &Words) -> Result<Vec<Row>, TemplateFault> {
    let d = request.document.as_ref();
    let t = &d.totals;
    let written = |amount| money(Money { amount, currency: d.currency }, request.locale);
    let some = |amount: Option<Decimal>| amount.filter(|amount| !amount.is_zero());
    let mut rows = Vec::new();
    let mut push = |key: &str, amount: Decimal| {
        rows.push(Row::new(words.get(key)?, written(amount)));
        Ok::<(), TemplateFault>(())
    };
    let (allowances, charges) = (some(d.allowed()), some(d.charged()));
    if let Some(lines) = t.lines.filter(|_| allowances.or(charges).is_some()) {
        push("subtotal", lines)?;
    }
    if let Some(allowances) = allowances {
        push("allowances", -allowances)?;
    }
    if let Some(charges) = charges {
        push("charges", charges)?;
    }
    // Without VAT the net total is the total: why there is none is explained in the document itself.
    if let (Some(net), Some(tax)) = (t.tax_exclusive, t.tax.filter(|tax| !tax.is_zero())) {
        push("net_total", net)?;
        match rates(d) {
            Some(taxes) => {
                for (percent, tax) in taxes {
                    let rate = percent_of(percent, request.locale);
                    rows.push(Row::new(words.fill("vat_at", "{rate}", &rate)?, written(tax)));
                }
            }
            None => push("tax", tax)?,
        }
    }
    let Some(total) = d.total() else { return Ok(rows) };
    rows.push(Row::strong(words.get(name_of_total(d, total))?, written(total.amount)));
    rows.extend(after_total(request, words, None)?);
    Ok(rows)
}

/// Returns the word for the total: that of a statement is its balance, where nothing of it is paid.
pub(super) fn name_of_total(d: &Document, total: Money) -> &'static str {
    let is_balance = d.kind == K::Statement && d.open_amount().is_none_or(|open| open == total);
    if is_balance { "balance" } else { "total" }
}

/// Makes the rows that follow the total where it is not what is owed: rounding, what was paid, and what is left, unless that amount was
/// `stated` above.
pub(super) fn after_total(
    request: &RenderRequest<'_>,
    words: &Words,
    stated: Option<Money>,
) -> Result<Vec<Row>, TemplateFault> {
    let d = request.document.as_ref();
    let Some(total) = d.total() else { return Ok(Vec::new()) };
    let rounding = d.totals.rounding.filter(|rounding| !rounding.is_zero());
    let rounding = rounding.map(|amount| ("rounding", Money { amount, ..total }));
    // Where the whole counts as paid, a row shows that.
    let paid =
        d.paid().filter(|_| counts_payments(d) && !is_paid(request)).map(|paid| ("already_paid", paid));
    let mut rows = Vec::new();
    for (key, of) in [rounding, paid].into_iter().flatten() {
        rows.push(Row::new(words.get(key)?, money(of, request.locale)));
    }
    // What the thanks are for may not be counted as paid yet: then it is unknown what is left.
    let is_known = request.purpose.use_case() != U::ThankYou || d.paid().is_some();
    if is_known && (!rows.is_empty() || d.owed().is_some_and(|owed| owed != total)) {
        let left = remainder(request).filter(|(_, left)| stated != Some(*left));
        if let Some((key, left)) = left {
            rows.push(Row::strong(words.get(key)?, money(left, request.locale)));
        }
    }
    Ok(rows)
}

/// Returns true for a document that what was paid is taken off.
pub(super) fn counts_payments(d: &Document) -> bool {
    matches!(d.kind, K::Invoice | K::Reminder | K::Statement | K::Receipt)
}

/// Writes a rate: "21%", in French and German "21 %".
fn percent_of(percent: Decimal, locale: Locale) -> String {
    let space = if matches!(locale.language, Language::Fr | Language::De) { "\u{a0}" } else { "" };
    format!("{}{space}%", number(percent, locale))
}

/// Makes the rows of VAT by rate, where there are several, in the order of the document. Categories of one rate are one: a reader sees the
/// rate alone.
fn rates(d: &Document) -> Option<Vec<(Decimal, Decimal)>> {
    let mut rates: Vec<(Decimal, Decimal)> = Vec::new();
    for of in &d.taxes {
        let percent = of.percent?;
        match rates.iter_mut().find(|(known, _)| *known == percent) {
            Some((_, tax)) => *tax = tax.saturating_add(of.tax),
            None => rates.push((percent, of.tax)),
        }
    }
    (rates.len() > 1).then_some(rates)
}

/// Returns what is left after what was paid, and the word for it at the top. Nothing of a document that is not theirs to pay.
fn remainder(request: &RenderRequest<'_>) -> Option<(&'static str, Money)> {
    let d = request.document.as_ref();
    if !matches!(d.kind, K::Invoice | K::Reminder | K::Statement) || d.is_self_billed() {
        return None;
    }
    if let Some(favour) = in_favour(d) {
        return Some(("in_favour", favour));
    }
    let owed = d.owed().filter(|owed| !owed.amount.is_zero())?;
    let key = match d.payment_method() {
        _ if d.kind == K::Statement => "balance",
        // Of several parts a reminder asks for those that are late: this is not what is due.
        PaymentMethod::Transfer if asked(request) != Some(owed) => "balance",
        PaymentMethod::Transfer => "open",
        _ if request.purpose.reminds_of_payment() => "balance",
        PaymentMethod::DirectDebit => "to_collect",
        _ => return None,
    };
    Some((key, owed))
}

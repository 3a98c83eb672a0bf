//! What a reader looks for beside the amount: dates, their own order, what was paid.

use super::amount::{Demand, Due, Headline, is_paid};
use super::row::Row;
use super::totals::{after_total, counts_payments, name_of_total};
use crate::domain::document::Money;
use crate::domain::kind::{Audience, DocumentKind as K, UseCase as U};
use crate::domain::language::Locale;
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::format::{long_date, money};
use crate::domain::template::request::RenderRequest;
use crate::domain::template::words::Words;
use chrono::NaiveDate;

/// Makes the rows of facts. A cancelled document has no date to keep and nothing to pay.
pub(super) fn rows(
    request: &RenderRequest<'_>,
    words: &Words,
    demand: Demand,
    amount: Option<&Headline>,
    due: Option<&Due>,
    has_totals: bool,
) -> Result<Vec<Row>, TemplateFault> {
    let (d, locale) = (request.document.as_ref(), request.locale);
    let (kind, live) = (d.kind, request.purpose.use_case() != U::Cancelled);
    let mut rows = vec![Row::new(words.get("date")?, breakable_date(d.issue_date, locale))];
    let mut push_date = |key: &str, date: Option<NaiveDate>, wanted: bool| {
        if let Some(date) = date.filter(|_| wanted) {
            rows.push(Row::new(words.get(key)?, breakable_date(date, locale)));
        }
        Ok::<(), TemplateFault>(())
    };
    // Beside "21 days overdue": otherwise the amount's own line has the date.
    push_date("due_date", d.due_date, demand == Demand::Transfer && due.is_some_and(|due| due.is_late))?;
    // Once an offer is accepted or has come, the day until which it was open has no meaning.
    let open = live && request.purpose.use_case() != U::ThankYou;
    push_date("valid_until", d.valid_until, open && kind == K::Quote)?;
    push_date("quote_due", d.valid_until, open && kind == K::RequestForQuotation)?;
    let delivers = matches!(kind, K::SalesOrder | K::OrderConfirmation | K::DeliveryNote);
    push_date("delivery_date", d.delivery_date, live && delivers)?;
    push_date("requested_delivery_date", d.delivery_date, live && kind == K::PurchaseOrder)?;
    if let Some(order) = d.references.order.as_deref().filter(|_| d.audience() == Audience::Customer) {
        rows.push(Row::new(words.get("order")?, order));
    }
    // A statement's parts are the invoices on it.
    if demand != Demand::Nothing && kind != K::Statement {
        for part in &d.instalments {
            let due = words.fill("due_on", "{date}", &long_date(part.due_date, locale))?;
            let label = match part.label.as_deref() {
                Some(label) => format!("{label} – {due}"),
                None => due,
            };
            rows.push(Row::new(label, money(Money { amount: part.amount, currency: d.currency }, locale)));
        }
    }
    // Below the lines the totals have it.
    if !has_totals && live && counts_payments(d) {
        rows.extend(from_total_to_amount(request, words, amount)?);
    }
    Ok(rows)
}

/// Makes the rows that lead from the document's total to the amount at the top, and from there to all that is owed; none where it is the
/// total.
fn from_total_to_amount(
    request: &RenderRequest<'_>,
    words: &Words,
    amount: Option<&Headline>,
) -> Result<Vec<Row>, TemplateFault> {
    let (d, top) = (request.document.as_ref(), amount.map(|amount| amount.money));
    let Some(total) = d.total() else { return Ok(Vec::new()) };
    let owes_nothing = d.owed().is_some_and(|owed| owed.amount.is_zero());
    let is_thanks = request.purpose.use_case() == U::ThankYou;
    // From the total at the top rounding alone leads nowhere.
    let is_all = is_paid(request) || (is_thanks && d.paid().is_none()) || (owes_nothing && d.paid() == top);
    if top == Some(total) && is_all {
        return Ok(Vec::new());
    }
    let mut rows = after_total(request, words, top)?;
    if top != Some(total) && (top.is_some() || !rows.is_empty()) {
        rows.insert(0, Row::new(words.get(name_of_total(d, total))?, money(total, request.locale)));
    }
    Ok(rows)
}

/// Writes a date that stands alone, in a column as narrow as its longest word.
fn breakable_date(date: NaiveDate, locale: Locale) -> String {
    long_date(date, locale).replace('\u{a0}', " ")
}

//! Lines. Those inside of lines (`SubInvoiceLine`) explain a line and are none of the document's own.

use super::super::value;
use super::super::{DocumentError, Line};
use super::Form;
use super::element::Element;
use super::head::billed;
use crate::domain::kind::DocumentKind;
use rust_decimal::Decimal;

type Read<T> = Result<T, DocumentError>;

/// Digits kept of a price that had to be divided by its base quantity.
const PRICE_DIGITS: u32 = 10;

/// Reads a line; `position` counts from 1.
pub(super) fn line(element: Element<'_, '_>, form: &Form, position: usize) -> Read<Line> {
    if form.kind == DocumentKind::Reminder {
        return reminded(element, position);
    }
    let inner = form.item.and_then(|item| element.at(&[item])).unwrap_or(element);
    let id = inner.text("ID")?.unwrap_or_else(|| position.to_string());
    let item = ["Item"];
    let description = inner.text_at(&item, "Description")?;
    let name = match inner.text_at(&item, "Name")?.or_else(|| description.clone()) {
        Some(name) => name,
        None => inner
            .text_at(&["Item", "SellersItemIdentification"], "ID")?
            .map_or_else(|| inner.text("Note"), |id| Ok(Some(id)))?
            .unwrap_or_else(|| id.clone()),
    };
    let quantity = inner.values(form.quantity).next();
    Ok(Line {
        id,
        description: description.filter(|description| *description != name),
        name,
        quantity: inner.decimal(form.quantity)?,
        unit: quantity.and_then(|quantity| quantity.attribute("unitCode")),
        unit_price: unit_price(inner)?,
        net_amount: inner.decimal("LineExtensionAmount")?,
        tax_percent: tax_percent(inner)?,
        ..Line::default()
    })
}

/// Reads the price of one unit: BT-146 is the price of BT-149 units.
fn unit_price(line: Element<'_, '_>) -> Read<Option<Decimal>> {
    let Some(price) = line.at(&["Price"]) else { return Ok(None) };
    let Some(amount) = price.decimal("PriceAmount")? else { return Ok(None) };
    let base = price.decimal("BaseQuantity")?.filter(|base| !base.is_zero() && *base != Decimal::ONE);
    Ok(Some(match value::bounded(base.and_then(|base| amount.checked_div(base)).map(rounded)) {
        Some(one) => one,
        None => amount,
    }))
}

fn rounded(price: Decimal) -> Decimal {
    price.round_dp(PRICE_DIGITS).normalize()
}

/// Reads the tax rate where EN 16931 has it, else where other profiles do.
fn tax_percent(line: Element<'_, '_>) -> Read<Option<Decimal>> {
    for path in [&["Item", "ClassifiedTaxCategory"][..], &["TaxTotal", "TaxSubtotal", "TaxCategory"]] {
        if let Some(percent) = line.at(path).map_or(Ok(None), |category| category.decimal("Percent"))? {
            return Ok(Some(percent));
        }
    }
    Ok(None)
}

/// Reads a reminder's line as one about an invoice: its number is the name, what it adds to the debt the amount.
fn reminded(element: Element<'_, '_>, position: usize) -> Read<Line> {
    let id = element.text("ID")?.unwrap_or_else(|| position.to_string());
    let note = element.text("Note")?;
    let invoice = element.at(&["BillingReference"]).map_or(Ok(None), billed)?;
    let name = invoice.or_else(|| note.clone()).unwrap_or_else(|| id.clone());
    let debit = element.decimal("DebitLineAmount")?;
    let credit = element.decimal("CreditLineAmount")?;
    let net_amount = match (debit, credit) {
        (Some(debit), Some(credit)) => value::bounded(debit.checked_sub(credit)),
        (Some(debit), None) => Some(debit),
        (None, Some(credit)) => Some(-credit),
        (None, None) => element.decimal("Amount")?,
    };
    Ok(Line { id, description: note.filter(|note| *note != name), name, net_amount, ..Line::default() })
}

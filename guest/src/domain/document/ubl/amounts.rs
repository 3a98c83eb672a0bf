//! Totals and taxes, exactly as the document states them.

use super::super::limits::MAX_ENTRIES;
use super::super::value;
use super::super::{Adjustment, Currency, DocumentError, DocumentFault, TaxSubtotal, Totals};
use super::Form;
use super::element::Element;
use super::head::collect;
use rust_decimal::Decimal;

type Read<T> = Result<T, DocumentError>;

/// Reads the totals (BG-22).
pub(super) fn totals(root: Element<'_, '_>, form: &Form, currency: Currency) -> Read<Totals> {
    let Some(stated) = root.at(&[form.totals]) else {
        return Ok(Totals { tax: tax(root, currency)?, ..Totals::default() });
    };
    Ok(Totals {
        lines: stated.decimal("LineExtensionAmount")?,
        allowances: stated.decimal("AllowanceTotalAmount")?,
        charges: stated.decimal("ChargeTotalAmount")?,
        tax_exclusive: stated.decimal("TaxExclusiveAmount")?,
        tax: tax(root, currency)?,
        tax_inclusive: stated.decimal("TaxInclusiveAmount")?,
        prepaid: stated.decimal("PrepaidAmount")?,
        rounding: stated.decimal("PayableRoundingAmount")?,
        payable: payable(stated, currency)?,
    })
}

/// Reads the payable amount (BT-115): the one amount that every mail shows, so it must be in the currency that the mail will show.
fn payable(stated: Element<'_, '_>, currency: Currency) -> Read<Option<Decimal>> {
    let payable = stated.decimal("PayableAmount")?;
    for amount in stated.values("PayableAmount") {
        if let Some(other) = amount.attribute("currencyID").filter(|code| code != currency.code()) {
            let other = super::super::error::shortened(&other, 40);
            let detail = format!("the amount is in {other:?}, but the document in {currency}");
            return Err(amount.fault(DocumentFault::Invalid, &detail));
        }
    }
    Ok(payable)
}

/// Returns the totals of tax in the document's own currency: there may be another in that of the accounts (BT-111).
fn own<'t, 'a>(root: Element<'t, 'a>, currency: Currency) -> impl Iterator<Item = Element<'t, 'a>> {
    root.all("TaxTotal").filter(move |total| {
        let code = total.values("TaxAmount").next().and_then(|amount| amount.attribute("currencyID"));
        code.is_none_or(|code| code == currency.code())
    })
}

/// Reads the total of tax (BT-110); several taxes, each with a total of its own, are added up.
fn tax(root: Element<'_, '_>, currency: Currency) -> Read<Option<Decimal>> {
    let mut sum: Option<Decimal> = None;
    for total in own(root, currency) {
        if let Some(amount) = total.decimal("TaxAmount")? {
            let added = value::bounded(sum.unwrap_or_default().checked_add(amount));
            let detail = "the sum of all taxes is too large";
            sum = Some(added.ok_or_else(|| total.fault(DocumentFault::Invalid, detail))?);
        }
    }
    Ok(sum)
}

/// Reads allowances and charges (BG-20 and BG-21). Those without an amount are left out.
pub(super) fn adjustments(root: Element<'_, '_>) -> Read<[Vec<Adjustment>; 2]> {
    let (mut allowances, mut charges) = (Vec::new(), Vec::new());
    for element in collect(root, "AllowanceCharge", MAX_ENTRIES, |_, element| Ok(element))? {
        let Some(amount) = element.decimal("Amount")? else { continue };
        let reason = match element.text("AllowanceChargeReason")? {
            Some(reason) => Some(reason),
            None => element.text("AllowanceChargeReasonCode")?,
        };
        let tax_category = element.text_at(&["TaxCategory"], "ID")?;
        let tax_percent =
            element.at(&["TaxCategory"]).map_or(Ok(None), |category| category.decimal("Percent"))?;
        let is_charge = element.text("ChargeIndicator")?.is_some_and(|of| matches!(&*of, "true" | "1"));
        let list = if is_charge { &mut charges } else { &mut allowances };
        list.push(Adjustment { reason, amount, tax_category, tax_percent });
    }
    Ok([allowances, charges])
}

/// Reads the tax subtotals (BG-23).
pub(super) fn taxes(root: Element<'_, '_>, currency: Currency) -> Read<Vec<TaxSubtotal>> {
    let mut taxes = Vec::new();
    for element in own(root, currency).flat_map(|total| total.all("TaxSubtotal")) {
        let (Some(taxable), Some(tax)) = (element.decimal("TaxableAmount")?, element.decimal("TaxAmount")?)
        else {
            continue;
        };
        if taxes.len() == MAX_ENTRIES {
            let detail = format!("too many entries: at most {MAX_ENTRIES}");
            return Err(element.fault(DocumentFault::Refused, &detail));
        }
        let category = element.at(&["TaxCategory"]);
        let percent = category.map_or(Ok(None), |category| category.decimal("Percent"))?;
        taxes.push(TaxSubtotal {
            category: category.map_or(Ok(None), |category| category.text("ID"))?,
            percent: if percent.is_some() { percent } else { element.decimal("Percent")? },
            taxable,
            tax,
        });
    }
    Ok(taxes)
}

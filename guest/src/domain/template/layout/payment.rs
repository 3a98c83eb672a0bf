//! How to pay: the account and the reference that belong together, or the mandate of a direct debit, and the code that banking
//! apps read.

use super::amount::{Demand, asked};
use super::row::Row;
use crate::domain::document::PaymentMeans;
use crate::domain::iban;
use crate::domain::payment_code::Transfer;
use crate::domain::template::context::company_of;
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::format::money;
use crate::domain::template::request::RenderRequest;
use crate::domain::template::words::Words;

/// Makes the rows of payment details. None where nothing is asked, or nothing is known of how.
pub(super) fn rows(
    request: &RenderRequest<'_>,
    words: &Words,
    demand: Demand,
) -> Result<Vec<Row>, TemplateFault> {
    let d = request.document.as_ref();
    let mut rows = Vec::new();
    match demand {
        Demand::Nothing => {}
        Demand::Transfer => {
            let Some(means) = d.transfer() else { return Ok(rows) };
            let account = means.account.as_deref().map(iban::grouped).unwrap_or_default();
            rows.push(Row::strong(words.get("account")?, account));
            rows.push(Row::strong(words.get("reference")?, reference(request, means)));
            rows.push(Row::new(words.get("account_name")?, means.account_name.clone().unwrap_or_default()));
            rows.push(Row::new(words.get("bic")?, means.bic.clone().unwrap_or_default()));
        }
        Demand::Collection => {
            if let Some(mandate) = d.direct_debit().and_then(|means| means.mandate.clone()) {
                rows.push(Row::strong(words.get("mandate")?, mandate));
            }
        }
    }
    rows.retain(|row| !row.value.trim().is_empty());
    Ok(rows)
}

/// Returns the text that the payee recognises the payment by: the reference of this account, else the document's number.
fn reference<'a>(request: &RenderRequest<'a>, means: &'a PaymentMeans) -> &'a str {
    let own = means.reference.as_deref().filter(|reference| !reference.trim().is_empty());
    own.unwrap_or(&request.document.number)
}

/// Returns the transfer that a code may propose: what is open, to an account of the document that the company's own settings name.
fn proposed<'a>(request: &RenderRequest<'a>) -> Option<Transfer<'a>> {
    let d = request.document.as_ref();
    let means = d.transfer().filter(|_| Demand::of(request) == Demand::Transfer)?;
    let account = means.account.as_deref()?;
    let found = iban::parse(account)?;
    let own = &request.settings.payment.accounts;
    if !own.iter().any(|own| iban::parse(own).is_some_and(|own| own == found)) {
        return None;
    }
    // Of several parts only those that a reminder asks for are one transfer.
    if d.is_in_parts() && !request.purpose.reminds_of_payment() {
        return None;
    }
    let holder = means.account_name.as_deref().filter(|name| !name.trim().is_empty());
    Some(Transfer {
        name: holder.unwrap_or(company_of(request).name),
        account,
        bic: means.bic.as_deref(),
        amount: asked(request)?,
        reference: reference(request, means),
    })
}

/// Draws the picture of the code, where there is one.
pub(in crate::domain::template) fn code(request: &RenderRequest<'_>) -> Option<Vec<u8>> {
    proposed(request)?.png()
}

/// Describes the code to those who don't see it; none where there is no code.
pub(super) fn code_alt(request: &RenderRequest<'_>, words: &Words) -> Result<Option<String>, TemplateFault> {
    let Some(transfer) = proposed(request).filter(|transfer| transfer.payload().is_some()) else {
        return Ok(None);
    };
    let alt = words.fill("qr_alt", "{amount}", &money(transfer.amount, request.locale))?;
    Ok(Some(alt.replace("{name}", transfer.name)))
}

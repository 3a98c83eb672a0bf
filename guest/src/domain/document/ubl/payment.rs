//! How and when to pay: means, terms, and the parts in which an amount is due.

use super::super::limits::MAX_ENTRIES;
use super::super::payment::chosen;
use super::super::{Currency, DocumentError, Instalment, Party, PaymentMeans};
use super::element::Element;
use super::head::collect;
use chrono::NaiveDate;
use std::collections::BTreeMap;

type Read<T> = Result<T, DocumentError>;

/// A document's payment, beside the words of its terms.
pub(super) struct Payment {
    pub(super) due_date: Option<NaiveDate>,
    pub(super) means: Vec<PaymentMeans>,
    pub(super) instalments: Vec<Instalment>,
}

/// Reads payment means and terms (BG-16 and BT-9).
pub(super) fn payment(root: Element<'_, '_>, currency: Currency, parties: [&Party; 2]) -> Read<Payment> {
    let all = collect(root, "PaymentMeans", MAX_ENTRIES, |_, element| {
        Ok((means(element)?, (element.text("ID")?, due_date(element)?)))
    })?;
    let (means, dated): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let (ids, dates): (Vec<_>, Vec<_>) = dated.into_iter().unzip();
    let [seller, buyer] = parties.map(|party| party.address.country.as_deref());
    let abroad = seller.zip(buyer).is_some_and(|(seller, buyer)| !seller.eq_ignore_ascii_case(buyer));
    let own = chosen(&means, currency, abroad).and_then(|index| dates[index]);
    let mut by_id = BTreeMap::new();
    for (id, date) in ids.iter().zip(&dates) {
        if let Some(id) = id {
            by_id.entry(id.as_str()).or_insert(*date);
        }
    }
    let parts = parts(root, currency, &by_id)?;
    let due_date = match own {
        Some(date) => Some(date),
        None => match root.date("DueDate")? {
            Some(date) => Some(date),
            None => dates.into_iter().flatten().chain(parts.iter().map(|(date, _)| *date)).min(),
        },
    };
    Ok(Payment { due_date, means, instalments: instalments(&parts) })
}

fn means(means: Element<'_, '_>) -> Read<PaymentMeans> {
    let account = ["PayeeFinancialAccount"];
    let branch = ["PayeeFinancialAccount", "FinancialInstitutionBranch"];
    let institution = ["PayeeFinancialAccount", "FinancialInstitutionBranch", "FinancialInstitution"];
    Ok(PaymentMeans {
        code: means.text("PaymentMeansCode")?,
        reference: reference(means)?,
        account: match means.text_at(&account, "ID")? {
            Some(account) => Some(account),
            // Danish profiles name a creditor's number so.
            None => means.text_at(&["CreditAccount"], "AccountID")?,
        },
        account_name: means.text_at(&account, "Name")?,
        bic: match means.text_at(&institution, "ID")? {
            Some(bic) => Some(bic),
            None => means.text_at(&branch, "ID")?,
        },
        currency: means.text_at(&account, "CurrencyCode")?.and_then(|code| Currency::parse(&code)),
        mandate: means.text_at(&["PaymentMandate"], "ID")?,
        debited_account: match means.text_at(&["PaymentMandate", "PayerFinancialAccount"], "ID")? {
            Some(account) => Some(account),
            None => means.text_at(&["PayerFinancialAccount"], "ID")?,
        },
        card: means.text_at(&["CardAccount"], "PrimaryAccountNumberID")?,
    })
}

/// Reads the payment reference (BT-83). Where a payment slip's type of two digits stands in its place (`71`, OIOUBL), the number to quote
/// is the instruction's.
fn reference(means: Element<'_, '_>) -> Read<Option<String>> {
    let (payment, instruction) = (means.text("PaymentID")?, means.text("InstructionID")?);
    let is_slip_type = |id: &String| id.len() == 2 && id.bytes().all(|byte| byte.is_ascii_digit());
    Ok(match (payment, instruction) {
        (Some(kind), Some(number)) if is_slip_type(&kind) => Some(number),
        (payment, instruction) => payment.or(instruction),
    })
}

fn due_date(of: Element<'_, '_>) -> Read<Option<NaiveDate>> {
    for name in ["PaymentDueDate", "InstallmentDueDate"] {
        if let Some(date) = of.date(name)? {
            return Ok(Some(date));
        }
    }
    Ok(None)
}

/// Reads the terms that have a day, each with its amount where that is in the document's currency. The day is the terms' own, else that of
/// the means which they name, the first of its id.
fn parts(
    root: Element<'_, '_>,
    currency: Currency,
    dates_of_means: &BTreeMap<&str, Option<NaiveDate>>,
) -> Read<Vec<(NaiveDate, Option<Instalment>)>> {
    let mut parts = Vec::new();
    for terms in collect(root, "PaymentTerms", MAX_ENTRIES, |_, terms| Ok(terms))? {
        let date = match (due_date(terms)?, terms.text("PaymentMeansID")?) {
            (None, Some(id)) => dates_of_means.get(id.as_str()).copied().flatten(),
            (date, _) => date,
        };
        let Some(due_date) = date else { continue };
        let stated = terms.values("Amount").next().and_then(|amount| amount.attribute("currencyID"));
        let amount = match stated.is_none_or(|code| code == currency.code()) {
            true => terms.decimal("Amount")?,
            false => None,
        };
        parts.push((due_date, amount.map(|amount| Instalment::open(due_date, amount))));
    }
    Ok(parts)
}

/// Returns parts by their day, where there are several and each has an amount.
fn instalments(parts: &[(NaiveDate, Option<Instalment>)]) -> Vec<Instalment> {
    let all: Option<Vec<Instalment>> = parts.iter().map(|(_, part)| part.clone()).collect();
    let mut all = all.filter(|all| all.len() > 1).unwrap_or_default();
    all.sort_by_key(|part| part.due_date);
    all
}

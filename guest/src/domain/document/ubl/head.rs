//! The head of a document, and the whole put together.

use super::super::limits::{MAX_ENTRIES, MAX_LINES, MAX_NUMBER, MAX_TEXT};
use super::super::value::{TURNING, is_turning};
use super::super::{Currency, Document, DocumentError, DocumentFault, PersonInCharge, References};
use super::element::Element;
use super::{Form, amounts, line, party, payment};
use crate::domain::kind::DocumentKind;
use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;

type Read<T> = Result<T, DocumentError>;

/// Reads the document under a root.
pub(super) fn document(root: Element<'_, '_>, form: &Form) -> Read<Document> {
    let currency = currency(root, form)?;
    let lines = collect(root, form.line, MAX_LINES, |position, element| line::line(element, form, position))?;
    let number = number(root)?;
    let issue_date = root.date("IssueDate")?.ok_or_else(|| root.missing("cbc:IssueDate"))?;
    let (seller, buyer) = (party::party(root, form.seller)?, party::party(root, form.buyer)?);
    let payment = payment::payment(root, currency, [&seller, &buyer])?;
    let [allowances, charges] = amounts::adjustments(root)?;
    let mut document = Document {
        kind: form.kind,
        type_code: type_code(root)?,
        self_billed: has_self_billing_profile(root)?,
        number,
        revision: None,
        issue_date,
        due_date: payment.due_date,
        valid_until: root.at(&["ValidityPeriod"]).map_or(Ok(None), |period| period.date("EndDate"))?,
        delivery_date: delivery_date(root)?,
        currency,
        language: None,
        seller,
        buyer,
        lines,
        allowances,
        charges,
        taxes: amounts::taxes(root, currency)?,
        totals: amounts::totals(root, form, currency)?,
        balance: None,
        payment_terms: payment_terms(root)?,
        payment_means: payment.means,
        instalments: payment.instalments,
        network: None,
        references: references(root, form)?,
        notes: notes(root)?,
        dunning_level: dunning_level(root)?,
        person_in_charge: None,
        extra: BTreeMap::new(),
    };
    document.person_in_charge = person_in_charge(&document);
    Ok(document)
}

/// Returns the issuer's own contact (BT-41 to BT-43), unless it is one for invoices or deliveries alone.
fn person_in_charge(document: &Document) -> Option<PersonInCharge> {
    let is_of_a_desk = |role: &String| matches!(role.as_str(), "billing" | "logistics");
    let mut contacts = document.issuer().contacts.iter();
    let contact = contacts.find(|it| it.name.is_some() && !it.roles.iter().any(is_of_a_desk))?;
    let (name, email, telephone) = (contact.name.clone(), contact.email.clone(), contact.telephone.clone());
    Some(PersonInCharge { name, email, telephone })
}

/// Reads every aggregate of a name; more than `most` are refused.
pub(super) fn collect<'t, 'a, T>(
    parent: Element<'t, 'a>,
    name: &str,
    most: usize,
    read: impl Fn(usize, Element<'t, 'a>) -> Read<T>,
) -> Read<Vec<T>> {
    let mut list = Vec::new();
    for (index, element) in parent.all(name).enumerate() {
        if index == most {
            return Err(element.fault(DocumentFault::Refused, &format!("too many entries: at most {most}")));
        }
        list.push(read(index + 1, element)?);
    }
    Ok(list)
}

/// Reads the type code (BT-3).
fn type_code(root: Element<'_, '_>) -> Read<Option<String>> {
    for name in ["InvoiceTypeCode", "CreditNoteTypeCode"] {
        if let Some(code) = root.text(name)? {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// True for a document by a profile of self-billing, `…:selfbilling:…` (Peppol BIS Self-Billing, PINT).
fn has_self_billing_profile(root: Element<'_, '_>) -> Read<bool> {
    for name in ["ProfileID", "CustomizationID"] {
        let profile = root.text(name)?.unwrap_or_default().to_ascii_lowercase();
        if profile.contains(":selfbilling:") || profile.contains(":selfbilling-") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn number(root: Element<'_, '_>) -> Read<String> {
    let number = root.text("ID")?.ok_or_else(|| root.missing("cbc:ID"))?;
    if number.chars().any(is_turning) {
        let place = root.values("ID").next().unwrap_or(root);
        return Err(place.fault(DocumentFault::Invalid, &format!("expected a number {TURNING}")));
    }
    if number.chars().any(char::is_control) || number.chars().count() > MAX_NUMBER {
        let detail = format!("a number is one line of at most {MAX_NUMBER} characters");
        let place = root.values("ID").next().unwrap_or(root);
        return Err(place.fault(DocumentFault::Invalid, &detail));
    }
    Ok(number)
}

/// Returns the document's currency, else that of its amounts: not every order names its currency.
fn currency(root: Element<'_, '_>, form: &Form) -> Read<Currency> {
    for name in ["DocumentCurrencyCode", "PricingCurrencyCode", "RequestedInvoiceCurrencyCode"] {
        if let Some(currency) = root.currency(name)? {
            return Ok(currency);
        }
    }
    let totals = root.at(&[form.totals]).and_then(|totals| totals.values("PayableAmount").next());
    let line = root.at(&[form.line]).map(|line| form.item.and_then(|item| line.at(&[item])).unwrap_or(line));
    let amounts = ["LineExtensionAmount", "DebitLineAmount", "Amount"];
    let amount = totals.or_else(|| line.and_then(|l| amounts.iter().find_map(|name| l.values(name).next())));
    let price = || line.and_then(|l| l.at(&["Price"])).and_then(|price| price.values("PriceAmount").next());
    let stated = amount.or_else(price).and_then(|amount| amount.attribute("currencyID"));
    stated.and_then(|code| Currency::parse(&code)).ok_or_else(|| root.missing("cbc:DocumentCurrencyCode"))
}

fn delivery_date(root: Element<'_, '_>) -> Read<Option<NaiveDate>> {
    for delivery in root.all("Delivery") {
        for name in ["ActualDeliveryDate", "LatestDeliveryDate"] {
            if let Some(date) = delivery.date(name)? {
                return Ok(Some(date));
            }
        }
        for name in ["PromisedDeliveryPeriod", "RequestedDeliveryPeriod", "EstimatedDeliveryPeriod"] {
            let Some(period) = delivery.at(&[name]) else { continue };
            for end in ["EndDate", "StartDate"] {
                if let Some(date) = period.date(end)? {
                    return Ok(Some(date));
                }
            }
        }
    }
    Ok(None)
}

fn payment_terms(root: Element<'_, '_>) -> Read<Option<String>> {
    let mut terms = String::new();
    for note in root.all("PaymentTerms").flat_map(|terms| terms.values("Note")) {
        let Some(text) = note.plain_text()? else { continue };
        if !terms.is_empty() {
            terms.push('\n');
        }
        terms.push_str(&text);
        if terms.len() > MAX_TEXT {
            let detail = format!("terms of more than {MAX_TEXT} bytes all told");
            return Err(note.fault(DocumentFault::Refused, &detail));
        }
    }
    Ok((!terms.is_empty()).then_some(terms))
}

fn references(root: Element<'_, '_>, form: &Form) -> Read<References> {
    let first = |a: Option<String>, b: Read<Option<String>>| if a.is_some() { Ok(a) } else { b };
    Ok(References {
        buyer: first(root.text("BuyerReference")?, root.text("CustomerReference"))?,
        // Peppol has `NA` where the order is known by its sales order alone.
        order: root.text_at(&["OrderReference"], "ID")?.filter(|id| id != "NA"),
        sales_order: first(root.text_at(&["OrderReference"], "SalesOrderID")?, root.text("SalesOrderID"))?,
        contract: first(
            root.text_at(&["ContractDocumentReference"], "ID")?,
            root.text_at(&["Contract"], "ID"),
        )?,
        quotation: root.text_at(&["QuotationDocumentReference"], "ID")?,
        invoices: invoices(root, form)?,
    })
}

/// Returns preceding invoices; of a reminder, the invoices that its lines are about. Each once.
fn invoices(root: Element<'_, '_>, form: &Form) -> Read<Vec<String>> {
    let mut numbers = collect(root, "BillingReference", MAX_ENTRIES, |_, reference| billed(reference))?;
    if form.kind == DocumentKind::Reminder {
        for line in root.all(form.line) {
            numbers.extend(collect(line, "BillingReference", MAX_ENTRIES, |_, reference| billed(reference))?);
        }
    }
    let mut known = std::collections::BTreeSet::new();
    let numbers: Vec<String> =
        numbers.into_iter().flatten().filter(|number| known.insert(number.clone())).collect();
    if numbers.len() > MAX_ENTRIES {
        let detail = format!("refers to {} invoices: at most {MAX_ENTRIES}", numbers.len());
        return Err(root.fault(DocumentFault::Refused, &detail));
    }
    Ok(numbers)
}

/// Returns the number of the invoice that a BillingReference names.
pub(super) fn billed(reference: Element<'_, '_>) -> Read<Option<String>> {
    for name in
        ["InvoiceDocumentReference", "SelfBilledInvoiceDocumentReference", "CreditNoteDocumentReference"]
    {
        if let Some(number) = reference.text_at(&[name], "ID")? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Reads the notes (BT-22), without the subject code (BT-21) that EN 16931's UBL writes before it: `#ADU#Thank you`.
fn notes(root: Element<'_, '_>) -> Read<Vec<String>> {
    let mut notes = Vec::new();
    for note in root.values("Note") {
        let Some(text) = note.plain_text()? else { continue };
        if notes.len() == MAX_ENTRIES {
            let detail = format!("too many entries: at most {MAX_ENTRIES}");
            return Err(note.fault(DocumentFault::Refused, &detail));
        }
        notes.push(without_subject(&text).to_owned());
    }
    notes.retain(|note| !note.is_empty());
    Ok(notes)
}

fn without_subject(text: &str) -> &str {
    let code = text.strip_prefix('#').and_then(|rest| rest.split_once('#'));
    match code {
        Some((code, note)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => note.trim(),
        _ => text,
    }
}

fn dunning_level(root: Element<'_, '_>) -> Read<Option<u8>> {
    let Some(level) = root.decimal("ReminderSequenceNumeric")? else { return Ok(None) };
    let whole = if level.fract().is_zero() { level.to_u8() } else { None };
    match whole.filter(|level| (1..=9).contains(level)) {
        Some(level) => Ok(Some(level)),
        None => {
            let place = root.values("ReminderSequenceNumeric").next().unwrap_or(root);
            Err(place.fault(DocumentFault::Invalid, &format!("{level} is no dunning level: 1 to 9")))
        }
    }
}

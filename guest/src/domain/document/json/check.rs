//! What a type can't express about a document: names that must not be blank, texts that must not be endless.

use super::super::limits::{MAX_NUMBER, MAX_TEXT};
use super::super::value::{TURNING, is_credit_code, is_turning};
use super::super::{Document, DocumentFault, Party};
use super::path::Step;
use crate::domain::kind::DocumentKind;

/// A field that is wrong though its type is right.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) fault: DocumentFault,
    pub(super) path: Vec<Step>,
    pub(super) detail: String,
}

type Checked = Result<(), Fault>;

/// Checks a whole document.
pub(super) fn document(document: &Document) -> Checked {
    number(&document.number)?;
    type_code(document)?;
    party("seller", &document.seller)?;
    party("buyer", &document.buyer)?;
    if let Some(level) = document.dunning_level.filter(|level| !(1..=9).contains(level)) {
        return fault(&["dunning_level"], format!("{level} is no dunning level: 1 to 9"));
    }
    for (index, line) in document.lines.iter().enumerate() {
        let at = |field: &str| vec![Step::from("lines"), Step::from(index), Step::from(field)];
        if line.name.trim().is_empty() {
            return Err(Fault {
                fault: DocumentFault::Invalid,
                path: at("name"),
                detail: "empty: every line needs a name".into(),
            });
        }
        bounded(|| at("id"), &line.id)?;
        bounded(|| at("name"), &line.name)?;
        for (field, text) in
            [("description", &line.description), ("unit", &line.unit), ("document", &line.document)]
        {
            optional(|| at(field), text.as_deref())?;
        }
    }
    for (list, adjustments) in [("allowances", &document.allowances), ("charges", &document.charges)] {
        for (index, of) in adjustments.iter().enumerate() {
            for (field, text) in [("reason", &of.reason), ("tax_category", &of.tax_category)] {
                optional(|| vec![list.into(), index.into(), field.into()], text.as_deref())?;
            }
        }
    }
    for (index, part) in document.instalments.iter().enumerate() {
        optional(|| vec!["instalments".into(), index.into(), "label".into()], part.label.as_deref())?;
    }
    if let Some(person) = &document.person_in_charge {
        let at = |field: &str| vec![Step::from("person_in_charge"), Step::from(field)];
        person.name.as_deref().map_or(Ok(()), |text| name(|| at("name"), text))?;
        optional(|| at("email"), person.email.as_deref())?;
        optional(|| at("telephone"), person.telephone.as_deref())?;
    }
    for (name, text) in &document.extra {
        bounded(|| vec!["extra".into(), name.as_str().into()], text)?;
    }
    for (index, tax) in document.taxes.iter().enumerate() {
        let path = || vec!["taxes".into(), index.into(), "category".into()];
        optional(path, tax.category.as_deref())?;
    }
    for (index, means) in document.payment_means.iter().enumerate() {
        let fields = [
            ("code", &means.code),
            ("reference", &means.reference),
            ("account", &means.account),
            ("account_name", &means.account_name),
            ("bic", &means.bic),
            ("mandate", &means.mandate),
            ("debited_account", &means.debited_account),
            ("card", &means.card),
        ];
        for (field, text) in fields {
            optional(|| vec!["payment_means".into(), index.into(), field.into()], text.as_deref())?;
        }
    }
    let references = &document.references;
    let fields = [
        ("buyer", &references.buyer),
        ("order", &references.order),
        ("sales_order", &references.sales_order),
        ("contract", &references.contract),
        ("quotation", &references.quotation),
    ];
    for (field, text) in fields {
        optional(|| vec!["references".into(), field.into()], text.as_deref())?;
    }
    for (index, number) in references.invoices.iter().enumerate() {
        bounded(|| vec!["references".into(), "invoices".into(), index.into()], number)?;
    }
    for (index, note) in document.notes.iter().enumerate() {
        bounded(|| vec!["notes".into(), index.into()], note)?;
    }
    let fields = [
        ("type_code", &document.type_code),
        ("network", &document.network),
        ("revision", &document.revision),
        ("language", &document.language),
        ("payment_terms", &document.payment_terms),
    ];
    fields.into_iter().try_for_each(|(field, text)| optional(|| vec![field.into()], text.as_deref()))
}

/// Refuses the type code of a credit note for a document that its reader pays: its mail would ask or thank for the money that it gives
/// back.
fn type_code(document: &Document) -> Checked {
    let code = document.type_code.as_deref().map(str::trim).filter(|code| is_credit_code(code));
    let Some(code) = code.filter(|_| document.kind.is_to_be_paid()) else { return Ok(()) };
    let detail = match document.kind {
        DocumentKind::Invoice => format!("{code} is a credit note: use the kind credit-note"),
        kind => {
            format!(
                "{code} is a credit note, which its reader does not pay: there is no {kind} of one; use the kind credit-note"
            )
        }
    };
    fault(&["type_code"], detail)
}

fn number(number: &str) -> Checked {
    if number.trim().is_empty() {
        return fault(&["number"], "empty: the document's number, as printed on it, is required".into());
    }
    if number.chars().any(char::is_control) {
        return fault(&["number"], "a number is one line without control characters".into());
    }
    if number.chars().any(is_turning) {
        return fault(&["number"], format!("expected a number {TURNING}"));
    }
    match number.chars().count() {
        0..=MAX_NUMBER => Ok(()),
        count => fault(&["number"], format!("{count} characters: a number has at most {MAX_NUMBER}")),
    }
}

fn party(role: &str, party: &Party) -> Checked {
    let at = |field: &str| vec![Step::from(role), Step::from(field)];
    if party.name.trim().is_empty() {
        return Err(Fault {
            fault: DocumentFault::Invalid,
            path: at("name"),
            detail: "empty: a party needs a name".into(),
        });
    }
    name(|| at("name"), &party.name)?;
    if let Some(trading_name) = &party.trading_name {
        name(|| at("trading_name"), trading_name)?;
    }
    let fields = [
        ("identifier", &party.identifier),
        ("vat_identifier", &party.vat_identifier),
        ("language", &party.language),
    ];
    for (field, text) in fields {
        optional(|| at(field), text.as_deref())?;
    }
    if let Some(endpoint) = &party.endpoint {
        for (field, text) in [("scheme", &endpoint.scheme), ("id", &endpoint.id)] {
            bounded(|| vec![role.into(), "endpoint".into(), field.into()], text)?;
        }
    }
    let address = &party.address;
    for (index, text) in address.lines.iter().enumerate() {
        bounded(|| vec![role.into(), "address".into(), "lines".into(), index.into()], text)?;
    }
    let fields =
        [("postal_zone", &address.postal_zone), ("city", &address.city), ("country", &address.country)];
    for (field, text) in fields {
        optional(|| vec![role.into(), "address".into(), field.into()], text.as_deref())?;
    }
    for (index, contact) in party.contacts.iter().enumerate() {
        let at = |field: &str| vec![role.into(), "contacts".into(), index.into(), field.into()];
        for (field, text) in [("name", &contact.name), ("salutation", &contact.salutation)] {
            text.as_deref().map_or(Ok(()), |text| name(|| at(field), text))?;
        }
        let fields =
            [("email", &contact.email), ("telephone", &contact.telephone), ("language", &contact.language)];
        for (field, text) in fields {
            optional(|| at(field), text.as_deref())?;
        }
        contact.roles.iter().try_for_each(|text| bounded(|| at("roles"), text))?;
    }
    Ok(())
}

/// Returns a name that people are shown.
fn name(path: impl Fn() -> Vec<Step>, text: &str) -> Checked {
    if text.chars().any(is_turning) {
        let detail = format!("expected a name {TURNING}");
        return Err(Fault { fault: DocumentFault::Invalid, path: path(), detail });
    }
    bounded(path, text)
}

fn optional(path: impl FnOnce() -> Vec<Step>, text: Option<&str>) -> Checked {
    text.map_or(Ok(()), |text| bounded(path, text))
}

fn bounded(path: impl FnOnce() -> Vec<Step>, text: &str) -> Checked {
    if text.len() <= MAX_TEXT {
        return Ok(());
    }
    Err(Fault {
        fault: DocumentFault::Refused,
        path: path(),
        detail: format!("{} bytes: a text has at most {MAX_TEXT}", text.len()),
    })
}

fn fault(path: &[&str], detail: String) -> Checked {
    Err(Fault {
        fault: DocumentFault::Invalid,
        path: path.iter().map(|field| Step::from(*field)).collect(),
        detail,
    })
}

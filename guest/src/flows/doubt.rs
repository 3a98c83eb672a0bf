//! What a document says that is likely a mistake: told to the sender, and sent all the same.

use super::compose::Warning;
use crate::domain::document::{Document, Party};
use crate::domain::settings::Company;

/// Warnings about a document, its partner and the company that sends it.
pub(super) fn doubts(document: &Document, company: &Company) -> Vec<Warning> {
    let partner = document.partner();
    let mut doubts = Vec::new();
    if is_company(partner, company) {
        let detail = format!(
            "{} {} is for {}: the company itself, by its settings",
            document.kind, document.number, partner.name
        );
        doubts.push(Warning { code: "recipient-is-company", detail });
    }
    if document.forgets_prepaid() {
        let amount = |of: Option<rust_decimal::Decimal>| of.unwrap_or_default();
        let detail = format!(
            "the document says that {} were prepaid, and that {} are payable all the same: what is left of its total is taken as open",
            amount(document.totals.prepaid),
            amount(document.totals.payable)
        );
        doubts.push(Warning { code: "prepaid-not-deducted", detail });
    }
    doubts
}

/// True for the company of the settings: by the VAT identifier where both have one, else by the name.
fn is_company(party: &Party, company: &Company) -> bool {
    let bare = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let pair = |own: Option<&str>, other: Option<&str>| {
        let (own, other) = (bare(own?), bare(other?));
        (!own.is_empty() && !other.is_empty()).then(|| own == other)
    };
    let by_vat = pair(company.vat_identifier.as_deref(), party.vat_identifier.as_deref());
    by_vat.unwrap_or_else(|| {
        let names = [Some(party.name.as_str()), party.trading_name.as_deref()];
        names.into_iter().any(|name| pair(company.name.as_deref(), name).unwrap_or(false))
    })
}

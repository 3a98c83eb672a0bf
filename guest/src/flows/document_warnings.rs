//! Likely mistakes in a document: the sender gets a warning, and the mail is sent all the same.

use super::compose::Warning;
use crate::domain::document::{Document, Party};
use crate::domain::settings::{Company, Overrides};
use crate::domain::template;
use crate::domain::warning::WarningCode;

/// Makes warnings about a document, its partner and the company that sends it.
pub(super) fn document_warnings(document: &Document, company: &Company) -> Vec<Warning> {
    let partner = document.partner();
    let mut doubts = Vec::new();
    if is_company(partner, company) {
        let detail = format!(
            "{} {} is for {}: the company itself, by its settings",
            document.kind, document.number, partner.name
        );
        doubts.push(Warning { code: WarningCode::RecipientIsCompany.name(), detail });
    }
    if document.forgets_prepaid() {
        let amount = |of: Option<rust_decimal::Decimal>| of.unwrap_or_default();
        let detail = format!(
            "the document says that {} were prepaid, and that {} are payable all the same: what is left of its total is taken as open",
            amount(document.totals.prepaid),
            amount(document.totals.payable)
        );
        doubts.push(Warning { code: WarningCode::PrepaidNotDeducted.name(), detail });
    }
    for (what, stated, sum) in document.differing_sums() {
        let detail = format!("the {what} of the document add up to {sum}, and its totals say {stated}");
        doubts.push(Warning { code: WarningCode::SumsDiffer.name(), detail });
    }
    doubts
}

/// Unknown paths that are named, most.
const NAMED: usize = 5;

/// Makes warnings about texts of the settings that no mail would use.
pub(super) fn unknown_templates(overrides: &Overrides) -> Vec<Warning> {
    let paths = overrides.company.keys().chain(overrides.user.keys());
    let unknown = paths.filter(|path| !template::shipped::is_known(path)).take(NAMED);
    let warning = |path: &String| {
        let shown: String = path.chars().take(100).collect();
        let meant = match template::nearest(path) {
            Some(meant) => format!("was {meant:?} meant?"),
            None => "see the list of shipped texts".to_owned(),
        };
        let detail = format!("settings.templates has {shown:?}, and nothing looks for that path: {meant}");
        Warning { code: WarningCode::UnknownTemplate.name(), detail }
    };
    unknown.map(warning).collect()
}

/// Characters of a VAT identifier without its country, at least.
const SHORTEST_NUMBER: usize = 8;

/// True for the company of the settings: by the VAT identifier where both have one, with or without its country, else by the
/// name.
fn is_company(party: &Party, company: &Company) -> bool {
    let pair = |own: Option<&str>, other: Option<&str>| {
        let (own, other) = (bare(own?), bare(other?));
        (!own.is_empty() && !other.is_empty()).then_some((own, other))
    };
    if let Some((own, other)) = pair(company.vat_identifier.as_deref(), party.vat_identifier.as_deref()) {
        let ends = |long: &str, short: &str| short.len() >= SHORTEST_NUMBER && long.ends_with(short);
        return own == other || ends(&own, &other) || ends(&other, &own);
    }
    let names = [Some(party.name.as_str()), party.trading_name.as_deref()];
    names.into_iter().any(|name| pair(company.name.as_deref(), name).is_some_and(|(own, other)| own == other))
}

/// Reduces a text to letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

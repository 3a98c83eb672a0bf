//! The variables of templates, for an editor: each name with its meaning, and its value in the sample of a kind. The names are those of
//! [`context`]; a test walks what texts read and finds one that is missing here, or too many.

use super::context;
use super::request::{Attached, Edits, Portal, RenderRequest, Sender};
use crate::domain::document;
use crate::domain::kind::{DocumentKind, Purpose, UseCase};
use crate::domain::language::Locale;
use crate::domain::settings::Settings;
use chrono::NaiveDate;
use minijinja::value::{Value, ValueKind};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Every name, sorted: `[]` stands for an item of a list, `NAME` for a name that the business system chooses.
const VARIABLES: &[(&str, &str)] = &[
    ("attached.added", "Number of files added to the mail"),
    ("attached.pdf", "True where the document's PDF travels with the mail"),
    ("attached.ubl", "True where the document's UBL file travels with the mail"),
    ("company.address", "Postal address of the company, a list of lines"),
    ("company.email", "Address for questions, from the settings"),
    ("company.name", "Name of the company: the settings', else the document's"),
    ("company.telephone", "Telephone, from the settings"),
    ("company.vat_identifier", "VAT identifier of the company"),
    ("company.website", "Web site, from the settings"),
    ("document.account", "Account to transfer to"),
    ("document.allowances[].amount", "How much, above zero"),
    ("document.allowances[].reason", "Why something is taken off the whole"),
    ("document.allowances[].tax_percent", "Rate of its VAT in percent"),
    ("document.buyer_reference", "The buyer's own reference (BT-10)"),
    ("document.charges[].amount", "How much, above zero"),
    ("document.charges[].reason", "Why something is added to the whole"),
    ("document.charges[].tax_percent", "Rate of its VAT in percent"),
    ("document.currency", "Currency of every amount, ISO 4217"),
    ("document.days_overdue", "Days since the due date, 0 before it"),
    ("document.days_until_due", "Days until the due date, 0 after it"),
    ("document.debited_account", "Account that a direct debit collects from, by its last characters"),
    ("document.delivery_date", "Date of delivery"),
    ("document.due_date", "Date by which it, or the next part of it, is to be paid"),
    ("document.dunning_level", "How many times a reminder has reminded"),
    ("document.expired", "True where the last day of validity has passed"),
    ("document.extra.NAME", "A field of your own, by its name"),
    ("document.in_favour", "What stands in the reader's favour, above zero"),
    ("document.instalments[].amount", "How much of it is to be paid then"),
    ("document.instalments[].due_date", "When it is to be paid"),
    ("document.instalments[].label", "What the part is called"),
    ("document.invoices", "Numbers of the invoices that it is about, a list"),
    ("document.issue_date", "Date of issue"),
    ("document.kind", "Kind of the document"),
    ("document.line_count", "Number of lines"),
    ("document.lines[].balance", "What is open of the document that a statement's line is about"),
    ("document.lines[].date", "Day of that document"),
    ("document.lines[].description", "Description of the item"),
    ("document.lines[].document", "Number of that document"),
    ("document.lines[].due_date", "When that document is to be paid"),
    ("document.lines[].id", "Identifier of the line"),
    ("document.lines[].name", "Name of the item"),
    ("document.lines[].net_amount", "Net amount of the line"),
    ("document.lines[].quantity", "Quantity"),
    ("document.lines[].tax_percent", "VAT rate in percent"),
    ("document.lines[].unit", "Unit, UN/ECE Recommendation 20"),
    ("document.lines[].unit_price", "Net price of one unit"),
    ("document.mandate", "Mandate that it is collected under"),
    ("document.network", "Network by which the document itself is delivered"),
    ("document.notes", "Notes, a list"),
    ("document.number", "Number, as printed on it"),
    ("document.open", "What the reader still owes; `.amount` is the number alone"),
    ("document.order", "Purchase order"),
    ("document.overdue", "What of it is known to be late"),
    ("document.paid", "What was paid already, above zero"),
    ("document.pay_by", "Day that a reminder asks to pay by"),
    ("document.payment_method", "`transfer`, `direct-debit`, `card`, `cash` or `clearing`"),
    ("document.payment_reference", "What a transfer quotes"),
    ("document.payment_terms", "Payment terms in words"),
    ("document.person_in_charge.email", "E-mail address of the person in charge"),
    ("document.person_in_charge.name", "Person in charge at the issuer"),
    ("document.person_in_charge.telephone", "Telephone of the person in charge"),
    ("document.quotation", "Quotation that it follows"),
    ("document.revision", "Revision"),
    ("document.self_billed", "True where the buyer made it out in the supplier's name"),
    ("document.taxes[].category", "Category of a VAT rate"),
    ("document.taxes[].percent", "Rate in percent"),
    ("document.taxes[].tax", "Tax amount"),
    ("document.taxes[].taxable", "Taxable amount"),
    (
        "document.total",
        "Total with tax, before what was paid; `.amount` is the number alone, `.currency` its code",
    ),
    ("document.totals.lines", "Sum of the lines' net amounts"),
    ("document.totals.payable", "Amount due for payment"),
    ("document.totals.prepaid", "Paid already"),
    ("document.totals.rounding", "Rounding"),
    ("document.totals.tax", "Total VAT"),
    ("document.totals.tax_exclusive", "Total without VAT"),
    ("document.totals.tax_inclusive", "Total with VAT"),
    ("document.type_code", "UNTDID 1001 code"),
    ("document.valid_until", "Last day on which a quote or request holds"),
    ("language", "Language of the mail, `en`"),
    ("locale", "Language and region of the mail, `en-IE`"),
    ("partner.consumer", "True for a private person"),
    ("partner.name", "Name of who the mail goes to: trading name, else legal name"),
    ("portal.pdf_url", "Link to the PDF in the portal"),
    ("portal.view_url", "Link to the document in the portal"),
    ("recipient.name", "Name of the person who is greeted"),
    ("sender.email", "Address of who sends"),
    ("sender.name", "Name of who sends"),
];
/// Stands for the name of an own field.
const ANY: &str = "NAME";

/// Writes the names as JSON, each with an example from the sample of a kind.
pub fn of_kind(kind: DocumentKind) -> Option<String> {
    let document = document::read_text("application/json", document::sample(kind)).ok()?;
    let context = sample_context(Arc::new(document.as_mailed()))?;
    let all = VARIABLES.iter().map(|(name, description)| {
        let example = context.iter().find_map(|(root, value)| example(name.strip_prefix(root)?, value));
        json!({ "name": name, "description": description, "example": example })
    });
    serde_json::to_string_pretty(&all.collect::<Vec<_>>()).ok()
}

/// Makes the names that a text about a document begins with, everything around the document filled in.
fn sample_context(document: Arc<document::Document>) -> Option<Vec<(&'static str, Value)>> {
    let mut settings = Settings::default();
    let issuer = document.issuer();
    settings.company.telephone = issuer.contacts.first().and_then(|contact| contact.telephone.clone());
    settings.company.email = Some("hello@harbour-joinery.example".to_owned());
    settings.company.website = Some("www.harbour-joinery.example".to_owned());
    let addressee = document.partner().contacts.first().and_then(|contact| contact.name.clone());
    let request = RenderRequest {
        purpose: Purpose::new(document.kind, UseCase::New).ok()?,
        locale: Locale::parse("en-IE")?,
        document: &document,
        settings: &settings,
        sender: Sender { name: Some("Maeve Doyle"), email: "maeve@harbour-joinery.example" },
        addressee: addressee.as_deref(),
        salutation: None,
        attached: Attached { pdf: true, ubl: false, added: 0 },
        portal: Some(Portal {
            view_url: "https://portal.harbour-joinery.example/d/7Hq2",
            pdf_url: Some("https://portal.harbour-joinery.example/d/7Hq2.pdf"),
        }),
        edits: Edits::default(),
        today: NaiveDate::from_ymd_opt(2025, 12, 1)?,
        pay_by: NaiveDate::from_ymd_opt(2025, 12, 15),
        signature: true,
        logo: None,
    };
    Some(context::root(&request).0)
}

/// Finds the value that a path of the rest of a name leads to, as JSON; none where it leads nowhere.
fn example(path: &str, value: &Value) -> Option<Json> {
    if path.is_empty() {
        return Some(printed(value));
    }
    if let Some(rest) = path.strip_prefix("[]") {
        return example(rest, &value.try_iter().ok()?.next()?);
    }
    let path = path.strip_prefix('.')?;
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (field, rest) = path.split_at(end);
    let found = match field == ANY {
        true => value.get_item(&value.try_iter().ok()?.next()?).ok()?,
        false => value.get_attr(field).ok()?,
    };
    example(rest, &found)
}

/// Returns a value as it is printed; what is no text there, as JSON has it.
fn printed(value: &Value) -> Json {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => {
            value.as_i64().map_or_else(|| Json::String(value.to_string()), |number| json!(number))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().into_iter().flatten().map(|item| printed(&item)).collect()
        }
        _ => Json::String(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kind::TABLE;
    use std::collections::BTreeSet;

    /// A document that has something for every name.
    fn full() -> document::Document {
        let read = |kind| document::read_text("application/json", document::sample(kind)).unwrap();
        let mut full = read(DocumentKind::Invoice);
        full.lines.extend(read(DocumentKind::Statement).lines);
        full
    }

    /// Every name that a value can be asked for.
    fn walk(name: &str, value: &Value, names: &mut BTreeSet<String>) {
        match value.kind() {
            ValueKind::Map if name == "document.extra" => {
                names.insert(format!("{name}.{ANY}"));
            }
            ValueKind::Map => {
                for key in value.try_iter().unwrap() {
                    walk(&format!("{name}.{key}"), &value.get_item(&key).unwrap(), names);
                }
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter().unwrap().collect();
                match items.iter().any(|item| item.kind() == ValueKind::Map) {
                    true => items.iter().for_each(|item| walk(&format!("{name}[]"), item, names)),
                    false => _ = names.insert(name.to_owned()),
                }
            }
            _ => _ = names.insert(name.to_owned()),
        }
    }

    #[test]
    fn every_name_that_a_text_can_say_is_described_and_no_other() {
        let context = sample_context(Arc::new(full())).unwrap();
        let roots: Vec<&str> = context.iter().map(|(root, _)| *root).collect();
        assert_eq!(roots, crate::domain::template::names::ROOT);
        let mut names = BTreeSet::new();
        for (root, value) in &context {
            walk(root, value, &mut names);
        }
        let described: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(described, names.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, description) in VARIABLES {
            assert!(
                description.len() > 6 && !description.ends_with('.') && !description.contains('\n'),
                "{name}"
            );
        }
    }

    #[test]
    fn each_kind_has_every_name_with_what_its_sample_says() {
        for (kind, _) in TABLE {
            let variables: Json = serde_json::from_str(&of_kind(*kind).unwrap()).unwrap();
            let variables = variables.as_array().unwrap();
            assert_eq!(variables.len(), VARIABLES.len(), "{kind}");
            let of = |name: &str| {
                let found =
                    variables.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"));
                found["example"].clone()
            };
            assert_eq!(of("document.kind"), json!(kind.name()));
            assert_eq!(of("document.extra.NAME"), json!("Reading room"), "{kind}");
            assert_eq!(of("attached.pdf"), json!(true), "{kind}");
            assert!(of("recipient.name").is_string() && of("partner.name").is_string(), "{kind}");
            if *kind == DocumentKind::Invoice {
                assert_eq!(of("document.total"), json!("€3,640.80"));
                assert_eq!(of("document.lines[].name"), json!("Reading table"));
                assert_eq!(of("document.line_count"), json!(3));
                assert_eq!(of("document.issue_date"), json!("21\u{a0}October 2025"));
                assert_eq!(of("document.instalments[].label"), json!("First part"));
                assert_eq!(of("document.notes"), json!(["Thank you for your custom."]));
                assert_eq!(of("document.mandate"), Json::Null);
            }
        }
    }
}

//! Numbers that a reader is to quote, accounts that they pay to and names that they are greeted by, as one line each: sentences, boxes,
//! labels and the plain body show the same, and nothing of a document can begin a line of the mail.

use super::{Document, PaymentMeans, PersonInCharge, References};

/// Makes every reference, whatever names a way to pay or a part of the sum, each contact's name and salutation and the person in charge one
/// line; a blank one is none.
pub(super) fn make(document: &mut Document) {
    for contact in document.seller.contacts.iter_mut().chain(&mut document.buyer.contacts) {
        optional(&mut contact.name);
        optional(&mut contact.salutation);
    }
    for means in &mut document.payment_means {
        let PaymentMeans {
            code: _,
            reference,
            account,
            account_name,
            bic,
            currency: _,
            mandate,
            debited_account,
            card,
        } = means;
        for text in [reference, account, account_name, bic, mandate, debited_account, card] {
            optional(text);
        }
    }
    for adjustment in document.allowances.iter_mut().chain(&mut document.charges) {
        optional(&mut adjustment.reason);
    }
    for part in &mut document.instalments {
        optional(&mut part.label);
    }
    for line in document.lines.iter_mut().filter(|line| line.document.is_some()) {
        optional(&mut line.document);
    }
    if let Some(person) = &mut document.person_in_charge {
        let PersonInCharge { name, email, telephone } = person;
        [name, email, telephone].into_iter().for_each(optional);
    }
    let References { buyer, order, sales_order, contract, quotation, invoices } = &mut document.references;
    for text in [buyer, order, sales_order, contract, quotation] {
        optional(text);
    }
    for number in invoices.iter_mut() {
        *number = line(number);
    }
    invoices.retain(|number| !number.is_empty());
}

fn optional(text: &mut Option<String>) {
    *text = text.take().map(|text| line(&text)).filter(|text| !text.is_empty());
}

/// Returns the words of a text with one space between them; a control character ends a word as white space does.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::domain::document::{Document, read, to_json};

    fn json(contact: &str, means: &str, references: &str) -> Document {
        let text = format!(
            r#"{{"kind": "invoice", "number": "1", "issue_date": "2026-11-22", "currency": "EUR", "seller": {{"name": "A", "contacts": [{contact}]}},
            "buyer": {{"name": "B", "contacts": [{contact}]}}, "payment_means": [{means}], "references": {references}}}"#
        );
        read("application/json", text.as_bytes()).unwrap()
    }

    fn ubl(reference: &str) -> Document {
        const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";
        let party = "<cac:Party><cac:PartyName><cbc:Name>A</cbc:Name></cac:PartyName></cac:Party>";
        let text = format!(
            "<Invoice xmlns='{UBL}Invoice-2' xmlns:cac='{UBL}CommonAggregateComponents-2' xmlns:cbc='{UBL}CommonBasicComponents-2'>\
             <cbc:ID>1</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\
             <cac:OrderReference><cbc:ID>{reference}</cbc:ID></cac:OrderReference>\
             <cac:AccountingSupplierParty>{party}</cac:AccountingSupplierParty><cac:AccountingCustomerParty>{party}</cac:AccountingCustomerParty>\
             <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>{reference}</cbc:PaymentID></cac:PaymentMeans>\
             <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID='EUR'>1</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>"
        );
        read("application/xml", text.as_bytes()).unwrap()
    }

    #[test]
    fn references_and_accounts_are_one_line_in_every_form() {
        for (written, expected) in [
            ("RF18 5390", Some("RF18 5390")),
            ("  a\\n-- \\nb\\t ", Some("a -- b")),
            ("a\\r\\n\\r\\nb", Some("a b")),
            ("a\\u2028b\\u0085c\\u00a0 d", Some("a b c d")),
            ("a\\u0000\\u001bb\\u007f", Some("a b")),
            (" \\n\\t\\u00a0\\u0000", None),
            ("", None),
        ] {
            let fields =
                ["reference", "account", "account_name", "bic", "mandate", "debited_account", "card"];
            let means = fields.map(|field| format!(r#""{field}": "{written}""#)).join(", ");
            let references = ["buyer", "order", "sales_order", "contract", "quotation"]
                .map(|field| format!(r#""{field}": "{written}""#))
                .join(", ");
            // A name that ends a line in a way that programs disagree on is refused.
            let of_names = written.replace("\\u2028", "\\n");
            let document = json(
                &format!(r#"{{"name": "{of_names}", "salutation": "{of_names}"}}"#),
                &format!("{{{means}}}"),
                &format!(r#"{{{references}, "invoices": ["{written}", " 7\n8 "]}}"#),
            );
            let m = &document.payment_means[0];
            let r = &document.references;
            for text in [
                &m.reference,
                &m.account,
                &m.account_name,
                &m.bic,
                &m.mandate,
                &m.debited_account,
                &m.card,
                &r.buyer,
                &r.order,
                &r.sales_order,
                &r.contract,
                &r.quotation,
            ] {
                assert_eq!(text.as_deref(), expected, "{written}");
            }
            let invoices: Vec<&str> = expected.into_iter().chain(["7 8"]).collect();
            assert_eq!(r.invoices, invoices, "{written}");
            for contact in document.seller.contacts.iter().chain(&document.buyer.contacts) {
                assert_eq!(contact.name.as_deref(), expected, "{written}");
                assert_eq!(contact.salutation.as_deref(), expected, "{written}");
            }
            let again = read("application/json", to_json(&document).as_bytes());
            assert_eq!(again.as_ref(), Ok(&document), "{written}");
        }
        for (written, expected) in
            [("a\n-- \nb", Some("a -- b")), ("a&#13;&#10;b&#x2028;c", Some("a b c")), ("\n ", None)]
        {
            let document = ubl(written);
            assert_eq!(document.payment_means[0].reference.as_deref(), expected, "{written}");
            assert_eq!(document.references.order.as_deref(), expected, "{written}");
        }
    }
}

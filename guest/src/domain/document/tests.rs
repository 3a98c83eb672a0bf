//! Reading by media type, and what holds for every form.

use super::limits::MAX_BYTES;
use super::*;
use crate::domain::kind::{DocumentKind, TABLE};
use proptest::prelude::*;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/documents")
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

#[test]
fn the_media_type_picks_the_reader_and_its_parameters_do_not_matter() {
    let json = sample("invoice.json");
    let xml = sample("invoice.ubl.xml");
    for (media_type, content) in [
        ("application/json", &json),
        ("text/json", &json),
        ("Application/JSON; charset=utf-8", &json),
        ("application/xml", &xml),
        ("text/xml;charset=\"ISO-8859-1\"", &xml),
        (" TEXT/XML ", &xml),
    ] {
        let read = read(media_type, content).map(|document| document.number);
        assert_eq!(read, Ok("2026-0417".to_owned()), "{media_type:?}");
    }
    for media_type in ["", "application/pdf", "application/json+ubl", "xml", "; charset=utf-8"] {
        let fault = read(media_type, &json).unwrap_err();
        assert_eq!(fault.fault, DocumentFault::Unsupported, "{media_type:?}");
        assert!(fault.detail.contains("application/json, text/json, application/xml, text/xml"), "{fault}");
    }
}

#[test]
fn a_file_over_the_limit_is_refused_unread() {
    for media_type in MEDIA_TYPES {
        let fault = read(media_type, &vec![b'{'; 50_000_000]).unwrap_err();
        assert_eq!(fault.fault, DocumentFault::Refused, "{media_type}");
        assert_eq!(
            fault.to_string(),
            "the file has 50000000 bytes, more than the 16777216 that a document may have"
        );
        let at_the_limit = read(media_type, &vec![b'x'; MAX_BYTES]).unwrap_err();
        assert_eq!(at_the_limit.fault, DocumentFault::Malformed, "{media_type}");
    }
}

/// What UBL may leave out or leave empty is never a field that JSON must have.
#[test]
fn a_ubl_without_one_of_its_attributes_or_texts_survives_a_round_trip() {
    let mut read_again = 0;
    for ubl in [
        include_str!("../../../../tests/fixtures/documents/invoice.ubl.xml"),
        include_str!("../../../../tests/fixtures/documents/credit-note.ubl.xml"),
    ] {
        let attributes = ubl.match_indices("=\"").filter_map(|(at, _)| {
            let name = ubl[..at].rfind(' ')?;
            let end = at + 2 + ubl[at + 2..].find('"')?;
            Some([ubl[..name].to_owned() + &ubl[end + 1..], ubl[..at + 2].to_owned() + &ubl[end..]])
        });
        let texts = ubl.match_indices("</cbc:").filter_map(|(end, _)| {
            let begin = ubl[..end].rfind('>')? + 1;
            Some([ubl[..begin].to_owned() + &ubl[end..], ubl[..begin].to_owned() + " " + &ubl[end..]])
        });
        for changed in attributes.chain(texts).flatten() {
            let Ok(document) = read("application/xml", changed.as_bytes()) else { continue };
            let json = to_json(&document);
            let again = read("application/json", json.as_bytes());
            assert_eq!(again.as_ref(), Ok(&document), "{changed}\n{json}");
            read_again += 1;
        }
    }
    assert!(read_again > 200, "{read_again}");
}

#[test]
fn there_is_a_sample_of_every_kind_and_it_survives_a_round_trip() {
    for (kind, _) in TABLE {
        let document = read("application/json", &sample(&format!("{kind}.json"))).unwrap();
        assert_eq!(document.kind, *kind);
        let written = to_json(&document);
        assert_eq!(read("application/json", written.as_bytes()).as_ref(), Ok(&document), "{kind}");
        let again = read("application/json", written.as_bytes()).map(|document| to_json(&document));
        assert_eq!(again, Ok(written), "{kind}");
        assert!(document.partner().mailbox_text().is_some(), "{kind}");
    }
}

#[test]
fn the_ubl_samples_say_what_the_json_samples_say() {
    for (xml, json) in [
        ("invoice.ubl.xml", "invoice.json"),
        ("credit-note.ubl.xml", "credit-note.json"),
        ("order.ubl.xml", "purchase-order.json"),
        ("quotation.ubl.xml", "quote.json"),
        ("reminder.ubl.xml", "reminder.json"),
    ] {
        let ubl = read("application/xml", &sample(xml)).unwrap_or_else(|fault| panic!("{xml}: {fault}"));
        let erp = read("application/json", &sample(json)).unwrap();
        assert_eq!(ubl.kind, erp.kind, "{xml}");
        assert_eq!(ubl.number, erp.number, "{xml}");
        assert_eq!(ubl.issue_date, erp.issue_date, "{xml}");
        assert_eq!(ubl.valid_until, erp.valid_until.or(ubl.valid_until), "{xml}");
        assert_eq!(ubl.delivery_date, erp.delivery_date, "{xml}");
        assert_eq!(ubl.currency, erp.currency, "{xml}");
        assert_eq!(ubl.totals, erp.totals, "{xml}");
        assert_eq!(ubl.lines, erp.lines, "{xml}");
        assert_eq!(ubl.payment_terms, erp.payment_terms, "{xml}");
        assert_eq!(ubl.references.invoices, erp.references.invoices, "{xml}");
        assert_eq!(ubl.dunning_level, erp.dunning_level, "{xml}");
        assert_eq!(ubl.seller.name, erp.seller.name, "{xml}");
        assert_eq!(ubl.seller.vat_identifier, erp.seller.vat_identifier, "{xml}");
        assert_eq!(ubl.buyer.name, erp.buyer.name, "{xml}");
        assert_eq!(ubl.buyer.address, erp.buyer.address, "{xml}");
        let email = |document: &Document| document.partner().contacts[0].email.clone();
        let known: Vec<_> = erp.partner().contacts.iter().map(|contact| contact.email.clone()).collect();
        assert!(known.contains(&email(&ubl)), "{xml}: {:?}", email(&ubl));
    }
    let invoice = read("application/xml", &sample("invoice.ubl.xml")).unwrap();
    let erp = read("application/json", &sample("invoice.json")).unwrap();
    assert_eq!(invoice.due_date, erp.due_date);
    assert_eq!(invoice.taxes, erp.taxes);
    assert_eq!(invoice.payment_means, erp.payment_means);
    assert_eq!(invoice.references, erp.references);
    assert_eq!(invoice.lines.len(), 15);
}

#[test]
fn the_mailbox_is_the_contacts_else_an_endpoint_that_is_an_email() {
    let contact = |email: &str| Contact { email: Some(email.into()), ..Contact::default() };
    let endpoint = |scheme: &str, id: &str| Some(Endpoint { scheme: scheme.into(), id: id.into() });
    for (contacts, endpoint, expected) in [
        (vec![contact("a@example.com")], endpoint("EM", "b@example.com"), Some("a@example.com")),
        (vec![contact("  "), contact("c@example.com")], None, Some("c@example.com")),
        (vec![Contact::default()], endpoint("EM", " b@example.com "), Some("b@example.com")),
        (vec![], endpoint("em", "b@example.com"), Some("b@example.com")),
        (vec![], endpoint("0208", "0123456749"), None),
        (vec![], endpoint("EM", " "), None),
        (vec![], None, None),
    ] {
        let party = Party { contacts, endpoint, ..Party::default() };
        assert_eq!(party.mailbox_text(), expected, "{party:?}");
    }
}

#[test]
fn a_summary_names_the_total_and_what_is_open() {
    let summary = read("application/json", &sample("invoice.json")).unwrap().summary();
    assert_eq!(summary.kind, DocumentKind::Invoice);
    assert_eq!(summary.lines, 15);
    assert_eq!(summary.buyer, "Maison Delacroix SRL");
    // Something was paid in advance: the total is what was bought, the balance what is left to pay.
    assert_eq!(summary.total.map(|money| money.amount.to_string()).as_deref(), Some("19828.63"));
    assert_eq!(summary.balance.map(|money| money.amount.to_string()).as_deref(), Some("17828.63"));
    let receipt = read("application/json", &sample("receipt.json")).unwrap().summary();
    assert_eq!(receipt.total.map(|money| money.amount.to_string()).as_deref(), Some("479.16"));
    assert_eq!(receipt.balance.map(|money| money.amount.to_string()).as_deref(), Some("0.00"));
    let note = read("application/json", &sample("delivery-note.json")).unwrap().summary();
    assert_eq!((note.total, note.balance), (None, None));
}

/// The hostile samples, and whose fault each is.
#[test]
fn hostile_files_are_refused_by_name() {
    use DocumentFault::{Invalid, Malformed, Refused};
    let expected = [
        ("bad-date.json", Invalid, "$.issue_date", Some(4), "ISO 8601"),
        ("bad-date.xml", Invalid, "Invoice/cbc:IssueDate", Some(6), "found \"22/11/2026\""),
        ("billion-laughs.xml", Refused, "", Some(2), "DTD"),
        ("entity-undeclared.xml", Refused, "Invoice/ID", Some(5), "&company;"),
        ("external-entity.xml", Refused, "", Some(2), "DTD"),
        ("missing-id.xml", Invalid, "Invoice/cbc:ID", Some(2), "missing"),
        ("two-roots.xml", Malformed, "", Some(4), "second root"),
        ("unclosed.xml", Malformed, "", None, "not XML"),
        ("unknown-field.json", Invalid, "$.buyer.vat", Some(9), "vat_identifier"),
        ("wrong-namespace.xml", Invalid, "", Some(2), "namespace"),
    ];
    let mut files: Vec<String> = std::fs::read_dir(folder().join("hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, expected.map(|row| row.0.to_owned()));
    for (file, fault, path, line, detail) in expected {
        let media_type = if file.ends_with("json") { "application/json" } else { "application/xml" };
        let read = read(media_type, &sample(&format!("hostile/{file}"))).unwrap_err();
        assert_eq!(read.fault, fault, "{file}: {read}");
        if file != "unclosed.xml" {
            assert_eq!((read.path.as_str(), read.line), (path, line), "{file}: {read}");
        }
        assert!(read.detail.contains(detail), "{file}: {read}");
    }
}

/// A sample with some bytes replaced, taken out or doubled.
fn mutated() -> impl Strategy<Value = (usize, Vec<(prop::sample::Index, u8, u8)>)> {
    (0..4usize, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_bytes_at_all_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for media_type in MEDIA_TYPES {
            let _ = read(media_type, &bytes);
        }
        let text = String::from_utf8_lossy(&bytes);
        let xml = format!("<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'>{text}</Invoice>");
        let _ = read("text/xml", xml.as_bytes());
    }

    #[test]
    fn no_damaged_sample_makes_a_reader_panic((which, damage) in mutated()) {
        let (name, media_type) = [
            ("invoice.json", "application/json"), ("invoice.ubl.xml", "application/xml"),
            ("reminder.json", "application/json"), ("reminder.ubl.xml", "application/xml"),
        ][which];
        let mut bytes = sample(name);
        for (index, byte, how) in damage {
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 if bytes.len() > 1 => { bytes.remove(at); }
                1 => {}
                2 => bytes.truncate(at.max(1)),
                _ => bytes.extend_from_within(at..),
            }
        }
        if let Ok(document) = read(media_type, &bytes) {
            // Whatever was read can be written and read again.
            let json = to_json(&document);
            prop_assert_eq!(read("application/json", json.as_bytes()), Ok(document));
        }
    }
}

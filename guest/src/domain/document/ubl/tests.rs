//! UBL as real systems write it, and every way in which it is wrong.

use super::*;
use crate::domain::document::limits::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_LINES, MAX_TEXT};

const NAMESPACE: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// An invoice whose parts can be replaced.
pub(super) fn invoice() -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="{NAMESPACE}Invoice-2" xmlns:cac="{NAMESPACE}CommonAggregateComponents-2" xmlns:cbc="{NAMESPACE}CommonBasicComponents-2">
<cbc:ID>1</cbc:ID>
<cbc:IssueDate>2026-11-22</cbc:IssueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party>
<cac:PartyName><cbc:Name>Atelier Nord</cbc:Name></cac:PartyName>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party>
<cbc:EndpointID schemeID="EM">buyer@example.com</cbc:EndpointID>
<cac:PartyLegalEntity><cbc:RegistrationName>Customer</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingCustomerParty>
<cac:LegalMonetaryTotal>
<cbc:PayableAmount currencyID="EUR">12.50</cbc:PayableAmount>
</cac:LegalMonetaryTotal>
<cac:InvoiceLine>
<cbc:ID>a</cbc:ID>
<cbc:LineExtensionAmount currencyID="EUR">12.50</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Chair</cbc:Name></cac:Item>
</cac:InvoiceLine>
</Invoice>"#
    )
}

pub(super) fn with(from: &str, to: &str) -> String {
    let invoice = invoice();
    assert!(invoice.contains(from), "{from}");
    invoice.replacen(from, to, 1)
}

pub(super) fn of(xml: &str) -> Document {
    read(xml.as_bytes()).unwrap_or_else(|fault| panic!("{fault}\n{xml}"))
}

#[test]
fn the_same_document_however_it_is_written() {
    let plain = of(&invoice());
    assert_eq!(plain.buyer.mailbox_text(), Some("buyer@example.com"));
    let prefixes = invoice()
        .replace("<Invoice xmlns=", "<doc:Invoice xmlns:doc=")
        .replace("</Invoice>", "</doc:Invoice>")
        .replace("cbc:", "b:")
        .replace("cac:", "a:")
        .replace("xmlns:cbc", "xmlns:b")
        .replace("xmlns:cac", "xmlns:a");
    let redeclared =
        with("<cbc:ID>1</cbc:ID>", &format!("<ID xmlns='{NAMESPACE}CommonBasicComponents-2'>1</ID>"));
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(invoice().encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("other prefixes", prefixes.into()),
        ("namespace declared where it is used", redeclared.into()),
        ("byte order mark", [b"\xEF\xBB\xBF", invoice().as_bytes()].concat()),
        ("utf-16", utf16),
        ("space in values", with("2026-11-22", "\n  2026-11-22\t").replace(">EUR<", "> EUR <").into()),
        ("cdata", with(">Customer<", "><![CDATA[Cust]]>omer<").into()),
        ("character references", with(">Customer<", ">&#67;usto&#x6D;er<").into()),
        ("a comment inside", with(">Customer<", ">Cust<!-- & < -->omer<").into()),
        ("instructions", with("<Invoice", "<?xml-stylesheet href='a.xsl'?><Invoice").into()),
        ("schema location", with("<Invoice", "<Invoice xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b'").into()),
        ("time zone", with("2026-11-22", "2026-11-22+01:00").into()),
        ("time", with("2026-11-22", "2026-11-22T00:00:00Z").into()),
        ("windows line ends", invoice().replace('\n', "\r\n").into()),
        ("one long line", invoice().replace('\n', "").into()),
        ("unknown elements", with("<cbc:ID>1<", "<cbc:Novelty>x</cbc:Novelty><x:y xmlns:x='urn:x'><cbc:ID>9</cbc:ID></x:y><cbc:ID>1<").into()),
        ("extensions", with("<cbc:ID>1<", &format!("<e:UBLExtensions xmlns:e='{NAMESPACE}CommonExtensionComponents-2'><e:UBLExtension><cbc:ID>9</cbc:ID></e:UBLExtension></e:UBLExtensions><cbc:ID>1<")).into()),
        ("lines inside of lines", with("<cac:Item>", "<cac:SubInvoiceLine><cbc:ID>s</cbc:ID></cac:SubInvoiceLine><cac:Item>").into()),
        ("a blank line first", format!("\n{}", invoice()).into()),
        ("a mark and a blank line first", [b"\xEF\xBB\xBF\r\n", invoice().as_bytes()].concat()),
        ("space after", format!("{}\n\n<!-- end -->\n", invoice()).into()),
    ];
    for (name, xml) in cases {
        assert_eq!(read(&xml).as_ref(), Ok(&plain), "{name}");
    }
    let latin = with("UTF-8", "ISO-8859-1").replace("Customer<", "Café<");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(read(&latin).unwrap().buyer.name, "Café");
}

#[test]
fn the_type_code_makes_an_invoice_a_credit_note() {
    for (code, kind) in [
        ("380", DocumentKind::Invoice),
        ("384", DocumentKind::Invoice),
        ("386", DocumentKind::Invoice),
        ("389", DocumentKind::Invoice),
        ("381", DocumentKind::CreditNote),
        (" 396 ", DocumentKind::CreditNote),
        ("261", DocumentKind::CreditNote),
        ("", DocumentKind::Invoice),
    ] {
        assert_eq!(of(&with(">380<", &format!(">{code}<"))).kind, kind, "{code:?}");
    }
}

#[test]
fn faults_name_element_and_line() {
    let line = "<cbc:LineExtensionAmount currencyID=\"EUR\">12.50";
    for (from, to, path, at, detail) in [
        ("<cbc:ID>1</cbc:ID>", "", "Invoice/cbc:ID", 2, "missing or empty"),
        ("<cbc:ID>1</cbc:ID>", "<cbc:ID> </cbc:ID>", "Invoice/cbc:ID", 2, "missing or empty"),
        ("<cbc:ID>1</cbc:ID>", "<cbc:ID>1\n2</cbc:ID>", "Invoice/cbc:ID", 3, "one line"),
        ("<cbc:IssueDate>2026-11-22</cbc:IssueDate>", "", "Invoice/cbc:IssueDate", 2, "missing"),
        (
            "2026-11-22",
            "22.11.2026",
            "Invoice/cbc:IssueDate",
            4,
            "expected an ISO 8601 date such as 2026-11-22, found \"22.11.2026\"",
        ),
        ("2026-11-22", "2026-02-30", "Invoice/cbc:IssueDate", 4, "found \"2026-02-30\""),
        ("2026-11-22", "2026-11-221", "Invoice/cbc:IssueDate", 4, "found"),
        (">EUR<", ">Euro<", "Invoice/cbc:DocumentCurrencyCode", 6, "found \"Euro\""),
        (
            "<cbc:Name>Atelier Nord</cbc:Name>",
            "",
            "Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
            7,
            "missing",
        ),
        (
            "cac:AccountingCustomerParty>",
            "cac:Somebody>",
            "Invoice/cac:AccountingCustomerParty/cac:Party",
            2,
            "missing",
        ),
        ("12.50", "12,50", "Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount", 15, "found \"12,50\""),
        (
            "\"EUR\"",
            "\"USD\"",
            "Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount",
            15,
            "the amount is in \"USD\", but the document in EUR",
        ),
        (
            line,
            "<cbc:LineExtensionAmount>x",
            "Invoice/cac:InvoiceLine/cbc:LineExtensionAmount",
            19,
            "found \"x\"",
        ),
        (
            "<cac:InvoiceLine>",
            "<cac:InvoiceLine/>\n<cac:InvoiceLine><cac:Price><cbc:PriceAmount>?</cbc:PriceAmount></cac:Price>",
            "Invoice/cac:InvoiceLine[2]/cac:Price/cbc:PriceAmount",
            18,
            "found \"?\"",
        ),
        (
            "<cbc:ID>1</cbc:ID>",
            "<cbc:ID>1</cbc:ID><cbc:ReminderSequenceNumeric>12</cbc:ReminderSequenceNumeric>",
            "Invoice/cbc:ReminderSequenceNumeric",
            3,
            "1 to 9",
        ),
    ] {
        let xml = with(from, to).replace(
            "/cac:AccountingCustomerParty>",
            if to.contains("Somebody") { "/cac:Somebody>" } else { "/cac:AccountingCustomerParty>" },
        );
        let fault = read(xml.as_bytes()).expect_err(to);
        assert_eq!(fault.fault, DocumentFault::Invalid, "{to}: {fault}");
        assert_eq!((fault.path.as_str(), fault.line), (path, Some(at)), "{to}: {fault}");
        assert!(fault.detail.contains(detail), "{to}: {fault}");
    }
}

#[test]
fn what_is_no_xml_is_malformed() {
    for (xml, detail) in [
        (String::new(), "no element"),
        ("hello".into(), "text outside"),
        ("{\"kind\": \"invoice\"}".into(), "this is JSON"),
        (with("</cac:Party>", "</cac:Part>"), "expected `</cac:Party>`"),
        (with("</Invoice>", ""), "ends before"),
        (with("currencyID=\"EUR\"", "currencyID=EUR"), "not XML"),
        (with("currencyID=\"EUR\"", "a=\"1\" a=\"2\""), "given twice"),
        (with("currencyID=\"EUR\"", "a=\"<\""), "< in the value"),
        (with(">Customer<", ">&#0;<"), "not XML"),
        (with(">Customer<", ">&#x110000;<"), "character"),
        (with(">Customer<", ">A & B<"), "not XML"),
        (invoice() + "x", "text outside"),
        (invoice() + &invoice(), "not XML"),
    ] {
        let fault = read(xml.as_bytes()).expect_err(&xml);
        assert_eq!(fault.fault, DocumentFault::Malformed, "{detail}: {fault}");
        assert!(fault.detail.contains(detail), "{detail}: {fault}");
    }
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let nested = |depth: usize| "<x>".repeat(depth) + &"</x>".repeat(depth);
    let before = "<cbc:ID>1</cbc:ID>";
    let attributes: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
    let bindings: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" xmlns:n{n}='urn:n'")).collect();
    let long = "x".repeat(MAX_TEXT + 1);
    for (name, xml, detail) in [
        ("depth", with(before, &format!("{before}{}", nested(MAX_DEPTH))), "nested deeper"),
        ("abyss", with(before, &nested(1_000_000)), "nested deeper"),
        ("unclosed abyss", with(before, &"<cbc:a>".repeat(2_000_000)), "nested deeper"),
        (
            "elements",
            with(before, &format!("{before}{}", "<x/>".repeat(MAX_ELEMENTS))),
            "more than 262144 elements",
        ),
        ("attributes", with(before, &format!("<x{attributes}/>{before}")), "attributes"),
        ("namespaces", with(before, &format!("<x{bindings}/>{before}")), "refused"),
        (
            "lines",
            with("<cac:InvoiceLine>", &("<cac:InvoiceLine/>".repeat(MAX_LINES) + "<cac:InvoiceLine>")),
            "too many entries",
        ),
        ("text", with(">Customer<", &format!(">{long}<")), "a text has at most"),
        ("entity", with(">Customer<", ">&nbsp;<"), "the entity &nbsp;"),
        ("document type", with("<Invoice", "<!DOCTYPE Invoice><Invoice"), "DTD"),
    ] {
        let fault = read(xml.as_bytes()).expect_err(name);
        assert_eq!(fault.fault, DocumentFault::Refused, "{name}: {fault}");
        assert!(fault.detail.contains(detail), "{name}: {fault}");
    }
    assert!(read(with(before, &format!("{before}{}", nested(MAX_DEPTH - 1))).as_bytes()).is_ok());
    // A big file inside of the document is passed over, not read.
    let inside = format!(
        "{before}<cbc:EmbeddedDocumentBinaryObject>{}</cbc:EmbeddedDocumentBinaryObject>",
        "QUJD".repeat(1_000_000)
    );
    assert!(read(with(before, &inside).as_bytes()).is_ok());
}

#[test]
fn other_documents_are_named_and_not_read() {
    for (name, expected) in [("DespatchAdvice", "DespatchAdvice"), ("Catalogue", "Catalogue")] {
        let xml = format!("<{name} xmlns='{NAMESPACE}{name}-2'/>");
        let fault = read(xml.as_bytes()).unwrap_err();
        assert_eq!((fault.fault, fault.path.as_str()), (DocumentFault::Invalid, expected), "{fault}");
        assert!(fault.detail.contains("Quotation and Reminder"), "{fault}");
    }
    let cii = "<rsm:CrossIndustryInvoice xmlns:rsm='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'/>";
    assert!(read(cii.as_bytes()).unwrap_err().detail.contains("this is a CII document"));
}

#[test]
fn prices_are_for_one_unit_and_totals_are_left_alone() {
    let price = |amount: &str, base: &str| {
        let to = format!(
            "<cac:Price><cbc:PriceAmount>{amount}</cbc:PriceAmount><cbc:BaseQuantity>{base}</cbc:BaseQuantity></cac:Price></cac:InvoiceLine>"
        );
        of(&with("</cac:InvoiceLine>", &to)).lines[0].unit_price.map(|price| price.to_string())
    };
    for (amount, base, expected) in [
        ("125.00", "1", "125.00"),
        ("125.00", "100", "1.25"),
        ("1", "3", "0.3333333333"),
        ("7", "0", "7"),
        (".5", "1.", "0.5"),
    ] {
        assert_eq!(price(amount, base).as_deref(), Some(expected), "{amount} for {base}");
    }
    assert_eq!(of(&with("12.50", "99.999")).totals.payable.map(|d| d.to_string()).as_deref(), Some("99.999"));
}

#[test]
fn what_other_profiles_write_elsewhere_is_found() {
    let head = "<cbc:ID>1</cbc:ID>";
    let party =
        "<cac:PartyLegalEntity><cbc:RegistrationName>Customer</cbc:RegistrationName></cac:PartyLegalEntity>";
    let no_currency = with("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "");
    assert_eq!(of(&no_currency).currency, super::super::Currency::EUR);
    let noted =
        of(&with(head, &format!("{head}<cbc:Note>#ADU#Thank you</cbc:Note><cbc:Note>#1 of 2#</cbc:Note>")));
    assert_eq!(noted.notes, ["Thank you", "#1 of 2#"]);
    let due = with(
        "<cac:LegalMonetaryTotal>",
        "<cac:PaymentMeans><cbc:PaymentDueDate>2026-12-22</cbc:PaymentDueDate></cac:PaymentMeans><cac:LegalMonetaryTotal>",
    );
    assert_eq!(of(&due).due_date.map(|d| d.to_string()).as_deref(), Some("2026-12-22"));
    let person = with(
        party,
        "<cac:Person><cbc:FirstName>Ada</cbc:FirstName><cbc:FamilyName>Byron</cbc:FamilyName></cac:Person>",
    );
    assert_eq!(of(&person).buyer.name, "Ada Byron");
    let identified = with(
        party,
        "<cac:PartyIdentification><cbc:ID schemeID='SEPA'>BE99ZZZ</cbc:ID></cac:PartyIdentification><cac:PartyIdentification><cbc:ID>K-7</cbc:ID></cac:PartyIdentification>",
    );
    assert_eq!(of(&identified).buyer.name, "K-7");
    let beside = with(
        "</cac:AccountingCustomerParty>",
        "<cac:AccountingContact><cbc:ElectronicMail>ap@example.com</cbc:ElectronicMail></cac:AccountingContact></cac:AccountingCustomerParty>",
    );
    let beside = of(&beside).buyer;
    assert_eq!(
        (beside.mailbox_text(), beside.contacts[0].roles.as_slice()),
        (Some("ap@example.com"), &["billing".to_owned()][..])
    );
    let house = with(
        party,
        &format!(
            "{party}<cac:PostalAddress><cbc:StreetName>Kade</cbc:StreetName><cbc:BuildingNumber>4</cbc:BuildingNumber></cac:PostalAddress>"
        ),
    );
    assert_eq!(of(&house).buyer.address.lines, ["Kade 4"]);
    let described = with("<cbc:Name>Chair</cbc:Name>", "<cbc:Description>Oak chair</cbc:Description>");
    assert_eq!(
        (of(&described).lines[0].name.as_str(), &of(&described).lines[0].description),
        ("Oak chair", &None)
    );
    let two_taxes = "<cac:TaxTotal><cbc:TaxAmount currencyID='EUR'>2.10</cbc:TaxAmount></cac:TaxTotal><cac:TaxTotal><cbc:TaxAmount currencyID='SEK'>24.00</cbc:TaxAmount></cac:TaxTotal><cac:LegalMonetaryTotal>";
    assert_eq!(
        of(&with("<cac:LegalMonetaryTotal>", two_taxes)).totals.tax.map(|d| d.to_string()).as_deref(),
        Some("2.10")
    );
}

#[test]
fn no_number_and_no_name_shows_as_another() {
    for (from, before, after) in [
        ("<cbc:ID>1</cbc:ID>", "<cbc:ID>F-1", "9</cbc:ID>"),
        (">Atelier Nord<", ">Atelier", "Nord<"),
        (">Customer<", ">Cust", "omer<"),
    ] {
        for mark in ["\u{202e}", "&#x202E;", "\u{2066}", "&#8233;"] {
            let xml = with(from, &format!("{before}{mark}{after}"));
            let fault = read(xml.as_bytes()).expect_err(&xml);
            assert_eq!(fault.fault, DocumentFault::Invalid, "{fault}");
            assert!(fault.detail.contains("turn the direction"), "{mark}: {fault}");
        }
    }
}

//! What the command line makes of documents: who pays, who gets them, what is refused, what is around them.

use crate::cli::{document, expect};
use crate::exit_codes::{code, store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use std::path::Path;

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// An invoice as UBL, with elements of its own before the totals.
fn invoice(code: &str, more: &str, prepaid: &str) -> String {
    let party = |role: &str, name: &str, email: &str| {
        format!(
            "<cac:{role}><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName></cac:PartyLegalEntity>\
             <cac:Contact><cbc:ElectronicMail>{email}</cbc:ElectronicMail></cac:Contact></cac:Party></cac:{role}>"
        )
    };
    let (seller, buyer) = (
        party("AccountingSupplierParty", "Tulip Growers", "bills@growers.example"),
        party("AccountingCustomerParty", "Flower Auction", "desk@auction.example"),
    );
    format!(
        "<Invoice xmlns='{UBL}Invoice-2' xmlns:cac='{UBL}CommonAggregateComponents-2' xmlns:cbc='{UBL}CommonBasicComponents-2'>\
         <cbc:ID>T-77</cbc:ID><cbc:IssueDate>2026-10-01</cbc:IssueDate><cbc:DueDate>2026-10-31</cbc:DueDate>\
         <cbc:InvoiceTypeCode>{code}</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{seller}{buyer}{more}\
         <cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID='EUR'>242.00</cbc:TaxInclusiveAmount>\
         <cbc:PrepaidAmount currencyID='EUR'>{prepaid}</cbc:PrepaidAmount></cac:LegalMonetaryTotal></Invoice>"
    )
}

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn b12_a_reminder_of_what_is_not_owed_is_refused_and_can_be_insisted_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let paid = write(folder.path(), "paid.xml", &invoice("380", "", "242.00"));
    let open = write(folder.path(), "open.xml", &invoice("380", "", "42.00"));
    let render = |file: &str, use_case: &str, day: &str, more: &[&str]| {
        let now = format!("{day}T09:00:00+01:00");
        let line = ["render", file, "--out", &out, "--use-case", use_case, "--now", &now];
        [&line[..], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run =
        |code: i32, line: Vec<String>| expect(code, &line.iter().map(String::as_str).collect::<Vec<_>>());
    for (file, use_case, day, code, words) in [
        (&paid, "reminder-3", "2026-12-01", "nothing-open", "EUR 0.00"),
        (&open, "overdue", "2026-10-31", "not-yet-due", "due on 2026-10-31"),
        (&open, "reminder-1", "2026-10-05", "not-yet-due", "due on 2026-10-31"),
    ] {
        let (_, warned) = run(3, render(file, use_case, day, &[]));
        assert!(warned.contains(words) && warned.contains(&format!("--{code}")), "{warned}");
        assert!(!Path::new(&out).exists(), "nothing is written");
        run(0, render(file, use_case, day, &[&format!("--{code}")]));
        std::fs::remove_dir_all(&out).unwrap();
    }
    run(0, render(&open, "reminder-1", "2026-11-01", &[]));
    run(0, render(&paid, "new", "2026-10-01", &[]));
}

#[test]
fn b13_a_self_billed_invoice_goes_to_the_supplier_in_the_buyers_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let file = write(folder.path(), "own.xml", &invoice("389", "", "0"));
    let (printed, _) = expect(0, &["render", &file, "--out", &out, "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["recipients"][0]["mailbox"]["address"], "bills@growers.example", "{printed}");
    assert_eq!(printed["from"]["name"], "Flower Auction", "{printed}");
    assert_eq!(printed["document"]["self_billed"], true, "{printed}");
    let (table, _) = expect(0, &["document", &file]);
    assert!(table.contains("389") && table.contains("Flower Auction (self-billed)"), "{table}");
    let settings = write(folder.path(), "company.toml", "[company]\nname = \"Flower Auction\"\n");
    let usual = write(folder.path(), "usual.xml", &invoice("380", "", "0"));
    let (_, warned) = expect(0, &["render", &usual, "--out", &out, "--settings", &settings]);
    assert!(warned.contains("recipient-is-company"), "{warned}");
}

#[test]
fn b11_how_a_document_is_paid_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let means = "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>QUOTE-ME</cbc:PaymentID><cac:PayeeFinancialAccount>\
                 <cbc:ID>NL39RABO0300065264</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>";
    let debit = "<cac:PaymentMeans><cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cac:PaymentMandate><cbc:ID>M-5</cbc:ID></cac:PaymentMandate></cac:PaymentMeans>";
    let file = write(folder.path(), "paid.xml", &invoice("380", means, "0"));
    let (table, _) = expect(0, &["document", &file]);
    assert!(table.contains("transfer to NL39RABO0300065264, reference QUOTE-ME"), "{table}");
    let file = write(folder.path(), "debit.xml", &invoice("380", &format!("{debit}{means}"), "0"));
    let (printed, _) = expect(0, &["document", &file, "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let payment = &printed[0]["document"]["payment"];
    assert_eq!(
        (&payment["method"], &payment["mandate"]),
        (&"direct-debit".into(), &"M-5".into()),
        "{printed}"
    );
    assert!(payment["account"].is_null(), "{printed}");
}

#[test]
fn a_pdf_that_the_ubl_carries_goes_with_the_mail_where_none_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let pdf = "%PDF-1.7 carried %%EOF";
    let carried = format!(
        "<cac:AdditionalDocumentReference><cbc:ID>T-77</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode='application/pdf' \
         filename='T-77.pdf'>{}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>",
        BASE64.encode(pdf)
    );
    let file = write(folder.path(), "carrying.xml", &invoice("380", &carried, "0"));
    let wrapped = format!(
        "<AttachedDocument xmlns='{UBL}AttachedDocument-2' xmlns:cac='{UBL}CommonAggregateComponents-2' xmlns:cbc='{UBL}CommonBasicComponents-2'>\
         <cac:Attachment><cac:ExternalReference><cbc:Description><![CDATA[{}]]></cbc:Description></cac:ExternalReference></cac:Attachment></AttachedDocument>",
        invoice("380", &carried, "0")
    );
    let wrapped = write(folder.path(), "wrapped.xml", &wrapped);
    let own = write(folder.path(), "own.pdf", "%PDF-1.7 given %%EOF");
    let folder = out.display().to_string();
    for (file, more, content, is_told) in [
        (&file, &[][..], pdf, true),
        (&wrapped, &[][..], pdf, true),
        (&file, &["--pdf", &own][..], "%PDF-1.7 given %%EOF", false),
    ] {
        let (_, warned) = expect(0, &[&["render", file, "--out", &folder][..], more].concat());
        assert_eq!(warned.contains("T-77.pdf (embedded-pdf)"), is_told, "{warned}");
        assert!(!warned.contains("no-pdf"), "{warned}");
        let message = std::fs::read_to_string(out.join("message.eml")).unwrap();
        assert!(message.contains(&BASE64.encode(content)), "{message}");
    }
    let (_, warned) = expect(0, &["render", &file, "--out", &folder, "--format", "ubl"]);
    assert!(!warned.contains("embedded-pdf"), "{warned}");
}

#[test]
fn a_file_of_another_kind_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let cii =
        "<r:CrossIndustryInvoice xmlns:r='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'/>";
    for (name, content, words) in [
        ("a.xml", "%PDF-1.7 %%EOF", "this is a PDF"),
        ("b.xml", cii, "this is a CII document"),
        ("c.pdf", "%PDF-1.7 %%EOF", "a PDF goes with it"),
        ("d.xml", "<!DOCTYPE html><html></html>", "this is a web page"),
        ("e.json", "<Invoice/>", "this is XML"),
    ] {
        let file = write(folder.path(), name, content);
        let (_, warned) = expect(3, &["document", &file]);
        assert!(warned.contains(words), "{name}: {warned}");
    }
    let (_, warned) = expect(0, &["document", &document("invoice.ubl.xml")]);
    assert_eq!(warned, "");
}

#[test]
fn b12_and_b13_the_check_before_a_batch_has_a_row_for_what_should_not_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), "Flower Auction");
    write(folder.path(), "company.toml", "[company]\nname = \"Flower Auction\"\n");
    let (found, printed) = code(folder.path(), &["company", "set", "--settings", "company.toml"]);
    assert_eq!(found, Some(0), "{printed}");
    let documents = folder.path().join("documents");
    std::fs::create_dir(&documents).unwrap();
    let numbered = |number: &str, prepaid: &str, buyer: &str| {
        let xml = invoice("380", "", prepaid).replace("T-77", number).replace("Flower Auction", buyer);
        write(&documents, &format!("{number}.xml"), &xml);
    };
    numbered("A-1", "242.00", "Customer");
    numbered("B-2", "0", "Flower Auction");
    numbered("C-3", "0", "Customer");
    let check = |more: &[&str]| {
        let line = ["send-bulk", "documents", "--user", "lotte", "--account", "office", "--check", "--json"];
        let line = [&line[..], &["--use-case", "overdue", "--without-document"], more].concat();
        let (_, printed) = code(folder.path(), &line);
        let printed = &printed[printed.find("{").unwrap()..];
        let rows = serde_json::Deserializer::from_str(printed).into_iter::<Value>().next().unwrap().unwrap();
        let rows = rows["rows"].as_array().unwrap_or_else(|| panic!("{printed}")).clone();
        rows.into_iter()
            .map(|row| (row["verdict"].as_str().unwrap().to_owned(), row["problems"].to_string()))
            .collect::<Vec<_>>()
    };
    let rows = check(&[]);
    assert_eq!(
        rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        ["fixable", "fixable", "sendable"],
        "{rows:?}"
    );
    assert!(
        rows[0].1.contains("nothing of invoice A-1 is open") && rows[0].1.contains("--nothing-open"),
        "{rows:?}"
    );
    assert!(rows[1].1.contains("the company itself"), "{rows:?}");
    let insisted = check(&["--nothing-open", "--to-own-company"]);
    assert!(insisted.iter().all(|row| row.0 == "sendable"), "{insisted:?}");
}

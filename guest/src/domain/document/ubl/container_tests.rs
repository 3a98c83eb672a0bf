//! Documents in envelopes and in other documents, and the PDFs that they carry.

use super::tests::{invoice, of, with};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

const UBL: &str = "urn:oasis:names:specification:ubl:schema:xsd:";
const ENVELOPE: &str = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader";

/// An AttachedDocument around an attachment.
fn around(attachment: &str) -> String {
    format!(
        "<AttachedDocument xmlns='{UBL}AttachedDocument-2' xmlns:cac='{UBL}CommonAggregateComponents-2' xmlns:cbc='{UBL}CommonBasicComponents-2'>\
         <cbc:ID>AD-9</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate>{attachment}</AttachedDocument>"
    )
}

/// Attachments that hold nothing.
const LINK: &str = "<cac:Attachment><cac:ExternalReference><cbc:URI>https://a.example</cbc:URI></cac:ExternalReference></cac:Attachment>";
const BLANK: &str = "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject> </cbc:EmbeddedDocumentBinaryObject><cac:ExternalReference><cbc:Description/></cac:ExternalReference></cac:Attachment>";

fn attachment(held: &str) -> String {
    format!(
        "<cac:Attachment><cac:ExternalReference><cbc:Description><![CDATA[{held}]]></cbc:Description></cac:ExternalReference></cac:Attachment>"
    )
}

fn text(held: &str) -> String {
    around(&format!(
        "<cac:Attachment><cac:ExternalReference><cbc:Description>{held}</cbc:Description></cac:ExternalReference></cac:Attachment>"
    ))
}

fn binary(held: &[u8]) -> String {
    let held = BASE64.encode(held);
    around(&format!(
        "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode='text/xml'>{held}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
    ))
}

fn envelope(held: &str) -> String {
    let held = held.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    format!(
        "<s:StandardBusinessDocument xmlns:s='{ENVELOPE}'><s:StandardBusinessDocumentHeader><s:HeaderVersion>1.0</s:HeaderVersion>\
             <s:Sender><s:Identifier>0208:0123456749</s:Identifier></s:Sender></s:StandardBusinessDocumentHeader>{held}</s:StandardBusinessDocument>"
    )
}

fn fault(xml: &str) -> DocumentError {
    read(xml.as_bytes()).expect_err(xml)
}

#[test]
fn a_document_is_read_whatever_is_around_it() {
    let plain = of(&invoice());
    let escaped = invoice().replace('&', "&amp;").replace('<', "&lt;");
    let latin = invoice().replace("UTF-8", "ISO-8859-1");
    let wrapped = BASE64
        .encode(invoice())
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    for (name, xml) in [
        ("as CDATA", text(&format!("<![CDATA[{}]]>", invoice()))),
        ("as CDATA that declares another encoding", text(&format!("\n<![CDATA[{latin}]]>\n"))),
        ("escaped", text(&escaped)),
        ("in base64", binary(invoice().as_bytes())),
        ("in base64 with a mark", binary(&[b"\xEF\xBB\xBF", invoice().as_bytes()].concat())),
        ("as CDATA with a mark", text(&format!("<![CDATA[\u{feff}{}]]>", invoice()))),
        ("escaped with marks", text(&format!("\u{feff} \u{feff}{escaped}"))),
        ("in base64 with two marks", binary(format!("\u{feff}\u{feff}{}", invoice()).as_bytes())),
        ("with two marks", format!("\u{feff}\u{feff}{}", invoice())),
        ("with three marks", format!("\u{feff}\u{feff}\u{feff}{}", invoice())),
        ("behind a link", around(&format!("{LINK}{}", attachment(&invoice())))),
        ("behind blank ones", around(&format!("{BLANK}{LINK}{}", attachment(&invoice())))),
        ("before a link", around(&format!("{}{LINK}", attachment(&invoice())))),
        (
            "in broken lines",
            around(&format!(
                "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject>{wrapped}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
            )),
        ),
        ("in an envelope", envelope(&invoice())),
        ("attached, in an envelope", envelope(&text(&format!("<![CDATA[{}]]>", invoice())))),
        ("in an envelope, attached", text(&format!("<![CDATA[{}]]>", envelope(&invoice())))),
    ] {
        assert_eq!(read(xml.as_bytes()).as_ref(), Ok(&plain), "{name}");
    }
}

#[test]
fn what_is_in_a_container_is_named_where_it_is_no_document_that_is_read() {
    let cii =
        "<r:CrossIndustryInvoice xmlns:r='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'/>";
    let response = format!("<ApplicationResponse xmlns='{UBL}ApplicationResponse-2'/>");
    let twice = text(&format!("<![CDATA[{}]]>", text("<x/>").replace("]]>", "")));
    let bare = around("");
    for (name, xml, expected) in [
        ("CII in an envelope", envelope(cii), "in a StandardBusinessDocument: this is a CII document"),
        ("nothing in an envelope", envelope(""), "no document is in it"),
        (
            "two in an envelope",
            envelope(
                &(invoice() + invoice().trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")),
            ),
            "second root",
        ),
        ("an envelope in an envelope", envelope(&envelope(&invoice())), "no document is in it"),
        ("text after an envelope", envelope(&invoice()) + "x", "text outside"),
        (
            "half an envelope",
            envelope(&invoice()).replace("</s:StandardBusinessDocument>", ""),
            "ends before",
        ),
        (
            "CII attached",
            text(&format!("<![CDATA[{cii}]]>")),
            "attached to this AttachedDocument: this is a CII document",
        ),
        ("a PDF attached", binary(b"%PDF-1.7"), "this is a PDF"),
        ("a PDF as text", text("%PDF-1.7"), "this is a PDF"),
        ("another UBL", text(&format!("<![CDATA[{response}]]>")), "only the UBL documents"),
        ("one in another", twice, "inside of another"),
        ("no attachment", bare, "missing"),
        (
            "elsewhere",
            around(
                "<cac:Attachment><cac:ExternalReference><cbc:URI>https://a.example</cbc:URI></cac:ExternalReference></cac:Attachment>",
            ),
            "holds no document",
        ),
        ("blank or elsewhere", around(&format!("{BLANK}{LINK}")), "holds no document"),
        (
            "a faulty one with two marks",
            format!("\u{feff}\u{feff}{}", invoice().replace("2026-11-22", "22.11.2026")),
            "found \"22.11.2026\"",
        ),
        (
            "a faulty one attached with a mark",
            text(&format!("<![CDATA[\u{feff}{}]]>", invoice().replace("2026-11-22", "22.11.2026"))),
            "found \"22.11.2026\" (line 4 of it)",
        ),
        (
            "no base64",
            around(
                "<cac:Attachment><cbc:EmbeddedDocumentBinaryObject>*</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>",
            ),
            "expected a file in base64",
        ),
        (
            "a faulty one",
            text(&format!("<![CDATA[{}]]>", invoice().replace("2026-11-22", "22.11.2026"))),
            "found \"22.11.2026\" (line 4 of it)",
        ),
    ] {
        let fault = fault(&xml);
        assert!(fault.detail.contains(expected), "{name}: {fault}");
    }
}

/// An invoice with files, each: id, type, name, media type, content.
fn carrying(files: &[(&str, &str, &str, &str, &[u8])]) -> String {
    let files: String = files
        .iter()
        .map(|(id, kind, name, media_type, content)| {
            let (name, media_type) = (format!(" filename='{name}'"), format!(" mimeCode='{media_type}'"));
            format!(
                "<cac:AdditionalDocumentReference><cbc:ID>{id}</cbc:ID><cbc:DocumentType>{kind}</cbc:DocumentType><cac:Attachment>\
                 <cbc:EmbeddedDocumentBinaryObject{media_type}{name}>{}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>",
                BASE64.encode(content)
            )
        })
        .collect();
    with("<cac:LegalMonetaryTotal>", &format!("{files}<cac:LegalMonetaryTotal>"))
}

#[test]
fn the_pdf_of_a_document_is_the_one_that_is_told_to_be_it() {
    const PDF: &str = "application/pdf";
    for (name, files, expected) in [
        ("none", vec![], None),
        ("the only one", vec![("x", "", "a.pdf", PDF, &b"%PDF-a"[..])], Some(("a.pdf", &b"%PDF-a"[..]))),
        (
            "beside a picture",
            vec![("x", "", "a.png", "image/png", b"png"), ("y", "", "b.pdf", PDF, b"%PDF-b")],
            Some(("b.pdf", b"%PDF-b")),
        ),
        (
            "two that nothing tells apart",
            vec![("x", "", "a.pdf", PDF, b"a"), ("y", "", "b.pdf", PDF, b"b")],
            None,
        ),
        (
            "by its type",
            vec![("x", "", "a.pdf", PDF, b"a"), ("y", "CommercialInvoice", "b.pdf", PDF, b"b")],
            Some(("b.pdf", b"b")),
        ),
        (
            "by the number",
            vec![("x", "", "a.pdf", PDF, b"a"), ("1", "", "b.pdf", PDF, b"b")],
            Some(("b.pdf", b"b")),
        ),
        (
            "by its name",
            vec![("x", "", "1.PDF", PDF, b"a"), ("y", "", "b.pdf", PDF, b"b")],
            Some(("1.PDF", b"a")),
        ),
        ("by its ending", vec![("x", "", "a.pdf", "", b"a")], Some(("a.pdf", b"a"))),
        ("without a folder", vec![("x", "", "..\\c/../a.pdf", PDF, b"a")], Some(("a.pdf", b"a"))),
        ("without a name", vec![("x", "", "", PDF, b"a")], Some(("1.pdf", b"a"))),
        ("a name of another kind", vec![("x", "", "a.exe", PDF, b"a")], Some(("1.pdf", b"a"))),
    ] {
        let xml = carrying(&files);
        let wanted = expected.map(|(file_name, content)| EmbeddedFile {
            file_name: file_name.into(),
            content: content.into(),
        });
        assert_eq!(pdf(xml.as_bytes()).unwrap(), wanted, "{name}");
        assert_eq!(pdf(envelope(&xml).as_bytes()).unwrap(), wanted, "{name}, in an envelope");
    }
    let broken = carrying(&[("x", "", "a.pdf", PDF, b"a")]).replace("YQ==", "??");
    assert!(pdf(broken.as_bytes()).unwrap_err().detail.contains("base64"));
    assert!(read(broken.as_bytes()).is_ok(), "a mail can be made without it");
}

//! What a file is that is no document of a known format: named as what it is, with what to do about it. People attach the PDF, or the
//! e-invoice of another syntax; "not XML" helps none of them.

/// Bytes at the start of a file that its kind is recognised by.
const BEGINNING: usize = 1_024;

/// Explains the first bytes of a file that is neither XML nor JSON.
pub(super) fn by_beginning(content: &[u8]) -> Option<String> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    let beginning = content[..content.len().min(BEGINNING)].to_ascii_lowercase();
    let starts = |with: &[u8]| beginning.starts_with(with);
    let has = |what: &[u8]| memchr::memmem::find(content, what).is_some();
    let what = if starts(b"%pdf-") {
        match has(b"factur-x.xml")
            || has(b"zugferd-invoice.xml")
            || has(b"ZUGFeRD-invoice.xml")
            || has(b"xrechnung.xml")
        {
            true => {
                "a hybrid PDF (ZUGFeRD, Factur-X), and what it holds is CII, which is not read: give the document as UBL 2.1 or JSON, \
                 and the PDF as its file"
            }
            false => {
                "a PDF, which only people can read: give the document as UBL 2.1 or JSON, and the PDF as its file"
            }
        }
    } else if starts(b"<!doctype html") || starts(b"<html") {
        "a web page, perhaps one that says why the download failed: give the file itself, UBL 2.1 or JSON"
    } else if starts(b"pk\x03\x04") {
        "a ZIP archive or an office document: give the file in it, UBL 2.1 or JSON"
    } else if starts(b"\x1f\x8b") {
        "compressed (gzip): unpack it"
    } else if starts(b"\xd0\xcf\x11\xe0") {
        "an old office document: give the document as UBL 2.1 or JSON"
    } else if starts(b"mime-version:") || starts(b"received:") || starts(b"return-path:") {
        "an e-mail: give the file that is attached to it, UBL 2.1 or JSON"
    } else if starts(b"unb+") || starts(b"una:+") {
        "EDIFACT: give the document as UBL 2.1 or JSON"
    } else {
        return None;
    };
    Some(format!("this is {what}"))
}

/// Syntaxes of e-invoices, by a part of the namespace of their root.
const SYNTAXES: [(&str, &str); 12] = [
    (
        "uncefact:data:standard:CrossIndustry",
        "a CII document (UN/CEFACT; XRechnung, ZUGFeRD and Factur-X use it)",
    ),
    ("uncefact:data:SCRDMCCBDACIOMessageStructure", "a CII order (UN/CEFACT; Order-X)"),
    ("ferd:CrossIndustryDocument", "a CII document of ZUGFeRD 1"),
    ("urn:oasis:names:specification:ubl:schema:xsd:Invoice-1", "UBL 1.0"),
    ("urn:oasis:names:tc:ubl:", "UBL 0.7 (OIOXML)"),
    ("urn:sfti:documents:BasicInvoice", "a Svefaktura 1"),
    ("ivaservizi.agenziaentrate.gov.it", "a FatturaPA"),
    ("facturae", "a Facturae"),
    ("ebinterface.at", "an ebInterface document"),
    ("crd.gov.pl", "a KSeF document"),
    ("www.sat.gob.mx/cfd", "a CFDI"),
    ("www.w3.org/1999/xhtml", "a web page"),
];

/// Explains the root element of what is no UBL 2 document.
pub(super) fn by_root(name: &str, namespace: Option<&str>) -> String {
    let instead = "is not read: give the document as UBL 2.1 or JSON";
    let local = name.rsplit(':').next().unwrap_or(name);
    let is_ubl_name = ["Invoice", "CreditNote", "Order", "Quotation", "Reminder"].contains(&local);
    let known = namespace.and_then(|uri| SYNTAXES.iter().find(|(part, _)| uri.contains(part)));
    match (known, namespace) {
        (Some((_, what)), _) => format!("this is {what}, which {instead}"),
        (None, None) if local == "Finvoice" => format!("this is a Finvoice, which {instead}"),
        (None, None) if is_ubl_name => format!(
            "the root element {local} has no namespace: a UBL 2.1 document declares urn:oasis:names:specification:ubl:schema:xsd:{local}-2"
        ),
        (None, None) => {
            format!("the root element {local:?} of no namespace is no UBL 2 document, and {instead}")
        }
        (None, Some(uri)) => {
            let uri = super::error::shortened(uri, 120);
            format!("the root element {local:?} of {uri:?} is of no UBL 2 document namespace, and {instead}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_named_as_what_it_is() {
        for (content, expected) in [
            (&b"%PDF-1.7\n..."[..], Some("a PDF, which only people can read")),
            (b"\xEF\xBB\xBF\n%PDF-1.4", Some("a PDF")),
            (b"%PDF-1.6 /F (factur-x.xml)", Some("hybrid PDF")),
            (b"<!DOCTYPE HTML><html>", Some("a web page")),
            (b"  <html lang='en'>", Some("a web page")),
            (b"PK\x03\x04....", Some("ZIP")),
            (b"\x1f\x8b\x08", Some("gzip")),
            (b"Received: from a", Some("e-mail")),
            (b"UNA:+.? '", Some("EDIFACT")),
            (b"<?xml version='1.0'?><a/>", None),
            (b"{}", None),
            (b"", None),
        ] {
            let found = by_beginning(content);
            assert_eq!(found.is_some(), expected.is_some(), "{content:?}");
            assert!(
                expected.is_none_or(|words| found.as_deref().unwrap_or_default().contains(words)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_root_of_another_syntax_is_named() {
        for (name, namespace, expected) in [
            (
                "rsm:CrossIndustryInvoice",
                Some("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
                "a CII document",
            ),
            (
                "p:FatturaElettronica",
                Some("http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"),
                "a FatturaPA",
            ),
            ("Invoice", Some("urn:oasis:names:specification:ubl:schema:xsd:Invoice-1.0"), "UBL 1.0"),
            ("Finvoice", None, "a Finvoice"),
            ("Invoice", None, "xsd:Invoice-2"),
            ("a:Thing", Some("urn:thing"), "\"Thing\" of \"urn:thing\""),
            ("Thing", None, "\"Thing\" of no namespace"),
        ] {
            let words = by_root(name, namespace);
            assert!(words.contains(expected), "{words}");
        }
    }
}

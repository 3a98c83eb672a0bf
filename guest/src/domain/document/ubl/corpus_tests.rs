//! Real invoices, where they are at hand: read, with the totals that a plain search of their text finds.

use super::*;
use std::path::Path;

/// The text of the first `<…:name …>text<` after a position.
fn search<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let at = xml.find(&format!("cbc:{name}"))?;
    let rest = &xml[at..];
    let value = &rest[rest.find('>')? + 1..];
    Some(value[..value.find('<')?].trim())
}

#[test]
fn every_invoice_of_the_corpus_is_read_with_the_totals_it_states() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/ubl");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    for path in &files {
        let xml = std::fs::read_to_string(path).unwrap();
        let document = read(xml.as_bytes()).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let block = xml.split("cac:LegalMonetaryTotal").nth(1).unwrap();
        for (name, read) in [
            ("LineExtensionAmount", document.totals.lines),
            ("TaxExclusiveAmount", document.totals.tax_exclusive),
            ("TaxInclusiveAmount", document.totals.tax_inclusive),
            ("PrepaidAmount", document.totals.prepaid),
            ("PayableRoundingAmount", document.totals.rounding),
            ("PayableAmount", document.totals.payable),
        ] {
            let stated = search(block, name);
            assert_eq!(
                read.map(|amount| amount.to_string()).as_deref(),
                stated,
                "{}: {name}",
                path.display()
            );
        }
        let own = format!("currencyID=\"{}\"", document.currency);
        let tax = xml.split("cac:TaxTotal>").nth(1).unwrap();
        assert!(tax.contains(&own), "{}", path.display());
        let currency = search(&xml, "DocumentCurrencyCode").unwrap();
        assert_eq!(document.currency.code(), currency, "{}", path.display());
        assert_eq!(document.lines.len(), xml.matches("<cac:InvoiceLine>").count(), "{}", path.display());
        let number = xml.split("cac:AccountingSupplierParty").next().and_then(|head| search(head, "ID"));
        assert_eq!(Some(document.number.as_str()), number, "{}", path.display());
        let again = super::super::json::read(super::super::to_json(&document).as_bytes());
        assert_eq!(again.as_ref(), Ok(&document), "{}", path.display());
    }
    println!("read {} files", files.len());
}

//! A document as UBL 2.1 XML: Invoice, CreditNote, Order, Quotation, Reminder.
//!
//! Read leniently where UBL is wider than this model (elements not known here are passed over, whatever profile they belong to) and
//! strictly where a mail would have something wrong in it: dates, decimals, currency. No total is recomputed. What is around a document (an
//! envelope, an AttachedDocument) is taken off.

mod amounts;
mod container;
mod element;
mod encoding;
mod head;
mod line;
mod party;
mod payment;
mod tree;

use super::value::is_credit_code;
use super::{Document, DocumentError, DocumentFault, foreign};
use crate::domain::kind::DocumentKind;
use element::Element;
use tree::Vocabulary;

pub use container::EmbeddedFile;

/// How one UBL document names what all of them have.
struct Form {
    kind: DocumentKind,
    /// Aggregates of the seller, the first that is there.
    seller: &'static [&'static str],
    /// Aggregates of the buyer.
    buyer: &'static [&'static str],
    /// Aggregate of the totals.
    totals: &'static str,
    /// Aggregate of a line.
    line: &'static str,
    /// Aggregate inside the line that holds the item, where there is one.
    item: Option<&'static str>,
    /// Element of the quantity.
    quantity: &'static str,
}

const INVOICE: Form = Form {
    kind: DocumentKind::Invoice,
    seller: &["AccountingSupplierParty", "SellerSupplierParty"],
    buyer: &["AccountingCustomerParty", "BuyerCustomerParty"],
    totals: "LegalMonetaryTotal",
    line: "InvoiceLine",
    item: None,
    quantity: "InvoicedQuantity",
};

const CREDIT_NOTE: Form =
    Form { kind: DocumentKind::CreditNote, line: "CreditNoteLine", quantity: "CreditedQuantity", ..INVOICE };

const REMINDER: Form = Form { kind: DocumentKind::Reminder, line: "ReminderLine", ..INVOICE };

const ORDER: Form = Form {
    kind: DocumentKind::PurchaseOrder,
    seller: &["SellerSupplierParty", "AccountingSupplierParty"],
    buyer: &["BuyerCustomerParty", "OriginatorCustomerParty", "AccountingCustomerParty"],
    totals: "AnticipatedMonetaryTotal",
    line: "OrderLine",
    item: Some("LineItem"),
    quantity: "Quantity",
};

const QUOTATION: Form =
    Form { kind: DocumentKind::Quote, totals: "QuotedMonetaryTotal", line: "QuotationLine", ..ORDER };

/// What is to be read of the element that is the document, once it is found.
type Inside<'r, T> = &'r dyn Fn(Element<'_, '_>) -> Result<T, DocumentError>;

/// Reads a document.
pub(super) fn read(content: &[u8]) -> Result<Document, DocumentError> {
    open_bytes(content, &document, false)
}

/// Reads a document that is text by now, whatever encoding it declares.
pub(super) fn read_text(text: &str) -> Result<Document, DocumentError> {
    open_whole_text(text, &document)
}

/// Reads the PDF of the document, where the file carries one.
pub(super) fn pdf(content: &[u8]) -> Result<Option<EmbeddedFile>, DocumentError> {
    open_bytes(content, &container::pdf, false)
}

/// Returns the PDF that is the document itself, of a file that is decoded text.
pub(super) fn pdf_of_text(text: &str) -> Result<Option<EmbeddedFile>, DocumentError> {
    open_whole_text(text, &container::pdf)
}

/// Opens a document of decoded text, checked as bytes are; a byte order mark is no part of it.
fn open_whole_text<T>(text: &str, read: Inside<'_, T>) -> Result<T, DocumentError> {
    not_foreign(text.as_bytes())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    encoding::without_controls(text)?;
    open_text(text, read, false)
}

/// Opens a document; `is_attached` if it was found in an AttachedDocument.
fn open_bytes<T>(content: &[u8], read: Inside<'_, T>, is_attached: bool) -> Result<T, DocumentError> {
    not_foreign(content)?;
    open_text(&encoding::text(content)?, read, is_attached)
}

/// Refuses what is not XML, and names what it is.
fn not_foreign(content: &[u8]) -> Result<(), DocumentError> {
    if let Some(what) = foreign::by_beginning(content) {
        return Err(DocumentError::whole(DocumentFault::Malformed, what));
    }
    if content.trim_ascii_start().starts_with(b"{") {
        let detail = "this is JSON, not XML: give it with the media type application/json, or a name that ends with .json";
        return Err(DocumentError::whole(DocumentFault::Malformed, detail));
    }
    Ok(())
}

fn open_text<T>(text: &str, read: Inside<'_, T>, is_attached: bool) -> Result<T, DocumentError> {
    let tree = tree::parse(text)?;
    let root = Element::root(&tree);
    match (root.vocabulary(), root.name()) {
        (Vocabulary::Document, "AttachedDocument") if is_attached => {
            Err(root.fault(DocumentFault::Refused, "an AttachedDocument inside of another: refused"))
        }
        (Vocabulary::Document, "AttachedDocument") => container::attached(root, read),
        _ => read(root),
    }
}

fn document(root: Element<'_, '_>) -> Result<Document, DocumentError> {
    let form = match (root.vocabulary(), root.name()) {
        (Vocabulary::Document, "Invoice") => {
            let code = root.text("InvoiceTypeCode")?;
            let credit = code.is_some_and(|code| is_credit_code(&code));
            if credit { Form { kind: DocumentKind::CreditNote, ..INVOICE } } else { INVOICE }
        }
        (Vocabulary::Document, "CreditNote") => CREDIT_NOTE,
        (Vocabulary::Document, "Order") => ORDER,
        (Vocabulary::Document, "Quotation") => QUOTATION,
        (Vocabulary::Document, "Reminder") => REMINDER,
        _ => {
            let detail =
                "not read: only the UBL documents Invoice, CreditNote, Order, Quotation and Reminder are";
            return Err(root.fault(DocumentFault::Invalid, detail));
        }
    };
    head::document(root, &form)
}

#[cfg(test)]
mod container_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod payment_tests;
#[cfg(test)]
mod tests;

//! A business document, in the terms of EN 16931, whatever form it came in: the business system's JSON, or UBL 2.1 XML. Reading is bounded
//! (see [`limits`]) and never guesses: what a document leaves out stays out, and what is wrong in it is named with its place.

mod adjustments_and_instalments;
mod error;
mod foreign;
mod json;
pub mod limits;
mod model;
mod money;
mod one_line;
mod payment;
mod sample;
mod summary;
mod ubl;
mod value;

pub use adjustments_and_instalments::{Adjustment, Instalment};
pub use error::{DocumentError, DocumentFault};
pub use json::to_json;
pub(in crate::domain) use json::{explain, list, object};
pub use model::{
    Contact, ContactKind, Document, Endpoint, Line, Party, PaymentMeans, PersonInCharge, PostalAddress,
    References, TaxSubtotal, Totals,
};
pub use money::{Currency, Money};
pub use payment::{PaymentMethod, is_iban, masked};
pub use sample::sample;
pub use summary::{PaymentSummary, Summary};
pub use ubl::EmbeddedFile;

/// JSON Schema (draft 2020-12) of a document.
pub const SCHEMA: &str = include_str!("json/document.schema.json");

/// Media types that [`read`] takes; parameters such as `charset` are ignored, the file itself has them.
pub const MEDIA_TYPES: [&str; 4] = ["application/json", "text/json", "application/xml", "text/xml"];

/// Reads a document. Equal bytes give equal results, always.
pub fn read(media_type: &str, content: &[u8]) -> Result<Document, DocumentError> {
    match form(media_type, content)? {
        Form::Json => json::read(content),
        Form::Xml => ubl::read(content),
    }
    .map(on_one_line)
}

/// Reads a document that is text by now: an encoding that an XML declaration names is not looked at.
pub fn read_text(media_type: &str, text: &str) -> Result<Document, DocumentError> {
    match form(media_type, text.as_bytes())? {
        Form::Json => json::read(text.as_bytes()),
        Form::Xml => ubl::read_text(text),
    }
    .map(on_one_line)
}

fn on_one_line(mut document: Document) -> Document {
    one_line::make(&mut document);
    document
}

/// Returns the PDF that is the document itself, where the document carries one; JSON carries none. The file is read as by [`read`].
pub fn embedded_pdf(media_type: &str, content: &[u8]) -> Result<Option<EmbeddedFile>, DocumentError> {
    match form(media_type, content)? {
        Form::Json => Ok(None),
        Form::Xml => ubl::pdf(content),
    }
}

/// Returns the PDF that is the document itself, of a document that is decoded text.
pub fn embedded_pdf_of_text(media_type: &str, text: &str) -> Result<Option<EmbeddedFile>, DocumentError> {
    match form(media_type, text.as_bytes())? {
        Form::Json => Ok(None),
        Form::Xml => ubl::pdf_of_text(text),
    }
}

/// What a document is written in.
enum Form {
    Json,
    Xml,
}

/// Finds the format of a file by its media type, if the file is not too large.
fn form(media_type: &str, content: &[u8]) -> Result<Form, DocumentError> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let form = match essence.as_str() {
        "application/json" | "text/json" => Form::Json,
        "application/xml" | "text/xml" => Form::Xml,
        _ => {
            let known = MEDIA_TYPES.join(", ");
            let asked = error::shortened(media_type, 100);
            let detail = format!("no reader for the media type {asked:?}: use one of {known}");
            return Err(DocumentError::whole(DocumentFault::Unsupported, detail));
        }
    };
    if content.len() > limits::MAX_BYTES {
        let detail = format!(
            "the file has {} bytes, more than the {} that a document may have",
            content.len(),
            limits::MAX_BYTES
        );
        return Err(DocumentError::whole(DocumentFault::Refused, detail));
    }
    Ok(form)
}

#[cfg(test)]
mod tests;

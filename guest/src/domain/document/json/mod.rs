//! A document as the business system's JSON, in both directions. `document.schema.json` is the published
//! form; a test holds the schema and this reader to each other.
//!
//! A good file is parsed once, straight into the model. Only a bad one is parsed a second time, more slowly,
//! to find out where it is bad.

mod check;
mod empty;
mod explain;
mod path;

pub(super) mod date;
pub(super) mod decimal;
pub(in crate::domain) mod list;
pub(in crate::domain) mod object;
pub(super) mod optional;
pub(super) mod own;

use super::{Document, DocumentError, DocumentFault, foreign};

pub(in crate::domain) use explain::explain;
use object::Object;
use serde::de::IgnoredAny;

/// Reads a document.
pub(super) fn read(content: &[u8]) -> Result<Document, DocumentError> {
    if let Some(what) = foreign::by_beginning(content) {
        return Err(DocumentError::at(DocumentFault::Malformed, "", Some(1), &what));
    }
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    if content.trim_ascii_start().starts_with(b"<") {
        let detail = "this is XML, not JSON: give it with the media type application/xml, or a name that ends with .xml";
        return Err(DocumentError::at(DocumentFault::Malformed, "", Some(1), detail));
    }
    let text = std::str::from_utf8(content).map_err(|fault| {
        let line = content[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        let detail = "not UTF-8, the only encoding of JSON";
        DocumentError::at(DocumentFault::Malformed, "", u32::try_from(line).ok(), detail)
    })?;
    let read = empty::as_null(text);
    let Object(mut document) = serde_json::from_str::<Object<Document>>(&read).map_err(|fault| {
        // A fault of what is no JSON at all is one of the text that was given.
        if read.len() != text.len()
            && let Err(fault) = serde_json::from_str::<IgnoredAny>(text)
        {
            return explain::<Object<Document>>(text, &fault);
        }
        empty::missing::<Object<Document>>(text, &read)
            .unwrap_or_else(|| explain::<Object<Document>>(&read, &fault))
    })?;
    for (index, line) in document.lines.iter_mut().enumerate() {
        if line.id.is_empty() {
            line.id = (index + 1).to_string();
        }
    }
    check::document(&document).map_err(|fault| {
        let line = path::line(text, &fault.path);
        DocumentError::at(fault.fault, &path::written(&fault.path), line, &fault.detail)
    })?;
    Ok(document)
}

/// Writes the document as JSON by the schema, indented: always the same bytes for the same document. Reading them gives the same document.
pub fn to_json(document: &Document) -> String {
    // Text, numbers and lists only: there is nothing in a document that JSON could refuse.
    serde_json::to_string_pretty(document).unwrap_or_default()
}

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;

//! Why a document was not read, in words by which the author of the file can find the place and correct it.

use std::fmt;

/// The party at fault for a failure to read. Reading these bytes again can't help with any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFault {
    /// The media type is none of those supported.
    Unsupported,
    /// Larger, deeper or more numerous than the limits allow, or an XML trick (a DTD, an entity).
    Refused,
    /// The file is not JSON, not XML, or not in the encoding it claims.
    Malformed,
    /// Well-formed, but a field is missing, unknown or wrong.
    Invalid,
    /// The host could not read the file. Another attempt can help.
    Unreadable,
}

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct DocumentError {
    /// Whose fault.
    pub fault: DocumentFault,
    /// JSON path (`$.lines[3].quantity`) or element path (`Invoice/cbc:IssueDate`); empty where the fault
    /// is that of the file as a whole.
    pub path: String,
    /// Line in the file, from 1, where known.
    pub line: Option<u32>,
    /// What is wrong and what was expected.
    pub detail: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.detail)?;
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

impl DocumentError {
    /// Makes the error for a fault of the file as a whole.
    pub(crate) fn whole(fault: DocumentFault, detail: impl Into<String>) -> Self {
        Self { fault, path: String::new(), line: None, detail: detail.into() }
    }

    /// Makes the error for a fault at a place; text from the file is cut to a length that fits in a log.
    pub(super) fn at(fault: DocumentFault, path: &str, line: Option<u32>, detail: &str) -> Self {
        Self { fault, path: shortened(path, 300), line, detail: shortened(detail, 600) }
    }
}

/// Returns the line, from 1, of a byte of a text.
pub(super) fn line_of(text: &str, offset: usize) -> u32 {
    let before = &text.as_bytes()[..offset.min(text.len())];
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// Returns the text, or its beginning and an ellipsis.
pub(super) fn shortened(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

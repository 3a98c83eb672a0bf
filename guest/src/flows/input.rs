//! What every flow about a document begins with: the document, what the mail is for, the settings.

use crate::domain::document::{self, Document, DocumentError};
use crate::domain::kind::{NoSuchPurpose, Purpose};
use crate::domain::settings::{Settings, SettingsError};
use std::cell::RefCell;

/// Largest document that is remembered.
const REMEMBERED: usize = 64 * 1024;

thread_local! {
    /// The document read last, with what was read. Who sends a mail asks for a summary, for the recipients, and for the
    /// mail itself, one after the other: reading it once is a third of the work.
    static LAST: RefCell<Option<(Source, Document)>> = const { RefCell::new(None) };
}

/// A document as the business system has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `application/json` or `application/xml`.
    pub media_type: String,
    /// The file.
    pub content: Vec<u8>,
}

impl Source {
    /// Reads the document.
    ///
    /// # Errors
    /// [`DocumentError`], naming path and line.
    pub fn read(&self) -> Result<Document, DocumentError> {
        let known = LAST.with_borrow(|last| {
            last.as_ref().filter(|(source, _)| source.is(self)).map(|(_, document)| document.clone())
        });
        if let Some(document) = known {
            return Ok(document);
        }
        let document = document::read(&self.media_type, &self.content)?;
        if self.content.len() <= REMEMBERED {
            LAST.set(Some((self.clone(), document.clone())));
        }
        Ok(document)
    }

    /// Whether this is that one. In words of 16 bytes: the sandbox's own comparison goes byte by byte, which is felt with every
    /// mail.
    fn is(&self, other: &Self) -> bool {
        let ((words, rest), (others, remaining)) =
            (self.content.as_chunks::<16>(), other.content.as_chunks::<16>());
        self.media_type == other.media_type
            && rest == remaining
            && words.len() == others.len()
            && words.iter().zip(others).all(|(word, other)| word == other)
    }
}

/// Which of the inputs is wrong. Retrying the same ones can't help.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The use case.
    #[error(transparent)]
    UseCase(#[from] NoSuchPurpose),
}

/// The inputs, read and checked.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) document: Document,
    pub(super) purpose: Purpose,
    pub(super) settings: Settings,
}

impl Input {
    pub(super) fn read(source: &Source, use_case: &str, settings: &str) -> Result<Self, InputError> {
        let document = source.read()?;
        let purpose = Purpose::named(document.kind, use_case)?;
        Ok(Self { document, purpose, settings: Settings::from_json(settings)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_anew_when_anything_about_it_differs() {
        let source = |number: &str| Source {
            media_type: "application/json".into(),
            content: include_str!("../../../tests/fixtures/documents/invoice.json")
                .replace("2026-0417", number)
                .into_bytes(),
        };
        let number = |source: &Source| source.read().unwrap().summary().number;
        for wanted in ["A-1", "A-1", "A-2", "A-1"] {
            assert_eq!(number(&source(wanted)), wanted);
        }
        let other = Source { media_type: "application/xml".into(), ..source("A-1") };
        assert!(other.read().is_err(), "the same bytes as another kind of file");
        assert_eq!(number(&source("A-1")), "A-1");
    }
}

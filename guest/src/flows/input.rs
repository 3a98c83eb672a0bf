//! What every flow about a document begins with: the document, what the mail is for, the settings.

use crate::domain::document::{self, Document, DocumentError, EmbeddedFile};
use crate::domain::kind::{NoSuchPurpose, Purpose};
use crate::domain::settings::{Settings, SettingsError};
use std::cell::RefCell;
use std::sync::Arc;

/// Largest document that is remembered.
const REMEMBERED: usize = 64 * 1024;

thread_local! {
    /// The document read last, with what was read and what it comes to. Who sends a mail asks for a summary, for the recipients, and for the
    /// mail itself, one after the other: reading it once is a third of the work.
    static LAST: RefCell<Option<(Source, ReadDocument)>> = const { RefCell::new(None) };
}

/// A document that was read.
#[derive(Debug, Clone)]
pub struct ReadDocument {
    /// The document as the business system has it.
    pub document: Arc<Document>,
    /// [As mails show it](Document::as_mailed).
    pub as_mailed: Arc<Document>,
}

/// The file of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Decoded already: an encoding that an XML declaration names is not looked at.
    Text(String),
    /// Bytes as they are, in the encoding that they name.
    Bytes(Vec<u8>),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A document as the business system has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `application/json` or `application/xml`.
    pub media_type: String,
    /// The file.
    pub content: Content,
}

impl Source {
    /// Reads the document.
    ///
    /// # Errors
    /// [`DocumentError`], naming path and line.
    pub fn read(&self) -> Result<ReadDocument, DocumentError> {
        let known = LAST.with_borrow(|last| {
            last.as_ref().filter(|(source, _)| source.is(self)).map(|(_, read)| read.clone())
        });
        if let Some(read) = known {
            return Ok(read);
        }
        let document = match &self.content {
            Content::Text(text) => document::read_text(&self.media_type, text),
            Content::Bytes(bytes) => document::read(&self.media_type, bytes),
        }?;
        let as_mailed = Arc::new(document.clone().as_mailed());
        let read = ReadDocument { document: Arc::new(document), as_mailed };
        if self.content.bytes().len() <= REMEMBERED {
            LAST.set(Some((self.clone(), read.clone())));
        }
        Ok(read)
    }

    /// Returns the PDF that is the document itself, where the document carries one.
    ///
    /// # Errors
    /// [`DocumentError`], naming path and line.
    pub fn embedded_pdf(&self) -> Result<Option<EmbeddedFile>, DocumentError> {
        match &self.content {
            Content::Text(text) => document::embedded_pdf_of_text(&self.media_type, text),
            Content::Bytes(bytes) => document::embedded_pdf(&self.media_type, bytes),
        }
    }

    /// True if this is that one. In words of 16 bytes: the sandbox's own comparison goes byte by byte, which is felt with every mail.
    fn is(&self, other: &Self) -> bool {
        let ((words, rest), (others, remaining)) =
            (self.content.bytes().as_chunks::<16>(), other.content.bytes().as_chunks::<16>());
        self.media_type == other.media_type
            && std::mem::discriminant(&self.content) == std::mem::discriminant(&other.content)
            && rest == remaining
            && words.len() == others.len()
            && words.iter().zip(others).all(|(word, other)| word == other)
    }
}

/// A fault of one of the inputs. Retrying with equal inputs can't help.
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
    pub(super) document: Arc<Document>,
    pub(super) as_mailed: Arc<Document>,
    pub(super) purpose: Purpose,
    pub(super) settings: Settings,
}

impl Input {
    pub(super) fn read(source: &Source, use_case: &str, settings: &str) -> Result<Self, InputError> {
        let ReadDocument { document, as_mailed } = source.read()?;
        let purpose = Purpose::named(document.kind, use_case)?;
        Ok(Self { document, as_mailed, purpose, settings: Settings::from_json(settings)? })
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
                .into(),
        };
        let number = |source: &Source| source.read().unwrap().document.summary().number;
        for wanted in ["A-1", "A-1", "A-2", "A-1"] {
            assert_eq!(number(&source(wanted)), wanted);
        }
        let other = Source { media_type: "application/xml".into(), ..source("A-1") };
        assert!(other.read().is_err(), "the same bytes as another kind of file");
        assert_eq!(number(&source("A-1")), "A-1");
    }

    #[test]
    fn text_is_read_as_mailed_whatever_encoding_it_declares() {
        let ubl = include_str!("../../../tests/fixtures/documents/invoice.ubl.xml");
        let (_, body) = ubl.split_once("?>").unwrap();
        let text = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}",
            body.replace("Atelier Nord BV", "Größe BV")
        );
        let source = |content: Content| Source { media_type: "application/xml".into(), content };
        let read = source(Content::Text(text.clone())).read().unwrap().document;
        assert_eq!(
            read.seller,
            source(Content::Text(text.replace("ISO-8859-1", "UTF-8"))).read().unwrap().document.seller
        );
        let latin: Vec<u8> = text.chars().skip(1).map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        assert_eq!(read.seller.name, source(Content::Bytes(latin)).read().unwrap().document.seller.name);
        for wrong in ["\u{0}", "\u{8}", "\u{1b}"] {
            let wrong = text.replace("Größe BV", wrong);
            let by_text = source(Content::Text(wrong.clone())).read().unwrap_err();
            let by_bytes =
                source(Content::Bytes(wrong.replace("ISO-8859-1", "UTF-8").into_bytes())).read().unwrap_err();
            assert_eq!(by_text, by_bytes, "one file has one answer");
        }
        assert!(source(Content::Text("%PDF-1.7".into())).read().unwrap_err().detail.contains("PDF"));
        assert_eq!(source(Content::Text(text)).embedded_pdf().unwrap(), None);
    }
}

//! What every flow about a document begins with: the document, what the mail is for, the settings.

use crate::domain::document::{self, Document, DocumentError};
use crate::domain::kind::{NoSuchPurpose, Purpose};
use crate::domain::settings::{Settings, SettingsError};

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
        document::read(&self.media_type, &self.content)
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

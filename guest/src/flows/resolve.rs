//! Who gets the mail of a document, and why.

use crate::domain::document::{self, Document, DocumentError};
use crate::domain::kind::{NoSuchPurpose, Purpose};
use crate::domain::recipients::{self, Resolution, UserOverrides};
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

/// Why nobody was found out.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
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

/// Addresses for a document: the user's, else the partner's contacts, else the document's own.
///
/// # Errors
/// [`ResolveError`]: which input is wrong.
pub fn resolve(
    source: &Source,
    use_case: &str,
    settings: &str,
    overrides: &UserOverrides,
) -> Result<Resolution, ResolveError> {
    let document = source.read()?;
    let purpose = Purpose::named(document.kind, use_case)?;
    let settings = Settings::from_json(settings)?;
    Ok(recipients::resolve(&document, purpose, &settings, overrides))
}

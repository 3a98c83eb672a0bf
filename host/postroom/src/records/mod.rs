//! The port to a company's records. Documents and files belong to its ERP, and come in through here; what became of its mails goes
//! out. Partners, new addresses and payments are reserved: they have their form, and no mail is made from them or makes them.
//!
//! One trait, two adapters: [`Erp`] speaks the interface of `docs/records.md` by signed requests; [`Folder`] is a folder of
//! documents, for companies without an ERP: statuses stay in the store and are read there.
//!
//! An ERP is asked for what it has, and asked anew the next time: nothing of it is kept here but what a mail was made of.

mod beside;
mod erp;
mod error;
mod folder;
mod signature;
mod wire;

#[cfg(test)]
mod tests;

pub use beside::beside;
pub use erp::Erp;
pub use error::{Blame, RecordsError};
pub use folder::{Folder, documents_in, is_like};
pub use signature::{RecordsKey, SignedNotice, SignedQuestion, UnusableKey};

use postroom_store::Notice;
use postroom_transport::BoxFuture;
use std::path::Path;

/// Largest file of a document, in bytes: what a mail may carry in all (rule B5).
pub const LARGEST_FILE: u64 = 25_000_000;

/// A customer or supplier.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Partner {
    /// What the records call it: `K-1042`.
    pub id: String,
    /// Name.
    pub name: String,
    /// People there.
    #[serde(default)]
    pub contacts: Vec<Contact>,
}

/// A person or a desk at a partner.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Contact {
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Address.
    pub email: String,
    /// What they are written to about, as in a document's contacts: `billing`.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A document of the records, by its number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Number, as printed on it.
    pub number: String,
    /// Kind, by the contract's names; none: the number alone says which.
    #[serde(default)]
    pub kind: Option<String>,
    /// The files it has; none: not said.
    #[serde(default)]
    pub files: Option<Vec<FileRole>>,
}

impl Entry {
    /// Tells whether the document may have a file of this role.
    pub fn may_have(&self, role: FileRole) -> bool {
        self.files.as_ref().is_none_or(|files| files.contains(&role))
    }
}

/// The role of a file in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    /// As it is printed.
    Pdf,
    /// As programs read it.
    Ubl,
}

impl FileRole {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ubl => "ubl",
        }
    }

    /// Returns how a file's name ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ubl => "xml",
        }
    }
}

/// A document as the plugin reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `application/json`, or `application/xml` for UBL.
    pub media_type: &'static str,
    /// Its bytes, at most [`DOCUMENT_LIMIT`](postroom_model::DOCUMENT_LIMIT).
    pub content: Vec<u8>,
}

/// A company's records.
pub trait Records: Send + Sync + std::fmt::Debug {
    /// Asks for as little as there is, and says what was found.
    ///
    /// # Errors
    /// [`RecordsError`]: they can't be used.
    fn probe(&self) -> BoxFuture<'_, Result<String, RecordsError>>;

    /// Partners that a query names, in the words of the records; at most some ten thousand.
    fn partners<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Partner>, RecordsError>>;

    /// Documents that a query names, in the words of the records.
    fn documents<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, RecordsError>>;

    /// A document.
    ///
    /// # Errors
    /// [`RecordsError::Missing`] where there is none of this number; [`RecordsError`].
    fn document<'a>(&'a self, of: &'a Entry) -> BoxFuture<'a, Result<Document, RecordsError>>;

    /// Writes a document's file to a new file. False: the document has none of this role, and nothing was written.
    ///
    /// # Errors
    /// [`RecordsError::TooLarge`], [`RecordsError`].
    fn file<'a>(
        &'a self,
        of: &'a Entry,
        role: FileRole,
        to: &'a Path,
    ) -> BoxFuture<'a, Result<bool, RecordsError>>;

    /// Notifies the records of a changed status. May be repeated: the notice has an id.
    ///
    /// # Errors
    /// [`RecordsError::Refused`] where they will never take it; any other: it is sent again later.
    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), RecordsError>>;
}

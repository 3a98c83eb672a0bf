//! Files that travel with a mail, as the rules see them: a handle, a name, a type, a size and a role. The
//! bytes stay with the host.
//!
//! [`check`] is the only way to a [`Selected`], so that whatever reaches composing has passed every rule.

mod carried;
mod file_name;
mod magic;
mod media_type;
mod picture;
mod rules;

use crate::domain::warning::WarningCode;

pub use carried::{Carried, ContentId, MAX_CARRIED, Picture, check_letter, sendable_name};
pub use magic::{FIRST_BYTES, LAST_BYTES, check_content};
pub use picture::picture_size;
pub use rules::{
    AttachmentFault, MAX_ADDED, MAX_ADDED_SIZE, MAX_LOGO_SIZE, MAX_TOTAL_SIZE, RULES, Rule, check,
};

use serde::Deserialize;

/// A file that a mail may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The host's number for it, unique within the call.
    pub handle: u32,
    /// Name as the recipient will see it, in any script.
    pub file_name: String,
    /// Media type, `type/subtype` in lower case.
    pub media_type: String,
    /// Exact number of bytes.
    pub size: u64,
    /// What the file is.
    pub role: Role,
}

/// The role of a file in the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The document's own PDF.
    Pdf,
    /// The document's own UBL file.
    Ubl,
    /// The company's logo: part of the layout, not of what is attached.
    Logo,
    /// Chosen by the user.
    Added,
}

impl Role {
    /// Names in the contract.
    pub const NAMES: [&str; 4] = ["pdf", "ubl", "logo", "added"];

    /// Finds the role by its name in the contract.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pdf, Self::Ubl, Self::Logo, Self::Added].into_iter().find(|r| r.name() == name)
    }

    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ubl => "ubl",
            Self::Logo => "logo",
            Self::Added => "added",
        }
    }
}

/// The choice of the document's own files that travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The PDF alone.
    #[default]
    Pdf,
    /// The UBL file alone.
    Ubl,
    /// The PDF and the UBL file.
    #[serde(rename = "pdf+ubl")]
    PdfUbl,
    /// Neither: links to the portal carry the document.
    Link,
    /// Neither, and nothing has to carry it.
    None,
}

impl Format {
    /// Names in the contract and on the command line.
    pub const NAMES: [&str; 5] = ["pdf", "ubl", "pdf+ubl", "link", "none"];

    /// Returns the name in the contract and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ubl => "ubl",
            Self::PdfUbl => "pdf+ubl",
            Self::Link => "link",
            Self::None => "none",
        }
    }

    /// Returns what is left of the format without these of the document's own files.
    #[must_use]
    pub fn without(self, roles: &[Role]) -> Self {
        let keeps = |role| self.has(role) && !roles.contains(&role);
        match (keeps(Role::Pdf), keeps(Role::Ubl)) {
            (true, true) => Self::PdfUbl,
            (true, false) => Self::Pdf,
            (false, true) => Self::Ubl,
            (false, false) if self == Self::None => Self::None,
            (false, false) => Self::Link,
        }
    }

    /// Returns true where the document's own file of this role travels; no other file is chosen by the format.
    pub fn has(self, role: Role) -> bool {
        match role {
            Role::Pdf => self.has_pdf(),
            Role::Ubl => self.has_ubl(),
            Role::Logo | Role::Added => false,
        }
    }

    /// Returns true where the document's PDF travels.
    pub fn has_pdf(self) -> bool {
        matches!(self, Self::Pdf | Self::PdfUbl)
    }

    /// Returns true where the document's UBL file travels.
    pub fn has_ubl(self) -> bool {
        matches!(self, Self::Ubl | Self::PdfUbl)
    }
}

/// Files that passed every rule: those to attach, in the order they will have in the mail, and the logo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selected {
    files: Vec<Attachment>,
    logo: Option<Attachment>,
    pictures: Vec<Picture>,
    warnings: Vec<Warning>,
}

impl Selected {
    /// Returns what is attached: the document's PDF, its UBL file, then the added files in the order given.
    pub fn files(&self) -> &[Attachment] {
        &self.files
    }

    /// Returns the logo, if the mail shows one.
    pub fn logo(&self) -> Option<&Attachment> {
        self.logo.as_ref()
    }

    /// Returns the pictures of a quote, which are shown where they stand.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Returns warnings for the sender: a file that the format asks for is missing.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Drops the logo, for a layout that shows none or a file that turned out not to be an image.
    #[must_use]
    pub fn without_logo(mut self) -> Self {
        self.logo = None;
        self
    }
}

/// Something about the files that the sender should know before sending.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The format asks for the document's PDF and there is none.
    #[error("the format asks for the document's PDF, but no file has the role \"pdf\"")]
    NoPdf,
    /// The format asks for the document's UBL file and there is none.
    #[error("the format asks for the document's UBL file, but no file has the role \"ubl\"")]
    NoUbl,
    /// The file does not begin as a PDF does.
    #[error("\"{0}\" should be a PDF, but its first bytes are not those of one: open it before sending")]
    NotAPdf(String),
    /// The file has no bytes.
    #[error("\"{0}\" should be a PDF, but it is empty: print it again")]
    EmptyPdf(String),
    /// The file does not end as a PDF does.
    #[error("\"{0}\" begins as a PDF and has no end: it was cut off, print it again")]
    TruncatedPdf(String),
    /// The file asks for a password.
    #[error("\"{0}\" is an encrypted PDF: who gets it may be asked for a password")]
    EncryptedPdf(String),
    /// The logo does not begin as an image of its type does.
    #[error("the logo \"{file_name}\" should be {media_type}, but its first bytes are not those of one")]
    NotThatImage {
        /// Name of the file.
        file_name: String,
        /// Type that the host declared.
        media_type: String,
    },
}

impl Warning {
    /// Returns the code in the contract.
    pub fn code(&self) -> WarningCode {
        match self {
            Self::NoPdf => WarningCode::NoPdf,
            Self::NoUbl => WarningCode::NoUbl,
            Self::NotAPdf(_) => WarningCode::NotAPdf,
            Self::EmptyPdf(_) => WarningCode::EmptyPdf,
            Self::TruncatedPdf(_) => WarningCode::TruncatedPdf,
            Self::EncryptedPdf(_) => WarningCode::EncryptedPdf,
            Self::NotThatImage { .. } => WarningCode::LogoNotAnImage,
        }
    }
}

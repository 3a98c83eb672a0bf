//! Why no mail was made or sent, in the words of the person who can put it right.

use super::stored_message::FileError;
use crate::engine::EngineError;
use postroom_contract::{composing, documents, recipients, types};
use postroom_store::StoreError;
use std::path::PathBuf;

/// No mail was made. Nothing was sent; trying again without a change gives the same answer.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A file can't be read.
    #[error("can't read {}: {detail}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's own words.
        detail: String,
    },
    /// The document's form can't be told from the file's name.
    #[error("{}: a document is a .json or an .xml (UBL 2.1) file{}", .0.display(), instead(.0))]
    UnknownForm(PathBuf),
    /// The document can't be read.
    #[error("{}", describe_document(.0))]
    Document(documents::DocumentError),
    /// An argument is wrong: a field of the settings, a choice around the document.
    #[error("{}", describe_argument(.0))]
    Argument(types::ArgumentError),
    /// A template failed.
    #[error("template {}{}: {}", .0.name, .0.line.map(|l| format!(", line {l}")).unwrap_or_default(), .0.detail)]
    Template(composing::TemplateFault),
    /// A rule on attachments is broken.
    #[error("attachment {}: {} (rule: {})", .0.file_name, .0.detail, .0.rule)]
    Attachment(composing::AttachmentFault),
    /// It could be made, and should not be: it asks for money that is not owed, or not yet.
    #[error("{}", .0.detail)]
    Refused(types::Reason),
    /// The plugin gave no answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A kept mail could not be moved on. What the store has of it is what is known; the same may be asked again.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin gave no answer. Nothing was sent.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The plugin judged what this program told it impossible: a mistake in the program.
    #[error("the plugin and this program do not agree: {0}")]
    Plugin(String),
    /// A file of the mail. Nothing was sent.
    #[error(transparent)]
    File(#[from] FileError),
    /// The account's mail is sent by the user's own program.
    #[error("mail of the account \"{0}\" is sent by the user's own mail program, not from here")]
    NotOurs(String),
}

/// What to do with a file of another kind.
fn instead(path: &std::path::Path) -> &'static str {
    match path.extension().map(|extension| extension.to_ascii_lowercase()) {
        Some(pdf) if pdf == "pdf" => {
            "; a PDF goes with it, by --pdf or beside it, and what a hybrid one (ZUGFeRD, Factur-X) holds is CII, which is not read"
        }
        _ => "",
    }
}

/// Settings are a file of the user's, whose paths they know.
fn describe_argument(fault: &types::ArgumentError) -> String {
    match fault.argument.strip_prefix("settings") {
        Some(inside) if inside.is_empty() || inside.starts_with(['.', '[']) => {
            format!("settings: ${inside}: {}", fault.detail)
        }
        _ => fault.sentence(),
    }
}

fn describe_document(error: &documents::DocumentError) -> String {
    let fault = match error.fault {
        documents::DocumentFault::Unsupported => "not supported",
        documents::DocumentFault::Refused => "refused",
        documents::DocumentFault::Malformed => "malformed",
        documents::DocumentFault::Invalid => "invalid",
        documents::DocumentFault::Unreadable => "unreadable",
    };
    let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let place = if error.path.is_empty() { String::new() } else { format!(" at {}", error.path) };
    format!("document {fault}{place}{line}: {}", error.detail)
}

impl From<composing::ComposeError> for DraftError {
    fn from(error: composing::ComposeError) -> Self {
        match error {
            composing::ComposeError::Document(e) => Self::Document(e),
            composing::ComposeError::Argument(e) => Self::Argument(e),
            composing::ComposeError::Template(e) => Self::Template(e),
            composing::ComposeError::Attachment(e) => Self::Attachment(e),
            composing::ComposeError::Refused(e) => Self::Refused(e),
        }
    }
}

impl From<recipients::RecipientsError> for DraftError {
    fn from(error: recipients::RecipientsError) -> Self {
        match error {
            recipients::RecipientsError::Document(e) => Self::Document(e),
            recipients::RecipientsError::Argument(e) => Self::Argument(e),
        }
    }
}

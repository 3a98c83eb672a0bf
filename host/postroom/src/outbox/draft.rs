//! What a user asked for, and the mail that it becomes.

use super::error::DraftError;
use super::options::{Edits, JobOptions, Mode, Portal, Thread};
use crate::engine::{CompanyPlugin, EngineError, Files};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use postroom_contract::{attachments, composing, documents, recipients, types};
use postroom_transport::attachments::AttachmentSource;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// A mail to be made: a document and the choices around it. Built from files by [`Draft::of_file`], or field by
/// field by a program that has the bytes in hand.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Identity of the mail: Message-ID and boundaries derive from it.
    pub id: String,
    /// Time of the mail, RFC 3339 with offset.
    pub now: String,
    /// The document.
    pub document: documents::Source,
    /// `new`, `reminder-1`, …; none: the kind's first.
    pub use_case: Option<String>,
    /// BCP 47; none: by the partner.
    pub language: Option<String>,
    /// JSON by the schema `settings`.
    pub settings: String,
    /// Mailbox that the account sends as.
    pub sender: types::Address,
    /// Addresses that the user typed.
    pub overrides: recipients::Overrides,
    /// `pdf`, `ubl`, `pdf+ubl`, `link` or `none`.
    pub format: String,
    /// Files: the document's own, added ones, the logo.
    pub attachments: Vec<(attachments::Attachment, AttachmentSource)>,
    /// Links to the portal.
    pub portal: Option<Portal>,
    /// Changes by hand.
    pub edits: Option<Edits>,
    /// Conversation.
    pub thread: Option<Thread>,
    /// No person pressed a button.
    pub automatic: bool,
    /// Who sends it.
    pub mode: Mode,
    /// Refusals of the plugin that the user has seen and overrides, by their codes.
    pub insist: Vec<String>,
    /// Link of the pixel that tells of the mail's opening.
    pub pixel: Option<String>,
    /// Where reports of failure go, where that is not the sender.
    pub return_path: Option<String>,
    /// What the sender should know of the draft, told with the plugin's own warnings.
    pub warnings: Vec<types::Reason>,
}

/// A composed mail with the files it refers to.
#[derive(Debug, Clone)]
pub struct Ready {
    /// What the plugin made.
    pub message: composing::Message,
    /// What it was made from.
    pub summary: documents::Summary,
    /// Who gets it and why, and what could not be used.
    pub resolution: recipients::Resolution,
    /// Files by handle.
    pub files: Files,
    /// Addresses of `resolution` that are the blind copy to the user who makes the mail.
    pub own_copies: Vec<String>,
}

impl Draft {
    /// Makes a draft of a document in hand, with the choices of a first mail: use case `new`, the partner's language, the PDF
    /// attached once there is one, neutral settings.
    pub fn new(media_type: &str, document: Vec<u8>, sender: types::Address, id: String, now: String) -> Self {
        Self {
            id,
            now,
            document: documents::Source { media_type: media_type.to_owned(), content: document.into() },
            use_case: None,
            language: None,
            settings: String::new(),
            sender,
            overrides: recipients::Overrides { to: None, cc: None, bcc: None, reply_to: None },
            format: "pdf".to_owned(),
            attachments: Vec::new(),
            portal: None,
            edits: None,
            thread: None,
            automatic: false,
            mode: Mode::Account,
            insist: Vec::new(),
            pixel: None,
            return_path: None,
            warnings: Vec::new(),
        }
    }

    /// Makes a draft of a document on disk: `.json` or `.xml` (UBL, which then also is the file that travels as UBL).
    ///
    /// # Errors
    /// [`DraftError::File`], [`DraftError::UnknownForm`].
    pub fn of_file(path: &Path, sender: types::Address, id: String, now: String) -> Result<Self, DraftError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let media_type = match extension.as_deref() {
            Some("json") => "application/json",
            Some("xml") => "application/xml",
            _ => return Err(DraftError::UnknownForm(path.to_owned())),
        };
        let file = |detail: String| DraftError::File { path: path.to_owned(), detail };
        let size = std::fs::metadata(path).map_err(|e| file(e.to_string()))?.len();
        if size > postroom_model::DOCUMENT_LIMIT {
            return Err(file(format!(
                "it has {size} bytes; a document has at most {}",
                postroom_model::DOCUMENT_LIMIT
            )));
        }
        let content = std::fs::read(path).map_err(|e| file(e.to_string()))?;
        let mut draft = Self::new(media_type, content, sender, id, now);
        if media_type == "application/xml" {
            draft.attach(path, "ubl")?;
        }
        Ok(draft)
    }

    /// Attaches a file in a role: `pdf`, `ubl`, `added` or `logo`. The media type is told by the file's name.
    pub fn attach(&mut self, path: &Path, role: &str) -> Result<(), DraftError> {
        let (file, source) = opened_file(path, role)?;
        self.attach_source(file.file_name, &file.media_type, role, source);
        Ok(())
    }

    /// Attaches bytes or a file under a name of the caller's choice.
    pub fn attach_source(&mut self, name: String, media_type: &str, role: &str, source: AttachmentSource) {
        if role != "added" {
            self.attachments.retain(|(a, _)| a.role != role);
        }
        self.attachments.push((described(name, media_type, role, &source), source));
    }

    /// Attaches the PDF that the document's UBL file carries, where a PDF is to travel and none is given. A warning says so.
    ///
    /// # Errors
    /// [`DraftError::Engine`]. A document that can't be read is a fault of [`compose`](Self::compose).
    pub async fn attach_embedded_pdf(&mut self, company_plugin: &CompanyPlugin) -> Result<(), DraftError> {
        let has_pdf = self.attachments.iter().any(|(attachment, _)| attachment.role == "pdf");
        if has_pdf || !self.format.starts_with("pdf") || self.document.media_type != "application/xml" {
            return Ok(());
        }
        let detail = match company_plugin.embedded_pdf(&Files::default(), &self.document).await? {
            Ok(None) => return Ok(()),
            Ok(Some(file)) => {
                let content = STANDARD.decode(&file.content).map_err(|fault| {
                    EngineError::Trap(format!("the file that the document carries is no base64: {fault}"))
                })?;
                let detail = format!("the PDF is the one that the UBL file carries: {}", file.file_name);
                let content = AttachmentSource::from_bytes(content);
                self.attach_source(file.file_name, "application/pdf", "pdf", content);
                detail
            }
            Err(fault) => format!("the PDF that the UBL file carries can't be read: {}", fault.detail),
        };
        self.warnings.push(types::Reason { code: "embedded-pdf".to_owned(), detail });
        Ok(())
    }

    /// The blind copy to the user who makes the mail: the one that their settings ask for, or their own address typed as Bcc.
    fn own_copies(&self, entries: &[recipients::Entry]) -> Vec<String> {
        if entries.iter().all(|entry| entry.field != recipients::Field::Bcc) {
            return Vec::new();
        }
        let settings: Value = serde_json::from_str(&self.settings).unwrap_or_default();
        let own = ["own_email", "email"].map(|name| settings["user"][name].as_str().map(str::trim));
        let is_own = |address: &str| own.iter().flatten().any(|own| own.eq_ignore_ascii_case(address));
        let copies = entries.iter().filter(|entry| {
            entry.field == recipients::Field::Bcc
                && (entry.reason.code == "auto-bcc-self" || is_own(&entry.address.address))
        });
        copies.map(|entry| entry.address.address.clone()).collect()
    }

    /// Computes a digest of the document as it came, by which a changed document is another intent.
    pub(super) fn revision(&self) -> String {
        let digest = Sha256::digest(self.document.content.in_hand());
        HEXLOWER.encode(digest.get(..16).unwrap_or_default())
    }

    /// Reads the document, resolves the recipients, composes the mail.
    ///
    /// # Errors
    /// [`DraftError`]: which input is wrong, where, and what to do.
    pub async fn compose(&self, company_plugin: &CompanyPlugin) -> Result<Ready, DraftError> {
        let mut files = Files::default();
        let attachments = self.attachments.iter().map(|(attachment, source)| attachments::Attachment {
            handle: files.add(source.clone()),
            ..attachment.clone()
        });
        let attachments = attachments.collect();
        let summary = company_plugin.read(&files, &self.document).await?.map_err(DraftError::Document)?;
        let use_case = self.use_case.as_deref().unwrap_or("new");
        let resolution = company_plugin
            .resolve(&files, &self.document, use_case, &self.settings, &self.overrides)
            .await??;
        let job = composing::Job {
            id: self.id.clone(),
            now: self.now.clone(),
            document: self.document.clone(),
            use_case: use_case.to_owned(),
            language: self.language.clone(),
            settings: self.settings.clone(),
            sender: self.sender.clone(),
            recipients: resolution.entries.clone(),
            attachments,
            options: self.options(),
        };
        let mut message = company_plugin.compose(&files, &job).await??;
        message.warnings.extend(self.warnings.iter().cloned());
        let own_copies = self.own_copies(&resolution.entries);
        Ok(Ready { message, summary, resolution, files, own_copies })
    }
}

impl Draft {
    fn options(&self) -> String {
        let options = JobOptions {
            mode: self.mode,
            format: &self.format,
            portal: self.portal.as_ref(),
            pixel: self.pixel.as_deref(),
            return_path: self.return_path.as_deref(),
            edits: self.edits.as_ref(),
            thread: self.thread.as_ref(),
            automatic: self.automatic,
            insist: &self.insist,
        };
        options.to_json()
    }
}

/// Opens a file for a mail, in a role. The media type is told by the file's name; the handle is the caller's to choose.
pub fn opened_file(
    path: &Path,
    role: &str,
) -> Result<(attachments::Attachment, AttachmentSource), DraftError> {
    let source = AttachmentSource::from_file(path)
        .map_err(|e| DraftError::File { path: path.to_owned(), detail: e.to_string() })?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((described(name, media_type_of(path), role, &source), source))
}

fn described(
    name: String,
    media_type: &str,
    role: &str,
    source: &AttachmentSource,
) -> attachments::Attachment {
    attachments::Attachment {
        handle: 0,
        file_name: name,
        media_type: media_type.to_owned(),
        // One that is larger is refused by its size all the same.
        size: u32::try_from(source.size()).unwrap_or(u32::MAX),
        role: role.to_owned(),
    }
}

/// Media type by the ending of a file's name; what is not known travels as plain bytes.
fn media_type_of(path: &Path) -> &'static str {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref().unwrap_or_default() {
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        _ => "application/octet-stream",
    }
}

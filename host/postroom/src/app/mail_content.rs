//! What a mail is made of: a document, its files, and the choices around them, however a person makes those.

use super::{AppError, no_files};
use crate::config::Config;
use crate::engine::CompanyPlugin;
use crate::outbox::{Draft, DraftError, Portal};
use postroom_contract::recipients::Field;
use postroom_contract::types::Address;
use postroom_transport::attachments::{AttachmentSource, ReadError};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Everything that may be attached to a mail, in bytes.
const LARGEST: u64 = 25_000_000;

/// The code of the refusal of a mail that brings a document to be paid, and nothing of it.
pub const WITHOUT_DOCUMENT: &str = "without-document";

/// A document, and the choices around it.
#[derive(Debug, Clone, Default)]
pub struct MailContent {
    /// The document's file.
    pub document: PathBuf,
    /// What the mail is for; none: the first of the document's kind.
    pub use_case: Option<String>,
    /// BCP 47; none: the partner's.
    pub language: Option<String>,
    /// Lists of addresses as typed, instead of the partner's contacts.
    pub to: Vec<String>,
    /// Lists of addresses for Cc.
    pub cc: Vec<String>,
    /// Lists of addresses for Bcc.
    pub bcc: Vec<String>,
    /// Lists of addresses for Reply-To.
    pub reply_to: Vec<String>,
    /// Which of the document's own files travel; none: as usual for the account.
    pub format: Option<String>,
    /// The document's PDF.
    pub pdf: Option<PathBuf>,
    /// The document's UBL file.
    pub ubl: Option<PathBuf>,
    /// Further attachments.
    pub attach: Vec<PathBuf>,
    /// Page of the document on a portal.
    pub view_url: Option<String>,
    /// The PDF on a portal.
    pub pdf_url: Option<String>,
    /// Codes of the plugin's refusals that the user overrides.
    pub insist: Vec<String>,
    /// The time of the mail, RFC 3339; none: now.
    pub now: Option<String>,
    /// The mail's identity; none: a new one.
    pub id: Option<String>,
}

/// Content that all mails of a batch have in common.
#[derive(Debug, Clone, Default)]
pub struct BatchContent {
    /// What the mails are for.
    pub use_case: Option<String>,
    /// Language of all of them; none: each partner's.
    pub language: Option<String>,
    /// Which of a document's own files travel.
    pub format: Option<String>,
    /// Folder of the documents' PDF and UBL files; none: beside each document.
    pub files: Option<PathBuf>,
    /// Further attachments of every mail.
    pub attach: Vec<PathBuf>,
    /// Codes of the plugin's refusals that the user overrides.
    pub insist: Vec<String>,
}

/// A text that was given as an address and is none.
#[derive(Debug, Clone)]
pub struct UnusableAddress {
    /// The field that it was given for.
    pub field: Field,
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub detail: String,
}

impl BatchContent {
    /// Tells whether a document's own file may be missing.
    pub fn goes_without_document(&self) -> bool {
        self.insist.iter().any(|code| code == WITHOUT_DOCUMENT)
    }
}

impl MailContent {
    /// Makes the content of one document among many, with the files that belong to it.
    pub fn of_document(document: PathBuf, of: &BatchContent) -> Self {
        let beside = |ending: &str| {
            let folder = of.files.as_deref().or(document.parent()).unwrap_or(Path::new(""));
            crate::records::beside(&folder.join(document.file_name().unwrap_or_default()), ending)
        };
        Self {
            pdf: beside("pdf"),
            ubl: beside("xml").filter(|path| *path != document),
            use_case: of.use_case.clone(),
            language: of.language.clone(),
            format: of.format.clone(),
            attach: of.attach.clone(),
            insist: of.insist.clone(),
            document,
            ..Self::default()
        }
    }

    /// Tells whether the document's own file may be missing.
    pub fn goes_without_document(&self) -> bool {
        self.insist.iter().any(|code| code == WITHOUT_DOCUMENT)
    }

    /// Refuses texts that were typed as addresses and are none: what a person typed is not left out. What an address was read
    /// from all the same (`o’brien@…`, with a typographic apostrophe) comes with the mail as a warning.
    pub async fn refuse_unusable(&self, plugin: &CompanyPlugin) -> Result<(), AppError> {
        let mut unusable = Vec::new();
        for (texts, field) in [
            (&self.to, Field::To),
            (&self.cc, Field::Cc),
            (&self.bcc, Field::Bcc),
            (&self.reply_to, Field::ReplyTo),
        ] {
            let Some(text) = joined(texts) else { continue };
            let read = plugin.parse_addresses(&no_files(), &text, field).await?;
            let invalid = read.invalid.into_iter().filter(|it| !was_read(&it.text, &read.addresses));
            unusable.extend(invalid.map(|it| UnusableAddress { field, text: it.text, detail: it.detail }));
        }
        if unusable.is_empty() { Ok(()) } else { Err(AppError::UnusableAddresses(unusable)) }
    }

    /// Makes the draft, with settings in JSON and a logo on disk. `id` and `now` stand in where none are chosen.
    pub fn draft(
        &self,
        settings: String,
        logo: Option<&PathBuf>,
        sender: Address,
        id: String,
        now: String,
    ) -> Result<Draft, DraftError> {
        let now = self.now.clone().unwrap_or(now);
        let id = self.id.clone().unwrap_or(id);
        let mut draft = Draft::of_file(&self.document, sender, id, now)?;
        draft.use_case.clone_from(&self.use_case);
        draft.language.clone_from(&self.language);
        draft.settings = settings;
        draft.overrides.to = joined(&self.to);
        draft.overrides.cc = joined(&self.cc);
        draft.overrides.bcc = joined(&self.bcc);
        draft.overrides.reply_to = joined(&self.reply_to);
        if let Some(format) = &self.format {
            draft.format.clone_from(format);
        }
        draft.portal =
            self.view_url.clone().map(|view_url| Portal { view_url, pdf_url: self.pdf_url.clone() });
        draft.insist.clone_from(&self.insist);
        for (file, role) in [(self.pdf.as_ref(), "pdf"), (self.ubl.as_ref(), "ubl"), (logo, "logo")] {
            if let Some(file) = file {
                draft.attach(file, role)?;
            }
        }
        for file in &self.attach {
            draft.attach(file, "added")?;
        }
        Ok(draft)
    }

    /// Gives an identity that follows from everything the mail is made of, so that the same choices give the same bytes and
    /// other ones another Message-ID.
    pub async fn identity(&self, config: &Config, sender: &Address) -> Result<String, AppError> {
        let mut hash = Sha256::new();
        let mut add = |what: &str, part: &[u8]| {
            for part in [what.as_bytes(), part] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        };
        add("document", &read(&self.document)?);
        add("settings", config.settings_json().as_bytes());
        add("address", sender.address.as_bytes());
        add("format", self.format.as_deref().unwrap_or("pdf").as_bytes());
        for (what, text) in [
            ("name", &sender.name),
            ("use-case", &self.use_case),
            ("language", &self.language),
            ("now", &self.now),
            ("view-url", &self.view_url),
            ("pdf-url", &self.pdf_url),
        ] {
            text.iter().for_each(|text| add(what, text.as_bytes()));
        }
        for (what, texts) in
            [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc), ("reply-to", &self.reply_to)]
        {
            texts.iter().for_each(|text| add(what, text.as_bytes()));
        }
        self.insist.iter().for_each(|code| add("insist", code.as_bytes()));
        let own = [("pdf", &self.pdf), ("ubl", &self.ubl), ("logo", &config.logo)];
        let own = own.into_iter().filter_map(|(role, file)| Some((role, file.as_ref()?)));
        for (role, file) in own.chain(self.attach.iter().map(|file| ("added", file))) {
            let unreadable =
                |e: ReadError| AppError::Unreadable { path: file.clone(), detail: e.to_string() };
            let source = AttachmentSource::from_file(file).map_err(unreadable)?;
            add(role, file.file_name().unwrap_or_default().as_encoded_bytes());
            // What is larger is refused later, by the rule: no need to read it.
            if source.size() <= LARGEST {
                add(role, &source.sha256().await.map_err(unreadable)?);
            }
        }
        let digest = hash.finalize();
        Ok(data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or(&digest)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    let too_large = std::fs::metadata(path).is_ok_and(|facts| facts.len() > postroom_model::DOCUMENT_LIMIT);
    if too_large {
        let message =
            format!("{}: a document has at most {} bytes", path.display(), postroom_model::DOCUMENT_LIMIT);
        return Err(AppError::Input(message));
    }
    std::fs::read(path).map_err(|e| AppError::Unreadable { path: path.to_owned(), detail: e.to_string() })
}

/// Tells whether one of these addresses is what a text with a typographic apostrophe stands for.
fn was_read(text: &str, usable: &[Address]) -> bool {
    let straight = text.replace(['\u{2018}', '\u{2019}'], "'");
    straight != text && usable.iter().any(|it| straight.contains(&it.address))
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join("\n"))
}

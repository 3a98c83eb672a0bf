//! A mail to be made, as every tier needs it: each turns the same [`Case`] into the words of its own layer.

use crate::fixtures;
use postroom_plugin::domain::attachment::{Attachment, Role};
use postroom_plugin::domain::compose::{Chunk, assemble};
use postroom_plugin::domain::language::Language;
use postroom_plugin::domain::options::{JobOptions, Mode};
use postroom_plugin::domain::recipients::UserOverrides;
use postroom_plugin::flows::{self, FileError, Files, Job, Message, Source};

/// A mail to be made.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name of the case; the mail's identity follows from it.
    pub name: String,
    /// Time of the mail.
    pub now: String,
    /// Media type of the document.
    pub media_type: &'static str,
    /// The document.
    pub document: Vec<u8>,
    /// Use case.
    pub use_case: String,
    /// Language, BCP 47; none: the partner's.
    pub language: Option<String>,
    /// Settings.
    pub settings: String,
    /// Addresses that the user typed, in place of the resolved To.
    pub to: Option<String>,
    /// `pdf`, `ubl` or `pdf+ubl`.
    pub format: &'static str,
    /// Files: name, media type, role, content. The handle of the first is 1.
    pub files: Vec<(String, &'static str, &'static str, Vec<u8>)>,
    /// Page and PDF link of the portal.
    pub portal: Option<(String, Option<String>)>,
}

/// Address that the sample company sends as.
pub const SENDER: &str = "office@ateliernord.example.com";

impl Case {
    /// Puts the lines of a JSON document into a language, as a business system would that knows its customers'.
    pub fn speak(&mut self, language: Language) {
        let mut document = String::from_utf8_lossy(&self.document).into_owned();
        for row in fixtures::phrases() {
            let Some(phrase) = row.get(language as usize) else { continue };
            for other in row.iter().filter(|other| *other != phrase) {
                document = document.replace(&format!("\"{other}\""), &format!("\"{phrase}\""));
            }
        }
        self.document = document.into_bytes();
    }

    /// A first mail about a JSON fixture, with its PDF and the logo, from a company that has a portal.
    pub fn of_document(name: &str) -> Self {
        Self::of(name, "application/json", fixtures::bytes(&format!("documents/{name}.json")))
    }

    /// A first mail about a UBL fixture, with PDF and UBL file.
    pub fn of_ubl(name: &str) -> Self {
        let document = fixtures::bytes(&format!("documents/{name}.ubl.xml"));
        let mut case = Self { format: "pdf+ubl", ..Self::of(name, "application/xml", document) };
        case.files.push((format!("{name}.xml"), "application/xml", "ubl", case.document.clone()));
        case
    }

    fn of(name: &str, media_type: &'static str, document: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            now: "2026-11-22T09:30:00+01:00".to_owned(),
            media_type,
            document,
            use_case: "new".to_owned(),
            language: None,
            settings: fixtures::SETTINGS.to_owned(),
            to: None,
            format: "pdf",
            files: vec![
                (format!("{name}.pdf"), "application/pdf", "pdf", fixtures::pdf()),
                ("logo.png".to_owned(), "image/png", "logo", fixtures::bytes("logo.png")),
            ],
            portal: Some((
                "https://portal.ateliernord.example.com/d/7Hq2".to_owned(),
                Some("https://portal.ateliernord.example.com/d/7Hq2.pdf".to_owned()),
            )),
        }
    }

    /// Identity of the mail.
    pub fn id(&self) -> String {
        self.name.replace('@', ".")
    }

    /// The document as the flows take it.
    pub fn source(&self) -> Source {
        Source { media_type: self.media_type.to_owned(), content: self.document.clone().into() }
    }

    /// The job as the flows take it, its recipients resolved.
    ///
    /// # Errors
    /// What is wrong with the case, in words.
    pub fn job(&self) -> anyhow::Result<Job> {
        let overrides = UserOverrides { to: self.to.clone(), ..UserOverrides::default() };
        let resolution = flows::resolve(&self.source(), &self.use_case, &self.settings, &overrides)?;
        anyhow::ensure!(resolution.invalid.is_empty(), "{:?}", resolution.invalid);
        let recipients = resolution.entries.into_iter();
        let recipients =
            recipients.map(|entry| (entry.field, entry.mailbox.name, entry.mailbox.address.to_string()));
        let attachments = (1..).zip(&self.files).map(|(handle, (name, media_type, role, content))| {
            let role = Role::named(role).ok_or_else(|| anyhow::anyhow!("no role {role}"))?;
            let (file_name, media_type) = (name.clone(), (*media_type).to_owned());
            Ok(Attachment { handle, file_name, media_type, size: content.len() as u64, role })
        });
        Ok(Job {
            id: self.id(),
            now: self.now.parse()?,
            document: self.source(),
            use_case: self.use_case.clone(),
            language: self.language.clone(),
            settings: self.settings.clone(),
            sender: (None, SENDER.to_owned()),
            recipients: recipients.collect(),
            attachments: attachments.collect::<anyhow::Result<_>>()?,
            format: JobOptions::from_json(&format!(r#"{{"format":"{}"}}"#, self.format))?.format,
            portal: self.portal.clone(),
            edits: (None, None),
            thread: None,
            automatic: false,
            mode: Mode::Account,
            // Mails are looked at here, also one whose files are not there.
            insist: vec!["without-document".to_owned()],
            pixel: None,
            return_path: None,
        })
    }

    /// Composes by the plugin's code outside the sandbox.
    ///
    /// # Errors
    /// Why no mail was made.
    pub fn compose(&self) -> anyhow::Result<Message> {
        Ok(flows::compose(&self.job()?, &mut InHand(&self.files))?)
    }

    /// The whole message of these chunks, joined by the plugin's code outside the sandbox.
    ///
    /// # Errors
    /// A handle that the case has no file for.
    pub fn whole(&self, chunks: &[Chunk]) -> anyhow::Result<Vec<u8>> {
        let files = InHand(&self.files);
        assemble(chunks, |handle| files.get(handle)).map_err(|handle| anyhow::anyhow!("no file {handle}"))
    }
}

/// The files of a case behind the flows' port.
struct InHand<'c>(&'c [(String, &'static str, &'static str, Vec<u8>)]);

impl<'c> InHand<'c> {
    fn get(&self, handle: u32) -> Option<&'c [u8]> {
        let index = usize::try_from(handle).ok()?.checked_sub(1)?;
        self.0.get(index).map(|(.., content)| content.as_slice())
    }
}

impl Files for InHand<'_> {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        let content = self.get(handle).ok_or(FileError::UnknownHandle(handle))?;
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        Ok(rest.iter().copied().take(length as usize).collect())
    }
}

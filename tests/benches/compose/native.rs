//! The plugin's own code without the sandbox.

use super::Contender;
use super::case::{self, Case, Piece, whole};
use anyhow::Context as _;
use postroom_plugin::domain::attachment::{Attachment, Format, Role};
use postroom_plugin::domain::compose::Chunk;
use postroom_plugin::domain::options::Mode;
use postroom_plugin::domain::recipients::Field;
use postroom_plugin::flows::{self, FileError, Files, Job, Message, Source};
use std::hint::black_box;
use std::time::Instant;

pub(crate) struct Native<'c> {
    case: &'c Case,
    job: Job,
}

struct InHand<'c>(&'c Case);

impl Files for InHand<'_> {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        let file = self.0.file(handle).ok_or(FileError::UnknownHandle(handle))?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
        let to = from.saturating_add(length as usize).min(file.len());
        Ok(file[from..to].to_vec())
    }
}

impl<'c> Native<'c> {
    pub(crate) fn new(case: &'c Case) -> anyhow::Result<Self> {
        let owned = |(name, address): (&str, &str)| (Some(name.to_owned()), address.to_owned());
        let (to_name, to_address) = owned(case::RECIPIENT);
        let attach = |handle, bytes: &[u8], role: &str, file_name: &str, media_type: &str| {
            anyhow::Ok(Attachment {
                handle,
                file_name: file_name.to_owned(),
                media_type: media_type.to_owned(),
                size: bytes.len() as u64,
                role: Role::named(role).context("no such role")?,
            })
        };
        let job = Job {
            id: case::ID.to_owned(),
            now: chrono::DateTime::parse_from_rfc3339(case::NOW)?,
            document: Source {
                media_type: "application/json".to_owned(),
                content: case.document.clone().into(),
            },
            use_case: "new".to_owned(),
            language: Some(case::LANGUAGE.to_owned()),
            settings: case.settings.to_string(),
            sender: owned(case::SENDER),
            recipients: vec![(Field::To, to_name, to_address)],
            attachments: vec![
                attach(case::PDF_HANDLE, &case.pdf, "pdf", case::PDF_NAME, "application/pdf")?,
                attach(case::LOGO_HANDLE, &case.logo, "logo", "logo.png", "image/png")?,
            ],
            format: Format::Pdf,
            portal: Some((case::VIEW_URL.to_owned(), Some(case::PDF_URL.to_owned()))),
            edits: (None, None),
            thread: None,
            automatic: false,
            mode: Mode::Account,
            insist: Vec::new(),
            pixel: None,
            return_path: None,
        };
        Ok(Self { case, job })
    }

    fn compose(&self) -> anyhow::Result<Message> {
        Ok(flows::compose(&self.job, &mut InHand(self.case))?)
    }

    /// The whole message.
    pub(crate) fn message(&self) -> anyhow::Result<Vec<u8>> {
        let message = self.compose()?;
        let pieces = message.composed.chunks.iter().map(|chunk| match chunk {
            Chunk::Text(text) => Piece::Text(text),
            Chunk::Attachment(handle) | Chunk::Raw(handle) => {
                Piece::File(self.case.file(*handle).unwrap_or_default())
            }
        });
        Ok(whole(pieces, message.composed.size))
    }

    /// The HTML body.
    pub(crate) fn html(&self) -> anyhow::Result<String> {
        Ok(self.compose()?.rendered.html)
    }
}

impl Contender for Native<'_> {
    fn run(&mut self, times: u32) -> anyhow::Result<Vec<u64>> {
        let one = |_| {
            let start = Instant::now();
            black_box(self.message()?);
            Ok(u64::try_from(start.elapsed().as_nanos())?)
        };
        (0..times).map(one).collect()
    }
}

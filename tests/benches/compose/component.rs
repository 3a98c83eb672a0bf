//! The plugin in its sandbox, as the host runs it: limits on, instances warm.

use super::Contender;
use super::case::{self, Case, Piece, whole};
use anyhow::Context as _;
use postroom::contract::{attachments, composing, documents, recipients, types};
use postroom::engine::{Accounts, Capabilities, CompanyPlugin, Engine, Files, Options};
use postroom::transport::attachments::AttachmentSource;
use postroom::transport::smtp::MemorySubmitter;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub(crate) struct Sandboxed<'c> {
    case: &'c Case,
    runtime: tokio::runtime::Runtime,
    company_plugin: CompanyPlugin,
    files: Files,
    job: composing::Job,
}

impl<'c> Sandboxed<'c> {
    pub(crate) fn new(plugin: &Path, case: &'c Case) -> anyhow::Result<Self> {
        let options = Options { cache: Some(case.folder.join("cache")), ..Options::default() };
        let engine = Engine::load(plugin, &options)?;
        let capabilities = Capabilities {
            accounts: Arc::new(Accounts::new()),
            submitter: Arc::new(MemorySubmitter::default()),
            log: Arc::new(|_, _, text| eprintln!("plugin: {text}")),
            ..Capabilities::default()
        };
        let mut files = Files::default();
        let mut attach =
            |bytes: &[u8], role: &str, file_name: &str, media_type: &str| attachments::Attachment {
                handle: files.add(AttachmentSource::from_bytes(bytes)),
                file_name: file_name.to_owned(),
                media_type: media_type.to_owned(),
                size: bytes.len() as u32,
                role: role.to_owned(),
            };
        let attachments = vec![
            attach(&case.pdf, "pdf", case::PDF_NAME, "application/pdf"),
            attach(&case.logo, "logo", "logo.png", "image/png"),
        ];
        let address = |(name, address): (&str, &str)| types::Address {
            name: Some(name.to_owned()),
            address: address.to_owned(),
        };
        let job = composing::Job {
            id: case::ID.to_owned(),
            now: case::NOW.to_owned(),
            document: documents::Source {
                media_type: "application/json".to_owned(),
                content: case.document.clone().into(),
            },
            use_case: "new".to_owned(),
            language: Some(case::LANGUAGE.to_owned()),
            settings: case.settings.to_string(),
            sender: address(case::SENDER),
            recipients: vec![recipients::Entry {
                field: recipients::Field::To,
                address: address(case::RECIPIENT),
                reason: types::Reason { code: "user".to_owned(), detail: String::new() },
            }],
            attachments,
            options:
                serde_json::json!({ "portal": { "view_url": case::VIEW_URL, "pdf_url": case::PDF_URL } })
                    .to_string(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().context("no async runtime")?;
        Ok(Self { case, runtime, company_plugin: engine.company_plugin("bench", capabilities), files, job })
    }

    /// The whole message.
    pub(crate) fn message(&self) -> anyhow::Result<Vec<u8>> {
        let composed = self.runtime.block_on(self.company_plugin.compose(&self.files, &self.job))?;
        let message = composed.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let pieces = message.mail.chunks.iter().map(|chunk| match chunk {
            attachments::Chunk::Text(text) => Piece::Text(text),
            attachments::Chunk::Attachment(handle) | attachments::Chunk::Raw(handle) => {
                Piece::File(self.case.file(*handle).unwrap_or_default())
            }
        });
        Ok(whole(pieces, message.mail.size.into()))
    }
}

impl Contender for Sandboxed<'_> {
    fn run(&mut self, times: u32) -> anyhow::Result<Vec<u64>> {
        let one = |_| {
            let start = Instant::now();
            black_box(self.message()?);
            Ok(u64::try_from(start.elapsed().as_nanos())?)
        };
        (0..times).map(one).collect()
    }
}

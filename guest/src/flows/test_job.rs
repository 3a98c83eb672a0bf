//! The job that the tests of the flows begin with, and a host without files.

use super::compose::{Job, Message};
use super::files::{FileError, Files};
use super::input::Source;
use crate::domain::attachment::Format;
use crate::domain::compose::Chunk;
use crate::domain::options::Mode;
use chrono::DateTime;

/// Makes a job that names nothing but who sends it, and when; its document is empty.
pub(super) fn plain_job() -> Job {
    Job {
        id: "1".into(),
        now: DateTime::parse_from_rfc3339("2026-11-22T09:30:00+01:00").unwrap(),
        document: Source { media_type: "application/json".into(), content: Vec::new().into() },
        use_case: "new".into(),
        language: None,
        settings: String::new(),
        sender: (None, "a@example.com".into()),
        recipients: Vec::new(),
        attachments: Vec::new(),
        format: Format::Pdf,
        portal: None,
        edits: (None, None),
        thread: None,
        automatic: false,
        mode: Mode::Account,
        insist: Vec::new(),
        pixel: None,
        return_path: None,
    }
}

/// A host without files.
pub(super) struct NoFiles;

impl Files for NoFiles {
    fn read(&mut self, handle: u32, _: u64, _: u32) -> Result<Vec<u8>, FileError> {
        Err(FileError::UnknownHandle(handle))
    }
}

/// Returns the message without the bytes of its files.
pub(super) fn text_of(message: &Message) -> String {
    let texts = message.composed.chunks.iter().map(|chunk| match chunk {
        Chunk::Text(text) => text.as_str(),
        Chunk::Attachment(_) | Chunk::Raw(_) => "",
    });
    texts.collect()
}

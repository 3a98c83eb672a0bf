//! Reading a message that came in, or a body alone: what a person sees of it, with the quotation folded away. Nothing is stored.

use super::AppError;
use crate::engine::{CompanyPlugin, Files};
use crate::inbound::{IntakeError, MESSAGE_LIMIT, other_format};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom_contract::inbound::MessageContent;
use postroom_contract::reading::{Folded, ReadableMessage};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Largest body that is folded, in bytes.
const TEXT_LIMIT: u64 = 4 << 20;

/// Bytes of a file, or of another source that has a name.
#[derive(Debug, Clone)]
pub struct ReadSource {
    name: PathBuf,
    bytes: Vec<u8>,
}

impl ReadSource {
    /// Reads a message from a file.
    ///
    /// # Errors
    /// [`IntakeError`]: it can't be read, is too large, or is of another format.
    pub async fn message_file(path: &Path) -> Result<Self, IntakeError> {
        Self::file(path, MESSAGE_LIMIT).await
    }

    /// Reads a body from a file.
    ///
    /// # Errors
    /// [`IntakeError`]: it can't be read, is too large, or is of another format.
    pub async fn text_file(path: &Path) -> Result<Self, IntakeError> {
        Self::file(path, TEXT_LIMIT).await
    }

    /// Reads a message from a stream of this name.
    ///
    /// # Errors
    /// As [`Self::message_file`].
    pub async fn message(name: &str, stream: impl AsyncRead + Unpin) -> Result<Self, IntakeError> {
        Self::stream(Path::new(name), stream, MESSAGE_LIMIT).await
    }

    /// Reads a body from a stream of this name.
    ///
    /// # Errors
    /// As [`Self::text_file`].
    pub async fn text(name: &str, stream: impl AsyncRead + Unpin) -> Result<Self, IntakeError> {
        Self::stream(Path::new(name), stream, TEXT_LIMIT).await
    }

    async fn file(path: &Path, limit: u64) -> Result<Self, IntakeError> {
        let unreadable = |source| IntakeError::Unreadable { path: path.to_owned(), source };
        let facts = tokio::fs::metadata(path).await.map_err(unreadable)?;
        if facts.is_dir() {
            let detail = "it is a folder: name one of the files in it".to_owned();
            return Err(IntakeError::NoMessage { path: path.to_owned(), detail });
        }
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        Self::stream(path, file, limit).await
    }

    async fn stream(name: &Path, stream: impl AsyncRead + Unpin, limit: u64) -> Result<Self, IntakeError> {
        let mut bytes = Vec::new();
        let read = stream.take(limit + 1).read_to_end(&mut bytes).await;
        read.map_err(|source| IntakeError::Unreadable { path: name.to_owned(), source })?;
        let no_message = |detail| IntakeError::NoMessage { path: name.to_owned(), detail };
        if bytes.len() as u64 > limit {
            return Err(no_message(format!("it has more than {limit} bytes, which are read at the most")));
        }
        if let Some(detail) = other_format(&bytes) {
            return Err(no_message(detail));
        }
        Ok(Self { name: name.to_owned(), bytes })
    }
}

/// Reads a message.
///
/// # Errors
/// [`AppError`]: the plugin refuses the message, or gave no answer.
pub async fn read_message(
    company_plugin: &CompanyPlugin,
    source: ReadSource,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
) -> Result<ReadableMessage, AppError> {
    let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    let message = MessageContent::Bytes(source.bytes);
    let read = company_plugin.read_message(&Files::default(), &message, own_addresses, &now).await?;
    read.map_err(|error| match IntakeError::from(error) {
        IntakeError::Refused(detail) => IntakeError::NoMessage { path: source.name, detail }.into(),
        other => other.into(),
    })
}

/// Folds a body. Gives it as text, with what is new in it. Bytes that are no UTF-8 are taken for letters of Western Europe.
///
/// # Errors
/// [`AppError`]: the plugin gave no answer.
pub async fn fold_text(
    company_plugin: &CompanyPlugin,
    source: ReadSource,
) -> Result<(String, Folded), AppError> {
    let text = match String::from_utf8(source.bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let folded = company_plugin.fold_text(&Files::default(), &text).await?;
    Ok((text, folded))
}

//! The whole message as bytes, streamed: skeleton from the plugin, files from where they are.

use super::draft::Ready;
use postroom_contract::attachments::Chunk;
use postroom_transport::attachments::{AttachmentSource, Base64Lines, ReadError};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The message could not be written whole.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An attachment can't be read, or is not what it was when the mail was composed.
    #[error(transparent)]
    Attachment(#[from] ReadError),
    /// The message refers to a file that is not there.
    #[error("the message refers to an unknown file {0}")]
    UnknownFile(u32),
    /// The destination failed.
    #[error(transparent)]
    Destination(#[from] std::io::Error),
}

impl Ready {
    /// Writes the message, byte for byte what a server is sent before dots are stuffed.
    ///
    /// # Errors
    /// [`WriteError`]; what was written so far is not a message.
    pub async fn write(&self, to: &mut (impl AsyncWrite + Unpin + Send)) -> Result<(), WriteError> {
        for chunk in &self.message.mail.chunks {
            match chunk {
                Chunk::Text(text) => to.write_all(text.as_bytes()).await?,
                Chunk::Attachment(handle) => {
                    let source = self.files.get(*handle).ok_or(WriteError::UnknownFile(*handle))?;
                    write_attachment(source, to).await?;
                }
                Chunk::Raw(handle) => {
                    let source = self.files.get(*handle).ok_or(WriteError::UnknownFile(*handle))?;
                    let mut reader = source.open().await?;
                    while let Some(bytes) = reader.next().await? {
                        to.write_all(bytes).await?;
                    }
                }
            }
        }
        Ok(to.flush().await?)
    }
}

async fn write_attachment(
    source: &AttachmentSource,
    to: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<(), WriteError> {
    let mut reader = source.open().await?;
    let mut lines = Base64Lines::new();
    let mut block = Vec::new();
    while let Some(bytes) = reader.next().await? {
        lines.push(bytes, &mut block);
        to.write_all(&block).await?;
        block.clear();
    }
    lines.finish(&mut block);
    Ok(to.write_all(&block).await?)
}

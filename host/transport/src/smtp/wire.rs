//! Whole replies in, whole commands out, each within a time limit.

use std::time::Duration;

use thiserror::Error;

use super::reply::{self, Malformed, Reply};
use crate::session::{ByteStream, Deadline, Sent, StreamError};

/// Why there is no reply.
#[derive(Debug, Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl WireError {
    pub(super) fn is_timeout(&self) -> bool {
        matches!(self, Self::Stream(StreamError::TimedOut(_)))
    }
}

/// A connection on which commands are sent and replies are parsed.
pub(super) struct Wire {
    stream: ByteStream,
}

impl Wire {
    pub(super) fn new(stream: ByteStream) -> Self {
        Self { stream }
    }

    pub(super) fn into_stream(self) -> ByteStream {
        self.stream
    }

    /// Returns whether bytes were received beyond the last reply.
    pub(super) fn has_unread(&self) -> bool {
        !self.stream.input().is_empty()
    }

    /// Returns whether the server has neither sent anything since the last reply nor closed the connection. Does not
    /// wait.
    pub(super) async fn is_quiet(&mut self) -> bool {
        self.stream.is_quiet().await
    }

    /// Waits until the server sends something or closes the connection.
    pub(super) async fn changed(&mut self) {
        self.stream.changed().await;
    }

    /// Receives the next reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, WireError> {
        Deadline::after(limit)
            .bound(async {
                loop {
                    if let Some((reply, length)) = reply::parse(self.stream.input())? {
                        self.stream.consume(length);
                        return Ok(reply);
                    }
                    if self.stream.is_closed() {
                        let cut_off = reply::parse_at_close(self.stream.input());
                        self.stream.consume(usize::MAX);
                        return cut_off.ok_or(StreamError::Closed.into());
                    }
                    self.stream.receive().await?;
                }
            })
            .await
    }

    /// Sends commands. [`Sent::Interrupted`]: the server closed the connection before all of them were sent.
    pub(super) async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<Sent, WireError> {
        self.send_body(bytes, 0, &mut 0, limit).await
    }

    /// Sends a part of a body that ends at byte `end`, and gives up as soon as the server replies before that byte was
    /// sent. Behind it commands follow, to which a reply may come. `left` counts the bytes that were sent, also when
    /// this fails.
    pub(super) async fn send_body(
        &mut self,
        bytes: &[u8],
        end: usize,
        left: &mut usize,
        limit: Duration,
    ) -> Result<Sent, WireError> {
        Ok(self.stream.send(bytes, end, left, Deadline::after(limit)).await?)
    }
}

//! Whole responses in, whole commands out, each within a limit of time and size.
//!
//! A response is a line, or several with literals between them (RFC 9051 §2.2). Bytes are passed to the codec's
//! fragmentizer line by line, so that what was not asked for yet stays in the stream: bytes before TLS, and responses
//! on an idle connection.

use io_imap::codec::fragmentizer::{FragmentInfo, Fragmentizer};
use thiserror::Error;

use crate::budget::{OverBudget, Reservation, SERVERS};
use crate::session::{ByteStream, Deadline, StreamError};

/// The longest response of any kind, in bytes.
const LONGEST: u32 = 16 << 20;
/// A response beyond this does not leave its memory to those that come after it.
const LARGE: usize = 64 << 10;

/// Why there is no response.
#[derive(Debug, Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("the server announces {announced} bytes where at most {most} were asked for")]
    LiteralTooLarge { announced: u32, most: u32 },
    #[error("the server's answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the server's answer has more than {0} lines")]
    TooMany(usize),
    #[error("the server does not speak IMAP: \"{0}\"")]
    NotImap(String),
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

impl WireError {
    /// Returns whether the same may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        use OverBudget::Process;
        matches!(self, Self::Stream(_) | Self::OverBudget(Process(_)))
    }
}

/// Limits of the responses to a command: how large each may be, and which data was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Bytes of one literal.
    pub(super) literal: u32,
    /// Bytes in all.
    pub(super) response: usize,
    /// Names of the lines of data that are parsed, such as `LIST`; all others are skipped.
    pub(super) data: &'static [&'static str],
}

/// A connection on which commands are sent and responses are framed.
pub(super) struct Wire {
    stream: ByteStream,
    frames: Fragmentizer,
    /// The memory of the response that is being received.
    memory: Reservation,
}

impl Wire {
    pub(super) fn new(stream: ByteStream) -> Self {
        let memory = SERVERS.reservation(2 * LONGEST as usize);
        Self { stream, frames: Fragmentizer::new(LONGEST), memory }
    }

    pub(super) fn into_stream(self) -> ByteStream {
        self.stream
    }

    /// Returns whether the server has neither sent anything since the last response nor closed the connection. Does
    /// not wait.
    pub(super) async fn is_quiet(&mut self) -> bool {
        self.stream.is_quiet().await
    }

    /// Receives the next response with its literals, line ends as they came: [`Wire::response`].
    pub(super) async fn receive(&mut self, expected: Expected, deadline: Deadline) -> Result<(), WireError> {
        self.release();
        deadline
            .bound(async {
                loop {
                    if self.framed(expected)? {
                        return Ok(());
                    }
                    if self.stream.is_closed() {
                        return Err(StreamError::Closed.into());
                    }
                    self.stream.receive().await?;
                }
            })
            .await
    }

    /// Frees the memory of the response that was received last.
    pub(super) fn release(&mut self) {
        if self.frames.is_message_complete() {
            if self.response().len() > LARGE {
                self.frames = Fragmentizer::new(LONGEST);
            }
            self.memory.shrink_to(0);
        }
    }

    /// Returns the response that was received last.
    pub(super) fn response(&self) -> &[u8] {
        self.frames.message_bytes()
    }

    /// Moves input into the current response, and returns whether it is complete.
    fn framed(&mut self, expected: Expected) -> Result<bool, WireError> {
        let mut taken = 0;
        let framed = loop {
            match self.frames.progress() {
                Some(FragmentInfo::Line { announcement: Some(literal), .. })
                    if literal.length > expected.literal =>
                {
                    break Err(WireError::LiteralTooLarge {
                        announced: literal.length,
                        most: expected.literal,
                    });
                }
                Some(_) if self.frames.is_message_complete() => {
                    if self.response().len() > expected.response || self.frames.is_max_message_size_exceeded()
                    {
                        break Err(WireError::TooLong(expected.response));
                    }
                    break Ok(true);
                }
                Some(_) => {}
                None if self.response().len() > expected.response => {
                    break Err(WireError::TooLong(expected.response));
                }
                None => {
                    let rest = self.stream.input().get(taken..).unwrap_or_default();
                    if rest.is_empty() {
                        break Ok(false);
                    }
                    // Up to the end of a line: a response never ends elsewhere.
                    let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
                    // A buffer grows to twice its size.
                    if let Err(over) = self.memory.allocate(2 * end) {
                        break Err(over.into());
                    }
                    self.frames.enqueue_bytes(rest.get(..end).unwrap_or_default());
                    taken += end;
                }
            }
        };
        self.stream.consume(taken);
        framed
    }

    /// Sends bytes. `left` counts those that were sent, also when this fails. A server that closes the connection on
    /// the way is no error yet: its last response may be waiting to be received.
    pub(super) async fn send(
        &mut self,
        bytes: &[u8],
        left: &mut usize,
        deadline: Deadline,
    ) -> Result<(), WireError> {
        self.stream.send(bytes, 0, left, deadline).await?;
        Ok(())
    }
}

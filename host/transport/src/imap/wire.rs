//! The bytes of a connection: whole responses in, whole commands out, each within a limit of time and size.
//!
//! A response is a line, or several with literals between them. Bytes are handed to the codec's fragmentizer
//! line by line, so what was not asked for yet is seen here: bytes before TLS, words on a waiting connection.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use io_imap::codec::fragmentizer::{FragmentInfo, Fragmentizer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::budget::{OverBudget, Reservation, SERVERS};
use crate::tcp::Stream;

/// Unread input beyond this is left in the system's buffers.
const MOST_UNREAD: usize = 1024 * 1024;
/// The longest response of any kind, in bytes.
const LONGEST: u32 = 16 << 20;
/// A response beyond this does not leave its memory to those that come after it.
const LARGE: usize = 64 << 10;

/// What goes wrong below the meaning of responses.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("no answer within {}", in_words(.0))]
    TimedOut(Duration),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("the server announces {announced} bytes where at most {most} were asked for")]
    Bomb { announced: u32, most: u32 },
    #[error("the server's answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the server's answer has more than {0} lines")]
    TooMany(usize),
    #[error("the server does not speak IMAP: \"{0}\"")]
    Nonsense(String),
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

impl Trouble {
    /// Whether the same may go well later.
    pub(super) fn is_transient(&self) -> bool {
        use OverBudget::Process;
        matches!(self, Self::TimedOut(_) | Self::Closed | Self::Broken(_) | Self::OverBudget(Process(_)))
    }
}

fn in_words(limit: &Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

/// How long something may take, from its beginning to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    end: Instant,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { limit, end: Instant::now() + limit }
    }

    async fn bound<T>(self, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        tokio::time::timeout_at(self.end, work).await.unwrap_or(Err(Trouble::TimedOut(self.limit)))
    }
}

/// What is expected of the responses to a command: how large each may be, and which data was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Bytes of one literal.
    pub(super) literal: u32,
    /// Bytes in all.
    pub(super) response: usize,
    /// Names of the lines of data that are read, `LIST`; all others are passed over.
    pub(super) data: &'static [&'static str],
}

/// A connection with what was read and not yet understood.
pub(super) struct Wire {
    stream: Stream,
    frames: Fragmentizer,
    /// What the response that is being read takes.
    memory: Reservation,
    input: Vec<u8>,
    ended: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        let memory = SERVERS.reservation(2 * LONGEST as usize);
        Self { stream, frames: Fragmentizer::new(LONGEST), memory, input: Vec::new(), ended: false }
    }

    /// The bare TCP connection back, to start TLS on it; none if bytes were read beyond the last response or
    /// it is not bare any more.
    pub(super) async fn into_plain(mut self) -> Option<TcpStream> {
        let quiet = self.is_quiet().await;
        match self.stream {
            Stream::Plain(stream) if quiet => Some(stream),
            _ => None,
        }
    }

    /// Whether the server has neither spoken nor hung up since the last response. Does not wait.
    pub(super) async fn is_quiet(&mut self) -> bool {
        poll_fn(|cx| {
            let _ = self.poll_fill(cx);
            Poll::Ready(())
        })
        .await;
        self.input.is_empty() && !self.ended
    }

    /// Reads the next response with its literals, line ends as they came: [`Wire::response`].
    pub(super) async fn receive(&mut self, expected: Expected, deadline: Deadline) -> Result<(), Trouble> {
        self.release();
        deadline
            .bound(async {
                loop {
                    if self.framed(expected)? {
                        return Ok(());
                    }
                    if self.ended {
                        return Err(Trouble::Closed);
                    }
                    poll_fn(|cx| self.poll_fill(cx)).await.map_err(broken)?;
                }
            })
            .await
    }

    /// Gives back the memory of the response that was read last. One never ends in the middle of what the buffer holds.
    pub(super) fn release(&mut self) {
        if self.frames.is_message_complete() {
            if self.response().len() > LARGE {
                self.frames = Fragmentizer::new(LONGEST);
            }
            self.memory.shrink_to(0);
        }
    }

    /// The response that was read last.
    pub(super) fn response(&self) -> &[u8] {
        self.frames.message_bytes()
    }

    /// Whether a whole response is there, made of what was read.
    fn framed(&mut self, expected: Expected) -> Result<bool, Trouble> {
        let mut taken = 0;
        let framed = loop {
            match self.frames.progress() {
                Some(FragmentInfo::Line { announcement: Some(literal), .. })
                    if literal.length > expected.literal =>
                {
                    break Err(Trouble::Bomb { announced: literal.length, most: expected.literal });
                }
                Some(_) if self.frames.is_message_complete() => {
                    if self.response().len() > expected.response || self.frames.is_max_message_size_exceeded()
                    {
                        break Err(Trouble::TooLong(expected.response));
                    }
                    break Ok(true);
                }
                Some(_) => {}
                None if self.response().len() > expected.response => {
                    break Err(Trouble::TooLong(expected.response));
                }
                None => {
                    let rest = self.input.get(taken..).unwrap_or_default();
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
        self.input.drain(..taken);
        framed
    }

    /// Sends bytes. `left` counts those that left, also when this fails. If the server hangs up on the way
    /// this is no error yet: its last words may be waiting to be read.
    pub(super) async fn send(
        &mut self,
        bytes: &[u8],
        left: &mut usize,
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        deadline.bound(poll_fn(|cx| self.poll_write_all(cx, bytes, left))).await
    }

    fn poll_write_all(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        left: &mut usize,
    ) -> Poll<Result<(), Trouble>> {
        loop {
            // Reads all there is, so that two sides that both write first do not block each other.
            while !self.ended && self.input.len() < MOST_UNREAD {
                match self.poll_fill(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(self.after_break(error)),
                    Poll::Pending => break,
                }
            }
            if self.ended {
                return Poll::Ready(Ok(()));
            }
            let rest = bytes.get(*left..).unwrap_or_default();
            if rest.is_empty() {
                return match std::task::ready!(Pin::new(&mut self.stream).poll_flush(cx)) {
                    Ok(()) => Poll::Ready(Ok(())),
                    Err(error) => Poll::Ready(self.after_break(error)),
                };
            }
            match std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, rest)) {
                Ok(0) => return Poll::Ready(self.after_break(std::io::ErrorKind::WriteZero.into())),
                Ok(count) => *left += count,
                Err(error) => return Poll::Ready(self.after_break(error)),
            }
        }
    }

    /// A connection that broke while something unread is there: the words explain more than the break.
    fn after_break(&mut self, error: std::io::Error) -> Result<(), Trouble> {
        self.ended = true;
        if self.input.is_empty() { Err(broken(error)) } else { Ok(()) }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let mut block = [0; 16 * 1024];
        let mut into = ReadBuf::new(&mut block);
        match std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into)) {
            Ok(()) if into.filled().is_empty() => self.ended = true,
            Ok(()) => self.input.extend_from_slice(into.filled()),
            // A server that hangs up without TLS's own goodbye, as many do.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => self.ended = true,
            Err(error) => {
                self.ended = true;
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn broken(error: std::io::Error) -> Trouble {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset => Trouble::Closed,
        _ => Trouble::Broken(error),
    }
}

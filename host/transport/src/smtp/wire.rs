//! The bytes of a connection: whole replies in, whole commands out, each within a time limit.
//!
//! Writing always reads too. A server that answers while a body is still on its way (421, 552) is heard at
//! once, and two sides that both write first do not block each other.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::reply::{self, Malformed, Reply};
use crate::tcp::Stream;

/// Unread input beyond this is left in the system's buffers.
const MOST_UNREAD: usize = 1024 * 1024;

/// What goes wrong below the meaning of replies.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("no answer within {}", in_words(.0))]
    TimedOut(Duration),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("{0}")]
    Malformed(#[from] Malformed),
}

fn in_words(limit: &Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Every byte left.
    All,
    /// The server spoke or hung up first; what it said, if anything, is to be read now.
    Interrupted,
}

/// A connection with what was read and not yet understood.
pub(super) struct Wire {
    stream: Stream,
    input: Vec<u8>,
    ended: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, input: Vec::new(), ended: false }
    }

    /// The bare TCP connection back, to start TLS on it; none if bytes were read beyond the last reply or it
    /// is not bare any more.
    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) if self.input.is_empty() => Some(stream),
            _ => None,
        }
    }

    /// Whether bytes were read beyond the last reply.
    pub(super) fn has_unread(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether the server has neither spoken nor hung up since the last reply. Does not wait.
    pub(super) async fn is_quiet(&mut self) -> bool {
        poll_fn(|cx| {
            let _ = self.poll_fill(cx);
            Poll::Ready(())
        })
        .await;
        self.input.is_empty() && !self.ended
    }

    /// The next reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Trouble> {
        let read = poll_fn(|cx| {
            loop {
                if let Some((reply, length)) = reply::parse(&self.input)? {
                    self.input.drain(..length);
                    return Poll::Ready(Ok(reply));
                }
                if self.ended {
                    let cut_off = reply::parse_at_close(&self.input);
                    self.input.clear();
                    return Poll::Ready(cut_off.ok_or(Trouble::Closed));
                }
                match self.poll_fill(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(broken(error))),
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        tokio::time::timeout(limit, read).await.unwrap_or(Err(Trouble::TimedOut(limit)))
    }

    /// Returns once the server spoke or hung up since the last reply.
    pub(super) async fn stirred(&mut self) {
        poll_fn(|cx| {
            loop {
                if !self.input.is_empty() || self.ended {
                    return Poll::Ready(());
                }
                if self.poll_fill(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    /// Sends commands. If the server hangs up on the way this is no error yet: its last words may be waiting
    /// to be read. `Interrupted`: not all of them left.
    pub(super) async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<Sent, Trouble> {
        self.write(bytes, 0, &mut 0, limit).await
    }

    /// Sends a part of a body, giving up as soon as the server says anything before byte `end` left. From
    /// there on commands follow, and the server may well answer. `left` counts the bytes that left, also when
    /// this fails.
    pub(super) async fn send_body(
        &mut self,
        bytes: &[u8],
        end: usize,
        left: &mut usize,
        limit: Duration,
    ) -> Result<Sent, Trouble> {
        self.write(bytes, end, left, limit).await
    }

    async fn write(
        &mut self,
        bytes: &[u8],
        listen_until: usize,
        left: &mut usize,
        limit: Duration,
    ) -> Result<Sent, Trouble> {
        let write = poll_fn(|cx| self.poll_write_all(cx, bytes, listen_until, left));
        tokio::time::timeout(limit, write).await.unwrap_or(Err(Trouble::TimedOut(limit)))
    }

    fn poll_write_all(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        listen_until: usize,
        left: &mut usize,
    ) -> Poll<Result<Sent, Trouble>> {
        loop {
            // Reads all there is, so that either a read or a write wakes us again.
            while !self.ended && self.input.len() < MOST_UNREAD {
                match self.poll_fill(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(self.after_break(error)),
                    Poll::Pending => break,
                }
            }
            if self.ended || (*left < listen_until && !self.input.is_empty()) {
                return Poll::Ready(Ok(Sent::Interrupted));
            }
            let rest = bytes.get(*left..).unwrap_or_default();
            if rest.is_empty() {
                return match Pin::new(&mut self.stream).poll_flush(cx) {
                    Poll::Ready(Ok(())) => Poll::Ready(Ok(Sent::All)),
                    Poll::Ready(Err(error)) => Poll::Ready(self.after_break(error)),
                    // A server that answered a body may never read what TLS still holds of it.
                    Poll::Pending if listen_until > 0 && !self.input.is_empty() => {
                        Poll::Ready(Ok(Sent::Interrupted))
                    }
                    Poll::Pending => Poll::Pending,
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
    fn after_break(&mut self, error: std::io::Error) -> Result<Sent, Trouble> {
        if self.input.is_empty() { Err(broken(error)) } else { Ok(Sent::Interrupted) }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let mut block = [0; 4096];
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

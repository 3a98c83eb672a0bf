//! The bytes of a connection: buffered input, and writes that read too, each within a deadline.
//!
//! Every write also reads what is there. A server that replies while a body is still being sent (421, 552) is noticed
//! at once, and two sides that both write first do not block each other. The same buffer shows what was received
//! before it was due: bytes before TLS, and replies on a connection that waits.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::tcp::Socket;

/// Unread input beyond this is left in the system's buffers.
const MOST_UNREAD: usize = 1024 * 1024;
/// Bytes of one read.
const READ: usize = 16 * 1024;

/// Why no more bytes can be read or written.
#[derive(Debug, Error)]
pub(crate) enum StreamError {
    #[error("no answer within {}", in_words(.0))]
    TimedOut(Duration),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
}

impl From<std::io::Error> for StreamError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset => Self::Closed,
            _ => Self::Broken(error),
        }
    }
}

fn in_words(limit: &Duration) -> String {
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

/// When a step must have ended, and how long it could take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    limit: Duration,
    end: Instant,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { limit, end: Instant::now() + limit }
    }

    /// Awaits `work`, and fails with [`StreamError::TimedOut`] at the deadline.
    pub(crate) async fn bound<T, E: From<StreamError>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let in_time = tokio::time::timeout_at(self.end, work).await;
        in_time.unwrap_or_else(|_| Err(StreamError::TimedOut(self.limit).into()))
    }
}

/// The end of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Every byte was sent.
    All,
    /// The server replied or closed the connection first; its reply, if there is one, is to be read now.
    Interrupted,
}

/// A connection with the bytes that were received and not yet parsed.
pub(crate) struct ByteStream {
    socket: Socket,
    input: Vec<u8>,
    closed: bool,
}

impl ByteStream {
    pub(crate) fn new(socket: Socket) -> Self {
        Self { socket, input: Vec::new(), closed: false }
    }

    /// Returns our own address.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.socket.local_address()
    }

    /// Returns the TCP connection for a TLS handshake. None if anything was received that was not parsed, or if TLS
    /// has begun already.
    ///
    /// This is the guard of STARTTLS: a reply that was injected before the handshake would be parsed after it as if
    /// it came from the server whose certificate was checked. A server that closed the connection passes, since the
    /// handshake reports that.
    pub(super) async fn into_unread_tcp(mut self) -> Option<TcpStream> {
        self.poll_input().await;
        match self.socket {
            Socket::Plain(stream) if self.input.is_empty() => Some(stream),
            _ => None,
        }
    }

    /// Returns the bytes that were received and not yet parsed.
    pub(crate) fn input(&self) -> &[u8] {
        &self.input
    }

    /// Removes bytes that were parsed from the beginning of the input.
    pub(crate) fn consume(&mut self, count: usize) {
        self.input.drain(..count.min(self.input.len()));
    }

    /// Returns whether the server closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns whether the server has neither sent anything since the last reply nor closed the connection. Does not
    /// wait.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        self.poll_input().await;
        self.input.is_empty() && !self.closed
    }

    /// Waits until the server sends something or closes the connection.
    pub(crate) async fn changed(&mut self) {
        poll_fn(|cx| {
            loop {
                if !self.input.is_empty() || self.closed {
                    return Poll::Ready(());
                }
                if self.poll_fill(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    /// Receives more input. The end of the connection is no error: [`ByteStream::is_closed`].
    pub(crate) async fn receive(&mut self) -> Result<(), StreamError> {
        Ok(poll_fn(|cx| self.poll_fill(cx)).await?)
    }

    /// Sends bytes. Gives up as soon as anything is received before byte `quiet_until` was sent; behind it commands
    /// follow, to which a reply may come. `left` counts the bytes that were sent, also when this fails.
    ///
    /// A server that closes the connection on the way is no error yet: its last reply may be waiting to be read.
    pub(crate) async fn send(
        &mut self,
        bytes: &[u8],
        quiet_until: usize,
        left: &mut usize,
        deadline: Deadline,
    ) -> Result<Sent, StreamError> {
        deadline.bound(poll_fn(|cx| self.poll_send(cx, bytes, quiet_until, left))).await
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        quiet_until: usize,
        left: &mut usize,
    ) -> Poll<Result<Sent, StreamError>> {
        loop {
            // Reads all there is, so that either a read or a write wakes this task again.
            while !self.closed && self.input.len() < MOST_UNREAD {
                match self.poll_fill(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(self.after_break(error)),
                    Poll::Pending => break,
                }
            }
            if self.closed || (*left < quiet_until && !self.input.is_empty()) {
                return Poll::Ready(Ok(Sent::Interrupted));
            }
            let rest = bytes.get(*left..).unwrap_or_default();
            if rest.is_empty() {
                return match Pin::new(&mut self.socket).poll_flush(cx) {
                    Poll::Ready(Ok(())) => Poll::Ready(Ok(Sent::All)),
                    Poll::Ready(Err(error)) => Poll::Ready(self.after_break(error)),
                    // A server that answered a body may never read what TLS still holds of it.
                    Poll::Pending if quiet_until > 0 && !self.input.is_empty() => {
                        Poll::Ready(Ok(Sent::Interrupted))
                    }
                    Poll::Pending => Poll::Pending,
                };
            }
            match std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, rest)) {
                Ok(0) => return Poll::Ready(self.after_break(std::io::ErrorKind::WriteZero.into())),
                Ok(count) => *left += count,
                Err(error) => return Poll::Ready(self.after_break(error)),
            }
        }
    }

    /// A connection that broke while a reply is unread: the reply explains more than the break.
    fn after_break(&self, error: std::io::Error) -> Result<Sent, StreamError> {
        if self.input.is_empty() { Err(error.into()) } else { Ok(Sent::Interrupted) }
    }

    /// Receives what is there already.
    async fn poll_input(&mut self) {
        poll_fn(|cx| {
            let _ = self.poll_fill(cx);
            Poll::Ready(())
        })
        .await;
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let mut block = [const { MaybeUninit::uninit() }; READ];
        let mut into = ReadBuf::uninit(&mut block);
        match std::task::ready!(Pin::new(&mut self.socket).poll_read(cx, &mut into)) {
            Ok(()) if into.filled().is_empty() => self.closed = true,
            Ok(()) => self.input.extend_from_slice(into.filled()),
            // A server that closes TCP without TLS's close_notify, as many do.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => self.closed = true,
            Err(error) => {
                self.closed = true;
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    async fn pair() -> (ByteStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        let (server, _) = listener.accept().await.expect("accepted");
        (ByteStream::new(Socket::Plain(client)), server)
    }

    #[tokio::test]
    async fn a_connection_is_given_to_tls_only_while_every_byte_of_it_was_parsed() {
        let (stream, _server) = pair().await;
        assert!(stream.into_unread_tcp().await.is_some(), "nothing was received");

        let (mut stream, mut server) = pair().await;
        server.write_all(b"220 go\r\n250 injected\r\n").await.expect("sent");
        stream.receive().await.expect("received");
        stream.consume(b"220 go\r\n".len());
        assert!(stream.into_unread_tcp().await.is_none(), "a reply is unread");

        let (mut stream, mut server) = pair().await;
        server.write_all(b"220 go\r\n").await.expect("sent");
        stream.receive().await.expect("received");
        stream.consume(b"220 go\r\n".len());
        server.write_all(b"250 injected\r\n").await.expect("sent");
        // Still in the system's buffers, not in ours.
        let Socket::Plain(socket) = &stream.socket else { panic!("plain") };
        socket.readable().await.expect("readable");
        assert!(stream.into_unread_tcp().await.is_none(), "a reply arrived after the one to STARTTLS");
    }
}

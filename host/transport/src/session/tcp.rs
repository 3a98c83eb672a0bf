//! TCP: connects to the first address that answers; the socket may become TLS.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A TCP connection, secured or not.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// The replies of a server, written beforehand; what is sent to it is dropped.
    #[cfg(fuzzing)]
    Scripted(std::io::Cursor<Vec<u8>>),
}

impl Socket {
    /// Returns our own address.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.local_addr().ok(),
            Self::Tls(stream) => stream.get_ref().0.local_addr().ok(),
            #[cfg(fuzzing)]
            Self::Scripted(_) => None,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, into),
            #[cfg(fuzzing)]
            Self::Scripted(bytes) => Pin::new(bytes).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
            #[cfg(fuzzing)]
            Self::Scripted(_) => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            #[cfg(fuzzing)]
            Self::Scripted(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            #[cfg(fuzzing)]
            Self::Scripted(_) => Poll::Ready(Ok(())),
        }
    }
}

/// Connects to the first address that answers. The time is divided among the addresses, so that one that drops
/// packets does not use up the time of the others. The error names why each of them failed.
pub(super) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, String> {
    let end = Instant::now() + limit;
    let mut reasons = Vec::new();
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(1);
        let share = end.saturating_duration_since(Instant::now()) / left;
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small writes must leave at once: with Nagle's algorithm each command waits for an ACK.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => reasons.push(format!("{}: {error}", address.ip())),
            Err(_) => reasons.push(format!("{}: no answer within {} ms", address.ip(), share.as_millis())),
        }
    }
    Err(format!("no connection ({})", reasons.join("; ")))
}

//! A way to a server on loopback that may be cut within an answer, and that hides extensions.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A way to a server.
pub(crate) struct Relay {
    /// Where to connect to.
    pub(crate) port: u16,
    /// Bytes after which the next connection is cut.
    limit: Arc<Mutex<Option<u64>>>,
}

impl Relay {
    /// Opens a way to a port. Of these words the server seems to say others of the same length.
    pub(crate) fn open(server: u16, hidden: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let limit = Arc::new(Mutex::new(None));
        let next = Arc::clone(&limit);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let limit: Option<u64> = next.lock().unwrap_or_else(PoisonError::into_inner).take();
                std::thread::spawn(move || relay(client, server, limit, hidden));
            }
        });
        Self { port, limit }
    }

    /// Cuts the next connection when so many bytes came from the server; none: no connection is cut.
    pub(crate) fn cut_after(&self, bytes: Option<u64>) {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }
}

fn relay(client: TcpStream, server: u16, limit: Option<u64>, hidden: &[&str]) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let (mut from_server, mut to_client) = (server, client);
    let mut left = limit.unwrap_or(u64::MAX);
    let mut buffer = vec![0; 64 << 10];
    while left > 0 {
        let count = from_server.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let most = usize::try_from(left).map_or(count, |left| left.min(count));
        let piece = &mut buffer[..most];
        hidden.iter().for_each(|word| hide(piece, word.as_bytes()));
        to_client.write_all(piece)?;
        left -= most as u64;
    }
    let _ = to_client.shutdown(Shutdown::Both);
    from_server.shutdown(Shutdown::Both)
}

fn hide(bytes: &mut [u8], word: &[u8]) {
    let mut begin = 0;
    while let Some(found) = memchr::memmem::find(&bytes[begin..], word) {
        bytes[begin + found] = b'Y';
        begin += found + word.len();
    }
}

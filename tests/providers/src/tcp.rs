//! What tests do with TCP itself.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Longest wait for bytes that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port on which nothing listens, and nothing will as long as this is held. A port that was free a moment ago may be
/// somebody's server now: this one is taken, by the near end of a connection.
#[derive(Debug)]
pub struct ClosedPort {
    connected: TcpStream,
    _listener: TcpListener,
}

impl ClosedPort {
    /// Takes one on 127.0.0.1.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let connected = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        Self { connected, _listener: listener }
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.connected.local_addr().expect("an address").port()
    }
}

/// Sends bytes to a server and reads its answer up to where it closes the connection.
pub fn whole_answer(server: impl ToSocketAddrs, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream.write_all(request).expect("the request leaves");
    stream.shutdown(Shutdown::Write).expect("the end of the request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("a whole answer");
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_port_refuses_and_is_nobody_elses() {
        let closed = ClosedPort::new();
        let refused = TcpStream::connect(("127.0.0.1", closed.number())).expect_err("closed");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(TcpListener::bind(("127.0.0.1", closed.number())).is_err(), "taken");
    }

    #[test]
    fn an_answer_that_comes_in_pieces_is_read_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            stream.set_nodelay(true).expect("no delay");
            let mut request = Vec::new();
            stream.read_to_end(&mut request).expect("a request");
            b"HTTP/1.1 200 OK\r\n\r\nhello".iter().for_each(|byte| stream.write_all(&[*byte]).expect("sent"));
            request
        });
        assert_eq!(whole_answer(address, b"GET / HTTP/1.1\r\n\r\n"), b"HTTP/1.1 200 OK\r\n\r\nhello");
        assert_eq!(server.join().expect("the server"), b"GET / HTTP/1.1\r\n\r\n");
    }
}

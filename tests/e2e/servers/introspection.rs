//! Who an access token belongs to, as an authorization server tells it (RFC 7662): Dovecot asks here. On a thread of
//! the test process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// Whose token it is.
pub(crate) const HOLDER: &str = "oauth@west.test";

/// Starts it and gives its port. One token is good, and belongs to [`HOLDER`].
pub(super) fn start(token: &str) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let token = token.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let token = token.clone();
            std::thread::spawn(move || answer(&stream, &token));
        }
    });
    Ok(port)
}

/// Answers requests on one connection: `token=…` in a form.
fn answer(stream: &TcpStream, token: &str) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut form = vec![0; length];
        reader.read_exact(&mut form).ok()?;
        let form = String::from_utf8_lossy(&form).into_owned();
        let good = form.split('&').any(|field| field.strip_prefix("token=") == Some(token));
        let body = if good {
            format!("{{\"active\":true,\"username\":\"{HOLDER}\"}}")
        } else {
            "{\"active\":false}".to_owned()
        };
        write!(
            &mut &*stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
    }
}

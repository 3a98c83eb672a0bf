//! A scripted HTTP server on loopback: one script for each request, in order.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(super) enum Script {
    /// Reads all of it, says this, closes.
    Say(String),
    /// Reads all of it, says this, and nothing more.
    SayAndHang(String),
    /// Reads all of it and closes.
    Close,
    /// Reads the head and closes.
    CloseAfterHead,
    /// Reads all of it and is silent.
    Hang,
    /// Reads nothing.
    Ignore,
    /// Says this before anything was asked, and reads nothing.
    Greet(String),
}

/// An answer of this status with this body.
pub(super) fn send(status: &str, fields: &str, body: &str) -> Script {
    Script::Say(format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n{body}", body.len()))
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Came {
    /// Request line and fields.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Came {
    pub(super) fn has(&self, field: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(field))
    }
}

pub(super) struct Server {
    pub(super) port: u16,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    pub(super) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&came);
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            for script in scripts {
                let (stream, _) = listener.accept().await.expect("a connection");
                waiting.extend(serve(stream, script, &received).await);
            }
            // Connections that hang stay open, and a client that comes too often is not accepted.
            drop(listener);
            std::future::pending::<()>().await;
        });
        Self { port, came }
    }

    pub(super) fn came(&self) -> Vec<Came> {
        self.came.lock().expect("lock").clone()
    }
}

async fn serve(mut stream: TcpStream, script: Script, received: &Mutex<Vec<Came>>) -> Option<TcpStream> {
    if matches!(script, Script::Ignore) {
        return Some(stream);
    }
    if let Script::Greet(words) = &script {
        stream.write_all(words.as_bytes()).await.expect("a greeting");
        return Some(stream);
    }
    let mut input = Vec::new();
    let end = loop {
        if let Some(place) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            break place + 4;
        }
        if stream.read_buf(&mut input).await.expect("a head") == 0 {
            return None;
        }
    };
    let head = String::from_utf8(input[..end].to_vec()).expect("a head in UTF-8");
    if matches!(script, Script::CloseAfterHead) {
        return None;
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok())
        .unwrap_or(0);
    while input.len() < end + length {
        if stream.read_buf(&mut input).await.expect("a body") == 0 {
            return None;
        }
    }
    assert_eq!(input.len(), end + length, "more than was announced");
    received.lock().expect("lock").push(Came { head, body: input[end..].to_vec() });
    match script {
        Script::Say(words) => {
            stream.write_all(words.as_bytes()).await.expect("an answer");
            None
        }
        Script::SayAndHang(words) => {
            stream.write_all(words.as_bytes()).await.expect("an answer");
            Some(stream)
        }
        Script::Hang => Some(stream),
        Script::Close | Script::CloseAfterHead | Script::Ignore | Script::Greet(_) => None,
    }
}

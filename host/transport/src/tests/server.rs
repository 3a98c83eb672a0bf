//! A scripted server on loopback, of SMTP mostly: each test writes, in order, what the server reads and says.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::Identity;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The server's end of one connection.
pub(crate) struct Peer {
    stream: Option<Box<dyn Duplex>>,
    input: Vec<u8>,
    log: Arc<Mutex<Vec<String>>>,
    /// Which connection this is, from 0.
    pub(crate) number: usize,
}

impl Peer {
    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, words: impl AsRef<[u8]>) {
        let stream = self.stream.as_mut().expect("connected");
        // The client may have hung up already; what it must not do is asserted elsewhere.
        let _ = stream.write_all(words.as_ref()).await;
        let _ = stream.flush().await;
    }

    /// Sends each byte in a packet of its own.
    pub(crate) async fn send_slowly(&mut self, words: &str) {
        for byte in words.as_bytes() {
            self.send([*byte]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Reads a line, or `None` when the client hung up.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                let line = String::from_utf8(line).expect("a command in UTF-8");
                let line = line.strip_suffix("\r\n").expect("CRLF at the end of a command").to_owned();
                self.log.lock().expect("log").push(line.clone());
                return Some(line);
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// Reads a line that must begin so, and answers it.
    pub(crate) async fn expect(&mut self, beginning: &str, answer: &str) -> String {
        let line =
            self.line().await.unwrap_or_else(|| panic!("{beginning} was expected, the client hung up"));
        assert!(line.starts_with(beginning), "{beginning} was expected, came {line}");
        self.send(answer).await;
        line
    }

    /// Asserts that the client waits for an answer now: not a byte more than the last line came.
    pub(crate) async fn assert_client_waits(&mut self, after: &str) {
        assert!(self.input.is_empty(), "the client did not wait after {after}");
        let more = tokio::time::timeout(Duration::from_millis(30), self.fill()).await;
        assert!(more.is_err(), "the client did not wait after {after}");
    }

    /// Reads a message up to its final dot; gives it back as it was on the wire, without the dot.
    pub(crate) async fn message(&mut self) -> Vec<u8> {
        let end = b"\r\n.\r\n";
        let mut searched = 0;
        loop {
            if self.input.starts_with(b".\r\n") {
                self.input.drain(..3);
                return Vec::new();
            }
            if let Some(place) = self.input[searched..].windows(end.len()).position(|window| window == end) {
                let mut message: Vec<u8> = self.input.drain(..searched + place + end.len()).collect();
                message.truncate(searched + place + 2);
                return message;
            }
            searched = self.input.len().saturating_sub(end.len());
            assert!(self.fill().await, "the client hung up within the message");
        }
    }

    /// Reads so many bytes, or panics where the client hangs up before.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.input.len() < count {
            assert!(self.fill().await, "the client hung up within {count} bytes");
        }
        self.input.drain(..count).collect()
    }

    /// Reads whatever comes until the client hangs up.
    pub(crate) async fn drain(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.input)
    }

    /// The server's side of a TLS handshake.
    pub(crate) async fn start_tls(&mut self, identity: &Identity) -> bool {
        let stream = self.stream.take().expect("connected");
        match TlsAcceptor::from(identity.server_config()).accept(stream).await {
            Ok(secured) => {
                self.stream = Some(Box::new(secured));
                true
            }
            Err(_) => false,
        }
    }

    /// Greeting and EHLO with these extensions.
    pub(crate) async fn welcome(&mut self, extensions: &[&str]) {
        self.send("220 scripted.test ESMTP\r\n").await;
        self.hello(extensions).await;
    }

    /// EHLO with these extensions.
    pub(crate) async fn hello(&mut self, extensions: &[&str]) {
        let mut answer = String::from("250-scripted.test");
        for extension in extensions {
            answer = format!("{answer}\r\n250-{extension}");
        }
        let place = answer.rfind("250-").expect("a line");
        answer.replace_range(place..place + 4, "250 ");
        answer.push_str("\r\n");
        self.expect("EHLO ", &answer).await;
    }

    /// Nothing more from this side, while the connection stays.
    pub(crate) async fn hang(&mut self) {
        self.drain().await;
    }

    async fn fill(&mut self) -> bool {
        let mut block = vec![0; 65536];
        let stream = self.stream.as_mut().expect("connected");
        match stream.read(&mut block).await {
            Ok(count) if count > 0 => {
                self.input.extend_from_slice(&block[..count]);
                true
            }
            _ => false,
        }
    }
}

/// A server that runs one script for each connection.
pub(crate) struct Server {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<String>>>,
    scripts: Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start<S, F>(script: S) -> Self
    where
        S: Fn(Peer) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let scripts = Arc::new(Mutex::new(Vec::new()));
        let (lines, running) = (log.clone(), scripts.clone());
        let listening = tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let stream: TcpStream = stream;
                stream.set_nodelay(true).expect("no delay");
                let peer =
                    Peer { stream: Some(Box::new(stream)), input: Vec::new(), log: lines.clone(), number };
                let script = tokio::spawn(script(peer));
                running.lock().expect("scripts").push(script);
            }
        });
        Self { port, log, scripts, listening }
    }

    /// Waits for the scripts and passes on what they found wrong; gives back every line that was read.
    pub(crate) async fn finish(self) -> Vec<String> {
        self.listening.abort();
        let scripts = std::mem::take(&mut *self.scripts.lock().expect("scripts"));
        for script in scripts {
            // A script that never ends, not one on a machine that has much else to do.
            let ended = tokio::time::timeout(Duration::from_secs(60), script).await;
            ended.expect("the script ends").unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => panic!("{error}"),
            });
        }
        self.lines()
    }

    /// Every line that was read so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lock().expect("log").clone()
    }
}

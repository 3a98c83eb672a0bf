//! A mail catcher: an SMTP server on loopback that takes every mail and delivers none. For demonstrations and
//! for trying out settings; it is no mail server.
//!
//! A recipient whose local part begins with `unknown` is refused, so that refusals can be seen too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest command line and largest message taken.
const LINE: u64 = 4_096;
const MESSAGE: usize = 40_000_000;

/// A mail that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// MAIL FROM, as it was given.
    pub mail_from: String,
    /// RCPT TO, those that were accepted.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed.
    pub message: Vec<u8>,
}

/// A running catcher; it stops when dropped.
#[derive(Debug)]
pub struct Catcher {
    address: SocketAddr,
    caught: Arc<Mutex<Vec<Caught>>>,
    task: JoinHandle<()>,
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Catcher {
    /// Starts a catcher on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The system's own, where no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let caught = Arc::new(Mutex::new(Vec::new()));
        let mails = Arc::clone(&caught);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that hangs up in the middle does not end the others.
                let mails = Arc::clone(&mails);
                tokio::spawn(async move { converse(stream, &mails).await });
            }
        });
        Ok(Self { address, caught, task })
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the mails caught so far, in order of arrival.
    pub fn caught(&self) -> Vec<Caught> {
        self.caught.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn converse(stream: TcpStream, caught: &Mutex<Vec<Caught>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    reply(&mut stream, "220 catcher.invalid ESMTP: takes all, delivers none").await?;
    let mut mail_from: Option<String> = None;
    let mut recipients: Vec<String> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut stream).take(LINE).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let extensions = "250-catcher.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                    250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 40000000";
                reply(&mut stream, extensions).await?;
            }
            "HELO" => reply(&mut stream, "250 catcher.invalid").await?,
            "MAIL" => {
                mail_from = path(text);
                recipients.clear();
                reply(&mut stream, "250 2.1.0 sender ok").await?;
            }
            "RCPT" => match path(text) {
                Some(to) if to.starts_with("unknown") => {
                    let words = format!("550 5.1.1 <{to}>: recipient address rejected: user unknown");
                    reply(&mut stream, &words).await?;
                }
                Some(to) if mail_from.is_some() => {
                    recipients.push(to);
                    reply(&mut stream, "250 2.1.5 recipient ok").await?;
                }
                _ => reply(&mut stream, "503 5.5.1 MAIL first").await?,
            },
            "DATA" if recipients.is_empty() => reply(&mut stream, "554 5.5.1 no valid recipients").await?,
            "DATA" => {
                reply(&mut stream, "354 end with a dot").await?;
                let message = body(&mut stream).await?;
                let mail_from = mail_from.take().unwrap_or_default();
                let number =
                    keep(caught, Caught { mail_from, recipients: std::mem::take(&mut recipients), message });
                reply(&mut stream, &format!("250 2.0.0 ok: caught as number {number}")).await?;
            }
            "RSET" | "NOOP" => reply(&mut stream, "250 2.0.0 ok").await?,
            "QUIT" => return reply(&mut stream, "221 2.0.0 goodbye").await,
            _ => reply(&mut stream, "502 5.5.2 command not recognised").await?,
        }
    }
}

/// Keeps a mail and says how many there are now.
fn keep(caught: &Mutex<Vec<Caught>>, mail: Caught) -> usize {
    let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
    caught.push(mail);
    caught.len()
}

/// The address between the angle brackets of MAIL FROM or RCPT TO.
fn path(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.rsplit_once('>')?;
    Some(address.to_owned())
}

async fn body(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let start = message.len();
        let left = (MESSAGE + 1).saturating_sub(start) as u64;
        if (&mut *stream).take(left).read_until(b'\n', &mut message).await? == 0 || message.len() > MESSAGE {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if message[start..] == *b".\r\n" {
            message.truncate(start);
            return Ok(message);
        }
        if message[start] == b'.' {
            message.remove(start);
        }
    }
}

async fn reply(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await
}

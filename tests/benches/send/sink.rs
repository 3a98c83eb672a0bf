//! The server that every sender sends to: takes mails as fast as they come, checks that each is whole, and stores none.
//!
//! A process of its own, so that its work and memory are nobody's. On standard input it is told `take`: it answers
//! with what came since, as one line of JSON.

use super::distance::Distant;
use anyhow::{Context as _, bail};
use memchr::memmem::find;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const EXTENSIONS: &str =
    "250-sink.test\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 DSN\r\n";

/// What came.
#[derive(Default)]
struct Tally {
    mails: usize,
    bytes: usize,
    /// Most that were open at the same time.
    connections: usize,
    /// When the first came, and how long after it every thousandth, in milliseconds.
    first: Option<Instant>,
    thousands: Vec<u64>,
    ids: BTreeSet<String>,
    faults: Vec<String>,
}

#[derive(Clone, Default)]
struct Counter(Arc<Mutex<Tally>>, Arc<AtomicUsize>);

/// A connection, counted as open until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Open {
        let open = self.1.fetch_add(1, Ordering::Relaxed) + 1;
        let mut tally = self.lock();
        tally.connections = tally.connections.max(open);
        Open(Arc::clone(&self.1))
    }

    fn fault(&self, what: String) {
        self.lock().faults.push(what);
    }

    /// Counts a message and looks whether it is one, and whole.
    fn message(&self, bytes: &[u8]) {
        let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
        let head = String::from_utf8_lossy(head).into_owned();
        let id = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("message-id").then(|| value.trim().to_owned())
        });
        let pdfs = bytes.len() > 160_000;
        let ended = bytes.ends_with(b"--\r\n") || bytes.ends_with(b"--\r\n\r\n");
        let mut tally = self.lock();
        tally.mails += 1;
        let first = *tally.first.get_or_insert_with(Instant::now);
        if tally.mails.is_multiple_of(1000) {
            tally.thousands.push(u64::try_from(first.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
        tally.bytes += bytes.len();
        match id {
            Some(id) if tally.ids.insert(id.clone()) => {}
            Some(id) => tally.faults.push(format!("{id} came twice")),
            None => tally.faults.push("a mail has no Message-ID".to_owned()),
        }
        if !pdfs || !ended {
            tally.faults.push(format!("a mail of {} bytes is not whole", bytes.len()));
        }
    }
}

/// A connection, near or far.
enum Wire {
    Near(TcpStream),
    Far(Distant),
}

impl Wire {
    async fn read(&mut self, into: &mut Vec<u8>) -> bool {
        match self {
            Self::Near(stream) => {
                into.reserve(64 * 1024);
                stream.read_buf(into).await.is_ok_and(|count| count > 0)
            }
            Self::Far(distant) => distant.read(into).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Near(stream) => stream.write_all(bytes).await.is_ok(),
            Self::Far(distant) => distant.write(bytes).await,
        }
    }
}

/// Serves until standard input ends.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [round_trip] = arguments else { bail!("how long is a round trip, in milliseconds?") };
    let round_trip = Duration::from_millis(round_trip.parse().context("milliseconds, in digits")?);
    let counter = Counter::default();
    let taken = counter.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(move || {
        for order in std::io::stdin().lock().lines() {
            if order.is_err() {
                break;
            }
            let tally = std::mem::take(&mut *taken.lock());
            let report = json!({
                "mails": tally.mails,
                "bytes": tally.bytes,
                "connections": tally.connections,
                "thousands": tally.thousands,
                "faults": tally.faults,
            });
            println!("{report}");
            let _ = std::io::stdout().flush();
        }
        std::process::exit(0);
    });
    runtime.block_on(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let open = counter.open();
            let wire = if round_trip.is_zero() {
                Wire::Near(stream)
            } else {
                Wire::Far(Distant::new(stream, round_trip))
            };
            let serving = serve(wire, counter.clone());
            tokio::spawn(async move {
                serving.await;
                drop(open);
            });
        }
    })
}

/// One conversation. Answers to commands that came together leave together.
async fn serve(mut wire: Wire, counter: Counter) {
    let mut input = Vec::with_capacity(512 * 1024);
    let mut replies = b"220 sink.test ESMTP\r\n".to_vec();
    let (mut in_body, mut searched, mut recipients) = (false, 0, 0);
    loop {
        loop {
            if in_body {
                let Some(place) = find(input.get(searched..).unwrap_or_default(), b"\r\n.\r\n") else {
                    searched = input.len().saturating_sub(4);
                    break;
                };
                let end = searched + place + 2;
                counter.message(input.get(..end).unwrap_or_default());
                input.drain(..end + 3);
                replies.extend_from_slice(b"250 2.0.0 Ok: queued\r\n");
                (in_body, searched, recipients) = (false, 0, 0);
                continue;
            }
            let Some(place) = find(&input, b"\r\n") else { break };
            let line: Vec<u8> = input.drain(..place + 2).take(place).collect();
            let command: Vec<u8> = line.iter().take(4).map(u8::to_ascii_uppercase).collect();
            let answer = match command.as_slice() {
                b"EHLO" => EXTENSIONS,
                b"HELO" => "250 sink.test\r\n",
                b"MAIL" | b"RSET" | b"NOOP" => "250 2.1.0 Ok\r\n",
                b"RCPT" => {
                    recipients += 1;
                    "250 2.1.5 Ok\r\n"
                }
                b"DATA" if recipients > 0 => {
                    in_body = true;
                    "354 End data with <CR><LF>.<CR><LF>\r\n"
                }
                b"QUIT" => {
                    replies.extend_from_slice(b"221 2.0.0 Bye\r\n");
                    wire.write(&replies).await;
                    return;
                }
                _ => {
                    counter.fault(format!("\"{}\" is no command", String::from_utf8_lossy(&line)));
                    "500 5.5.2 what?\r\n"
                }
            };
            replies.extend_from_slice(answer.as_bytes());
        }
        if !replies.is_empty() {
            if !wire.write(&replies).await {
                return;
            }
            replies.clear();
        }
        if !wire.read(&mut input).await {
            if in_body {
                counter.fault("a connection ended within a mail".to_owned());
            }
            return;
        }
    }
}

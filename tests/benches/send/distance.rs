//! A server that is far away: what is said arrives later, in both directions. Bytes are delayed, not queued behind
//! each other: what was sent together arrives together.

use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Pieces under way in one direction: several megabytes, more than any window of the senders.
const UNDER_WAY: usize = 256;

/// Bytes under way and when they arrive.
type Line = (Instant, Vec<u8>);

/// One end of a connection.
pub(crate) struct Distant {
    incoming: mpsc::Receiver<Line>,
    outgoing: mpsc::Sender<Line>,
    one_way: Duration,
}

impl Distant {
    /// Puts a connection so far away that a round trip takes this long.
    pub(crate) fn new(stream: TcpStream, round_trip: Duration) -> Self {
        let (reading, writing) = stream.into_split();
        let one_way = round_trip / 2;
        let (in_end, incoming) = mpsc::channel(UNDER_WAY);
        let (outgoing, out_end) = mpsc::channel(UNDER_WAY);
        tokio::spawn(read(reading, in_end, one_way));
        tokio::spawn(write(writing, out_end));
        Self { incoming, outgoing, one_way }
    }

    /// Appends what arrives next. False at the end of the connection.
    pub(crate) async fn read(&mut self, into: &mut Vec<u8>) -> bool {
        let Some((due, bytes)) = self.incoming.recv().await else { return false };
        arrive(due).await;
        into.extend_from_slice(&bytes);
        true
    }

    /// Sends.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.outgoing.send((Instant::now() + self.one_way, bytes.to_vec())).await.is_ok()
    }
}

async fn arrive(due: Instant) {
    if due > Instant::now() {
        tokio::time::sleep_until(due).await;
    }
}

async fn read(mut stream: OwnedReadHalf, line: mpsc::Sender<Line>, one_way: Duration) {
    loop {
        let mut bytes = Vec::with_capacity(64 * 1024);
        match stream.read_buf(&mut bytes).await {
            Ok(count) if count > 0 => {}
            _ => return,
        }
        if line.send((Instant::now() + one_way, bytes)).await.is_err() {
            return;
        }
    }
}

async fn write(mut stream: OwnedWriteHalf, mut line: mpsc::Receiver<Line>) {
    while let Some((due, bytes)) = line.recv().await {
        arrive(due).await;
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

//! A server that waits: before it says 354, or before it answers the final dot, until the test lets it go on. It counts what it
//! has taken, by recipient.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longest time that a test waits for a conversation to get somewhere.
const LIMIT: Duration = Duration::from_secs(60);

/// Where a conversation waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// After DATA, before 354: the last bytes have not left.
    BeforeData,
    /// After the final dot, before 250: they have.
    AfterDot,
}

/// A server on loopback. The first conversation about a recipient waits, every later one is answered at once.
#[derive(Clone)]
pub(crate) struct Gated {
    pub(crate) port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    /// Recipients whose first conversation waits now.
    waiting: Vec<String>,
    /// Recipients whose first conversation has been let go on.
    let_go: Vec<String>,
    /// Recipients that were seen before.
    seen: Vec<String>,
    /// How often a final dot came for a recipient.
    dots: BTreeMap<String, usize>,
}

impl Gated {
    pub(crate) fn start(wait: Wait) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let gated = Self { port, state: Arc::default() };
        let server = gated.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                std::thread::spawn(move || server.converse(stream, wait));
            }
        });
        gated
    }

    /// Waits until the first conversation about this recipient waits.
    pub(crate) fn await_waiting(&self, recipient: &str) {
        self.until(|state| state.waiting.iter().any(|it| it == recipient).then_some(()))
            .unwrap_or_else(|| panic!("no conversation about {recipient} gets so far"));
    }

    /// Lets the first conversation about this recipient go on, when it waits or as soon as it does.
    pub(crate) fn let_go(&self, recipient: &str) {
        self.state.0.lock().expect("the state").let_go.push(recipient.to_owned());
        self.state.1.notify_all();
    }

    /// How often a mail to this recipient came whole.
    pub(crate) fn taken(&self, recipient: &str) -> usize {
        self.state.0.lock().expect("the state").dots.get(recipient).copied().unwrap_or(0)
    }

    fn until<T>(&self, mut is: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let end = Instant::now() + LIMIT;
        let mut state = self.state.0.lock().expect("the state");
        loop {
            if let Some(found) = is(&mut state) {
                return Some(found);
            }
            let left = end.checked_duration_since(Instant::now())?;
            state = self.state.1.wait_timeout(state, left).expect("the state").0;
        }
    }

    /// Waits where the first conversation about a recipient does. Longer than a lease: the test decides when it ends.
    fn wait_for_word(&self, recipient: &str) {
        let mut state = self.state.0.lock().expect("the state");
        if state.seen.iter().any(|it| it == recipient) {
            return;
        }
        state.seen.push(recipient.to_owned());
        state.waiting.push(recipient.to_owned());
        self.state.1.notify_all();
        let end = Instant::now() + 4 * LIMIT;
        while !state.let_go.iter().any(|it| it == recipient) && Instant::now() < end {
            state = self.state.1.wait_timeout(state, LIMIT).expect("the state").0;
        }
        state.waiting.retain(|it| it != recipient);
    }

    /// Returns early, which closes the connection, as soon as the client has gone.
    fn converse(&self, stream: TcpStream, wait: Wait) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut stream = BufReader::new(stream);
        let mut recipient = String::new();
        let mut line = String::new();
        reply(&mut stream, "220 gated.test ESMTP")?;
        loop {
            read(&mut stream, &mut line)?;
            match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" => reply(&mut stream, "250-gated.test\r\n250-PIPELINING\r\n250 8BITMIME")?,
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                    address.clone_into(&mut recipient);
                    reply(&mut stream, "250 2.1.5 ok")?;
                }
                "DATA" => {
                    if wait == Wait::BeforeData {
                        self.wait_for_word(&recipient);
                    }
                    reply(&mut stream, "354 go ahead")?;
                    loop {
                        read(&mut stream, &mut line)?;
                        if line == ".\r\n" {
                            break;
                        }
                    }
                    let mut state = self.state.0.lock().ok()?;
                    *state.dots.entry(recipient.clone()).or_default() += 1;
                    drop(state);
                    self.state.1.notify_all();
                    if wait == Wait::AfterDot {
                        self.wait_for_word(&recipient);
                    }
                    reply(&mut stream, "250 2.0.0 taken as 1")?;
                }
                "QUIT" => {
                    reply(&mut stream, "221 bye")?;
                    return None;
                }
                _ => reply(&mut stream, "250 ok")?,
            }
        }
    }
}

fn reply(stream: &mut BufReader<TcpStream>, words: &str) -> Option<()> {
    stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()
}

fn read(stream: &mut BufReader<TcpStream>, line: &mut String) -> Option<()> {
    let mut bytes = Vec::new();
    let size = stream.read_until(b'\n', &mut bytes).ok().filter(|size| *size > 0);
    *line = String::from_utf8_lossy(&bytes).into_owned();
    size.map(drop)
}

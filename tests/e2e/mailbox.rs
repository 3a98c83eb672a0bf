//! A look into a mailbox by IMAP, as the recipient's own program has it: no more of the protocol than that takes.

use crate::servers::servers;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest wait for a mail that must arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every message in a mailbox, oldest first, byte for byte; waits until there is one.
pub(crate) fn arrived(address: &str) -> Vec<Vec<u8>> {
    let end = Instant::now() + PATIENCE;
    loop {
        let messages = Session::open(address).messages();
        if !messages.is_empty() {
            return messages;
        }
        assert!(Instant::now() < end, "nothing arrives in {address} within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Reads them once there are so many: a server that took a mail has not delivered it yet. More than that fails.
pub(crate) fn arrived_all(address: &str, count: usize) -> Vec<Vec<u8>> {
    let end = Instant::now() + PATIENCE;
    loop {
        let messages = arrived(address);
        if messages.len() >= count || Instant::now() > end {
            assert_eq!(messages.len(), count, "messages in {address}");
            return messages;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The one message in a mailbox.
pub(crate) fn the_one(address: &str) -> Vec<u8> {
    let mut messages = arrived(address);
    assert_eq!(messages.len(), 1, "messages in {address}");
    messages.remove(0)
}

struct Session {
    stream: BufReader<TcpStream>,
}

impl Session {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", servers().imap)).expect("Dovecot listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let mut session = Self { stream: BufReader::new(stream) };
        let greeting = session.line();
        assert!(greeting.starts_with("* OK"), "IMAP greeting: {greeting}");
        // Literals, since an address may hold what a quoted string may not.
        session.send(&format!("a LOGIN {{{}}}", address.len()));
        session.expect("+");
        session.send(&format!("{address} {{{}}}", servers().reader.len()));
        session.expect("+");
        session.send(&servers().reader);
        session.finish("a");
        session.send("b EXAMINE INBOX");
        session.finish("b");
        session
    }

    fn messages(&mut self) -> Vec<Vec<u8>> {
        self.send("c UID SEARCH ALL");
        let lines = self.finish("c");
        let found = lines.iter().find_map(|line| line.strip_prefix("* SEARCH")).unwrap_or_default();
        let numbers: Vec<String> = found.split_whitespace().map(str::to_owned).collect();
        numbers.iter().map(|number| self.message(number)).collect()
    }

    fn message(&mut self, number: &str) -> Vec<u8> {
        self.send(&format!("d UID FETCH {number} BODY.PEEK[]"));
        let line = self.line();
        let size = line.trim_end().strip_suffix('}').and_then(|rest| rest.rsplit('{').next()?.parse().ok());
        let mut message = vec![0; size.unwrap_or_else(|| panic!("no literal in {line}"))];
        self.stream.read_exact(&mut message).expect("the message");
        self.finish("d");
        message
    }

    fn send(&mut self, line: &str) {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("a command leaves");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        assert!(!line.is_empty(), "Dovecot closed the connection");
        line
    }

    fn expect(&mut self, beginning: &str) {
        let line = self.line();
        assert!(line.starts_with(beginning), "{beginning} was expected, came {line}");
    }

    /// Lines up to the answer to a command, which must be OK.
    fn finish(&mut self, tag: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if let Some(answer) = line.strip_prefix(&format!("{tag} ")) {
                assert!(answer.starts_with("OK"), "IMAP: {answer}");
                return lines;
            }
            lines.push(line);
        }
    }
}

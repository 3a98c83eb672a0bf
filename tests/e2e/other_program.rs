//! Another program at a mailbox, as a person has one: it makes folders, files, moves, flags and deletes. And what a server says that is
//! there, read without the code under test.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for a line.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of each uid the subject and the flags.
pub(crate) type Messages = BTreeMap<u32, (String, Vec<String>)>;

/// A session of the other program.
pub(crate) struct OtherProgram {
    stream: BufReader<TcpStream>,
}

impl OtherProgram {
    /// Logs in at a server without TLS on loopback.
    pub(crate) fn log_in(port: u16, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let mut program = Self { stream: BufReader::new(stream) };
        assert!(program.line().starts_with("* OK"));
        program.run(&format!("LOGIN \"{user}\" \"{password}\""));
        program
    }

    /// Runs a command, which must go well. Gives the lines before its end.
    pub(crate) fn run(&mut self, command: &str) -> Vec<String> {
        self.send(&format!("x {command}"));
        self.end(command)
    }

    /// Files a message, whose lines end in LF here.
    pub(crate) fn file(&mut self, folder: &str, flags: &str, message: &str) {
        let message = message.replace('\n', "\r\n");
        self.send(&format!("x APPEND \"{folder}\" ({flags}) {{{}}}", message.len()));
        loop {
            let line = self.line();
            if line.starts_with('+') {
                break;
            }
            assert!(line.starts_with('*'), "APPEND to {folder}: {line}");
        }
        self.send(&message);
        self.end("APPEND");
    }

    /// Deletes a message for good.
    pub(crate) fn remove(&mut self, folder: &str, uid: u32) {
        self.flag(folder, uid, "+FLAGS", "\\Deleted");
        self.run("EXPUNGE");
    }

    /// Changes the flags of a message by `FLAGS`, `+FLAGS` or `-FLAGS`.
    pub(crate) fn flag(&mut self, folder: &str, uid: u32, how: &str, flags: &str) {
        self.select(folder);
        self.run(&format!("UID STORE {uid} {how} ({flags})"));
    }

    /// Lists the uids of a folder, ascending.
    pub(crate) fn uids(&mut self, folder: &str) -> Vec<u32> {
        self.select(folder);
        let lines = self.run("UID SEARCH ALL");
        let found = lines.iter().find_map(|line| line.strip_prefix("* SEARCH")).unwrap_or_default();
        let mut uids: Vec<u32> = found.split_whitespace().map(|uid| uid.parse().expect("a uid")).collect();
        uids.sort_unstable();
        uids
    }

    /// Reads what is in a folder.
    pub(crate) fn messages(&mut self, folder: &str) -> Messages {
        if self.uids(folder).is_empty() {
            return Messages::new();
        }
        let lines = self.run("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
        let mut texts: Vec<String> = Vec::new();
        for line in &lines {
            match texts.last_mut() {
                Some(text) if !line.starts_with("* ") => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => texts.push(line.clone()),
            }
        }
        texts.iter().filter_map(|text| message(text)).collect()
    }

    fn select(&mut self, folder: &str) {
        self.run(&format!("SELECT \"{folder}\""));
    }

    fn send(&mut self, line: &str) {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("a command leaves");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        assert!(!line.is_empty(), "the server closed the connection");
        line.trim_end().to_owned()
    }

    fn end(&mut self, command: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if let Some(end) = line.strip_prefix("x ") {
                assert!(end.starts_with("OK"), "{command}: {end}");
                return lines;
            }
            lines.push(line);
        }
    }
}

/// Reads `* 1 FETCH (UID 7 FLAGS (\Seen) BODY[HEADER.FIELDS (SUBJECT)] {13}`, with the lines of its literal.
fn message(text: &str) -> Option<(u32, (String, Vec<String>))> {
    let uid = text.split_once("UID ")?.1.split([' ', ')']).next()?.parse().ok()?;
    let flags = text.split_once("FLAGS (")?.1.split(')').next()?;
    let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
    let lasting = flags.split_whitespace().filter(|flag| *flag != "\\Recent");
    let mut flags: Vec<String> = lasting.map(str::to_owned).collect();
    flags.sort();
    Some((uid, (subject.to_owned(), flags)))
}

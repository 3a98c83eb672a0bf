//! Parses responses tolerantly: a status with its code, or data as a tree of values.

use std::fmt;

use super::notices::Notice;
use crate::budget::{HeapSize, OverBudget, Reservation};

/// The deepest nesting of data.
const DEEPEST: usize = 64;
/// The longest text of a status that is stored, in characters.
const LONGEST_WORDS: usize = 2_000;
/// The most capabilities of a server that are stored.
const MOST_CAPABILITIES: usize = 500;
/// The longest name of a capability, in bytes.
const LONGEST_CAPABILITY: usize = 200;

/// The kind of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A response code (RFC 3501 §7.1) in upper case, and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// Words of the server, with the code before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: Kind,
    pub(super) code: Option<Code>,
    /// Verbatim, without the code; bytes that are not UTF-8 are shown as U+FFFD.
    pub(super) words: String,
}

impl Status {
    pub(super) fn is_ok(&self) -> bool {
        self.kind == Kind::Ok
    }

    pub(super) fn has_code(&self, name: &str) -> bool {
        self.code.as_ref().is_some_and(|code| code.name == name)
    }

    /// Returns the arguments of a response code.
    pub(super) fn arguments(&self, name: &str) -> Option<&str> {
        self.code.as_ref().filter(|code| code.name == name).map(|code| code.arguments.as_str())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Ok => "OK",
            Kind::No => "NO",
            Kind::Bad => "BAD",
            Kind::Bye => "BYE",
            Kind::PreAuth => "PREAUTH",
        };
        write!(f, "\"{kind}")?;
        match &self.code {
            Some(Code { name, arguments }) if arguments.is_empty() => write!(f, " [{name}]")?,
            Some(Code { name, arguments }) => write!(f, " [{name} {arguments}]")?,
            None => {}
        }
        if !self.words.is_empty() {
            write!(f, " {}", self.words)?;
        }
        f.write_str("\"")
    }
}

impl HeapSize for Status {
    fn heap_size(&self) -> usize {
        let code = self.code.as_ref().map_or(0, |code| code.name.heap_size() + code.arguments.heap_size());
        self.words.heap_size() + code
    }
}

/// A value of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Nil,
    Atom(String),
    Text(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    pub(super) fn atom(&self) -> Option<&str> {
        match self {
            Self::Atom(atom) => Some(atom),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns the bytes of a string, and of an atom where a server left the quotes out.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Atom(atom) => Some(atom.as_bytes()),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(super) fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.atom()?.parse().ok()
    }

    pub(super) fn is_atom(&self, name: &str) -> bool {
        self.atom().is_some_and(|atom| atom.eq_ignore_ascii_case(name))
    }
}

/// One response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Response {
    /// The answer to the command with this tag.
    Tagged(String, Status),
    /// Words outside of any answer.
    Status(Status),
    /// The server's capabilities, in upper case.
    Capability(Vec<String>),
    /// Data that was asked for. The numbers of `* SEARCH` are one text: too many to make values of them.
    Data(Vec<Value>),
    /// A change in the folder that is open, beside the answer to a command.
    Notice(Notice),
    /// Data that was not asked for: not parsed.
    Unasked,
    /// `+`: go on, with what follows it.
    Continue(String),
    /// Nothing that can be read.
    Unreadable,
}

impl Response {
    /// Reads a response. Of data only the lines of these names are, `* LIST …` and `* 12 FETCH …`; `memory` pays for
    /// what they become.
    pub(super) fn read(bytes: &[u8], data: &[&str], memory: &mut Reservation) -> Result<Self, OverBudget> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(rest) = line.strip_prefix(b"+") {
            return Ok(Self::Continue(words(rest.trim_ascii())));
        }
        let Some((tag, rest)) = split_word(line) else { return Ok(Self::Unreadable) };
        if tag != b"*" {
            return Ok(status(rest).map_or(Self::Unreadable, |status| Self::Tagged(words(tag), status)));
        }
        if let Some(status) = status(rest) {
            return Ok(Self::Status(status));
        }
        let (first, after) = split_word(rest).unwrap_or((rest, b""));
        if first.eq_ignore_ascii_case(b"CAPABILITY") {
            return Ok(Self::Capability(capabilities(after)));
        }
        let name = if first.iter().all(u8::is_ascii_digit) { word(after) } else { first };
        if !data.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())) {
            return Ok(Notice::read(name, after).map_or(Self::Unasked, Self::Notice));
        }
        let before = memory.bytes();
        let values = if first.eq_ignore_ascii_case(b"SEARCH") {
            numbers(after, memory)
        } else {
            Values { rest, memory }.all()
        };
        match values {
            Ok(values) => Ok(Self::Data(values)),
            Err(Broken::Unreadable) => {
                memory.shrink_to(before);
                Ok(Self::Unreadable)
            }
            Err(Broken::Dear(over)) => Err(over),
        }
    }
}

/// Parses the capabilities of a line or a response code, in upper case. A connection stores them as long as it lasts.
pub(super) fn capabilities(names: &[u8]) -> Vec<String> {
    let names = names.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
    let fitting = names.filter(|name| name.len() <= LONGEST_CAPABILITY).take(MOST_CAPABILITIES);
    fitting.map(|name| String::from_utf8_lossy(name).to_ascii_uppercase()).collect()
}

/// `SEARCH` and its numbers as they stand there.
fn numbers(text: &[u8], memory: &mut Reservation) -> Result<Vec<Value>, Broken> {
    memory.allocate(text.len())?;
    Ok(vec![Value::Atom("SEARCH".to_owned()), Value::Text(text.to_vec())])
}

fn word(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// Items of FETCH that are named with a section.
fn has_section(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"BODY") || name.eq_ignore_ascii_case(b"BINARY")
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn split_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (word, rest) = line.split_at(end);
    Some((word, rest.trim_ascii_start()))
}

fn status(line: &[u8]) -> Option<Status> {
    let (kind, rest) = split_word(line).unwrap_or((line, b""));
    let kind = match kind.to_ascii_uppercase().as_slice() {
        b"OK" => Kind::Ok,
        b"NO" => Kind::No,
        b"BAD" => Kind::Bad,
        b"BYE" => Kind::Bye,
        b"PREAUTH" => Kind::PreAuth,
        _ => return None,
    };
    let coded = rest.strip_prefix(b"[").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b']')?;
        Some((rest.get(..end)?, rest.get(end + 1..)?.trim_ascii_start()))
    });
    let Some((code, rest)) = coded else { return Some(Status { kind, code: None, words: words(rest) }) };
    let (name, arguments) = split_word(code).unwrap_or((code, b""));
    let code = Code { name: words(name).to_ascii_uppercase(), arguments: words(arguments) };
    Some(Status { kind, code: Some(code), words: words(rest) })
}

fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// Why a response gives no values.
enum Broken {
    Unreadable,
    Dear(OverBudget),
}

impl From<OverBudget> for Broken {
    fn from(over: OverBudget) -> Self {
        Self::Dear(over)
    }
}

/// Reads values from the bytes of a response.
struct Values<'a, 'm> {
    rest: &'a [u8],
    memory: &'m mut Reservation,
}

impl<'a> Values<'a, '_> {
    /// Reads all values up to the end; there must be nothing else.
    fn all(mut self) -> Result<Vec<Value>, Broken> {
        let values = self.list(0)?;
        if self.rest.is_empty() { Ok(values) } else { Err(Broken::Unreadable) }
    }

    /// Reads values up to a closing parenthesis or the end.
    fn list(&mut self, depth: usize) -> Result<Vec<Value>, Broken> {
        let mut values = Vec::new();
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest.first() {
                None | Some(b')') => return Ok(values),
                Some(_) => {
                    self.memory.room_for_one(&mut values)?;
                    values.push(self.value(depth)?);
                }
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Broken> {
        match self.rest.first() {
            Some(b'(') if depth < DEEPEST => {
                self.skip(1)?;
                let list = self.list(depth + 1)?;
                self.rest = self.rest.strip_prefix(b")").ok_or(Broken::Unreadable)?;
                Ok(Value::List(list))
            }
            None | Some(b'(') => Err(Broken::Unreadable),
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal(),
            Some(_) => self.atom(),
        }
    }

    fn skip(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (skipped, rest) = self.rest.split_at_checked(count).ok_or(Broken::Unreadable)?;
        self.rest = rest;
        Ok(skipped)
    }

    fn quoted(&mut self) -> Result<Value, Broken> {
        self.skip(1)?;
        let mut end = 0;
        loop {
            match self.rest.get(end).ok_or(Broken::Unreadable)? {
                b'"' => break,
                b'\\' => end += 2,
                b'\r' | b'\n' => return Err(Broken::Unreadable),
                _ => end += 1,
            }
        }
        let quoted = self.skip(end)?;
        self.skip(1)?;
        self.memory.allocate(quoted.len())?;
        let mut text = Vec::with_capacity(quoted.len());
        let mut bytes = quoted.iter();
        while let Some(byte) = bytes.next() {
            text.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
        }
        Ok(Value::Text(text))
    }

    fn literal(&mut self) -> Result<Value, Broken> {
        let end = self.rest.iter().position(|byte| *byte == b'}').ok_or(Broken::Unreadable)?;
        let length = self.rest.get(1..end).and_then(|digits| number(digits.trim_ascii_end()));
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(Broken::Unreadable)?;
        self.skip(end + 1)?;
        self.rest = self.rest.strip_prefix(b"\r\n").ok_or(Broken::Unreadable)?;
        let text = self.skip(length)?;
        self.memory.allocate(text.len())?;
        Ok(Value::Text(text.to_vec()))
    }

    /// Reads an atom, or something like `BODY[HEADER.FIELDS (DATE)]<0>`, whose brackets may hold anything.
    fn atom(&mut self) -> Result<Value, Broken> {
        let mut bracketed = false;
        let mut end = self.rest.len();
        for (place, byte) in self.rest.iter().enumerate() {
            match byte {
                b'[' => bracketed = self.rest.get(..place).is_some_and(has_section),
                b']' => bracketed = false,
                b'\r' | b'\n' => return Err(Broken::Unreadable),
                b' ' | b'(' | b')' | b'"' if !bracketed => {
                    end = place;
                    break;
                }
                _ => {}
            }
        }
        let atom = self.skip(end)?;
        if atom.is_empty() {
            return Err(Broken::Unreadable);
        }
        if atom.eq_ignore_ascii_case(b"NIL") {
            return Ok(Value::Nil);
        }
        let atom = String::from_utf8_lossy(atom);
        self.memory.allocate(atom.len())?;
        Ok(Value::Atom(atom.into_owned()))
    }
}

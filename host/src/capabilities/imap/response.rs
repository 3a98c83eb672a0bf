//! What a server says, read as tolerantly as can be: words with their code, or data as a tree of values.

use std::fmt;

/// The deepest nesting of data.
const DEEPEST: usize = 64;
/// The most values in one response.
const MOST_VALUES: usize = 200_000;
/// The longest words that are kept, in characters.
const LONGEST_WORDS: usize = 2_000;

/// How a status begins.
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

    /// The arguments of a code.
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

    /// The bytes of a string, and of an atom where a server left the quotes out.
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
    /// Numbers of `* SEARCH`: too many to make values of them.
    Search(Vec<u32>),
    /// Other data.
    Data(Vec<Value>),
    /// `+`: go on, with what follows it.
    Continue(String),
    /// Nothing that can be read.
    Unreadable,
}

impl Response {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(rest) = line.strip_prefix(b"+") {
            return Self::Continue(words(rest.trim_ascii()));
        }
        let Some((tag, rest)) = split_word(line) else { return Self::Unreadable };
        if tag != b"*" {
            let tag = String::from_utf8_lossy(tag).into_owned();
            return status(rest).map_or(Self::Unreadable, |status| Self::Tagged(tag, status));
        }
        if let Some(status) = status(rest) {
            return Self::Status(status);
        }
        let (first, numbers) = split_word(rest).unwrap_or((rest, b""));
        if first.eq_ignore_ascii_case(b"SEARCH") {
            return Self::Search(numbers.split(|byte| *byte == b' ').map_while(number).collect());
        }
        Values::new(rest).all().map_or(Self::Unreadable, Self::Data)
    }
}

/// Items of FETCH that are named with a section.
fn has_section(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"BODY") || name.eq_ignore_ascii_case(b"BINARY")
}

/// Everything up to the first number that is none: `(MODSEQ 7)` at the end, say.
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

/// Reads values from the bytes of a response.
struct Values<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Values<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest, left: MOST_VALUES }
    }

    /// All values up to the end; none if there is anything else.
    fn all(mut self) -> Option<Vec<Value>> {
        let values = self.list(0)?;
        self.rest.is_empty().then_some(values)
    }

    /// Values up to a closing parenthesis or the end.
    fn list(&mut self, depth: usize) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest.first() {
                None | Some(b')') => return Some(values),
                Some(_) => {
                    self.left = self.left.checked_sub(1)?;
                    values.push(self.value(depth)?);
                }
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        match self.rest.first()? {
            b'(' if depth == DEEPEST => None,
            b'(' => {
                self.skip(1)?;
                let list = self.list(depth + 1)?;
                self.rest = self.rest.strip_prefix(b")")?;
                Some(Value::List(list))
            }
            b'"' => self.quoted(),
            b'{' => self.literal(),
            _ => self.atom(),
        }
    }

    fn skip(&mut self, count: usize) -> Option<&'a [u8]> {
        let (skipped, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(skipped)
    }

    fn quoted(&mut self) -> Option<Value> {
        self.skip(1)?;
        let mut text = Vec::new();
        loop {
            match self.skip(1)? {
                b"\"" => return Some(Value::Text(text)),
                b"\\" => text.extend_from_slice(self.skip(1)?),
                b"\r" | b"\n" => return None,
                byte => text.extend_from_slice(byte),
            }
        }
    }

    fn literal(&mut self) -> Option<Value> {
        let end = self.rest.iter().position(|byte| *byte == b'}')?;
        let length = number(self.rest.get(1..end)?.trim_ascii_end())?;
        self.skip(end + 1)?;
        self.rest = self.rest.strip_prefix(b"\r\n")?;
        let text = self.skip(usize::try_from(length).ok()?)?;
        Some(Value::Text(text.to_vec()))
    }

    /// An atom, or something like `BODY[HEADER.FIELDS (DATE)]<0>`, whose brackets may hold anything.
    fn atom(&mut self) -> Option<Value> {
        let mut bracketed = false;
        let mut end = self.rest.len();
        for (place, byte) in self.rest.iter().enumerate() {
            match byte {
                b'[' => bracketed = self.rest.get(..place).is_some_and(has_section),
                b']' => bracketed = false,
                b'\r' | b'\n' => return None,
                b' ' | b'(' | b')' | b'"' if !bracketed => {
                    end = place;
                    break;
                }
                _ => {}
            }
        }
        let atom = self.skip(end).filter(|atom| !atom.is_empty())?;
        if atom.eq_ignore_ascii_case(b"NIL") {
            return Some(Value::Nil);
        }
        Some(Value::Atom(String::from_utf8_lossy(atom).into_owned()))
    }
}

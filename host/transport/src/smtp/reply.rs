//! Parses replies as servers really send them, not only as RFC 5321 §4.2 does.
//!
//! Accepted: a bare code, LF alone, bytes that are not UTF-8, any code from 200 to 599, lines without a code
//! inside a reply of several lines, codes that differ between the lines (the last line decides, since its
//! code ends the reply). Refused: what begins without a code, and what has no end.

use std::fmt;

use thiserror::Error;

/// The most bytes of one reply. An EHLO answer of a large provider has about 300.
pub(super) const LONGEST: usize = 64 * 1024;
/// The most bytes of a reply's text that are stored: there may be a reply about each of many recipients.
const MOST_WORDS: usize = 8 * 1024;

/// A reply. RFC 5321 §4.2, RFC 2034.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200–599.
    pub code: u16,
    /// Enhanced status code, where the server gave one.
    pub enhanced: Option<String>,
    /// The server's words without the codes, lines joined by a line feed. Bytes that are not UTF-8 are shown
    /// as U+FFFD; what is longer than 8 KiB ends in an ellipsis.
    pub text: String,
}

impl Reply {
    /// Creates a reply of one line, for tests and for servers in memory.
    pub fn new(code: u16, enhanced: Option<&str>, text: impl Into<String>) -> Self {
        Self { code, enhanced: enhanced.map(str::to_owned), text: text.into() }
    }

    /// Returns true for 2xx.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// Returns true for 4xx: may be tried again.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// Returns true for 5xx: final.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// Returns true if the message is too large, for the server or for the mailbox's limit (RFC 1870, RFC 3463).
    pub fn is_about_size(&self) -> bool {
        self.enhanced.as_deref().map_or(self.code == 552, |code| matches!(code, "5.3.4" | "5.2.3"))
    }

    /// Returns the seconds that a refusal asks to wait, as greylisting servers and those with limits word it: `try again in 300 seconds`,
    /// `greylisted for 5 minutes`, `come back in 00:04:59`. At most a day.
    pub fn retry_after(&self) -> Option<u32> {
        if !self.is_transient() && !self.is_permanent() {
            return None;
        }
        let words: Vec<String> = self
            .text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '.'))
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        if !words.iter().any(|word| {
            ["again", "back", "retry", "wait", "later"].contains(&word.as_str())
                || word.starts_with("greylist")
        }) {
            return None;
        }
        words.iter().enumerate().find_map(|(server, word)| {
            let before = server.checked_sub(1).and_then(|before| words.get(before)).map(String::as_str);
            // `at 10:30` is a time of day.
            if let (Some("in" | "after" | "for" | "wait"), Some(seconds)) = (before, clock(word)) {
                return Some(seconds.min(86_400));
            }
            // A final refusal may name the time that a limit is counted over: only one to come back in is meant.
            let earlier = server.checked_sub(2).and_then(|server| words.get(server)).map(String::as_str);
            let comes_back = before == Some("wait")
                || (matches!(before, Some("in" | "after" | "for"))
                    && matches!(earlier, Some("again" | "back" | "retry" | "later" | "wait")));
            if self.is_permanent() && !comes_back {
                return None;
            }
            let digits = word.bytes().take_while(u8::is_ascii_digit).count();
            let (number, attached) = word.split_at(digits);
            let number: u32 = number.parse().ok()?;
            let unit = if attached.is_empty() { words.get(server + 1)?.as_str() } else { attached };
            let seconds = match unit {
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                "m" | "min" | "mins" | "minute" | "minutes" => 60,
                "h" | "hour" | "hours" => 3600,
                _ => return None,
            };
            Some(number.saturating_mul(seconds).min(86_400))
        })
    }
}

impl fmt::Display for Reply {
    /// On one line: `550 5.1.1 "no such user"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.code)?;
        if let Some(enhanced) = &self.enhanced {
            write!(f, " {enhanced}")?;
        }
        write!(f, " \"{}\"", self.text.replace('\n', " "))
    }
}

/// Bytes that are no reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("what the server said is not a reply of an SMTP server: \"{0}\"")]
    NoCode(String),
    #[error("the server's reply is longer than {LONGEST} bytes")]
    TooLong,
}

/// Reads the first reply in `input`: the reply and the bytes it took, or `None` when more must come.
pub(super) fn parse(input: &[u8]) -> Result<Option<(Reply, usize)>, Malformed> {
    let mut taken = 0;
    while let Some(length) = input.get(taken..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) {
        let end = taken + length + 1;
        if end > LONGEST {
            return Err(Malformed::TooLong);
        }
        let line = Line::read(input.get(taken..end).unwrap_or_default());
        if taken == 0 && line.code.is_none() {
            return Err(Malformed::NoCode(line.words().chars().take(200).collect()));
        }
        taken = end;
        if let Some(code) = line.code.filter(|_| !line.more) {
            let lines = input.get(..taken).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
            return Ok(Some((assemble(code, lines.map(Line::read)), taken)));
        }
    }
    // No line end yet. The beginning may show already that this is no reply.
    let rest = input.get(taken..).unwrap_or_default();
    if input.len() > LONGEST {
        return Err(Malformed::TooLong);
    }
    if taken == 0 && rest.len() >= 3 && Line::read(rest).code.is_none() {
        return Err(Malformed::NoCode(Line::read(rest).words().chars().take(200).collect()));
    }
    Ok(None)
}

/// Reads a reply whose last line was cut off before its line end by a close. The code and the space after it
/// must be there: a bare `250` might have been the beginning of `250-`.
pub(super) fn parse_at_close(input: &[u8]) -> Option<Reply> {
    let last = input.rsplit(|byte| *byte == b'\n').next()?;
    if last.len() < 4 || last.get(3) != Some(&b' ') {
        return None;
    }
    let ended = [input, b"\n"].concat();
    parse(&ended).ok().flatten().map(|(reply, _)| reply)
}

/// The seconds of `04:59` or `00:04:59`.
fn clock(word: &str) -> Option<u32> {
    let parts: Vec<u32> = word
        .split(':')
        .map(|part| part.parse().ok().filter(|number| part.len() == 2 && *number < 60))
        .collect::<Option<_>>()?;
    matches!(parts.len(), 2 | 3).then(|| parts.iter().fold(0, |sum, part| sum * 60 + part))
}

/// One line of a reply.
struct Line<'a> {
    code: Option<u16>,
    more: bool,
    text: &'a [u8],
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Self {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let line = line.get(..end).unwrap_or_default();
        let Some((code, rest)) =
            line.split_at_checked(3).and_then(|(digits, rest)| Some((code(digits)?, rest)))
        else {
            return Self { code: None, more: true, text: line };
        };
        match rest {
            [b'-', text @ ..] => Self { code: Some(code), more: true, text },
            [b' ' | b'\t', text @ ..] => Self { code: Some(code), more: false, text },
            text => Self { code: Some(code), more: false, text },
        }
    }

    fn words(&self) -> String {
        String::from_utf8_lossy(self.text).into_owned()
    }
}

fn code(digits: &[u8]) -> Option<u16> {
    match digits {
        [first @ b'2'..=b'5', second, third] if second.is_ascii_digit() && third.is_ascii_digit() => {
            Some(u16::from(first - b'0') * 100 + u16::from(second - b'0') * 10 + u16::from(third - b'0'))
        }
        _ => None,
    }
}

fn assemble<'a>(code: u16, lines: impl Iterator<Item = Line<'a>>) -> Reply {
    let mut enhanced: Option<String> = None;
    let mut text = String::new();
    for (server, line) in lines.enumerate() {
        let words = line.words();
        let (found, rest) = split_enhanced(code, &words);
        if server == 0 {
            enhanced = found.map(str::to_owned);
        } else {
            text.push('\n');
        }
        // Repeated on each line it is a code; a different one belongs to the text.
        text.push_str(if found.is_some() && found == enhanced.as_deref() { rest } else { &words });
        if text.len() > MOST_WORDS {
            text.truncate(text.floor_char_boundary(MOST_WORDS));
            text.push('…');
            break;
        }
    }
    Reply { code, enhanced, text }
}

/// Splits `5.1.1 text`, if its class is that of the code (RFC 2034 §4).
fn split_enhanced(code: u16, text: &str) -> (Option<&str>, &str) {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = first.split('.');
    let number = |part: Option<&str>, most: usize| {
        part.is_some_and(|part| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let class = parts.next();
    let same_class = class.and_then(|class| class.parse::<u16>().ok()) == Some(code / 100);
    let is_code = matches!(class, Some("2" | "4" | "5"))
        && same_class
        && number(parts.next(), 3)
        && number(parts.next(), 3)
        && parts.next().is_none();
    if is_code { (Some(first), rest.trim_start_matches(' ')) } else { (None, text) }
}

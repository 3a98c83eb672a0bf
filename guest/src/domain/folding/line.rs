//! Lines, and what they are by their shape alone.

/// The mark of a line in the HTML of a mail program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is quoted, or introduces what is.
    Quoted,
    /// All from here on is the message that is answered.
    RestQuoted,
    /// It is of the signature.
    Signature,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its text, without its end.
    pub text: String,
    /// What is known of it.
    pub mark: Option<Mark>,
}

impl Line {
    /// Makes a line of a text that is nothing but text.
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), mark: None }
    }
}

/// Columns from which on a program breaks a line that it quotes.
const LONG: usize = 60;

/// Returns true for a line without anything visible.
pub(super) fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{200c}' | '\u{2060}'))
}

/// Returns true for a line that is marked as quoted.
pub(super) fn is_quoted(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['>', '＞'])
        || (line.starts_with("&gt;") && line.get(4..).is_some_and(|rest| rest.starts_with([' ', '&'])))
}

/// Returns true for a line of dashes or the like, as wide as a rule.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c.is_whitespace() || c == '*');
    let mut chars = line.chars();
    let Some(first) = chars.next() else { return false };
    "-_=~*—–─".contains(first) && line.chars().count() >= 3 && chars.all(|c| c == first)
}

/// Returns true if `line` is the end of the quoted line `before`, broken off by a program.
pub(super) fn is_wrapped(before: &str, line: &str) -> bool {
    let before = before.trim_end();
    let goes_on = line.chars().next().is_some_and(char::is_lowercase);
    let is_open = !before.ends_with(['.', '!', '?', ':', '>']);
    before.chars().count() >= LONG && line.chars().count() < LONG && (goes_on || is_open)
}

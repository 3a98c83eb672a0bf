//! The local part: Dot-string or Quoted-string of RFC 5321, with the characters of RFC 6531.

use super::characters::shown;
use super::codepoint;
use super::fault::{AddressFault, Part};

/// Octets of a local part, quotes included.
const LIMIT: usize = 64;

/// Reads the local part off the start of `text` and gives it in its shortest form (quoted only where it
/// must be, as RFC 5321, 4.1.2 asks of a sender) with what follows the `@`.
pub(super) fn read(text: &str) -> Result<(String, &str), AddressFault> {
    let (local, written, rest) = if text.starts_with('"') { quoted(text)? } else { dotted(text)? };
    if written > LIMIT {
        return Err(AddressFault::LongLocal(written));
    }
    Ok((local, rest))
}

fn dotted(text: &str) -> Result<(String, usize, &str), AddressFault> {
    let (local, rest) = text.split_once('@').ok_or_else(|| missing_at(text))?;
    if local.is_empty() {
        return Err(AddressFault::NoLocal);
    }
    check_dots(local, Part::Local)?;
    if let Some(wrong) = wrong_in(local) {
        return Err(match wrong {
            '’' | '‘' | '´' | '′' if !rest.is_empty() => {
                AddressFault::Apostrophe(straightened(local, rest))
            }
            '"' => AddressFault::BesideQuotes,
            c if c.is_whitespace() => AddressFault::Space(Part::Local),
            c => AddressFault::Character(Part::Local, c),
        });
    }
    Ok((local.to_owned(), local.len(), rest))
}

/// Returns the first character that can't stand in a Dot-string.
fn wrong_in(local: &str) -> Option<char> {
    let is_atext_or_dot = |c: char| is_atext(c) || c == '.';
    if local.is_ascii() {
        return local.chars().find(|c| !is_atext_or_dot(*c));
    }
    let characters: Vec<char> = local.chars().collect();
    let wrong = |(at, c): &(usize, &char)| {
        // RFC 6531 allows all; what people paste with a quote or a bullet is an address that does not exist.
        let is_punctuation = || codepoint::is_punctuation(**c) || **c == '´';
        let is_inside = || *at > 0 && at + 1 < characters.len();
        let is_spelling = || is_inside() && codepoint::by_context(**c, *at, &characters) == Some(true);
        !is_atext_or_dot(**c) || (is_punctuation() && !is_spelling())
    };
    characters.iter().enumerate().find(wrong).map(|(_, c)| *c)
}

/// Returns the address with straight apostrophes in place of typographic ones: programs for texts put these in, no mailbox has one.
fn straightened(local: &str, domain: &str) -> String {
    let local: String =
        local.chars().map(|c| if matches!(c, '’' | '‘' | '´' | '′') { '\'' } else { c }).collect();
    shown(&format!("{local}@{domain}"), 254)
}

fn quoted(text: &str) -> Result<(String, usize, &str), AddressFault> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    let end = loop {
        match characters.next().ok_or(AddressFault::OpenQuote)? {
            (at, '"') => break at + 1,
            (_, '\\') => match characters.next().ok_or(AddressFault::OpenQuote)? {
                (_, c @ ' '..='~') => content.push(c),
                _ => return Err(AddressFault::Backslash),
            },
            (_, c) if c == ' ' || !c.is_whitespace() => content.push(c),
            _ => return Err(AddressFault::Space(Part::Local)),
        }
    };
    match text[end..].strip_prefix('@') {
        Some(rest) => Ok((shortest(&content), end, rest)),
        None if end == text.len() => Err(AddressFault::NoAt),
        None => Err(AddressFault::BesideQuotes),
    }
}

/// Returns the content as a Dot-string where it is one, else quoted with no backslash too many.
fn shortest(content: &str) -> String {
    let dotted =
        !content.is_empty() && check_dots(content, Part::Local).is_ok() && wrong_in(content).is_none();
    if dotted {
        return content.to_owned();
    }
    let mut out = String::with_capacity(content.len() + 2);
    out.push('"');
    for c in content.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Checks that dots stand alone and inside.
pub(super) fn check_dots(text: &str, part: Part) -> Result<(), AddressFault> {
    if text.contains("..") {
        Err(AddressFault::TwoDots(part))
    } else if text.starts_with('.') {
        Err(AddressFault::DotAtStart(part))
    } else if text.ends_with('.') {
        Err(AddressFault::DotAtEnd(part))
    } else {
        Ok(())
    }
}

/// True for `atext` of RFC 5322, and all that is beyond ASCII (RFC 6531) but white space.
fn is_atext(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^' | '_' | '`' | '{'
        | '|' | '}' | '~' => true,
        _ => !c.is_ascii() && !c.is_whitespace(),
    }
}

fn missing_at(text: &str) -> AddressFault {
    if text.is_empty() { AddressFault::Empty } else { AddressFault::NoAt }
}

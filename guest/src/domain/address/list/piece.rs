//! One piece of a list: a mailbox in one of the forms people write, or several bare addresses in a row.

use super::encoded_word::decode;
use super::split::{Separator, region};
use super::{AddressList, ListFault, SHOWN_LIMIT, Unreadable};
use crate::domain::address::characters::shown;
use crate::domain::address::{Address, AddressFault, Mailbox, codepoint};
use crate::domain::hex;
use std::borrow::Cow;

/// Comments taken off the end of an address.
const MOST_COMMENTS: usize = 8;

/// Signs with spaces between them taken off an address.
const MOST_MARKS: usize = 8;

/// A piece taken apart: text and, of the last bracket that closes it, the content.
struct Bracketed<'a> {
    before: &'a str,
    content: &'a str,
    comment: Option<&'a str>,
}

/// Reads one piece into the list. `cell` is the name from the spreadsheet's cell before it.
pub(super) fn read(piece: &str, after: Separator, cell: Option<&str>, list: &mut AddressList) {
    let text = without_group(piece);
    if text.is_empty() {
        if after == Separator::Semicolon {
            list.invalid.push(Unreadable { text: shown(piece, SHOWN_LIMIT), fault: ListFault::EmptyGroup });
        }
        return;
    }
    let read = match bracketed(text) {
        Some(parts) => named(&parts, cell, list),
        None => bare(text, cell)
            .map(|found| add(found, piece, list))
            .or_else(|fault| row(text, list).ok_or(fault)),
    };
    if let Err(fault) = read {
        list.invalid.push(Unreadable { text: shown(piece, SHOWN_LIMIT), fault });
    }
}

/// Returns true where the address stands in brackets of its own.
pub(super) fn has_angle(text: &str) -> bool {
    bracketed(text).is_some()
}

/// Reads a named mailbox: `Name <a@b.be>`, `Name [mailto:a@b.be]`, `a@b.be <c@d.be>` (two of them).
fn named(parts: &Bracketed<'_>, cell: Option<&str>, list: &mut AddressList) -> Result<(), ListFault> {
    let (address, straightened) = address(parts.content)?;
    let mut name = parts.before;
    while let Some((first, rest)) = name.split_once(' ').or((!name.is_empty()).then_some((name, ""))) {
        match Address::parse(&without_scheme(first)) {
            Ok(other) if other != address => list.mailboxes.push(Mailbox::new(None, other)),
            Ok(_) => {}
            Err(_) => break,
        }
        name = rest.trim_start();
    }
    let name = if name.is_empty() { cell.or(parts.comment).unwrap_or("") } else { name };
    let found = Found { mailbox: Mailbox::new(Some(&phrase(name)), address), straightened };
    add(found, parts.content, list);
    Ok(())
}

/// A mailbox, and how it was read where that was not as it is written.
struct Found {
    mailbox: Mailbox,
    straightened: Option<String>,
}

fn add(found: Found, piece: &str, list: &mut AddressList) {
    if let Some(read_as) = found.straightened {
        let fault = ListFault::Straightened(read_as);
        list.invalid.push(Unreadable { text: shown(piece, SHOWN_LIMIT), fault });
    }
    list.mailboxes.push(found.mailbox);
}

/// Returns the address that a text is, without the punctuation around it; with a typographic apostrophe, the one that is meant.
fn address(text: &str) -> Result<(Address, Option<String>), AddressFault> {
    match Address::parse(&without_scheme(without_punctuation(text))) {
        Ok(address) => Ok((address, None)),
        Err(AddressFault::Apostrophe(meant)) => Address::parse(&meant).map(|address| (address, Some(meant))),
        Err(fault) => Err(fault),
    }
}

/// Returns the text without what programs for texts put around an address: typographic quotes, dashes, bullets, arrows; with a space
/// between, other signs too.
fn without_punctuation(text: &str) -> &str {
    let mut rest = text.trim();
    for _ in 0..MOST_MARKS {
        let inner = rest
            .trim_matches(codepoint::is_punctuation)
            .trim_start_matches(|c: char| c.is_whitespace())
            .trim_end_matches(|c: char| c.is_whitespace());
        let symbol = |text: &str| text.chars().next().is_some_and(codepoint::is_symbol);
        let inner = match inner.split_once(' ') {
            Some((first, behind)) if first.chars().all(codepoint::is_symbol) && symbol(first) => behind,
            _ => inner,
        };
        let inner = match inner.rsplit_once(' ') {
            Some((before, last)) if last.chars().all(codepoint::is_symbol) && symbol(last) => before,
            _ => inner,
        };
        if inner.len() == rest.len() {
            break;
        }
        rest = inner;
    }
    rest
}

/// Reads a bare address: `a@b.be`, `mailto:a@b.be?subject=x`, `a@b.be (Jan)`, `'a@b.be'`, `Jan (a@b.be)`.
fn bare(text: &str, cell: Option<&str>) -> Result<Found, ListFault> {
    let (text, comment) = without_comments(text);
    let named = |(address, straightened), name: &str| Found {
        mailbox: Mailbox::new(Some(&phrase(name)), address),
        straightened,
    };
    let fault = match address(text) {
        Ok(found) => return Ok(named(found, cell.or(comment).unwrap_or(""))),
        Err(fault) => fault,
    };
    if let Ok(found) = address(text.trim_matches(|c| "'\"‘’“”„‟«»".contains(c)).trim())
        && quoted_whole(text)
    {
        return Ok(named(found, cell.or(comment).unwrap_or("")));
    }
    if !text.contains('@')
        && let Some(Ok(found)) = comment.map(|comment| address(comment.trim()))
    {
        return Ok(named(found, text));
    }
    Err(if text.contains(['<', '>']) { ListFault::OpenAngle } else { fault.into() })
}

fn quoted_whole(text: &str) -> bool {
    let quote = |c: Option<char>| c.is_some_and(|c| "'\"‘’“”„‟«»".contains(c));
    quote(text.chars().next()) && quote(text.chars().next_back())
}

/// Reads bare addresses with nothing but spaces between them. A word without `@` among them could be the half of an address that was torn
/// apart: then nothing of the piece is taken.
fn row(text: &str, list: &mut AddressList) -> Option<()> {
    let mut words: Vec<&str> = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let c = text[at..].chars().next()?;
        if c == ' ' {
            words.push(&text[start..at]);
            start = at + 1;
        }
        at = region(text, at).unwrap_or(at + c.len_utf8());
    }
    words.push(&text[start..]);
    words.retain(|word| !word.is_empty());
    let comment = |word: &str| word.starts_with('(') && region(word, 0) == Some(word.len());
    if words.len() < 2 || comment(words[0]) || words.iter().any(|word| !word.contains('@') && !comment(word))
    {
        return None;
    }
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let name = words.next_if(|next| comment(next)).map(|next| &next[1..next.len() - 1]);
        match bare(word, name) {
            Ok(found) => add(found, word, list),
            Err(fault) => list.invalid.push(Unreadable { text: shown(word, SHOWN_LIMIT), fault }),
        }
    }
    Some(())
}

/// Returns the last closed `<…>`, or `[…]` with an address in it, that nothing but comments follow.
fn bracketed(text: &str) -> Option<Bracketed<'_>> {
    let (mut at, mut found) = (0, None);
    while let Some(c) = text[at..].chars().next() {
        let end = region(text, at);
        match (c, end) {
            ('<', Some(end)) => found = Some((at, end)),
            ('[', Some(end)) if text[at..end].contains('@') => found = Some((at, end)),
            _ => {}
        }
        at = end.unwrap_or(at + c.len_utf8());
    }
    let (start, end) = found?;
    let after = text[end..].trim();
    let comment = (!after.is_empty()).then(|| comment_of(after)).flatten();
    if !after.is_empty() && comment.is_none() {
        return None;
    }
    Some(Bracketed { before: text[..start].trim(), content: &text[start + 1..end - 1], comment })
}

/// Returns the content of a text that is one comment.
fn comment_of(text: &str) -> Option<&str> {
    (text.starts_with('(') && region(text, 0) == Some(text.len())).then(|| &text[1..text.len() - 1])
}

/// Returns the text without comments at its ends, and the last of these.
fn without_comments(text: &str) -> (&str, Option<&str>) {
    let (mut rest, mut comment) = (text.trim(), None);
    while rest.starts_with('(')
        && let Some(end) = region(rest, 0)
    {
        comment = Some(&rest[1..end - 1]);
        rest = rest[end..].trim_start();
    }
    // Each is looked for from the beginning: more of them than people write are left to be refused.
    for _ in 0..MOST_COMMENTS {
        if !rest.ends_with(')') {
            break;
        }
        let mut at = 0;
        let mut last = None;
        while let Some(c) = rest[at..].chars().next() {
            let end = region(rest, at);
            if c == '(' && end == Some(rest.len()) {
                last = Some(at);
            }
            at = end.unwrap_or(at + c.len_utf8());
        }
        let Some(start) = last else { break };
        comment = Some(&rest[start + 1..rest.len() - 1]);
        rest = rest[..start].trim_end();
    }
    (rest, comment)
}

/// Removes the name of a group, or of a pasted header field: `Team: a@x.be` without its `Team:`, which is no recipient.
fn without_group(text: &str) -> &str {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            ':' => {
                let phrase = text[..at].trim();
                let scheme = ["mailto", "smtp"].iter().any(|s| phrase.eq_ignore_ascii_case(s));
                return if scheme || phrase.is_empty() { text } else { text[at + 1..].trim() };
            }
            '@' | '<' | '[' | '(' => return text,
            _ => at = region(text, at).unwrap_or(at + c.len_utf8()),
        }
    }
    text
}

/// Returns the address of a `mailto:` without its query, percent-decoded (RFC 6068); other text as it is.
fn without_scheme(text: &str) -> Cow<'_, str> {
    let scheme = |name: &str| {
        text.get(..name.len()).filter(|s| s.eq_ignore_ascii_case(name)).map(|_| &text[name.len()..])
    };
    if let Some(rest) = scheme("mailto:") {
        let path = match rest.split_once('?') {
            Some((path, query)) if !query.contains(' ') || !query.contains('@') => path,
            _ => rest,
        };
        return percent_decoded(path.trim()).map_or(Cow::Borrowed(path), Cow::Owned);
    }
    Cow::Borrowed(scheme("smtp:").unwrap_or(text).trim())
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, after) = tail.split_at_checked(2)?;
            out.push(hex::byte(digits)?);
            rest = after;
        } else {
            out.push(*first);
        }
    }
    String::from_utf8(out).ok()
}

/// Returns a display name as it is meant: unquoted where it is quoted as a whole, encoded words decoded.
fn phrase(name: &str) -> String {
    let name = name.trim().trim_end_matches(',').trim_end();
    if name.starts_with('"') && region(name, 0) == Some(name.len()) {
        let mut out = String::with_capacity(name.len());
        let mut characters = name[1..name.len() - 1].chars();
        while let Some(c) = characters.next() {
            match c {
                '\\' => out.extend(characters.next()),
                _ => out.push(c),
            }
        }
        return decode(&out);
    }
    decode(name)
}

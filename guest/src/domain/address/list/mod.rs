//! Lists of addresses as people paste them: out of mail programs, spreadsheets, web pages and their heads. What can't be read is given back
//! with the reason; nothing is dropped, and nothing is guessed that could send a document to another person: a typographic apostrophe,
//! which no mailbox has, is read as a straight one, with a word.

mod encoded_word;
mod piece;
mod split;
#[cfg(test)]
mod tests;

use super::characters::{is_control, is_invisible, is_joiner, joins, nfc, shown};
use super::{AddressFault, Mailbox};
use split::{Chunk, Separator};

/// Bytes of a list that are read.
const TEXT_LIMIT: usize = 65_536;
/// Most mailboxes and faults of a list that are reported.
const COUNT_LIMIT: usize = 1_000;
/// Characters of a faulty text that are shown.
const SHOWN_LIMIT: usize = 120;
/// Parts of a name with commas: `Müller, E., Dr. <e@f.de>`.
const NAME_PARTS: usize = 3;

/// The entries of a list, each kind in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressList {
    /// Mailboxes, duplicates included.
    pub mailboxes: Vec<Mailbox>,
    /// What is none.
    pub invalid: Vec<Unreadable>,
}

/// A piece of a list that is not a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The piece as given, control characters made visible; long ones are cut, with an ellipsis.
    pub text: String,
    /// What is wrong with it.
    pub fault: ListFault,
}

/// Why a piece of a list is not a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// The address in it is none.
    #[error(transparent)]
    Address(#[from] AddressFault),
    /// An address with a typographic apostrophe: it is among the mailboxes, with a straight one.
    #[error("written with a typographic apostrophe; {0} is used instead, did you mean that?")]
    Straightened(String),
    /// `Jan <jan@x.be` or `jan@x.be>`.
    #[error("an angle bracket without its other half")]
    OpenAngle,
    /// `Team:;`.
    #[error("a group without addresses")]
    EmptyGroup,
    /// The list is too long to be one.
    #[error("the list is longer than 65536 bytes: from here on it was not read")]
    LongList,
    /// Too many addresses for one mail.
    #[error("the list has more than 1000 entries: from here on it was not read")]
    ManyEntries,
}

/// Reads a list separated by `,`, `;`, line ends, tabs, or spaces between bare addresses.
///
/// Names may be quoted or not, hold commas, be encoded words, stand in a comment or (by a tab) in the cell
/// before. Understood as well: `mailto:` with a query, `Name [mailto:a@b.be]`, `Team: a@x.be, b@x.be;`.
pub fn read_list(text: &str) -> AddressList {
    let (text, cut) = bounded(text);
    let text = prepared(text);
    let chunks = split::split(&text);
    let mut list = AddressList::default();
    let mut at = 0;
    while at < chunks.len() {
        if list.mailboxes.len() + list.invalid.len() >= COUNT_LIMIT {
            let rest = chunks[at..].iter().take(SHOWN_LIMIT).map(|c| c.text).collect::<Vec<_>>().join(", ");
            list.invalid.push(Unreadable { text: shown(&rest, SHOWN_LIMIT), fault: ListFault::ManyEntries });
            break;
        }
        let end = join_end(&chunks, at);
        read_chunks(&chunks[at..=end], &mut list);
        at = end + 1;
    }
    if let Some(rest) = cut {
        list.invalid.push(Unreadable { text: shown(rest, SHOWN_LIMIT), fault: ListFault::LongList });
    }
    list
}

/// Reads a list out of one field of a record. A line end or another control character in there is no
/// separator but damage or an attempt at something else: then nothing of it is taken.
pub fn read_line(text: &str) -> AddressList {
    let text = text.trim();
    match text.chars().find(|c| is_control(*c)) {
        None => read_list(text),
        Some(c) => {
            let fault = AddressFault::Control(c.into()).into();
            let unreadable = Unreadable { text: shown(text, SHOWN_LIMIT), fault };
            AddressList { mailboxes: Vec::new(), invalid: vec![unreadable] }
        }
    }
}

/// Chunks that belong together, by `join_end`.
fn read_chunks(chunks: &[Chunk<'_>], list: &mut AddressList) {
    let Some((last, names)) = chunks.split_last() else { return };
    if names.is_empty() {
        return piece::read(last.text, last.after, None, list);
    }
    let comma = names.iter().all(|c| c.after == Separator::Comma);
    let name = names.iter().map(|c| c.text).collect::<Vec<_>>().join(if comma { ", " } else { " " });
    if comma || piece::has_angle(last.text) {
        let glue = if comma && !last.text.starts_with('<') { ", " } else { " " };
        piece::read(&format!("{name}{glue}{}", last.text), last.after, None, list);
    } else {
        piece::read(last.text, last.after, Some(&name), list);
    }
}

/// Finds the chunk that ends the mailbox which starts at `start`: `Müller, E. <e@f.de>` was split at its comma, and a spreadsheet has the
/// name in the cell before the address.
fn join_end(chunks: &[Chunk<'_>], start: usize) -> usize {
    let addressed = |c: &Chunk<'_>| c.text.contains(['@', '<', '>']);
    let separator = chunks[start].after;
    if !matches!(separator, Separator::Comma | Separator::Tab) {
        return start;
    }
    let mut end = start;
    while end - start < NAME_PARTS
        && end + 1 < chunks.len()
        && !addressed(&chunks[end])
        && chunks[end].after == separator
    {
        end += 1;
    }
    let last = chunks[end].text;
    let joined = end > start
        && last.contains('@')
        && (separator == Separator::Tab || piece::has_angle(last))
        && !last.split(['<', '[']).next().is_some_and(|name| name.contains('@') && piece::has_angle(last));
    if joined { end } else { start }
}

/// Splits a list into the part that is read and the part that is not, cut where no address is cut in two.
fn bounded(text: &str) -> (&str, Option<&str>) {
    if text.len() <= TEXT_LIMIT {
        return (text, None);
    }
    let head = &text.as_bytes()[..TEXT_LIMIT];
    let cut = head.iter().rposition(|b| matches!(b, b';' | b',' | b'\n')).map_or(0, |at| at + 1);
    (&text[..cut], Some(&text[cut..]))
}

/// Prepares a list: normalisation form C, one kind of space, one kind of line end, nothing zero-width.
fn prepared(text: &str) -> String {
    let text = nfc(text);
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\t' => out.push(c),
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            _ if c.is_whitespace() && !is_control(c) => out.push(' '),
            // Damage is kept, and makes the piece invalid; so is what never comes by pasting.
            '\u{FFF0}'..='\u{FFFF}' => out.push(c),
            _ if u32::from(c) > 0xFFFF => out.push(c),
            _ if is_invisible(c) => {}
            _ if is_joiner(c) && !joins(out.chars().next_back(), characters.peek().copied()) => {}
            _ => out.push(c),
        }
    }
    out
}

//! Header values from text that others wrote. Nothing of it can end a line, add a header, or be decoded into
//! something that it was not.

use crate::domain::address::Mailbox;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::Header as _;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId as MessageIds;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use std::borrow::Cow;

/// Most references that travel: the first and the latest. Longer conversations are still found by them.
const MAX_REFERENCES: usize = 40;

/// Longest line that readers of raw messages like (RFC 5322 §2.1.1).
const MAX_LINE: usize = 78;

/// Longest ASCII word that is written as it is; mail-builder encodes longer ones.
const MAX_PLAIN_WORD: usize = 70;

/// Bytes of text in one encoded word: 68 characters encoded, so that ` name="` and the closing quote fit on
/// the line too.
const WORD_PAYLOAD: usize = 42;

/// Longest file name in quotes, escapes counted, that leaves a line of 78 room for `Content-Disposition`'s
/// parameter name.
const MAX_QUOTED_NAME: usize = 60;

/// Characters of a word for programs.
const MAX_TOKEN: usize = 200;

/// Characters of a long ASCII name in one section of RFC 2231: with every one escaped they still fit a line.
const NAME_SECTION: usize = 30;

/// Brings text onto one line: line breaks and tabs become a space, other control characters go.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    let unusual = |c: char| c.is_control() || is_line_separator(c);
    let trimmed = text.trim();
    if !trimmed.contains(unusual) {
        return Cow::Borrowed(trimmed);
    }
    let mut line = String::with_capacity(trimmed.len());
    for c in trimmed.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            c if is_line_separator(c) => line.push(' '),
            c if c.is_control() => {}
            c => line.push(c),
        }
    }
    // What went may have bared white space at an end.
    line.truncate(line.trim_end().len());
    line.drain(..line.len() - line.trim_start().len());
    Cow::Owned(line)
}

fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Writes a subject, from a text that is one line.
pub(super) fn subject<'x>(line: Cow<'x, str>) -> HeaderType<'x> {
    let plain = |word: &str| word.len() <= MAX_PLAIN_WORD && word.bytes().all(|b| b.is_ascii_graphic());
    if line.contains("=?") {
        // ASCII that looks encoded would be decoded by the reader.
        Raw::new(encoded_words(&line)).into()
    } else if line.split(' ').all(plain) {
        // Folded at its spaces: filters distrust text that is encoded without need.
        Raw::new(line).into()
    } else {
        Text::new(line).into()
    }
}

/// Writes a list of mailboxes.
pub(super) fn mailboxes<'x>(list: &'x [Mailbox]) -> HeaderType<'x> {
    match list {
        [one] => mailbox(one).into(),
        several => Address::new_list(several.iter().map(mailbox).collect()).into(),
    }
}

/// Writes a whole field of mailboxes, with its line end: for what is written beside a message.
pub(in crate::domain) fn address_field(name: &str, list: &[Mailbox]) -> String {
    let mut field = format!("{name}: ").into_bytes();
    let column = field.len();
    mailboxes(list).write_header(&mut field, column);
    String::from_utf8_lossy(&field).into_owned()
}

/// Writes one mailbox.
pub(super) fn mailbox(mailbox: &Mailbox) -> Address<'_> {
    let name = mailbox.name.as_deref().map(display_name).filter(|name| !name.is_empty());
    Address::new_address(name, mailbox.address.wire())
}

/// Separates `=` and `?` in a display name: there is no way to write `=?` that every reader leaves alone.
fn display_name(name: &str) -> Cow<'_, str> {
    let line = one_line(name);
    if line.contains("=?") { Cow::Owned(line.replace("=?", "= ?")) } else { line }
}

/// Reduces a text to one word for programs: letters, digits and a few marks, bounded.
pub(super) fn token(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_@".contains(c) { c } else { '_' };
    text.trim().chars().take(MAX_TOKEN).map(plain).collect()
}

/// Writes the value of In-Reply-To or References.
pub(super) fn message_ids<'x>(ids: &[&'x str]) -> HeaderType<'x> {
    let left_out = if ids.len() > MAX_REFERENCES { 1..ids.len() - MAX_REFERENCES + 1 } else { 0..0 };
    let remaining = ids.iter().enumerate().filter(|(i, _)| !left_out.contains(i)).map(|(_, id)| *id);
    MessageIds::new_list(remaining).into()
}

/// Writes the Content-Type of a file, with its name for programs that look nowhere else: as RFC 2047 words where it is long or beyond
/// ASCII, which no standard allows there and every older Outlook reads.
pub(super) fn file_type<'x>(media_type: &str, file_name: &str) -> HeaderType<'x> {
    let quoted = fits_a_line(file_name);
    let name = if quoted { file_name.replace('"', "\\\"") } else { encoded_words(file_name) };
    // Broken here if anywhere, so that it is not broken within the name.
    let on_one_line = "Content-Type: ; name=\"\"".len() + media_type.len() + name.len() <= MAX_LINE;
    let separator = if on_one_line { "; " } else { ";\r\n " };
    Raw::new(format!("{media_type}{separator}name=\"{name}\"")).into()
}

/// Writes the Content-Disposition of a file. A name beyond ASCII, or a long one, is written by RFC 2231 and nothing else: with a second,
/// ASCII `filename` beside it some readers would take that one.
pub(super) fn disposition<'x>(kind: &'static str, file_name: &'x str) -> HeaderType<'x> {
    let header = ContentType::new(kind);
    if fits_a_line(file_name) || !file_name.is_ascii() {
        return header.attribute("filename", file_name).into();
    }
    // In sections: some readers keep the line break of a name that is folded.
    let mut header = header;
    let mut rest = file_name;
    for section in 0.. {
        let (piece, after) = rest.split_at(rest.len().min(NAME_SECTION));
        header = header.attribute(format!("filename*{section}"), piece);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    header.into()
}

/// True where a quoted file name has room on a line, whatever it is a parameter of.
fn fits_a_line(file_name: &str) -> bool {
    file_name.is_ascii() && file_name.len() + file_name.matches('"').count() <= MAX_QUOTED_NAME
}

/// Writes RFC 2047 words of base64, split between characters, with a space between the words.
fn encoded_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() * 2 + 16);
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_PAYLOAD);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, after) = rest.split_at(end);
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str("=?utf-8?B?");
        STANDARD.encode_string(word, &mut words);
        words.push_str("?=");
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(header: HeaderType<'_>, column: usize) -> String {
        let mut out = Vec::new();
        header.write_header(&mut out, column);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_becomes_one_line() {
        for (text, expected) in [
            ("plain", "plain"),
            (" a \r\n b\t\tc ", "a  b c"),
            ("a\r\nBcc: x@y.z", "a Bcc: x@y.z"),
            ("a\u{2028}b\u{85}c\0d\u{7f}\u{9b}", "a b cd"),
            ("\0 x \0", "x"),
            ("\r\n", ""),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_ascii_subject_is_folded_and_not_encoded() {
        let text = "Invoice 2026-0001 of Atelier Nord for the restoration of eleven chairs and one rather large table";
        let header = written(subject(text.into()), 9);
        assert_eq!(header.replace("\r\n ", " "), format!("{text}\r\n"));
        assert!(header.lines().all(|l| l.len() <= 78), "{header}");
    }

    #[test]
    fn a_subject_that_looks_encoded_is_encoded() {
        assert_eq!(written(subject("=?utf-8?Q?x?=".into()), 9), "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n");
    }

    #[test]
    fn encoded_words_split_between_characters() {
        let words = encoded_words(&"é€👍🏽".repeat(20));
        for word in words.split(' ') {
            assert!(word.len() <= 75, "{word}");
            let payload = word.trim_start_matches("=?utf-8?B?").trim_end_matches("?=");
            assert!(String::from_utf8(STANDARD.decode(payload).unwrap()).is_ok(), "{word}");
        }
    }

    #[test]
    fn the_first_and_the_latest_references_are_kept() {
        let ids: Vec<String> = (0..100).map(|i| format!("{i}@x")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let header = written(message_ids(&ids), 12);
        let remaining: Vec<&str> = header.split_whitespace().collect();
        assert_eq!(remaining.len(), 40, "{header}");
        assert_eq!((remaining[0], remaining[1], remaining[39]), ("<0@x>", "<61@x>", "<99@x>"));
    }
}

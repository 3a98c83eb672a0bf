//! What a file is that should be a message: told by its first bytes, so that a picture or a document is not read as a mail
//! without sender and subject.

use super::mbox::is_separator;

/// Bytes of the beginning that are looked at.
pub(super) const BEGIN: u64 = 64 << 10;
/// Lines in which the first field of a header is looked for.
const LINES: usize = 50;

/// The kind of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// One message.
    Message,
    /// Messages, each behind a `From ` line.
    Mbox,
    /// None: what it is, and what to do.
    Other(String),
}

/// First bytes, what begins so, and what to do.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an Outlook message (.msg) or an old Office document",
        "have Outlook save it as .eml, or forward it as an attachment and save that",
    ),
    (b"!BDN", "an Outlook mailbox (.pst, .ost)", "export its messages as .eml or mbox"),
    (b"\x78\x9F\x3E\x22", "a winmail.dat, one part of a message", "save the whole message as .eml"),
    (b"\x89PNG", "a PNG picture", SAVE),
    (b"\xFF\xD8\xFF", "a JPEG picture", SAVE),
    (b"GIF8", "a GIF picture", SAVE),
    (b"RIFF", "a picture, sound or film", SAVE),
    (b"%PDF", "a PDF document", SAVE),
    (b"{\\rtf", "an RTF document", SAVE),
    (b"PK\x03\x04", "a ZIP archive or an Office document", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"\x1F\x8B", "a gzip archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xFD7zXZ\x00", "an xz archive", UNPACK),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", UNPACK),
    (b"\x28\xB5\x2F\xFD", "a zstd archive", UNPACK),
    (b"SQLite format 3", "a database", SAVE),
    (b"\xFF\xFE", "a text in UTF-16", SAVE),
    (b"\xFE\xFF", "a text in UTF-16", SAVE),
];
const SAVE: &str = "give the message itself, as the server delivered it (.eml)";
const UNPACK: &str = "unpack it and give the messages in it";

/// Describes a file that begins so, and what to do, where it is certainly of another format than a message or a text.
pub(crate) fn other_format(begin: &[u8]) -> Option<String> {
    let known = KNOWN.iter().find(|(first, ..)| begin.starts_with(first));
    known.map(|(_, what, todo)| no_message(what, todo))
}

fn no_message(what: &str, todo: &str) -> String {
    format!("it is no message but {what}: {todo}")
}

/// Finds the kind of a file by its first bytes.
pub(super) fn of(begin: &[u8]) -> Kind {
    let other = |what: &str, todo: &str| Kind::Other(no_message(what, todo));
    if let Some(detail) = other_format(begin) {
        return Kind::Other(detail);
    }
    let text = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start();
    if text.is_empty() {
        return Kind::Other(format!("it is empty, no message: {SAVE}"));
    }
    let starts = |first: &[u8]| text.get(..first.len()).is_some_and(|it| it.eq_ignore_ascii_case(first));
    if starts(b"<!doctype html") || starts(b"<html") {
        return other("a web page", SAVE);
    }
    if starts(b"<?xml") {
        return other("an XML document", SAVE);
    }
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
    if is_separator(first) {
        return Kind::Mbox;
    }
    if begins_with_header(text) {
        return Kind::Message;
    }
    if begin.contains(&0) {
        return other("a file of bytes", SAVE);
    }
    Kind::Other(format!("it is no message, it has no header (`From:`, `Subject:` …): {SAVE}"))
}

/// A field stands before the first empty line.
fn begins_with_header(text: &[u8]) -> bool {
    let is_field = |line: &[u8]| {
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        let name = name.trim_ascii_end();
        name.len() < line.len()
            && (1..=60).contains(&name.len())
            && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let mut lines = text.split(|b| *b == b'\n').take(LINES).take_while(|line| !line.trim_ascii().is_empty());
    lines.any(is_field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_how_it_begins() {
        for (begin, what) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "PNG"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", ".msg"),
            (b"%PDF-1.7\nTitle: x\n", "PDF"),
            (b"PK\x03\x04x", "ZIP"),
            (b"", "empty"),
            (b"\r\n \n", "empty"),
            (b"<!DOCTYPE html><p style='a:b'>", "web page"),
            (b"{\"a\": 1}", "no header"),
            (b"Hello, this is a text.\n\nSubject: not in the header\n", "no header"),
            (b"\0\0\0\0", "bytes"),
        ] {
            let Kind::Other(detail) = of(begin) else { panic!("{begin:?}") };
            assert!(detail.contains(what), "{detail}");
        }
        for begin in [
            &b"Subject: x\n\nHello"[..],
            b"\xEF\xBB\xBF\r\nReturn-Path: <>\r\n\r\n",
            b"From sender\nSubject: x\n\n",
            b"garbage line\nSubject: x\n\nHello",
            b"Subject: \xE9\x00\n\nx",
        ] {
            assert_eq!(of(begin), Kind::Message, "{begin:?}");
        }
        assert_eq!(of(b"From a@b.example Mon Nov 23 09:10:05 2026\nSubject: x\n\n"), Kind::Mbox);
    }
}

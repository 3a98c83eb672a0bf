//! Bounds on what a stranger may make us read and repeat.

/// Bytes of a message.
pub const MESSAGE: usize = 32 << 20;
/// Parts of a message, nested ones included.
pub(super) const PARTS: usize = 2_000;
/// Bytes of a header.
pub(crate) const HEADER: usize = 1 << 20;
/// Header fields that are looked at.
pub(super) const FIELDS: usize = 1_000;
/// Characters of a header field.
pub(super) const FIELD: usize = 8_000;
/// Bytes of text that are searched for phrases and addresses.
pub(super) const TEXT: usize = 64 << 10;
/// Recipients of a report.
pub const RECIPIENTS: usize = 200;
/// Characters of a server's words.
pub const WORDS: usize = 2_000;
/// Message-IDs and tokens that are passed on.
pub(crate) const REFERENCES: usize = 50;
/// Characters of an address.
pub(crate) const ADDRESS: usize = 320;
/// Characters of the subject.
pub(crate) const SUBJECT: usize = 1_000;
/// Bytes of an answer.
pub(super) const ANSWER: usize = 256 << 10;

/// Returns the first `most` characters.
pub(crate) fn bounded(text: &str, most: usize) -> &str {
    match text.char_indices().nth(most) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

/// Returns at most so many bytes, not cutting a character in two.
pub(crate) fn bounded_bytes(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

//! Identities in headers: the mail's own id and the Message-IDs of a conversation. Parsed once, so that nothing that could break a header
//! line gets near one.

use std::fmt;

/// Longest Message-ID that is accepted, without brackets: it has to fit a line of 998 bytes.
const MAX_MESSAGE_ID: usize = 900;

/// Identity of a mail, from which its Message-ID and boundaries derive: 1 to 64 of `A–Z a–z 0–9 . _ -`, dots only between others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailId(String);

/// A Message-ID (RFC 5322), without its angle brackets. Read leniently, as the world writes them: printable
/// ASCII without spaces or angle brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

/// Why a text is not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The text is not a mail's id.
    #[error("an id is 1 to 64 of A-Z a-z 0-9 . _ -, with dots only between others: this is {0:?}")]
    MailId(String),
    /// The text is not a Message-ID.
    #[error("a Message-ID is <id> of at most {MAX_MESSAGE_ID} printable ASCII characters: this is {0:?}")]
    MessageId(String),
}

impl MailId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, IdentityFault> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        // Dots as in a dot-atom (RFC 5322 §3.2.3): the id is the left side of the Message-ID.
        let dots = text.split('.').all(|atom| !atom.is_empty());
        if (1..=64).contains(&text.len()) && text.bytes().all(known) && dots {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdentityFault::MailId(excerpt(text)))
        }
    }

    /// Returns the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MessageId {
    /// Reads `<id>`; the brackets and white space around them are dropped.
    pub fn parse(text: &str) -> Result<Self, IdentityFault> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(trimmed);
        let fits = (1..=MAX_MESSAGE_ID).contains(&bare.len());
        if fits && bare.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
            Ok(Self(bare.to_owned()))
        } else {
            Err(IdentityFault::MessageId(excerpt(text)))
        }
    }

    /// Returns the Message-ID without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes the id with its angle brackets, as a header has it.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// Shortens a hostile text to enough to recognise it in a message.
fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_a_message_id_and_a_boundary_can_hold() {
        let longest = "x".repeat(64);
        for good in ["a", "inv-2026.0001_r1", "0", &longest] {
            assert!(MailId::parse(good).is_ok(), "{good:?}");
        }
        let too_long = "x".repeat(65);
        for bad in ["", ".", ".a", "a.", "a..b", "a b", "a\r\nb", "é", "a@b", "a/b", "\"", &too_long] {
            assert!(MailId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn message_ids_of_other_systems_are_read_and_nothing_that_breaks_a_line() {
        for (good, bare) in [
            ("<a@b.be>", "a@b.be"),
            (" <a@b.be>\r\n", "a@b.be"),
            ("a@b", "a@b"),
            ("<no-at-sign>", "no-at-sign"),
            ("<\"x\"@[127.0.0.1]>", "\"x\"@[127.0.0.1]"),
        ] {
            assert_eq!(MessageId::parse(good).map(|id| id.0), Ok(bare.to_owned()), "{good:?}");
        }
        let too_long = format!("<{}>", "x".repeat(901));
        for bad in ["", "<>", "<a@b> <c@d>", "<a@b>\r\nBcc: x", "<a\0b>", "<é@b>", "<a b@c>", &too_long] {
            assert!(MessageId::parse(bad).is_err(), "{bad:?}");
        }
    }
}

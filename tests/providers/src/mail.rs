//! A mail that a provider took, and what is in it.

use mail_parser::{MessageParser, MimeHeaders as _};

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Its bytes, decoded.
    pub bytes: Vec<u8>,
}

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The provider's id.
    pub id: String,
    /// The message as it was handed over, byte for byte.
    pub raw: Vec<u8>,
    /// Files that came beside it (a draft's attachments).
    pub added: Vec<File>,
}

impl Mail {
    /// Value of a header field as it stands in the message, unfolded; the first of several.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.raw);
        let head =
            text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// All its files: those within the message in order, then those that came beside it.
    pub fn files(&self) -> Vec<File> {
        let message = MessageParser::default().parse(&self.raw).expect("a message");
        let within = message.attachments().map(|part| {
            let media_type = part.content_type().map_or_else(String::new, |kind| {
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
            });
            let name = part.attachment_name().unwrap_or_default().to_owned();
            File { name, media_type, bytes: part.contents().to_vec() }
        });
        within.chain(self.added.iter().cloned()).collect()
    }

    /// Whether it is a message at all, with somebody to send it to.
    pub(crate) fn has_recipient(raw: &[u8]) -> bool {
        let message = MessageParser::default().parse(raw);
        message.is_some_and(|message| {
            [message.to(), message.cc(), message.bcc()]
                .into_iter()
                .flatten()
                .any(|list| list.iter().count() > 0)
        })
    }
}

//! `mailto:` links (RFC 6068).

use super::Addressees;
use crate::domain::address::Mailbox;
use crate::domain::compose::Chunk;

/// Longest link that programs and systems take for certain: Windows hands over 2,046 characters to Outlook, Chrome
/// and Firefox stop at a little more than 2,000.
pub const LONGEST_LINK: usize = 2_000;

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailtoFault {
    /// A link carries no files.
    #[error("files travel with this mail, and a link carries none")]
    HasAttachments,
    /// The link would have so many characters.
    #[error("the link would have {0} characters: programs take {LONGEST_LINK} for certain")]
    TooLong(usize),
}

/// Makes a link with recipients, subject and plain text.
///
/// # Errors
/// [`MailtoFault`]: make a draft instead.
pub fn mailto(to: &Addressees, subject: &str, text: &str, chunks: &[Chunk]) -> Result<String, MailtoFault> {
    if has_attachments(chunks) {
        return Err(MailtoFault::HasAttachments);
    }
    let mut link = String::from("mailto:");
    push_addresses(&mut link, &to.to);
    let mut separator = '?';
    let mut begin = |link: &mut String, name: &str| {
        link.push(separator);
        separator = '&';
        link.push_str(name);
        link.push('=');
    };
    for (name, list) in [("cc", &to.cc), ("bcc", &to.bcc)] {
        if !list.is_empty() {
            begin(&mut link, name);
            push_addresses(&mut link, list);
        }
    }
    let line =
        subject.split(char::is_control).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ");
    for (name, value) in [("subject", line.as_str()), ("body", text.trim_end())] {
        if !value.is_empty() {
            begin(&mut link, name);
            push_encoded(&mut link, value);
        }
    }
    if link.len() > LONGEST_LINK { Err(MailtoFault::TooLong(link.len())) } else { Ok(link) }
}

/// True if a file of the mail is a part of its own in the message; the logo is inline and belongs to the HTML.
fn has_attachments(chunks: &[Chunk]) -> bool {
    chunks.windows(2).any(|pair| match pair {
        [Chunk::Text(before), Chunk::Attachment(_)] => {
            let head = before.trim_end_matches("\r\n");
            let head = head.rsplit_once("\r\n\r\n").map_or(head, |(_, head)| head);
            !head.to_ascii_lowercase().contains("content-disposition: inline")
        }
        [Chunk::Attachment(_), Chunk::Attachment(_)] => true,
        _ => false,
    })
}

/// Appends addresses alone: names are not allowed there.
fn push_addresses(link: &mut String, list: &[Mailbox]) {
    for (index, mailbox) in list.iter().enumerate() {
        if index > 0 {
            link.push(',');
        }
        let wire = mailbox.address.wire();
        let (local, domain) = wire.rsplit_once('@').unwrap_or((&wire, ""));
        push_encoded(link, local);
        link.push('@');
        push_encoded(link, domain);
    }
}

/// Percent-encodes all but what RFC 3986 calls unreserved. A line break of any kind is CRLF (RFC 6068 §5); other
/// control characters go.
fn push_encoded(link: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' | '\n' => {
                if c == '\r' {
                    characters.next_if_eq(&'\n');
                }
                link.push_str("%0D%0A");
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') => link.push(c),
            c if c.is_control() && c != '\t' => {}
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    link.push('%');
                    link.push(char::from(HEX[usize::from(byte >> 4)]));
                    link.push(char::from(HEX[usize::from(byte & 15)]));
                }
            }
        }
    }
}

//! A mail as the user's own program gets it (rule A6): an unsent message to edit, or a `mailto:` link.

mod mailto;

pub use mailto::{LONGEST_LINK, MailtoFault, mailto};

use super::address::Mailbox;
use super::compose::{Chunk, address_field};
use super::slug::slug;

/// The recipients of the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressees {
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc.
    pub bcc: Vec<Mailbox>,
}

/// A message that was not sent yet, as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Name for the file.
    pub file_name: String,
    /// The file, in order.
    pub chunks: Vec<Chunk>,
    /// Bytes of the file.
    pub size: u64,
}

/// Makes a program open the file for editing: Outlook, Thunderbird and Apple Mail know it.
const UNSENT: &str = "X-Unsent: 1\r\n";

/// What is the program's to give. With a From that is not one of its accounts Outlook asks the server to send in another's name, and is
/// refused; a Date or a Message-ID would make two mails of one draft look alike.
const LEFT_OUT: &[&str] = &[
    "from",
    "sender",
    "date",
    "message-id",
    "bcc",
    "x-unsent",
    "auto-submitted",
    "x-auto-response-suppress",
];

/// Bytes of a file's name without its extension.
const MAX_NAME: usize = 60;

/// Makes the draft of a composed message.
pub fn unsent(chunks: Vec<Chunk>, size: u64, subject: &str, bcc: &[Mailbox]) -> Option<Unsent> {
    let mut chunks = chunks.into_iter();
    let Some(Chunk::Text(first)) = chunks.next() else { return None };
    let (head, body) = first.split_once("\r\n\r\n")?;
    let mut text = String::with_capacity(first.len() + UNSENT.len());
    text.push_str(UNSENT);
    for field in fields(head) {
        let name = field.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        let nobody = name == "to" && field.contains("undisclosed-recipients");
        if nobody || LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        text.push_str(field);
        text.push_str("\r\n");
        // Beside the other recipients.
        if name == "subject" && !bcc.is_empty() {
            text.push_str(&address_field("Bcc", bcc));
        }
    }
    text.push_str("\r\n");
    text.push_str(body);
    let size = (size + text.len() as u64).checked_sub(first.len() as u64)?;
    let chunks = std::iter::once(Chunk::Text(text)).chain(chunks).collect();
    Some(Unsent { file_name: file_name(subject), chunks, size })
}

/// Splits a header into its fields, each with its continuation lines, without the line end after it.
fn fields(head: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, _) in head.match_indices("\r\n") {
        let continues = head[at + 2..].starts_with([' ', '\t']);
        if !continues {
            fields.push(&head[start..at]);
            start = at + 2;
        }
    }
    fields.push(&head[start..]);
    fields
}

/// Makes a file name from the subject: ASCII, and not one of the names that Windows keeps for devices.
fn file_name(subject: &str) -> String {
    let stem = slug(subject, MAX_NAME);
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")));
    match stem {
        stem if stem.is_empty() => "mail.eml".to_owned(),
        stem if device => format!("mail-{stem}.eml"),
        stem => format!("{stem}.eml"),
    }
}

#[cfg(test)]
mod tests;

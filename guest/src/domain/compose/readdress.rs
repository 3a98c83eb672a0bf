//! A message rewritten for some of its readers, for an API that sends to those whom the headers name.
//!
//! Over SMTP the envelope alone decides who gets a mail. An API reads To, Cc and Bcc instead, so these must be the envelope: none who has
//! the mail already, and none left out.

use super::body::BOUNDARY_MARK;
use super::read_back::Parts;
use super::{Chunk, header};
use crate::domain::address::{Address, Mailbox};
use mail_builder::headers::Header as _;

/// The recipients of a message, by header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressees {
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Blind copies: those that no header of the message names.
    pub bcc: Vec<Mailbox>,
    /// A person whom the message names is not among the recipients.
    pub narrowed: bool,
}

impl Addressees {
    /// Finds the header of the message that names each recipient of an attempt. Each is listed once.
    pub fn of(parts: &Parts, recipients: &[Address]) -> Self {
        let mut all = Self::default();
        for (list, named) in [(&mut all.to, &parts.to), (&mut all.cc, &parts.cc)] {
            for mailbox in named {
                if recipients.contains(&mailbox.address) {
                    list.push(mailbox.clone());
                } else {
                    all.narrowed = true;
                }
            }
        }
        let mut seen: Vec<Address> = Vec::new();
        for list in [&mut all.to, &mut all.cc] {
            list.retain(|it| {
                let is_new = !seen.contains(&it.address);
                seen.extend(is_new.then(|| it.address.clone()));
                is_new
            });
        }
        for address in recipients {
            if !seen.contains(address) {
                seen.push(address.clone());
                all.bcc.push(Mailbox { name: None, address: address.clone() });
            }
        }
        all
    }
}

/// Rewrites the recipient headers of a message so that they name these people alone.
pub fn readdress(mut chunks: Vec<Chunk>, to: &Addressees) -> Vec<Chunk> {
    let Some(Chunk::Text(text)) = chunks.first_mut() else { return chunks };
    let end = text.find("\r\n\r\n").map_or(text.len(), |end| end + 2);
    let (old, body) = text.split_at(end);
    let mut fields = String::with_capacity(end + 128);
    let mut lists = vec![("Bcc", &to.bcc)];
    if to.narrowed {
        lists.extend([("Cc", &to.cc), ("To", &to.to)]);
        if to.to.is_empty() && to.cc.is_empty() {
            fields.push_str("To: undisclosed-recipients:;\r\n");
        }
    }
    for (name, list) in lists.into_iter().rev().filter(|(_, list)| !list.is_empty()) {
        let mut line = Vec::new();
        header::mailboxes(list).write_header(&mut line, name.len() + 2);
        fields.push_str(name);
        fields.push_str(": ");
        // Always UTF-8: made of `str` and ASCII.
        fields.push_str(&String::from_utf8_lossy(&line));
    }
    let mut keep = true;
    for line in old.split_inclusive("\r\n") {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default();
            keep = !(to.narrowed && ["to", "cc"].iter().any(|it| name.eq_ignore_ascii_case(it)));
        }
        if keep {
            fields.push_str(line);
        }
    }
    fields.push_str(body);
    *text = fields;
    chunks
}

/// Removes the parts of these files from a message. None where it has no such parts: it is none of ours.
pub fn without_files(chunks: &[Chunk], files: &[u32]) -> Option<Vec<Chunk>> {
    // At the start of a line, where only a boundary of ours can stand.
    let part = format!("\r\n--{BOUNDARY_MARK}m_");
    let mut rest: Vec<Chunk> = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        match (chunk, rest.last_mut()) {
            (Chunk::Attachment(handle), last) if files.contains(handle) => {
                let Some(Chunk::Text(text)) = last else { return None };
                let start = text.rfind(&part)?;
                text.truncate(start + 2);
            }
            (Chunk::Text(more), Some(Chunk::Text(text))) => text.push_str(more.trim_start_matches("\r\n")),
            (chunk, _) => rest.push(chunk.clone()),
        }
    }
    Some(rest)
}

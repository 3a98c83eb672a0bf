//! What a message is made of, and what comes out.

use super::{Chunk, MailId, MessageId};
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::Selected;
use chrono::{DateTime, FixedOffset};

/// A mail before it is a message: everything decided, nothing encoded.
#[derive(Debug, Clone, Copy)]
pub struct MessageContent<'a> {
    /// Identity: equal ids give equal messages.
    pub id: &'a MailId,
    /// Right side of the Message-ID: a domain in ASCII or an address literal, usually the sender's.
    pub message_id_domain: &'a str,
    /// The time in `Date`.
    pub date: DateTime<FixedOffset>,
    /// Who it is from; also the reverse-path.
    pub from: &'a Mailbox,
    /// Where answers go, if not to From.
    pub reply_to: &'a [Mailbox],
    /// To.
    pub to: &'a [Mailbox],
    /// Cc.
    pub cc: &'a [Mailbox],
    /// Bcc: in the envelope alone.
    pub bcc: &'a [Mailbox],
    /// Subject. Becomes one line.
    pub subject: &'a str,
    /// Plain body; any line ends.
    pub text: &'a str,
    /// HTML body; the logo is `cid:logo`, the code `cid:payment-code`.
    pub html: &'a str,
    /// A PNG of the code that banking apps read.
    pub payment_code: Option<&'a [u8]>,
    /// What the mail is about, equal in all mails about it.
    pub reference: Option<&'a str>,
    /// By what a mailbox provider counts complaints, of mail that the platform sends: `a:b:sender`, ASCII.
    pub feedback_id: Option<&'a str>,
    /// The conversation it belongs to.
    pub thread: Option<&'a Thread>,
    /// True where no person pressed a button.
    pub automatic: bool,
    /// Files and logo, checked.
    pub attachments: &'a Selected,
}

/// The conversation that a mail belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thread {
    /// The message that it answers or follows.
    pub in_reply_to: Option<MessageId>,
    /// The conversation, oldest first.
    pub references: Vec<MessageId>,
}

/// A composed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The Message-ID with angle brackets.
    pub message_id: String,
    /// The message, in order, nothing between the chunks.
    pub chunks: Vec<Chunk>,
    /// Bytes of the whole, attachments encoded.
    pub size: u64,
    /// An address of the headers or the envelope is beyond ASCII: the server must support SMTPUTF8.
    pub needs_smtputf8: bool,
    /// Who it is sent by and to.
    pub envelope: Envelope,
}

/// The envelope of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Reverse-path.
    pub mail_from: Address,
    /// Forward-paths, To, Cc and Bcc in this order, without duplicates.
    pub recipients: Vec<Address>,
}

/// Why content can't become a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentFault {
    /// A `Date` header has years of four digits.
    #[error("the date of a mail must lie in the years 1900 to 9999: this is {0}")]
    Date(DateTime<FixedOffset>),
    /// The right side of the Message-ID would break it.
    #[error(
        "the domain of a Message-ID is 1 to 253 ASCII letters, digits, dots, hyphens and underscores: this is {0:?}"
    )]
    MessageIdDomain(String),
}

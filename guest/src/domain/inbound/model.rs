//! What is understood of a message that came in, as the contract's `inbound` has it.

use crate::domain::status::{Event, EventKind, EventSource, named};

named! {
    /// What a message is. All that can't be classified is ordinary.
    Class, "class", {
        /// The mail will not arrive.
        Bounce = "bounce",
        /// The mail has not arrived yet.
        Delay = "delay",
        /// The mail has arrived.
        Delivered = "delivered",
        /// Passed on to a server that sends no reports.
        Relayed = "relayed",
        /// A disposition report: shown, deleted or other.
        Receipt = "receipt",
        /// A vacation notice or any other automatic answer.
        AutoReply = "auto-reply",
        /// The recipient marked a mail as unwanted.
        Complaint = "complaint",
        /// A person's, a newsletter, anything else.
        Ordinary = "ordinary",
    }
}

named! {
    /// Whether a bounce is for ever.
    BounceType, "bounce_type", {
        /// The address does not exist or never accepts: sending again is of no use.
        Hard = "hard",
        /// Sending again, later or differently, may be of use.
        Soft = "soft",
    }
}

/// A report's result for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientReport {
    /// Address that the mail was sent to.
    pub recipient: Option<String>,
    /// Address it ended at, where it differs.
    pub final_recipient: Option<String>,
    /// What became of it.
    pub class: Class,
    /// Whether a bounce is hard or soft.
    pub bounce_type: Option<BounceType>,
    /// Enhanced status code; the reply code where there was no other.
    pub code: Option<String>,
    /// The remote server's words, verbatim, at most [`limits::WORDS`](super::limits::WORDS) characters.
    pub words: Option<String>,
    /// Server that reported it.
    pub remote: Option<String>,
    /// The fact that it amounts to.
    pub kind: EventKind,
    /// Kind of report that it comes from.
    pub source: EventSource,
}

named! {
    /// Where a text stood that may be one of the host's tokens.
    TokenPlace, "place of a token", {
        /// Original-Envelope-Id of a report.
        EnvelopeId = "envelope-id",
        /// Return path of the message that is reported on.
        ReturnPath = "return-path",
        /// An address that this message was sent to.
        RecipientAddress = "recipient-address",
        /// A Message-ID that it is about.
        MessageId = "message-id",
        /// Another header of the message that is reported on.
        Header = "header",
    }
}

/// A text that may be one of the host's tokens. Only the host can verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text.
    pub value: String,
    /// Where it stood.
    pub place: TokenPlace,
}

/// The text that was written in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyText {
    /// The text without what it quotes.
    pub text: String,
    /// What it quotes.
    pub quoted: Option<String>,
}

/// Name and address as they stand in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Display name, decoded.
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// The facts that were understood of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it is; where recipients differ, the worst.
    pub class: Class,
    /// Whether a bounce is hard or soft: hard if one recipient's is.
    pub bounce_type: Option<BounceType>,
    /// The result for each recipient that the report names.
    pub recipients: Vec<RecipientReport>,
    /// The message's own Message-ID, with angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs it is about or answers, the likeliest first.
    pub about: Vec<String>,
    /// Texts to verify.
    pub tokens: Vec<Token>,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// The message's date, RFC 3339.
    pub date: Option<String>,
    /// Subject, decoded.
    pub subject: String,
    /// What a person, or an automatic reply, wrote.
    pub answer: Option<ReplyText>,
    /// Facts for the timeline.
    pub events: Vec<Event>,
}

/// The message is larger, deeper or of more parts than the limits allow: which limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message is refused: {0}")]
pub struct Refused(pub String);

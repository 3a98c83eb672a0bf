//! A message of a mailbox as conversations see it, as the contract's `mailbox` has it.

use crate::domain::reason::{Reason, reasons};
use crate::domain::status::named;
use chrono::{DateTime, FixedOffset};

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    Incoming,
    /// From us.
    Outgoing,
}

/// A message of a mailbox, by its header.
#[derive(Debug, Clone)]
pub struct MailboxMessage {
    /// Its own Message-ID, with angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs that it answers.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of its conversation, the oldest first.
    pub references: Vec<String>,
    /// Subject, decoded.
    pub subject: String,
    /// Addresses of its authors.
    pub authors: Vec<String>,
    /// Addresses of its recipients, those of copies too.
    pub recipients: Vec<String>,
    /// When it was written, else when it was received.
    pub date: DateTime<FixedOffset>,
    /// Gmail's number of the conversation.
    pub gmail_thread: Option<String>,
    /// Outlook's Thread-Index.
    pub thread_index: Option<String>,
    /// Names of its files.
    pub file_names: Vec<String>,
    /// The host's id of our mail that it is, or that it certainly answers.
    pub own_mail: Option<String>,
}

named! {
    /// What a clue is.
    ClueKind, "kind of clue", {
        /// The message's own Message-ID.
        MessageId = "message-id",
        /// A Message-ID that it answers.
        Answers = "answers",
        /// A Message-ID of its conversation.
        Refers = "refers",
        /// A Message-ID of what it passes on.
        PassesOn = "passes-on",
        /// Our mail that it is or answers.
        OwnMail = "own-mail",
        /// Gmail's conversation.
        GmailThread = "gmail-thread",
        /// The first message of an Outlook conversation.
        ThreadIndex = "thread-index",
        /// The subject that is compared.
        Subject = "subject",
    }
}

/// Something by which messages of one conversation find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clue {
    /// What it is.
    pub kind: ClueKind,
    /// What is compared.
    pub value: String,
}

/// A message as conversations see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Which way it went.
    pub direction: Direction,
    /// Subject without prefixes.
    pub base_subject: String,
    /// Its subject is that of an answer.
    pub is_answer: bool,
    /// Its subject is that of a message which is passed on.
    pub is_forward: bool,
    /// Addresses of its people who are not of us, sorted.
    pub people: Vec<String>,
    /// Its date.
    pub date: DateTime<FixedOffset>,
    /// What it is found by.
    pub clues: Vec<Clue>,
    /// Words that may be a document's number.
    pub numbers: Vec<String>,
}

impl Description {
    /// Returns the values of the clues of a kind.
    pub(super) fn clues(&self, kind: ClueKind) -> impl Iterator<Item = &str> {
        self.clues.iter().filter(move |clue| clue.kind == kind).map(|clue| clue.value.as_str())
    }

    /// Returns the subject that is compared; none where there is none.
    pub(super) fn subject(&self) -> Option<&str> {
        self.clues(ClueKind::Subject).next()
    }
}

/// A message that is to be placed, or that has a place.
#[derive(Debug, Clone)]
pub struct Placeable {
    /// What is known of it.
    pub description: Description,
    /// The host's names of the partners whose people it has.
    pub partners: Vec<String>,
    /// Those of its numbers that are numbers of the company's documents.
    pub documents: Vec<String>,
    /// The host's id of its conversation, where it has one.
    pub conversation: Option<String>,
    /// A person put it there.
    pub by_hand: bool,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conversation {
    /// One that the host knows, by its id.
    Known(String),
    /// A new one; equal numbers mean the same.
    New(u32),
}

/// A conversation that a message may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The conversation.
    pub conversation: Conversation,
    /// Why.
    pub reason: Reason,
}

/// The place of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The conversation.
    pub conversation: Conversation,
    /// Why.
    pub reason: Reason,
    /// It is certain.
    pub is_sure: bool,
    /// Where it may belong besides.
    pub proposals: Vec<Proposal>,
}

/// The places of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// Of each new message, in their order.
    pub placements: Vec<Placement>,
    /// Known conversations that prove to be one: what is in the first joins the second.
    pub merged: Vec<(String, String)>,
}

reasons! {
    /// Why a message belongs to a conversation, or to a document.
    Because, {
        Begins = "begins-conversation", "nothing that is known belongs to it";
        OwnMail = "same-mail", "it is or answers the same mail of ours";
        Answers = "answers", "it answers a message of the conversation, or is answered by one";
        Refers = "refers", "it names messages of the conversation, and the subject is the same";
        GmailThread = "gmail-thread", "Gmail keeps them together";
        ThreadIndex = "thread-index", "Outlook keeps them together, and the subject is the same";
        SubjectAndNumber = "subject-and-number", "an answer by its subject, with the number of a document, among the same people within 30 days";
        SameSubject = "same-subject", "an answer by its subject, among the same people within 30 days";
        PassesOn = "passes-on", "it passes a message of the conversation on";
        OtherPartner = "other-partner", "it belongs there by its header, and its people are another partner's";
        PutApart = "put-apart", "it belongs there by its header, and a person has put the two apart";
        OurMail = "our-mail", "it is a mail of ours with the document";
        AnswersOurMail = "answers-our-mail", "it answers a mail of ours with the document";
        NumberInSubject = "number-in-subject", "its subject has the document's number";
        NumberInFileName = "number-in-file-name", "a file has the document's number in its name";
        SameConversation = "same-conversation", "another message of the conversation is about it";
    }
}

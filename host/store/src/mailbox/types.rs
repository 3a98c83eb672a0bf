//! What the synchronisation of a mailbox reads and writes.

use crate::sql::row::Time;
use postroom_model::{AccountId, CompanyId, ConversationId, FolderId, IndexedMessageId, MailId};
use serde::{Deserialize, Serialize};

/// An account whose mailbox can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxToFollow {
    /// Company.
    pub company: CompanyId,
    /// Account.
    pub account: AccountId,
}

/// A lease of a mailbox. Whoever has it writes the index; every write compares it with the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxLease {
    pub(crate) account: AccountId,
    pub(crate) owner: String,
}

impl MailboxLease {
    /// Returns the account whose mailbox is leased.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

/// How far a folder is indexed: every uid that exists from `floor` up to below `uid_next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderCursor {
    /// The server's UIDVALIDITY.
    pub uid_validity: u32,
    /// The first uid that was not looked at.
    pub uid_next: u32,
    /// The history is complete down to here; 1: all of it.
    pub floor: u32,
    /// Changes of flags are known up to here, where the server counts them.
    pub highest_modseq: Option<u64>,
}

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSeen {
    /// Name, as commands spell it.
    pub name: String,
    /// Attributes of RFC 6154, such as `\Sent`.
    pub special_use: Vec<String>,
    /// What separates the levels of its name.
    pub delimiter: Option<String>,
    /// It can be opened.
    pub is_selectable: bool,
}

/// A folder in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRow {
    /// Identity.
    pub id: FolderId,
    /// Account.
    pub account: AccountId,
    /// The folder as the server listed it last.
    pub folder: FolderSeen,
    /// The name under which people see it; none: it is not mapped.
    pub mapped: Option<String>,
    /// Its place among the mapped ones.
    pub position: u32,
    /// How far it is indexed; none: not at all.
    pub cursor: Option<FolderCursor>,
    /// How many messages the server counted last.
    pub on_server: Option<u32>,
    /// When the server was asked last.
    pub looked_at: Option<Time>,
    /// When it was compared with the server last, uid by uid.
    pub compared_at: Option<Time>,
    /// What that comparison put right.
    pub healed: Option<Healed>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The server does not list it any more.
    pub is_gone: bool,
}

/// What a comparison of a folder with the server put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Healed {
    /// Messages that were missing in the index.
    pub added: u64,
    /// Places that the server does not have.
    pub removed: u64,
    /// Places whose flags differed.
    pub flags: u64,
}

/// How much of a folder is in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderCounts {
    /// Places, also those of messages that are withheld from the index.
    pub places: u64,
    /// Those that were not read.
    pub unseen: u64,
}

/// A role of a person in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRole {
    /// From.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
    /// Reply-To.
    ReplyTo,
}

/// A person in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// In which field.
    pub role: PersonRole,
    /// Display name.
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To the account.
    Incoming,
    /// From the account, or from another one of the company.
    Outgoing,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFile {
    /// Name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes, as the server counts them.
    pub size: u64,
    /// The section by which the server gives it.
    pub section: String,
}

/// Something by which the messages of a conversation find each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clue {
    /// What it is: `message-id`, `gmail-thread` …; clues of different kinds are different.
    pub kind: String,
    /// Its value, compared byte by byte.
    pub value: String,
}

/// The conversation of a new message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationChoice {
    /// One that exists.
    Existing(ConversationId),
    /// A new one; the same number is the same new conversation within one call.
    New(u32),
}

/// A document that a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentLink {
    /// Kind, by the contract's names.
    pub kind: String,
    /// Number.
    pub number: String,
    /// Customer or supplier.
    pub partner: Option<String>,
    /// Why it is believed.
    pub reason: String,
    /// It is certain.
    pub is_sure: bool,
}

/// A conversation that a message may belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Conversation.
    pub conversation: ConversationId,
    /// Why.
    pub reason: String,
}

/// A message to be indexed, at a uid of the folder that it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedMessage {
    /// Uid.
    pub uid: u32,
    /// Flags.
    pub flags: Vec<String>,
    /// Messages of one identity are one message.
    pub identity: [u8; 32],
    /// With angle brackets, or empty.
    pub message_id: String,
    /// Subject, as readable text.
    pub subject: String,
    /// Subject without prefixes of replies.
    pub base_subject: String,
    /// Who it is from, and whom it is to.
    pub people: Vec<Person>,
    /// The time in its header. One that lies a day after `received` is not believed.
    pub date: Option<Time>,
    /// When the server received it.
    pub received: Time,
    /// Bytes.
    pub size: u64,
    /// Direction.
    pub direction: Direction,
    /// What it is, by the contract's names; none: it was not classified yet.
    pub kind: Option<String>,
    /// It is not unread, whether it was read or not.
    pub is_quiet: bool,
    /// Its files.
    pub files: Vec<MessageFile>,
    /// Outlook's thread index.
    pub thread_index: Option<String>,
    /// Gmail's thread.
    pub gmail_thread: Option<u64>,
    /// By what it is found as a part of a conversation.
    pub clues: Vec<Clue>,
    /// Conversation. Ignored for a message that is indexed already.
    pub conversation: ConversationChoice,
    /// Why it is in that conversation.
    pub reason: Option<String>,
    /// That is certain.
    pub is_sure: bool,
    /// Partners that it belongs to, beside those whose addresses are in it.
    pub partners: Vec<String>,
    /// Documents that it is about.
    pub documents: Vec<DocumentLink>,
    /// Other conversations that it may belong to.
    pub proposals: Vec<Proposal>,
    /// Our mail that it is a copy of, or an answer to.
    pub mail: Option<MailId>,
    /// Text of its body: indexed where the account's bodies are, and not stored.
    pub body_text: Option<String>,
}

/// The result of recording messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedMessages {
    /// Messages that were not in the index before.
    pub added: u64,
    /// Messages that have a further place now.
    pub known: u64,
    /// Messages that an erasure took out of the index; they have a place and nothing else.
    pub withheld: u64,
    /// Each message and its conversation, in the order of the call; none: it is withheld.
    pub messages: Vec<Option<(IndexedMessageId, ConversationId)>>,
}

/// The flags of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceFlags {
    /// Uid.
    pub uid: u32,
    /// All of its flags.
    pub flags: Vec<String>,
}

/// The result of recording changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordedChanges {
    /// Places whose flags were changed.
    pub flags: u64,
    /// Places that left.
    pub vanished: u64,
}

/// A message that is indexed, as the rules of conversations need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMessage {
    /// Identity.
    pub id: IndexedMessageId,
    /// Conversation.
    pub conversation: ConversationId,
    /// With angle brackets, or empty.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// Subject without prefixes of replies.
    pub base_subject: String,
    /// People.
    pub people: Vec<Person>,
    /// When.
    pub date: Time,
    /// Direction.
    pub direction: Direction,
    /// Outlook's thread index.
    pub thread_index: Option<String>,
    /// Gmail's thread.
    pub gmail_thread: Option<u64>,
    /// A person put it into its conversation.
    pub by_hand: bool,
    /// Partners.
    pub partners: Vec<String>,
    /// Documents.
    pub documents: Vec<DocumentLink>,
    /// Our mail that it is a copy of, or an answer to.
    pub mail: Option<MailId>,
    /// Which of the clues that were asked for it has.
    pub clues: Vec<Clue>,
}

/// A message with a place where it can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedMessage {
    /// Identity.
    pub id: IndexedMessageId,
    /// A folder that it is in.
    pub folder: FolderId,
    /// That folder's name, as commands spell it.
    pub name: String,
    /// That folder's UIDVALIDITY.
    pub uid_validity: u32,
    /// Its uid there.
    pub uid: u32,
}

/// A mail of ours that has a Message-ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMail {
    /// Mail.
    pub mail: MailId,
    /// Account that it left by.
    pub account: AccountId,
    /// The Message-ID that was asked for.
    pub message_id: String,
    /// The document it is about.
    pub document: Option<crate::DocumentRef>,
}

//! What people see of a mailbox, and the filters by which they ask for it.

use crate::mailbox::types::{Direction, DocumentLink, FolderSeen, Healed, MessageFile, Person, Proposal};
use crate::sql::row::Time;
use postroom_model::{
    AccountId, BookmarkId, ConversationId, FolderId, IndexedMessageId, MailId, NoteId, UserId,
};
use serde::Serialize;

/// A filter of conversations. What is not set does not filter.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    /// Of these accounts; none: of all that the person may use.
    pub accounts: Vec<AccountId>,
    /// With this partner: by an address of theirs, or because a message was linked to them.
    pub partner: Option<String>,
    /// With this address.
    pub address: Option<String>,
    /// With a message in this folder.
    pub folder: Option<FolderId>,
    /// With a message that has these words, as [`SearchFilter::text`].
    pub text: Option<String>,
    /// With a message that is not read.
    pub unread: bool,
    /// Not done.
    pub open_only: bool,
    /// Of this user.
    pub assignee: Option<UserId>,
    /// With a message that has a bookmark which the person sees.
    pub bookmarked: bool,
    /// With a known partner. A view that several people share has no others (rule D9).
    pub known_partners_only: bool,
    /// Its last message is not before this time.
    pub since: Option<Time>,
    /// Its last message is before this time.
    pub before: Option<Time>,
    /// After this one in the list: its `latest` and id.
    pub after: Option<(Time, ConversationId)>,
    /// At most so many (and 500), newest first.
    pub limit: u32,
}

/// A conversation in a list. Everything in it is of the messages that the person may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConversationRow {
    /// Identity.
    pub id: ConversationId,
    /// Account.
    pub account: AccountId,
    /// Subject.
    pub subject: String,
    /// Time of its last message.
    pub latest: Time,
    /// Its messages.
    pub messages: u64,
    /// Those that are not read.
    pub unread: u64,
    /// The people of its messages, each once; the roles are those of the first.
    pub people: Vec<Person>,
    /// Partners.
    pub partners: Vec<String>,
    /// Documents.
    pub documents: Vec<DocumentLink>,
    /// It is done.
    pub is_done: bool,
    /// The user who takes care of it.
    pub assignee: Option<UserId>,
    /// It is private.
    pub is_private: bool,
    /// Another user who writes an answer at this moment, and until when that is believed.
    pub answering: Option<(UserId, Time)>,
    /// How many notes it has.
    pub notes: u64,
}

/// A conversation with its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConversationDetail {
    /// The conversation.
    pub conversation: ConversationRow,
    /// Its messages, oldest first, at most 1,000: the newest of them.
    pub messages: Vec<MailboxMessage>,
    /// Its notes, oldest first.
    pub notes: Vec<Note>,
}

/// A place of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessagePlace {
    /// Folder.
    pub folder: FolderId,
    /// Its name, as commands spell it.
    pub name: String,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// Uid.
    pub uid: u32,
    /// Flags.
    pub flags: Vec<String>,
}

/// A message of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailboxMessage {
    /// Identity.
    pub id: IndexedMessageId,
    /// Account.
    pub account: AccountId,
    /// Conversation.
    pub conversation: ConversationId,
    /// With angle brackets, or empty.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// People.
    pub people: Vec<Person>,
    /// When it was written.
    pub date: Time,
    /// When the server received it.
    pub received: Time,
    /// Bytes.
    pub size: u64,
    /// Direction.
    pub direction: Direction,
    /// What it is, by the contract's names.
    pub kind: Option<String>,
    /// It is not read.
    pub is_unread: bool,
    /// Files.
    pub files: Vec<MessageFile>,
    /// It is private.
    pub is_private: bool,
    /// A person put it into its conversation.
    pub by_hand: bool,
    /// Why it is in its conversation.
    pub reason: Option<String>,
    /// That is certain.
    pub is_sure: bool,
    /// Our mail that it is a copy of, or an answer to.
    pub mail: Option<MailId>,
    /// Partners.
    pub partners: Vec<String>,
    /// Documents.
    pub documents: Vec<DocumentLink>,
    /// Other conversations that it may belong to.
    pub proposals: Vec<Proposal>,
    /// Where it is.
    pub places: Vec<MessagePlace>,
}

/// A note on a conversation. It leaves the company by no mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Identity.
    pub id: NoteId,
    /// Who wrote it; none: an administrator, or a user who was removed.
    pub user: Option<UserId>,
    /// When.
    pub at: Time,
    /// Text.
    pub text: String,
}

/// A filter of messages by their words.
#[derive(Debug, Clone, Default)]
pub struct SearchFilter {
    /// Words that all occur in the message, the last one as the beginning of a word; words in quotation marks occur together.
    pub text: String,
    /// In these accounts; none: in all that the person may use.
    pub accounts: Vec<AccountId>,
    /// Of this partner.
    pub partner: Option<String>,
    /// With this address.
    pub address: Option<String>,
    /// In this folder.
    pub folder: Option<FolderId>,
    /// With a known partner.
    pub known_partners_only: bool,
    /// Not before this time.
    pub since: Option<Time>,
    /// Before this time.
    pub before: Option<Time>,
    /// At most so many (and 1,000), newest first.
    pub limit: u32,
}

/// A bookmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bookmark {
    /// Identity.
    pub id: BookmarkId,
    /// Its name.
    pub name: String,
    /// All users of the account see it.
    pub is_shared: bool,
    /// Account.
    pub account: AccountId,
    /// The message.
    pub message: IndexedMessageId,
    /// That message's conversation.
    pub conversation: ConversationId,
    /// That message's subject.
    pub subject: String,
    /// When that message was written.
    pub date: Time,
}

/// A folder as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxFolder {
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
    /// Messages of it in the index that the person may see.
    pub indexed: u64,
    /// Those of them that are not read.
    pub unread: u64,
    /// How many messages the server counted last.
    pub on_server: Option<u32>,
    /// Its whole history is indexed.
    pub is_complete: bool,
    /// When the server was asked last.
    pub looked_at: Option<Time>,
    /// When it was compared with the server last.
    pub compared_at: Option<Time>,
    /// What that comparison put right.
    pub healed: Option<Healed>,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// An address of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartnerContact {
    /// Customer or supplier.
    pub partner: String,
    /// Address.
    pub address: String,
    /// Display name.
    pub name: Option<String>,
    /// A person entered it; otherwise a mail was sent to it.
    pub by_hand: bool,
}

/// The result of a change that two people may make at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Changed {
    /// It was made.
    Yes,
    /// Another person had changed it before: read it again.
    Meanwhile,
}

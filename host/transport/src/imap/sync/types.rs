//! What a session returns: changes of folders, envelopes with what conversations are found by, and notices.

use super::super::mailbox::{Envelope, FolderState};
use super::uid_set::UidSet;

/// The extensions that a session uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncCapabilities {
    /// Changes and expunged messages since a modification sequence, while a folder is opened (RFC 7162).
    pub qresync: bool,
    /// Modification sequences (RFC 7162).
    pub condstore: bool,
    /// The server reports changes at once (RFC 2177).
    pub idle: bool,
    /// Searches are answered by ranges (RFC 4731).
    pub esearch: bool,
    /// Gmail's thread numbers (`X-GM-EXT-1`).
    pub gmail: bool,
}

/// The part of a folder's state that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFolder {
    /// Its validity.
    pub uid_validity: u32,
    /// The modification sequence up to which all changes are stored.
    pub highest_modseq: Option<u64>,
}

/// The means by which changes were found, and so how complete they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangesBy {
    /// `vanished` and `flags` are complete.
    Qresync,
    /// `flags` is complete; expunged messages are to be found by their uids.
    Condstore,
    /// Nothing but the state: flags are to be compared, and expunged messages are to be found by their uids.
    StateAlone,
}

/// The state of a folder, and what changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderChanges {
    /// Its state now.
    pub state: FolderState,
    /// How complete the changes are.
    pub by: ChangesBy,
    /// Uids that the server reported as expunged, true or not.
    pub vanished: UidSet,
    /// Messages whose flags changed, new messages included.
    pub flags: Vec<FlagChange>,
}

/// The flags of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagChange {
    /// Its uid.
    pub uid: u32,
    /// All its flags and keywords but `\Recent`, which is another one in each session.
    pub flags: Vec<String>,
    /// Its modification sequence, where the server sent it.
    pub modseq: Option<u64>,
}

/// An envelope with what a message is recognised, threaded and classified by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncEnvelope {
    /// The envelope.
    pub envelope: Envelope,
    /// The message's modification sequence, where the server sent it.
    pub modseq: Option<u64>,
    /// Gmail's number of the conversation.
    pub gmail_thread: Option<u64>,
    /// Outlook's `Thread-Index`, without white space.
    pub thread_index: Option<String>,
    /// A program sent it, or a list: `Auto-Submitted` other than `no`, `Precedence` of bulk mail, `X-Auto-Response-Suppress`
    /// or `List-Id`.
    pub auto_submitted: bool,
    /// It is a `multipart/report`: a delivery status, a read receipt or a complaint.
    pub is_report: bool,
    /// SHA-256 of the header fields that are fetched, however the server orders and folds them: the identity of a message
    /// without a Message-ID.
    pub header_digest: [u8; 32],
}

/// The end of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// Something changed in the folder: look.
    Changed,
    /// The time passed, and the server reported nothing. Some servers go silent: look all the same.
    Nothing,
    /// The server has no IDLE: look from time to time.
    CannotWait,
}

/// The changes that a server reported beside its answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Noticed {
    /// Uids of VANISHED.
    pub vanished: UidSet,
    /// Messages are gone whose uids are not known: EXPUNGE, and a VANISHED that can't be read.
    pub expunged: bool,
    /// The server reported a number of messages: EXISTS.
    pub arrived: bool,
}

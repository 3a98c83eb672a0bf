//! What is kept of a mail: enough to send the same bytes again, to show it, and to say what became of it.

use super::queue::OutboxRow;
use super::queue_state::SendOptions;
use super::reported::OpenCheck;
use super::suppressions::key;
use chrono::{DateTime, FixedOffset};
use postroom_model::{AccountId, AttemptId, CompanyId, MailId, UserId};
use std::fmt;
use std::path::PathBuf;

/// A mail to be kept, before the first attempt to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Identity, minted by the caller: [`MailId::new`].
    pub id: MailId,
    /// Account that it is sent as.
    pub account: AccountId,
    /// When it was created.
    pub created: DateTime<FixedOffset>,
    /// The document it is about; none for a mail without one, such as a test.
    pub document: Option<DocumentRef>,
    /// `new`, `reminder-1`, …
    pub use_case: String,
    /// Subject, as readable text.
    pub subject: String,
    /// From: display name and address.
    pub from: Party,
    /// To, Cc and Bcc.
    pub recipients: Vec<Recipient>,
    /// The message as composed.
    pub message: Message,
    /// The files that the message refers to.
    pub files: Vec<AttachedFile>,
    /// Revision of the document: by it a changed document is another intent. None: the mail is no intent at all, such as
    /// a test, and may be asked for any number of times.
    pub revision: Option<String>,
    /// How it is to be sent.
    pub options: SendOptions,
    /// How its opening is checked.
    pub open_check: OpenCheck,
}

/// The document a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentRef {
    /// Kind, by the contract's names: `invoice`.
    pub kind: String,
    /// Its number, as printed on it.
    pub number: String,
    /// Customer or supplier.
    pub partner: String,
}

/// A name and an address as they stand in a header. What an address book of somebody else held is kept as it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Party {
    /// Display name.
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// Somebody who gets a mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipient {
    /// `to`, `cc` or `bcc`.
    pub field: String,
    /// Who.
    #[serde(flatten)]
    pub party: Party,
    /// It is the blind copy to the user who made the mail (rule A3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_own_copy: bool,
}

impl Recipient {
    /// A recipient who is not the mail's own user.
    pub fn new(field: impl Into<String>, party: Party) -> Self {
        Self { field: field.into(), party, is_own_copy: false }
    }
}

/// The envelope's recipients that are the blind copy to the user who made the mail.
pub(super) fn own_copies(recipients: &[Recipient], rcpt_to: &[String]) -> Vec<String> {
    let copies = recipients.iter().filter(|it| it.is_own_copy);
    among_recipients(rcpt_to, copies.map(|it| it.party.address.as_str()))
}

/// Those of an envelope's recipients whom these addresses mean in any spelling, as the envelope spells them.
pub fn among_recipients<'a>(rcpt_to: &[String], addresses: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let keys: Vec<String> = addresses.into_iter().map(key).collect();
    rcpt_to.iter().filter(|to| keys.contains(&key(to))).cloned().collect()
}

impl NewMail {
    /// The envelope's recipients that are the blind copy to the user who made the mail.
    pub fn own_copies(&self) -> Vec<String> {
        own_copies(&self.recipients, &self.message.rcpt_to)
    }
}

/// A composed message: the skeleton as text, files by number. The same pieces and files give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// With angle brackets.
    pub message_id: String,
    /// Reverse-path of the envelope.
    pub mail_from: String,
    /// Forward-paths of the envelope.
    pub rcpt_to: Vec<String>,
    /// The pieces, nothing between them.
    pub pieces: Vec<Piece>,
    /// Bytes on the wire.
    pub size: u64,
    /// Headers hold UTF-8.
    pub needs_smtputf8: bool,
    /// The HTML body, for a preview.
    pub html: String,
    /// The plain body, for a preview.
    pub text: String,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The file of this number ([`AttachedFile::handle`]), in lines of base64.
    File(u32),
    /// The file of this number as it is.
    Raw(u32),
}

/// A file that travels with a mail. Its bytes stay where they are; the digest tells whether they are still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its number in the message's pieces.
    pub handle: u32,
    /// Name as the recipient sees it.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// `pdf`, `ubl`, `logo` or `added`.
    pub role: String,
    /// Number of bytes.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// Where they are.
    pub place: FilePlace,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// A file on disk, by its absolute path.
    Disk(PathBuf),
    /// In the store.
    Stored(Vec<u8>),
}

/// A mail as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What was kept before the first attempt.
    pub mail: NewMail,
    /// Company.
    pub company: CompanyId,
    /// Who created it; none once that user is gone.
    pub user: Option<UserId>,
    /// Attempts so far, oldest first.
    pub attempts: Vec<Attempt>,
    /// Facts about it, in the order they became known.
    pub events: Vec<Event>,
    /// How many times the same was asked for again before.
    pub resend: u32,
    /// Where it stands in the outbox.
    pub outbox: OutboxRow,
}

/// An attempt of which nobody knows what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Company.
    pub company: CompanyId,
    /// Mail.
    pub mail: MailId,
    /// Attempt.
    pub attempt: AttemptId,
}

/// A mail in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSummary {
    /// Identity.
    pub id: MailId,
    /// Account that it is sent as.
    pub account: AccountId,
    /// Who created it; none once that user is gone.
    pub user: Option<UserId>,
    /// When it was created.
    pub created: DateTime<FixedOffset>,
    /// The document.
    pub document: Option<DocumentRef>,
    /// Use case.
    pub use_case: String,
    /// Subject.
    pub subject: String,
    /// From.
    pub from: Party,
    /// To, Cc and Bcc.
    pub recipients: Vec<Recipient>,
    /// With angle brackets.
    pub message_id: String,
}

/// An attempt about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// When it begins.
    pub started: DateTime<FixedOffset>,
    /// Account by which it leaves: the mail's own, or the company's fallback.
    pub account: AccountId,
    /// The contract's name of the transport.
    pub transport: String,
    /// It is a fallback.
    pub fallback: bool,
}

/// An attempt, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Identity.
    pub id: AttemptId,
    /// When it began.
    pub started: DateTime<FixedOffset>,
    /// Account by which it left; it may have been removed since.
    pub account: AccountId,
    /// Name of that account.
    pub account_name: String,
    /// The contract's name of the transport.
    pub transport: String,
    /// It was a fallback.
    pub fallback: bool,
    /// When the last bytes of the message were about to leave; none: no server can have taken it.
    pub released: Option<DateTime<FixedOffset>>,
    /// What came of it; none: it runs, or the program died under it.
    pub outcome: Option<Outcome>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When it was known.
    pub finished: DateTime<FixedOffset>,
    /// The contract's `attempt-result`.
    pub result: AttemptResult,
    /// The stage it failed at, by the contract's name.
    pub stage: Option<String>,
    /// One sentence, with the server's words in quotes.
    pub detail: Option<String>,
    /// The provider's own ids for the mail: name and value, such as `message` and `18f0…`.
    pub provider_ids: Vec<(String, String)>,
}

/// The contract's `attempt-result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// Taken.
    Accepted,
    /// Taken for some; seconds that the server asked to wait.
    PartlyAccepted(Option<u32>),
    /// May be tried again; seconds that the server asked to wait.
    Transient(Option<u32>),
    /// Will not get better by itself.
    Permanent,
    /// Held until the user signed in again.
    NeedsSignIn,
    /// The account could not send, and the mail was not judged; seconds that the server asked to wait.
    AccountUnavailable(Option<u32>),
    /// Unknown whether it left.
    InDoubt {
        /// Its mail was taken from its maker after the release: the attempt may still be under way, and its maker may still
        /// report what came of it.
        interrupted: bool,
    },
    /// Looked for, and found.
    Found,
    /// Looked for, and not found.
    NotFound,
    /// The program ended before the message had left. No server has seen it: it counts as no attempt.
    Withdrawn,
}

impl AttemptResult {
    /// Whether it is unknown if the mail left.
    pub fn is_in_doubt(self) -> bool {
        matches!(self, Self::InDoubt { .. })
    }

    /// Whether a server took the mail; none: nobody knows.
    pub fn was_taken(self) -> Option<bool> {
        match self {
            Self::Accepted | Self::PartlyAccepted(_) | Self::Found => Some(true),
            Self::Transient(_)
            | Self::Permanent
            | Self::NeedsSignIn
            | Self::AccountUnavailable(_)
            | Self::NotFound
            | Self::Withdrawn => Some(false),
            Self::InDoubt { .. } => None,
        }
    }

    /// Seconds that the server asked to wait.
    pub fn retry_after(self) -> Option<u32> {
        super::attempts::result_columns(self).2
    }

    /// By the contract's name for it; none for one that is not known here.
    pub fn of_contract(outcome: &str, retry_after: Option<u32>) -> Option<Self> {
        super::attempts::result_of(outcome, false, retry_after).filter(|result| *result != Self::Withdrawn)
    }

    /// Its name in the store, which is the contract's.
    pub fn as_str(self) -> &'static str {
        super::attempts::result_columns(self).0
    }
}

impl fmt::Display for AttemptResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact about a mail: the contract's `tracking.event`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// Address it concerns; none: every recipient.
    pub recipient: Option<String>,
    /// The contract's kind: `accepted`, `bounced`, …
    pub kind: String,
    /// When it happened.
    pub at: DateTime<FixedOffset>,
    /// Who says so.
    pub source: String,
    /// Code.
    pub code: Option<String>,
    /// The remote words, verbatim.
    pub words: Option<String>,
}

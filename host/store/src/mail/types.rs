//! A mail as it is stored: enough to send the same bytes again, to show it, and to report its status.

use crate::StoreError;
use crate::mail::attempt::Attempt;
use crate::queue::state::{OutboxRow, SendOptions};
use crate::sql::address_key::address_key;
use crate::sql::row;
use chrono::{DateTime, FixedOffset};
use postroom_model::{AccountId, CompanyId, MailId, UserId};
use sqlx::any::AnyRow;
use std::path::PathBuf;

/// A mail to be stored, before the first attempt to send it.
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
    /// Revision of the document, or digest of a letter's words: by it a changed one is another intent. None: the mail is no
    /// intent at all, such as a test, and may be asked for any number of times.
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

/// A name and an address as they stand in a header. What an address book contained is stored as it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Party {
    /// Display name.
    pub name: Option<String>,
    /// Address.
    pub address: String,
}

/// A recipient of a mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipient {
    /// `to`, `cc` or `bcc`.
    pub field: String,
    /// Name and address.
    #[serde(flatten)]
    pub party: Party,
    /// It is the blind copy to the user who created the mail (rule A3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_own_copy: bool,
}

impl Recipient {
    /// Creates a recipient who is not the mail's own user.
    pub fn new(field: impl Into<String>, party: Party) -> Self {
        Self { field: field.into(), party, is_own_copy: false }
    }
}

/// Returns the recipients of the envelope that are the blind copy to the user who created the mail.
pub(crate) fn own_copies(recipients: &[Recipient], rcpt_to: &[String]) -> Vec<String> {
    let copies = recipients.iter().filter(|it| it.is_own_copy);
    among_recipients(rcpt_to, copies.map(|it| it.party.address.as_str()))
}

/// Returns those of an envelope's recipients that these addresses mean in any spelling, as the envelope spells them.
pub fn among_recipients<'a>(rcpt_to: &[String], addresses: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let keys: Vec<String> = addresses.into_iter().map(address_key).collect();
    rcpt_to.iter().filter(|to| keys.contains(&address_key(to))).cloned().collect()
}

impl NewMail {
    /// Returns the recipients of the envelope that are the blind copy to the user who created the mail.
    pub fn own_copies(&self) -> Vec<String> {
        own_copies(&self.recipients, &self.message.rcpt_to)
    }
}

/// A composed message: its own text, and its files by number. The same pieces and files give the same bytes.
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

/// The place of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// A file on disk, by its absolute path.
    Disk(PathBuf),
    /// In the store.
    Stored(Vec<u8>),
}

/// A stored mail with all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The mail as it was composed.
    pub mail: NewMail,
    /// Company.
    pub company: CompanyId,
    /// The user who created it; none once that user is removed.
    pub user: Option<UserId>,
    /// Attempts so far, oldest first.
    pub attempts: Vec<Attempt>,
    /// Facts about it, in the order they became known.
    pub events: Vec<Event>,
    /// How many mails of the same intent were asked for before.
    pub resend: u32,
    /// Its row in the outbox.
    pub outbox: OutboxRow,
}

/// A mail in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSummary {
    /// Identity.
    pub id: MailId,
    /// Account that it is sent as.
    pub account: AccountId,
    /// The user who created it; none once that user is removed.
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

/// A fact about a mail: the contract's `tracking.event`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// Address it concerns; none: every recipient.
    pub recipient: Option<String>,
    /// The contract's kind: `accepted`, `bounced`, …
    pub kind: String,
    /// When it happened.
    pub at: DateTime<FixedOffset>,
    /// The source that reported it.
    pub source: String,
    /// Code.
    pub code: Option<String>,
    /// The words of the remote server, verbatim.
    pub words: Option<String>,
}

/// A way to check the opening of a mail (rule C4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenCheck {
    /// Not at all.
    #[default]
    Off,
    /// By a pixel of ours.
    Pixel,
    /// By the provider's pixel.
    Provider,
}

impl OpenCheck {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pixel => "pixel",
            Self::Provider => "provider",
        }
    }

    /// Reads the column `way` of a mail that may have none.
    pub(crate) fn of(row: &AnyRow) -> Result<Self, StoreError> {
        match row::optional_text(row, "way")?.as_deref() {
            None | Some("off") => Ok(Self::Off),
            Some("pixel") => Ok(Self::Pixel),
            Some("provider") => Ok(Self::Provider),
            Some(other) => Err(StoreError::Damaged(format!("how an opening is checked: {other}"))),
        }
    }
}

impl DocumentRef {
    /// Reads the document that a mail is about; none: it is about none.
    pub(crate) fn from_row(row: &AnyRow) -> Result<Option<Self>, StoreError> {
        let Some(kind) = row::optional_text(row, "document_kind")? else { return Ok(None) };
        Ok(Some(Self {
            kind,
            number: row::optional_text(row, "document_number")?.unwrap_or_default(),
            partner: row::optional_text(row, "partner")?.unwrap_or_default(),
        }))
    }
}

impl MailSummary {
    /// Reads the columns of `mails` that a list shows.
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row::parsed(row, "id")?,
            account: row::parsed(row, "account")?,
            user: row::optional(row, "user_id")?,
            created: row::time(row, "created")?,
            document: DocumentRef::from_row(row)?,
            use_case: row::text(row, "use_case")?,
            subject: row::text(row, "subject")?,
            from: Party {
                name: row::optional_text(row, "from_name")?,
                address: row::text(row, "from_address")?,
            },
            recipients: row::json(row, "recipients")?,
            message_id: row::text(row, "message_id")?,
        })
    }
}

//! A document of a batch as the check before the batch leaves it: who gets it and why, what has to be put right, what is worth
//! knowing.

use super::duplicates::SameNumber;
use crate::app::{Composed, DraftError, Suppression};
use crate::records::Entry;
use postroom_contract::documents::Summary;
use postroom_contract::recipients::Field;
use postroom_contract::types::Reason as Warning;
use postroom_store::{MailId, QueueState};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of the check of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It can be sent.
    Sendable,
    /// It can't be sent before a person has put right what the row says.
    Fixable,
    /// It is not sent, and the row says why.
    LeftOut,
}

/// A recipient, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Addressee {
    /// The field of the mail.
    pub field: &'static str,
    /// The address.
    pub address: String,
    /// Why it is written to.
    pub why: String,
}

/// A file of a mail.
#[derive(Debug, Clone, Serialize)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
}

/// The state of a document's mail since an earlier start, where a person has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unresolved {
    /// It left for some, and not for all.
    Failed,
    /// It may have left.
    InDoubt,
}

impl Unresolved {
    pub(super) fn of(queue_state: &QueueState) -> Option<Self> {
        match queue_state {
            QueueState::Failed { .. } => Some(Self::Failed),
            QueueState::InDoubt { .. } => Some(Self::InDoubt),
            QueueState::Ready { .. } | QueueState::Held { .. } | QueueState::Sent | QueueState::Cancelled => {
                None
            }
        }
    }
}

/// A reason why a document can't be sent before a person has put it right.
#[derive(Debug, Clone)]
pub enum Problem {
    /// The records did not give the document.
    NotFetched(String),
    /// No mail could be made of it.
    NotMade(Arc<DraftError>),
    /// It has no recipient.
    NoRecipient,
    /// A recipient's address is none.
    NoAddress {
        /// The text that should be an address.
        text: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A recipient can't open its PDF.
    DamagedFile(Warning),
    /// The document's own file is missing.
    MissingFile(Warning),
    /// Its recipient is the company itself.
    AddressedToCompany(Warning),
    /// It is larger than the account's provider takes.
    TooLarge {
        /// Bytes as encoded.
        size: u64,
        /// What the provider takes.
        most: u64,
    },
    /// An attachment can't be read.
    UnreadableAttachment(String),
    /// A fetched file can't be read.
    UnreadableFile(String),
    /// Other documents of the batch have its number.
    SameNumber(Arc<SameNumber>),
    /// A recipient is not written to any more.
    Suppressed(Suppression),
}

impl Problem {
    /// Returns the part of the mail that it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NotFetched(_) => "records",
            Self::NotMade(error) => match &**error {
                DraftError::Document(_) | DraftError::UnknownForm(_) => "document",
                DraftError::Template(_) => "template",
                DraftError::Attachment(_) => "attachment",
                DraftError::File { .. } => "file",
                DraftError::Refused(refusal) if refusal.code == crate::app::WITHOUT_DOCUMENT => "attachment",
                DraftError::Refused(_) => "payment",
                _ => "settings",
            },
            Self::NoRecipient
            | Self::NoAddress { .. }
            | Self::AddressedToCompany(_)
            | Self::Suppressed(_) => "recipient",
            Self::DamagedFile(_) | Self::MissingFile(_) | Self::UnreadableAttachment(_) => "attachment",
            Self::TooLarge { .. } => "size",
            Self::UnreadableFile(_) => "file",
            Self::SameNumber(_) => "document",
        }
    }

    /// Returns the plugin's warning that it comes from.
    pub fn warning(&self) -> Option<&Warning> {
        match self {
            Self::DamagedFile(warning) | Self::MissingFile(warning) | Self::AddressedToCompany(warning) => {
                Some(warning)
            }
            _ => None,
        }
    }
}

/// A remark on a document that can be sent.
#[derive(Debug, Clone)]
pub enum Note {
    /// It is the same as this one, which comes before it in the batch.
    SameAs(String),
    /// The plugin warns.
    Warning(Warning),
    /// From has another domain than the account.
    OtherDomain {
        /// From.
        from: String,
        /// The account's address.
        account: String,
        /// From's domain.
        domain: String,
    },
    /// What the sender's domain does not publish.
    Domain(String),
    /// It was asked for before, from an account that the user may not use.
    AskedElsewhere,
    /// Its mail failed before for all recipients, and is sent again.
    FailedBefore {
        /// The mail.
        mail: MailId,
        /// Why it failed.
        reason: Option<String>,
    },
    /// Its mail is in the outbox since an earlier start.
    InOutbox {
        /// The mail's state there.
        state: &'static str,
    },
    /// It was asked for before.
    AskedBefore {
        /// The mail.
        mail: MailId,
        /// Its state.
        state: &'static str,
    },
}

/// A document of a batch, before it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The document's file, or its number in the records.
    pub file: PathBuf,
    /// Its number.
    pub number: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Its partner.
    pub partner: Option<String>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Who gets it.
    pub to: Vec<Addressee>,
    /// The mail's language.
    pub language: Option<String>,
    /// Why.
    pub language_reason: Option<String>,
    /// The mail's text.
    pub template: Option<String>,
    /// The mail's files.
    pub attachments: Vec<Attached>,
    /// Bytes as encoded; none: no mail was made.
    pub size: Option<u64>,
    /// The mail by which the document was sent before.
    pub before: Option<MailId>,
    /// Where that mail stands, where a person has to act: nothing is sent for it.
    #[serde(rename = "stands", skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<Unresolved>,
    /// Its mail is in the outbox since an earlier start.
    #[serde(skip)]
    pub waiting: Option<MailId>,
    /// What has to be put right.
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// What is worth knowing.
    #[serde(skip)]
    pub notes: Vec<Note>,
    /// The document's own file: a fetched one is gone by the time that the row is read.
    #[serde(skip)]
    pub source: PathBuf,
    /// The folder that it was fetched into, which no message shows.
    #[serde(skip)]
    pub fetched_into: Option<PathBuf>,
}

impl Row {
    /// Tells whether it enters the outbox, or is there already and has not left.
    pub fn is_wanted(&self) -> bool {
        self.verdict == Verdict::Sendable || self.waiting.is_some()
    }

    /// Tells whether a person has to put something right.
    pub fn is_faulty(&self) -> bool {
        self.verdict == Verdict::Fixable
    }

    /// Counts those that it goes to.
    pub(super) fn recipients(&self) -> u64 {
        self.to.iter().filter(|it| it.field != "reply-to").count() as u64
    }

    pub(super) fn of(file: &Path, composed: &Composed) -> Self {
        let (ready, message) = (&composed.ready, &composed.ready.message);
        let to = ready.resolution.entries.iter().map(|entry| Addressee {
            field: match entry.field {
                Field::To => "to",
                Field::Cc => "cc",
                Field::Bcc => "bcc",
                Field::ReplyTo => "reply-to",
            },
            address: entry.address.address.clone(),
            why: entry.reason.detail.clone(),
        });
        let attached = composed.draft.attachments.iter().filter(|(it, _)| it.role != "logo");
        Self {
            number: Some(ready.summary.number.clone()),
            kind: Some(ready.summary.kind.clone()),
            verdict: Verdict::Sendable,
            to: to.collect(),
            language: Some(message.language.clone()),
            language_reason: Some(message.language_reason.clone()),
            template: Some(message.template.clone()),
            attachments: attached
                .map(|(it, source)| Attached { name: it.file_name.clone(), size: source.size() })
                .collect(),
            size: Some(message.mail.size.into()),
            ..Self::empty(file.to_owned())
        }
    }

    /// Makes the row of a document that the records did not give.
    pub(super) fn lost(entry: Entry, reason: String) -> Self {
        let mut row = Self::empty(PathBuf::from(&entry.number));
        (row.number, row.kind) = (Some(entry.number), entry.kind);
        row.needs(Problem::NotFetched(reason));
        row
    }

    /// Makes the row of a document that comes a second time.
    pub fn repeated(file: PathBuf, first: &str) -> Self {
        let mut row = Self::empty(file);
        row.verdict = Verdict::LeftOut;
        row.notes.push(Note::SameAs(first.to_owned()));
        row
    }

    /// Makes the row of a document whose mail could not be composed.
    pub(super) fn unmade(file: PathBuf, error: DraftError, summary: Option<Summary>) -> Self {
        let mut row = Self::empty(file);
        row.needs(Problem::NotMade(Arc::new(error)));
        if let Some(summary) = summary {
            row.number = Some(summary.number);
            row.kind = Some(summary.kind);
        }
        row
    }

    /// Calls the row by the document's number instead of its temporary file.
    pub(super) fn of_fetched(&mut self, folder: &Path, number: &str) {
        self.file = PathBuf::from(number);
        self.fetched_into = Some(folder.to_owned());
    }

    pub(super) fn needs(&mut self, problem: Problem) {
        self.verdict = Verdict::Fixable;
        self.problems.push(problem);
    }

    fn empty(file: PathBuf) -> Self {
        Self {
            source: file.clone(),
            file,
            number: None,
            kind: None,
            partner: None,
            verdict: Verdict::Fixable,
            to: Vec::new(),
            language: None,
            language_reason: None,
            template: None,
            attachments: Vec::new(),
            size: None,
            before: None,
            unresolved: None,
            waiting: None,
            problems: Vec::new(),
            notes: Vec::new(),
            fetched_into: None,
        }
    }
}

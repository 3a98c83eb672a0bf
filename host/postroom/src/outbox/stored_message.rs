//! Between a mail in hand and a mail in the store: what is kept before the first attempt, and what every attempt sends.

use super::draft::{Draft, Ready};
use crate::engine::Files;
use chrono::{DateTime, FixedOffset};
use postroom_contract::attachments::Chunk;
use postroom_contract::{attachments, composing, recipients, types};
use postroom_model::AccountId;
use postroom_store::{
    AttachedFile, DocumentRef, FilePlace, Mail, MailId, Message, NewMail, OpenCheck, Party, Piece, Recipient,
    SendOptions,
};
use postroom_transport::attachments::{AttachmentSource, FileDigests, ReadError};

/// A file of a kept mail that can't be sent as it was composed. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the attachment \"{name}\" can't be read: {source}")]
    Unreadable {
        /// Name as the recipient would see it.
        name: String,
        /// Why.
        source: ReadError,
    },
    /// It is not what it was when the mail was composed.
    #[error("the attachment \"{name}\" was changed after the mail was composed: make the mail anew")]
    Changed {
        /// Name as the recipient would see it.
        name: String,
    },
}

fn unreadable(name: &str) -> impl FnOnce(ReadError) -> FileError + '_ {
    move |source| FileError::Unreadable { name: name.to_owned(), source }
}

/// The identity and the options that a mail is stored with.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Its identity; the draft's `id` is its text.
    pub id: MailId,
    /// Account that it is sent as.
    pub account: AccountId,
    /// When it was created.
    pub created: DateTime<FixedOffset>,
    /// How it is to be sent.
    pub options: SendOptions,
    /// How its opening is checked.
    pub open_check: OpenCheck,
}

impl Keeping {
    /// Makes those of a letter: servers are asked for no report, and its opening is not checked.
    pub fn letter(id: MailId, account: AccountId, created: DateTime<FixedOffset>) -> Self {
        Self::test(id, account, created)
    }

    /// Makes those of a test message: servers are asked for no report, and its opening is not checked.
    pub fn test(id: MailId, account: AccountId, created: DateTime<FixedOffset>) -> Self {
        Self { id, account, created, options: SendOptions::default(), open_check: OpenCheck::Off }
    }
}

impl Ready {
    /// Converts the mail for the store, its files read once for their digests.
    pub async fn to_enqueue(
        &self,
        draft: &Draft,
        keeping: Keeping,
        digests: &FileDigests,
    ) -> Result<NewMail, FileError> {
        let document = DocumentRef {
            kind: self.summary.kind.clone(),
            number: self.summary.number.clone(),
            partner: match (self.summary.kind.as_str(), self.summary.self_billed) {
                // What a company writes to its suppliers.
                ("purchase-order" | "request-for-quotation", _) | (_, true) => self.summary.seller.clone(),
                _ => self.summary.buyer.clone(),
            },
        };
        let recipients = self.resolution.entries.iter().filter_map(|entry| {
            let field = match entry.field {
                recipients::Field::To => "to",
                recipients::Field::Cc => "cc",
                recipients::Field::Bcc => "bcc",
                recipients::Field::ReplyTo => return None,
            };
            let is_own_copy = self.own_copies.contains(&entry.address.address);
            Some(Recipient { field: field.to_owned(), party: party(&entry.address), is_own_copy })
        });
        // A document's UBL file is at hand although only the PDF travels: what the message does not name is not kept.
        let travels = |handle: u32| self.message.mail.files.iter().any(|file| file.file == handle);
        let mut files = Vec::new();
        for (handle, (attachment, _)) in (1..).zip(&draft.attachments) {
            if let Some(source) = self.files.get(handle).filter(|_| travels(handle)) {
                files.push(file(handle, attachment, source, digests).await?);
            }
        }
        Ok(NewMail {
            id: keeping.id,
            account: keeping.account,
            created: keeping.created,
            document: Some(document),
            use_case: draft.use_case.clone().unwrap_or_else(|| "new".to_owned()),
            subject: self.message.subject.clone(),
            from: party(&self.message.sender),
            recipients: recipients.collect(),
            message: message(&self.message),
            files,
            revision: Some(draft.revision()),
            options: keeping.options,
            open_check: keeping.open_check,
        })
    }
}

/// Converts a message without files, such as a test, for the store.
pub fn plain(of: &composing::Message, keeping: Keeping, use_case: &str) -> NewMail {
    let party_of = |address: &String| Party { name: None, address: address.clone() };
    let to = of.mail.envelope.recipients.iter().map(|address| Recipient::new("to", party_of(address)));
    NewMail {
        id: keeping.id,
        account: keeping.account,
        created: keeping.created,
        document: None,
        use_case: use_case.to_owned(),
        subject: of.subject.clone(),
        from: party(&of.sender),
        recipients: to.collect(),
        message: message(of),
        files: Vec::new(),
        revision: None,
        options: keeping.options,
        open_check: keeping.open_check,
    }
}

/// The parts of a stored letter beside its message.
#[derive(Debug)]
pub struct LetterParts<'a> {
    /// `reply`, `reply-all`, `forward` or `new`.
    pub use_case: &'a str,
    /// To, Cc and Bcc.
    pub recipients: Vec<Recipient>,
    /// Its files, by their handles.
    pub files: &'a [(attachments::Attachment, AttachmentSource)],
    /// By it the same letter is one mail, however often it is asked for.
    pub revision: String,
}

/// Converts a letter for the store, its files read once for their digests.
pub async fn letter(
    of: &composing::Message,
    parts: LetterParts<'_>,
    keeping: Keeping,
    digests: &FileDigests,
) -> Result<NewMail, FileError> {
    let mut files = Vec::new();
    for (attachment, source) in parts.files {
        files.push(file(attachment.handle, attachment, source, digests).await?);
    }
    Ok(NewMail {
        recipients: parts.recipients,
        files,
        revision: Some(parts.revision),
        ..plain(of, keeping, parts.use_case)
    })
}

fn party(of: &types::Address) -> Party {
    Party { name: of.name.clone(), address: of.address.clone() }
}

fn message(of: &composing::Message) -> Message {
    let piece = |chunk: &Chunk| match chunk {
        Chunk::Text(text) => Piece::Text(text.clone()),
        Chunk::Attachment(handle) => Piece::File(*handle),
        Chunk::Raw(handle) => Piece::Raw(*handle),
    };
    Message {
        message_id: of.mail.message_id.clone(),
        mail_from: of.mail.envelope.mail_from.clone(),
        rcpt_to: of.mail.envelope.recipients.clone(),
        pieces: of.mail.chunks.iter().map(piece).collect(),
        size: of.mail.size.into(),
        needs_smtputf8: of.mail.needs_smtputf8,
        html: of.html.clone(),
        text: of.text.clone(),
    }
}

async fn file(
    handle: u32,
    attachment: &attachments::Attachment,
    source: &AttachmentSource,
    digests: &FileDigests,
) -> Result<AttachedFile, FileError> {
    let name = attachment.file_name.as_str();
    let place = match source.path() {
        Some(path) => FilePlace::Disk(
            std::path::absolute(path)
                .map_err(|e| ReadError::System { path: path.display().to_string(), source: e })
                .map_err(unreadable(name))?,
        ),
        None => {
            let whole = u32::try_from(source.size()).unwrap_or(u32::MAX);
            FilePlace::Stored(source.read(0, whole).await.map_err(unreadable(name))?)
        }
    };
    Ok(AttachedFile {
        handle,
        name: name.to_owned(),
        media_type: attachment.media_type.clone(),
        role: attachment.role.clone(),
        size: source.size(),
        sha256: digests.sha256(source).await.map_err(unreadable(name))?,
        place,
    })
}

/// Opens the files of a stored mail, each compared with its digest.
pub(super) async fn files(mail: &Mail, digests: &FileDigests) -> Result<Files, FileError> {
    let mut files = Files::default();
    for file in &mail.mail.files {
        let source = match &file.place {
            FilePlace::Disk(path) => AttachmentSource::from_file(path).map_err(unreadable(&file.name))?,
            FilePlace::Stored(content) => AttachmentSource::from_bytes(content.as_slice()),
        };
        if digests.sha256(&source).await.map_err(unreadable(&file.name))? != file.sha256 {
            return Err(FileError::Changed { name: file.name.clone() });
        }
        files.insert(file.handle, source);
    }
    Ok(files)
}

/// Returns the chunks of a stored mail.
pub(super) fn chunks(mail: &Mail) -> Vec<Chunk> {
    let chunk = |piece: &Piece| match piece {
        Piece::Text(text) => Chunk::Text(text.clone()),
        Piece::File(handle) => Chunk::Attachment(*handle),
        Piece::Raw(handle) => Chunk::Raw(*handle),
    };
    mail.mail.message.pieces.iter().map(chunk).collect()
}

/// Makes a stored mail ready to leave.
pub(super) fn outgoing(mail: &Mail, files: &Files) -> composing::OutgoingMail {
    let message = &mail.mail.message;
    composing::OutgoingMail {
        message_id: message.message_id.clone(),
        envelope: composing::Envelope {
            mail_from: message.mail_from.clone(),
            recipients: message.rcpt_to.clone(),
        },
        chunks: chunks(mail),
        files: files.sizes().map(|(file, size)| composing::FileSize { file, size }).collect(),
        size: u32::try_from(message.size).unwrap_or(u32::MAX),
        needs_smtputf8: message.needs_smtputf8,
    }
}

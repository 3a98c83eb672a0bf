//! Answers and forwards from a mailbox. A letter is composed from the message as it is on its server, and goes through the outbox as any
//! mail does: stored first, sent by attempts, its copy filed in Sent. The original is marked when the letter was asked for.

use super::MailboxAccess;
use crate::app::{AppError, MailContent, Session, no_files, now};
use crate::engine::Files;
use crate::outbox::{Keeping, LetterParts, letter, opened_file};
use data_encoding::HEXLOWER;
use postroom_contract::attachments::Attachment;
use postroom_contract::composing::Message;
use postroom_contract::letters::{CarriedFile, CarriedPart, DraftLetter, DraftRequest, Letter, LetterKind};
use postroom_contract::reading::ReadableMessage;
use postroom_contract::recipients::Field;
use postroom_contract::types::Address;
use postroom_model::{MailAddress, Transport};
use postroom_store::{Enqueued, MailId, MailboxMessage, Order, Party, Recipient};
use postroom_transport::attachments::AttachmentSource;
use postroom_transport::imap::Mailboxes as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;

/// Bytes of everything that travels with a mail, by the plugin's rule: more of the original is not even fetched.
const MOST: u64 = 25_000_000;

/// The words of a person about a message, and the choices around them.
#[derive(Debug, Clone)]
pub struct LetterRequest {
    /// Answer or forward.
    pub kind: LetterKind,
    /// The words.
    pub body: String,
    /// Subject; none: that of the original, with a prefix.
    pub subject: Option<String>,
    /// Lists of addresses as typed, in place of those that an answer goes to.
    pub to: Vec<String>,
    /// Lists of addresses for Cc, besides those that an answer goes to.
    pub cc: Vec<String>,
    /// Lists of addresses for Bcc.
    pub bcc: Vec<String>,
    /// Files to attach.
    pub attach: Vec<PathBuf>,
    /// Leaves the files of the original where they are.
    pub without_files: bool,
    /// From; none: the user's address for the account.
    pub sender: Option<MailAddress>,
    /// Language of what introduces the quote, BCP 47; none: the company's.
    pub language: Option<String>,
}

/// The people who get a letter.
#[derive(Debug, Clone, Default)]
pub struct LetterPeople {
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc.
    pub bcc: Vec<Address>,
}

/// A letter that is composed, and not stored yet.
#[derive(Debug)]
pub struct PreparedLetter {
    /// Its identity.
    pub id: MailId,
    /// Answer or forward.
    pub kind: LetterKind,
    /// The message.
    pub message: Message,
    /// Who gets it.
    pub people: LetterPeople,
    /// Its files: those of the original, then the added ones.
    pub files: Vec<(Attachment, AttachmentSource)>,
    revision: String,
}

fn use_case(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::New => "new",
        LetterKind::Reply => "reply",
        LetterKind::ReplyAll => "reply-all",
        LetterKind::Forward => "forward",
    }
}

impl Session {
    /// Composes an answer to a message, or a forward of it, as the account of this session, whose mailbox it came to. Stores nothing.
    ///
    /// # Errors
    /// [`AppError::UnusableAddresses`] for what was typed as an address and is none, [`AppError::Draft`] for a field of the letter,
    /// [`AppError::Mailbox`] where the server does not give the message or a file of it.
    pub async fn prepare_letter(
        &self,
        mailboxes: &MailboxAccess,
        of: &MailboxMessage,
        request: &LetterRequest,
    ) -> Result<PreparedLetter, AppError> {
        self.refuse_other_ways()?;
        let settings = self.letter_settings(request)?;
        let typed = MailContent {
            to: request.to.clone(),
            cc: request.cc.clone(),
            bcc: request.bcc.clone(),
            ..MailContent::default()
        };
        typed.refuse_unusable(&self.plugin).await?;
        let original = mailboxes.read(&self.plugin, of).await?;
        let draft = self.draft_letter(&original, request, &settings).await?;
        let people = self.people(&draft, request).await?;
        let carried = if request.without_files { Vec::new() } else { draft.carried };
        let mut files = fetched(mailboxes, of, &carried).await?;
        for path in &request.attach {
            files.push(opened_file(path, "added")?);
        }
        let mut in_hand = Files::default();
        for (attachment, source) in &mut files {
            attachment.handle = in_hand.add(source.clone());
        }
        let id = MailId::new();
        let account = &self.account;
        let content_ids = carried.iter().map(|part| part.content_id.clone());
        let (of_original, added) = files.split_at_checked(carried.len()).unwrap_or((&files, &[]));
        let carried = of_original.iter().zip(content_ids).map(|((file, _), content_id)| CarriedFile {
            handle: file.handle,
            file_name: file.file_name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            content_id,
        });
        let composed = Letter {
            id: id.to_string(),
            now: now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            kind: request.kind,
            original: Some(original),
            language: request.language.clone(),
            settings,
            sender: Address {
                name: account.display_name.as_ref().map(ToString::to_string),
                address: account.address.to_string(),
            },
            to: people.to.clone(),
            cc: people.cc.clone(),
            bcc: people.bcc.clone(),
            reply_to: draft.reply_to,
            subject: request.subject.clone().unwrap_or(draft.subject),
            body: request.body.clone(),
            in_reply_to: draft.in_reply_to,
            references: draft.references,
            attachments: added.iter().map(|(file, _)| file.clone()).collect(),
            carried: carried.collect(),
        };
        let revision = self.revision(of, &composed, &files).await?;
        let message = self.plugin.compose_letter(&in_hand, &composed).await?;
        let message = message.map_err(crate::outbox::DraftError::from)?;
        if message.mail.envelope.recipients.is_empty() {
            return Err(AppError::Input("to: the letter has no recipient".to_owned()));
        }
        Ok(PreparedLetter { id, kind: request.kind, message, people, files, revision })
    }

    /// Puts a letter into the outbox. The same words about the same message to the same people are one mail, however often they are
    /// asked for, unless the order says otherwise.
    pub async fn enqueue_letter(
        &self,
        prepared: &PreparedLetter,
        order: &Order,
    ) -> Result<Enqueued, AppError> {
        let parts = LetterParts {
            use_case: use_case(prepared.kind),
            recipients: self.recipients(&prepared.people),
            files: &prepared.files,
            revision: prepared.revision.clone(),
        };
        let keeping = Keeping::letter(prepared.id, self.account.id, now());
        let digests = self.connections.file_digests();
        let new = letter(&prepared.message, parts, keeping, digests).await;
        let new = new.map_err(|e| AppError::Input(e.to_string()))?;
        let enqueued = self.user_store().enqueue(&[new], order).await?;
        Ok(enqueued.into_iter().next().unwrap_or(Enqueued::New(prepared.id)))
    }

    /// Marks a message as answered or forwarded in each of its places. One that was moved or removed meanwhile is not followed.
    pub async fn mark_answered(
        &self,
        mailboxes: &MailboxAccess,
        of: &MailboxMessage,
        kind: LetterKind,
    ) -> Result<(), AppError> {
        let flag = [match kind {
            LetterKind::Forward => "$Forwarded".to_owned(),
            _ => "\\Answered".to_owned(),
        }];
        let server = mailboxes.server(of.account).await?;
        for place in &of.places {
            let uids = [place.uid];
            let imap = self.connections.imap();
            let marked = imap.set_flags(&server, &place.name, place.uid_validity, &uids, &flag, &[]).await;
            match marked {
                Err(error) if !error.is_gone() => return Err(AppError::Mailbox(error.into())),
                _ => {}
            }
        }
        Ok(())
    }

    /// Refuses accounts whose mail leaves by another way than this program's own submission for them.
    fn refuse_other_ways(&self) -> Result<(), AppError> {
        let name = &self.account.name;
        match &self.account.transport {
            Transport::MailClient => Err(AppError::Refused(format!(
                "mail of the account \"{name}\" is sent by the user's own mail program: answer there"
            ))),
            Transport::Platform(_) => Err(AppError::Refused(format!(
                "the account \"{name}\" sends documents from the platform, and no letters"
            ))),
            _ => Ok(()),
        }
    }

    /// Returns the settings for a letter, with the address that it is sent from.
    fn letter_settings(&self, request: &LetterRequest) -> Result<String, AppError> {
        let Some(sender) = &request.sender else { return Ok(self.plugin_settings.clone()) };
        if !self.own_addresses().iter().any(|own| own.eq_ignore_ascii_case(&sender.to_string())) {
            let message = format!(
                "as: the account \"{}\" does not send as {sender}; its addresses are {}",
                self.account.name,
                self.own_addresses().join(", ")
            );
            return Err(AppError::Input(message));
        }
        let mut settings: Value = serde_json::from_str(&self.plugin_settings)
            .map_err(|e| AppError::Internal(format!("the settings are no JSON: {e}")))?;
        if let Some(user) = settings.get_mut("user").and_then(Value::as_object_mut) {
            user.insert("email".to_owned(), sender.to_string().into());
        }
        Ok(settings.to_string())
    }

    /// Lists the addresses that the account's mail is sent from.
    fn own_addresses(&self) -> Vec<String> {
        let account = &self.account;
        let others = account.send_as.iter().map(|other| &other.address);
        let all = std::iter::once(&account.address).chain(others).chain(&self.settings.address);
        let mut all: Vec<String> = all.map(ToString::to_string).collect();
        all.dedup();
        all
    }

    async fn draft_letter(
        &self,
        original: &ReadableMessage,
        request: &LetterRequest,
        settings: &str,
    ) -> Result<DraftLetter, AppError> {
        let of = DraftRequest {
            kind: request.kind,
            original: Some(original.clone()),
            own_addresses: self.own_addresses(),
            language: request.language.clone(),
            settings: settings.to_owned(),
        };
        let draft = self.plugin.draft_letter(&no_files(), &of).await?;
        draft.map_err(|fault| AppError::Draft(crate::outbox::DraftError::Argument(fault)))
    }

    /// Puts what was typed in the place of what an answer begins with, or beside it. Each address is named once.
    async fn people(&self, draft: &DraftLetter, request: &LetterRequest) -> Result<LetterPeople, AppError> {
        let mut people = LetterPeople::default();
        let mut seen: Vec<String> = Vec::new();
        for (field, typed, drafted, list) in [
            (Field::To, &request.to, &draft.to, &mut people.to),
            (Field::Cc, &request.cc, &draft.cc, &mut people.cc),
            (Field::Bcc, &request.bcc, &draft.bcc, &mut people.bcc),
        ] {
            let typed = self.parsed(field, typed).await?;
            let replaces = field == Field::To && !typed.is_empty();
            let drafted = drafted.iter().filter(|_| !replaces).cloned();
            for address in drafted.chain(typed) {
                let key = address.address.to_lowercase();
                if !seen.contains(&key) {
                    seen.push(key);
                    list.push(address);
                }
            }
        }
        Ok(people)
    }

    async fn parsed(&self, field: Field, texts: &[String]) -> Result<Vec<Address>, AppError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.plugin.parse_addresses(&no_files(), &texts.join("\n"), field).await?.addresses)
    }

    /// Lists the recipients for the store, the user's own copy marked.
    fn recipients(&self, people: &LetterPeople) -> Vec<Recipient> {
        let own = self.user.address.to_string();
        let mut all = Vec::new();
        for (field, list) in [("to", &people.to), ("cc", &people.cc), ("bcc", &people.bcc)] {
            all.extend(list.iter().map(|it| {
                let party = Party { name: it.name.clone(), address: it.address.clone() };
                let is_own_copy = field == "bcc" && it.address.eq_ignore_ascii_case(&own);
                Recipient { is_own_copy, ..Recipient::new(field, party) }
            }));
        }
        all
    }

    /// Computes a digest of what a person asked for: their words, the message that these are about, and the files.
    async fn revision(
        &self,
        of: &MailboxMessage,
        letter: &Letter,
        files: &[(Attachment, AttachmentSource)],
    ) -> Result<String, AppError> {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        let (account, original) = (self.account.id.to_string(), of.id.to_string());
        for part in [&account, &original, &letter.subject, &letter.body] {
            add(part.as_bytes());
        }
        for (attachment, source) in files {
            let digest = self.connections.file_digests().sha256(source).await;
            let digest = digest.map_err(|e| AppError::Input(format!("{}: {e}", attachment.file_name)))?;
            add(attachment.file_name.as_bytes());
            add(&digest);
        }
        let digest = hash.finalize();
        Ok(HEXLOWER.encode(digest.get(..16).unwrap_or(&digest)))
    }
}

/// Fetches the files of the original that travel. What is too much together is refused before anything is fetched.
async fn fetched(
    mailboxes: &MailboxAccess,
    of: &MailboxMessage,
    parts: &[CarriedPart],
) -> Result<Vec<(Attachment, AttachmentSource)>, AppError> {
    let size: u64 = parts.iter().map(|part| u64::from(part.size)).sum();
    if size > MOST {
        return Err(AppError::Input(format!(
            "the files of the message have {size} bytes together, and at most {MOST} can travel: pass it on without them"
        )));
    }
    let mut files = Vec::with_capacity(parts.len());
    for part in parts {
        let source = mailboxes.file(of, &part.part).await?;
        let attachment = Attachment {
            handle: 0,
            file_name: part.file_name.clone(),
            media_type: part.media_type.clone(),
            size: u32::try_from(source.size()).unwrap_or(u32::MAX),
            role: "added".to_owned(),
        };
        files.push((attachment, source));
    }
    Ok(files)
}

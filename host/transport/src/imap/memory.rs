//! Mailboxes in memory, for tests and demonstrations: they store messages, and respond as a server would.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset, NaiveDate};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use super::account::Account;
use super::criteria;
use super::failure::{Failure, MailboxError, ProbeReport, ProbeStep, Server, Stage};
use super::flags::flags;
use super::header;
use super::mailbox::{
    Criterion, Envelope, Filed, Filing, Folder, FolderState, Headers, Matches, Part, Place,
};
use super::part::Decoder;
use super::{BoxFuture, LARGEST_SLICE, MOST_MESSAGES, MOST_PARTS, MailboxFuture, Mailboxes};
use crate::attachments::{AttachmentSource, MessageReader};

/// The UIDVALIDITY of every folder.
const UID_VALIDITY: u32 = 1;

/// Stores mailboxes in memory, one for each name of an account.
#[derive(Debug, Default)]
pub struct MemoryMailboxes {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<String, BTreeMap<String, MemoryFolder>>,
    next: Vec<MailboxError>,
}

/// A folder.
#[derive(Debug, Default)]
struct MemoryFolder {
    special_use: Option<String>,
    messages: BTreeMap<u32, Mail>,
    last: u32,
    changes: u64,
}

#[derive(Debug, Clone)]
struct Mail {
    bytes: Vec<u8>,
    flags: Vec<String>,
    received: DateTime<FixedOffset>,
    changed: u64,
}

impl MemoryFolder {
    fn add(&mut self, bytes: Vec<u8>, flags: Vec<String>, received: DateTime<FixedOffset>) -> u32 {
        self.last += 1;
        self.changes += 1;
        self.messages.insert(self.last, Mail { bytes, flags, received, changed: self.changes });
        self.last
    }
}

impl MemoryMailboxes {
    /// Creates an empty INBOX and `Sent` for every account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a folder; with a use, where it has one.
    pub fn make_folder(&self, account: &str, folder: &str, special_use: Option<&str>) {
        let mut state = self.lock();
        state.account(account).entry(folder.to_owned()).or_default().special_use =
            special_use.map(str::to_owned);
    }

    /// Removes a folder.
    pub fn remove_folder(&self, account: &str, folder: &str) {
        self.lock().account(account).remove(folder);
    }

    /// Adds a message to a folder, which is created if need be, and returns its uid.
    pub fn deliver(
        &self,
        account: &str,
        folder: &str,
        message: impl Into<Vec<u8>>,
        received: DateTime<FixedOffset>,
    ) -> u32 {
        let mut state = self.lock();
        let folder = state.account(account).entry(folder.to_owned()).or_default();
        folder.add(message.into(), Vec::new(), received)
    }

    /// Returns the messages of a folder with their flags, oldest first.
    pub fn messages(&self, account: &str, folder: &str) -> Vec<(Vec<u8>, Vec<String>)> {
        let mut state = self.lock();
        let Some(folder) = state.account(account).get(folder) else { return Vec::new() };
        folder.messages.values().map(|mail| (mail.bytes.clone(), mail.flags.clone())).collect()
    }

    /// Fails the next request with this error; called again, the ones after it.
    pub fn fail_next(&self, error: MailboxError) {
        self.lock().next.push(error);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers from a folder, unless the next question is to fail.
    fn with_folder<T>(
        &self,
        account: &Account,
        folder: &str,
        uid_validity: Option<u32>,
        answer: impl FnOnce(&mut MemoryFolder) -> Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        let mut state = self.lock();
        state.fail()?;
        let folder = state.account(&account.name).get_mut(folder).ok_or(MailboxError::NoSuchFolder)?;
        if uid_validity.is_some_and(|known| known != UID_VALIDITY) {
            return Err(MailboxError::UidValidityChanged(UID_VALIDITY));
        }
        answer(folder)
    }

    async fn append(
        &self,
        account: &Account,
        folder: &str,
        messages: &[Filing],
    ) -> Result<Vec<Filed>, MailboxError> {
        let server = Server::of(account);
        self.with_folder(account, folder, None, |_| Ok(()))?;
        let mut results = Vec::new();
        for message in messages {
            results.push(match read(message, &server).await {
                Err(failure) => Filed::Refused(failure),
                Ok(bytes) => self.with_folder(account, folder, None, |stored| {
                    let uid = stored.add(bytes, message.flags.clone(), message.received);
                    Ok(Filed::Stored(Some(place(folder, uid))))
                })?,
            });
        }
        Ok(results)
    }
}

impl State {
    fn account(&mut self, name: &str) -> &mut BTreeMap<String, MemoryFolder> {
        self.accounts.entry(name.to_owned()).or_insert_with(|| {
            let sent = MemoryFolder { special_use: Some("sent".to_owned()), ..MemoryFolder::default() };
            BTreeMap::from([("INBOX".to_owned(), MemoryFolder::default()), ("Sent".to_owned(), sent)])
        })
    }

    fn fail(&mut self) -> Result<(), MailboxError> {
        if self.next.is_empty() { Ok(()) } else { Err(self.next.remove(0)) }
    }
}

async fn read(message: &Filing, server: &Server) -> Result<Vec<u8>, Failure> {
    flags(&message.flags).map_err(|reason| server.ruled_out(reason))?;
    let mut bytes = Vec::new();
    let mut reader = MessageReader::new(&message.chunks);
    while reader.next(&mut bytes).await.map_err(|error| server.ruled_out(error))? {}
    Ok(bytes)
}

fn place(folder: &str, uid: u32) -> Place {
    Place { folder: folder.to_owned(), uid_validity: UID_VALIDITY, uid }
}

fn envelope(uid: u32, mail: &Mail) -> Envelope {
    let mut envelope = header::envelope(uid, mail.received, &mail.bytes);
    envelope.flags.clone_from(&mail.flags);
    envelope.size = mail.bytes.len() as u64;
    let message = MessageParser::default().parse(&mail.bytes);
    envelope.parts = message.iter().flat_map(leaves).map(|(part, _)| part).collect();
    envelope
}

/// The parts of a message that are no multiparts, each with its number in the parser.
fn leaves(message: &Message<'_>) -> Vec<(Part, u32)> {
    let mut leaves = Vec::new();
    walk(message, 0, "", 0, &mut leaves);
    leaves
}

fn walk(message: &Message<'_>, part: u32, section: &str, depth: usize, leaves: &mut Vec<(Part, u32)>) {
    let Some(found) = message.part(part).filter(|_| depth < 30 && leaves.len() < MOST_PARTS) else { return };
    if let PartType::Multipart(children) = &found.body {
        for (number, child) in children.iter().enumerate() {
            let dot = if section.is_empty() { "" } else { "." };
            walk(message, *child, &format!("{section}{dot}{}", number + 1), depth + 1, leaves);
        }
        return;
    }
    let media = found.content_type();
    let media_type = media.map_or_else(
        || "text/plain".to_owned(),
        |media| format!("{}/{}", media.ctype(), media.subtype().unwrap_or("plain")).to_ascii_lowercase(),
    );
    let part_of = Part {
        section: if section.is_empty() { "1".to_owned() } else { section.to_owned() },
        media_type,
        file_name: found.attachment_name().map(str::to_owned),
        disposition: found.content_disposition().map(|value| value.ctype().to_ascii_lowercase()),
        content_id: found.content_id().map(str::to_owned),
        size: u64::from(found.raw_end_offset().saturating_sub(found.raw_body_offset())),
    };
    leaves.push((part_of, part));
}

fn decoded(mail: &Mail, section: &str) -> Option<Vec<u8>> {
    let message = MessageParser::default().parse(&mail.bytes)?;
    let (_, number) = leaves(&message).into_iter().find(|(part, _)| part.section == section)?;
    let part = message.part(number)?;
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let encoding = part.content_transfer_encoding().unwrap_or_default().trim().to_ascii_lowercase();
    let mut decoder = Decoder::of(&encoding);
    let mut bytes = Vec::new();
    decoder.push(mail.bytes.get(range)?, &mut bytes);
    decoder.finish(&mut bytes);
    Some(bytes)
}

/// Returns whether a message meets a criterion.
fn meets(uid: u32, mail: &Mail, criterion: &Criterion) -> bool {
    let envelope = || header::envelope(uid, mail.received, &mail.bytes);
    let fields = || header::fields(&mail.bytes);
    let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let stands = |names: &[&str], texts: &[String]| {
        fields().iter().any(|(name, value)| {
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
                && texts.iter().any(|text| contains(value, text))
        })
    };
    let body = || {
        let message = MessageParser::default().parse(&mail.bytes);
        let texts = message.iter().flat_map(|message| message.parts.iter());
        texts.filter_map(|part| part.text_contents().map(str::to_owned)).collect::<Vec<_>>().join("\n")
    };
    let day = |day: &NaiveDate| mail.received.date_naive() >= *day;
    match criterion {
        Criterion::Address(all) => stands(&["From", "To", "Cc", "Bcc", "Reply-To"], all),
        Criterion::Sender(all) => stands(&["From"], all),
        Criterion::Receiver(all) => stands(&["To", "Cc", "Bcc"], all),
        Criterion::Subject(text) => contains(&envelope().subject, text),
        Criterion::Body(text) => contains(&body(), text),
        Criterion::Text(text) => {
            contains(&body(), text) || fields().iter().any(|(_, value)| contains(value, text))
        }
        Criterion::MessageId(all) => stands(&["Message-ID"], all),
        Criterion::RefersTo(all) => stands(&["In-Reply-To", "References"], all),
        Criterion::Header(name, text) => stands(&[name], std::slice::from_ref(text)),
        Criterion::Since(since) => day(since),
        Criterion::Before(before) => !day(before),
        Criterion::Uids(first, last) => (*first..=*last).contains(&uid),
        Criterion::Flagged(flag) => mail.flags.iter().any(|known| known.eq_ignore_ascii_case(flag)),
        Criterion::Unflagged(flag) => !mail.flags.iter().any(|known| known.eq_ignore_ascii_case(flag)),
        Criterion::Larger(bytes) => mail.bytes.len() as u64 > *bytes,
        Criterion::ChangedSince(sequence) => mail.changed > *sequence,
    }
}

/// A future that is ready at once.
macro_rules! now {
    ($result:expr) => {
        Box::pin(async move { $result })
    };
}

impl Mailboxes for MemoryMailboxes {
    fn folders<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Vec<Folder>> {
        now!({
            let mut state = self.lock();
            state.fail()?;
            let folders = state.account(&account.name).iter();
            let folder = |(name, folder): (&String, &MemoryFolder)| Folder {
                name: name.clone(),
                delimiter: Some("/".to_owned()),
                special_use: if name == "INBOX" {
                    vec!["inbox".to_owned()]
                } else {
                    folder.special_use.iter().cloned().collect()
                },
                selectable: true,
            };
            Ok(folders.map(folder).collect())
        })
    }

    fn state<'a>(&'a self, account: &'a Account, folder: &'a str) -> MailboxFuture<'a, FolderState> {
        now!(self.with_folder(account, folder, None, |folder| {
            Ok(FolderState {
                uid_validity: UID_VALIDITY,
                uid_next: folder.last + 1,
                messages: u32::try_from(folder.messages.len()).unwrap_or(u32::MAX),
                highest_modseq: Some(folder.changes),
            })
        }))
    }

    fn search<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches> {
        now!(self.with_folder(account, folder, None, |folder| {
            criteria::search(criteria, before).map_err(|reason| Server::of(account).ruled_out(reason))?;
            let most = usize::try_from(limit).unwrap_or(MOST_MESSAGES).min(MOST_MESSAGES);
            let below = folder.messages.range(..before.unwrap_or(u32::MAX)).rev();
            let found =
                below.filter(|(uid, mail)| criteria.iter().all(|criterion| meets(**uid, mail, criterion)));
            let mut uids: Vec<u32> = found.map(|(uid, _)| *uid).take(most + 1).collect();
            let more = uids.len() > most;
            uids.truncate(most);
            Ok(Matches { uid_validity: UID_VALIDITY, uids, more })
        }))
    }

    fn fetch_envelopes<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<Envelope>> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            Ok(uids.iter().filter_map(|uid| Some(envelope(*uid, folder.messages.get(uid)?))).collect())
        }))
    }

    fn fetch_headers<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        names: &'a [String],
    ) -> MailboxFuture<'a, Vec<Headers>> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            let headers = |uid: &u32| {
                let mut fields = header::fields(&folder.messages.get(uid)?.bytes);
                fields.retain(|(name, _)| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
                Some(Headers { uid: *uid, fields })
            };
            Ok(uids.iter().filter_map(headers).collect())
        }))
    }

    fn fetch_message<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        offset: u64,
        length: u32,
    ) -> MailboxFuture<'a, Vec<u8>> {
        now!(self.with_folder(account, &at.folder, Some(at.uid_validity), |folder| {
            let mail = folder.messages.get(&at.uid).ok_or(MailboxError::NoSuchMessage)?;
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(mail.bytes.len());
            let to = from.saturating_add(length.min(LARGEST_SLICE) as usize).min(mail.bytes.len());
            Ok(mail.bytes.get(from..to).unwrap_or_default().to_vec())
        }))
    }

    fn fetch_part<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        section: &'a str,
    ) -> MailboxFuture<'a, AttachmentSource> {
        now!(self.with_folder(account, &at.folder, Some(at.uid_validity), |folder| {
            let mail = folder.messages.get(&at.uid).ok_or(MailboxError::NoSuchMessage)?;
            let none = || Server::of(account).ruled_out(format!("the message has no part {section}"));
            Ok(AttachmentSource::from_bytes(decoded(mail, section).ok_or_else(none)?))
        }))
    }

    fn append<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        messages: &'a [Filing],
    ) -> MailboxFuture<'a, Vec<Filed>> {
        Box::pin(self.append(account, folder, messages))
    }

    fn set_flags<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        add: &'a [String],
        remove: &'a [String],
    ) -> MailboxFuture<'a, ()> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            for names in [add, remove] {
                flags(names).map_err(|reason| Server::of(account).ruled_out(reason))?;
            }
            for uid in uids {
                folder.changes += 1;
                let changed = folder.changes;
                let Some(mail) = folder.messages.get_mut(uid) else { continue };
                mail.flags.retain(|flag| !remove.contains(flag) && !add.contains(flag));
                mail.flags.extend(add.iter().filter(|flag| !remove.contains(flag)).cloned());
                mail.changed = changed;
            }
            Ok(())
        }))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        now!({
            let mut state = self.lock();
            let failure = state.fail().err().map(|error| match error {
                MailboxError::Failed(failure) => failure,
                other => Server::of(account).ruled_out(other),
            });
            let detail = format!("{} is kept in memory", account.host);
            let steps = match failure {
                Some(_) => Vec::new(),
                None => vec![ProbeStep { stage: Stage::Connect, detail }],
            };
            ProbeReport { steps, failure, capabilities: vec!["IMAP4REV1".to_owned()] }
        })
    }
}

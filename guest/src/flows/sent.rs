//! The copy of a sent mail in the mailbox of its account: filing it, and finding it again (rule B7).

use crate::domain::compose::{Chunk, MessageId};
use crate::domain::sent::{Folder, SentAccount, places_to_look};
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeMap;

/// A mailbox on its server, as far as copies of sent mail need it. `E` is the port's own failure, passed on as it is.
pub trait Imap {
    /// Why a question has no answer.
    type Error;
    /// What became of one message of an `append`.
    type Filed;

    /// Lists all folders.
    ///
    /// # Errors
    /// The port's own.
    fn folders(&mut self, account: &str) -> Result<Vec<Folder>, Self::Error>;

    /// Finds messages of a folder that meet a criterion, newest first, at most `limit`.
    ///
    /// # Errors
    /// The port's own.
    fn search(
        &mut self,
        account: &str,
        folder: &str,
        criterion: Criterion<'_>,
        limit: u32,
    ) -> Result<Found, Self::Error>;

    /// Reads uid and Message-ID, with angle brackets, of messages; those that are gone are left out.
    ///
    /// # Errors
    /// The port's own.
    fn message_ids(
        &mut self,
        account: &str,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
    ) -> Result<Vec<(u32, Option<String>)>, Self::Error>;

    /// Files messages: one result each, in order.
    ///
    /// # Errors
    /// The port's own.
    fn append(
        &mut self,
        account: &str,
        folder: &str,
        messages: Vec<Filing>,
    ) -> Result<Vec<Self::Filed>, Self::Error>;

    /// True if the error means that the folder does not exist (any more).
    fn is_missing_folder(error: &Self::Error) -> bool;
}

/// A condition to search by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion<'a> {
    /// One of these stands in Message-ID; with angle brackets.
    MessageId(&'a [String]),
    /// A header field contains a text.
    Header(&'a str, &'a str),
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The folder's validity.
    pub uid_validity: u32,
    /// Newest first.
    pub uids: Vec<u32>,
}

/// A message to be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// The message.
    pub chunks: Vec<Chunk>,
    /// The message's size in bytes.
    pub size: u64,
    /// Flags to set.
    pub flags: &'static [&'static str],
    /// The received date to give it.
    pub received: String,
}

/// A copy as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCopy {
    /// The message, as submitted.
    pub chunks: Vec<Chunk>,
    /// The message's size in bytes.
    pub size: u64,
    /// When it was sent.
    pub at: DateTime<FixedOffset>,
}

/// The location of a message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Folder.
    pub folder: String,
    /// The folder's validity.
    pub uid_validity: u32,
    /// Uid.
    pub uid: u32,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentError<E> {
    /// The mailbox could not be asked.
    Imap(E),
    /// An argument is wrong: which, and what is wrong with it. Nothing was asked.
    Argument(String, String),
}

/// Most copies of one call, and most ids.
const MAX_COPIES: usize = 1_000;
const MAX_IDS: usize = 1_000;
/// Ids of one search: a command line stays well below what servers take.
const IDS_AT_ONCE: usize = 20;
/// What a search is asked for at the most; servers compare parts of Message-IDs, so there may be more than one each.
const MATCHES: u32 = 200;
/// Where Gmail keeps a Message-ID that it replaced.
const REPLACED_BY_GMAIL: &str = "X-Google-Original-Message-ID";

/// Appends copies to the folder, marked as seen, all in one command where the server can.
///
/// # Errors
/// [`SentError`]; what became of each message is in the answer.
pub fn file_sent<I: Imap>(
    account: &SentAccount,
    folder: &str,
    copies: Vec<SentCopy>,
    imap: &mut I,
) -> Result<Vec<I::Filed>, SentError<I::Error>> {
    let argument = |field: String, detail: &str| Err(SentError::Argument(field, detail.to_owned()));
    if folder.is_empty() {
        return argument("folder".into(), "no folder: ask `plan` which one it is");
    }
    if copies.len() > MAX_COPIES {
        return argument("copies".into(), "more than 1,000 at once");
    }
    for (index, copy) in copies.iter().enumerate() {
        if copy.chunks.is_empty() || copy.size == 0 {
            return argument(format!("copies[{index}]"), "the message is empty");
        }
    }
    if copies.is_empty() {
        return Ok(Vec::new());
    }
    let filings = copies.into_iter().map(|copy| Filing {
        chunks: copy.chunks,
        size: copy.size,
        flags: &["\\Seen"],
        received: copy.at.to_rfc3339(),
    });
    imap.append(&account.name, folder, filings.collect()).map_err(SentError::Imap)
}

/// Finds messages by Message-ID: in the sent folder, and wherever else the provider may have put them.
///
/// # Errors
/// [`SentError`]. A folder that went meanwhile is none.
pub fn find_sent<I: Imap>(
    account: &SentAccount,
    message_ids: &[String],
    imap: &mut I,
) -> Result<Vec<Option<Place>>, SentError<I::Error>> {
    let ids = read_ids(message_ids).map_err(|(field, detail)| SentError::Argument(field, detail))?;
    let mut found: BTreeMap<&str, Place> = BTreeMap::new();
    if !ids.is_empty() {
        let folders = imap.folders(&account.name).map_err(SentError::Imap)?;
        for folder in places_to_look(account, &folders) {
            search_folder(account, folder, &ids, &mut found, imap)?;
            if ids.iter().all(|id| found.contains_key(id.as_str())) {
                break;
            }
        }
    }
    Ok(ids.iter().map(|id| found.get(id.as_str()).cloned()).collect())
}

fn read_ids(message_ids: &[String]) -> Result<Vec<String>, (String, String)> {
    if message_ids.len() > MAX_IDS {
        return Err(("message-ids".into(), format!("more than {MAX_IDS} at once")));
    }
    let numbered = message_ids.iter().enumerate();
    let read = numbered.map(|(index, id)| {
        let read = MessageId::parse(id).map_err(|e| (format!("message-ids[{index}]"), e.to_string()))?;
        Ok(read.to_string())
    });
    read.collect()
}

fn search_folder<'i, I: Imap>(
    account: &SentAccount,
    folder: &str,
    ids: &'i [String],
    found: &mut BTreeMap<&'i str, Place>,
    imap: &mut I,
) -> Result<(), SentError<I::Error>> {
    let open: Vec<String> = ids.iter().filter(|id| !found.contains_key(id.as_str())).cloned().collect();
    let place = |uid_validity, uid| Place { folder: folder.to_owned(), uid_validity, uid };
    for some in open.chunks(IDS_AT_ONCE) {
        let Some(matches) = if_folder_exists::<I, _>(imap.search(
            &account.name,
            folder,
            Criterion::MessageId(some),
            MATCHES,
        ))?
        else {
            return Ok(());
        };
        if matches.uids.is_empty() {
            continue;
        }
        let read = imap.message_ids(&account.name, folder, matches.uid_validity, &matches.uids);
        for (uid, id) in if_folder_exists::<I, _>(read)?.unwrap_or_default() {
            let Some(id) = id.as_deref().map(str::trim) else { continue };
            // The search compares parts: the whole is compared here.
            if let Some(known) = ids.iter().find(|known| known.as_str() == id) {
                found.entry(known).or_insert_with(|| place(matches.uid_validity, uid));
            }
        }
    }
    if account.provider.as_deref() != Some("gmail") {
        return Ok(());
    }
    for id in ids {
        if found.contains_key(id.as_str()) {
            continue;
        }
        let criterion = Criterion::Header(REPLACED_BY_GMAIL, id.trim_matches(['<', '>']));
        let Some(matches) = if_folder_exists::<I, _>(imap.search(&account.name, folder, criterion, 1))?
        else {
            return Ok(());
        };
        if let Some(uid) = matches.uids.first() {
            found.insert(id, place(matches.uid_validity, *uid));
        }
    }
    Ok(())
}

/// Turns the error for a folder that went since the folders were listed into none.
fn if_folder_exists<I: Imap, T>(answer: Result<T, I::Error>) -> Result<Option<T>, SentError<I::Error>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if I::is_missing_folder(&error) => Ok(None),
        Err(error) => Err(SentError::Imap(error)),
    }
}

#[cfg(test)]
#[path = "sent_tests.rs"]
mod tests;

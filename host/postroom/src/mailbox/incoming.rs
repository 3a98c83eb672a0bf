//! What came in, read once: bounces, receipts, automatic and real answers become events of the mail that they are about.

use super::error::SyncError;
use super::folder::Indexing;
use crate::inbound::{IntakeError, ReportIntake};
use chrono::{DateTime, FixedOffset};
use postroom_store::{MailboxLease, PlacedMessage, SystemStore};
use postroom_transport::imap::SyncSession;
use postroom_transport::imap::{LARGEST_SLICE, MailboxError, Place};

/// Messages that are read between two looks at the folders.
const MOST: u32 = 100;
/// Bytes of a message that are fetched to tell what it is: reports are small, and an answer stands at its beginning.
const BYTES: u64 = 1 << 20;
/// The kind of a message that can't be read: it is not tried again at every look.
const UNREADABLE: &str = "unreadable";
/// The words by which Exchange replaces a message that it can't give (RFC 3501 has no such answer): never a person's mail.
const EXCHANGE_PLACEHOLDER: &str = "Retrieval using the IMAP4 protocol failed for the following message";

/// Reads new messages of a mailbox.
pub struct IncomingMessages<'a> {
    /// The index.
    pub store: &'a SystemStore,
    /// The lease of the mailbox.
    pub lease: &'a MailboxLease,
    /// What finds the mail that a message is about.
    pub intake: &'a ReportIntake<'a>,
    /// The time of the look.
    pub now: DateTime<FixedOffset>,
}

/// The result of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IncomingResult {
    /// Messages that were read.
    pub read: u64,
    /// Those of them that are about a mail of ours.
    pub matched: u64,
}

impl std::ops::AddAssign for IncomingResult {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.matched += other.matched;
    }
}

impl IncomingMessages<'_> {
    /// Reads the messages that were not yet, newest first.
    pub async fn take(&self, session: &mut dyn SyncSession) -> Result<IncomingResult, SyncError> {
        let mut result = IncomingResult::default();
        for message in self.store.unclassified(self.lease.account(), MOST).await? {
            match self.take_one(session, &message).await {
                Ok(matched) => {
                    result.read += 1;
                    result.matched += u64::from(matched);
                }
                // It was moved or deleted meanwhile: the next look has its new place, if there is one.
                Err(SyncError::Mailbox(
                    MailboxError::NoSuchMessage
                    | MailboxError::UidValidityChanged(_)
                    | MailboxError::NoSuchFolder,
                )) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(result)
    }

    async fn take_one(&self, session: &mut dyn SyncSession, of: &PlacedMessage) -> Result<bool, SyncError> {
        let raw = fetch(session, of, BYTES).await?;
        if is_placeholder(&raw) {
            self.store.set_kind(self.lease, of.id, UNREADABLE, true).await?;
            tracing::warn!(message = %of.id, "the server gives another text in place of this message");
            return Ok(false);
        }
        let (kind, matched) = match self.intake.take(raw, self.now).await {
            Ok(taken) => (taken.report.kind.clone(), taken.matched.is_some()),
            Err(IntakeError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(message = %of.id, "a message can't be classified: {error}");
                (UNREADABLE.to_owned(), false)
            }
        };
        let is_quiet = kind != "ordinary" && kind != UNREADABLE;
        self.store.set_kind(self.lease, of.id, &kind, is_quiet).await?;
        Ok(matched)
    }
}

/// Indexes the words of bodies, newest message first, where the account allows that. Returns how many.
pub(super) async fn index_bodies(
    session: &mut dyn SyncSession,
    store: &SystemStore,
    lease: &MailboxLease,
    indexing: &dyn Indexing,
) -> Result<u64, SyncError> {
    let mut done = 0;
    for message in store.without_body(lease.account(), MOST).await? {
        let raw = match fetch(session, &message, BYTES).await {
            Ok(raw) => raw,
            Err(SyncError::Mailbox(
                MailboxError::NoSuchMessage
                | MailboxError::UidValidityChanged(_)
                | MailboxError::NoSuchFolder,
            )) => continue,
            Err(error) => return Err(error),
        };
        let text = indexing.text(raw).await?;
        store.record_body(lease, message.id, &text).await?;
        done += 1;
    }
    Ok(done)
}

/// Fetches the beginning of a message.
pub(super) async fn fetch(
    session: &mut dyn SyncSession,
    of: &PlacedMessage,
    most: u64,
) -> Result<Vec<u8>, SyncError> {
    let at = Place { folder: of.name.clone(), uid_validity: of.uid_validity, uid: of.uid };
    let mut raw = Vec::new();
    while (raw.len() as u64) < most {
        let piece = session.message(&at, raw.len() as u64, LARGEST_SLICE).await?;
        let is_last = piece.len() < LARGEST_SLICE as usize;
        raw.extend(piece);
        if is_last {
            break;
        }
    }
    Ok(raw)
}

fn is_placeholder(raw: &[u8]) -> bool {
    let beginning = raw.get(..raw.len().min(8 << 10)).unwrap_or_default();
    String::from_utf8_lossy(beginning).contains(EXCHANGE_PLACEHOLDER)
}

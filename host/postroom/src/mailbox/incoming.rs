//! What came in, read once: bounces, receipts, automatic and real answers become events of the mail that they are about.

use super::error::SyncError;
use super::folder::{Indexing, is_of_the_answer};
use crate::inbound::{IntakeError, ReportIntake};
use chrono::{DateTime, FixedOffset};
use postroom_model::IndexedMessageId;
use postroom_store::{MailboxLease, PlacedMessage, SystemStore};
use postroom_transport::imap::SyncSession;
use postroom_transport::imap::{LARGEST_SLICE, Place};
use std::collections::BTreeSet;

/// Messages that are read between two looks at the folders.
const MOST: u32 = 100;
/// Messages that are passed over at the most because they were not at their place.
const MOST_GONE: u32 = 5_000;
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
    /// Reads the messages that were not yet, newest first. What can't be read is marked as such: it must not hold up what comes after it.
    /// `gone` has those that were not at their place when they were asked for: a later look may find their new one.
    pub async fn take(
        &self,
        session: &mut dyn SyncSession,
        gone: &mut BTreeSet<IndexedMessageId>,
    ) -> Result<IncomingResult, SyncError> {
        let mut result = IncomingResult::default();
        let limit = MOST + u32::try_from(gone.len()).unwrap_or(MOST).min(MOST_GONE);
        for message in self.store.unclassified(self.lease.account(), limit).await? {
            if gone.contains(&message.id) {
                continue;
            }
            match self.take_one(session, &message).await {
                Ok(matched) => {
                    result.read += 1;
                    result.matched += u64::from(matched);
                }
                Err(SyncError::Mailbox(error)) if error.is_gone() => {
                    gone.insert(message.id);
                }
                Err(SyncError::Mailbox(error)) if is_of_the_answer(&error) => {
                    session.reopen().await?;
                    tracing::warn!(message = %message.id, "a message can't be fetched: {error}");
                    self.store.set_kind(self.lease, message.id, UNREADABLE, false).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(result)
    }

    async fn take_one(&self, session: &mut dyn SyncSession, of: &PlacedMessage) -> Result<bool, SyncError> {
        let raw = fetch(session, of, BYTES).await?;
        if is_placeholder(&raw) {
            self.store.set_kind(self.lease, of.id, UNREADABLE, false).await?;
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
        let text = match fetch(session, &message, BYTES).await {
            Ok(raw) => indexing.text(raw).await,
            Err(SyncError::Mailbox(error)) if error.is_gone() => Ok(String::new()),
            Err(SyncError::Mailbox(error)) if is_of_the_answer(&error) => {
                session.reopen().await?;
                Ok(String::new())
            }
            Err(error) => Err(error),
        };
        // One that can't be read has no words to be found by, and must not hold up the others.
        let text = match text {
            Err(error @ (SyncError::Engine(_) | SyncError::Plugin(_))) => {
                tracing::warn!(message = %message.id, "the text of a message can't be read: {error}");
                String::new()
            }
            text => text?,
        };
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

/// Returns true if the body of a message begins with the words by which Exchange replaces one. A person who quotes them is a person.
fn is_placeholder(raw: &[u8]) -> bool {
    let body = raw.windows(4).position(|window| window == b"\r\n\r\n").and_then(|at| raw.get(at + 4..));
    let words = EXCHANGE_PLACEHOLDER.as_bytes();
    body.is_some_and(|body| body.trim_ascii_start().starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_body_that_begins_with_exchanges_words_is_no_message() {
        let placeholder = format!("Subject: x\r\n\r\n{EXCHANGE_PLACEHOLDER}\r\n");
        let quoted = format!("Subject: x\r\n\r\nWe see this:\r\n> {EXCHANGE_PLACEHOLDER}\r\n");
        assert!(is_placeholder(placeholder.as_bytes()));
        assert!(!is_placeholder(quoted.as_bytes()));
        assert!(!is_placeholder(EXCHANGE_PLACEHOLDER.as_bytes()));
    }
}

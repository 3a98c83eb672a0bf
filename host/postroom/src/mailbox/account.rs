//! One mailbox: its folders in turn, its incoming, and the wait for more. One program follows a mailbox at a time, by a lease in the store.

use super::error::SyncError;
use super::folder::{FolderResult, FolderSync, Indexing, is_of_the_answer};
use super::incoming::{IncomingMessages, IncomingResult, index_bodies};
use crate::inbound::ReportIntake;
use chrono::{DateTime, FixedOffset, TimeDelta};
use postroom_model::IndexedMessageId;
use postroom_store::{FolderRow, FolderSeen, Healed, MailboxLease, SystemStore};
use postroom_transport::imap::{Folder, MailboxError};
use postroom_transport::imap::{SyncSession, Waited};
use std::collections::BTreeSet;
use std::time::Duration;

/// Messages of history that are indexed of one folder before the next one's turn.
const HISTORY: usize = 1_000;
/// Time after which a folder is compared with the server, message by message.
const COMPARE: TimeDelta = TimeDelta::hours(24);
/// Time for which a message that is in no folder any more stays in the index, with what people did with it.
const UNPLACED: TimeDelta = TimeDelta::days(30);
/// Time between two looks at the folders that IDLE does not report on.
const LOOK: Duration = Duration::from_secs(60);
/// Time between two looks at least, however often a server reports changes.
const PAUSE: Duration = Duration::from_millis(500);
/// Time between two looks at the inbox of a server without IDLE.
const POLL: Duration = Duration::from_secs(10);

/// Uses of folders whose messages are no correspondence (RFC 6154).
const PASSED_OVER: [&str; 5] = ["junk", "trash", "drafts", "flagged", "important"];

/// A mailbox that is followed.
pub struct MailboxSync<'a> {
    /// The connection.
    pub session: &'a mut dyn SyncSession,
    /// The index.
    pub store: &'a SystemStore,
    /// The lease of the mailbox.
    pub lease: &'a MailboxLease,
    /// What makes rows of envelopes.
    pub indexing: &'a dyn Indexing,
    /// What becomes of new messages; none: they are indexed and not read.
    pub intake: Option<&'a ReportIntake<'a>>,
    /// Messages that were not at their place when they were to be read.
    pub gone: &'a mut BTreeSet<IndexedMessageId>,
}

/// The result of a look at a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailboxResult {
    /// Of all folders.
    pub folders: FolderResult,
    /// Messages that were read.
    pub incoming: IncomingResult,
}

impl std::ops::AddAssign for MailboxResult {
    fn add_assign(&mut self, other: Self) {
        self.folders += other.folders;
        self.incoming += other.incoming;
    }
}

/// A step of a look, for a caller that shows how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderProgress<'a> {
    /// The folder.
    pub folder: &'a str,
    /// Its result so far.
    pub result: FolderResult,
}

impl MailboxSync<'_> {
    /// Takes the server's list of folders over, and returns those that are indexed, the inbox first, then Sent.
    pub async fn folders(&mut self, now: DateTime<FixedOffset>) -> Result<Vec<FolderRow>, SyncError> {
        let listed = self.session.folders().await?;
        let seen: Vec<FolderSeen> = listed.into_iter().map(folder_seen).collect();
        let rows = self.store.set_mailbox_folders(self.lease, &seen, now).await?;
        let has_archive = rows.iter().any(|row| is_for(row, "archive"));
        let mut followed: Vec<FolderRow> =
            rows.into_iter().filter(|row| is_followed(row, has_archive)).collect();
        followed.sort_by_key(|row| {
            (!is_for(row, "inbox"), !is_for(row, "sent"), row.mapped.is_none(), row.folder.name.clone())
        });
        Ok(followed)
    }

    /// Looks at every folder once: what is new and changed of each first, then what came in, then one part of each folder's history.
    /// `is_woken`: the server reported a change of the inbox. What is wrong with one folder is noted there and holds up no other.
    /// `progress` hears of each folder.
    pub async fn look(
        &mut self,
        now: DateTime<FixedOffset>,
        is_woken: bool,
        progress: &mut (dyn FnMut(FolderProgress<'_>) + Send),
    ) -> Result<MailboxResult, SyncError> {
        let mut result = MailboxResult::default();
        let followed = self.folders(now).await?;
        for row in &followed {
            let is_inbox = is_for(row, "inbox");
            let looked = self.folder(now, is_woken && is_inbox).look(row).await;
            let looked = self.without_fault(row, looked).await?.unwrap_or_default();
            progress(FolderProgress { folder: &row.folder.name, result: looked });
            result.folders += looked;
            // What came into the inbox does not wait for the other folders.
            if is_inbox {
                result.incoming += self.incoming(now).await?;
            }
        }
        result.incoming += self.incoming(now).await?;
        let mut has_history = false;
        for row in self.store.mailbox_folders(self.lease.account()).await? {
            let is_open = row.cursor.is_some_and(|cursor| cursor.floor > 1);
            if !is_open || !followed.iter().any(|it| it.id == row.id) {
                continue;
            }
            let indexed = self.folder(now, false).history(&row, HISTORY).await;
            let Some(indexed) = self.without_fault(&row, indexed).await? else { continue };
            progress(FolderProgress { folder: &row.folder.name, result: indexed });
            has_history |= indexed.has_history;
            result.folders += indexed;
        }
        let bodies = index_bodies(self.session, self.store, self.lease, self.indexing).await?;
        // Their words are history too: the next look goes on with them.
        result.folders.has_history = has_history || bodies > 0;
        self.compare_due(now, &followed).await?;
        // What was reported meanwhile is in the index by now, or is found by the next look.
        self.session.noticed();
        Ok(result)
    }

    /// Passes a result on, but for a failure of one folder alone, which is noted.
    async fn without_fault<T>(
        &mut self,
        row: &FolderRow,
        result: Result<T, SyncError>,
    ) -> Result<Option<T>, SyncError> {
        let error = match result {
            Ok(done) => return Ok(Some(done)),
            Err(SyncError::Mailbox(error)) => error,
            Err(error) => return Err(error),
        };
        match &error {
            error if is_of_the_answer(error) => self.session.reopen().await?,
            MailboxError::NoSuchFolder | MailboxError::UidValidityChanged(_) => {}
            _ => return Err(error.into()),
        }
        if self.store.note_folder_fault(self.lease, row.id, Some(&error.to_string())).await? {
            tracing::warn!(folder = %row.id, "the folder can't be followed: {error}");
        }
        Ok(None)
    }

    /// Compares one folder with the server that was not for a day, so that a large mailbox is not compared all at once.
    async fn compare_due(
        &mut self,
        now: DateTime<FixedOffset>,
        followed: &[FolderRow],
    ) -> Result<(), SyncError> {
        let rows = self.store.mailbox_folders(self.lease.account()).await?;
        let due = rows.into_iter().find(|row| {
            let is_old = row.compared_at.is_none_or(|since| now.signed_duration_since(since) > COMPARE);
            row.cursor.is_some() && is_old && followed.iter().any(|it| it.id == row.id)
        });
        let Some(row) = due else { return Ok(()) };
        let compared = self.folder(now, false).compare(&row).await;
        let Some(healed) = self.without_fault(&row, compared).await? else {
            // Tomorrow again, and the others meanwhile.
            return Ok(self.store.note_compared(self.lease, row.id, now, Healed::default()).await?);
        };
        // What was moved has its new place long since.
        self.store.purge_unplaced(self.lease.account(), now - UNPLACED).await?;
        if healed != Healed::default() {
            tracing::warn!(
                folder = %row.id, added = healed.added, removed = healed.removed, flags = healed.flags,
                "a comparison with the server put the index right"
            );
        }
        Ok(())
    }

    /// Waits until something changes in the inbox, or until the other folders are due for a look. Returns true if the server reported a
    /// change.
    pub async fn wait(&mut self) -> Result<bool, SyncError> {
        let rows = self.store.mailbox_folders(self.lease.account()).await?;
        let Some(inbox) = rows.iter().find(|row| !row.is_gone && is_for(row, "inbox")) else {
            tokio::time::sleep(LOOK).await;
            return Ok(false);
        };
        let name = &inbox.folder.name;
        match self.session.wait(name, LOOK).await? {
            Waited::Changed => {
                // A server may report the same again and again.
                tokio::time::sleep(PAUSE).await;
                return Ok(true);
            }
            Waited::Nothing => return Ok(false),
            Waited::CannotWait => {}
        }
        let known = inbox.cursor.map(|cursor| (cursor.uid_validity, cursor.uid_next, inbox.on_server));
        for _ in 0..LOOK.as_secs() / POLL.as_secs() {
            tokio::time::sleep(POLL).await;
            let state = self.session.status(name).await?;
            if known != Some((state.uid_validity, state.uid_next, Some(state.messages))) {
                break;
            }
        }
        Ok(false)
    }

    fn folder(&mut self, now: DateTime<FixedOffset>, is_woken: bool) -> FolderSync<'_> {
        FolderSync {
            is_woken,
            session: self.session,
            store: self.store,
            lease: self.lease,
            indexing: self.indexing,
            now,
        }
    }

    async fn incoming(&mut self, now: DateTime<FixedOffset>) -> Result<IncomingResult, SyncError> {
        let Some(intake) = self.intake else { return Ok(IncomingResult::default()) };
        IncomingMessages { store: self.store, lease: self.lease, intake, now }
            .take(self.session, self.gone)
            .await
    }
}

fn folder_seen(of: Folder) -> FolderSeen {
    FolderSeen {
        name: of.name,
        special_use: of.special_use,
        delimiter: of.delimiter,
        is_selectable: of.selectable,
    }
}

fn is_for(row: &FolderRow, special_use: &str) -> bool {
    row.folder.special_use.iter().any(|known| known == special_use)
}

/// Returns true for a folder whose messages are correspondence, or that a person mapped. A folder of all mail is read where the server
/// has no archive: what is archived is nowhere else.
fn is_followed(row: &FolderRow, has_archive: bool) -> bool {
    let is_passed_over = PASSED_OVER.iter().any(|of| is_for(row, of)) || has_archive && is_for(row, "all");
    !row.is_gone && row.folder.is_selectable && (row.mapped.is_some() || !is_passed_over)
}

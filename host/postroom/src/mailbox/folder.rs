//! One folder: from what the index has of it to what the server has.
//!
//! *Silence is no evidence.* The cursor moves only over what was fetched and stored, in one transaction. A place leaves the index by
//! VANISHED, or because a full list of uids lacks it; never because an answer was short.

use super::batches::{BATCH, Batch, fetch, prepare};
use super::error::SyncError;
use chrono::{DateTime, FixedOffset};
use postroom_store::{
    FolderCursor, FolderRow, Healed, IndexedMessage, MailboxLease, PlaceFlags, StoreError, SystemStore,
};
use postroom_transport::BoxFuture;
use postroom_transport::imap::{ChangesBy, FlagChange, KnownFolder, SyncEnvelope, SyncSession, UidSet};
use postroom_transport::imap::{FolderState, MailboxError, Verdict};

/// Newest messages that are indexed first, before any history.
const FIRST: usize = 200;
/// Newest messages whose flags are asked for again on a server that does not count changes.
const FLAGS: u32 = 500;
/// Uids whose flags are asked for at a time while a folder is compared.
const WINDOW: u32 = 20_000;
/// Seconds between two such questions.
const FLAGS_AGAIN: i64 = 600;
/// A VANISHED of more than this share of a folder, in percent, is compared with a list of all uids before it is believed: a server was
/// seen to report every message as gone on each SELECT.
const LARGE_SHARE: u64 = 20;

/// The folder in which messages were found.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The folder.
    pub folder: &'a FolderRow,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
}

/// Makes rows of the index of envelopes: with their conversations, partners and documents.
pub trait Indexing: Send + Sync {
    /// Prepares messages of a folder. `is_history`: they were there before the mailbox was followed.
    fn prepare<'a>(
        &'a self,
        at: Origin<'a>,
        envelopes: &'a [SyncEnvelope],
        is_history: bool,
    ) -> BoxFuture<'a, Result<Vec<IndexedMessage>, SyncError>>;

    /// Reads the text of a message, whose words are indexed where the account allows that. It is not stored.
    fn text<'a>(&'a self, raw: Vec<u8>) -> BoxFuture<'a, Result<String, SyncError>>;
}

/// The result of a look at a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderResult {
    /// Messages that were indexed.
    pub indexed: u64,
    /// Places that left the index.
    pub left: u64,
    /// Places whose flags changed.
    pub flags: u64,
    /// History is left below the floor.
    pub has_history: bool,
}

impl std::ops::AddAssign for FolderResult {
    fn add_assign(&mut self, other: Self) {
        self.indexed += other.indexed;
        self.left += other.left;
        self.flags += other.flags;
        self.has_history |= other.has_history;
    }
}

/// A look at a folder, with all that it needs.
pub struct FolderSync<'a> {
    /// The connection.
    pub session: &'a mut dyn SyncSession,
    /// The index.
    pub store: &'a SystemStore,
    /// The lease of the mailbox.
    pub lease: &'a MailboxLease,
    /// What makes rows of envelopes.
    pub indexing: &'a dyn Indexing,
    /// The time of the look.
    pub now: DateTime<FixedOffset>,
    /// The server reported that something changed: the folder's state alone is not believed.
    pub is_woken: bool,
}

impl FolderSync<'_> {
    /// Brings the index of a folder up to what the server has now. History is left to [`Self::history`]. An unchanged folder
    /// costs one round trip.
    pub async fn look(&mut self, row: &FolderRow) -> Result<FolderResult, SyncError> {
        let name = &row.folder.name;
        let state = self.session.status(name).await?;
        let looked = self.look_at(row, state).await;
        // After the look: what the server counted is compared with at the next one.
        let on_server = looked.is_ok().then_some(state.messages);
        self.store.note_folder_looked_at(self.lease, row.id, on_server, self.now).await?;
        looked
    }

    async fn look_at(&mut self, row: &FolderRow, state: FolderState) -> Result<FolderResult, SyncError> {
        let Some(cursor) = row.cursor else { return self.begin(row, state).await };
        if cursor.uid_validity != state.uid_validity {
            self.store.restart_folder(self.lease, row.id, self.now).await?;
            return self.begin(row, state).await;
        }
        if state.uid_next < cursor.uid_next {
            let fault = format!(
                "the server counted its next uid back from {} to {} and did not number the folder anew",
                cursor.uid_next, state.uid_next
            );
            self.note_fault(row, &fault).await?;
            return self.compare_from(row, cursor, state).await;
        }
        let is_unchanged = state.uid_next == cursor.uid_next
            && row.on_server == Some(state.messages)
            && state.highest_modseq == cursor.highest_modseq;
        if is_unchanged && !self.is_woken && !self.asks_for_flags(row, state) {
            return Ok(FolderResult { has_history: cursor.floor > 1, ..FolderResult::default() });
        }
        self.catch_up(row, cursor).await
    }

    /// Returns true if the flags of an unchanged folder are asked for: of a server that counts no changes, every ten minutes.
    fn asks_for_flags(&self, row: &FolderRow, state: FolderState) -> bool {
        let period = |time: DateTime<FixedOffset>| time.timestamp().div_euclid(FLAGS_AGAIN);
        state.highest_modseq.is_none() && row.looked_at.map(period) != Some(period(self.now))
    }

    /// Indexes the newest messages of a folder that the index has nothing of.
    async fn begin(&mut self, row: &FolderRow, state: FolderState) -> Result<FolderResult, SyncError> {
        let (uids, is_all) = self.newest(row, state.uid_validity, state.uid_next, FIRST).await?;
        if is_all && uids.is_empty() && state.messages > 0 {
            // Silence is no evidence: the next look asks again.
            let fault = format!("the server counts {} messages and lists none", state.messages);
            self.note_fault(row, &fault).await?;
            return Ok(FolderResult::default());
        }
        let floor = if is_all { 1 } else { uids.first().unwrap_or(state.uid_next).max(1) };
        let after = FolderCursor {
            uid_validity: state.uid_validity,
            uid_next: state.uid_next.max(1),
            floor,
            highest_modseq: state.highest_modseq,
        };
        let mut result = FolderResult { has_history: floor > 1, ..FolderResult::default() };
        let uids: Vec<u32> = uids.iter().collect();
        let (envelopes, mut missing) =
            fetch(self.session, &row.folder.name, state.uid_validity, &uids).await?;
        let at = Origin { folder: row, uid_validity: state.uid_validity };
        let rows = prepare(self.indexing, at, &envelopes, true, &mut missing).await?;
        let after = if missing.is_empty() { after } else { FolderCursor { highest_modseq: None, ..after } };
        result.indexed += self.store.record_messages(self.lease, row.id, None, after, &rows).await?.added;
        // What was just fetched need not be compared for a day.
        self.store.note_compared(self.lease, row.id, self.now, Healed::default()).await?;
        self.note_missing(row, &missing).await?;
        Ok(result)
    }

    /// Indexes what came and changed since the cursor.
    async fn catch_up(
        &mut self,
        row: &FolderRow,
        mut cursor: FolderCursor,
    ) -> Result<FolderResult, SyncError> {
        let name = &row.folder.name;
        let known = KnownFolder { uid_validity: cursor.uid_validity, highest_modseq: cursor.highest_modseq };
        let changes = self.session.changes(name, Some(known)).await?;
        let state = changes.state;
        if state.uid_validity != cursor.uid_validity {
            // It happened between the two requests. The answer is not of the folder that the index has.
            return Err(MailboxError::UidValidityChanged(state.uid_validity).into());
        }
        if state.uid_next < cursor.uid_next {
            // A server that gives no UIDNEXT is taken at its last message, which may be gone.
            return self.compare_from(row, cursor, state).await;
        }
        let mut result = FolderResult { has_history: cursor.floor > 1, ..FolderResult::default() };
        let mut missing = UidSet::default();
        let mut arrived = 0;
        if state.uid_next > cursor.uid_next {
            let range = cursor.uid_next..=state.uid_next.saturating_sub(1);
            let uids = self.session.uids(name, cursor.uid_validity, range).await?;
            arrived = uids.len();
            let all: Vec<u32> = uids.iter().collect();
            let batch = |uids: &[u32]| Batch {
                uids: uids.to_vec(),
                after: FolderCursor {
                    uid_next: uids.last().copied().unwrap_or(cursor.uid_next).saturating_add(1),
                    ..cursor
                },
            };
            let batches: Vec<Batch> = all.chunks(BATCH).map(batch).collect();
            let done = self.index(row, cursor, &batches, false).await?;
            result.indexed += done.added;
            (missing, cursor) = (done.missing, done.cursor);
        }
        let indexed = from_ranges(self.store.indexed_uids(row.id).await?);
        let noticed = self.session.noticed();
        let reported = changes.vanished.union(&noticed.vanished).intersection(&indexed);
        let is_large = reported.len() * 100 > indexed.len() * LARGE_SHARE;
        let expected = row.on_server.map(|before| u64::from(before) + arrived);
        let fewer = expected != Some(u64::from(state.messages));
        let is_listed = match changes.by {
            ChangesBy::Qresync => is_large || noticed.expunged,
            ChangesBy::Condstore | ChangesBy::StateAlone => is_large || noticed.expunged || fewer,
        };
        let vanished = if is_listed {
            let there = self.listed(row, cursor, state).await?;
            let untrue = reported.intersection(&there).len();
            if is_large && untrue > 0 {
                let fault = format!("the server reported {untrue} messages as gone that are there");
                self.note_fault(row, &fault).await?;
            }
            indexed.difference(&there)
        } else {
            reported
        };
        let flags = match changes.by {
            ChangesBy::Qresync | ChangesBy::Condstore => changes.flags,
            ChangesBy::StateAlone => self.newest_flags(row, cursor, &indexed).await?,
        };
        let after = FolderCursor {
            uid_next: state.uid_next,
            // Not over what was not fetched: the next look asks again.
            highest_modseq: if missing.is_empty() { state.highest_modseq } else { cursor.highest_modseq },
            ..cursor
        };
        result += self.record(row, cursor, after, flags, &vanished).await?;
        self.note_missing(row, &missing).await?;
        Ok(result)
    }

    /// Indexes the next part of a folder's history, newest first.
    pub async fn history(&mut self, row: &FolderRow, most: usize) -> Result<FolderResult, SyncError> {
        let Some(cursor) = row.cursor.filter(|cursor| cursor.floor > 1) else {
            return Ok(FolderResult::default());
        };
        let (uids, is_all) = self.newest(row, cursor.uid_validity, cursor.floor, most).await?;
        let uids: Vec<u32> = uids.iter().collect();
        let batch = |uids: &[u32]| Batch {
            uids: uids.to_vec(),
            after: FolderCursor { floor: uids.first().copied().unwrap_or(cursor.floor).max(1), ..cursor },
        };
        // The newest first: the cursor moves down over what is stored.
        let mut batches: Vec<Batch> = uids.rchunks(BATCH).map(batch).collect();
        if is_all {
            let end = FolderCursor { floor: 1, ..cursor };
            match batches.last_mut() {
                Some(last) => last.after = end,
                None => batches.push(Batch { uids: Vec::new(), after: end }),
            }
        }
        let done = self.index(row, cursor, &batches, true).await?;
        self.note_missing(row, &done.missing).await?;
        let has_history = done.cursor.floor > 1;
        Ok(FolderResult { indexed: done.added, has_history, ..FolderResult::default() })
    }

    /// Compares a folder with the server, message by message, and puts right what no rule foresaw.
    pub async fn compare(&mut self, row: &FolderRow) -> Result<Healed, SyncError> {
        let Some(cursor) = row.cursor else { return Ok(Healed::default()) };
        let state = self.session.status(&row.folder.name).await?;
        if state.uid_validity != cursor.uid_validity || state.uid_next < cursor.uid_next {
            return Ok(Healed::default());
        }
        let there = self.listed(row, cursor, state).await?;
        // What is still wrong is noted again.
        self.store.note_folder_fault(self.lease, row.id, None).await?;
        let healed = self.heal(row, cursor, cursor, &there).await?;
        self.store.note_compared(self.lease, row.id, self.now, healed).await?;
        Ok(healed)
    }

    /// Compares a folder whose uids were counted back, and takes the server's count over.
    async fn compare_from(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        state: FolderState,
    ) -> Result<FolderResult, SyncError> {
        let there = self.listed(row, cursor, state).await?;
        let after = FolderCursor {
            uid_next: state.uid_next.max(1),
            floor: cursor.floor.min(state.uid_next.max(1)),
            highest_modseq: None,
            ..cursor
        };
        let healed = self.heal(row, cursor, after, &there).await?;
        Ok(FolderResult {
            indexed: healed.added,
            left: healed.removed,
            flags: healed.flags,
            has_history: after.floor > 1,
        })
    }

    async fn heal(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        after: FolderCursor,
        there: &UidSet,
    ) -> Result<Healed, SyncError> {
        let indexed = from_ranges(self.store.indexed_uids(row.id).await?);
        let mut healed = Healed::default();
        let absent: Vec<u32> = there.difference(&indexed).iter().collect();
        let batch = |uids: &[u32]| Batch { uids: uids.to_vec(), after: cursor };
        let batches: Vec<Batch> = absent.chunks(BATCH).map(batch).collect();
        let done = self.index(row, cursor, &batches, true).await?;
        healed.added = done.added;
        self.note_missing(row, &done.missing).await?;
        let mut flags = Vec::new();
        for range in there.ranges() {
            let (mut first, last) = range.into_inner();
            while first <= last {
                let end = last.min(first.saturating_add(WINDOW - 1));
                flags.extend(self.session.flags(&row.folder.name, cursor.uid_validity, first..=end).await?);
                let Some(next) = end.checked_add(1) else { break };
                first = next;
            }
        }
        let recorded = self.record(row, cursor, after, flags, &indexed.difference(there)).await?;
        healed.removed = recorded.left;
        healed.flags = recorded.flags;
        Ok(healed)
    }

    /// Lists the uids that the server has, of those that the index covers.
    async fn listed(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        state: FolderState,
    ) -> Result<UidSet, SyncError> {
        let last = state.uid_next.saturating_sub(1);
        let first = cursor.floor.max(1);
        if last < first {
            return Ok(UidSet::default());
        }
        Ok(self.session.uids(&row.folder.name, cursor.uid_validity, first..=last).await?)
    }

    /// Finds the newest uids below one, at most `most`; and whether they are all that there are. The range that is asked for grows, so
    /// that a server without ESEARCH does not list a hundred thousand.
    async fn newest(
        &mut self,
        row: &FolderRow,
        uid_validity: u32,
        below: u32,
        most: usize,
    ) -> Result<(UidSet, bool), SyncError> {
        let mut width = u32::try_from(most).unwrap_or(u32::MAX).saturating_mul(2).max(1);
        if below <= 1 {
            return Ok((UidSet::default(), true));
        }
        loop {
            let first = below.saturating_sub(width).max(1);
            let found = self.session.uids(&row.folder.name, uid_validity, first..=below - 1).await?;
            let count = usize::try_from(found.len()).unwrap_or(usize::MAX);
            if count >= most || first == 1 {
                let is_all = first == 1 && count <= most;
                let newest: Vec<u32> = found.iter().skip(count.saturating_sub(most)).collect();
                return Ok((UidSet::from_iter(newest), is_all));
            }
            width = width.saturating_mul(4);
        }
    }

    /// Fetches the flags of the newest messages, on a server that does not count changes.
    async fn newest_flags(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        indexed: &UidSet,
    ) -> Result<Vec<FlagChange>, SyncError> {
        let skipped = usize::try_from(indexed.len().saturating_sub(u64::from(FLAGS))).unwrap_or(usize::MAX);
        let Some(first) = indexed.iter().nth(skipped) else { return Ok(Vec::new()) };
        let last = cursor.uid_next.saturating_sub(1).max(first);
        Ok(self.session.flags(&row.folder.name, cursor.uid_validity, first..=last).await?)
    }

    async fn record(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        after: FolderCursor,
        flags: Vec<FlagChange>,
        vanished: &UidSet,
    ) -> Result<FolderResult, StoreError> {
        let flags: Vec<PlaceFlags> =
            flags.into_iter().map(|it| PlaceFlags { uid: it.uid, flags: it.flags }).collect();
        let vanished: Vec<_> = vanished.ranges().collect();
        let recorded =
            self.store.record_changes(self.lease, row.id, cursor, after, &flags, &vanished, self.now).await?;
        Ok(FolderResult {
            flags: recorded.flags,
            left: recorded.vanished,
            has_history: after.floor > 1,
            ..FolderResult::default()
        })
    }

    /// Records what is wrong with a folder, and logs it once.
    async fn note_fault(&mut self, row: &FolderRow, fault: &str) -> Result<(), StoreError> {
        if self.store.note_folder_fault(self.lease, row.id, Some(fault)).await? {
            tracing::warn!(folder = %row.id, "{fault}");
        }
        Ok(())
    }

    async fn note_missing(&mut self, row: &FolderRow, missing: &UidSet) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        let fault = format!(
            "the server has {} messages that it does not give; the next comparison asks again",
            missing.len()
        );
        self.note_fault(row, &fault).await
    }
}

fn from_ranges(ranges: Vec<std::ops::RangeInclusive<u32>>) -> UidSet {
    let mut set = UidSet::default();
    ranges.into_iter().for_each(|range| set.insert_range(range));
    set
}

/// Returns true for a failure that lies in what was asked for: the same question fails again on any connection.
pub(super) fn is_of_the_answer(error: &MailboxError) -> bool {
    matches!(error, MailboxError::Failed(failure) if failure.verdict == Verdict::Permanent)
}

//! Messages of a folder, fetched and indexed batch by batch.

use super::error::SyncError;
use super::folder::FolderSync;
use postroom_store::{FolderCursor, FolderRow};
use postroom_transport::imap::{SyncEnvelope, SyncSession, UidSet};

/// Messages whose envelopes are fetched and stored at a time.
pub(super) const BATCH: usize = 200;

/// Messages that are fetched and stored at a time, and the cursor when they are.
pub(super) struct Batch {
    pub(super) uids: Vec<u32>,
    pub(super) after: FolderCursor,
}

/// The result of indexing batches.
pub(super) struct BatchResult {
    pub(super) added: u64,
    /// Uids that the server has and did not give.
    pub(super) missing: UidSet,
    pub(super) cursor: FolderCursor,
}

impl FolderSync<'_> {
    /// Indexes batches in their order, each by a transaction of its own that moves the cursor: the conversations of one are known when the
    /// next is placed. While one is stored, the next is fetched.
    pub(super) async fn index(
        &mut self,
        row: &FolderRow,
        cursor: FolderCursor,
        batches: &[Batch],
        is_history: bool,
    ) -> Result<BatchResult, SyncError> {
        let Self { session, store, lease, indexing, .. } = self;
        let name = &row.folder.name;
        let mut done = BatchResult { added: 0, missing: UidSet::default(), cursor };
        let Some(first) = batches.first() else { return Ok(done) };
        let mut fetched = fetch(*session, name, cursor.uid_validity, &first.uids).await?;
        for (number, batch) in batches.iter().enumerate() {
            let (envelopes, missing) = fetched;
            let stored = async {
                let rows = indexing.prepare(&envelopes, is_history).await?;
                let expected = Some(done.cursor);
                Ok::<_, SyncError>(store.record_messages(lease, row.id, expected, batch.after, &rows).await?)
            };
            let next = async {
                match batches.get(number + 1) {
                    Some(next) => fetch(*session, name, cursor.uid_validity, &next.uids).await.map(Some),
                    None => Ok(None),
                }
            };
            // Both end, also where one fails: a request that is dropped halfway would cost the connection.
            let (stored, next) = tokio::join!(stored, next);
            done.added += stored?.added;
            done.cursor = batch.after;
            done.missing = done.missing.union(&missing);
            let Some(next) = next? else { break };
            fetched = next;
        }
        Ok(done)
    }
}

/// Fetches messages. Gives the uids too that the server has and did not give: they are asked for twice.
pub(super) async fn fetch(
    session: &mut dyn SyncSession,
    name: &str,
    uid_validity: u32,
    uids: &[u32],
) -> Result<(Vec<SyncEnvelope>, UidSet), SyncError> {
    let mut missing = UidSet::default();
    if uids.is_empty() {
        return Ok((Vec::new(), missing));
    }
    let mut found = session.envelopes(name, uid_validity, uids).await?;
    let came = UidSet::from_iter(found.iter().map(|it| it.envelope.uid));
    let absent = UidSet::from_iter(uids.iter().copied()).difference(&came);
    for range in absent.ranges() {
        let there = session.uids(name, uid_validity, range).await?;
        let again: Vec<u32> = there.intersection(&absent).iter().collect();
        for again in again.chunks(BATCH) {
            let second = session.envelopes(name, uid_validity, again).await?;
            let came = UidSet::from_iter(second.iter().map(|it| it.envelope.uid));
            missing = missing.union(&UidSet::from_iter(again.iter().copied()).difference(&came));
            found.extend(second);
        }
    }
    Ok((found, missing))
}

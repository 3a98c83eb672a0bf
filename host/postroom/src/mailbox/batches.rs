//! Messages of a folder, fetched and indexed batch by batch.

use super::error::SyncError;
use super::folder::{FolderSync, Indexing, Origin, is_of_the_answer};
use postroom_store::{ConversationChoice, FolderCursor, FolderRow, IndexedMessage};
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
            let (envelopes, mut missing) = fetched;
            let at = Origin { folder: row, uid_validity: cursor.uid_validity };
            let stored = async {
                let rows = prepare(*indexing, at, &envelopes, is_history, &mut missing).await?;
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
    let mut found = envelopes(session, name, uid_validity, uids, &mut missing).await?;
    let came = UidSet::from_iter(found.iter().map(|it| it.envelope.uid));
    let absent = UidSet::from_iter(uids.iter().copied()).difference(&came).difference(&missing);
    for range in absent.ranges() {
        let there = session.uids(name, uid_validity, range).await?;
        let again: Vec<u32> = there.intersection(&absent).iter().collect();
        for again in again.chunks(BATCH) {
            let second = envelopes(session, name, uid_validity, again, &mut missing).await?;
            let came = UidSet::from_iter(second.iter().map(|it| it.envelope.uid));
            missing = missing.union(&UidSet::from_iter(again.iter().copied()).difference(&came));
            found.extend(second);
        }
    }
    Ok((found, missing))
}

/// Fetches envelopes. Where an answer can't be read, or is refused, the batch is halved until the messages are alone that are at fault: one
/// message must not hold up all others. Those are added to `missing`.
async fn envelopes(
    session: &mut dyn SyncSession,
    name: &str,
    uid_validity: u32,
    uids: &[u32],
    missing: &mut UidSet,
) -> Result<Vec<SyncEnvelope>, SyncError> {
    let mut found = Vec::new();
    let mut left = vec![uids];
    while let Some(batch) = left.pop() {
        match session.envelopes(name, uid_validity, batch).await {
            Ok(envelopes) => found.extend(envelopes),
            Err(error) if is_of_the_answer(&error) => {
                session.reopen().await?;
                match batch {
                    [uid] => {
                        tracing::warn!(uid, "an envelope can't be fetched: {error}");
                        missing.insert(*uid);
                    }
                    batch => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        left.extend([second, first]);
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// Makes rows of envelopes. A batch that the plugin does not take is halved, as one that the server does not give; the new conversations of
/// each part are counted on from those before it.
pub(super) async fn prepare(
    indexing: &dyn Indexing,
    at: Origin<'_>,
    found: &[SyncEnvelope],
    is_history: bool,
    missing: &mut UidSet,
) -> Result<Vec<IndexedMessage>, SyncError> {
    let mut rows: Vec<IndexedMessage> = Vec::new();
    let mut left = vec![found];
    while let Some(batch) = left.pop() {
        match indexing.prepare(at, batch, is_history).await {
            Ok(mut prepared) => {
                let numbers = rows.iter().filter_map(|row| match row.conversation {
                    ConversationChoice::New(number) => Some(number),
                    ConversationChoice::Existing(_) => None,
                });
                let next = numbers.max().map_or(0, |last| last.saturating_add(1));
                for row in &mut prepared {
                    if let ConversationChoice::New(number) = &mut row.conversation {
                        *number = number.saturating_add(next);
                    }
                }
                rows.extend(prepared);
            }
            Err(error @ (SyncError::Engine(_) | SyncError::Plugin(_))) => match batch {
                [] => return Err(error),
                [one] => {
                    tracing::warn!(uid = one.envelope.uid, "a message can't be described: {error}");
                    missing.insert(one.envelope.uid);
                }
                batch => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    left.extend([second, first]);
                }
            },
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

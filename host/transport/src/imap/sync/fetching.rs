//! Envelopes and flags of many messages, and the flags that changed since a modification sequence.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;

use io_imap::types::command::{CommandBody, FetchModifier};
use io_imap::types::fetch::{MacroOrMessageDataItemNames, MessageDataItemName};
use io_imap::types::sequence::SequenceSet;

use super::super::connection::{CommandResponse, Connection, MOST_MEMORY, SMALL, item};
use super::super::failure::MailboxError;
use super::super::fetch::{body, envelope, flags};
use super::super::mailbox::Envelope;
use super::super::response::Value;
use super::super::selected::Access;
use super::super::wire::{Expected, WireError};
use super::recognition::{field_names, recognized};
use super::types::{FlagChange, SyncEnvelope};
use crate::budget::{HeapSize, SERVERS};

/// The flags of messages.
const FLAGS: Expected = Expected { data: &["FETCH"], ..SMALL };
/// Messages whose flags are fetched by one command.
const WINDOW: u32 = 5_000;
/// The most messages whose flags are fetched.
const MOST: u64 = 1_000_000;

impl Connection {
    /// Returns whether the folder that is open counts modification sequences. Where it does not, a server refuses every
    /// command that asks for them (RFC 7162 §3.1.2.2).
    fn counts_changes(&self) -> bool {
        self.selected
            .as_ref()
            .is_some_and(|selected| selected.state.highest_modseq.is_some_and(|highest| highest > 0))
    }

    pub(in crate::imap) async fn sync_envelopes(
        &mut self,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
        gmail: bool,
    ) -> Result<Vec<SyncEnvelope>, MailboxError> {
        self.open_as(folder, uid_validity, Access::Read).await?;
        let mut items = vec![
            MessageDataItemName::Uid,
            MessageDataItemName::Flags,
            MessageDataItemName::InternalDate,
            MessageDataItemName::Rfc822Size,
            MessageDataItemName::BodyStructure,
        ];
        if self.counts_changes() {
            items.push(MessageDataItemName::ModSeq);
        }
        items.push(self.header_fields(&field_names())?);
        let other = gmail.then_some("X-GM-THRID");
        self.fetch_each(folder, uid_validity, uids, &items, other, |uid, items| {
            let header = body(items).unwrap_or_default();
            let envelope = Envelope { flags: lasting_flags(items), ..envelope(uid, items, &header) };
            let recognized = recognized(envelope, &header);
            let gmail_thread = item(items, "X-GM-THRID").and_then(Value::number);
            SyncEnvelope { modseq: modseq(items), gmail_thread, ..recognized }
        })
        .await
    }

    /// Fetches the flags of a range, in windows of messages that exist, so that each answer and their number are bounded.
    pub(in crate::imap) async fn sync_flags(
        &mut self,
        folder: &str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> Result<Vec<FlagChange>, MailboxError> {
        self.open_as(folder, uid_validity, Access::Read).await?;
        let (first, last) = ((*range.start()).max(1), *range.end());
        let messages = self.selected.as_ref().map_or(0, |selected| selected.state.messages);
        let windows = if first > last {
            Vec::new()
        } else if messages.min(last - first) < WINDOW {
            vec![(first, last)]
        } else {
            self.windows(folder, uid_validity, range).await?
        };
        let mut items = vec![MessageDataItemName::Uid, MessageDataItemName::Flags];
        if self.counts_changes() {
            items.push(MessageDataItemName::ModSeq);
        }
        let mut memory = SERVERS.reservation(MOST_MEMORY);
        let mut found = Vec::new();
        for (first, last) in windows {
            // Some servers refuse the greatest uid as a number.
            let set = if last == u32::MAX { format!("{first}:*") } else { format!("{first}:{last}") };
            let Ok(set) = SequenceSet::try_from(set.as_str()) else { continue };
            let response = self.fetch(set, items.clone(), None, FLAGS).await?;
            let within = |change: &FlagChange| (first..=last).contains(&change.uid);
            for change in changes(&response).filter(within) {
                memory.hold(&change).map_err(|over| self.over_budget(over))?;
                found.push(change);
            }
        }
        found.sort_by_key(|change| change.uid);
        Ok(found)
    }

    /// Splits a range into windows of so many messages that exist.
    async fn windows(
        &mut self,
        folder: &str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> Result<Vec<(u32, u32)>, MailboxError> {
        let existing = self.existing(folder, uid_validity, range).await?;
        if existing.len() > MOST {
            let what = format!("more than {MOST} messages in one question");
            return Err(self.server.ruled_out(what).into());
        }
        let mut windows: Vec<(u32, u32)> = Vec::new();
        for (place, uid) in existing.iter().enumerate() {
            match windows.last_mut() {
                Some((_, last)) if place % WINDOW as usize != 0 => *last = uid,
                _ => windows.push((uid, uid)),
            }
        }
        Ok(windows)
    }

    /// Asks for all messages whose flags changed after a modification sequence.
    pub(in crate::imap) async fn changed_since(
        &mut self,
        modseq: NonZeroU64,
    ) -> Result<CommandResponse, WireError> {
        let items = vec![MessageDataItemName::Uid, MessageDataItemName::Flags, MessageDataItemName::ModSeq];
        let body = CommandBody::Fetch {
            sequence_set: SequenceSet::try_from("1:*").map_err(|_| WireError::NotImap("1:*".to_owned()))?,
            macro_or_item_names: MacroOrMessageDataItemNames::MessageDataItemNames(items),
            uid: true,
            modifiers: vec![FetchModifier::ChangedSince(modseq)],
        };
        let limit = self.timeouts.fetch;
        self.run(body, FLAGS, limit).await
    }
}

/// Returns the flags that a response holds. Data without flags or without a uid is of another kind.
pub(super) fn changes(response: &CommandResponse) -> impl Iterator<Item = FlagChange> {
    response.fetched().filter_map(|items| {
        let uid = item(items, "UID").and_then(Value::number).filter(|uid| *uid > 0)?;
        item(items, "FLAGS").and_then(Value::list)?;
        Some(FlagChange { uid, flags: lasting_flags(items), modseq: modseq(items) })
    })
}

/// Returns the flags of a message but `\Recent`, which is another one in each session.
fn lasting_flags(items: &[Value]) -> Vec<String> {
    let mut flags = flags(items);
    flags.retain(|flag| !flag.eq_ignore_ascii_case("\\Recent"));
    flags
}

/// Reads `MODSEQ (624140003)`.
fn modseq(items: &[Value]) -> Option<u64> {
    item(items, "MODSEQ").and_then(Value::list)?.first()?.number().filter(|modseq| *modseq > 0)
}

impl HeapSize for FlagChange {
    fn heap_size(&self) -> usize {
        self.flags.heap_size()
    }
}

impl HeapSize for SyncEnvelope {
    fn heap_size(&self) -> usize {
        self.envelope.heap_size() + self.thread_index.heap_size()
    }
}

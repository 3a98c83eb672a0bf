//! A folder in memory: its messages, and the order in which they changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};

use super::super::account::Account;
use super::super::criteria;
use super::super::failure::{MailboxError, Server};
use super::super::mailbox::{Criterion, FolderState, Matches};
use super::super::{LARGEST_SLICE, MOST_MESSAGES};
use super::message::meets;
use super::{MemoryMode, MemoryServer};

/// A folder.
#[derive(Debug)]
pub(super) struct MemoryFolder {
    pub(super) special_use: Option<String>,
    pub(super) uid_validity: u32,
    pub(super) messages: BTreeMap<u32, Mail>,
    /// The greatest uid that was given.
    pub(super) last: u32,
    /// The highest modification sequence.
    pub(super) changes: u64,
    /// Messages that are gone, each with the modification sequence of that change, in order.
    pub(super) expunged: Vec<(u64, u32)>,
    /// Uids that are left out of the next answer of FETCH.
    pub(super) left_out: BTreeSet<u32>,
    /// Messages whose envelopes no client can read: the answer ends the connection.
    pub(super) unreadable: BTreeSet<u32>,
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    pub(super) bytes: Vec<u8>,
    pub(super) flags: Vec<String>,
    pub(super) received: DateTime<FixedOffset>,
    /// Its modification sequence.
    pub(super) changed: u64,
}

impl Default for MemoryFolder {
    fn default() -> Self {
        Self {
            special_use: None,
            uid_validity: 1,
            messages: BTreeMap::new(),
            last: 0,
            changes: 1,
            expunged: Vec::new(),
            left_out: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        }
    }
}

impl MemoryFolder {
    pub(super) fn add(&mut self, bytes: Vec<u8>, flags: Vec<String>, received: DateTime<FixedOffset>) -> u32 {
        self.last += 1;
        self.changes += 1;
        self.messages.insert(self.last, Mail { bytes, flags, received, changed: self.changes });
        self.last
    }

    pub(super) fn remove(&mut self, uid: u32) -> Option<Mail> {
        let mail = self.messages.remove(&uid)?;
        self.changes += 1;
        self.expunged.push((self.changes, uid));
        Some(mail)
    }

    pub(super) fn change_flags(&mut self, uid: u32, change: impl FnOnce(&mut Vec<String>)) -> bool {
        let Some(mail) = self.messages.get_mut(&uid) else { return false };
        self.changes += 1;
        mail.changed = self.changes;
        change(&mut mail.flags);
        true
    }

    /// Renumbers all messages, with another validity.
    pub(super) fn renumber(&mut self) {
        self.uid_validity += 1;
        self.changes += 1;
        self.last = 0;
        for mut mail in std::mem::take(&mut self.messages).into_values() {
            self.last += 1;
            mail.changed = self.changes;
            self.messages.insert(self.last, mail);
        }
        self.expunged.clear();
        self.left_out.clear();
        self.unreadable.clear();
    }

    /// Loses the messages from a uid on, without a trace, and gives their uids to others.
    pub(super) fn lower_uid_next(&mut self, uid_next: u32) {
        self.changes += 1;
        self.messages.split_off(&uid_next);
        self.last = self.last.min(uid_next.saturating_sub(1));
    }

    /// Returns the uids that are gone since a modification sequence.
    pub(super) fn expunged_since(&self, modseq: u64) -> impl Iterator<Item = u32> + '_ {
        self.expunged.iter().rev().take_while(move |(changed, _)| *changed > modseq).map(|(_, uid)| *uid)
    }

    pub(super) fn state(&self, server: MemoryServer) -> FolderState {
        let counts = server.mode != MemoryMode::Plain && !server.omits_modseq;
        FolderState {
            uid_validity: self.uid_validity,
            uid_next: self.last + 1,
            messages: u32::try_from(self.messages.len()).unwrap_or(u32::MAX),
            highest_modseq: counts.then_some(self.changes),
        }
    }

    pub(super) fn search(
        &self,
        account: &Account,
        criteria: &[Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> Result<Matches, MailboxError> {
        criteria::search(criteria, before).map_err(|reason| Server::of(account).ruled_out(reason))?;
        let most = usize::try_from(limit).unwrap_or(MOST_MESSAGES).min(MOST_MESSAGES);
        let below = self.messages.range(..before.unwrap_or(u32::MAX)).rev();
        let found =
            below.filter(|(uid, mail)| criteria.iter().all(|criterion| meets(**uid, mail, criterion)));
        let mut uids: Vec<u32> = found.map(|(uid, _)| *uid).take(most + 1).collect();
        let more = uids.len() > most;
        uids.truncate(most);
        Ok(Matches { uid_validity: self.uid_validity, uids, more })
    }

    pub(super) fn slice(&self, uid: u32, offset: u64, length: u32) -> Result<Vec<u8>, MailboxError> {
        let mail = self.messages.get(&uid).ok_or(MailboxError::NoSuchMessage)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(mail.bytes.len());
        let to = from.saturating_add(length.min(LARGEST_SLICE) as usize).min(mail.bytes.len());
        Ok(mail.bytes.get(from..to).unwrap_or_default().to_vec())
    }
}

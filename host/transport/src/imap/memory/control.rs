//! What a test does to a mailbox in memory as another mail program would, and the faults of its server.

use std::collections::BTreeMap;

use super::{MemoryMailboxes, MemoryServer};

/// The messages of an account: bytes and flags by folder and uid.
pub type MailboxSnapshot = BTreeMap<String, BTreeMap<u32, (Vec<u8>, Vec<String>)>>;

impl MemoryMailboxes {
    /// Sets how an account's server behaves towards sessions that are opened from now on.
    pub fn set_server(&self, account: &str, server: MemoryServer) {
        self.change(account, |account| account.server = server);
    }

    /// Moves a message to another folder, which is created if need be, and returns its uid there. None where there is no such
    /// message.
    pub fn move_message(&self, account: &str, from: &str, uid: u32, to: &str) -> Option<u32> {
        self.change(account, |account| {
            let mail = account.folders.get_mut(from)?.remove(uid)?;
            let to = account.folders.entry(to.to_owned()).or_default();
            Some(to.add(mail.bytes, mail.flags, mail.received))
        })
    }

    /// Deletes a message, and returns whether there was one.
    pub fn delete_message(&self, account: &str, folder: &str, uid: u32) -> bool {
        self.change(account, |account| {
            account.folders.get_mut(folder).is_some_and(|folder| folder.remove(uid).is_some())
        })
    }

    /// Replaces the flags of a message, and returns whether there is one.
    pub fn replace_flags(&self, account: &str, folder: &str, uid: u32, flags: &[&str]) -> bool {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.change(account, |account| {
            let folder = account.folders.get_mut(folder);
            folder.is_some_and(|folder| folder.change_flags(uid, |known| *known = flags))
        })
    }

    /// Renumbers the messages of a folder from 1, with another UIDVALIDITY.
    pub fn renumber(&self, account: &str, folder: &str) {
        self.change(account, |account| {
            account.folders.get_mut(folder).map(super::folder::MemoryFolder::renumber)
        });
    }

    /// Sets UIDNEXT back without another UIDVALIDITY, as after a restored backup: the messages from that uid on are gone
    /// without a report, and their uids are given to other messages.
    pub fn lower_uid_next(&self, account: &str, folder: &str, uid_next: u32) {
        self.change(account, |account| {
            account.folders.get_mut(folder).map(|folder| folder.lower_uid_next(uid_next))
        });
    }

    /// Loses the connection with the n-th command of the account's sessions from now; 1 is the next one. Opening a session
    /// is a command, too. 0 takes it back.
    pub fn fail_after(&self, account: &str, n: u32) {
        self.change(account, |account| account.fails_in = n);
    }

    /// Leaves a message out of the next answer with envelopes or flags in which it would be.
    pub fn leave_out_once(&self, account: &str, folder: &str, uid: u32) {
        self.change(account, |account| {
            account.folders.get_mut(folder).map(|folder| folder.left_out.insert(uid))
        });
    }

    /// Makes the envelope of a message one that no client can read: every request for it fails for good, and ends the connection.
    pub fn make_unreadable(&self, account: &str, folder: &str, uid: u32) {
        self.change(account, |account| {
            account.folders.get_mut(folder).map(|folder| folder.unreadable.insert(uid))
        });
    }

    /// Returns all messages of an account.
    pub fn snapshot(&self, account: &str) -> MailboxSnapshot {
        let mut state = self.lock();
        let folders = state.account(account).folders.iter();
        folders
            .map(|(name, folder)| {
                let messages = folder.messages.iter();
                let messages = messages.map(|(uid, mail)| (*uid, (mail.bytes.clone(), mail.flags.clone())));
                (name.clone(), messages.collect())
            })
            .collect()
    }
}

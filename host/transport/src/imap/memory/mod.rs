//! Mailboxes in memory, for tests and demonstrations: they store messages, and respond as a server would, with the extensions
//! that a test chooses and the faults that it asks for.

mod control;
mod folder;
mod mailboxes;
mod message;
mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset};
use tokio::sync::watch;

use super::Verdict;
use super::account::Account;
use super::failure::{MailboxError, Server, Stage};
use super::mailbox::Folder;
use folder::MemoryFolder;

pub use control::MailboxSnapshot;

/// Stores mailboxes in memory, one for each name of an account.
#[derive(Debug, Default)]
pub struct MemoryMailboxes {
    state: Arc<Mutex<State>>,
}

/// The extent to which a server reports changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryMode {
    /// Changed flags and expunged messages since a modification sequence.
    #[default]
    Qresync,
    /// Changed flags since a modification sequence.
    Condstore,
    /// The state of a folder alone.
    Plain,
}

/// The extensions and faults of an account's server. A session has the extensions of the time when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryServer {
    /// The extent to which it reports changes.
    pub mode: MemoryMode,
    /// It reports changes at once.
    pub idle: bool,
    /// It reports every uid as expunged whenever a folder is opened by QRESYNC.
    pub reports_all_vanished: bool,
    /// It sends no modification sequence, of folders and of messages, although it has the extension.
    pub omits_modseq: bool,
}

impl Default for MemoryServer {
    /// Has every extension, and no fault.
    fn default() -> Self {
        Self { mode: MemoryMode::Qresync, idle: true, reports_all_vanished: false, omits_modseq: false }
    }
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<String, MemoryAccount>,
    next: Vec<MailboxError>,
    /// Sees every change.
    changed: watch::Sender<()>,
}

/// An account with its folders.
#[derive(Debug)]
struct MemoryAccount {
    folders: BTreeMap<String, MemoryFolder>,
    server: MemoryServer,
    /// The command of a session with which the connection is lost, counted from the next one; 0: none.
    fails_in: u32,
}

impl Default for MemoryAccount {
    fn default() -> Self {
        let sent = MemoryFolder { special_use: Some("sent".to_owned()), ..MemoryFolder::default() };
        let folders =
            BTreeMap::from([("INBOX".to_owned(), MemoryFolder::default()), ("Sent".to_owned(), sent)]);
        Self { folders, server: MemoryServer::default(), fails_in: 0 }
    }
}

impl MemoryAccount {
    fn list(&self) -> Vec<Folder> {
        let folder = |(name, folder): (&String, &MemoryFolder)| Folder {
            name: name.clone(),
            delimiter: Some("/".to_owned()),
            special_use: if name == "INBOX" {
                vec!["inbox".to_owned()]
            } else {
                folder.special_use.iter().cloned().collect()
            },
            selectable: true,
        };
        self.folders.iter().map(folder).collect()
    }

    /// Counts a command, and returns whether the connection is lost with it.
    fn loses_command(&mut self) -> bool {
        let is_last = self.fails_in == 1;
        self.fails_in = self.fails_in.saturating_sub(1);
        is_last
    }
}

impl State {
    fn account(&mut self, name: &str) -> &mut MemoryAccount {
        self.accounts.entry(name.to_owned()).or_default()
    }

    fn fail(&mut self) -> Result<(), MailboxError> {
        if self.next.is_empty() { Ok(()) } else { Err(self.next.remove(0)) }
    }
}

impl MemoryMailboxes {
    /// Creates an empty INBOX and `Sent` for every account.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a folder; with a use, where it has one.
    pub fn make_folder(&self, account: &str, folder: &str, special_use: Option<&str>) {
        self.change(account, |account| {
            account.folders.entry(folder.to_owned()).or_default().special_use =
                special_use.map(str::to_owned);
        });
    }

    /// Removes a folder.
    pub fn remove_folder(&self, account: &str, folder: &str) {
        self.change(account, |account| account.folders.remove(folder));
    }

    /// Adds a message to a folder, which is created if need be, and returns its uid.
    pub fn deliver(
        &self,
        account: &str,
        folder: &str,
        message: impl Into<Vec<u8>>,
        received: DateTime<FixedOffset>,
    ) -> u32 {
        self.change(account, |account| {
            let folder = account.folders.entry(folder.to_owned()).or_default();
            folder.add(message.into(), Vec::new(), received)
        })
    }

    /// Returns the messages of a folder with their flags, oldest first.
    pub fn messages(&self, account: &str, folder: &str) -> Vec<(Vec<u8>, Vec<String>)> {
        let mut state = self.lock();
        let Some(folder) = state.account(account).folders.get(folder) else { return Vec::new() };
        folder.messages.values().map(|mail| (mail.bytes.clone(), mail.flags.clone())).collect()
    }

    /// Fails the next request with this error; called again, the ones after it.
    pub fn fail_next(&self, error: MailboxError) {
        self.lock().next.push(error);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes an account, and wakes the sessions that wait.
    fn change<T>(&self, account: &str, change: impl FnOnce(&mut MemoryAccount) -> T) -> T {
        let mut state = self.lock();
        let result = change(state.account(account));
        state.changed.send_replace(());
        result
    }

    /// Answers from a folder, unless the next question is to fail.
    fn with_folder<T>(
        &self,
        account: &Account,
        folder: &str,
        uid_validity: Option<u32>,
        answer: impl FnOnce(&mut MemoryFolder) -> Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        self.lock().fail()?;
        self.change(&account.name, |account| {
            let folder = account.folders.get_mut(folder).ok_or(MailboxError::NoSuchFolder)?;
            expect_validity(folder, uid_validity)?;
            answer(folder)
        })
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn expect_validity(folder: &MemoryFolder, known: Option<u32>) -> Result<(), MailboxError> {
    match known {
        Some(known) if known != folder.uid_validity => {
            Err(MailboxError::UidValidityChanged(folder.uid_validity))
        }
        _ => Ok(()),
    }
}

/// Builds the error of a connection that is lost.
fn lost(account: &Account) -> MailboxError {
    let what = "the server closed the connection";
    Server::of(account).failure(Stage::Command, Verdict::Transient, what).into()
}

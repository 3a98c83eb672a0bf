//! A session with a mailbox in memory. What other mail programs change meanwhile, it notices with its next command.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::super::account::Account;
use super::super::failure::{MailboxError, Server};
use super::super::mailbox::{Criterion, Folder, FolderState, Matches, Place};
use super::super::sync::{
    ChangesBy, FlagChange, FolderChanges, KnownFolder, Noticed, SyncCapabilities, SyncEnvelope,
    SyncMailboxes, SyncSession, UidSet, Waited, recognized,
};
use super::super::{BoxFuture, MOST_MESSAGES, MailboxFuture};
use super::folder::{Mail, MemoryFolder};
use super::message::envelope;
use super::{MemoryAccount, MemoryMailboxes, MemoryMode, MemoryServer, State, expect_validity, lock, lost};

/// A session.
struct MemorySession {
    state: Arc<Mutex<State>>,
    account: Account,
    server: MemoryServer,
    open: Option<OpenFolder>,
    /// The state of each folder that `changes` returned last.
    looked_at: BTreeMap<String, FolderState>,
    lost: bool,
}

/// The folder that is open, and what was noticed of it.
struct OpenFolder {
    name: String,
    uid_validity: u32,
    /// Changes up to here were noticed.
    changes: u64,
    /// Messages up to this uid were noticed.
    last: u32,
    noticed: Noticed,
    flagged: bool,
}

impl OpenFolder {
    fn new(name: &str, folder: &MemoryFolder) -> Self {
        Self {
            name: name.to_owned(),
            uid_validity: folder.uid_validity,
            changes: folder.changes,
            last: folder.last,
            noticed: Noticed::default(),
            flagged: false,
        }
    }

    /// Notices what changed in the folder.
    fn notice(&mut self, folder: &MemoryFolder, mode: MemoryMode) {
        if self.uid_validity != folder.uid_validity {
            *self = Self {
                noticed: Noticed { arrived: true, ..Noticed::default() },
                ..Self::new(&self.name, folder)
            };
            return;
        }
        for uid in folder.expunged_since(self.changes) {
            match mode {
                MemoryMode::Qresync => self.noticed.vanished.insert(uid),
                _ => self.noticed.expunged = true,
            }
        }
        self.noticed.arrived |= folder.last > self.last;
        self.flagged |= folder.messages.values().any(|mail| mail.changed > self.changes);
        (self.changes, self.last) = (folder.changes, folder.last);
    }

    fn has_noticed(&self) -> bool {
        self.noticed != Noticed::default() || self.flagged
    }
}

impl SyncMailboxes for MemoryMailboxes {
    fn sync_session<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Box<dyn SyncSession>> {
        Box::pin(async move {
            let mut state = self.lock();
            let known = state.account(&account.name);
            let server = known.server;
            if known.loses_command() {
                return Err(lost(account));
            }
            state.fail()?;
            drop(state);
            let session: Box<dyn SyncSession> = Box::new(MemorySession {
                state: self.state.clone(),
                account: account.clone(),
                server,
                open: None,
                looked_at: BTreeMap::new(),
                lost: false,
            });
            Ok(session)
        })
    }
}

impl MemorySession {
    /// Runs a command, unless the connection is lost before or with it.
    fn command<T>(
        &mut self,
        run: impl FnOnce(&mut Self, &mut MemoryAccount) -> Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        let shared = self.state.clone();
        let mut state = lock(&shared);
        self.lost = self.lost || state.account(&self.account.name).loses_command();
        if self.lost {
            return Err(lost(&self.account));
        }
        state.fail()?;
        let name = self.account.name.clone();
        run(self, state.account(&name))
    }

    /// Opens a folder, unless it is open already, and notices what changed in it.
    fn open<'f>(
        &mut self,
        account: &'f mut MemoryAccount,
        folder: &str,
        uid_validity: Option<u32>,
    ) -> Result<(&'f mut MemoryFolder, &mut OpenFolder), MailboxError> {
        let before = self.open.take().filter(|open| open.name == folder);
        let found = account.folders.get_mut(folder).ok_or(MailboxError::NoSuchFolder)?;
        let open = self.open.insert(before.unwrap_or_else(|| OpenFolder::new(folder, found)));
        open.notice(found, self.server.mode);
        expect_validity(found, uid_validity)?;
        Ok((found, open))
    }

    /// Runs a command in a folder.
    fn within<T>(
        &mut self,
        folder: &str,
        uid_validity: u32,
        run: impl FnOnce(&mut MemoryFolder, MemoryServer) -> Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        self.command(|session, account| {
            let server = session.server;
            run(session.open(account, folder, Some(uid_validity))?.0, server)
        })
    }

    fn find_changes(
        &mut self,
        folder: &str,
        known: Option<KnownFolder>,
    ) -> Result<FolderChanges, MailboxError> {
        self.command(|session, account| {
            let server = session.server;
            let (found, open) = session.open(account, folder, None)?;
            let state = found.state(server);
            let mut vanished = std::mem::take(&mut open.noticed).vanished;
            open.flagged = false;
            let known = known.filter(|known| known.uid_validity == state.uid_validity);
            let since = known.and_then(|known| known.highest_modseq).filter(|since| *since > 0);
            let since = since.filter(|since| state.highest_modseq.is_some_and(|highest| highest >= *since));
            let by = match (since, server.mode) {
                (Some(_), MemoryMode::Qresync) => ChangesBy::Qresync,
                (Some(_), MemoryMode::Condstore) => ChangesBy::Condstore,
                _ => ChangesBy::StateAlone,
            };
            let mut flags = Vec::new();
            if let (Some(since), true) = (since, by != ChangesBy::StateAlone) {
                let changed = found.messages.iter().filter(|(_, mail)| mail.changed > since);
                flags = changed.map(|(uid, mail)| flag_change(*uid, mail, server)).collect();
                if by == ChangesBy::Qresync {
                    vanished.extend(found.expunged_since(since));
                    if server.reports_all_vanished && found.last > 0 {
                        vanished.insert_range(1..=found.last);
                    }
                }
            }
            session.looked_at.insert(folder.to_owned(), state);
            Ok(FolderChanges { state, by, vanished, flags })
        })
    }

    /// Returns the end of a wait that has one by now, and what the next change wakes.
    fn look(&mut self, folder: &str) -> Result<(bool, watch::Receiver<()>), MailboxError> {
        let shared = self.state.clone();
        let mut state = lock(&shared);
        let woken = state.changed.subscribe();
        let is_open = self.open.as_ref().is_some_and(|open| open.name == folder);
        let looked_at = self.looked_at.get(folder).copied();
        let server = self.server;
        let name = self.account.name.clone();
        let (found, open) = self.open(state.account(&name), folder, None)?;
        let is_changed = !is_open && looked_at.is_some_and(|known| known != found.state(server));
        Ok((is_changed || open.has_noticed(), woken))
    }

    async fn wait_in(&mut self, folder: &str, limit: Duration) -> Result<Waited, MailboxError> {
        if !self.server.idle {
            return Ok(Waited::CannotWait);
        }
        let end = Instant::now() + limit;
        self.command(|_, _| Ok(()))?;
        loop {
            let (is_changed, mut woken) = self.look(folder)?;
            if is_changed {
                return Ok(Waited::Changed);
            }
            if timeout_at(end, woken.changed()).await.is_err() {
                return Ok(Waited::Nothing);
            }
        }
    }
}

fn flag_change(uid: u32, mail: &Mail, server: MemoryServer) -> FlagChange {
    FlagChange { uid, flags: mail.flags.clone(), modseq: modseq(mail, server) }
}

fn modseq(mail: &Mail, server: MemoryServer) -> Option<u64> {
    (server.mode != MemoryMode::Plain && !server.omits_modseq).then_some(mail.changed)
}

/// A future that is ready at once.
macro_rules! now {
    ($result:expr) => {
        Box::pin(async move { $result })
    };
}

impl SyncSession for MemorySession {
    fn capabilities(&self) -> SyncCapabilities {
        SyncCapabilities {
            qresync: self.server.mode == MemoryMode::Qresync,
            condstore: self.server.mode != MemoryMode::Plain,
            idle: self.server.idle,
            esearch: true,
            gmail: false,
        }
    }

    fn folders(&mut self) -> MailboxFuture<'_, Vec<Folder>> {
        now!(self.command(|_, account| Ok(account.list())))
    }

    fn status<'a>(&'a mut self, folder: &'a str) -> MailboxFuture<'a, FolderState> {
        now!(self.command(|session, account| {
            let found = account.folders.get(folder).ok_or(MailboxError::NoSuchFolder)?;
            Ok(found.state(session.server))
        }))
    }

    fn changes<'a>(
        &'a mut self,
        folder: &'a str,
        known: Option<KnownFolder>,
    ) -> MailboxFuture<'a, FolderChanges> {
        now!(self.find_changes(folder, known))
    }

    fn uids<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, UidSet> {
        now!(self.within(folder, uid_validity, |folder, _| {
            Ok(folder.messages.keys().copied().filter(|uid| range.contains(uid)).collect())
        }))
    }

    fn envelopes<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<SyncEnvelope>> {
        let too_many = Server::of(&self.account).ruled_out(format!("more than {MOST_MESSAGES} messages"));
        let unreadable = Server::of(&self.account).ruled_out("the answer is longer than any may be");
        now!(self.within(folder, uid_validity, |folder, server| {
            if uids.len() > MOST_MESSAGES {
                return Err(too_many.into());
            }
            if uids.iter().any(|uid| folder.unreadable.contains(uid)) {
                return Err(unreadable.into());
            }
            let mut found = Vec::new();
            for uid in uids {
                let Some(mail) = folder.messages.get(uid).filter(|_| !folder.left_out.remove(uid)) else {
                    continue;
                };
                let recognized = recognized(envelope(*uid, mail), &mail.bytes);
                found.push(SyncEnvelope { modseq: modseq(mail, server), ..recognized });
            }
            Ok(found)
        }))
    }

    fn flags<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, Vec<FlagChange>> {
        now!(self.within(folder, uid_validity, |folder, server| {
            let messages = folder.messages.iter().filter(|(uid, _)| range.contains(uid));
            let given = messages.filter(|(uid, _)| !folder.left_out.remove(uid));
            Ok(given.map(|(uid, mail)| flag_change(*uid, mail, server)).collect())
        }))
    }

    fn message<'a>(&'a mut self, at: &'a Place, offset: u64, length: u32) -> MailboxFuture<'a, Vec<u8>> {
        now!(self.within(&at.folder, at.uid_validity, |folder, _| folder.slice(at.uid, offset, length)))
    }

    fn search<'a>(
        &'a mut self,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches> {
        now!(self.command(|session, account| {
            let questioner = session.account.clone();
            session.open(account, folder, None)?.0.search(&questioner, criteria, before, limit)
        }))
    }

    fn wait<'a>(&'a mut self, folder: &'a str, limit: Duration) -> MailboxFuture<'a, Waited> {
        Box::pin(self.wait_in(folder, limit))
    }

    fn noticed(&mut self) -> Noticed {
        let Some(open) = &mut self.open else { return Noticed::default() };
        open.flagged = false;
        std::mem::take(&mut open.noticed)
    }

    fn reopen(&mut self) -> MailboxFuture<'_, ()> {
        self.lost = false;
        now!(self.command(|session, _| {
            session.open = None;
            Ok(())
        }))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        now!(())
    }
}

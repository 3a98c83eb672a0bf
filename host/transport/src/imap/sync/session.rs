//! A session over the network: the extensions that it uses, and its one connection.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::account::Account;
use super::super::client::ImapClient;
use super::super::connection::{Connection, SMALL};
use super::super::failure::{MailboxError, Stage};
use super::super::mailbox::{Criterion, Folder, FolderState, Matches, Place};
use super::super::notices::Notices;
use super::super::request::Request;
use super::super::response::Kind;
use super::super::selected::Access;
use super::super::wire::Expected;
use super::super::{BoxFuture, MailboxFuture, Verdict};
use super::idle::Idled;
use super::quirks::allows_qresync;
use super::types::{FlagChange, FolderChanges, KnownFolder, Noticed, SyncCapabilities, SyncEnvelope, Waited};
use super::uid_set::UidSet;
use super::{SyncMailboxes, SyncSession};
use crate::session::Reusable;

/// Folders whose state is remembered for a wait.
const MOST_FOLDERS: usize = 10_000;

/// A session over the network.
pub(super) struct ImapSession {
    client: ImapClient,
    account: Account,
    pub(super) connection: Connection,
    pub(super) uses: SyncCapabilities,
    /// The state of each folder that `changes` returned last.
    looked_at: BTreeMap<String, FolderState>,
}

impl SyncMailboxes for ImapClient {
    fn sync_session<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Box<dyn SyncSession>> {
        Box::pin(async move {
            let connection = self.open_unpooled(account).await?;
            let can = |capability| connection.can(capability);
            let uses = SyncCapabilities {
                qresync: can("QRESYNC") && can("ENABLE") && allows_qresync(&account.host),
                condstore: can("CONDSTORE") || can("QRESYNC"),
                idle: can("IDLE"),
                esearch: can("ESEARCH"),
                gmail: can("X-GM-EXT-1"),
            };
            let looked_at = BTreeMap::new();
            let (client, account) = (self.clone(), account.clone());
            let mut session = ImapSession { client, account, connection, uses, looked_at };
            session.connection.follow();
            session.enable_qresync().await?;
            let session: Box<dyn SyncSession> = Box::new(session);
            Ok(session)
        })
    }
}

impl ImapSession {
    /// Switches QRESYNC on. A server that does not list it in ENABLED does not have it (RFC 5161 §3.1).
    pub(super) async fn enable_qresync(&mut self) -> Result<(), MailboxError> {
        if !self.uses.qresync {
            return Ok(());
        }
        let connection = &mut self.connection;
        let request = Request::fixed(connection.tag(), "ENABLE QRESYNC");
        let limit = connection.timeouts.command;
        let expected = Expected { data: &["ENABLED"], ..SMALL };
        let response = connection.run_request(&request, expected, limit).await;
        let response = response.map_err(|error| connection.unanswered("ENABLE was not answered", &error))?;
        if response.status.kind == Kind::Bye {
            connection.expect_ok(&response, "the server refused ENABLE")?;
        }
        let is_listed =
            response.named("ENABLED").any(|names| names.iter().any(|name| name.is_atom("QRESYNC")));
        self.uses.qresync = response.status.is_ok() && is_listed;
        Ok(())
    }

    /// Fails where the connection was lost before: what is left of an answer must not be taken for another one.
    fn expect_usable(&self) -> Result<(), MailboxError> {
        if self.connection.is_usable() {
            return Ok(());
        }
        let what = "the connection was lost before";
        Err(self.connection.server.failure(Stage::Command, Verdict::Transient, what).into())
    }

    /// Fails for a folder whose uids can't be followed.
    pub(super) fn followed(&self, folder: &str, state: FolderState) -> Result<FolderState, MailboxError> {
        let what = match state {
            FolderState { uid_validity: 0, .. } => "UIDVALIDITY 0, with which uids mean nothing",
            FolderState { messages: 1.., uid_next: 0 | 1, .. } => "messages without uids",
            _ => {
                let highest_modseq = state.highest_modseq.filter(|highest| *highest > 0);
                return Ok(FolderState { highest_modseq, ..state });
            }
        };
        let what = format!("the server gives the folder \"{folder}\" {what}");
        Err(self.connection.server.failure(Stage::Folder, Verdict::Permanent, what).into())
    }

    /// Opens a fresh connection, on which nothing of the other one is left, and drops that.
    pub(super) async fn open_anew(&mut self) -> Result<(), MailboxError> {
        let refuses_condstore = self.connection.refuses_condstore;
        // Where this fails, the other one is not used again either.
        self.connection.give_up();
        self.connection = self.client.open_unpooled(&self.account).await?;
        self.connection.refuses_condstore = refuses_condstore;
        self.connection.follow();
        Ok(())
    }

    async fn state(&mut self, folder: &str) -> Result<FolderState, MailboxError> {
        self.expect_usable()?;
        // STATUS of the folder that is open may be out of date.
        let is_open = self.connection.has_open(folder);
        let condstore = self.uses.condstore;
        let status = if is_open { None } else { self.connection.status(folder, condstore).await? };
        let state = match status {
            Some(state) => state,
            None => self.connection.open(folder, Access::Read, true).await?,
        };
        self.followed(folder, state)
    }

    async fn look(
        &mut self,
        folder: &str,
        known: Option<KnownFolder>,
    ) -> Result<FolderChanges, MailboxError> {
        self.expect_usable()?;
        let changes = self.find_changes(folder, known).await?;
        if self.looked_at.len() < MOST_FOLDERS || self.looked_at.contains_key(folder) {
            self.looked_at.insert(folder.to_owned(), changes.state);
        }
        Ok(changes)
    }

    async fn wait_in(&mut self, folder: &str, limit: Duration) -> Result<Waited, MailboxError> {
        if !self.uses.idle {
            return Ok(Waited::CannotWait);
        }
        self.expect_usable()?;
        if !self.connection.has_open(folder) {
            let state = self.connection.open(folder, Access::Read, true).await?;
            let state = self.followed(folder, state)?;
            // Between the last look and this, no change was reported.
            if self.looked_at.get(folder).is_some_and(|known| *known != state) {
                return Ok(Waited::Changed);
            }
        }
        if self.connection.has_notices() {
            return Ok(Waited::Changed);
        }
        let idled = self.connection.idle(limit).await;
        match idled.map_err(|error| self.connection.unanswered("IDLE failed", &error))? {
            Idled::Changed => Ok(Waited::Changed),
            Idled::Nothing => Ok(Waited::Nothing),
            Idled::Refused(status) if matches!(status.kind, Kind::No | Kind::Bad) => {
                self.uses.idle = false;
                Ok(Waited::CannotWait)
            }
            Idled::Refused(status) => {
                let what = "the server ended the wait";
                Err(self.connection.server.refused(Stage::Command, what, &status).into())
            }
        }
    }
}

/// A request on a connection that is usable.
macro_rules! usable {
    ($session:ident => $request:expr) => {
        Box::pin(async move {
            $session.expect_usable()?;
            $request.await
        })
    };
}

impl SyncSession for ImapSession {
    fn capabilities(&self) -> SyncCapabilities {
        self.uses
    }

    fn folders(&mut self) -> MailboxFuture<'_, Vec<Folder>> {
        usable!(self => self.connection.folders())
    }

    fn status<'a>(&'a mut self, folder: &'a str) -> MailboxFuture<'a, FolderState> {
        Box::pin(self.state(folder))
    }

    fn changes<'a>(
        &'a mut self,
        folder: &'a str,
        known: Option<KnownFolder>,
    ) -> MailboxFuture<'a, FolderChanges> {
        Box::pin(self.look(folder, known))
    }

    fn uids<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, UidSet> {
        usable!(self => self.connection.existing(folder, uid_validity, range))
    }

    fn envelopes<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<SyncEnvelope>> {
        let gmail = self.uses.gmail;
        usable!(self => self.connection.sync_envelopes(folder, uid_validity, uids, gmail))
    }

    fn flags<'a>(
        &'a mut self,
        folder: &'a str,
        uid_validity: u32,
        range: RangeInclusive<u32>,
    ) -> MailboxFuture<'a, Vec<FlagChange>> {
        usable!(self => self.connection.sync_flags(folder, uid_validity, range))
    }

    fn message<'a>(&'a mut self, at: &'a Place, offset: u64, length: u32) -> MailboxFuture<'a, Vec<u8>> {
        usable!(self => self.connection.fetch_message(at, offset, length))
    }

    fn search<'a>(
        &'a mut self,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches> {
        usable!(self => self.connection.search(folder, criteria, before, limit))
    }

    fn wait<'a>(&'a mut self, folder: &'a str, limit: Duration) -> MailboxFuture<'a, Waited> {
        Box::pin(self.wait_in(folder, limit))
    }

    fn noticed(&mut self) -> Noticed {
        self.connection.notices.as_mut().map(Notices::take).unwrap_or_default()
    }

    fn reopen(&mut self) -> MailboxFuture<'_, ()> {
        Box::pin(self.open_anew())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.connection.is_usable() {
                self.connection.log_out().await;
            }
        })
    }
}

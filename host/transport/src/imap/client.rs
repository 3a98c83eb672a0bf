//! Mailboxes over the network: a pool of connections, and when a second connection is tried.

use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::connection::Connection;
use super::failure::{Failure, MailboxError, ProbeReport, Server, Stage};
use super::mailbox::{Criterion, Envelope, Filed, Filing, Folder, FolderState, Headers, Matches, Place};
use super::opening::open;
use super::{BoxFuture, MailboxFuture, Mailboxes, PoolLimits, Verdict};
use crate::attachments::AttachmentSource;
use crate::session::{Pool, ProbeLog, Reusable};
use crate::tls::TlsConfigs;

/// Mailboxes over the network. Cloning it shares the connections.
#[derive(Clone)]
pub struct ImapClient {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool<Account, Connection>,
    tls: TlsConfigs,
}

impl std::fmt::Debug for ImapClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImapClient")
    }
}

impl Default for ImapClient {
    /// Keeps connections as long as a person reads mails: servers allow few of them, and opening one is slow.
    fn default() -> Self {
        Self::new(PoolLimits {
            per_account: 3,
            total: 64,
            idle: Duration::from_secs(120),
            age: Duration::from_secs(1_800),
            transactions: 10_000,
        })
    }
}

/// Runs a command on an idle connection, and once more on a new one where the server had closed that. For commands that
/// may be repeated.
macro_rules! repeatable {
    ($client:ident, $account:ident, $connection:ident => $request:expr) => {
        Box::pin(async move {
            if let Some(mut $connection) = $client.shared.pool.take($account).await {
                let result = $request.await;
                if !is_stale(&result, &$connection) {
                    $client.pool($account, $connection);
                    return result;
                }
            }
            let mut $connection = open($account, &$client.shared.tls, &mut ProbeLog::default()).await?;
            let result = $request.await;
            $client.pool($account, $connection);
            result
        })
    };
}

impl ImapClient {
    /// Creates a client without connections.
    pub fn new(limits: PoolLimits) -> Self {
        Self { shared: Arc::new(Shared { pool: Pool::new(limits), tls: TlsConfigs::default() }) }
    }

    /// Closes every idle connection with LOGOUT. Call it before the program ends.
    pub async fn close(&self) {
        let all_closed: Vec<_> = self
            .shared
            .pool
            .drain()
            .into_iter()
            .map(|connection| tokio::spawn(connection.log_out()))
            .collect();
        for closed in all_closed {
            let _ = closed.await;
        }
    }

    /// Opens a connection of its own, which is in no pool.
    pub(super) async fn open_unpooled(&self, account: &Account) -> Result<Connection, MailboxError> {
        open(account, &self.shared.tls, &mut ProbeLog::default()).await
    }

    /// Appends messages on a connection that was checked by NOOP: APPEND is not tried twice.
    async fn append(
        &self,
        account: &Account,
        folder: &str,
        messages: &[Filing],
    ) -> Result<Vec<Filed>, MailboxError> {
        let idle = match self.shared.pool.take(account).await {
            Some(mut idle) => idle.is_alive().await.then_some(idle),
            None => None,
        };
        let mut connection = match idle {
            Some(idle) => idle,
            None => open(account, &self.shared.tls, &mut ProbeLog::default()).await?,
        };
        let filed = connection.append(folder, messages).await;
        self.pool(account, connection);
        filed
    }

    async fn probe(&self, account: &Account) -> ProbeReport {
        let mut log = ProbeLog::default();
        let failure = self.try_out(account, &mut log).await.err();
        let failure = failure.map(|error| as_failure(&Server::of(account), error));
        log.report(failure)
    }

    async fn try_out(&self, account: &Account, log: &mut ProbeLog<Stage>) -> Result<(), MailboxError> {
        let mut connection = open(account, &self.shared.tls, log).await?;
        let folders = connection.folders().await?;
        let sent = folders.iter().find(|folder| folder.special_use.iter().any(|what| what == "sent"));
        let count = match folders.len() {
            1 => "1 folder".to_owned(),
            count => format!("{count} folders"),
        };
        log.step(
            Stage::Folder,
            match sent {
                Some(sent) => format!("{count}; sent mails are kept in \"{}\"", sent.name),
                None => format!("{count}; the server names none for sent mails"),
            },
        );
        connection.log_out().await;
        Ok(())
    }

    /// Pools a usable connection, and closes it when it was idle for too long.
    fn pool(&self, account: &Account, connection: Connection) {
        for connection in self.shared.pool.put(account, connection) {
            tokio::spawn(connection.log_out());
        }
        let shared = Arc::downgrade(&self.shared);
        let wait = self.shared.pool.idle_limit();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let Some(shared) = shared.upgrade() else { return };
            for connection in shared.pool.expired() {
                tokio::spawn(connection.log_out());
            }
        });
    }
}

/// Returns whether an idle connection had been closed by the server.
fn is_stale<T>(result: &Result<T, MailboxError>, connection: &Connection) -> bool {
    let is_transient =
        matches!(result, Err(MailboxError::Failed(failure)) if failure.verdict == Verdict::Transient);
    is_transient && !connection.is_usable()
}

fn as_failure(server: &Server, error: MailboxError) -> Failure {
    match error {
        MailboxError::Failed(failure) => failure,
        MailboxError::NeedsSignIn(_) => server.failure(Stage::Login, Verdict::NeedsSignIn, error),
        other => server.failure(Stage::Folder, Verdict::Permanent, other),
    }
}

impl Mailboxes for ImapClient {
    fn folders<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Vec<Folder>> {
        repeatable!(self, account, connection => connection.folders())
    }

    fn state<'a>(&'a self, account: &'a Account, folder: &'a str) -> MailboxFuture<'a, FolderState> {
        use super::selected::Access;
        repeatable!(self, account, connection => connection.open(folder, Access::Read, true))
    }

    fn search<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches> {
        repeatable!(self, account, connection => connection.search(folder, criteria, before, limit))
    }

    fn fetch_envelopes<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<Envelope>> {
        repeatable!(self, account, connection => connection.fetch_envelopes(folder, uid_validity, uids))
    }

    fn fetch_headers<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        names: &'a [String],
    ) -> MailboxFuture<'a, Vec<Headers>> {
        repeatable!(self, account, connection => connection.fetch_headers(folder, uid_validity, uids, names))
    }

    fn fetch_message<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        offset: u64,
        length: u32,
    ) -> MailboxFuture<'a, Vec<u8>> {
        repeatable!(self, account, connection => connection.fetch_message(at, offset, length))
    }

    fn fetch_part<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        section: &'a str,
    ) -> MailboxFuture<'a, AttachmentSource> {
        repeatable!(self, account, connection => connection.fetch_part(at, section))
    }

    fn append<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        messages: &'a [Filing],
    ) -> MailboxFuture<'a, Vec<Filed>> {
        Box::pin(self.append(account, folder, messages))
    }

    fn set_flags<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        add: &'a [String],
        remove: &'a [String],
    ) -> MailboxFuture<'a, ()> {
        repeatable!(self, account, connection => connection.set_flags(folder, uid_validity, uids, add, remove))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        Box::pin(self.probe(account))
    }
}

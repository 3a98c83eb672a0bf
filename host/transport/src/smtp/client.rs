//! Submission over the network: a queue and its connections for each account.
//!
//! A connection is used again only by an account that is equal in every field, so that a changed password or host never
//! uses an old login.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::Account;
use super::account_queue::{AccountQueue, ConnectionLimits};
use super::command;
use super::connection::Connection;
use super::server::Server;
use super::submission::{Acceptance, Failure, ProbeReport, Stage, Submission};
use super::{BoxFuture, Chunk, PoolLimits, Security, Submitter};
use crate::Verdict;
use crate::session::ProbeLog;
use crate::tls::TlsConfigs;

/// Submits mail over the network. Cloning it shares the connections.
#[derive(Clone)]
pub struct SmtpClient {
    shared: Arc<Shared>,
}

struct Shared {
    queues: Mutex<Vec<Arc<AccountQueue>>>,
    limits: (PoolLimits, ConnectionLimits),
    all_idle: Arc<AtomicUsize>,
    tls: Arc<TlsConfigs>,
}

impl std::fmt::Debug for SmtpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpClient")
    }
}

impl Default for SmtpClient {
    fn default() -> Self {
        Self::new(PoolLimits::default())
    }
}

impl SmtpClient {
    /// Creates a client without connections.
    pub fn new(limits: PoolLimits) -> Self {
        Self::with_limits(limits, ConnectionLimits::default())
    }

    /// Creates a client with limits for idle and for working connections.
    pub fn with_limits(idle: PoolLimits, working: ConnectionLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                queues: Mutex::default(),
                limits: (idle, working),
                all_idle: Arc::default(),
                tls: Arc::default(),
            }),
        }
    }

    /// Creates a client for many mails at once: as many connections may be idle as may work.
    pub fn for_batches() -> Self {
        let working = ConnectionLimits::batch();
        Self::with_limits(PoolLimits { per_account: working.connections, ..PoolLimits::default() }, working)
    }

    /// Closes every idle connection with QUIT. Call it before the program ends: many servers log a lost connection.
    pub async fn close(&self) {
        let queues = self.shared.queues().clone();
        let all_closed: Vec<_> = queues.iter().flat_map(|queue| queue.close_idle()).collect();
        for closed in all_closed {
            let _ = closed.await;
        }
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        rule_out(account, Some(submission)).await?;
        self.shared.queue(account).submit(submission.clone()).await
    }

    async fn probe(&self, account: &Account) -> ProbeReport {
        let mut log = ProbeLog::default();
        let opened = match rule_out(account, None).await {
            Ok(()) => Connection::open(account, &self.shared.tls, &mut log).await,
            Err(failure) => Err(failure),
        };
        let failure = match opened {
            Ok(connection) => {
                connection.quit().await;
                None
            }
            Err(failure) => Some(failure),
        };
        log.report(failure)
    }
}

impl Shared {
    /// Returns the queue of an account. Queues that are idle are dropped when a new one is created.
    fn queue(&self, account: &Account) -> Arc<AccountQueue> {
        let mut queues = self.queues();
        if let Some(queue) = queues.iter().find(|queue| queue.account == *account) {
            return Arc::clone(queue);
        }
        // A call that got a queue and has not pushed its mail yet holds a reference to it.
        queues.retain(|queue| Arc::strong_count(queue) > 1 || !queue.is_idle());
        let (tls, all_idle) = (Arc::clone(&self.tls), Arc::clone(&self.all_idle));
        let queue = Arc::new(AccountQueue::new(account.clone(), tls, self.limits, all_idle));
        queues.push(Arc::clone(&queue));
        queue
    }

    fn queues(&self) -> MutexGuard<'_, Vec<Arc<AccountQueue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queues().iter().for_each(|queue| queue.close());
    }
}

impl Submitter for SmtpClient {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>> {
        Box::pin(self.submit(account, submission))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        Box::pin(self.probe(account))
    }
}

/// Refuses what can be refused before a connection is opened.
async fn rule_out(account: &Account, submission: Option<&Submission>) -> Result<(), Failure> {
    let failure = |reason: String| Server::of(account).failure(Stage::Prepare, Verdict::Permanent, reason);
    if account.security == Security::None && account.login.is_some() && !account.allow_cleartext_login {
        return Err(failure(
            "the account has a login and no security, which would show the password to everybody on the way; \
             choose TLS or STARTTLS, or have the operator allow it"
                .into(),
        ));
    }
    if let Some(name) = &account.helo
        && (name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Err(failure(format!("the own name \"{}\" is not a host name", name.escape_debug())));
    }
    let Some(submission) = submission else { return Ok(()) };
    command::check(submission).map_err(|reason| failure(reason.to_string()))?;
    for chunk in &submission.chunks {
        if let Chunk::Attachment(source) | Chunk::Raw(source) = chunk {
            source.check().await.map_err(|error| failure(error.to_string()))?;
        }
    }
    Ok(())
}

//! The real submitter: a lane of connections for each account.
//!
//! A connection is used again only by an account that is equal in every field, so a changed password or host
//! never rides on an old login.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use super::account::{Account, Security};
use super::command;
use super::connection::{Connection, Place, Trail};
use super::lane::{Lane, LaneLimits};
use super::submission::{Acceptance, Failure, ProbeReport, Stage, Submission, Verdict};
use super::{BoxFuture, Chunk, PoolLimits, Submitter};
use crate::tls::TlsConfigs;

/// Submits mail over the network. Cloning it shares the connections.
#[derive(Clone)]
pub struct SmtpClient {
    shared: Arc<Shared>,
}

struct Shared {
    lanes: Mutex<Vec<Arc<Lane>>>,
    limits: (PoolLimits, LaneLimits),
    waiting: Arc<AtomicUsize>,
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
    /// A client without connections.
    pub fn new(limits: PoolLimits) -> Self {
        Self::with_lanes(limits, LaneLimits::default())
    }

    /// The same with limits for those at work too.
    pub fn with_lanes(waiting: PoolLimits, lanes: LaneLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                lanes: Mutex::default(),
                limits: (waiting, lanes),
                waiting: Arc::default(),
                tls: Arc::default(),
            }),
        }
    }

    /// A client for many mails at once: as many connections stay open between two of them as may work.
    pub fn for_batches() -> Self {
        let lanes = LaneLimits::batch();
        Self::with_lanes(PoolLimits { per_account: lanes.connections, ..PoolLimits::default() }, lanes)
    }

    /// Says goodbye on every waiting connection. Call it before the program ends; a server that is not told
    /// writes a complaint into its log.
    pub async fn close(&self) {
        let lanes = self.shared.lanes().clone();
        let farewells: Vec<_> = lanes.iter().flat_map(|lane| lane.dismiss()).collect();
        for farewell in farewells {
            let _ = farewell.await;
        }
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        rule_out(account, Some(submission)).await?;
        self.shared.lane(account).submit(submission.clone()).await
    }

    async fn probe(&self, account: &Account) -> ProbeReport {
        let mut trail = Trail::default();
        let opened = match rule_out(account, None).await {
            Ok(()) => Connection::open(account, &self.shared.tls, &mut trail).await,
            Err(failure) => Err(failure),
        };
        let failure = match opened {
            Ok(connection) => {
                connection.quit().await;
                None
            }
            Err(failure) => Some(failure),
        };
        ProbeReport { steps: trail.steps, failure, extensions: trail.extensions }
    }
}

impl Shared {
    /// The lane of an account. Those in which nothing is left are dropped when a new one is made.
    fn lane(&self, account: &Account) -> Arc<Lane> {
        let mut lanes = self.lanes();
        if let Some(lane) = lanes.iter().find(|lane| lane.account == *account) {
            return Arc::clone(lane);
        }
        // Whoever was given a lane and has not handed in yet holds it too.
        lanes.retain(|lane| Arc::strong_count(lane) > 1 || !lane.is_deserted());
        let (tls, waiting) = (Arc::clone(&self.tls), Arc::clone(&self.waiting));
        let lane = Arc::new(Lane::new(account.clone(), tls, self.limits, waiting));
        lanes.push(Arc::clone(&lane));
        lane
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.lanes().iter().for_each(|lane| lane.close());
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

/// What can be known before the network.
async fn rule_out(account: &Account, submission: Option<&Submission>) -> Result<(), Failure> {
    let failure = |reason: String| Place::of(account).failure(Stage::Prepare, Verdict::Permanent, reason);
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

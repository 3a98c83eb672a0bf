//! The real submitter: a pool of connections and the rule for when a fresh one is tried.

use std::sync::Arc;

use super::account::{Account, Security};
use super::command;
use super::connection::{Connection, Place, Trail};
use super::submission::{Acceptance, Failure, ProbeReport, Stage, Submission, Verdict};
use super::{Answer, Chunk, PoolLimits, Submitter};
use crate::capabilities::pool::Pool;
use crate::capabilities::tls::TlsConfigs;

/// Submits mail over the network. Cloning it shares the connections.
#[derive(Clone)]
pub struct SmtpClient {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool<Account, Connection>,
    tls: TlsConfigs,
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
        Self { shared: Arc::new(Shared { pool: Pool::new(limits), tls: TlsConfigs::default() }) }
    }

    /// Says goodbye on every waiting connection. Call it before the program ends; a server that is not told
    /// writes a complaint into its log.
    pub async fn close(&self) {
        let farewells: Vec<_> =
            self.shared.pool.drain().into_iter().map(|connection| tokio::spawn(connection.quit())).collect();
        for farewell in farewells {
            let _ = farewell.await;
        }
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        rule_out(account, Some(submission)).await?;
        if let Some(mut connection) = self.shared.pool.take(account).await {
            let outcome = connection.transact(submission).await;
            let stale = outcome.as_ref().is_err_and(is_stale) && !connection.usable;
            self.keep(account, connection);
            if !stale {
                return outcome;
            }
        }
        let mut connection = Connection::open(account, &self.shared.tls, &mut Trail::default()).await?;
        let outcome = connection.transact(submission).await;
        self.keep(account, connection);
        outcome
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

    /// Keeps a usable connection, and sees to it that it does not wait for longer than it may.
    fn keep(&self, account: &Account, connection: Connection) {
        for leaving in self.shared.pool.put(account, connection) {
            tokio::spawn(leaving.quit());
        }
        let shared = Arc::downgrade(&self.shared);
        let wait = self.shared.pool.idle_limit();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let Some(shared) = shared.upgrade() else { return };
            for leaving in shared.pool.expired() {
                tokio::spawn(leaving.quit());
            }
        });
    }
}

impl Submitter for SmtpClient {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> Answer<'a, Result<Acceptance, Failure>> {
        Box::pin(self.submit(account, submission))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> Answer<'a, ProbeReport> {
        Box::pin(self.probe(account))
    }
}

/// A waiting connection that had died: it broke before the server said anything about the sender. Nothing of
/// the message had left, so a fresh connection may be tried once.
fn is_stale(failure: &Failure) -> bool {
    failure.stage == Stage::Sender
        && failure.verdict == Verdict::Transient
        && failure.reply.as_ref().is_none_or(|reply| reply.code == 421)
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
        if let Chunk::Attachment(source) = chunk {
            source.open().await.map_err(|error| failure(error.to_string()))?;
        }
    }
    Ok(())
}

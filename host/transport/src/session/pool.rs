//! Idle connections, kept for the next use by the same account.
//!
//! A connection is used again only by an account that is equal in every field, so that a changed password or host
//! never uses an old login. A connection that is too old, was used too often, or received anything while it was idle is
//! dropped.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Limits for idle connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Idle connections of one account. An account that sets its own number of connections may keep as many.
    pub per_account: usize,
    /// Idle connections in all.
    pub total: usize,
    /// The longest time a connection is idle.
    pub idle: Duration,
    /// The greatest age of a connection.
    pub age: Duration,
    /// The most transactions on one connection; many servers allow 100.
    pub transactions: u32,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            per_account: 4,
            total: 64,
            idle: Duration::from_secs(30),
            age: Duration::from_secs(300),
            transactions: 100,
        }
    }
}

/// A connection that can be pooled.
pub(crate) trait Reusable: Send {
    /// Returns whether both sides agree on the state of the protocol.
    fn is_usable(&self) -> bool;
    /// Returns when it was opened.
    fn opened(&self) -> Instant;
    /// Returns when it was used last.
    fn last_used(&self) -> Instant;
    /// Returns the number of transactions so far.
    fn transactions(&self) -> u32;
    /// Returns whether the server has neither sent anything since the last reply nor closed the connection. Does not
    /// wait.
    fn is_quiet(&mut self) -> impl Future<Output = bool> + Send;
}

/// The idle connections of all accounts.
pub(crate) struct Pool<A, C> {
    limits: PoolLimits,
    idle: Mutex<Vec<(A, C)>>,
}

impl<A: Clone + PartialEq, C: Reusable> Pool<A, C> {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self { limits, idle: Mutex::new(Vec::new()) }
    }

    /// Takes a connection of this account that has received nothing since; the one used last, as it is the least likely
    /// to have been closed.
    pub(crate) async fn take(&self, account: &A) -> Option<C> {
        loop {
            let mut connection = {
                let mut idle = self.lock();
                idle.retain(|(_, connection)| self.is_fresh(connection));
                let position = idle.iter().rposition(|(owner, _)| owner == account)?;
                idle.remove(position).1
            };
            if connection.is_quiet().await {
                return Some(connection);
            }
        }
    }

    /// Stores a connection for later, and returns those to be closed.
    pub(crate) fn put(&self, account: &A, connection: C) -> Vec<C> {
        if !connection.is_usable() {
            return Vec::new();
        }
        let mut idle = self.lock();
        idle.push((account.clone(), connection));
        let mut to_close: Vec<C> = idle
            .extract_if(.., |(_, connection)| !self.is_fresh(connection))
            .map(|(_, connection)| connection)
            .collect();
        while idle.iter().filter(|(owner, _)| owner == account).count() > self.limits.per_account {
            match idle.iter().position(|(owner, _)| owner == account) {
                Some(oldest) => to_close.push(idle.remove(oldest).1),
                None => break,
            }
        }
        if idle.len() > self.limits.total {
            to_close.push(idle.remove(0).1);
        }
        to_close
    }

    /// Removes the connections that were idle for too long.
    pub(crate) fn expired(&self) -> Vec<C> {
        self.lock()
            .extract_if(.., |(_, connection)| !self.is_fresh(connection))
            .map(|(_, connection)| connection)
            .collect()
    }

    /// Removes all connections.
    pub(crate) fn drain(&self) -> Vec<C> {
        self.lock().drain(..).map(|(_, connection)| connection).collect()
    }

    pub(crate) fn idle_limit(&self) -> Duration {
        self.limits.idle
    }

    fn is_fresh(&self, connection: &C) -> bool {
        connection.last_used().elapsed() < self.limits.idle
            && connection.opened().elapsed() < self.limits.age
            && connection.transactions() < self.limits.transactions
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(A, C)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

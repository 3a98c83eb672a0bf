//! Connections that wait for the next use by the same account.
//!
//! A connection is used again only by an account that is equal in every field, so a changed password or host
//! never rides on an old login. What is too old, too much used, or was spoken to while it waited is dropped.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many connections wait, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Waiting connections of one account. Where the account says how many may work, so many may wait, too.
    pub per_account: usize,
    /// Waiting connections in all.
    pub total: usize,
    /// How long one waits.
    pub idle: Duration,
    /// How old one becomes.
    pub age: Duration,
    /// Transactions on one; many servers allow 100.
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

/// What the pool asks of a connection.
pub(crate) trait Reusable: Send {
    /// Both sides agree on where they are.
    fn is_usable(&self) -> bool;
    /// When it was opened.
    fn opened(&self) -> Instant;
    /// When it was used last.
    fn last_used(&self) -> Instant;
    /// Transactions so far.
    fn transactions(&self) -> u32;
    /// Whether the server has neither spoken nor hung up since the last answer. Does not wait.
    fn is_quiet(&mut self) -> impl Future<Output = bool> + Send;
}

/// Waiting connections.
pub(crate) struct Pool<A, C> {
    limits: PoolLimits,
    waiting: Mutex<Vec<(A, C)>>,
}

impl<A: Clone + PartialEq, C: Reusable> Pool<A, C> {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self { limits, waiting: Mutex::new(Vec::new()) }
    }

    /// A connection of this account on which the server has been quiet; the one used last, as it is the least
    /// likely to have been closed.
    pub(crate) async fn take(&self, account: &A) -> Option<C> {
        loop {
            let mut connection = {
                let mut waiting = self.lock();
                waiting.retain(|(_, connection)| self.is_fresh(connection));
                let place = waiting.iter().rposition(|(owner, _)| owner == account)?;
                waiting.remove(place).1
            };
            if connection.is_quiet().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for later; gives back the ones to say goodbye to.
    pub(crate) fn put(&self, account: &A, connection: C) -> Vec<C> {
        if !connection.is_usable() {
            return Vec::new();
        }
        let mut waiting = self.lock();
        waiting.push((account.clone(), connection));
        let mut leaving: Vec<C> = waiting
            .extract_if(.., |(_, connection)| !self.is_fresh(connection))
            .map(|(_, one)| one)
            .collect();
        while waiting.iter().filter(|(owner, _)| owner == account).count() > self.limits.per_account {
            match waiting.iter().position(|(owner, _)| owner == account) {
                Some(oldest) => leaving.push(waiting.remove(oldest).1),
                None => break,
            }
        }
        if waiting.len() > self.limits.total {
            leaving.push(waiting.remove(0).1);
        }
        leaving
    }

    /// The ones that waited too long.
    pub(crate) fn expired(&self) -> Vec<C> {
        self.lock().extract_if(.., |(_, connection)| !self.is_fresh(connection)).map(|(_, one)| one).collect()
    }

    /// All of them.
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
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

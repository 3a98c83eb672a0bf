//! Storage of grants: what the host's store and vault implement, and an implementation in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;
use super::error::Error;
use super::grant::Grant;
use crate::BoxFuture;

/// A grant as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Changes with every write.
    pub version: u64,
    /// The grant.
    pub grant: Grant,
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// It was written, and this is its version.
    Done(u64),
    /// It was written or erased meanwhile; nothing was changed.
    Changed,
}

/// The store can't be read or written for now; a retry may help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the grant can't be read or stored: {0}")]
pub struct StoreError(pub String);

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::unavailable(error.to_string())
    }
}

/// Stores one grant for each account. Accounts are named by a key of the host's choice.
///
/// The sealed grant ([`Grant::seal`]) holds tokens: it belongs in the vault. A write that comes back is durable.
pub trait GrantStore: Send + Sync {
    /// Loads the account's grant.
    fn load<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Replaces what is stored, in one transaction, if its version is still `expected` (none: if nothing is
    /// stored). `grant` none: erases it. A version is never used twice for an account, not even after erasing.
    ///
    /// The account's state follows in the same transaction: [`Grant::spent`] means that it needs a sign-in, with
    /// these words; a grant without it means that it is ready; no grant that it needs a sign-in. An account that an
    /// administrator marked as compromised stays that, whatever the grant is.
    fn replace<'a>(
        &'a self,
        account: &'a str,
        expected: Option<u64>,
        grant: Option<&'a Grant>,
    ) -> BoxFuture<'a, Result<Swap, StoreError>>;
}

/// Knows which client an account signs in by.
pub trait Clients: Send + Sync {
    /// The account's client. Fails for wrong settings, or where they can't be read for now.
    fn client<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Arc<Client>, Error>>;
}

/// Grants and clients in memory, for tests and demonstrations.
#[derive(Debug, Default)]
pub struct InMemory {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    grants: BTreeMap<String, Stored>,
    clients: BTreeMap<String, Arc<Client>>,
}

impl InMemory {
    /// Lets the account sign in by this client.
    pub fn register(&self, account: impl Into<String>, client: Client) {
        self.locked().clients.insert(account.into(), Arc::new(client));
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GrantStore for InMemory {
    fn load<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move { Ok(self.locked().grants.get(account).cloned()) })
    }

    fn replace<'a>(
        &'a self,
        account: &'a str,
        expected: Option<u64>,
        grant: Option<&'a Grant>,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let mut inner = self.locked();
            if inner.grants.get(account).map(|stored| stored.version) != expected {
                return Ok(Swap::Changed);
            }
            inner.last += 1;
            let version = inner.last;
            match grant.cloned() {
                Some(grant) => inner.grants.insert(account.to_owned(), Stored { version, grant }),
                None => inner.grants.remove(account),
            };
            Ok(Swap::Done(version))
        })
    }
}

impl Clients for InMemory {
    fn client<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Arc<Client>, Error>> {
        Box::pin(async move {
            let client = self.locked().clients.get(account).cloned();
            client.ok_or_else(|| Error::Setup("no client is registered for this account".into()))
        })
    }
}

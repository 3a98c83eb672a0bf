//! Access tokens for as long as the provider allows.
//!
//! The stored grant is the only state: every call reads it, so that what one process refreshed, replaced or erased holds
//! for all. One refresh serves all callers: inside a process they wait for each other, between processes the one that
//! refreshes has claimed the stored grant (compare-and-swap of its version) for the time that a request can take. That
//! matters where refresh tokens rotate: a server that sees an old one again revokes everything. The rotated token is
//! stored before the access token that came with it is used, also when the caller has stopped waiting.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::client::{Client, Redeemed};
use super::clock::{Clock, SystemClock, after};
use super::deauthorization::revoke;
use super::error::Error;
use super::grant::{Deadline, Grant, Granted};
use super::store::{Clients, GrantStore, StoreError, Stored, Swap};
use crate::BoxFuture;
use crate::tokens::{Bearer, Resource, TokenError, Tokens};

/// How much longer than a request a claim lasts, for storing the new tokens.
const CLAIM_MARGIN: Duration = Duration::from_secs(15);
/// The pause before another process's claim is checked again.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a write is tried whose loss would lose the grant.
const TRIES: u32 = 4;

/// The state of an account's grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantState {
    /// No user has signed in, or the grant was ended.
    SignedOut,
    /// Tokens are available.
    SignedIn {
        /// Address of the user, as the provider sent it.
        address: Option<String>,
        /// When that ends, where it is known: the user should get a notice before.
        deadline: Option<Deadline>,
    },
    /// The provider requires a new sign-in; its words.
    NeedsSignIn(String),
}

/// All accounts' grants. Cheap to clone.
#[derive(Clone)]
pub struct Grants {
    pub(super) inner: Arc<Inner>,
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grants(…)")
    }
}

pub(super) struct Inner {
    pub(super) store: Arc<dyn GrantStore>,
    pub(super) clients: Arc<dyn Clients>,
    clock: Arc<dyn Clock>,
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Refreshed, but the store could not be written: by account, with the version to replace.
    unsaved: Mutex<BTreeMap<String, (u64, Grant)>>,
}

impl Grants {
    /// Creates the grants of a store, refreshed by these clients.
    pub fn new(store: Arc<dyn GrantStore>, clients: Arc<dyn Clients>) -> Self {
        Self::with_clock(store, clients, Arc::new(SystemClock))
    }

    /// Creates the grants of a store, with another clock.
    pub fn with_clock(store: Arc<dyn GrantStore>, clients: Arc<dyn Clients>, clock: Arc<dyn Clock>) -> Self {
        let (turns, unsaved) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { store, clients, clock, turns, unsaved }) }
    }

    /// Stores the result of a sign-in in place of the grant that was there.
    ///
    /// # Errors
    /// The store can't be written: nothing was changed.
    pub async fn install(&self, account: &str, granted: Granted) -> Result<(), StoreError> {
        let _turn = self.inner.turn(account).await;
        loop {
            let expected = self.inner.store.load(account).await?.map(|stored| stored.version);
            if let Swap::Done(_) = self.inner.store.replace(account, expected, Some(&granted.grant)).await? {
                self.inner.unsaved().remove(account);
                return Ok(());
            }
        }
    }

    /// Reads the state of the account's grant from the store. Sends no request.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn grant_state(&self, account: &str) -> Result<GrantState, StoreError> {
        Ok(match self.inner.store.load(account).await?.map(|stored| stored.grant) {
            None => GrantState::SignedOut,
            Some(Grant { spent: Some(words), .. }) => GrantState::NeedsSignIn(words),
            Some(grant) => GrantState::SignedIn { address: grant.address, deadline: grant.deadline },
        })
    }

    /// Returns an access token that is valid now.
    ///
    /// # Errors
    /// [`Error::SignIn`] where the user has to sign in (again), and what a refresh can meet.
    async fn access(
        &self,
        account: &str,
        resource: Resource,
        destination: Option<&str>,
    ) -> Result<Bearer, Error> {
        if let Some(stored) = self.inner.store.load(account).await?
            && may_be_sent(&stored.grant, destination)?
            && let Some(bearer) = self.inner.ready(&stored, resource)?
        {
            return Ok(bearer);
        }
        // A task of its own: a caller that stops waiting must not lose a rotated token.
        let (inner, account) = (Arc::clone(&self.inner), account.to_owned());
        let destination = destination.map(str::to_owned);
        let refreshed =
            tokio::spawn(async move { inner.refreshed(&account, resource, destination.as_deref()).await });
        refreshed.await.map_err(|error| Error::unavailable(error.to_string()))?
    }
}

impl Inner {
    /// Waits until no other call of this process refreshes the account's grant.
    pub(super) async fn turn(&self, account: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(account.to_owned()).or_default())
        };
        turn.lock_owned().await
    }

    pub(super) fn unsaved(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (u64, Grant)>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that needs no refresh, or why there can't be one.
    fn ready(&self, stored: &Stored, resource: Resource) -> Result<Option<Bearer>, Error> {
        if let Some(words) = &stored.grant.spent {
            return Err(Error::SignIn(words.clone()));
        }
        Ok(stored.grant.usable(resource, self.clock.now()))
    }

    async fn refreshed(
        &self,
        account: &str,
        resource: Resource,
        destination: Option<&str>,
    ) -> Result<Bearer, Error> {
        let _turn = self.turn(account).await;
        self.save_unsaved(account).await?;
        loop {
            let Some(stored) = self.store.load(account).await? else {
                return Err(Error::SignIn("nobody has signed in to this account".into()));
            };
            may_be_sent(&stored.grant, destination)?;
            if let Some(bearer) = self.ready(&stored, resource)? {
                return Ok(bearer);
            }
            if stored.grant.claimed.is_some_and(|until| self.clock.now() < until) {
                self.clock.sleep(PAUSE).await;
                continue;
            }
            let client = self.clients.client(account).await?;
            check(&client, &stored.grant, resource)?;
            if let Some(version) = self.claim(account, &stored, &client).await?
                && let Some(bearer) = self.refresh(account, version, stored.grant, &client, resource).await?
            {
                return Ok(bearer);
            }
        }
    }

    /// Claims the refresh; none where another process has claimed it.
    async fn claim(&self, account: &str, stored: &Stored, client: &Client) -> Result<Option<u64>, Error> {
        let until = after(self.clock.now(), client.http.limit() + CLAIM_MARGIN);
        let claimed = Grant { claimed: Some(until), ..stored.grant.clone() };
        Ok(match self.store.replace(account, Some(stored.version), Some(&claimed)).await? {
            Swap::Done(version) => Some(version),
            Swap::Changed => None,
        })
    }

    /// Refreshes a claimed grant once. None where it was replaced meanwhile.
    async fn refresh(
        &self,
        account: &str,
        version: u64,
        mut grant: Grant,
        client: &Client,
        resource: Resource,
    ) -> Result<Option<Bearer>, Error> {
        let result = client.refresh(&grant.refresh, grant.purpose, resource).await;
        let problem = match result {
            Ok(redeemed) => {
                return self.store_refreshed(account, version, grant, client, resource, redeemed).await;
            }
            Err(problem) => problem,
        };
        grant.claimed = None;
        if let Error::SignIn(words) = &problem
            && !is_about_one_resource(words)
        {
            grant.spent = Some(words.clone());
        }
        // Where this write fails the claim expires, and the next refresh gets the same refusal.
        match self.store.replace(account, Some(version), Some(&grant)).await {
            // The refusal was of a token that is not the account's any more.
            Ok(Swap::Changed) if matches!(problem, Error::SignIn(_)) => Ok(None),
            _ => Err(problem),
        }
    }

    /// Stores the tokens of a refresh, and returns the access token afterwards.
    async fn store_refreshed(
        &self,
        account: &str,
        version: u64,
        mut grant: Grant,
        client: &Client,
        resource: Resource,
        redeemed: Redeemed,
    ) -> Result<Option<Bearer>, Error> {
        let bearer = Bearer::new(redeemed.access.expose_secret());
        grant.take(client.provider(), resource, redeemed);
        match self.write(account, version, &grant).await {
            Ok(Swap::Done(_)) => Ok(Some(bearer)),
            Ok(Swap::Changed) => {
                if self.store.load(account).await?.is_none() {
                    // The grant was ended meanwhile: the new tokens must not outlive that.
                    revoke(client, &grant).await;
                }
                Ok(None)
            }
            Err(error) => {
                self.unsaved().insert(account.to_owned(), (version, grant));
                Err(error.into())
            }
        }
    }

    async fn write(&self, account: &str, version: u64, grant: &Grant) -> Result<Swap, StoreError> {
        let mut tries = 1;
        loop {
            match self.store.replace(account, Some(version), Some(grant)).await {
                Err(_) if tries < TRIES => {
                    self.clock.sleep(PAUSE * tries).await;
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    /// Stores what could not be stored after an earlier refresh.
    async fn save_unsaved(&self, account: &str) -> Result<(), Error> {
        let Some((version, grant)) = self.unsaved().get(account).cloned() else { return Ok(()) };
        self.write(account, version, &grant).await?;
        self.unsaved().remove(account);
        Ok(())
    }
}

/// Microsoft's "the user has not consented" to the scopes of this resource: the grant itself is sound.
fn is_about_one_resource(words: &str) -> bool {
    words.contains("AADSTS65001")
}

/// Fails for tokens of a grant that was not given for this destination. None: the caller sends them to the provider alone.
fn may_be_sent(grant: &Grant, destination: Option<&str>) -> Result<bool, Error> {
    match destination {
        Some(place) if !grant.destinations.contains(place) => Err(moved()),
        _ => Ok(true),
    }
}

fn moved() -> Error {
    Error::SignIn("the account's server or provider changed since the sign-in".into())
}

/// Whether this client can refresh this grant for this resource.
fn check(client: &Client, grant: &Grant, resource: Resource) -> Result<(), Error> {
    if !client.destinations().is_subset(&grant.destinations) {
        return Err(moved());
    }
    if client.id() != grant.client {
        return Err(Error::SignIn(format!(
            "the sign-in was by the client {}, the account's client is now {}",
            grant.client,
            client.id()
        )));
    }
    if !client.provider().covers(grant.purpose, resource) {
        return Err(Error::SignIn(
            "the sign-in was for sending alone and does not cover SMTP and IMAP".into(),
        ));
    }
    Ok(())
}

impl Grants {
    /// Returns tokens for this destination alone: a grant that was given for another has none.
    pub fn tokens_for(&self, destination: impl Into<String>) -> BoundTokens {
        BoundTokens { grants: self.clone(), destination: destination.into() }
    }
}

/// Access tokens for one destination. See [`Grants::tokens_for`].
#[derive(Debug, Clone)]
pub struct BoundTokens {
    grants: Grants,
    destination: String,
}

impl Tokens for BoundTokens {
    fn token<'a>(
        &'a self,
        account: &'a str,
        resource: Resource,
    ) -> BoxFuture<'a, Result<Bearer, TokenError>> {
        Box::pin(async move { Ok(self.grants.access(account, resource, Some(&self.destination)).await?) })
    }

    fn rejected<'a>(&'a self, account: &'a str, resource: Resource, bearer: &'a Bearer) -> BoxFuture<'a, ()> {
        self.grants.rejected(account, resource, bearer)
    }
}

impl Tokens for Grants {
    fn token<'a>(
        &'a self,
        account: &'a str,
        resource: Resource,
    ) -> BoxFuture<'a, Result<Bearer, TokenError>> {
        Box::pin(async move { Ok(self.access(account, resource, None).await?) })
    }

    fn rejected<'a>(&'a self, account: &'a str, _: Resource, bearer: &'a Bearer) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let _turn = self.inner.turn(account).await;
            // A store that can't be read or written fails the next call, too.
            while let Ok(Some(Stored { version, mut grant })) = self.inner.store.load(account).await {
                if !grant.forget(bearer) {
                    return;
                }
                let written = self.inner.store.replace(account, Some(version), Some(&grant)).await;
                if !matches!(written, Ok(Swap::Changed)) {
                    return;
                }
            }
        })
    }
}

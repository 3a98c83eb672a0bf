//! Signing in from a web app: the browser comes back to a page of ours.
//!
//! An authorization belongs to the user who began it. The visitor who comes back must be logged in as that user, or a
//! stranger's link could connect the stranger's mailbox to somebody's account.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use url::Url;

use super::page::SignInPage;
use postroom_transport::BoxFuture;
use postroom_transport::oauth::{
    AuthorizationReply, Client, Error, Granted, PendingAuthorization, StateDigest, Wanted, after,
    state_digest,
};

/// How long a user may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);
/// The most that are under way: altogether, and of one user.
const MOST: usize = 10_000;
const MOST_OF_ONE: usize = 8;

/// The owner of a sign-in, by the host's keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// Company.
    pub company: String,
    /// The user who is logged in to us.
    pub user: String,
    /// The account that is to be connected.
    pub account: String,
}

/// The sessions of the web app that a sign-in belongs to.
pub trait Session: Send + Sync + 'static {
    /// Gives the company and the user who are logged in, by the request's cookies.
    fn visitor(&self, headers: &HeaderMap) -> Option<(String, String)>;

    /// A sign-in ended. Stores the grant ([`Grants::install`](postroom_transport::oauth::Grants::install)), or remembers for the user why
    /// there is none. False where it could not be stored.
    fn ended(&self, owner: Owner, result: Result<Granted, Error>) -> BoxFuture<'_, bool>;
}

/// The sign-ins that are under way in one web app. They live in memory: of several processes the one that began a
/// sign-in must see it end.
pub struct WebCallback {
    redirect: Url,
    under_way: Mutex<BTreeMap<StateDigest, UnderWay>>,
}

impl fmt::Debug for WebCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebCallback({})", self.redirect)
    }
}

struct UnderWay {
    owner: Owner,
    until: DateTime<Utc>,
    client: Client,
    pending: PendingAuthorization,
}

impl WebCallback {
    /// Sign-ins that come back to this page, written exactly as it is registered at the provider.
    pub fn new(redirect: Url) -> Self {
        Self { redirect, under_way: Mutex::default() }
    }

    /// Begins a sign-in; the URL is where the user's browser goes. It must be finished within ten minutes.
    ///
    /// # Errors
    /// Too many are under way.
    pub fn begin(&self, client: &Client, wanted: &Wanted, owner: Owner) -> Result<Url, Error> {
        let now = client.now();
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, one| one.client.now() < one.until);
        let same_user =
            |one: &&UnderWay| (&one.owner.company, &one.owner.user) == (&owner.company, &owner.user);
        if under_way.len() >= MOST || under_way.values().filter(same_user).count() >= MOST_OF_ONE {
            return Err(Error::unavailable(
                "too many sign-ins are under way; finish one or wait ten minutes",
            ));
        }
        let (url, pending) = PendingAuthorization::begin(client, wanted, self.redirect.clone());
        let one = UnderWay { owner, until: after(now, LIMIT), client: client.clone(), pending };
        under_way.insert(one.pending.state, one);
        Ok(url)
    }

    /// Ends a sign-in with the query that the browser came back with. `visitor` is the company and user logged in
    /// there. Each sign-in ends once, whatever came of it.
    ///
    /// # Errors
    /// [`Error::Foreign`] where the query belongs to no sign-in of this visitor: nothing is ended then.
    pub async fn finish(
        &self,
        query: &str,
        visitor: (&str, &str),
    ) -> Result<(Owner, Result<Granted, Error>), Error> {
        let foreign = |words: &str| Error::Foreign(words.to_owned());
        let reply = AuthorizationReply::read(query).ok_or_else(|| foreign("it is malformed"))?;
        let state = reply.state.as_deref().map(state_digest).ok_or_else(|| foreign("it has no `state`"))?;
        let one = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.retain(|_, one| one.client.now() < one.until);
            let owner = under_way.get(&state).map(|one| &one.owner);
            match owner {
                Some(owner) if (owner.company.as_str(), owner.user.as_str()) == visitor => {}
                Some(_) => return Err(foreign("another user began it")),
                None => return Err(foreign("it is over, or never began")),
            }
            under_way.remove(&state).ok_or_else(|| foreign("it is over"))?
        };
        Ok((one.owner, one.pending.finish(reply).await))
    }

    /// Builds the page as a router for [`axum`], at the path of the redirect.
    pub fn router<S: Session>(self: Arc<Self>, session: Arc<S>) -> Router {
        let path = self.redirect.path().to_owned();
        Router::new().route(&path, get(come_back::<S>)).with_state((self, session))
    }
}

async fn come_back<S: Session>(
    State((callback, session)): State<(Arc<WebCallback>, Arc<S>)>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let page = ended(&callback, session.as_ref(), method, &headers, query).await;
    page.shown(&headers)
}

async fn ended<S: Session>(
    callback: &WebCallback,
    session: &S,
    method: Method,
    headers: &HeaderMap,
    query: Option<String>,
) -> SignInPage {
    // HEAD comes here too, and must end nothing.
    if method != Method::GET {
        return SignInPage::Foreign;
    }
    let Some((company, user)) = session.visitor(headers) else { return SignInPage::NotLoggedIn };
    match callback.finish(&query.unwrap_or_default(), (&company, &user)).await {
        Err(_) => SignInPage::Foreign,
        Ok((owner, result)) => {
            let went_well = result.is_ok();
            let was_stored = session.ended(owner, result).await;
            if went_well && was_stored { SignInPage::SignedIn } else { SignInPage::Failed }
        }
    }
}

//! Calls over the network, by the host's one HTTP client.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};

use super::Web;
use super::account::Account;
use super::exchange::{self, Progress};
use super::failure::{Failure, Stage, WebError};
use super::request::{Allowed, Piece, Request};
use super::response::{self, ApiResponse};
use super::target::GivenUrls;
use crate::Verdict;
use crate::http::{HttpClient, HttpSettings};
use crate::tls::TlsConfigs;
use crate::tokens::{Bearer, TokenError};

/// Connections are pooled for the next request of the same call, not for a later one: a provider that closes an
/// idle connection while a request is sent on it would leave the request in doubt.
const IDLE: Duration = Duration::from_secs(10);
/// The most clients in the cache.
const MOST_CLIENTS: usize = 32;

/// Calls providers' APIs over the network. Cloning it shares the connections.
#[derive(Clone, Default)]
pub struct WebClient {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tls: TlsConfigs,
    clients: Mutex<Vec<(ClientKey, HttpClient)>>,
}

/// The settings that accounts must have in common to share connections.
#[derive(Clone, PartialEq, Eq)]
struct ClientKey {
    settings: HttpSettings,
    trusted_ca: Option<String>,
}

impl std::fmt::Debug for WebClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebClient")
    }
}

impl WebClient {
    /// Creates a client without connections.
    pub fn new() -> Self {
        Self::default()
    }

    async fn call(
        &self,
        account: &Account,
        request: Request,
        given: &GivenUrls,
    ) -> Result<ApiResponse, WebError> {
        let allowed = request.check(account, given)?;
        let host = allowed.url.host_str().unwrap_or_default().to_owned();
        let client = self.client(account, &host).await?;
        let bearer = match request.authorize {
            true => Some(token(account, &host).await?),
            false => None,
        };
        let call = Call { account, allowed: &allowed, pieces: request.body.into(), limit: request.limit };
        let mut answer = call.make(&client, bearer.as_ref()).await?;
        if let (401, Some(stale)) = (answer.status, &bearer) {
            // A server that does not accept the token has done nothing, so the request may be repeated with every byte of
            // the body: files are pinned, and a changed one stops the request.
            account.tokens.rejected(stale).await;
            let fresh = token(account, &host).await?;
            if fresh != *stale {
                answer = call.make(&client, Some(&fresh)).await?;
            }
        }
        for url in response::pointers(&answer.headers, &answer.body) {
            given.add(account, &url);
        }
        Ok(answer)
    }

    /// Returns the client for the account's settings.
    pub(super) async fn client(&self, account: &Account, host: &str) -> Result<HttpClient, Failure> {
        let settings = HttpSettings {
            allowed: account.allow_private.clone(),
            resolve: account.timeouts.resolve,
            connect: account.timeouts.connect,
            idle: Some(IDLE),
        };
        let way = ClientKey { settings, trusted_ca: account.trusted_ca.clone() };
        let known = |clients: &[(ClientKey, HttpClient)]| {
            clients.iter().find(|(known, _)| *known == way).map(|(_, client)| client.clone())
        };
        if let Some(client) = known(&self.lock()) {
            return Ok(client);
        }
        let tls = self.shared.tls.for_roots(account.trusted_ca.as_ref()).await.map_err(|problem| {
            let verdict = if problem.is_transient { Verdict::Transient } else { Verdict::Permanent };
            Failure::new(host, Stage::Tls, verdict, problem.detail)
        })?;
        let client = HttpClient::new(&way.settings, &tls)
            .map_err(|error| Failure::new(host, Stage::Prepare, Verdict::Permanent, error))?;
        let mut clients = self.lock();
        if let Some(client) = known(&clients) {
            return Ok(client);
        }
        if clients.len() >= MOST_CLIENTS {
            clients.remove(0);
        }
        clients.push((way, client.clone()));
        Ok(client)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(ClientKey, HttpClient)>> {
        self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that may be made twice.
struct Call<'a> {
    account: &'a Account,
    allowed: &'a Allowed,
    pieces: Arc<[Piece]>,
    limit: u32,
}

impl Call<'_> {
    async fn make(&self, client: &HttpClient, bearer: Option<&Bearer>) -> Result<ApiResponse, Failure> {
        let Allowed { method, url, headers, stretch } = self.allowed;
        let mut request = reqwest::Request::new(method.clone(), url.clone());
        *request.headers_mut() = headers.clone();
        if let Some(bearer) = bearer {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose())).map_err(|_| {
                let what = "the account's token has bytes that a header can't carry";
                Failure::new(url.host_str().unwrap_or_default(), Stage::Token, Verdict::Permanent, what)
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let progress = Arc::new(Progress::new(stretch.map_or(0, |stretch| stretch.length)));
        match stretch {
            Some(stretch) => {
                *request.body_mut() = Some(exchange::body(Arc::clone(&self.pieces), *stretch, &progress));
            }
            // Some servers insist on a length where a body could be (RFC 9110 §8.6).
            None if *method != Method::GET && *method != Method::DELETE => {
                request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            None => {}
        }
        let limits = &self.account.timeouts;
        let response = exchange::send(client, request, &progress, limits).await?;
        let secret = bearer.map(Bearer::expose);
        let status = response.status().as_u16();
        let headers = response::fields(status, response.headers(), secret, Utc::now());
        // A little more than is wanted, so that a token across the end is recognised.
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let (body, cut) = exchange::read(response, wanted + secret.map_or(0, str::len), limits.rest).await;
        let mut body = response::without(secret, body);
        let truncated = cut || body.len() > wanted;
        body.truncate(wanted);
        Ok(ApiResponse { status, headers, body, truncated })
    }
}

async fn token(account: &Account, host: &str) -> Result<Bearer, WebError> {
    let limit = account.timeouts.token;
    let answer = tokio::time::timeout(limit, account.tokens.token()).await.unwrap_or_else(|_| {
        let detail = format!("it did not come within {} ms", limit.as_millis());
        Err(TokenError::Transient { detail, retry_after: None })
    });
    answer.map_err(|error| WebError::of_token(host, error))
}

impl Web for WebClient {
    fn call<'a>(
        &'a self,
        account: &'a Account,
        request: Request,
        given: &'a GivenUrls,
    ) -> crate::BoxFuture<'a, Result<ApiResponse, WebError>> {
        Box::pin(self.call(account, request, given))
    }
}
